//! The fields of an object as a flat map, and as `FieldsV1`.

use std::collections::{BTreeMap, BTreeSet};

use longshore_yaml::{Document, Kind, Node, NodeId};

use crate::lists::{ListKind, list_kind};
use crate::path::{FieldPath, Segment, json_scalar};
use crate::step::key_segment;

/// Fields by path: the value of a leaf as JSON, nothing for an item of a keyed list, which contains fields.
pub(crate) type Fields = BTreeMap<FieldPath, Option<String>>;

/// The fields of an object that somebody may own: all but its identity and the server's own.
pub(crate) fn fields(object: Node<'_>, builtin: bool) -> Fields {
    let mut flat = Flat { builtin, path: Vec::new(), names: Vec::new(), fields: Fields::new() };
    for (key, value) in object.entries() {
        match key.text() {
            "apiVersion" | "kind" => {}
            "metadata" => {
                for part in ["labels", "annotations", "finalizers", "ownerReferences"] {
                    if let Some(value) = value.get(part) {
                        flat.named("metadata", |flat| flat.named(part, |flat| flat.node(value)));
                    }
                }
            }
            name => flat.named(name, |flat| flat.node(value)),
        }
    }
    flat.fields
}

struct Flat {
    builtin: bool,
    path: Vec<Segment>,
    names: Vec<String>,
    fields: Fields,
}

impl Flat {
    fn named(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        self.names.push(name.to_owned());
        self.below(Segment::Field(name.to_owned()), inside);
        self.names.pop();
    }

    fn below(&mut self, segment: Segment, inside: impl FnOnce(&mut Self)) {
        self.path.push(segment);
        inside(self);
        self.path.pop();
    }

    fn leaf(&mut self, value: Option<String>) {
        self.fields.insert(FieldPath(self.path.clone()), value);
    }

    fn node(&mut self, node: Node<'_>) {
        let node = node.resolved();
        match node.kind() {
            Kind::Mapping if node.is_empty() => self.leaf(Some("{}".to_owned())),
            Kind::Mapping => {
                for (key, value) in node.entries() {
                    self.named(key.text(), |flat| flat.node(value));
                }
            }
            Kind::Sequence => self.sequence(node),
            _ if node.is_null() => {}
            _ => self.leaf(Some(json_scalar(node))),
        }
    }

    fn sequence(&mut self, node: Node<'_>) {
        match kind_of(&self.names, self.builtin) {
            ListKind::Map(keys) if !node.is_empty() && node.items().all(Node::is_mapping) => {
                for item in node.items() {
                    self.below(key_segment(item, keys), |flat| {
                        flat.leaf(None);
                        flat.node(item);
                    });
                }
            }
            ListKind::Set if !node.is_empty() => {
                for item in node.items() {
                    self.below(Segment::Value(json_scalar(item)), |flat| flat.leaf(Some(json_scalar(item))));
                }
            }
            _ => self.leaf(Some(node.to_json().map_or_else(|_| String::new(), |value| value.to_string()))),
        }
    }
}

fn kind_of(names: &[String], builtin: bool) -> ListKind {
    let field = names.last().map_or("", String::as_str);
    let parent = names.len().checked_sub(2).map_or("", |at| names[at].as_str());
    list_kind(builtin, parent, field)
}

/// Merges a declared object into a live one as an apply does: maps by key, keyed lists by item, the rest as values.
pub(crate) fn merge(live: &mut Document, declared: Node<'_>, builtin: bool) {
    let root = live.root_id();
    let mut names = Vec::new();
    merge_map(live, root, declared, builtin, &mut names);
}

fn merge_map(doc: &mut Document, into: NodeId, from: Node<'_>, builtin: bool, names: &mut Vec<String>) {
    for (key, value) in from.entries() {
        let value = value.resolved();
        if value.is_null() || (names.is_empty() && key.text() == "status") {
            continue;
        }
        names.push(key.text().to_owned());
        let have = doc.node(into).get(key.text()).map(|node| node.resolved().id());
        match have {
            Some(have) => merge_value(doc, have, value, builtin, names),
            None => {
                let copy = doc.import(value);
                doc.map_set(into, key.text(), copy);
            }
        }
        names.pop();
    }
}

