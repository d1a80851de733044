//! What was done to the fields of one object, kept while provenance is asked for.

use std::sync::Arc;

use longshore_yaml::{Node, NodeId};

use crate::filter::edit::{Origin, Trace};

/// One value that gave way to another.
#[derive(Clone, Debug)]
pub(crate) struct Past {
    pub(crate) node: NodeId,
    /// The node that it took the place of, where that is another.
    pub(crate) from: Option<NodeId>,
    pub(crate) before: Origin,
    pub(crate) after: Origin,
    /// Whether the value is what it was, as the kind and the name in a patch are.
    pub(crate) same: bool,
    /// The field or plugin that changed it.
    pub(crate) by: Arc<str>,
}

/// Changes in the order in which they were made.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    pub(crate) changes: Vec<Past>,
}

impl History {
    /// Keeps what a step did.
    pub(crate) fn keep(&mut self, by: &str, trace: Trace) {
        if trace.changes.is_empty() {
            return;
        }
        let by: Arc<str> = by.into();
        let past = |change: crate::filter::edit::Change| Past {
            node: change.node,
            from: None,
            before: change.before,
            after: change.after,
            same: false,
            by: Arc::clone(&by),
        };
        self.changes.extend(trace.changes.into_iter().map(past));
    }

    /// Keeps what a patch did: every node below `new` that now comes from elsewhere than at the same place of `old`.
    pub(crate) fn compare(&mut self, by: &str, old: Node<'_>, new: Node<'_>) {
        let by: Arc<str> = by.into();
        self.compare_below(&by, Some(old), new);
    }

    fn compare_below(&mut self, by: &Arc<str>, old: Option<Node<'_>>, new: Node<'_>) {
        let (new, old) = (new.resolved(), old.map(Node::resolved));
        let leaf = !new.is_mapping() && !new.is_sequence();
        let (before, after) = (old.map(Origin::of).unwrap_or_default(), Origin::of(new));
        let moved = old.is_none_or(|old| old.id() != new.id());
        if leaf && (moved || !before.same(&after)) {
            let same = old.is_some_and(|old| old == new);
            let from = old.map(Node::id);
            self.changes.push(Past { node: new.id(), from, before, after, same, by: Arc::clone(by) });
        }
        for (key, value) in new.entries() {
            self.compare_below(by, old.and_then(|old| old.get(key.text())), value);
        }
        for (index, item) in new.items().enumerate() {
            self.compare_below(by, old.and_then(|old| same_item(old, item, index)), item);
        }
    }
}

/// The item of an old list that a new one continues: that with its name, else that at its place.
fn same_item<'a>(old: Node<'a>, item: Node<'_>, index: usize) -> Option<Node<'a>> {
    match item.get("name") {
        Some(name) => old.items().find(|other| other.get("name").is_some_and(|other| other.text() == name.text())),
        None => old.item(index),
    }
}
