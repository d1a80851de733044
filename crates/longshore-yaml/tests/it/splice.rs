//! Splices: one thing changes, every other byte stays.

use longshore_yaml::{Document, Node, ReadOptions, SourceFile, Splice, Tag, read};

fn first(text: &str) -> Document {
    read(&SourceFile::new("f", text), &ReadOptions::default()).expect("it is YAML").remove(0)
}

fn at<'d>(doc: &'d Document, path: &str) -> Node<'d> {
    doc.root().at(path.split('/').filter(|step| !step.is_empty())).expect("the path leads somewhere")
}

#[track_caller]
fn set(text: &str, path: &str, value: &str, expect: &str) {
    let doc = first(text);
    let splice = Splice::set_scalar(at(&doc, path), value, Tag::Str).expect("it can be set");
    let after = splice.apply(text).expect("the edits fit");
    assert_eq!(after, expect);
    assert_eq!(at(&first(&after), path).as_str(), Some(value));
}

#[test]
fn a_scalar_keeps_its_style() {
    set("a: x # c\nb: y\n", "a", "z", "a: z # c\nb: y\n");
    set("a:   'x'\n", "a", "z", "a:   'z'\n");
    set("a: \"x\"\n", "a", "z", "a: \"z\"\n");
    set("a: 'x'\n", "a", "it's", "a: 'it''s'\n");
    set("- x\n- y", "1", "z", "- x\n- z");
    set("a: {b: x, c: [y, z]}\n", "a/c/1", "w", "a: {b: x, c: [y, w]}\n");
    set("x\n", "", "z", "z\n");
}

#[test]
fn a_scalar_gets_the_style_it_needs() {
    set("a: x\n", "a", "true", "a: \"true\"\n");
    set("a: x\n", "a", "yes", "a: \"yes\"\n");
    set("a: x\n", "a", "", "a: \"\"\n");
    set("a: x\n", "a", "b: c", "a: 'b: c'\n");
    set("a: x\n", "a", "# no comment", "a: '# no comment'\n");
    set("a: [x]\n", "a/0", "b, c", "a: ['b, c']\n");
    set("a: 'x'\n", "a", "tab\there", "a: \"tab\\there\"\n");
    set("a: 1\n", "a", "1", "a: \"1\"\n");
    set("a: x\n", "a", "one\ntwo\u{2028}", "a: \"one\\ntwo\\L\"\n");
    set("a: x\n", "a", "é☂", "a: é☂\n");
    set("a: x\n", "a", "😀", "a: \"\\U0001F600\"\n");
}

#[test]
fn several_lines_become_a_literal() {
    set("a: x # c\nb: y\n", "a", "one\ntwo\n", "a: | # c\n  one\n  two\nb: y\n");
    set("a:\n  - b: x\n    c: y\n", "a/0/b", "one\ntwo", "a:\n  - b: |-\n      one\n      two\n    c: y\n");
    set("- x\n", "0", "one\ntwo\n", "- |\n  one\n  two\n");
    set("a: x", "a", "one\ntwo", "a: |-\n  one\n  two");
    set("a: x\n", "a", " one\n two\n", "a: |2\n   one\n   two\n");
    set("a: {b: x}\n", "a/b", "one\ntwo\n", "a: {b: \"one\\ntwo\\n\"}\n");
    set("a: ['x']\n", "a/0", "\n---", "a: [\"\\n---\"]\n");
    set("a: ['x']\n", "a/0", "one\ntwo", "a: [\"one\\ntwo\"]\n");
    set("a: x\n", "a", "one \ntwo\n", "a: \"one \\ntwo\\n\"\n");
}

