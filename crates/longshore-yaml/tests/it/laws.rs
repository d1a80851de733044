//! Laws: what is printed reads back as it was, and a splice does what it says.

use longshore_yaml::{
    Document, Kind, ListIndent, Node, NodeId, ReadOptions, SourceFile, Splice, Style, Tag, emit_build, emit_kyaml, read,
};
use proptest::prelude::*;

/// A tree as a generator makes it.
#[derive(Clone, Debug)]
enum Tree {
    Text(String, Style),
    Plain(&'static str, Tag),
    Seq(Vec<Tree>, bool),
    Map(Vec<(String, Tree)>, bool),
}

const VALUES: [(&str, Tag); 14] = [
    ("null", Tag::Null),
    ("~", Tag::Null),
    ("true", Tag::Bool),
    ("False", Tag::Bool),
    ("0", Tag::Int),
    ("-12", Tag::Int),
    ("0777", Tag::Int),
    ("0x1F", Tag::Int),
    ("1_000", Tag::Int),
    ("18446744073709551615", Tag::Int),
    ("1.5", Tag::Float),
    ("-1e-7", Tag::Float),
    (".5", Tag::Float),
    ("1e300", Tag::Float),
];

/// Texts of every kind: indicators, blanks and breaks at the edges, words that are types, characters of all widths.
///
/// Without `<<`, which go-yaml prints so that it reads back as a merge key.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}",
        "[ -~]{0,12}",
        "[ \t\na-c:#'\"|>-]{0,16}",
        "(yes|no|on|null|~|true|0777|1e3|1:30|2001-01-01|=|\\.inf|0x1|---|\\.\\.\\.)",
        "[a-z ]{60,140}",
        "[a-zé\u{85}\u{a0}\u{2028}\u{2029}\u{feff}😀\r\u{7f}\u{0}\u{1b}\u{ffff}\\n ]{1,8}",
        "([a-z#:]{1,8}( [a-z]{1,9}){0,30}\n){1,5}",
    ]
    .prop_filter("no merge key", |text| text != "<<")
}

/// go-yaml prints literals that begin with a tab, or hold U+2028, so that it cannot read them, and changes folded texts.
fn scalar_style(text: &str, wanted: u8) -> Style {
    let literal = !text.starts_with('\t') && !text.contains(['\u{2028}', '\u{2029}']);
    match wanted {
        0 => Style::SingleQuoted,
        1 => Style::DoubleQuoted,
        2 if literal => Style::Literal,
        _ if !literal && text.contains('\n') => Style::DoubleQuoted,
        _ => Style::Plain,
    }
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        3 => (text(), 0u8..5).prop_map(|(text, style)| { let style = scalar_style(&text, style); Tree::Text(text, style) }),
        2 => prop::sample::select(VALUES.to_vec()).prop_map(|(text, tag)| Tree::Plain(text, tag)),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            (prop::collection::vec(inner.clone(), 0..5), prop::bool::weighted(0.2))
                .prop_map(|(items, flow)| Tree::Seq(items, flow)),
            (prop::collection::btree_map(text(), inner, 0..5), prop::bool::weighted(0.2))
                .prop_map(|(entries, flow)| Tree::Map(entries.into_iter().collect(), flow)),
        ]
    })
}

fn root() -> impl Strategy<Value = Tree> {
    prop::collection::btree_map(text(), tree(), 1..5)
        .prop_map(|entries| Tree::Map(entries.into_iter().collect(), false))
}

fn add(doc: &mut Document, tree: &Tree) -> NodeId {
    let flow = match tree {
        Tree::Seq(_, flow) | Tree::Map(_, flow) => *flow,
        _ => false,
    };
    let (id, children) = match tree {
        Tree::Text(text, style) => return doc.add_scalar(text, Tag::Str, *style),
        Tree::Plain(text, tag) => return doc.add_scalar(text, *tag, Style::Plain),
        Tree::Seq(items, _) => {
            let children: Vec<NodeId> = items.iter().map(|item| add(doc, item)).collect();
            (doc.add_sequence(), children)
        }
        Tree::Map(entries, _) => {
            let mut children = Vec::new();
            for (key, value) in entries {
                children.push(doc.add_scalar(key, Tag::Str, scalar_style(key, 4)));
                children.push(add(doc, value));
            }
            (doc.add_mapping(), children)
        }
    };
    doc.set_children(id, &children);
    if flow {
        doc.set_style(id, Style::Flow);
    }
    id
}

