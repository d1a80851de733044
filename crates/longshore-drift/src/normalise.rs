//! What the API server does to an object before it stores it, and has no other home here.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use longshore_manifest::GroupVersionKind;
use longshore_yaml::{Document, Node};

/// Whether an object is a Secret with the write-only `stringData`.
pub(crate) fn needs_secret(gvk: &GroupVersionKind, object: Node<'_>) -> bool {
    is_secret(gvk) && object.get("stringData").is_some()
}

/// Whether the type is that of a Secret.
pub(crate) fn is_secret(gvk: &GroupVersionKind) -> bool {
    gvk.kind == "Secret" && gvk.group.is_empty()
}

/// Moves `stringData` of a Secret into `data`, encoded, where it wins; each value keeps its origin.
pub(crate) fn secret(doc: &mut Document, gvk: &GroupVersionKind) {
    if !is_secret(gvk) {
        return;
    }
    let root = doc.root_id();
    let Some(strings) = doc.root().get("stringData").map(|node| node.resolved().id()) else {
        return;
    };
    let values: Vec<_> =
        doc.node(strings).entries().map(|(key, value)| (key.text().to_owned(), value.resolved().id())).collect();
    let data = match doc.root().get("data").filter(|data| data.is_mapping()) {
        Some(data) => data.resolved().id(),
        None => {
            let data = doc.add_mapping();
            doc.map_set(root, "data", data);
            data
        }
    };
    for (key, value) in values {
        let node = doc.node(value);
        let origin = node.file().cloned().zip(node.span());
        let encoded = STANDARD.encode(node.text());
        let encoded = doc.add_str(&encoded);
        if let Some((file, span)) = origin {
            doc.set_origin(encoded, &file, span);
        }
        doc.map_set(data, &key, encoded);
    }
    doc.map_remove(root, "stringData");
}
