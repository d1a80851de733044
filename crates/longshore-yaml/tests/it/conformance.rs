//! What Go's YAML does, recorded: trees, comments, positions, and what is refused.

use std::path::Path;

use longshore_testkit::{Run, Suite, folder};
use longshore_yaml::{
    Document, DuplicateKeys, Kind, ListIndent, Node, ReadOptions, SourceFile, Style, Tag, emit_build, emit_build_all,
    emit_kyaml, read, read_stream,
};
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
        for name in ["comments", "manifests", "yaml-test-suite", "mutated"] {
            prints(&mut run, &folder, name);
        }
        scalar_prints(&mut run, &folder);
    }
    if let Some(folder) = folder("kustomize-units") {
        leaks(&mut run, &folder);
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

/// What is printed of every input: as kyaml (E3), and as `kustomize build` (E2), or with what words that fails.
fn prints(run: &mut Run, folder: &Path, name: &str) {
    let cases = lines(folder, name);
    let cases: Vec<&Value> = cases.iter().filter(|case| case["tree"].is_array()).collect();
    let mut suite = run.suite(&format!("yaml/{name}-e3"));
    for case in &cases {
        suite.check(case["name"].as_str().unwrap_or_default(), check_e3(case));
    }
    drop(suite);
    let mut suite = run.suite(&format!("yaml/{name}-e2"));
    for case in &cases {
        suite.check(case["name"].as_str().unwrap_or_default(), check_e2(case));
    }
}

fn read_resources(case: &Value) -> Result<Vec<Document>, String> {
    let file = SourceFile::new("input", case["input"].as_str().expect("a case has an input"));
    let options = ReadOptions { duplicate_keys: DuplicateKeys::Keep, ..ReadOptions::default() };
    read(&file, &options).map_err(|error| error.message().to_owned())
}

fn check_e3(case: &Value) -> Result<(), String> {
    let printed = read_resources(case).map(|docs| emit_kyaml(&docs, ListIndent::Compact));
    same_outcome(case["e3"].as_str(), case["e3_error"].as_str(), printed)
}

/// Where a later document cannot be read, ours says so before an earlier one is found not to print.
fn check_e2(case: &Value) -> Result<(), String> {
    let docs = match read_resources(case) {
        Ok(docs) => docs,
        Err(found) => {
            let expected = case["e3_error"].as_str().or(case["e2_error"].as_str());
            return same_reason(expected.ok_or(format!("not printed: {found}"))?, &found);
        }
    };
    let printed = emit_build_all(&docs).map_err(|error| error.message().to_owned());
    same_outcome(case["e2"].as_str(), case["e2_error"].as_str(), printed)
}

fn same_outcome(text: Option<&str>, error: Option<&str>, found: Result<String, String>) -> Result<(), String> {
    match (error, found) {
        (Some(expected), Err(found)) => same_reason(expected, &found),
        (Some(expected), Ok(_)) => Err(format!("printed, Go says {expected:?}")),
        (None, Err(found)) => Err(format!("not printed: {found}")),
        (None, Ok(found)) => same_text(text.unwrap_or_default(), &found),
    }
}

fn same_text(expected: &str, found: &str) -> Result<(), String> {
    if expected == found { Ok(()) } else { Err(format!("Go prints {expected:?}, not {found:?}")) }
}

/// Go lists all problems, with lines of the text in between, and cuts values; ours is the first of them in full.
fn same_reason(expected: &str, found: &str) -> Result<(), String> {
    let text = expected.trim_start_matches("yaml: ").trim_start_matches("unmarshal errors:").trim();
    let text = text.split_once(": ").filter(|(line, _)| line.starts_with("line ")).map_or(text, |(_, text)| text);
    let stable = |text: &str| {
        if text.starts_with("invalid map key: ") {
            return "invalid map key: ".to_owned();
        }
        let text = text.split(['`', '\n']).next().unwrap_or_default().to_owned();
        text.split(" at line ").next().unwrap_or_default().to_owned()
    };
    let (expected, found) = (stable(text), stable(found));
    if expected == found { Ok(()) } else { Err(format!("Go says {expected:?}, not {found:?}")) }
}

/// Each text as a string that a program made (two printers), and as a node that was given a tag.
fn scalar_prints(run: &mut Run, folder: &Path) {
    let cases = lines(folder, "scalars");
    let mut suite = run.suite("yaml/scalars-printed");
    for case in &cases {
        let text = case["text"].as_str().expect("a case has a text");
        let node = |style: Style| {
            let mut doc = Document::new();
            let (root, value) = (doc.add_mapping(), doc.add_scalar(text, Tag::Str, style));
            doc.map_set(root, "a", value);
            doc.set_root(root);
            doc
        };
        let kyaml = |style: Style| emit_kyaml([&node(style)], ListIndent::Compact);
        let field = |name: &str| case[name].as_str().unwrap_or_default().to_owned();
        suite.check(&format!("{text:?} node"), same_text(&field("node_e3"), &kyaml(Style::Plain)));
        suite.check(&format!("{text:?} e3"), same_text(&field("string_e3"), &kyaml(Style::of_go_string(text))));
        // The recorded text is that of the printer alone; `kustomize build` comes there through JSON, which refuses or
        // changes these characters.
        if !text.chars().any(|char| matches!(char, '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}')) {
            let build = emit_build(&node(Style::Plain)).map_err(|error| error.to_string());
            suite.check(&format!("{text:?} e2"), build.and_then(|found| same_text(&field("string_e2"), &found)));
        }
        for place in ["as_plain", "as_flow", "as_key"] {
            if case[place]["tree"].is_array() {
                suite.check(&format!("{text:?} {place} e3"), check_e3(&case[place]));
                suite.check(&format!("{text:?} {place} e2"), check_e2(&case[place]));
            }
        }
    }
}

/// Values that kustomize changes because it prints and reads them in between.
#[expect(clippy::disallowed_methods, reason = "the recorded cases are files")]
fn leaks(run: &mut Run, folder: &Path) {
    let text = std::fs::read_to_string(folder.join("yaml-roundtrip-leaks.json")).expect("the suite's file is there");
    let cases: Value = serde_json::from_str(&text).expect("the suite is JSON");
    let mut suite = run.suite("kustomize-units/yaml-roundtrip-leaks");
    for (kind, cases) in cases.as_object().expect("a list for each kind of leak") {
        for case in cases.as_array().into_iter().flatten() {
            let yaml = case["yaml"].as_str().unwrap_or_default();
            suite.check(
                &format!("{kind} {yaml:?}"),
                check_leak(yaml, case["kustomize_sees"].as_str().unwrap_or_default()),
            );
        }
    }
}

fn check_leak(yaml: &str, sees: &str) -> Result<(), String> {
    let read_text = |text: &str| read(&SourceFile::new("input", text), &ReadOptions::default());
    let docs = read_text(yaml).map_err(|error| error.to_string())?;
    let printed = emit_build_all(&docs);
    if sees.starts_with("yaml: ") {
        let error = printed.err().ok_or(format!("printed, Go says {sees:?}"))?;
        return same_reason(sees, error.message());
    }
    let printed = printed.map_err(|error| error.to_string())?;
    let found = read_text(&printed).map_err(|error| error.to_string())?;
    let found = found[0].root().to_json().map_err(|error| error.to_string())?;
    let expected: Value = serde_json::from_str(sees).expect("a case is JSON");
    if found == expected { Ok(()) } else { Err(format!("Go sees {expected}, not {found}")) }
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
