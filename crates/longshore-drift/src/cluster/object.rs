//! One object as the cluster keeps it.

use std::collections::BTreeSet;
use std::sync::Arc;

use longshore_manifest::Resource;
use longshore_yaml::{Document, Node};
use sha2::{Digest, Sha256};

use crate::assess::Key;

/// What only the server writes below `metadata`, and no write changes.
const SERVER_OWNED: [&str; 4] = ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"];

#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) resource: Arc<Resource>,
}

/// Whether two versions of an object hold the same and belong to the same; when that was recorded does not count.
pub(super) fn same(a: &Object, b: &Object) -> bool {
    a.status() == b.status() && bare(a.resource.document()) == bare(b.resource.document()) && a.owners().eq(b.owners())
}

pub(super) fn set_text(doc: &mut Document, map: longshore_yaml::NodeId, key: &str, value: &str) {
    let value = doc.add_str(value);
    doc.map_set(map, key, value);
}

/// An id that looks like the server's, made from the identity and the count of writes.
pub(super) fn uid(key: &Key, version: u64) -> String {
    let mut hash = Sha256::new();
    for part in &key.0 {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.update(version.to_be_bytes());
    let hex: String = hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}

/// An object without what the server writes about itself.
pub(crate) fn bare(doc: &Document) -> Document {
    let mut doc = Document::from_node(doc.root());
    let root = doc.root_id();
    doc.map_remove(root, "status");
    if let Some(metadata) = doc.root().get("metadata").map(|node| node.resolved().id()) {
        for key in ["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"] {
            doc.map_remove(metadata, key);
        }
    }
    doc
}

impl Object {
    pub(super) fn new(resource: Resource) -> Self {
        Object { resource: Arc::new(resource) }
    }

    fn status(&self) -> Option<Node<'_>> {
        self.resource.root().get("status")
    }

    /// Who owns what: manager, operation and fields of each record.
    fn owners(&self) -> impl Iterator<Item = [Option<Node<'_>>; 3]> {
        let records = self.resource.root().at(["metadata", "managedFields"]).into_iter().flat_map(Node::items);
        records.map(|record| ["manager", "operation", "fieldsV1"].map(|key| record.get(key)))
    }

    /// The document, to change it; whoever watches keeps what it was.
    pub(super) fn document_mut(&mut self) -> &mut Document {
        Arc::make_mut(&mut self.resource).document_mut()
    }

    /// A value below `metadata` as text.
    pub(super) fn metadata(&self, key: &str) -> &str {
        self.resource.root().at(["metadata", key]).map_or("", Node::text)
    }

    /// Whether it is on its way out.
    pub(super) fn is_terminating(&self) -> bool {
        !self.metadata("deletionTimestamp").is_empty()
    }

    /// What holds it when it is deleted.
    pub(super) fn finalizers(&self) -> BTreeSet<&str> {
        let list = self.resource.root().at(["metadata", "finalizers"]);
        list.into_iter().flat_map(Node::items).map(Node::text).collect()
    }

    /// Drops what no caller may say of an object that is not there yet.
    pub(super) fn forget_server(doc: &mut Document) {
        let Some(metadata) = doc.root().get("metadata").map(|node| node.resolved().id()) else { return };
        for key in SERVER_OWNED.iter().chain(&["resourceVersion", "generation", "managedFields"]) {
            doc.map_remove(metadata, key);
        }
    }

    /// Takes over what no caller may change, from the object as it was.
    pub(super) fn keep_from(&mut self, before: &Object) {
        let doc = self.document_mut();
        let Some(metadata) = doc.root().get("metadata").map(|node| node.resolved().id()) else { return };
        for key in SERVER_OWNED {
            match before.resource.root().at(["metadata", key]) {
                Some(value) => {
                    let value = doc.import(value);
                    doc.map_set(metadata, key, value);
                }
                None => {
                    doc.map_remove(metadata, key);
                }
            }
        }
    }

    /// Writes version, generation, and the time of the records that have none yet.
    pub(super) fn write_metadata(&mut self, version: u64, generation: i64, time: Option<&str>) {
        let doc = self.document_mut();
        let Some(metadata) = doc.root().get("metadata").map(|node| node.resolved().id()) else {
            return;
        };
        set_text(doc, metadata, "resourceVersion", &version.to_string());
        let generation = doc.add_int(generation);
        doc.map_set(metadata, "generation", generation);
        let records = doc.node(metadata).get("managedFields").into_iter().flat_map(Node::items);
        let fresh = records.map(Node::resolved).filter(|record| record.get("time").is_none()).map(Node::id);
        for record in fresh.collect::<Vec<_>>() {
            if let Some(time) = time {
                set_text(doc, record, "time", time);
            }
        }
        doc.compact();
    }
}
