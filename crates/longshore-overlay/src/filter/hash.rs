//! The suffix that a generated ConfigMap or Secret bears: a digest of what it holds.

use longshore_yaml::{Kind, Node, Style, Tag};
use serde_json::Value;
use sha2::{Digest, Sha256};
use smallvec::SmallVec;

use crate::filter::edit::FilterError;
use crate::filter::go_json;

/// Ten letters and digits that change whenever the content does.
///
/// It is the SHA-256 of `{"data", "kind", "name"}` and, where they are maps, `binaryData` of a ConfigMap or `stringData`
/// of a Secret, whose `type` counts too. The name counts as empty, as the original never finds it.
pub(crate) fn of(root: Node<'_>) -> Result<String, FilterError> {
    let kind = root.get("kind").map_or("", Node::text);
    let text = match kind {
        "ConfigMap" => encode(root, kind, &["binaryData", "data", "kind", "name"])?,
        "Secret" => encode(root, kind, &["data", "kind", "name", "stringData", "type"])?,
        _ => encode_tree(root),
    };
    Ok(shorten(&Sha256::digest(text.as_bytes())))
}

/// These fields, which are in the order of Go's JSON.
fn encode(root: Node<'_>, kind: &str, fields: &[&str]) -> Result<String, FilterError> {
    let mut out = String::with_capacity(256);
    for field in fields {
        let node = root.get(field).map(Node::resolved);
        if matches!(*field, "binaryData" | "stringData") && !node.is_some_and(Node::is_mapping) {
            continue;
        }
        out.push(if out.is_empty() { '{' } else { ',' });
        go_json::write_str(field, &mut out);
        out.push(':');
        match *field {
            "kind" => go_json::write_str(kind, &mut out),
            "name" => go_json::write_str("", &mut out),
            _ => write_field(node, &mut out)?,
        }
    }
    out.push('}');
    Ok(out)
}

/// A field as the hash sees it: the text of a scalar, a map, null for a list, empty where there is none.
fn write_field(node: Option<Node<'_>>, out: &mut String) -> Result<(), FilterError> {
    let Some(node) = node else {
        go_json::write_str("", out);
        return Ok(());
    };
    match node.kind() {
        Kind::Scalar => go_json::write_str(node.text(), out),
        Kind::Mapping => match strings(node) {
            Some(entries) => write_strings(&entries, out),
            None => {
                let json = node.to_json().map_err(|error| FilterError::at(node, error.to_string()))?;
                out.push_str(&go_json::to_text(&with_floats(json)));
            }
        },
        _ => out.push_str("null"),
    }
    Ok(())
}

/// Keys and values.
type Strings<'a> = SmallVec<[(&'a str, &'a str); 8]>;

/// The entries of a mapping by key, if all are strings and no key stands twice, as in nearly all that is generated.
fn strings<'a>(map: Node<'a>) -> Option<Strings<'a>> {
    let text = |node: Node<'a>| (node.kind() == Kind::Scalar && node.tag() == Tag::Str).then(|| node.text());
    let entries = map.entries().map(|(key, value)| Some((text(key)?, text(value)?)));
    let mut entries = entries.collect::<Option<Strings<'_>>>()?;
    entries.sort_unstable();
    entries.windows(2).all(|pair| pair[0].0 != pair[1].0).then_some(entries)
}

fn write_strings(entries: &[(&str, &str)], out: &mut String) {
    out.push('{');
    for (index, (key, value)) in entries.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        go_json::write_str(key, out);
        out.push(':');
        go_json::write_str(value, out);
    }
    out.push('}');
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
    use longshore_yaml::{Document, ReadOptions, SourceFile, read};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    proptest! {
        #[test]
        fn maps_of_strings_are_written_as_go_writes_them(
            map in proptest::collection::btree_map("[a-c<\\\"\n\u{7f}é]{0,3}", "[a-c<&\\\"\t\u{2028}é]{0,5}", 0..12)
        ) {
            let (map, mut out) = (json!(map), String::new());
            let doc = Document::from_json(&map);
            write_field(Some(doc.root()), &mut out).expect("it can be written");
            prop_assert_eq!(out, go_json::to_text(&map));
        }
    }

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
