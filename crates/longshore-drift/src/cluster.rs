//! A cluster in memory, for tests, demonstrations and embedders.

use std::collections::{BTreeMap, BTreeSet};

use longshore_manifest::{Resource, ResourceId, ResourceSet};
use longshore_yaml::{Document, emit_build_all};
use sha2::{Digest, Sha256};

use crate::assess::Key;
use crate::defaults;
use crate::fields::{fields, merge, remove, to_fields_v1};
use crate::lists::is_builtin;
use crate::normalise;
use crate::path::{FieldPath, Segment};
use crate::plan::{Action, Plan, Step};

/// What an API server keeps, in memory: objects with defaults, resource versions, generations and managed fields.
///
/// Time is what [`Cluster::set_time`] says; without it objects carry none. Everything is deterministic: the same calls give
/// the same bytes.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    objects: BTreeMap<Key, Object>,
    version: u64,
    time: Option<String>,
}

#[derive(Clone, Debug)]
struct Object {
    resource: Resource,
    managers: Vec<Manager>,
}

#[derive(Clone, Debug)]
struct Manager {
    name: String,
    operation: &'static str,
    time: Option<String>,
    paths: BTreeSet<FieldPath>,
}

/// A call that the cluster refused; nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// 404.
    #[error("{0} not found")]
    NotFound(Box<ResourceId>),
    /// 409 on a creation.
    #[error("{0} already exists")]
    AlreadyExists(Box<ResourceId>),
    /// 409 on an update: the object is newer than the one that was read.
    #[error("{id} is at resource version {live}, the update is based on {based}: read it again")]
    Stale {
        /// The object.
        id: Box<ResourceId>,
        /// Its version.
        live: String,
        /// The version that the caller knows.
        based: String,
    },
    /// 409 on an apply: others own fields that it would change.
    #[error("conflict on {id}: {}", list(conflicts))]
    Conflict {
        /// The object.
        id: Box<ResourceId>,
        /// Fields and their managers.
        conflicts: Vec<(FieldPath, String)>,
    },
    /// 422.
    #[error("{id}: {message}")]
    Invalid {
        /// The object.
        id: Box<ResourceId>,
        /// What is wrong.
        message: String,
    },
}

fn list(conflicts: &[(FieldPath, String)]) -> String {
    let one = |(path, manager): &(FieldPath, String)| format!("{path} is owned by {manager}");
    conflicts.iter().map(one).collect::<Vec<_>>().join(", ")
}

impl Cluster {
    /// An empty cluster.
    pub fn new() -> Self {
        Cluster::default()
    }

    /// Says what time it is, as RFC 3339, for what is written from now on.
    pub fn set_time(&mut self, time: impl Into<String>) {
        self.time = Some(time.into());
    }

    /// Number of objects.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there is no object.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// One object.
    pub fn get(&self, id: &ResourceId) -> Option<&Resource> {
        self.objects.get(&Key::new(id)).map(|object| &object.resource)
    }

    /// All objects, ordered by group, kind, namespace and name: what `kubectl get -o yaml` would list.
    pub fn list(&self) -> ResourceSet {
        self.objects.values().map(|object| object.resource.clone()).collect()
    }

    /// All objects as text without what the server writes about itself (uid, versions, times, managed fields): two
    /// clusters that hold the same print the same bytes.
    pub fn export(&self) -> String {
        let docs: Vec<Document> = self.objects.values().map(|object| bare(object.resource.document())).collect();
        emit_build_all(&docs).unwrap_or_default()
    }

