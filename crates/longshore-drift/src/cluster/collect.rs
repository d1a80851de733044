//! Deletion: finalizers, and what goes with an owner, a namespace or a definition.

use longshore_manifest::{GroupVersionKind, Resource, ResourceId};
use longshore_yaml::{Document, Node};

use super::object::{Object, set_text};
use super::{ApiError, Cluster, EventType};
use crate::assess::Key;
use crate::lists::is_builtin;
use crate::plan::{OwnerReference, owner_references};
use crate::sync::defined_kind;

/// What becomes of the objects that a deleted one owns. Each goes with the last of its owners.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Propagation {
    /// They are deleted after it.
    #[default]
    Background,
    /// They are deleted before it: it stays until those with `blockOwnerDeletion` are gone.
    Foreground,
    /// They stay, and forget their owner.
    Orphan,
}

/// The finalizer of an owner that waits for what it owns.
const FOREGROUND: &str = "foregroundDeletion";
/// When nobody says what time it is.
const NO_TIME: &str = "1970-01-01T00:00:00Z";
/// Namespaces that every server has.
const NAMESPACES: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

impl Cluster {
    /// Deletes an object, and in the background what it owns. One with finalizers gets a `deletionTimestamp` and goes once
    /// the last of them is removed; so does a namespace with what lives in it, and a definition with what is of its kind.
    ///
    /// # Errors
    /// [`ApiError::NotFound`].
    pub fn delete(&mut self, id: &ResourceId) -> Result<(), ApiError> {
        self.delete_with(id, Propagation::Background)
    }

    /// Deletes an object, and says what becomes of those it owns.
    ///
    /// # Errors
    /// [`ApiError::NotFound`].
    pub fn delete_with(&mut self, id: &ResourceId, propagation: Propagation) -> Result<(), ApiError> {
        let key = Key::new(id);
        if !self.objects.contains_key(&key) {
            return Err(ApiError::not_found(id));
        }
        match propagation {
            Propagation::Background => {}
            Propagation::Foreground => self.hold(&key),
            Propagation::Orphan => self.orphan(&key),
        }
        self.terminate(key);
        self.sweep();
        Ok(())
    }

    /// Gives an owner of others the finalizer that makes it wait for them.
    fn hold(&mut self, key: &Key) {
        let Some(mut next) = self.objects.get(key).cloned() else { return };
        if next.is_terminating() || self.dependents(key).is_empty() {
            return;
        }
        let doc = next.document_mut();
        let Some(metadata) = doc.root().get("metadata").map(|node| node.resolved().id()) else { return };
        let list = match doc.node(metadata).get("finalizers").filter(|list| list.is_sequence()) {
            Some(list) => list.resolved().id(),
            None => {
                let list = doc.add_sequence();
                doc.map_set(metadata, "finalizers", list);
                list
            }
        };
        let name = doc.add_str(FOREGROUND);
        doc.seq_push(list, name);
        self.store(key.clone(), next);
    }

    fn orphan(&mut self, owner: &Key) {
        for key in self.dependents(owner) {
            let Some(mut next) = self.objects.get(&key).cloned() else { continue };
            self.forget_owner(&mut next, &key, owner);
            self.store(key, next);
        }
    }

    /// Removes the references of an object to one owner.
    fn forget_owner(&self, object: &mut Object, key: &Key, owner: &Key) {
        let kept: Vec<usize> = owner_references(object.resource.root())
            .enumerate()
            .filter(|(_, reference)| !self.is_owner(reference, key, owner))
            .map(|(at, _)| at)
            .collect();
        let doc = object.document_mut();
        let Some(list) = doc.root().at(["metadata", "ownerReferences"]).map(|list| list.resolved().id()) else {
            return;
        };
        let items: Vec<_> = kept.into_iter().filter_map(|at| doc.node(list).item(at).map(Node::id)).collect();
        if items.is_empty() {
            let metadata = doc.root().get("metadata").map(|node| node.resolved().id());
            if let Some(metadata) = metadata {
                doc.map_remove(metadata, "ownerReferences");
            }
        } else {
            doc.set_children(list, &items);
        }
    }

