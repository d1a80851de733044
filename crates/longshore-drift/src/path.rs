//! Where a field stands in an object, with list items named by their keys as the API server names them.

use std::fmt;

use longshore_manifest::PathElement;
use longshore_yaml::{Node, Scalar};
use serde::{Serialize, Serializer};

/// One step down an object; the four kinds of `FieldsV1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// An entry of a mapping.
    Field(String),
    /// The item of a list that has these values under its keys: key and value as JSON, ordered by key.
    Key(Vec<(String, String)>),
    /// The item of a set with this value, as JSON.
    Value(String),
    /// The item of a list with this index.
    Index(usize),
}

/// The way from the root of an object to a field.
///
/// Printed as `spec.template.spec.containers[name=web].ports[containerPort=80,protocol=TCP].name`; a name with a dot stands
/// in brackets and quotes: `metadata.labels["app.kubernetes.io/name"]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldPath(pub Vec<Segment>);

impl FieldPath {
    /// The steps from the root down.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Whether `self` is `other` or leads to it.
    pub fn is_prefix_of(&self, other: &FieldPath) -> bool {
        other.0.starts_with(&self.0)
    }

    /// The value at this place of an object. An item that leaves one of its keys to the server's default is found by the
    /// others.
    pub(crate) fn find<'a>(&self, object: Node<'a>) -> Option<Node<'a>> {
        self.0.iter().try_fold(object, |node, segment| segment.find(node).map(Node::resolved))
    }

    /// A path of field names.
    pub fn of(fields: &[&str]) -> Self {
        FieldPath(fields.iter().map(|field| Segment::Field((*field).to_owned())).collect())
    }
}

/// A scalar as JSON: what `FieldsV1` writes into `k:` and `v:`.
pub(crate) fn json_scalar(node: Node<'_>) -> String {
    match node.scalar() {
        Some(Scalar::Str(text)) => serde_json::Value::from(text).to_string(),
        Some(Scalar::Int(value)) => value.to_string(),
        Some(Scalar::Uint(value)) => value.to_string(),
        Some(Scalar::Bool(value)) => value.to_string(),
        Some(Scalar::Float(value)) => value.to_string(),
        _ => "null".to_owned(),
    }
}

fn plain(json: &str) -> &str {
    json.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(json)
}

impl Segment {
    fn find<'a>(&self, node: Node<'a>) -> Option<Node<'a>> {
        match self {
            Segment::Field(name) => node.get(name),
            Segment::Index(index) => node.item(*index),
            Segment::Value(json) => node.items().find(|item| json_scalar(*item) == *json),
            Segment::Key(pairs) => {
                let has = |item: Node<'a>, (key, json): &(String, String)| {
                    item.get(key).map(|value| json_scalar(value) == *json)
                };
                let whole = |item: &Node<'a>| pairs.iter().all(|pair| has(*item, pair) == Some(true));
                let partly = |item: &Node<'a>| {
                    let found: Vec<bool> = pairs.iter().filter_map(|pair| has(*item, pair)).collect();
                    !found.is_empty() && found.into_iter().all(|same| same)
                };
                node.items().find(whole).or_else(|| node.items().find(partly))
            }
        }
    }
}

impl From<&longshore_manifest::FieldPath> for FieldPath {
    fn from(path: &longshore_manifest::FieldPath) -> Self {
        FieldPath(path.elements.iter().map(Segment::from).collect())
    }
}

impl From<&PathElement> for Segment {
    fn from(element: &PathElement) -> Self {
        match element {
            PathElement::Field(name) => Segment::Field(name.clone()),
            PathElement::Index(index) => Segment::Index(*index),
            PathElement::Value(value) => Segment::Value(value.to_string()),
            PathElement::Key(keys) => {
                Segment::Key(keys.iter().map(|(key, value)| (key.clone(), value.to_string())).collect())
            }
        }
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Segment::Field(name) if name.is_empty() || name.contains(['.', '[', ']', '"', ' ']) => {
                write!(f, "[{name:?}]")
            }
            Segment::Field(name) => f.write_str(name),
            Segment::Key(keys) => {
                f.write_str("[")?;
                for (index, (key, value)) in keys.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma}{key}={}", plain(value))?;
                }
                f.write_str("]")
            }
            Segment::Value(value) => write!(f, "[={}]", plain(value)),
            Segment::Index(index) => write!(f, "[{index}]"),
        }
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.0.iter().enumerate() {
            let text = segment.to_string();
            if index > 0 && !text.starts_with('[') {
                f.write_str(".")?;
            }
            f.write_str(&text)?;
        }
        Ok(())
    }
}

impl Serialize for FieldPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
