//! Changing trees: every verb, and the places that nodes keep.

use longshore_yaml::{
    Comments, Document, ListIndent, NewScalar, Node, ReadOptions, SourceFile, Span, Style, Tag, emit_build, emit_kyaml,
    read,
};

fn first(name: &str, text: &str) -> Document {
    read(&SourceFile::new(name, text), &ReadOptions::default()).expect("it is YAML").remove(0)
}

#[track_caller]
fn prints(doc: &Document, expect: &str) {
    assert_eq!(emit_kyaml([doc], ListIndent::Compact), expect);
}

#[test]
fn entries_and_items_come_and_go() {
    let mut doc = first("f", "a: 1\nb: [x, y]\nc: {}\n");
    let root = doc.root_id();
    let two = doc.add_int(2);
    assert!(doc.map_set(root, "a", two).is_some());
    let yes = doc.add_bool(true);
    assert_eq!(doc.map_set(root, "d", yes), None);
    let (key, value) = (doc.add_str("first"), doc.add_null());
    doc.map_insert(root, 0, key, value);
    let list = doc.root().get("b").expect("there").id();
    for (index, text) in [(0, "w"), (9, "z")] {
        let item = doc.add_str(text);
        doc.seq_insert(list, index, item);
    }
    assert!(doc.seq_remove(list, 1).is_some());
    assert_eq!(doc.seq_remove(list, 7), None);
    assert!(doc.map_remove(root, "c").is_some());
    assert_eq!(doc.map_remove(root, "c"), None);
    prints(&doc, "first: null\na: 2\nb: [w, y, z]\nd: true\n");
}

#[test]
fn verbs_leave_what_they_do_not_fit() {
    let mut doc = first("f", "a: 1\n");
    let scalar = doc.root().get("a").expect("there").id();
    let item = doc.add_null();
    doc.seq_push(scalar, item);
    doc.map_insert(scalar, 0, item, item);
    assert_eq!(doc.map_remove(scalar, "a"), None);
    assert_eq!(doc.seq_remove(scalar, 0), None);
    prints(&doc, "a: 1\n");
}

#[test]
fn a_growing_collection_stays_in_order() {
    let mut doc = Document::new();
    let (root, other) = (doc.add_sequence(), doc.add_sequence());
    for number in 0..100 {
        let (item, copy) = (doc.add_int(number), doc.add_int(number));
        doc.seq_push(root, item);
        doc.seq_insert(other, 0, copy);
    }
    let numbers = |id| -> Vec<i64> { doc.node(id).items().filter_map(|item| item.as_i64()).collect() };
    assert_eq!(numbers(root), (0..100).collect::<Vec<_>>());
    assert_eq!(numbers(other), (0..100).rev().collect::<Vec<_>>());
}

#[test]
fn places_travel_with_nodes() {
    let mut base = first("base.yaml", "spec:\n  replicas: 1\n");
    let patch = first("patch.yaml", "# more\nspec:\n  replicas: 5 # five\n");
    let value = base.import(patch.root().at(["spec", "replicas"]).expect("there"));
    let spec = base.root().get("spec").expect("there").id();
    base.map_set(spec, "replicas", value);
    let at =
        |doc: &Document| doc.root().at(["spec", "replicas"]).and_then(|node| node.location()).map(|at| at.to_string());
    assert_eq!(at(&base).as_deref(), Some("patch.yaml:3:13"));
    base.set_scalar(value, "7", Tag::Int);
    assert_eq!(at(&base).as_deref(), Some("patch.yaml:3:13"));
    base.compact();
    assert_eq!(at(&base).as_deref(), Some("patch.yaml:3:13"));
    prints(&base, "spec:\n  replicas: 7 # five\n");
    let file = SourceFile::new("images.yaml", "newTag: v2\n");
    let id = base.root().at(["spec", "replicas"]).expect("there").id();
    base.set_origin(id, &file, Span { start: 8, end: 10 });
    assert_eq!(at(&base).as_deref(), Some("images.yaml:1:9"));
    let copy = Document::from_node(base.root().get("spec").expect("there"));
    assert_eq!(
        copy.root().get("replicas").and_then(|node| node.location()).map(|at| at.to_string()).as_deref(),
        Some("images.yaml:1:9")
    );
}

#[test]
fn styles_tags_and_comments_are_set() {
    let mut doc = first("f", "a: 1\nb: {c: d}\n");
    let (a, b) = (doc.root().get("a").expect("there").id(), doc.root().get("b").expect("there").id());
    doc.set_style(a, Style::DoubleQuoted);
    doc.set_style(b, Style::Block);
    doc.set_tag(a, "!!str");
    doc.set_comments(a, Comments { line: "one".into(), ..Comments::default() });
    prints(&doc, "a: !!str \"1\" # one\nb:\n  c: d\n");
    assert_eq!(doc.root().get("a").and_then(|node| node.as_str()), Some("1"));
}

