//! Which type an unquoted scalar has, and its value: the tables of go-yaml v3 and v2.

use crate::node::{Scalar, Tag};

/// Which Go library's rules decide the type of an unquoted scalar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Schema {
    /// go-yaml v3, for resources: `yes` and `on` are strings.
    #[default]
    V3,
    /// go-yaml v2, for kustomization files: `yes`, `no`, `on`, `off`, `y` and `n` are booleans.
    V2,
}

/// The type of an unquoted scalar.
pub fn resolve_plain(text: &str, _schema: Schema) -> Tag {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Tag::Null,
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => Tag::Bool,
        "<<" => Tag::Merge,
        _ if text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok() => Tag::Int,
        _ if text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) && text.parse::<f64>().is_ok() => {
            Tag::Float
        }
        _ => Tag::Str,
    }
}

/// The value of a scalar from its text and type.
pub(crate) fn value(text: &str, tag: Tag) -> Scalar<'_> {
    match tag {
        Tag::Null => Scalar::Null,
        Tag::Bool => Scalar::Bool(text.starts_with(['t', 'T', 'y', 'Y']) || text.eq_ignore_ascii_case("on")),
        Tag::Int => match (text.parse(), text.parse()) {
            (Ok(value), _) => Scalar::Int(value),
            (_, Ok(value)) => Scalar::Uint(value),
            _ => Scalar::Str(text),
        },
        Tag::Float => text.parse().map_or(Scalar::Str(text), Scalar::Float),
        _ => Scalar::Str(text),
    }
}
