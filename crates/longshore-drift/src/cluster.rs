//! A cluster in memory, for tests, demonstrations and embedders.

mod carry;
mod collect;
mod error;
mod loose;
mod object;
mod record;
mod watch;

use std::collections::{BTreeMap, BTreeSet};

use longshore_diff::Force;
use longshore_manifest::schema::{TypeGraph, custom_resources};
use longshore_manifest::{Resource, ResourceId, ResourceSet};
use longshore_yaml::{Document, emit_build_all};

use crate::assess::{Key, Options};
use crate::predict::{PredictError, predict_with, replace};
pub use collect::Propagation;
pub use error::ApiError;
pub(crate) use object::bare;
use object::{Object, same, set_text, uid};
use watch::Backlog;
pub use watch::{Event, EventType};

/// What an API server keeps, in memory: objects with defaults, resource versions, generations and managed fields; and what its
/// garbage collector does about owners, namespaces and definitions.
///
/// Time is what [`Cluster::set_time`] says; without it objects carry none. Everything is deterministic: the same calls give
/// the same bytes. There are no controllers: nothing becomes healthy, and hooks count as through once they are made.
///
/// Writes are stored and owned as [`predict`](crate::predict()) says. Two things are laxer than on a server: an apply of an
/// object in which there is nothing to own is on record all the same, and owner references may lack their uid, which nobody who
/// writes manifests knows.
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
        self.make(object, manager)
    }

    fn make(&mut self, object: &Resource, manager: &str) -> Result<(), ApiError> {
        self.admit(object)?;
        let mut object = object.clone();
        let doc = object.document_mut();
        doc.map_remove(doc.root_id(), "status");
        Object::forget_server(doc);
        let made = self.replaced(&object, None, manager)?;
        self.insert(made);
        Ok(())
    }

    /// What is stored of an object that no apply writes.
    fn replaced(&self, object: &Resource, live: Option<&Resource>, manager: &str) -> Result<Resource, ApiError> {
        let ((object, loose), types) = (loose::split(object), self.types());
        let live = live.map(|live| loose::split(live).0);
        let stored = replace(&object, live.as_ref(), manager, &Options::default().schema(&types));
        let mut stored = stored.map_err(|error| refused(&object, &error))?;
        loose::join(&mut stored, &loose);
        Ok(stored)
    }

    /// What the definitions of the cluster say of custom resources.
    fn types(&self) -> TypeGraph {
        let readable = self.definitions().filter(|object| custom_resources([&*object.resource]).is_ok());
        custom_resources(readable.map(|object| &*object.resource)).unwrap_or_default()
    }

    /// Creates or changes an object as server-side apply does: declared fields are set and owned by `manager`; fields it
    /// owned before and declares no longer are removed, unless others own them too.
    ///
    /// # Errors
    /// [`ApiError::Conflict`] where it would change a field that others own, unless `force`; [`ApiError::Invalid`] as for
    /// [`Cluster::update`]; and where there is no object yet, those of [`Cluster::create`].
    pub fn apply(&mut self, declared: &Resource, manager: &str, force: bool) -> Result<(), ApiError> {
        let key = Key::of(declared);
        let live = self.objects.get(&key);
        if live.is_none() {
            self.admit(declared)?;
        }
        let (types, force) = (self.types(), if force { Force::Yes } else { Force::No });
        let options = Options::default().schema(&types);
        let (wanted, loose) = loose::split(declared);
        let before = live.map(|object| loose::split(&object.resource).0);
        let found = predict_with(&wanted, before.as_ref(), manager, force, &options);
        let mut found = found.map_err(|error| refused(declared, &error))?;
        if !found.conflicts.is_empty() {
            let conflicts = found.conflicts.into_iter().map(|one| (one.path, one.owner.manager)).collect();
            return Err(ApiError::Conflict { id: Box::new(declared.id()), conflicts });
        }
        loose::join(&mut found.object, &loose);
        record::note_apply(&mut found.object, manager, !loose.is_empty());
        match live {
            None => self.insert(found.object),
            Some(live) => {
                let mut next = Object::new(found.object);
                next.keep_from(live);
                self.write(key, next)?;
            }
        }
        Ok(())
    }

    /// Replaces an object, as an editor does that read it before: what changed belongs to `manager` from now on.
    ///
    /// # Errors
    /// [`ApiError::NotFound`]; [`ApiError::Stale`] where the object carries another resource version than the live one;
    /// [`ApiError::Invalid`] where it adds finalizers to an object on its way out.
    pub fn update(&mut self, object: Resource, manager: &str) -> Result<(), ApiError> {
        let (key, id) = (Key::of(&object), object.id());
        let live = self.objects.get(&key).ok_or_else(|| ApiError::not_found(&id))?;
        let based = object.root().at(["metadata", "resourceVersion"]).map_or("", |node| node.text()).to_owned();
        let current = live.metadata("resourceVersion");
        if !based.is_empty() && based != current {
            return Err(ApiError::Stale { id: Box::new(id), live: current.to_owned(), based });
        }
        let mut next = Object::new(self.replaced(&object, Some(&live.resource), manager)?);
        next.keep_from(live);
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

    fn insert(&mut self, mut resource: Resource) {
        let key = Key::of(&resource);
        let uid = uid(&key, self.version);
        let doc = resource.document_mut();
        if let Some(metadata) = doc.root().get("metadata").map(|node| node.resolved().id()) {
            set_text(doc, metadata, "uid", &uid);
            if let Some(time) = &self.time {
                set_text(doc, metadata, "creationTimestamp", time);
            }
        }
        self.store(key, Object::new(resource));
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
        object.write_metadata(self.version, generation, self.time.as_deref());
        self.backlog.push(event, self.version, object.resource.clone());
        self.index_owners(&key, &object);
        self.objects.insert(key, object);
    }
}

fn refused(object: &Resource, error: &PredictError) -> ApiError {
    ApiError::Invalid { id: Box::new(object.id()), message: error.to_string() }
}

fn generation(before: &Object, after: &Object) -> i64 {
    let last = before.resource.root().at(["metadata", "generation"]).and_then(|node| node.as_i64());
    let spec = |object: &Object| object.resource.root().get("spec").map(Document::from_node);
    last.unwrap_or(1) + i64::from(spec(before) != spec(after))
}
