//! A cluster in memory, for tests, demonstrations and embedders.

mod carry;
mod collect;
mod error;
mod object;
mod watch;

use std::collections::{BTreeMap, BTreeSet};

use longshore_manifest::{Resource, ResourceId, ResourceSet};
use longshore_yaml::{Document, emit_build_all};

use crate::assess::Key;
use crate::defaults;
use crate::fields::{fields, merge, remove};
use crate::lists::is_builtin;
use crate::normalise;
use crate::path::FieldPath;
pub use collect::Propagation;
pub use error::ApiError;
pub(crate) use object::bare;
use object::{Manager, Object, is_status, same, set_text, uid};
use watch::Backlog;
pub use watch::{Event, EventType};

/// What an API server keeps, in memory: objects with defaults, resource versions, generations and managed fields; and what its
/// garbage collector does about owners, namespaces and definitions.
///
/// Time is what [`Cluster::set_time`] says; without it objects carry none. Everything is deterministic: the same calls give
/// the same bytes. There are no controllers: nothing becomes healthy, and hooks count as through once they are made.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    objects: BTreeMap<Key, Object>,
    /// Who names an owner: by the owner's key.
    owned: BTreeMap<Key, BTreeSet<Key>>,
    /// What is deleted, and held by finalizers or by what it holds.
    terminating: BTreeSet<Key>,
    version: u64,
    time: Option<String>,
    strict: bool,
    backlog: Backlog,
}

impl Cluster {
    /// An empty cluster.
    pub fn new() -> Self {
        Cluster::default()
    }