#[test]
fn what_is_secret_is_not_shown() {
    let doc = first("f", "password: hunter2\n");
    let shown = format!("{doc:?} {:?} {:?}", doc.root(), doc.root().file());
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn lists_are_indented_as_the_text_shows() {
    let derive = ListIndent::derive;
    assert_eq!(derive("a:\n- b\n"), ListIndent::Compact);
    assert_eq!(derive("a:\n  - b\n"), ListIndent::Wide);
    assert_eq!(derive("a: # why\n# more\n  - b\n"), ListIndent::Wide);
    assert_eq!(derive("a: |\n  - b\nc:\n- d\n"), ListIndent::Compact);
    assert_eq!(derive("a:\n   - b\n"), ListIndent::Compact);
    assert_eq!(derive("- a\n"), ListIndent::Compact);
    let doc = first("f", "a:\n- b:\n  - c\n- - d\n");
    assert_eq!(emit_kyaml([&doc], ListIndent::Wide), "a:\n  - b:\n      - c\n  - - d\n");
    assert_eq!(emit_kyaml([&doc, &doc], ListIndent::Compact).matches("---\n").count(), 1);
}

#[test]
fn what_build_cannot_print_is_an_error_with_its_place() {
    let message = |text: &str| emit_build(&first("f", text)).expect_err("it cannot be printed").to_string();
    assert_eq!(message("- a\n"), "f:1:1: cannot unmarshal !!seq into map[string]interface {}");
    assert_eq!(message("a: {1: b}\n"), "f:1:5: json: unsupported type: map[interface {}]interface {}");
    assert_eq!(message("a: .nan\n"), "f:1:4: json: unsupported value: NaN");
    assert_eq!(message("a: !!int x\n"), "f:1:4: cannot decode !!str `x` as a !!int");
    assert_eq!(message("a: |2\n  \tb\n  c\n"), "f:1:4: found a tab character where an indentation space is expected");
    assert_eq!(emit_build(&Document::new()).as_deref(), Ok("{}\n"));
}

#[test]
fn a_tree_of_very_many_files_knows_each() {
    let mut doc = Document::new();
    let list = doc.add_sequence();
    doc.set_root(list);
    for number in 0..600 {
        let file = first(&format!("{number}.yaml"), &format!("# {number}\nvalue: text-{number}\n"));
        let item = doc.import(file.root().get("value").expect("there"));
        doc.seq_push(list, item);
    }
    // What stands in the place of another brings its file along.
    let (from, to) = (doc.root().item(500).expect("there").id(), doc.root().item(3).expect("there").id());
    doc.replace(to, from);
    doc.seq_remove(list, 500);
    let copy = Document::from_node(doc.root());
    for doc in [&doc, &copy] {
        for (place, number) in [(0, 0), (3, 500), (254, 254), (255, 255), (256, 256), (598, 599)] {
            let item = doc.root().item(place).expect("there");
            assert_eq!(item.text(), format!("text-{number}"));
            assert_eq!(item.location().map(|at| at.to_string()), Some(format!("{number}.yaml:2:8")));
        }
    }
}

#[test]
fn a_text_of_its_own_file_is_as_good_as_a_copy() {
    let file = SourceFile::new("labels.yaml", "labels: {team: shop}\n");
    let other = SourceFile::new("other.yaml", "team: shop\n");
    let span = Span { start: 15, end: 19 };
    let new = |text| NewScalar { text, tag: Tag::Str, style: Style::Plain };
    let own = |from, to| file.slice(Span { start: from, end: to });
    for (key, value) in [("team", "shop"), (own(9, 13), own(15, 19)), (own(9, 13), "shop"), ("", own(15, 15))] {
        let mut doc = first("f", "a: 1\n");
        let root = doc.root_id();
        let added = doc.map_add(root, new(key), new(value), Some((&file, span)));
        assert_eq!(doc.root().get(key).map(|node| node.id()), Some(added));
        assert_eq!(doc.node(added).text(), value);
        assert_eq!(doc.node(added).location().map(|at| at.to_string()).as_deref(), Some("labels.yaml:1:16"));
        let copy = Document::from_node(doc.root());
        assert_eq!(copy, doc);
        doc.set_origin(added, &other, Span { start: 6, end: 10 });
        assert_eq!(doc.node(added).text(), value);
        doc.set_scalar(added, "other", Tag::Str);
        assert_eq!(doc.node(added).text(), "other");
        assert_eq!(copy.root().get(key).map(|node| node.text()), Some(value));
    }
}

#[test]
fn a_node_of_several_places_gets_one_for_each() {
    let mut doc =
        read(&SourceFile::new("f", "a: {k: v}\nb: {}\nc: {}\n"), &ReadOptions::default()).expect("YAML").remove(0);
    let value = doc.root().at(["a", "k"]).expect("there").id();
    for map in ["b", "c"] {
        let (map, key) = (doc.root().get(map).expect("there").id(), doc.add_str("k"));
        doc.map_insert(map, 0, key, value);
    }
    let texts = |doc: &Document| ["a", "b", "c"].map(|map| doc.root().at([map, "k"]).map_or("", Node::text).to_owned());
    doc.set_scalar(value, "w", Tag::Str);
    assert_eq!(texts(&doc), ["w"; 3]);
    let map = |doc: &Document, name: &str| doc.root().get(name).expect("there").id();
    for name in ["b", "c"] {
        let map = map(&doc, name);
        assert!(doc.separate(map, value).is_some_and(|copy| copy != value));
    }
    assert_eq!(texts(&doc), ["w"; 3]);
    let last = doc.root().at(["c", "k"]).expect("there");
    assert_eq!(last.location().map(|at| at.to_string()).as_deref(), Some("f:1:8"));
    let last = last.id();
    doc.set_scalar(last, "x", Tag::Str);
    assert_eq!(texts(&doc), ["w", "w", "x"]);
    let (root, map) = (doc.root_id(), map(&doc, "c"));
    assert_eq!((doc.separate(map, value), doc.separate(root, value), doc.separate(value, value)), (None, None, None));
}