#[test]
fn a_literal_keeps_its_indentation_and_comment() {
    set("a: | # c\n    one\n    two\n\nb: y\n", "a", "three\nfour\n", "a: | # c\n    three\n    four\n\nb: y\n");
    set("a: |\n  one\n\n\nb: y\n", "a", "plain", "a: plain\n\n\nb: y\n");
    set("a: >-\n  one\n  two\n# c\nb: y\n", "a", "three\nfour", "a: |-\n  three\n  four\n# c\nb: y\n");
    set("a: |+\n  one\n\nb: y\n", "a", "two\n", "a: |\n  two\nb: y\n");
    set("a: |\n  one\n", "a", "two\n\n", "a: |+\n  two\n\n");
}

#[test]
fn an_empty_value_gets_its_text_behind_the_colon() {
    set("a:\nb: y\n", "a", "x", "a: x\nb: y\n");
    set("a:   # c\nb: y\n", "a", "x", "a: x   # c\nb: y\n");
    set("-\n- b\n", "0", "a", "- a\n- b\n");
    set("a: {b: , c: d}\n", "a/b", "x", "a: {b: x , c: d}\n");
    set("a: {b, c}\n", "a/b", "x", "a: {b: x, c}\n");
    set("a:", "a", "x", "a: x");
}

#[test]
fn anchors_and_tags_stay_where_they_fit() {
    set("a: &x !!str 1\nb: *x\n", "a", "2", "a: &x !!str \"2\"\nb: *x\n");
    set("a: &x !!int 1\nb: c\n", "a", "z", "a: &x z\nb: c\n");
    set("a: &x 1\nb: *x\n", "b", "z", "a: &x 1\nb: z\n");
}

#[test]
fn crlf_stays() {
    set("a: x\r\nb: y\r\n", "a", "one\ntwo\n", "a: |\r\n  one\r\n  two\r\nb: y\r\n");
    insert_entry("a: x\r\nb: y\r\n", "", 1, "c", "z", "a: x\r\nc: z\r\nb: y\r\n");
    insert_entry("a: x\r\nb: y\r\n", "", 2, "c", "[{d: 1}]", "a: x\r\nb: y\r\nc: [{d: 1}]\r\n");
    remove("a: x\r\nb: y\r\n", "b", "a: x\r\n");
}

#[test]
fn other_documents_stay() {
    set("a: 1\n---\na: 2\n", "a", "x", "a: x\n---\na: 2\n");
    let docs = read(&SourceFile::new("f", "a: 1\n---\na: 2\n"), &ReadOptions::default()).expect("it is YAML");
    let splice = Splice::set_scalar(docs[1].root().get("a").expect("there"), "3", Tag::Int).expect("it can be set");
    assert_eq!(splice.apply("a: 1\n---\na: 2\n").as_deref(), Ok("a: 1\n---\na: 3\n"));
}

#[track_caller]
fn insert_entry(text: &str, path: &str, index: usize, key: &str, value: &str, expect: &str) {
    let (doc, value) = (first(text), first(value));
    let splice = Splice::insert_entry(at(&doc, path), index, key, value.root()).expect("it can be inserted");
    let after = splice.apply(text).expect("the edits fit");
    assert_eq!(after, expect);
}

#[test]
fn an_entry_is_inserted_before_another_and_its_comments() {
    insert_entry("a: 1\nb: 2\n", "", 0, "c", "x", "c: x\na: 1\nb: 2\n");
    insert_entry("a: 1\n\n# of b\nb: 2\n", "", 1, "c", "x", "a: 1\n\nc: x\n# of b\nb: 2\n");
    insert_entry("- a: 1\n  b: 2\n", "0", 0, "c", "x", "- c: x\n  a: 1\n  b: 2\n");
    insert_entry("- a: 1\n  b: 2\n", "0", 1, "c", "{d: 1}", "- a: 1\n  c: {d: 1}\n  b: 2\n");
    insert_entry("s:\n    a: 1\nt: 2\n", "s", 1, "b", "- x\n- y\n", "s:\n    a: 1\n    b:\n    - x\n    - y\nt: 2\n");
}