    /// Marks an object, and everything that goes with it, as on its way out.
    fn terminate(&mut self, first: Key) {
        let mut queue = vec![first];
        while let Some(key) = queue.pop() {
            let Some(mut next) = self.objects.get(&key).filter(|object| !object.is_terminating()).cloned() else {
                continue;
            };
            queue.extend(self.contents(&key));
            if next.finalizers().contains(FOREGROUND) {
                let only = |dependent: &Key| !self.has_other_owner(dependent, &key);
                queue.extend(self.dependents(&key).into_iter().filter(only));
            }
            let time = self.time.clone().unwrap_or_else(|| NO_TIME.to_owned());
            mark(next.document_mut(), &time);
            self.terminating.insert(key.clone());
            // What nothing holds goes at once; nobody sees the mark.
            if !self.is_free(&key, &next) {
                self.store(key, next);
            }
        }
    }

    /// Removes what is on its way out and held by nothing any more, and then what that held.
    pub(super) fn sweep(&mut self) {
        let mut again = !self.terminating.is_empty();
        while again {
            again = false;
            for key in self.terminating.clone() {
                again |= self.let_go(&key);
            }
        }
    }

    /// Removes one object on its way out, or its wait for what it owned. Whether anything changed.
    fn let_go(&mut self, key: &Key) -> bool {
        let Some(object) = self.objects.get(key) else { return self.terminating.remove(key) };
        if object.finalizers().contains(FOREGROUND) && !self.is_blocked(key) {
            self.release_owner(key, object.clone());
            true
        } else if self.is_free(key, object) {
            self.vanish(key, object.clone());
            true
        } else {
            false
        }
    }

    fn is_free(&self, key: &Key, object: &Object) -> bool {
        object.finalizers().is_empty() && self.contents(key).is_empty()
    }

    /// Whether an owner still has objects that must go before it.
    fn is_blocked(&self, owner: &Key) -> bool {
        let blocks = |key: &Key| {
            let references = self.objects.get(key).map(|object| owner_references(object.resource.root()));
            references.into_iter().flatten().any(|one| one.blocks && self.is_owner(&one, key, owner))
        };
        self.dependents(owner).iter().any(|key| blocks(key) && !self.has_other_owner(key, owner))
    }

    fn release_owner(&mut self, key: &Key, mut object: Object) {
        let doc = object.document_mut();
        let list = doc.root().at(["metadata", "finalizers"]).map(|list| list.resolved().id());
        if let Some(list) = list {
            let kept: Vec<_> = doc.node(list).items().filter(|name| name.text() != FOREGROUND).map(Node::id).collect();
            doc.set_children(list, &kept);
        }
        self.store(key.clone(), object);
    }

    /// An object is gone; those that it owned, and no one else does, follow.
    fn vanish(&mut self, key: &Key, mut object: Object) {
        let dependents = self.dependents(key);
        self.objects.remove(key);
        self.terminating.remove(key);
        self.unindex_owners(key, &object);
        self.version += 1;
        let version = self.version.to_string();
        let doc = object.document_mut();
        if let Some(metadata) = doc.root().get("metadata").map(|node| node.resolved().id()) {
            set_text(doc, metadata, "resourceVersion", &version);
        }
        self.backlog.push(EventType::Deleted, self.version, object.resource);
        for dependent in dependents {
            if !self.has_other_owner(&dependent, key) {
                self.terminate(dependent);
            }
        }
    }

    /// Whether any owner that an object names is there, but for one.
    fn has_other_owner(&self, key: &Key, but: &Key) -> bool {
        let Some(object) = self.objects.get(key) else { return false };
        let is_other =
            |reference: &OwnerReference<'_>, owner: &Key| owner != but && self.is_owner(reference, key, owner);
        owner_references(object.resource.root())
            .any(|reference| reference.keys(key).iter().any(|owner| is_other(&reference, owner)))
    }

