//! What an object cannot be without: its namespace, the definition of its kind, its owners.

use std::collections::HashMap;

use longshore_manifest::{GroupVersionKind, Resource};
use longshore_yaml::Node;

use crate::assess::Key;
use crate::sync::defined_kind;

/// How an object hangs on another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tie {
    /// It lives in that namespace.
    Namespace,
    /// That one defines its kind.
    Definition,
    /// That one owns it.
    Owner,
}

/// An entry of `metadata.ownerReferences`.
pub(crate) struct OwnerReference<'a> {
    gvk: GroupVersionKind,
    name: &'a str,
    pub(crate) uid: &'a str,
    /// Whether the owner, deleted in the foreground, waits for the owned.
    pub(crate) blocks: bool,
}

impl OwnerReference<'_> {
    /// The keys under which the owner may stand: in the namespace of what it owns, or in none.
    pub(crate) fn keys(&self, owned: &Key) -> [Key; 2] {
        let key = |namespace: &str| {
            Key([self.gvk.group.clone(), self.gvk.kind.clone(), namespace.to_owned(), self.name.to_owned()])
        };
        [key(&owned.0[2]), key("")]
    }
}

/// Who owns an object.
pub(crate) fn owner_references<'a>(object: Node<'a>) -> impl Iterator<Item = OwnerReference<'a>> {
    let list = object.at(["metadata", "ownerReferences"]).into_iter().flat_map(Node::items);
    list.map(|entry| {
        let text = |key: &str| entry.get(key).map_or("", Node::text);
        let gvk = GroupVersionKind::new(text("apiVersion"), text("kind"));
        let blocks = entry.get("blockOwnerDeletion").and_then(Node::as_bool) == Some(true);
        OwnerReference { gvk, name: text("name"), uid: text("uid"), blocks }
    })
}

/// Objects that others may hang on, by what they provide.
#[derive(Debug, Default)]
pub(crate) struct Providers {
    namespaces: HashMap<String, usize>,
    kinds: HashMap<String, usize>,
    objects: HashMap<Key, usize>,
}

impl Providers {
    /// Gathers objects under their numbers; of two that provide the same, the first counts.
    pub(crate) fn new<'a>(objects: impl IntoIterator<Item = (usize, &'a Resource)>) -> Self {
        let mut providers = Providers::default();
        for (at, object) in objects {
            let key = Key::of(object);
            if is_namespace(&key) {
                providers.namespaces.entry(key.0[3].clone()).or_insert(at);
            }
            if let Some(kind) = defined_kind(object.root()) {
                providers.kinds.entry(kind).or_insert(at);
            }
            providers.objects.entry(key).or_insert(at);
        }
        providers
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// What an object hangs on, by number.
    pub(crate) fn of(&self, object: &Resource) -> Vec<(usize, Tie)> {
        let namespace = object.namespace().and_then(|name| self.namespaces.get(name));
        let key = Key::of(object);
        let kind = self.kinds.get(&format!("{}/{}", key.0[0], key.0[1]));
        let owners = owner_references(object.root())
            .filter_map(|owner| owner.keys(&key).iter().find_map(|key| self.objects.get(key)).copied());
        let ties = namespace.map(|at| (*at, Tie::Namespace)).into_iter().chain(kind.map(|at| (*at, Tie::Definition)));
        ties.chain(owners.map(|at| (at, Tie::Owner))).collect()
    }
}

pub(crate) fn is_namespace(key: &Key) -> bool {
    key.0[0].is_empty() && key.0[1] == "Namespace"
}
