//! The suffix that a generated ConfigMap or Secret bears: a digest of what it holds.

use longshore_yaml::{Kind, Node, Style, Tag};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::filter::edit::FilterError;
use crate::filter::go_json;

/// Ten letters and digits that change whenever the content does.
///
/// It is the SHA-256 of `{"data", "kind", "name"}` and, where they are maps, `binaryData` of a ConfigMap or `stringData`
/// of a Secret, whose `type` counts too. The name counts as empty, as the original never finds it.
pub(crate) fn of(root: Node<'_>) -> Result<String, FilterError> {
    let kind = root.get("kind").map_or("", Node::text);
    let text = match kind {
        "ConfigMap" => encode(root, kind, &["data"], "binaryData")?,
        "Secret" => encode(root, kind, &["type", "data"], "stringData")?,
        _ => encode_tree(root),
    };
    Ok(shorten(&Sha256::digest(text.as_bytes())))
}

fn encode(root: Node<'_>, kind: &str, fields: &[&str], extra: &str) -> Result<String, FilterError> {
    let mut object = Map::new();
    object.insert("kind".to_owned(), Value::from(kind));
    object.insert("name".to_owned(), Value::from(""));
    for field in fields {
        object.insert((*field).to_owned(), value_of(root, field)?);
    }
    match value_of(root, extra)? {
        map @ Value::Object(_) => object.insert(extra.to_owned(), map),
        _ => None,
    };
    Ok(go_json::to_text(&Value::Object(object)))
}

/// A field as the hash sees it: the text of a scalar, a map, null for a list, empty where there is none.
fn value_of(root: Node<'_>, field: &str) -> Result<Value, FilterError> {
    let Some(node) = root.get(field).map(Node::resolved) else { return Ok(Value::from("")) };
    match node.kind() {
        Kind::Scalar => Ok(Value::from(node.text())),
        Kind::Mapping => {
            let json = node.to_json().map_err(|error| FilterError::at(node, error.to_string()))?;
            Ok(with_floats(json))
        }
        _ => Ok(Value::Null),
    }
}

/// Other kinds are hashed as go-yaml's tree is: every node with its style, comments and place.
fn encode_tree(root: Node<'_>) -> String {
    let mut out = String::new();
    write_tree(root, &mut out);
    out
}

fn write_tree(node: Node<'_>, out: &mut String) {
    let (kind, children): (u8, Vec<Node<'_>>) = match node.kind() {
        Kind::Sequence => (2, node.items().collect()),
        Kind::Mapping => (4, node.entries().flat_map(|(key, value)| [key, value]).collect()),
        Kind::Scalar => (8, Vec::new()),
        Kind::Alias => (16, Vec::new()),
    };
    let style = u8::from(node.explicit_tag().is_some())
        + match node.style() {
            Style::DoubleQuoted => 2,
            Style::SingleQuoted => 4,
            Style::Literal => 8,
            Style::Folded => 16,
            Style::Flow => 32,
            Style::Plain | Style::Block => 0,
        };
    out.push_str(&format!("{{\"Kind\":{kind},\"Style\":{style},\"Tag\":"));
    go_json::write_str(node.explicit_tag().unwrap_or(tag_name(node.tag())), out);
    out.push_str(",\"Value\":");
    go_json::write_str(if node.kind() == Kind::Scalar { node.text() } else { "" }, out);
    out.push_str(",\"Anchor\":");
    go_json::write_str(node.anchor().unwrap_or_default(), out);
    out.push_str(",\"Alias\":null,\"Content\":");
    match children.is_empty() {
        true => out.push_str("null"),
        false => {
            for (index, child) in children.into_iter().enumerate() {
                out.push(if index == 0 { '[' } else { ',' });
                write_tree(child, out);
            }
            out.push(']');
        }
    }
    let comments = node.comments().cloned().unwrap_or_default();
    for (name, text) in [("Head", &comments.head), ("Line", &comments.line), ("Foot", &comments.foot)] {
        out.push_str(&format!(",\"{name}Comment\":"));
        go_json::write_str(text, out);
    }
    let (line, column) = node.location().map_or((0, 0), |at| (at.line, at.column));
    out.push_str(&format!(",\"Line\":{line},\"Column\":{column}}}"));
}

fn tag_name(tag: Tag) -> &'static str {
    match tag {
        Tag::Null => "!!null",
        Tag::Bool => "!!bool",
        Tag::Int => "!!int",
        Tag::Float => "!!float",
        Tag::Str | Tag::Custom => "!!str",
        Tag::Timestamp => "!!timestamp",
        Tag::Binary => "!!binary",
        Tag::Merge => "!!merge",
        Tag::Map => "!!map",
        Tag::Seq => "!!seq",
    }
}

/// The original reads the fields back with every number as a float.
fn with_floats(value: Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().map_or(Value::Null, Value::from),
        Value::Array(items) => items.into_iter().map(with_floats).collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, with_floats(value))).collect(),
        value => value,
    }
}

/// The first ten hexadecimal digits; those that could make a word are others.
fn shorten(digest: &[u8]) -> String {
    let digit = |nibble: u8| match nibble {
        0x0 => 'g',
        0x1 => 'h',
        0x3 => 'k',
        0xa => 'm',
        0xe => 't',
        _ => char::from_digit(u32::from(nibble), 16).unwrap_or('x'),
    };
    digest.iter().take(5).flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use longshore_yaml::{ReadOptions, SourceFile, read};

    #[track_caller]
    fn check(text: &str, expect: &str) {
        let docs = read(&SourceFile::new("a.yaml", text), &ReadOptions::default()).expect("it is YAML");
        assert_eq!(super::of(docs[0].root()).expect("it can be hashed"), expect);
    }

    #[test]
    fn the_name_does_not_count() {
        check("kind: ConfigMap\nmetadata: {name: a}\ndata: {}\n", "42745tchd9");
        check("kind: ConfigMap\nmetadata: {name: b}\ndata: {}\n", "42745tchd9");
    }
}