#[test]
fn an_entry_at_the_end_comes_behind_the_comments_of_the_last() {
    insert_entry("a: 1 # one", "", 1, "b", "x", "a: 1 # one\nb: x");
    insert_entry(
        "s:\n  a: 1 # one\n  # below\n\nt: 2\n",
        "s",
        1,
        "b",
        "x",
        "s:\n  a: 1 # one\n  # below\n  b: x\n\nt: 2\n",
    );
    insert_entry("s:\n  a: |\n    x\n\nt: 2\n", "s", 1, "b", "x", "s:\n  a: |\n    x\n  b: x\n\nt: 2\n");
    insert_entry("s:\n  a:\n  - x\nt: 2\n", "s", 1, "b", "x", "s:\n  a:\n  - x\n  b: x\nt: 2\n");
    insert_entry("a:\n", "", 1, "b", "x", "a:\nb: x\n");
}

#[test]
fn an_entry_of_a_flow_mapping() {
    insert_entry("a: {}\n", "a", 0, "b", "x", "a: {b: x}\n");
    insert_entry("a: {c: 1}\n", "a", 0, "b", "[x]", "a: {b: [x], c: 1}\n");
    insert_entry("a: {c: 1, }\n", "a", 1, "b", "- x\n", "a: {c: 1, b: [x], }\n");
    insert_entry("a: {\n  c: 1 # one\n}\n", "a", 1, "b", "x", "a: {\n  c: 1, b: x # one\n}\n");
}

#[test]
fn lists_inside_follow_the_file() {
    insert_entry("a:\n  - x\nb: 1\n", "", 2, "c", "- y\n", "a:\n  - x\nb: 1\nc:\n  - y\n");
    insert_entry("a:\n- x\nb: 1\n", "", 2, "c", "- y\n", "a:\n- x\nb: 1\nc:\n- y\n");
}

#[track_caller]
fn insert_item(text: &str, path: &str, index: usize, value: &str, expect: &str) {
    let (doc, value) = (first(text), first(value));
    let splice = Splice::insert_item(at(&doc, path), index, value.root()).expect("it can be inserted");
    assert_eq!(splice.apply(text).expect("the edits fit"), expect);
}

#[test]
fn an_item_is_inserted() {
    insert_item("- a\n- b\n", "", 1, "x", "- a\n- x\n- b\n");
    insert_item("s:\n- a # one\n# of b\n- b\n", "s", 1, "k: v\nl: w\n", "s:\n- a # one\n- k: v\n  l: w\n# of b\n- b\n");
    insert_item("s:\n  - a\nt: 1\n", "s", 1, "x", "s:\n  - a\n  - x\nt: 1\n");
    insert_item("- - a\n  - b\n", "0", 0, "x", "- - x\n  - a\n  - b\n");
    insert_item("[a, b]\n", "", 1, "x", "[a, x, b]\n");
    insert_item("[a, b]\n", "", 2, "x", "[a, b, x]\n");
    insert_item("s: []\n", "s", 0, "k: v\n", "s: [{k: v}]\n");
}

#[track_caller]
fn remove(text: &str, path: &str, expect: &str) {
    let doc = first(text);
    let (parent, last) = path.rsplit_once('/').unwrap_or(("", path));
    let parent = at(&doc, parent);
    let splice = match parent.is_sequence() {
        true => Splice::remove_item(parent, last.parse().expect("an index")),
        false => Splice::remove_entry(parent, last),
    };
    assert_eq!(splice.expect("it can be removed").apply(text).expect("the edits fit"), expect);
}

#[test]
fn an_entry_goes_with_its_comments() {
    remove("a: 1\n# of b\nb: 2 # two\nc: 3\n", "b", "a: 1\nc: 3\n");
    remove("a: 1\n\nb:\n  - x\n  - y\n\nc: 3\n", "b", "a: 1\n\n\nc: 3\n");
    remove("- a: 1\n  b: 2\n", "0/a", "- b: 2\n");
    remove("- a: 1\n  b: 2\n", "0/b", "- a: 1\n");
    remove("a: 1\nb: 2", "b", "a: 1");
    remove("a: 1\nb: |\n  x\n  y\nc: 3\n", "b", "a: 1\nc: 3\n");
    remove("- a\n# of b\n- b\n- c\n", "1", "- a\n- c\n");
}

