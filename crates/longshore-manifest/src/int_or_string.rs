//! Values that are an integer or a string: ports, counts and percentages.

use std::fmt;

use longshore_yaml::{Node, Scalar};

/// `80`, `http` or `25%`.
///
/// Compared by value: a string that is an integer in digits equals that integer, so `80` is `"80"`.
///
/// ```
/// use longshore_manifest::IntOrString;
///
/// assert_eq!(IntOrString::from("80"), IntOrString::from(80));
/// assert_ne!(IntOrString::from("080"), IntOrString::from(80));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IntOrString {
    /// An integer.
    Int(i64),
    /// Any other text.
    String(String),
}

impl IntOrString {
    /// The value of an integer or a string of a document; `None` of anything else.
    pub fn of(node: Node<'_>) -> Option<Self> {
        match node.scalar()? {
            Scalar::Int(value) => Some(IntOrString::Int(value)),
            Scalar::Str(text) => Some(text.into()),
            _ => None,
        }
    }

    /// The number before `%`, where it is a percentage.
    pub fn percent(&self) -> Option<i64> {
        match self {
            IntOrString::Int(_) => None,
            IntOrString::String(text) => text.strip_suffix('%')?.parse().ok(),
        }
    }
}

impl From<i64> for IntOrString {
    fn from(value: i64) -> Self {
        IntOrString::Int(value)
    }
}

impl From<&str> for IntOrString {
    fn from(text: &str) -> Self {
        match text.parse::<i64>() {
            Ok(value) if value.to_string() == text => IntOrString::Int(value),
            _ => IntOrString::String(text.to_owned()),
        }
    }
}

impl fmt::Display for IntOrString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IntOrString::Int(value) => value.fmt(f),
            IntOrString::String(text) => f.write_str(text),
        }
    }
}
