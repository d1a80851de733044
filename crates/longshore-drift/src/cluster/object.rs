//! One object as the cluster keeps it: with its managers.

use std::collections::BTreeSet;
use std::sync::Arc;

use longshore_manifest::Resource;
use longshore_yaml::{Document, Node};
use sha2::{Digest, Sha256};

use crate::assess::Key;
use crate::fields::to_fields_v1;
use crate::path::{FieldPath, Segment};

/// What only the server writes below `metadata`, and no write changes.
const SERVER_OWNED: [&str; 4] = ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"];

#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) resource: Arc<Resource>,
    pub(super) managers: Vec<Manager>,
}

#[derive(Clone, Debug)]
pub(super) struct Manager {
    pub(super) name: String,
    pub(super) operation: &'static str,
    pub(super) time: Option<String>,
    pub(super) paths: BTreeSet<FieldPath>,
}

pub(super) fn same(a: &Object, b: &Object) -> bool {
    let owners = |object: &Object| -> Vec<(String, &'static str, BTreeSet<FieldPath>)> {
        object.managers.iter().map(|owner| (owner.name.clone(), owner.operation, owner.paths.clone())).collect()
    };
    bare(a.resource.document()) == bare(b.resource.document()) && owners(a) == owners(b)
}

/// Whether a field is one by which its item is found in a list.
fn is_key(path: &FieldPath) -> bool {
    match path.segments() {
        [.., Segment::Key(keys), Segment::Field(field)] => keys.iter().any(|(key, _)| key == field),
        _ => false,
    }
}

pub(super) fn is_status(path: &FieldPath) -> bool {
    matches!(path.segments().first(), Some(Segment::Field(name)) if name == "status")
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
    pub(super) fn new(resource: Resource, managers: Vec<Manager>) -> Self {
        Object { resource: Arc::new(resource), managers }
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

    /// Fields of `taken` that others than `manager` own.
    pub(super) fn conflicts(&self, taken: &BTreeSet<FieldPath>, manager: &str) -> Vec<(FieldPath, String)> {
        let others = self.managers.iter().filter(|owner| owner.name != manager);
        others
            .flat_map(|owner| owner.paths.intersection(taken).map(|path| (path.clone(), owner.name.clone())))
            .collect()
    }

    /// Others lose what `manager` takes.
    pub(super) fn release(&mut self, taken: &BTreeSet<FieldPath>, manager: &str) {
        for owner in self.managers.iter_mut().filter(|owner| owner.name != manager) {
            owner.paths.retain(|path| !taken.contains(path));
        }
    }

    /// What `manager` applied before, declares no longer, and nobody else owns.
    pub(super) fn dropped(&self, paths: &BTreeSet<FieldPath>, manager: &str) -> Vec<FieldPath> {
        let is_ours = |owner: &&Manager| owner.name == manager && owner.operation == "Apply";
        let Some(ours) = self.managers.iter().find(is_ours) else {
            return Vec::new();
        };
        let others = || self.managers.iter().filter(|owner| !is_ours(owner));
        // Sorted, so what lies below a path follows it: an empty map that is filled now is still wanted.
        let holds = |paths: &BTreeSet<FieldPath>, path: &FieldPath| {
            paths.range(path..).next().is_some_and(|next| path.is_prefix_of(next))
        };
        let wanted = |path: &FieldPath| holds(paths, path) || others().any(|owner| holds(&owner.paths, path));
        // An item goes as a whole; while others keep it, it keeps its keys, or nobody could find it any more.
        let mut dropped: Vec<FieldPath> = Vec::new();
        for path in ours.paths.iter().filter(|path| !wanted(path)) {
            if !is_key(path) && !dropped.last().is_some_and(|item| item.is_prefix_of(path)) {
                dropped.push(path.clone());
            }
        }
        dropped.reverse();
        dropped
    }

    pub(super) fn set(&mut self, manager: Manager) {
        self.managers.retain(|owner| !(owner.name == manager.name && owner.operation == manager.operation));
        self.managers.push(manager);
        self.managers.retain(|owner| !owner.paths.is_empty());
    }

    pub(super) fn add(&mut self, mut manager: Manager) {
        let same = |owner: &Manager| owner.name == manager.name && owner.operation == manager.operation;
        if let Some(at) = self.managers.iter().position(same) {
            manager.paths.extend(self.managers.remove(at).paths);
        }
        self.managers.push(manager);
        self.managers.retain(|owner| !owner.paths.is_empty());
    }

    pub(super) fn write_metadata(&mut self, version: u64, generation: i64) {
        let api_version = self.resource.api_version().to_owned();
        let doc = Arc::make_mut(&mut self.resource).document_mut();
        let Some(metadata) = doc.root().get("metadata").map(|node| node.resolved().id()) else {
            return;
        };
        set_text(doc, metadata, "resourceVersion", &version.to_string());
        let generation = doc.add_int(generation);
        doc.map_set(metadata, "generation", generation);
        let list = doc.add_sequence();
        for manager in &self.managers {
            let entry = doc.add_mapping();
            set_text(doc, entry, "apiVersion", &api_version);
            set_text(doc, entry, "fieldsType", "FieldsV1");
            let fields = to_fields_v1(doc, &manager.paths);
            doc.map_set(entry, "fieldsV1", fields);
            set_text(doc, entry, "manager", &manager.name);
            set_text(doc, entry, "operation", manager.operation);
            if let Some(time) = &manager.time {
                set_text(doc, entry, "time", time);
            }
            doc.seq_push(list, entry);
        }
        doc.map_set(metadata, "managedFields", list);
        doc.compact();
    }
}
