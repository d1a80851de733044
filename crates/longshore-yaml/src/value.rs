//! The bridge to `serde_yaml::Value`: values are converted, text is never read or printed with that crate.

use serde_yaml::value::TaggedValue;
use serde_yaml::{Mapping, Number, Value};

use crate::document::{Document, NodeId};
use crate::node::{Kind, Node, Scalar, Tag};
use crate::source::Location;

/// Nesting of what is converted; deeper trees are an error.
const DEPTH: usize = 500;

/// A tree that cannot become a `serde_yaml::Value`, or the other way round: it is nested more than 500 deep, or a merge
/// key names no mapping.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", location.as_ref().map(|at| format!("{at}: ")).unwrap_or_default())]
pub struct ValueError {
    location: Option<Location>,
    message: String,
}

impl ValueError {
    fn new(location: Option<Location>, message: impl Into<String>) -> Self {
        ValueError { location, message: message.into() }
    }

    /// Where the node came from that cannot be converted.
    pub fn location(&self) -> Option<&Location> {
        self.location.as_ref()
    }
}

fn too_deep(location: Option<Location>) -> ValueError {
    ValueError::new(location, format!("collections are nested more than {DEPTH} deep"))
}

/// Aliases and merge keys are followed; custom tags stay; comments, styles and places are lost.
impl TryFrom<Node<'_>> for Value {
    type Error = ValueError;

    fn try_from(node: Node<'_>) -> Result<Self, ValueError> {
        to_value(node, 0)
    }
}

/// As for its root.
impl TryFrom<&Document> for Value {
    type Error = ValueError;

    fn try_from(doc: &Document) -> Result<Self, ValueError> {
        to_value(doc.root(), 0)
    }
}

fn to_value(node: Node<'_>, depth: usize) -> Result<Value, ValueError> {
    let node = node.resolved();
    if depth > DEPTH {
        return Err(too_deep(node.location()));
    }
    let value = match node.kind() {
        Kind::Mapping => Value::Mapping(to_mapping(node, depth)?),
        Kind::Sequence => {
            Value::Sequence(node.items().map(|item| to_value(item, depth + 1)).collect::<Result<_, _>>()?)
        }
        _ => match node.scalar().unwrap_or(Scalar::Null) {
            Scalar::Null => Value::Null,
            Scalar::Bool(value) => Value::Bool(value),
            Scalar::Int(value) => Value::Number(value.into()),
            Scalar::Uint(value) => Value::Number(value.into()),
            Scalar::Float(value) => Value::Number(value.into()),
            Scalar::Str(text) => Value::String(text.to_owned()),
        },
    };
    Ok(match node.explicit_tag().filter(|_| node.tag() == Tag::Custom) {
        Some(tag) => Value::Tagged(Box::new(TaggedValue { tag: serde_yaml::value::Tag::new(tag), value })),
        None => value,
    })
}

fn to_mapping(node: Node<'_>, depth: usize) -> Result<Mapping, ValueError> {
    let wrong =
        |value: Node<'_>| ValueError::new(value.location(), "map merge requires map or sequence of maps as the value");
    let entries = node.merged_entries().map_err(wrong)?.into_iter();
    entries.map(|(key, value)| Ok((to_value(key, depth + 1)?, to_value(value, depth + 1)?))).collect()
}

impl TryFrom<&Value> for Document {
    type Error = ValueError;

    fn try_from(value: &Value) -> Result<Self, ValueError> {
        let mut doc = Document::new();
        let root = add_value(&mut doc, value, 0)?;
        doc.set_root(root);
        Ok(doc)
    }
}

fn add_value(doc: &mut Document, value: &Value, depth: usize) -> Result<NodeId, ValueError> {
    if depth > DEPTH {
        return Err(too_deep(None));
    }
    Ok(match value {
        Value::Null => doc.add_null(),
        Value::Bool(value) => doc.add_bool(*value),
        Value::Number(number) => add_number(doc, number),
        Value::String(text) => doc.add_str(text),
        Value::Sequence(items) => {
            let ids: Vec<NodeId> =
                items.iter().map(|item| add_value(doc, item, depth + 1)).collect::<Result<_, _>>()?;
            let id = doc.add_sequence();
            doc.set_children(id, &ids);
            id
        }
        Value::Mapping(map) => {
            let mut ids = Vec::with_capacity(2 * map.len());
            for (key, value) in map {
                ids.push(add_value(doc, key, depth + 1)?);
                ids.push(add_value(doc, value, depth + 1)?);
            }
            let id = doc.add_mapping();
            doc.set_children(id, &ids);
            id
        }
        Value::Tagged(tagged) => {
            let id = add_value(doc, &tagged.value, depth + 1)?;
            let tag = tagged.tag.to_string();
            doc.set_tag(id, &tag);
            id
        }
    })
}

fn add_number(doc: &mut Document, number: &Number) -> NodeId {
    match (number.as_i64(), number.as_u64(), number.as_f64()) {
        (Some(value), _, _) => doc.add_int(value),
        (_, Some(value), _) => doc.add_scalar(&value.to_string(), Tag::Int, crate::Style::Plain),
        (_, _, value) => doc.add_float(value.unwrap_or(f64::NAN)),
    }
}