fn document(tree: &Tree) -> Document {
    let mut doc = Document::new();
    let root = add(&mut doc, tree);
    doc.set_root(root);
    doc
}

fn read_one(text: &str) -> Result<Document, TestCaseError> {
    let docs = read(&SourceFile::new("law", text), &ReadOptions::default());
    let mut docs = docs.map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
    prop_assert_eq!(docs.len(), 1, "{:?}", text);
    Ok(docs.remove(0))
}

/// What `kustomize build` cannot print, or prints as something else: see the reader and printer of go-yaml v2.
fn is_changed_by_build(text: &str) -> bool {
    text.contains(|char| matches!(char, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}'))
}

fn any_text(tree: &Tree, test: fn(&str) -> bool) -> bool {
    match tree {
        Tree::Text(text, _) => test(text),
        Tree::Plain(..) => false,
        Tree::Seq(items, _) => items.iter().any(|item| any_text(item, test)),
        Tree::Map(entries, _) => entries.iter().any(|(key, value)| test(key) || any_text(value, test)),
    }
}

/// The value as JSON, numbers by their size alone: `kustomize build` prints 1.0 as 1.
fn by_size(node: Node<'_>) -> serde_json::Value {
    fn normal(value: serde_json::Value) -> serde_json::Value {
        match value {
            serde_json::Value::Number(number) => serde_json::json!(number.as_f64()),
            serde_json::Value::Array(items) => items.into_iter().map(normal).collect(),
            serde_json::Value::Object(map) => map.into_iter().map(|(key, value)| (key, normal(value))).collect(),
            other => other,
        }
    }
    normal(node.to_json().expect("JSON can say it"))
}

/// All nodes with a span, parents first.
fn nodes(doc: &Document) -> Vec<NodeId> {
    let mut all = vec![doc.root_id()];
    let mut at = 0;
    while let Some(&id) = all.get(at) {
        let node = doc.node(id);
        all.extend(node.entries().map(|(_, value)| value.id()).chain(node.items().map(Node::id)));
        at += 1;
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    #[test]
    fn what_kyaml_prints_reads_back(tree in root(), wide: bool) {
        let doc = document(&tree);
        let text = emit_kyaml([&doc], if wide { ListIndent::Wide } else { ListIndent::Compact });
        let back = read_one(&text)?;
        prop_assert!(back == doc, "{}", text);
        prop_assert_eq!(emit_kyaml([&back], if wide { ListIndent::Wide } else { ListIndent::Compact }), text);
    }

    #[test]
    fn what_build_prints_reads_back(tree in root()) {
        prop_assume!(!any_text(&tree, is_changed_by_build));
        let doc = document(&tree);
        let text = emit_build(&doc).expect("it can be printed");
        let back = read_one(&text)?;
        prop_assert_eq!(by_size(back.root()), by_size(doc.root()), "{}", text);
        prop_assert_eq!(emit_build(&back).expect("it can be printed"), text);
    }

    #[test]
    fn json_and_back_is_the_same(tree in root()) {
        let doc = document(&tree);
        let json = doc.root().to_json().expect("JSON can say it");
        prop_assert_eq!(&Document::from_json(&json).root().to_json().expect("JSON can say it"), &json);
        prop_assert_eq!(&longshore_yaml::from_node::<serde_json::Value>(doc.root()).expect("any value"), &json);
        prop_assert_eq!(&serde_json::to_value(&doc).expect("any value"), &json);
        prop_assert!(Document::from_value(&json).expect("any value") == Document::from_json(&json));
    }

    #[test]
    fn a_copy_is_equal_and_keeps_its_places(tree in root()) {
        let doc = read_one(&emit_kyaml([&document(&tree)], ListIndent::Compact))?;
        let copy = Document::from_node(doc.root());
        prop_assert!(copy == doc);
        prop_assert_eq!(copy.root().location(), doc.root().location());
        prop_assert_eq!(emit_kyaml([&copy], ListIndent::Compact), emit_kyaml([&doc], ListIndent::Compact));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[ \t\n\r:#'\"|>&*!%@`,?\\[\\]{}a-c0-1~<.+-]{0,40}") {
        let file = SourceFile::new("law", text);
        if let Ok(docs) = read(&file, &ReadOptions::default()) {
            for doc in &docs {
                let printed = emit_kyaml([doc], ListIndent::Compact);
                prop_assert!(printed.ends_with('\n'));
                drop(emit_build(doc));
                for id in nodes(doc) {
                    let span = doc.node(id).span().expect("a node that was read has a span");
                    prop_assert!(span.start <= span.end && span.end as usize <= file.text().len());
                }
            }
        }
    }

    #[test]
    fn every_scalar_can_be_set(tree in root(), new in text(), pick: prop::sample::Index) {
        let text = emit_kyaml([&document(&tree)], ListIndent::Compact);
        let doc = read_one(&text)?;
        let scalars: Vec<NodeId> = nodes(&doc).into_iter().filter(|&id| doc.node(id).kind() == Kind::Scalar).collect();
        prop_assume!(!scalars.is_empty());
        let target = doc.node(scalars[pick.index(scalars.len())]);
        let splice = Splice::set_scalar(target, &new, Tag::Str);
        let after = splice.map_err(|error| TestCaseError::fail(format!("{error}: {new:?} in\n{text}")))?;
        let after = after.apply(&text).expect("the edits fit");
        let mut expect = doc.clone();
        expect.set_scalar(target.id(), &new, Tag::Str);
        prop_assert!(read_one(&after)? == expect, "{}", after);
        let line = text[..target.span().expect("read").start as usize].matches('\n').count();
        prop_assert!(text.lines().take(line).eq(after.lines().take(line)), "{}", after);
    }

    #[test]
    fn every_entry_and_item_can_be_removed(tree in root(), pick: prop::sample::Index) {
        let text = emit_kyaml([&document(&tree)], ListIndent::Compact);
        let doc = read_one(&text)?;
        let filled: Vec<NodeId> = nodes(&doc).into_iter().filter(|&id| !doc.node(id).is_empty()).collect();
        let target = doc.node(filled[pick.index(filled.len())]);
        let index = pick.index(target.len());
        let splice = match target.entries().nth(index) {
            Some((key, _)) => Splice::remove_entry(target, key.text()),
            None => Splice::remove_item(target, index),
        };
        let after = splice.map_err(|error| TestCaseError::fail(format!("{error} in\n{text}")))?;
        prop_assert!(after.apply(&text).expect("the edits fit").len() < text.len() + 3);
    }

    #[test]
    fn every_collection_takes_one_more(tree in root(), new in tree(), pick: prop::sample::Index) {
        let text = emit_kyaml([&document(&tree)], ListIndent::Compact);
        let (doc, new) = (read_one(&text)?, document(&new));
        let all: Vec<NodeId> = nodes(&doc).into_iter().filter(|&id| doc.node(id).kind() != Kind::Scalar).collect();
        let target = doc.node(all[pick.index(all.len())]);
        let index = pick.index(target.len() + 1);
        let splice = match target.is_mapping() {
            true => Splice::insert_entry(target, index, "a new key", new.root()),
            false => Splice::insert_item(target, index, new.root()),
        };
        let splice = splice.map_err(|error| TestCaseError::fail(format!("{error} at {index} in\n{text}")))?;
        let edits = splice.edits();
        prop_assert!(edits.iter().all(|edit| edit.span.start == edit.span.end), "{:?}", edits);
    }
}