fn merge_value(doc: &mut Document, have: NodeId, value: Node<'_>, builtin: bool, names: &mut Vec<String>) {
    match (doc.node(have).kind(), value.kind()) {
        (Kind::Mapping, Kind::Mapping) => merge_map(doc, have, value, builtin, names),
        (Kind::Sequence, Kind::Sequence) => match kind_of(names, builtin) {
            ListKind::Map(keys) => merge_items(doc, have, value, keys, builtin, names),
            ListKind::Set => {
                for item in value.items() {
                    if !doc.node(have).items().any(|other| other == item) {
                        let copy = doc.import(item);
                        doc.seq_push(have, copy);
                    }
                }
            }
            ListKind::Atomic => replace(doc, have, value),
        },
        _ => replace(doc, have, value),
    }
}

fn replace(doc: &mut Document, have: NodeId, value: Node<'_>) {
    if doc.node(have) != value {
        let copy = doc.import(value);
        doc.replace(have, copy);
    }
}

/// Declared items take their declared order; those of others follow.
fn merge_items(
    doc: &mut Document,
    have: NodeId,
    value: Node<'_>,
    keys: &[(&str, &str)],
    builtin: bool,
    names: &mut Vec<String>,
) {
    let mut left: Vec<NodeId> = doc.node(have).items().map(|item| item.resolved().id()).collect();
    let mut order = Vec::with_capacity(left.len());
    for item in value.items() {
        let segment = key_segment(item, keys);
        match left.iter().position(|&id| key_segment(doc.node(id), keys) == segment) {
            Some(at) => {
                let id = left.remove(at);
                merge_map(doc, id, item, builtin, names);
                order.push(id);
            }
            None => order.push(doc.import(item)),
        }
    }
    order.extend(left);
    doc.set_children(have, &order);
}

/// Removes a field, and the collections above it that it leaves empty. Nothing happens where it is not.
pub(crate) fn remove(doc: &mut Document, path: &FieldPath) {
    let mut above = vec![doc.root_id()];
    for segment in path.segments() {
        let last = *above.last().expect("the root is there");
        let Some(next) = child(doc, last, segment) else { return };
        above.push(next);
    }
    for (segment, pair) in path.segments().iter().zip(above.windows(2)).rev() {
        let (parent, id) = (pair[0], pair[1]);
        let is_end = above.last() == Some(&id);
        if !is_end && !doc.node(id).is_empty() {
            return;
        }
        match segment {
            Segment::Field(name) => {
                doc.map_remove(parent, name);
            }
            _ => {
                if let Some(at) = doc.node(parent).items().position(|item| item.resolved().id() == id) {
                    doc.seq_remove(parent, at);
                }
            }
        }
    }
}

fn child(doc: &Document, id: NodeId, segment: &Segment) -> Option<NodeId> {
    let node = doc.node(id);
    let found = match segment {
        Segment::Field(name) => node.get(name),
        Segment::Index(index) => node.item(*index),
        Segment::Value(json) => node.items().find(|item| json_scalar(*item) == *json),
        Segment::Key(pairs) => node.items().find(|item| {
            pairs.iter().all(|(key, json)| match item.get(key) {
                Some(value) => json_scalar(value) == *json,
                None => json == "\"TCP\"" && key == "protocol",
            })
        }),
    };
    found.map(|node| node.resolved().id())
}

/// A set of paths as a tree of `FieldsV1`.
pub(crate) fn to_fields_v1(doc: &mut Document, paths: &BTreeSet<FieldPath>) -> NodeId {
    let root = doc.add_mapping();
    for path in paths {
        let mut at = root;
        for segment in path.segments() {
            let key = v1_key(segment);
            at = match doc.node(at).get(&key) {
                Some(node) => node.id(),
                None => {
                    let made = doc.add_mapping();
                    doc.map_set(at, &key, made);
                    made
                }
            };
        }
        if matches!(path.segments().last(), Some(Segment::Key(_))) {
            let dot = doc.add_mapping();
            doc.map_set(at, ".", dot);
        }
    }
    root
}

fn v1_key(segment: &Segment) -> String {
    match segment {
        Segment::Field(name) => format!("f:{name}"),
        Segment::Value(json) => format!("v:{json}"),
        Segment::Index(index) => format!("i:{index}"),
        Segment::Key(pairs) => {
            let pairs: Vec<String> =
                pairs.iter().map(|(key, json)| format!("{}:{json}", serde_json::Value::from(key.as_str()))).collect();
            format!("k:{{{}}}", pairs.join(","))
        }
    }
}