    /// Creates or changes an object as server-side apply does: declared fields are set and owned by `manager`; fields it
    /// owned before and declares no longer are removed, unless others own them too.
    ///
    /// # Errors
    /// [`ApiError::Conflict`] where it would change a field that others own, unless `force`.
    pub fn apply(&mut self, declared: &Resource, manager: &str, force: bool) -> Result<(), ApiError> {
        let mut declared = declared.clone();
        let gvk = declared.gvk();
        normalise::secret(declared.document_mut(), &gvk);
        let builtin = is_builtin(&gvk.group);
        let wanted = fields(declared.root(), builtin);
        let paths: BTreeSet<FieldPath> = wanted.keys().filter(|path| !is_status(path)).cloned().collect();
        let key = Key::of(&declared);
        let Some(object) = self.objects.get(&key) else {
            let doc = declared.document_mut();
            doc.map_remove(doc.root_id(), "status");
            defaults::fill(doc, &gvk);
            self.insert(key, declared, self.manager(manager, "Apply", paths));
            return Ok(());
        };
        let mut next = object.clone();
        let have = fields(next.resource.root(), builtin);
        let changed = |path: &&FieldPath| have.get(*path).is_some_and(|value| Some(value) != wanted.get(*path));
        let taken: BTreeSet<FieldPath> = paths.iter().filter(changed).cloned().collect();
        let conflicts = next.conflicts(&taken, manager);
        if !conflicts.is_empty() && !force {
            return Err(ApiError::Conflict { id: Box::new(declared.id()), conflicts });
        }
        next.release(&taken, manager);
        let dropped = next.dropped(&paths, manager);
        for path in &dropped {
            remove(next.resource.document_mut(), path);
        }
        merge(next.resource.document_mut(), declared.root(), builtin);
        defaults::fill(next.resource.document_mut(), &gvk);
        next.set(self.manager(manager, "Apply", paths));
        self.store(key, next);
        Ok(())
    }

    /// Replaces an object, as an editor does that read it before: what changed belongs to `manager` from now on.
    ///
    /// # Errors
    /// [`ApiError::NotFound`], and [`ApiError::Stale`] where the object carries another resource version than the live one.
    pub fn update(&mut self, object: Resource, manager: &str) -> Result<(), ApiError> {
        let (key, id, gvk) = (Key::of(&object), object.id(), object.gvk());
        let live = self.objects.get(&key).ok_or_else(|| ApiError::NotFound(Box::new(id.clone())))?;
        let version = |resource: &Resource| {
            resource.root().at(["metadata", "resourceVersion"]).map_or(String::new(), |node| node.text().to_owned())
        };
        let (based, current) = (version(&object), version(&live.resource));
        if !based.is_empty() && based != current {
            return Err(ApiError::Stale { id: Box::new(id), live: current, based });
        }
        let builtin = is_builtin(&gvk.group);
        let mut next = Object { resource: object, managers: live.managers.clone() };
        normalise::secret(next.resource.document_mut(), &gvk);
        defaults::fill(next.resource.document_mut(), &gvk);
        let (before, after) = (fields(live.resource.root(), builtin), fields(next.resource.root(), builtin));
        let changed: BTreeSet<FieldPath> = after
            .iter()
            .filter(|(path, value)| before.get(path) != Some(value))
            .map(|(path, _)| path.clone())
            .collect();
        let gone: BTreeSet<FieldPath> = before.keys().filter(|path| !after.contains_key(path)).cloned().collect();
        for owner in &mut next.managers {
            owner.paths.retain(|path| !gone.contains(path) && !changed.contains(path));
        }
        next.add(self.manager(manager, "Update", changed));
        self.store(key, next);
        Ok(())
    }

    /// Reads an object, changes it and writes it back under the name of `manager`.
    ///
    /// # Errors
    /// [`ApiError::NotFound`].
    pub fn edit(&mut self, id: &ResourceId, manager: &str, change: impl FnOnce(&mut Document)) -> Result<(), ApiError> {
        let mut resource = self.get(id).cloned().ok_or_else(|| ApiError::NotFound(Box::new(id.clone())))?;
        change(resource.document_mut());
        self.update(resource, manager)
    }

    /// Deletes an object.
    ///
    /// # Errors
    /// [`ApiError::NotFound`].
    pub fn delete(&mut self, id: &ResourceId) -> Result<(), ApiError> {
        let removed = self.objects.remove(&Key::new(id));
        self.version += u64::from(removed.is_some());
        removed.map(|_| ()).ok_or_else(|| ApiError::NotFound(Box::new(id.clone())))
    }

    /// Carries out a plan under the name of `manager`, taking what is to be made from `desired`. Stops at the first refusal.
    ///
    /// # Errors
    /// That refusal; the steps before it are done.
    pub fn carry_out(&mut self, plan: &Plan, desired: &ResourceSet, manager: &str) -> Result<(), ApiError> {
        plan.steps.iter().try_for_each(|step| self.step(step, desired, manager))
    }

