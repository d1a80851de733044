//! The record of an apply where a server keeps none.

use longshore_manifest::Resource;
use longshore_yaml::{Document, Node, NodeId};

use super::object::set_text;

/// Records who applies an object in which there is nothing to own, which a server does not: whose it is would be forgotten.
/// Owner references without a uid, which a server refuses, belong to it as one.
pub(super) fn note_apply(object: &mut Resource, manager: &str, references: bool) {
    let api_version = object.api_version().to_owned();
    let doc = object.document_mut();
    let Some(metadata) = doc.root().get("metadata").map(|node| node.resolved().id()) else { return };
    let records = entry(doc, metadata, "managedFields", Document::add_sequence);
    let text = |record: Node<'_>, key: &str| record.get(key).map_or("", Node::text).to_owned();
    let is_ours = |record: &Node<'_>| text(*record, "manager") == manager && text(*record, "operation") == "Apply";
    let ours = doc.node(records).items().map(Node::resolved).find(is_ours).map(Node::id);
    let record = ours.unwrap_or_else(|| {
        let record = doc.add_mapping();
        let facts =
            [("apiVersion", &*api_version), ("fieldsType", "FieldsV1"), ("manager", manager), ("operation", "Apply")];
        facts.into_iter().for_each(|(key, value)| set_text(doc, record, key, value));
        doc.seq_push(records, record);
        record
    });
    let mut at = entry(doc, record, "fieldsV1", Document::add_mapping);
    if references {
        for key in ["f:metadata", "f:ownerReferences"] {
            at = entry(doc, at, key, Document::add_mapping);
        }
    }
}

/// What stands under a key, made where there is nothing.
fn entry(doc: &mut Document, map: NodeId, key: &str, make: fn(&mut Document) -> NodeId) -> NodeId {
    if let Some(found) = doc.node(map).get(key) {
        return found.resolved().id();
    }
    let made = make(doc);
    doc.map_set(map, key, made);
    made
}