#[test]
fn the_last_entry_leaves_an_empty_collection() {
    remove("a:\n  b: 1\nc: 2\n", "a/b", "a: {}\nc: 2\n");
    remove("a: # why\n  b: 1\nc: 2\n", "a/b", "a: {} # why\nc: 2\n");
    remove("a:\n- b\nc: 2\n", "a/0", "a: []\nc: 2\n");
    remove("- a: 1\n- b\n", "0/a", "- {}\n- b\n");
    remove("a: 1\n", "a", "{}\n");
    remove("a: [b]\n", "a/0", "a: []\n");
}

#[test]
fn an_entry_of_a_flow_collection_goes_with_its_comma() {
    remove("[a, b, c]\n", "0", "[b, c]\n");
    remove("[a, b, c]\n", "2", "[a, b]\n");
    remove("a: {b: 1, c: 2}\n", "a/b", "a: {c: 2}\n");
    remove("a: [b, # one\n  c]\n", "a/1", "a: [b, # one\n  ]\n");
}

#[test]
fn what_cannot_be_done_in_place_is_refused() {
    let text = "a: &x {k: 1}\nb: *x\nc:\n";
    let doc = first(text);
    let message = |outcome: Result<Splice, longshore_yaml::SpliceError>| outcome.expect_err("refused").to_string();
    assert_eq!(message(Splice::set_scalar(at(&doc, "a"), "x", Tag::Str)), "f:1:4: expected a scalar");
    assert_eq!(message(Splice::set_scalar(at(&doc, "c"), "x", Tag::Int)), "f:3:3: this text is not of this type");
    assert_eq!(
        message(Splice::insert_entry(doc.root(), 0, "a", doc.root())),
        "f:1:1: expected a mapping without this key"
    );
    assert_eq!(message(Splice::remove_entry(doc.root(), "z")), "f:1:1: expected a mapping with this key");
    // An entry above would make the first line a separator of documents.
    let odd = first("---a: b\n");
    assert_eq!(
        message(Splice::insert_entry(odd.root(), 0, "k", odd.root().get("---a").expect("there"))),
        "f:1:1: this cannot be changed without changing the text around it"
    );
    // Between the two there is no place: a text in the first line is the key.
    let empty = first("?\n::::\n");
    let (_, value) = empty.root().entries().next().expect("an entry");
    assert_eq!(
        message(Splice::set_scalar(value, ":::", Tag::Str)),
        "f:2:1: this cannot be changed without changing the text around it"
    );
    let made = Document::from_json(&serde_json::json!({"a": 1}));
    assert_eq!(
        message(Splice::set_scalar(made.root().get("a").expect("there"), "x", Tag::Str)),
        "this node was not read from a text"
    );
}

#[test]
fn splices_of_one_file_go_together() {
    let text = "a: 1\nb: 2\nc: 3\n";
    let doc = first(text);
    let mut all = Splice::remove_entry(doc.root(), "b").expect("it can be removed");
    all.extend(Splice::set_scalar(at(&doc, "a"), "x", Tag::Str).expect("it can be set"));
    all.extend(Splice::insert_entry(doc.root(), 3, "d", at(&doc, "a")).expect("it can be inserted"));
    assert_eq!(all.apply(text).as_deref(), Ok("a: x\nc: 3\nd: 1\n"));
    all.extend(Splice::set_scalar(at(&doc, "b"), "x", Tag::Str).expect("it can be set"));
    assert_eq!(
        all.apply(text).map_err(|error| error.to_string()),
        Err("edits overlap, or lie outside of the text".into())
    );
}
