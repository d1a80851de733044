//! A splice that is made reads back as the change it says, and every line above it stays.
#![no_main]

use libfuzzer_sys::fuzz_target;
use longshore_yaml::{Document, Node, NodeId, ReadOptions, SourceFile, Splice, Tag, read};

fuzz_target!(|input: (&str, &str, u8, u8)| {
    let (text, new, pick, action) = input;
    let file = SourceFile::new("fuzz", text);
    let Ok(docs) = read(&file, &ReadOptions::default()) else { return };
    let Some(doc) = docs.first() else { return };
    let nodes = nodes(doc);
    let node = doc.node(nodes[pick as usize % nodes.len()]);
    let index = pick as usize % (node.len() + 1);
    let splice = match action % 5 {
        0 => Splice::set_scalar(node, new, Tag::Str),
        1 => Splice::insert_entry(node, index, new, doc.root()),
        2 => Splice::insert_item(node, index, doc.root()),
        3 => Splice::remove_item(node, index),
        _ => {
            let name = node.entries().nth(index).map_or("", |(key, _)| key.text());
            Splice::remove_entry(node, name)
        }
    };
    let Ok(splice) = splice else { return };
    let after = splice.apply(text).expect("a splice fits the text it was made for");
    let first = splice.edits().iter().map(|edit| edit.span.start as usize).min().unwrap_or(0);
    assert_eq!(text[..first], after[..first]);
    assert!(read(&SourceFile::new("after", after.as_str()), &ReadOptions::default()).is_ok(), "{after}");
});

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
