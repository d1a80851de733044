//! Owner references without a uid. A server refuses them, but whoever writes manifests knows no uid: here they stay as they were
//! written last, and belong to nobody.

use longshore_manifest::Resource;
use longshore_yaml::{Document, Node, NodeId};

/// An object without such references, and these.
pub(super) fn split(object: &Resource) -> (Resource, Vec<Document>) {
    let mut object = object.clone();
    let list = object.root().at(["metadata", "ownerReferences"]);
    let all: Vec<Node<'_>> = list.into_iter().flat_map(Node::items).map(Node::resolved).collect();
    let is_loose = |item: &Node<'_>| item.is_mapping() && item.get("uid").is_none();
    let loose: Vec<Document> =
        all.iter().filter(|item| is_loose(item)).map(|item| Document::from_node(*item)).collect();
    if loose.is_empty() {
        return (object, loose);
    }
    let kept: Vec<NodeId> = all.iter().filter(|item| !is_loose(item)).map(|item| item.id()).collect();
    let doc = object.document_mut();
    let metadata = doc.root().get("metadata").map(|node| node.resolved().id());
    let list = doc.root().at(["metadata", "ownerReferences"]).map(|node| node.resolved().id());
    match (metadata, list) {
        (Some(metadata), _) if kept.is_empty() => {
            doc.map_remove(metadata, "ownerReferences");
        }
        (_, Some(list)) => doc.set_children(list, &kept),
        _ => {}
    }
    (object, loose)
}

/// Puts the references back, behind those with a uid.
pub(super) fn join(object: &mut Resource, loose: &[Document]) {
    let doc = object.document_mut();
    let Some(metadata) = doc.root().get("metadata").map(|node| node.resolved().id()) else { return };
    for reference in loose {
        let list = match doc.node(metadata).get("ownerReferences").map(|node| node.resolved().id()) {
            Some(list) => list,
            None => {
                let list = doc.add_sequence();
                doc.map_set(metadata, "ownerReferences", list);
                list
            }
        };
        let item = doc.import(reference.root());
        doc.seq_push(list, item);
    }
}
