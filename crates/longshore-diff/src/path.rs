//! Where in a document: paths as managed fields spell them.

use std::cmp::Ordering;
use std::fmt;

use serde_json::Value;

/// One step of a [`FieldPath`].
#[derive(Clone, Debug, PartialEq)]
pub enum PathElement {
    /// A key of a mapping.
    Field(String),
    /// The item of a list whose keys have these values, in the order of the schema or sorted by name.
    Key(Vec<(String, Value)>),
    /// The item of a set that is this scalar.
    Value(Value),
    /// The item with this index.
    Index(usize),
}

/// A path from the root of a document: fields, and items of lists by key, by value or by index.
///
/// Printed as `spec.containers[name="app"].args[0]`; a field that is not a plain word is quoted:
/// `metadata.annotations["example.com/size"]`. The root prints as nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldPath {
    /// The steps, from the root.
    pub elements: Vec<PathElement>,
}

impl FieldPath {
    /// The root of a document.
    pub fn root() -> Self {
        FieldPath::default()
    }

    /// Whether it is the root.
    pub fn is_root(&self) -> bool {
        self.elements.is_empty()
    }
}

impl FromIterator<PathElement> for FieldPath {
    fn from_iter<I: IntoIterator<Item = PathElement>>(elements: I) -> Self {
        FieldPath { elements: elements.into_iter().collect() }
    }
}

impl Eq for PathElement {}

impl PartialOrd for PathElement {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PathElement {
    /// Fields, then keys, then values, then indexes, as structured-merge-diff sorts them.
    fn cmp(&self, other: &Self) -> Ordering {
        let rank = |element: &PathElement| match element {
            PathElement::Field(_) => 0,
            PathElement::Key(_) => 1,
            PathElement::Value(_) => 2,
            PathElement::Index(_) => 3,
        };
        match (self, other) {
            (PathElement::Field(a), PathElement::Field(b)) => a.cmp(b),
            (PathElement::Key(a), PathElement::Key(b)) => {
                let pairs = a.iter().zip(b).map(|(a, b)| a.0.cmp(&b.0).then_with(|| compare(&a.1, &b.1)));
                pairs.fold(Ordering::Equal, Ordering::then).then(a.len().cmp(&b.len()))
            }
            (PathElement::Value(a), PathElement::Value(b)) => compare(a, b),
            (PathElement::Index(a), PathElement::Index(b)) => a.cmp(b),
            _ => rank(self).cmp(&rank(other)),
        }
    }
}

/// The order of values: numbers by value, then strings, booleans, null, lists, mappings.
pub(crate) fn compare(a: &Value, b: &Value) -> Ordering {
    let rank = |value: &Value| match value {
        Value::Number(_) => 0,
        Value::String(_) => 1,
        Value::Bool(_) => 2,
        Value::Array(_) => 3,
        Value::Object(_) => 4,
        Value::Null => 5,
    };
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => a.as_f64().unwrap_or(0.0).total_cmp(&b.as_f64().unwrap_or(0.0)),
        },
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Array(a), Value::Array(b)) => {
            let pairs = a.iter().zip(b).map(|(a, b)| compare(a, b));
            pairs.fold(Ordering::Equal, Ordering::then).then(a.len().cmp(&b.len()))
        }
        (Value::Object(a), Value::Object(b)) => {
            let pairs = a.iter().zip(b).map(|(a, b)| a.0.cmp(b.0).then_with(|| compare(a.1, b.1)));
            pairs.fold(Ordering::Equal, Ordering::then).then(a.len().cmp(&b.len()))
        }
        _ => rank(a).cmp(&rank(b)),
    }
}

impl fmt::Display for PathElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PathElement::Field(name) if is_word(name) => write!(f, ".{name}"),
            PathElement::Field(name) => write!(f, "[{}]", Value::from(name.as_str())),
            PathElement::Key(keys) => {
                let mut separator = '[';
                for (name, value) in keys {
                    write!(f, "{separator}{name}={value}")?;
                    separator = ',';
                }
                f.write_str("]")
            }
            PathElement::Value(value) => write!(f, "[={value}]"),
            PathElement::Index(index) => write!(f, "[{index}]"),
        }
    }
}

fn is_word(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$'))
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.elements.split_first() {
            Some((PathElement::Field(name), rest)) if is_word(name) => {
                f.write_str(name)?;
                rest.iter().try_for_each(|element| element.fmt(f))
            }
            _ => self.elements.iter().try_for_each(|element| element.fmt(f)),
        }
    }
}