    /// Whether objects are refused whose namespace or kind is not there, as a server does. Default false.
    ///
    /// The namespaces `default`, `kube-system`, `kube-public` and `kube-node-lease` are always there, and the kinds of
    /// Kubernetes itself are known. Other kinds come with a CustomResourceDefinition.
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
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
        self.objects.get(&Key::new(id)).map(|object| &*object.resource)
    }

    /// All objects, ordered by group, kind, namespace and name: what `kubectl get -o yaml` would list.
    pub fn list(&self) -> ResourceSet {
        self.objects.values().map(|object| Resource::clone(&object.resource)).collect()
    }

    /// The resource version of the last change: what a list is at, and where a [watch](Cluster::watch) goes on from.
    pub fn resource_version(&self) -> u64 {
        self.version
    }

    /// All objects as text without what the server writes about itself (uid, versions, times, managed fields): two
    /// clusters that hold the same print the same bytes.
    pub fn export(&self) -> String {
        let docs: Vec<Document> = self.objects.values().map(|object| bare(object.resource.document())).collect();
        emit_build_all(&docs).unwrap_or_default()
    }

    /// Creates an object; its fields belong to `manager`.
    ///
    /// # Errors
    /// [`ApiError::AlreadyExists`], and those of a [strict](Cluster::strict) cluster.
    pub fn create(&mut self, object: &Resource, manager: &str) -> Result<(), ApiError> {
        if self.objects.contains_key(&Key::of(object)) {
            return Err(ApiError::AlreadyExists(Box::new(object.id())));
        }
        self.make(object.clone(), manager, "Update")
    }

    fn make(&mut self, mut declared: Resource, manager: &str, operation: &'static str) -> Result<(), ApiError> {
        self.admit(&declared)?;
        let gvk = declared.gvk();
        normalise::secret(declared.document_mut(), &gvk);
        let paths = owned_paths(&declared);
        let doc = declared.document_mut();
        doc.map_remove(doc.root_id(), "status");
        Object::forget_server(doc);
        defaults::fill(doc, &gvk);
        let manager = self.manager(manager, operation, paths);
        self.insert(declared, manager);
        Ok(())
    }

    /// Creates or changes an object as server-side apply does: declared fields are set and owned by `manager`; fields it
    /// owned before and declares no longer are removed, unless others own them too.
    ///
    /// # Errors
    /// [`ApiError::Conflict`] where it would change a field that others own, unless `force`; [`ApiError::Invalid`] as for
    /// [`Cluster::update`]; and where there is no object yet, those of [`Cluster::create`].
    pub fn apply(&mut self, declared: &Resource, manager: &str, force: bool) -> Result<(), ApiError> {
        let key = Key::of(declared);
        let mut declared = declared.clone();
        let Some(object) = self.objects.get(&key) else {
            return self.make(declared, manager, "Apply");
        };
        let gvk = declared.gvk();
        normalise::secret(declared.document_mut(), &gvk);
        let builtin = is_builtin(&gvk.group);
        let wanted = fields(declared.root(), builtin);
        let paths = owned_paths(&declared);
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
        let doc = next.document_mut();
        dropped.iter().for_each(|path| remove(doc, path));
        merge(doc, declared.root(), builtin);
        defaults::fill(doc, &gvk);
        next.keep_from(object);
        next.set(self.manager(manager, "Apply", paths));
        self.write(key, next)
    }

    /// Replaces an object, as an editor does that read it before: what changed belongs to `manager` from now on.
    ///
    /// # Errors
    /// [`ApiError::NotFound`]; [`ApiError::Stale`] where the object carries another resource version than the live one;
    /// [`ApiError::Invalid`] where it adds finalizers to an object on its way out.
    pub fn update(&mut self, object: Resource, manager: &str) -> Result<(), ApiError> {
        let (key, id, gvk) = (Key::of(&object), object.id(), object.gvk());
        let live = self.objects.get(&key).ok_or_else(|| ApiError::not_found(&id))?;
        let based = object.root().at(["metadata", "resourceVersion"]).map_or("", |node| node.text()).to_owned();
        let current = live.metadata("resourceVersion");
        if !based.is_empty() && based != current {
            return Err(ApiError::Stale { id: Box::new(id), live: current.to_owned(), based });
        }
        let builtin = is_builtin(&gvk.group);
        let mut next = Object::new(object, live.managers.clone());
        next.keep_from(live);
        normalise::secret(next.document_mut(), &gvk);
        defaults::fill(next.document_mut(), &gvk);
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
        self.write(key, next)
    }

    /// Reads an object, changes it and writes it back under the name of `manager`.
    ///
    /// # Errors
    /// [`ApiError::NotFound`], and [`ApiError::Invalid`] as for [`Cluster::update`].
    pub fn edit(&mut self, id: &ResourceId, manager: &str, change: impl FnOnce(&mut Document)) -> Result<(), ApiError> {
        let mut resource = self.get(id).cloned().ok_or_else(|| ApiError::not_found(id))?;
        change(resource.document_mut());
        self.update(resource, manager)
    }

    fn manager(&self, name: &str, operation: &'static str, paths: BTreeSet<FieldPath>) -> Manager {
        Manager { name: name.to_owned(), operation, time: self.time.clone(), paths }
    }

    fn insert(&mut self, mut resource: Resource, manager: Manager) {
        let key = Key::of(&resource);
        let uid = uid(&key, self.version);
        let doc = resource.document_mut();
        if let Some(metadata) = doc.root().get("metadata").map(|node| node.resolved().id()) {
            set_text(doc, metadata, "uid", &uid);
            if let Some(time) = &self.time {
                set_text(doc, metadata, "creationTimestamp", time);
            }
        }
        self.store(key, Object::new(resource, vec![manager]));
    }

    /// Stores an object that was there; one on its way out goes with its last finalizer, and takes on no new one.
    fn write(&mut self, key: Key, next: Object) -> Result<(), ApiError> {
        if let Some(before) = self.objects.get(&key).filter(|before| before.is_terminating()) {
            let (had, has) = (before.finalizers(), next.finalizers());
            if let Some(new) = has.iter().find(|name| !had.contains(*name)) {
                let message = format!("finalizer {new} cannot be added, the object is being deleted");
                return Err(ApiError::Invalid { id: Box::new(next.resource.id()), message });
            }
        }
        self.store(key, next);
        self.sweep();
        Ok(())
    }

    /// Stores what changed, with a new resource version; a new generation where its specification changed.
    fn store(&mut self, key: Key, mut object: Object) {
        let before = self.objects.get(&key);
        if before.is_some_and(|before| same(before, &object)) {
            return;
        }
        let (generation, event) = match before {
            None => (1, EventType::Added),
            Some(before) => (generation(before, &object), EventType::Modified),
        };
        self.version += 1;
        object.write_metadata(self.version, generation);
        self.backlog.push(event, self.version, object.resource.clone());
        self.index_owners(&key, &object);
        self.objects.insert(key, object);
    }
}

/// The fields that an object declares, without its status.
fn owned_paths(declared: &Resource) -> BTreeSet<FieldPath> {
    let paths = fields(declared.root(), is_builtin(&declared.gvk().group)).into_keys();
    paths.filter(|path| !is_status(path)).collect()
}

fn generation(before: &Object, after: &Object) -> i64 {
    let last = before.resource.root().at(["metadata", "generation"]).and_then(|node| node.as_i64());
    let spec = |object: &Object| object.resource.root().get("spec").map(Document::from_node);
    last.unwrap_or(1) + i64::from(spec(before) != spec(after))
}