    fn step(&mut self, step: &Step, desired: &ResourceSet, manager: &str) -> Result<(), ApiError> {
        match step.action {
            Action::Keep => Ok(()),
            Action::Delete => self.delete(&step.id),
            Action::Create | Action::Update => {
                let declared = desired.get(&step.id).ok_or_else(|| ApiError::NotFound(Box::new(step.id.clone())))?;
                self.apply(declared, manager, true)?;
                if step.remove.is_empty() {
                    return Ok(());
                }
                self.edit(&step.id, manager, |doc| step.remove.iter().for_each(|path| remove(doc, path)))
            }
        }
    }

    fn manager(&self, name: &str, operation: &'static str, paths: BTreeSet<FieldPath>) -> Manager {
        Manager { name: name.to_owned(), operation, time: self.time.clone(), paths }
    }

    fn insert(&mut self, key: Key, mut resource: Resource, manager: Manager) {
        let uid = uid(&key, self.version);
        let doc = resource.document_mut();
        if let Some(metadata) = doc.root().get("metadata").map(|node| node.resolved().id()) {
            set_text(doc, metadata, "uid", &uid);
            if let Some(time) = &self.time {
                set_text(doc, metadata, "creationTimestamp", time);
            }
        }
        self.store(key, Object { resource, managers: vec![manager] });
    }

    /// Stores what changed, with a new resource version; a new generation where its specification changed.
    fn store(&mut self, key: Key, mut object: Object) {
        let before = self.objects.get(&key);
        if before.is_some_and(|before| same(before, &object)) {
            return;
        }
        let generation = match before {
            None => 1,
            Some(before) => {
                let last = before.resource.root().at(["metadata", "generation"]).and_then(|node| node.as_i64());
                let spec =
                    |object: &Object| object.resource.root().get("spec").map(longshore_yaml::Document::from_node);
                last.unwrap_or(1) + i64::from(spec(before) != spec(&object))
            }
        };
        self.version += 1;
        object.write_metadata(self.version, generation);
        self.objects.insert(key, object);
    }
}

fn same(a: &Object, b: &Object) -> bool {
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

fn is_status(path: &FieldPath) -> bool {
    matches!(path.segments().first(), Some(Segment::Field(name)) if name == "status")
}

fn set_text(doc: &mut Document, map: longshore_yaml::NodeId, key: &str, value: &str) {
    let value = doc.add_str(value);
    doc.map_set(map, key, value);
}

/// An id that looks like the server's, made from the identity and the count of writes.
fn uid(key: &Key, version: u64) -> String {
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
fn bare(doc: &Document) -> Document {
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
    /// Fields of `taken` that others than `manager` own.
    fn conflicts(&self, taken: &BTreeSet<FieldPath>, manager: &str) -> Vec<(FieldPath, String)> {
        let others = self.managers.iter().filter(|owner| owner.name != manager);
        others
            .flat_map(|owner| owner.paths.intersection(taken).map(|path| (path.clone(), owner.name.clone())))
            .collect()
    }

    /// Others lose what `manager` takes.
    fn release(&mut self, taken: &BTreeSet<FieldPath>, manager: &str) {
        for owner in self.managers.iter_mut().filter(|owner| owner.name != manager) {
            owner.paths.retain(|path| !taken.contains(path));
        }
    }

    /// What `manager` applied before, declares no longer, and nobody else owns.
    fn dropped(&self, paths: &BTreeSet<FieldPath>, manager: &str) -> Vec<FieldPath> {
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

    fn set(&mut self, manager: Manager) {
        self.managers.retain(|owner| !(owner.name == manager.name && owner.operation == manager.operation));
        self.managers.push(manager);
        self.managers.retain(|owner| !owner.paths.is_empty());
    }

    fn add(&mut self, mut manager: Manager) {
        let same = |owner: &Manager| owner.name == manager.name && owner.operation == manager.operation;
        if let Some(at) = self.managers.iter().position(same) {
            manager.paths.extend(self.managers.remove(at).paths);
        }
        self.managers.push(manager);
        self.managers.retain(|owner| !owner.paths.is_empty());
    }

    fn write_metadata(&mut self, version: u64, generation: i64) {
        let api_version = self.resource.api_version().to_owned();
        let doc = self.resource.document_mut();
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