    /// What lives in a namespace, or is of the kind that a definition brings.
    fn contents(&self, key: &Key) -> Vec<Key> {
        let [group, kind, _, name] = &key.0;
        match (group.as_str(), kind.as_str()) {
            ("", "Namespace") => {
                let lives = |object: &Object| object.resource.namespace() == Some(name);
                self.objects.iter().filter(|(_, object)| lives(object)).map(|(key, _)| key.clone()).collect()
            }
            ("apiextensions.k8s.io", "CustomResourceDefinition") => {
                let defined = self.objects.get(key).and_then(|object| defined_kind(object.resource.root()));
                let Some((group, kind)) = defined.as_deref().and_then(|defined| defined.split_once('/')) else {
                    return Vec::new();
                };
                let first = Key([group.to_owned(), kind.to_owned(), String::new(), String::new()]);
                let same = |own: &&Key| own.0[0] == group && own.0[1] == kind && *own != key;
                self.objects.range(first..).map(|(own, _)| own).take_while(same).cloned().collect()
            }
            _ => Vec::new(),
        }
    }

    /// What names an object as its owner.
    fn dependents(&self, owner: &Key) -> Vec<Key> {
        let named = self.owned.get(owner).into_iter().flatten();
        let owns = |key: &&Key| {
            let references = self.objects.get(*key).map(|object| owner_references(object.resource.root()));
            references.into_iter().flatten().any(|reference| self.is_owner(&reference, key, owner))
        };
        named.filter(owns).cloned().collect()
    }

    /// Whether a reference means this object: by its uid, where it says one.
    fn is_owner(&self, reference: &OwnerReference<'_>, owned: &Key, owner: &Key) -> bool {
        let Some(object) = self.objects.get(owner) else { return false };
        let same_uid = reference.uid.is_empty() || reference.uid == object.metadata("uid");
        same_uid && reference.keys(owned).contains(owner)
    }

    pub(super) fn index_owners(&mut self, key: &Key, object: &Object) {
        if let Some(before) = self.objects.get(key).cloned() {
            self.unindex_owners(key, &before);
        }
        for owner in owner_references(object.resource.root()).flat_map(|reference| reference.keys(key)) {
            self.owned.entry(owner).or_default().insert(key.clone());
        }
    }

    fn unindex_owners(&mut self, key: &Key, object: &Object) {
        for owner in owner_references(object.resource.root()).flat_map(|reference| reference.keys(key)) {
            if let Some(owned) = self.owned.get_mut(&owner) {
                owned.remove(key);
                if owned.is_empty() {
                    self.owned.remove(&owner);
                }
            }
        }
    }

    /// Whether the server would take an object in: its namespace and its kind are there.
    pub(super) fn admit(&self, object: &Resource) -> Result<(), ApiError> {
        let namespace = object.namespace().filter(|name| !NAMESPACES.contains(name));
        if let Some(name) = namespace {
            let gvk = GroupVersionKind::new("v1", "Namespace");
            let id = ResourceId { gvk, namespace: None, name: name.to_owned() };
            match self.objects.get(&Key::new(&id)) {
                Some(found) if found.is_terminating() => {
                    return Err(ApiError::Terminating { id: Box::new(object.id()), namespace: name.to_owned() });
                }
                None if self.strict => return Err(ApiError::NotFound(Box::new(id))),
                _ => {}
            }
        }
        if self.strict && !self.knows(object) {
            return Err(ApiError::UnknownKind(Box::new(object.id())));
        }
        Ok(())
    }

    fn knows(&self, object: &Resource) -> bool {
        let gvk = object.gvk();
        let kind = format!("{}/{}", gvk.group, gvk.kind);
        let of_kind = |object: &Object| defined_kind(object.resource.root()).as_ref() == Some(&kind);
        is_builtin(&gvk.group) || self.definitions().any(of_kind)
    }

    pub(super) fn definitions(&self) -> impl Iterator<Item = &Object> {
        let part = ["apiextensions.k8s.io", "CustomResourceDefinition", "", ""].map(str::to_owned);
        let same = |key: &&Key| key.0[1] == "CustomResourceDefinition" && key.0[0] == "apiextensions.k8s.io";
        self.objects.range(Key(part)..).take_while(move |(key, _)| same(key)).map(|(_, object)| object)
    }
}

/// Writes down since when an object is on its way out.
fn mark(doc: &mut Document, time: &str) {
    let Some(metadata) = doc.root().get("metadata").map(|node| node.resolved().id()) else { return };
    set_text(doc, metadata, "deletionTimestamp", time);
    let none = doc.add_int(0);
    doc.map_set(metadata, "deletionGracePeriodSeconds", none);
}
