//! What was done to the fields of one object, kept while provenance is asked for.

use std::sync::Arc;

use longshore_yaml::{Kind, Node, NodeId};

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
    /// Keeps what a step did, or its parts with these names did one after another. The trace is then empty.
    pub(crate) fn keep(&mut self, by: &[Arc<str>], trace: &mut Trace) {
        trace.changes.sort_by_key(|change| change.part);
        let past = |change: crate::filter::edit::Change| Past {
            node: change.node,
            from: None,
            before: change.before,
            after: change.after,
            same: false,
            by: Arc::clone(&by[change.part]),
        };
        self.changes.extend(trace.changes.drain(..).map(past));
    }

    /// What was done to one node was done to its copy too.
    pub(crate) fn copy(&mut self, node: NodeId, copy: NodeId) {
        let of_node = self.changes.iter().filter(|past| past.node == node);
        let copied: Vec<Past> = of_node.map(|past| Past { node: copy, ..past.clone() }).collect();
        self.changes.extend(copied);
    }

    /// Keeps what a patch did: every node below `new` that now comes from elsewhere than at the same place of `old`,
    /// which is what the document was.
    pub(crate) fn compare(&mut self, by: &Arc<str>, old: Node<'_>, new: Node<'_>) {
        self.compare_below(by, Some(old), new);
    }

    fn compare_below(&mut self, by: &Arc<str>, old: Option<Node<'_>>, new: Node<'_>) {
        let (new, old) = (new.resolved(), old.map(Node::resolved));
        match new.kind() {
            Kind::Mapping => {
                let mut in_step = old.into_iter().flat_map(Node::entries);
                for (key, value) in new.entries() {
                    // Most entries stand where they stood.
                    let same = in_step.next().filter(|(other, _)| other.id() == key.id());
                    let before = same.map(|(_, value)| value).or_else(|| old?.get(key.text()));
                    if value.kind() == Kind::Scalar && stayed(before, value) {
                        continue;
                    }
                    self.compare_below(by, before, value);
                }
            }
            Kind::Sequence => {
                for (index, item) in new.items().enumerate() {
                    self.compare_below(by, old.and_then(|old| same_item(old, item, index)), item);
                }
            }
            Kind::Scalar | Kind::Alias => self.compare_leaf(by, old, new),
        }
    }

    fn compare_leaf(&mut self, by: &Arc<str>, old: Option<Node<'_>>, new: Node<'_>) {
        if stayed(old, new) {
            return;
        }
        self.changes.push(Past {
            node: new.id(),
            from: old.map(Node::id),
            before: old.map(Origin::of).unwrap_or_default(),
            after: Origin::of(new),
            same: old.is_some_and(|old| old == new),
            by: Arc::clone(by),
        });
    }
}

/// Whether a node is the one that was there before.
#[inline]
fn stayed(old: Option<Node<'_>>, new: Node<'_>) -> bool {
    old.is_some_and(|old| old.id() == new.id() && old.has_origin_of(new))
}

/// The item of an old list that a new one continues: that with its name, else that at its place.
fn same_item<'a>(old: Node<'a>, item: Node<'_>, index: usize) -> Option<Node<'a>> {
    let in_step = old.item(index);
    let Some(name) = item.get("name") else { return in_step };
    let has_name = |other: &Node<'_>| other.get("name").is_some_and(|other| other.text() == name.text());
    in_step.filter(|other| other.id() == item.id() && has_name(other)).or_else(|| old.items().find(has_name))
}
