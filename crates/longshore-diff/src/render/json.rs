//! One JSON document for programs.

use longshore_yaml::{Location, Node};
use serde_json::{Map, Value, json};

use super::value;
use super::{Section, Verb};
use crate::change::{Change, ChangeKind};
use crate::secret::Guard;

pub(super) fn render(sections: &[Section<'_, '_>], unchanged: usize) -> String {
    let resources: Vec<Value> = sections.iter().map(section).collect();
    let document = json!({ "unchanged": unchanged, "resources": resources });
    format!("{document:#}\n")
}

fn section(section: &Section<'_, '_>) -> Value {
    let mut out = Map::new();
    out.insert("resource".to_owned(), section.title.clone().map_or(Value::Null, Value::String));
    out.insert("kind".to_owned(), section.verb.word().into());
    if let Verb::Renamed { from, score } = &section.verb {
        out.insert("from".to_owned(), from.as_str().into());
        out.insert("score".to_owned(), (*score).into());
    }
    place(&mut out, "beforeAt", section.before);
    place(&mut out, "afterAt", section.after);
    match section.changes {
        Some(changes) => {
            out.insert("changes".to_owned(), changes.iter().map(change).collect());
            if changes.truncated() {
                out.insert("truncated".to_owned(), true.into());
            }
        }
        None => {
            let name = if section.after.is_some() { "after" } else { "before" };
            let value = section.after.or(section.before).map(|node| value::json(node, Guard::default()));
            out.insert(name.to_owned(), value.unwrap_or_default());
        }
    }
    Value::Object(out)
}

fn change(change: &Change<'_>) -> Value {
    let mut out = Map::new();
    out.insert("path".to_owned(), change.path.to_string().into());
    let kind = match change.kind {
        ChangeKind::Added => "added",
        ChangeKind::Removed => "removed",
        ChangeKind::Changed => "changed",
        ChangeKind::Moved { .. } => "moved",
    };
    out.insert("kind".to_owned(), kind.into());
    if let ChangeKind::Moved { from, to } = change.kind {
        out.insert("fromIndex".to_owned(), from.into());
        out.insert("toIndex".to_owned(), to.into());
    }
    for (node, name, pointer) in
        [(change.before, "before", change.before_pointer()), (change.after, "after", change.after_pointer())]
    {
        if let Some(node) = node {
            out.insert(format!("{name}Pointer"), pointer.into());
            if !matches!(change.kind, ChangeKind::Moved { .. }) {
                out.insert(name.to_owned(), value::json(node, change.guard));
            }
            place(&mut out, &format!("{name}At"), Some(node));
        }
    }
    if change.atomic.is_some() {
        out.insert("ownedPath".to_owned(), change.owned_path().to_string().into());
    }
    if change.is_secret() {
        out.insert("secret".to_owned(), true.into());
    }
    Value::Object(out)
}

fn place(out: &mut Map<String, Value>, name: &str, node: Option<Node<'_>>) {
    if let Some(Location { file, line, column }) = node.and_then(Node::location) {
        out.insert(name.to_owned(), json!({ "file": file, "line": line, "column": column }));
    }
}
