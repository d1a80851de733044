//! Who is on record for a field: `metadata.managedFields`.

use std::fmt;

use longshore_yaml::Node;
use serde::Serialize;
use serde_json::Value;

use crate::path::{FieldPath, Segment};

/// Someone who wrote fields of an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Owner {
    /// The name the writer gave: `kubectl-edit`, `argocd-controller`.
    pub manager: String,
    /// `Apply` or `Update`.
    pub operation: String,
    /// The subresource written through: `status`, `scale`.
    pub subresource: Option<String>,
    /// When it last wrote, as the server says it.
    pub time: Option<String>,
}

impl Owner {
    /// Whether it is a server-side apply of the whole object.
    pub(crate) fn is_apply(&self) -> bool {
        self.operation == "Apply" && self.subresource.is_none()
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}", self.manager, self.operation)?;
        if let Some(subresource) = &self.subresource {
            write!(f, " of {subresource}")?;
        }
        if let Some(time) = &self.time {
            write!(f, ", {time}")?;
        }
        f.write_str(")")
    }
}

/// What records tell about a list.
pub(crate) enum Recorded {
    /// Its items are told apart by these keys.
    Keys(Vec<String>),
    /// Its items are told apart by their values.
    Set,
}

/// The entries of `metadata.managedFields` of one object.
#[derive(Clone, Copy)]
pub(crate) struct Records<'a> {
    list: Option<Node<'a>>,
}

impl<'a> Records<'a> {
    pub(crate) fn of(object: Node<'a>) -> Self {
        Records { list: object.at(["metadata", "managedFields"]).filter(|list| !list.is_empty()) }
    }

    /// Whether the server kept any record.
    pub(crate) fn exist(self) -> bool {
        self.list.is_some()
    }

    /// Whether a manager wrote anything.
    pub(crate) fn has(self, manager: &str) -> bool {
        self.entries().any(|entry| text(entry, "manager") == manager)
    }

    /// Whether a manager applied anything.
    pub(crate) fn has_apply(self, manager: &str) -> bool {
        self.entries().any(|entry| text(entry, "manager") == manager && owner(entry).is_apply())
    }

    /// Who is on record for a field, or for something below it.
    pub(crate) fn owners(self, path: &FieldPath) -> Vec<Owner> {
        let owns = |entry: &Node<'a>| entry.get("fieldsV1").is_some_and(|fields| covers(fields, path.segments()));
        self.entries().filter(owns).map(owner).collect()
    }

    /// How the server merges the list at a path, as far as its records tell: by which keys, or as a set.
    ///
    /// The type of a custom resource may be unknown here; its records name the items of its lists all the same.
    pub(crate) fn list_kind(self, path: &FieldPath) -> Option<Recorded> {
        self.entries().find_map(|entry| {
            let fields = descend(entry.get("fieldsV1")?, path.segments())?;
            fields.entries().find_map(|(key, _)| match key.text().split_once(':') {
                Some(("k", keys)) => match serde_json::from_str(keys) {
                    Ok(Value::Object(map)) => Some(Recorded::Keys(map.keys().cloned().collect())),
                    _ => None,
                },
                Some(("v", _)) => Some(Recorded::Set),
                _ => None,
            })
        })
    }

    pub(crate) fn entries(self) -> impl Iterator<Item = Node<'a>> {
        self.list.into_iter().flat_map(Node::items)
    }
}

fn text<'a>(entry: Node<'a>, key: &str) -> &'a str {
    entry.get(key).map_or("", Node::text)
}

/// Who an entry is about.
pub(crate) fn owner(entry: Node<'_>) -> Owner {
    let optional = |key| Some(text(entry, key)).filter(|text| !text.is_empty()).map(str::to_owned);
    Owner {
        manager: text(entry, "manager").to_owned(),
        operation: text(entry, "operation").to_owned(),
        subresource: optional("subresource"),
        time: optional("time"),
    }
}

/// Whether a field set holds the path, something below it, or an atomic value above it.
fn covers(fields: Node<'_>, path: &[Segment]) -> bool {
    let Some((first, rest)) = path.split_first() else {
        return true;
    };
    if fields.is_empty() {
        return true;
    }
    fields.entries().any(|(key, below)| is_segment(key.text(), first) && covers(below, rest))
}

fn descend<'a>(fields: Node<'a>, path: &[Segment]) -> Option<Node<'a>> {
    path.iter().try_fold(fields, |fields, segment| {
        fields.entries().find(|(key, _)| is_segment(key.text(), segment)).map(|(_, below)| below)
    })
}

fn is_segment(key: &str, segment: &Segment) -> bool {
    match (key.split_once(':'), segment) {
        (Some(("f", name)), Segment::Field(field)) => name == field,
        (Some(("v", value)), Segment::Value(json)) => value == json,
        (Some(("i", index)), Segment::Index(at)) => index.parse() == Ok(*at),
        (Some(("k", keys)), Segment::Key(pairs)) => {
            let same = |json: &str, value: &Value| serde_json::from_str::<Value>(json).is_ok_and(|json| json == *value);
            let Ok(Value::Object(map)) = serde_json::from_str(keys) else {
                return false;
            };
            map.len() == pairs.len()
                && pairs.iter().all(|(key, json)| map.get(key).is_some_and(|value| same(json, value)))
        }
        _ => false,
    }
}
