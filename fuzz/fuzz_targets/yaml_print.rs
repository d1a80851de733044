//! What kyaml's printer prints reads back as the same values; whatever reads can be handed to every printer and bridge.
#![no_main]

use libfuzzer_sys::fuzz_target;
use longshore_yaml::{
    Aliases, Document, Kind, ListIndent, Node, ReadOptions, SourceFile, Style, emit_build, emit_kyaml, read,
};

fuzz_target!(|text: &str| {
    let options = ReadOptions { aliases: Aliases::Expand, ..ReadOptions::default() };
    let Ok(docs) = read(&SourceFile::new("fuzz", text), &options) else { return };
    for doc in &docs {
        let printed = emit_kyaml([doc], ListIndent::Compact);
        drop(emit_build(doc));
        drop(doc.root().to_json());
        assert!(Document::from_node(doc.root()) == *doc);
        if is_faithful(doc) {
            let back = read(&SourceFile::new("printed", printed.as_str()), &options);
            let back = back.unwrap_or_else(|error| panic!("{error}\n{printed}"));
            assert!(back.len() == 1 && back[0] == *doc, "{printed}");
        }
    }
});

/// Whether go-yaml's printer keeps every value: it changes folded texts, nulls in flow collections and as keys, what
/// stands near comments, and prints literals that begin with a tab so that nothing can read them.
fn is_faithful(doc: &Document) -> bool {
    let comments = doc.comments();
    comments.is_empty() && is_faithful_node(doc.root(), false)
}

fn is_faithful_node(node: Node<'_>, flow: bool) -> bool {
    let flow = flow || node.style() == Style::Flow;
    let own = match node.kind() {
        Kind::Scalar => {
            let text = node.text();
            let odd_text =
                text.starts_with('\t') || text.contains(['\u{85}', '\u{2028}', '\u{2029}', '\r']) || text == "<<";
            let lost = flow && (text.is_empty() || text.contains(':') || node.explicit_tag().is_some());
            !odd_text && !lost && node.style() != Style::Folded && node.explicit_tag().is_none()
        }
        _ => node.explicit_tag().is_none(),
    };
    let inner = node
        .entries()
        .all(|(key, value)| is_faithful_node(key, flow) && !key.text().is_empty() && is_faithful_node(value, flow));
    own && inner && node.comments().is_none() && node.items().all(|item| is_faithful_node(item, flow))
}
