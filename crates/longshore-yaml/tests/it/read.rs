//! Reading: documents, places, and what an error says.

use longshore_yaml::{Aliases, Document, DuplicateKeys, ReadOptions, SourceFile, read, read_stream};

fn docs(text: &str) -> Vec<Document> {
    read(&SourceFile::new("f", text), &ReadOptions::default()).expect("it is YAML")
}

#[track_caller]
fn refused(text: &str, message: &str) {
    let error = read(&SourceFile::new("f", text), &ReadOptions::default()).expect_err("it is refused");
    assert_eq!(error.to_string(), message);
}

#[test]
fn errors_name_the_place_and_the_fix() {
    refused(
        "a: b: c\n",
        "f:1:5: mapping values are not allowed in this context (check the indentation of this line, or put a text that has `: ` in it in quotes)",
    );
    refused("a:\n\tb: 1\n", "f:2:1: found character that cannot start any token (indent with spaces, not with a tab)");
    refused("a: @b\n", "f:1:4: found character that cannot start any token (put the value in quotes)");
    refused(
        "a: 1\n b: 2\n",
        "f:2:3: mapping values are not allowed in this context (check the indentation of this line, or put a text that has `: ` in it in quotes)",
    );
    refused("a: 1\nb\n", "f:2:1: could not find expected ':' (a line at this indentation must be `key: value`)");
    refused("a: [1\n", "f:2:1: did not find expected ',' or ']'");
    refused("a: 'b\n", "f:1:4: found unexpected end of stream (close the quotes)");
    refused(
        "- a\nb: 1\n",
        "f:2:1: did not find expected '-' indicator (every line at this indentation must begin with `- `; check the indentation)",
    );
    refused("é: 1\nü: 2\né: 3\n", "f:3:1: mapping key \"é\" already defined at line 1 (keep one of the two entries)");
    refused("a: 1\n--- b\n", "f:2:1: invalid document separator: --- b (put what follows `---` on the next line)");
    refused("%YAML 1.2\n", "f:1:1: found incompatible YAML document (remove the %YAML directive; only 1.1 is read)");
    refused(
        "a: *b\n",
        "f:1:4: unknown anchor 'b' referenced (an anchor must stand above its aliases, in the same document)",
    );
    refused(
        "a: !\u{1}\n",
        "f:1:5: control characters are not allowed (write the character as an escape in double quotes)",
    );
}

#[test]
fn documents_are_split_as_kyaml_splits_them() {
    let texts = |text: &str| -> Vec<String> { docs(text).iter().map(|doc| doc.root().text().to_owned()).collect() };
    assert_eq!(texts("a\n---\nb\n--- # c\nd\n"), ["a", "b", "d"]);
    assert_eq!(texts("---\na\n---\n---\n# nothing\n---\nnull\n---\nb"), ["a", "b"]);
    assert_eq!(texts(""), [""; 0]);
    let stream = read_stream(&SourceFile::new("f", "--- a\n--- b\n"), &ReadOptions::default()).expect("a stream");
    assert_eq!(stream.len(), 2);
}

#[test]
fn places_count_characters_and_survive_crlf_and_marks() {
    let at = |text: &str, path: &[&str]| {
        let docs = docs(text);
        let node = docs[docs.len() - 1].root().at(path.iter().copied()).expect("there");
        node.location().expect("read").to_string()
    };
    assert_eq!(at("é: ü\n", &["é"]), "f:1:4");
    assert_eq!(at("a: 1\r\nb:\r\n  c: 2\r\n", &["b", "c"]), "f:3:6");
    assert_eq!(at("\u{feff}a: 1\n", &["a"]), "f:1:4");
    assert_eq!(at("a: 1\n---\nb:\n- c\n- {d: e}\n", &["b", "1", "d"]), "f:5:7");
}

#[test]
fn spans_hold_what_is_written() {
    let text = "a: 'it''s'\nb: |\n  x\n\nc: &k [1, 2] # c\nd: !!str 3\n";
    let doc = docs(text).remove(0);
    let slice = |key: &str| {
        let node = doc.root().get(key).expect("there");
        node.file().expect("read").slice(node.span().expect("read")).to_owned()
    };
    assert_eq!(["a", "c", "d"].map(slice), ["'it''s'", "&k [1, 2]", "!!str 3"]);
    assert!(slice("b").starts_with("|\n  x\n"));
}

#[test]
fn merge_keys_and_aliases_expand_as_kyaml_expands_them() {
    let text = "base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\nuse:\n  <<: [*b, *m]\n  x: 0\nagain: *b\n";
    let options = ReadOptions { aliases: Aliases::Expand, ..ReadOptions::default() };
    let doc = read(&SourceFile::new("f", text), &options).expect("it is YAML").remove(0);
    let json = doc.root().to_json().expect("JSON can say it");
    assert_eq!(json["use"], serde_json::json!({"x": 0, "y": 2, "z": 4}));
    assert_eq!(json["again"], serde_json::json!({"x": 1, "y": 2}));
    // A copy says where its value was written.
    let y = doc.root().at(["use", "y"]).expect("there");
    assert_eq!(y.location().expect("read").to_string(), "f:1:20");
    let error = read(&SourceFile::new("f", "a: &a 1\nb: {<<: *a}\n"), &options).expect_err("no mapping");
    assert_eq!(
        error.to_string(),
        "f:2:9: invalid map merge: received alias for a non-map value (let << name a mapping, as in <<: *name)"
    );
}

#[test]
fn repeated_keys_may_stay() {
    let options = ReadOptions { duplicate_keys: DuplicateKeys::Keep, ..ReadOptions::default() };
    let doc = read(&SourceFile::new("f", "a: 1\na: 2\n"), &options).expect("it is YAML").remove(0);
    assert_eq!(doc.root().len(), 2);
    let error = longshore_yaml::emit_build(&doc).expect_err("not a map");
    assert_eq!(error.to_string(), "f:2:1: mapping key \"a\" already defined at line 1");
    let same = |a: &str, b: &str| {
        let doc = |text| read(&SourceFile::new("f", text), &options).expect("it is YAML").remove(0);
        (doc(a) == doc(b), doc(b) == doc(a))
    };
    assert_eq!(same("{a: 1, a: 1}", "{b: 1, a: 1}"), (false, false));
    assert_eq!(same("{a: 1, b: 1, a: 1}", "{a: 1, a: 1, b: 1}"), (true, true));
}
