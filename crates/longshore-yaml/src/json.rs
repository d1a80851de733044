//! The bridge to `serde_json::Value`.

use serde_json::{Map, Number, Value};

use crate::document::{Document, NodeId};
use crate::node::{Kind, Node, Scalar, Style, Tag};
use crate::source::Location;

/// Nesting of what is converted; deeper trees are an error.
const DEPTH: usize = 500;

/// A tree that JSON cannot say: `.nan`, `.inf`, or a key that is not a string.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", location.as_ref().map(|at| format!("{at}: ")).unwrap_or_default())]
pub struct JsonError {
    pub(crate) location: Option<Location>,
    pub(crate) message: String,
}

impl JsonError {
    /// Where the node that JSON cannot say came from.
    pub fn location(&self) -> Option<&Location> {
        self.location.as_ref()
    }
}

impl Node<'_> {
    /// The tree as JSON. Comments, styles, anchors and the order of keys are lost.
    ///
    /// # Errors
    /// `.nan`, `.inf`, a key that is not a string, a merge key that names no mapping, nesting of more than 500.
    pub fn to_json(self) -> Result<Value, JsonError> {
        self.to_json_at(0)
    }

    fn to_json_at(self, depth: usize) -> Result<Value, JsonError> {
        let node = self.resolved();
        if depth > DEPTH {
            return Err(node.json_error(&format!("collections are nested more than {DEPTH} deep")));
        }
        match node.kind() {
            Kind::Mapping => {
                let mut map = Map::new();
                let wrong =
                    |value: Node<'_>| value.json_error("map merge requires map or sequence of maps as the value");
                for (key, value) in node.merged_entries().map_err(wrong)? {
                    let Some(Scalar::Str(name)) = key.scalar() else {
                        return Err(node.json_error("unsupported type: a key that is not a string"));
                    };
                    map.insert(name.to_owned(), value.to_json_at(depth + 1)?);
                }
                Ok(Value::Object(map))
            }
            Kind::Sequence => {
                node.items().map(|item| item.to_json_at(depth + 1)).collect::<Result<_, _>>().map(Value::Array)
            }
            _ => match node.scalar().unwrap_or(Scalar::Null) {
                Scalar::Null => Ok(Value::Null),
                Scalar::Bool(value) => Ok(Value::Bool(value)),
                Scalar::Int(value) => Ok(Value::Number(value.into())),
                Scalar::Uint(value) => Ok(Value::Number(value.into())),
                Scalar::Float(value) => Number::from_f64(value)
                    .map(Value::Number)
                    .ok_or_else(|| node.json_error("unsupported value: a number that is not finite")),
                Scalar::Str(text) => Ok(Value::String(text.to_owned())),
            },
        }
    }

    fn json_error(self, message: &str) -> JsonError {
        JsonError { location: self.location(), message: message.to_owned() }
    }
}

impl Document {
    /// A document with this value as its root.
    pub fn from_json(value: &Value) -> Document {
        let mut doc = Document::new();
        let root = doc.add_json(value);
        doc.set_root(root);
        doc
    }

    /// Adds a JSON value as a node with its descendants.
    pub fn add_json(&mut self, value: &Value) -> NodeId {
        match value {
            Value::Null => self.add_null(),
            Value::Bool(value) => self.add_bool(*value),
            Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
                Some(value) => self.add_float(value),
                None => self.add_scalar(&number.to_string(), Tag::Int, Style::Plain),
            },
            Value::String(text) => self.add_str(text),
            Value::Array(items) => {
                let ids: Vec<NodeId> = items.iter().map(|item| self.add_json(item)).collect();
                let id = self.add_sequence();
                self.set_children(id, &ids);
                id
            }
            Value::Object(map) => {
                let mut ids = Vec::with_capacity(2 * map.len());
                for (key, value) in map {
                    ids.push(self.add_str(key));
                    ids.push(self.add_json(value));
                }
                let id = self.add_mapping();
                self.set_children(id, &ids);
                id
            }
        }
    }
}
