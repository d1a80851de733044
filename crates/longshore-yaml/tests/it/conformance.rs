//! What Go's YAML does, recorded: trees, comments, positions, and what is refused.

use std::path::Path;

use longshore_testkit::{Run, Suite, folder};
use longshore_yaml::{Document, DuplicateKeys, Kind, Node, ReadOptions, SourceFile, Style, Tag, read_stream};
use serde_json::{Value, json};

#[test]
fn conformance() {
    let mut run = Run::new(include_str!("known_failures.txt"));
    if let Some(folder) = folder("yaml") {
        trees(&mut run, &folder, "comments");
        trees(&mut run, &folder, "manifests");
        trees(&mut run, &folder, "yaml-test-suite");
        trees(&mut run, &folder, "mutated");
        scalars(&mut run, &folder);
    }
    run.finish();
}

#[expect(clippy::disallowed_methods, reason = "the recorded cases are files")]
fn lines(folder: &Path, name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join(format!("{name}.jsonl"))).expect("the suite's file is there");
    text.lines().map(|line| serde_json::from_str(line).expect("a case is JSON")).collect()
}

/// Tree, comments and positions of every input, or that it is refused with Go's words.
fn trees(run: &mut Run, folder: &Path, name: &str) {
    let cases = lines(folder, name);
    let mut suite = run.suite(&format!("yaml/{name}"));
    for case in &cases {
        suite.check(case["name"].as_str().unwrap_or_default(), check_tree(case));
    }
}

/// Each text as a plain value, in a flow list and as a key.
fn scalars(run: &mut Run, folder: &Path) {
    let cases = lines(folder, "scalars");
    let mut suite: Suite<'_> = run.suite("yaml/scalars");
    for case in &cases {
        for place in ["as_plain", "as_flow", "as_key"] {
            if case[place].is_object() {
                suite.check(&format!("{} {place}", case["text"]), check_tree(&case[place]));
            }
        }
    }
}

fn check_tree(case: &Value) -> Result<(), String> {
    let input = case["input"].as_str().expect("a case has an input");
    let file = SourceFile::new("input", input);
    let options = ReadOptions { duplicate_keys: DuplicateKeys::Keep, ..ReadOptions::default() };
    let outcome = read_stream(&file, &options);
    match (case["error"].as_str(), outcome) {
        (Some(message), Err(error)) => same_error(message, error.message()),
        (Some(message), Ok(_)) => Err(format!("accepted, Go says {message}")),
        (None, Err(error)) => Err(format!("refused: {error}")),
        (None, Ok(docs)) => {
            let found: Vec<Value> = docs.iter().map(document).collect();
            let expected = case["tree"].as_array().cloned().unwrap_or_default();
            difference(&Value::Array(expected), &Value::Array(found), "")
        }
    }
}

fn same_error(expected: &str, found: &str) -> Result<(), String> {
    let text = expected.trim_start_matches("yaml: ");
    let text = text.split_once(": ").filter(|(line, _)| line.starts_with("line ")).map_or(text, |(_, text)| text);
    if text == found { Ok(()) } else { Err(format!("Go says {text:?}, not {found:?}")) }
}

fn document(doc: &Document) -> Value {
    let at = doc.location().expect("a document that was read has a place");
    let mut out = json!({"k": "doc", "ln": at.line, "co": at.column, "c": [node(doc.root())]});
    comment(&mut out, "h", &doc.comments().head);
    comment(&mut out, "f", &doc.comments().foot);
    out
}

fn comment(out: &mut Value, field: &str, text: &str) {
    if !text.is_empty() {
        out[field] = json!(text);
    }
}

fn node(node: Node<'_>) -> Value {
    let at = node.location().expect("a node that was read has a place");
    let mut out = json!({"ln": at.line, "co": at.column});
    let children: Vec<Node<'_>> = match node.kind() {
        Kind::Mapping => node.entries().flat_map(|(key, value)| [key, value]).collect(),
        Kind::Sequence => node.items().collect(),
        Kind::Scalar | Kind::Alias => Vec::new(),
    };
    out["k"] = json!(match node.kind() {
        Kind::Mapping => "map",
        Kind::Sequence => "seq",
        Kind::Scalar => "sca",
        Kind::Alias => "ali",
    });
    match node.kind() {
        Kind::Alias => comment(&mut out, "v", node.anchor().unwrap_or_default()),
        _ => {
            comment(&mut out, "t", &tag(node));
            comment(&mut out, "v", if node.kind() == Kind::Scalar { node.text() } else { "" });
            comment(&mut out, "a", node.anchor().unwrap_or_default());
        }
    }
    let style = style(node);
    if style != 0 {
        out["s"] = json!(style);
    }
    if let Some(comments) = node.comments() {
        comment(&mut out, "h", &comments.head);
        comment(&mut out, "l", &comments.line);
        comment(&mut out, "f", &comments.foot);
    }
    if !children.is_empty() {
        out["c"] = Value::Array(children.into_iter().map(self::node).collect());
    }
    out
}

fn tag(node: Node<'_>) -> String {
    if let Some(tag) = node.explicit_tag() {
        return tag.strip_prefix("!<").and_then(|tag| tag.strip_suffix('>')).unwrap_or(tag).to_owned();
    }
    let name = match node.tag() {
        Tag::Null => "null",
        Tag::Bool => "bool",
        Tag::Int => "int",
        Tag::Float => "float",
        Tag::Timestamp => "timestamp",
        Tag::Binary => "binary",
        Tag::Merge => "merge",
        Tag::Map => "map",
        Tag::Seq => "seq",
        _ => "str",
    };
    format!("!!{name}")
}

/// go-yaml's bits: 1 tagged, 2 double, 4 single, 8 literal, 16 folded, 32 flow.
fn style(node: Node<'_>) -> u32 {
    let style = match node.style() {
        Style::Plain | Style::Block => 0,
        Style::DoubleQuoted => 2,
        Style::SingleQuoted => 4,
        Style::Literal => 8,
        Style::Folded => 16,
        Style::Flow => 32,
    };
    let style = if node.kind() == Kind::Alias { 0 } else { style };
    style + u32::from(node.explicit_tag().is_some())
}

/// The first place where two trees differ.
fn difference(expected: &Value, found: &Value, path: &str) -> Result<(), String> {
    match (expected, found) {
        (Value::Array(a), Value::Array(b)) => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                difference(a, b, &format!("{path}/{index}"))?;
            }
            if a.len() == b.len() { Ok(()) } else { Err(format!("{path}: Go has {} nodes, not {}", a.len(), b.len())) }
        }
        (Value::Object(a), Value::Object(b)) => {
            let mut keys: Vec<&String> = a.keys().chain(b.keys()).collect();
            keys.sort();
            keys.dedup();
            keys.into_iter().try_for_each(|key| {
                let (a, b) = (a.get(key).unwrap_or(&Value::Null), b.get(key).unwrap_or(&Value::Null));
                difference(a, b, &format!("{path}.{key}"))
            })
        }
        _ if expected == found => Ok(()),
        _ => Err(format!("{path}: Go has {expected}, not {found}")),
    }
}
