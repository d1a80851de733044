//! Where in a document: paths as managed fields spell them.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use longshore_yaml::Node;
use serde_json::Value;

/// One step of a [`FieldPath`].
///
/// Read and written as in `FieldsV1`, the keys of managed fields: `f:spec`, `k:{"name":"app"}`, `v:"tcp"`, `i:0`.
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
///
/// ```
/// use longshore_manifest::{FieldPath, PathElement};
/// use longshore_yaml::{ReadOptions, SourceFile, read};
///
/// let steps = ["f:containers", r#"k:{"name":"app"}"#, "f:image"];
/// let path: FieldPath = steps.iter().map(|step| step.parse::<PathElement>()).collect::<Result<_, _>>()?;
/// assert_eq!(path.to_string(), r#"containers[name="app"].image"#);
///
/// let file = SourceFile::new("pod.yaml", "containers:\n- {name: log, image: l:1}\n- {name: app, image: a:1}\n");
/// let docs = read(&file, &ReadOptions::default())?;
/// assert_eq!(path.steps_in(docs[0].root()).ok_or("not there")?, ["containers", "1", "image"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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

    /// Whether `self` is `other` or leads to it.
    pub fn is_prefix_of(&self, other: &FieldPath) -> bool {
        other.elements.starts_with(&self.elements)
    }

    /// The node at this place of a document. Of items with the same keys, the first.
    pub fn resolve<'a>(&self, root: Node<'a>) -> Option<Node<'a>> {
        self.elements.iter().try_fold(root, |node, element| Some(element.find(node)?.1))
    }

    /// The steps of the JSON Pointer to this place of a document: keys, and indexes in decimals.
    pub fn steps_in(&self, root: Node<'_>) -> Option<Vec<String>> {
        let mut steps = Vec::with_capacity(self.elements.len());
        let walk = |node, element: &PathElement| {
            let (step, next) = element.find(node)?;
            steps.push(step);
            Some(next)
        };
        self.elements.iter().try_fold(root, walk)?;
        Some(steps)
    }
}

impl PathElement {
    /// The step and the node it leads to.
    fn find<'a>(&self, node: Node<'a>) -> Option<(String, Node<'a>)> {
        match self {
            PathElement::Field(name) => Some((name.clone(), node.get(name)?)),
            PathElement::Index(index) => Some((index.to_string(), node.item(*index)?)),
            PathElement::Value(value) => item(node, |item| is_value(item, value)),
            PathElement::Key(keys) => item(node, |item| {
                keys.iter().all(|(name, value)| item.get(name).is_some_and(|found| is_value(found, value)))
            }),
        }
    }
}

fn item<'a>(list: Node<'a>, fits: impl Fn(Node<'a>) -> bool) -> Option<(String, Node<'a>)> {
    let (at, found) = list.items().enumerate().find(|(_, item)| fits(*item))?;
    Some((at.to_string(), found))
}

fn is_value(node: Node<'_>, value: &Value) -> bool {
    node.to_json().is_ok_and(|found| compare(&found, value) == Ordering::Equal)
}

/// A text that is no step of managed fields.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a step of managed fields: {reason} in '{text}'")]
pub struct PathElementError {
    text: String,
    reason: &'static str,
}

impl FromStr for PathElement {
    type Err = PathElementError;

    fn from_str(text: &str) -> Result<Self, PathElementError> {
        let error = |reason| PathElementError { text: text.to_owned(), reason };
        let (kind, rest) = text.split_once(':').ok_or_else(|| error("no f:, k:, v: or i: at the beginning"))?;
        match kind {
            "f" => Ok(PathElement::Field(rest.to_owned())),
            "i" => rest.parse().map(PathElement::Index).map_err(|_| error("no index behind i:")),
            "v" => serde_json::from_str(rest).map(PathElement::Value).map_err(|_| error("no JSON value behind v:")),
            "k" => match serde_json::from_str(rest) {
                Ok(Value::Object(keys)) if !keys.is_empty() => Ok(PathElement::Key(keys.into_iter().collect())),
                _ => Err(error("no JSON object with keys behind k:")),
            },
            _ => Err(error("no f:, k:, v: or i: at the beginning")),
        }
    }
}

impl PathElement {
    /// As in `FieldsV1`: `f:spec`, `k:{"name":"app"}` with the keys sorted, `v:"tcp"`, `i:0`.
    pub fn to_fields_v1(&self) -> String {
        match self {
            PathElement::Field(name) => format!("f:{name}"),
            PathElement::Value(value) => format!("v:{value}"),
            PathElement::Index(index) => format!("i:{index}"),
            PathElement::Key(keys) => {
                let mut keys: Vec<_> = keys.iter().collect();
                keys.sort_by(|a, b| a.0.cmp(&b.0));
                let pairs: Vec<String> =
                    keys.iter().map(|(name, value)| format!("{}:{value}", Value::from(name.as_str()))).collect();
                format!("k:{{{}}}", pairs.join(","))
            }
        }
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
fn compare(a: &Value, b: &Value) -> Ordering {
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
