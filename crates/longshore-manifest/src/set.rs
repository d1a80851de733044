//! Resources in order.

use std::collections::HashMap;
use std::sync::Arc;

use longshore_yaml::{Document, Node, ReadError, ReadOptions, SourceFile, read};

use crate::id::ResourceId;
use crate::order::apply_order;
use crate::resource::{Resource, ResourceError};

/// Resources in a stated order, as a build prints them or a cluster lists them.
///
/// A set may hold two resources of one identity; [`ResourceSet::get`] finds the first.
///
/// ```
/// use longshore_manifest::ResourceSet;
/// use longshore_yaml::{ReadOptions, SourceFile};
///
/// let text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: prod}\n---\napiVersion: v1\nkind: List\nitems:\n\
///     - {apiVersion: v1, kind: Secret, metadata: {name: key, namespace: prod}}\n";
/// let set = ResourceSet::read(&SourceFile::new("all.yaml", text), &ReadOptions::default())?;
/// let ids: Vec<String> = set.iter().map(|resource| resource.id().to_string()).collect();
/// assert_eq!(ids, ["v1/Namespace/prod", "v1/Secret/prod/key"]);
/// # Ok::<(), longshore_manifest::ReadSetError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResourceSet {
    resources: Vec<Resource>,
}

/// A text that holds something else than resources.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadSetError {
    /// It is no YAML.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A document is no resource.
    #[error(transparent)]
    Resource(#[from] ResourceError),
}

impl ResourceSet {
    /// An empty set.
    pub fn new() -> Self {
        ResourceSet::default()
    }

    /// Reads all resources of a text in order; a list (`kind: List`, `DeploymentList`, …) stands for its items.
    ///
    /// # Errors
    /// Text that is no YAML, or a document that is no resource, with its place.
    pub fn read(file: &Arc<SourceFile>, options: &ReadOptions) -> Result<Self, ReadSetError> {
        let mut set = ResourceSet::new();
        for doc in read(file, options)? {
            set.push_document(doc)?;
        }
        Ok(set)
    }

    /// Adds the resource, or the items of the list, that a document is.
    ///
    /// Lists inside lists are followed 16 deep.
    ///
    /// # Errors
    /// A document that is no resource; then nothing is added.
    pub fn push_document(&mut self, doc: Document) -> Result<(), ResourceError> {
        let before = self.resources.len();
        let outcome = self.expand(doc, 16);
        if outcome.is_err() {
            self.resources.truncate(before);
        }
        outcome
    }

    fn expand(&mut self, doc: Document, depth: usize) -> Result<(), ResourceError> {
        let Some(items) = list_items(doc.root()).filter(|_| depth > 0) else {
            self.resources.push(Resource::new(doc)?);
            return Ok(());
        };
        items.items().try_for_each(|item| self.expand(Document::from_node(item), depth - 1))
    }

    /// Number of resources.
    pub fn len(&self) -> usize {
        self.resources.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }

    /// The resources in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Resource> {
        self.resources.iter()
    }

    /// The resources in order, to change them.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Resource> {
        self.resources.iter_mut()
    }

    /// The first resource with this identity. Takes time in proportion to the set; see [`ResourceSet::index`].
    pub fn get(&self, id: &ResourceId) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.is(id))
    }

    /// The first resource with this identity, to change it.
    pub fn get_mut(&mut self, id: &ResourceId) -> Option<&mut Resource> {
        self.resources.iter_mut().find(|resource| resource.is(id))
    }

    /// Place of the first resource with this identity.
    pub fn position(&self, id: &ResourceId) -> Option<usize> {
        self.resources.iter().position(|resource| resource.is(id))
    }

    /// Removes the first resource with this identity and gives it.
    pub fn remove(&mut self, id: &ResourceId) -> Option<Resource> {
        self.position(id).map(|at| self.resources.remove(at))
    }

    /// Keeps the resources for which `keep` says so.
    pub fn retain(&mut self, keep: impl FnMut(&Resource) -> bool) {
        self.resources.retain(keep);
    }

    /// Place of each identity, for many look-ups; of two resources with one identity, the first.
    pub fn index(&self) -> HashMap<ResourceId, usize> {
        let mut index = HashMap::with_capacity(self.resources.len());
        for (at, resource) in self.resources.iter().enumerate() {
            index.entry(resource.id()).or_insert(at);
        }
        index
    }

    /// Identities that more than one resource has, in order of their second.
    pub fn duplicates(&self) -> Vec<ResourceId> {
        let index = self.index();
        let ids = self.resources.iter().map(Resource::id).enumerate();
        ids.filter(|(at, id)| index[id] != *at).map(|(_, id)| id).collect()
    }

    /// Brings the resources into the order of applying, see [`apply_order`].
    pub fn sort_for_apply(&mut self) {
        self.resources.sort_by_cached_key(|resource| ApplyKey(resource.id()));
    }

    /// Adds a resource at the end.
    pub fn push(&mut self, resource: Resource) {
        self.resources.push(resource);
    }

    /// The resources as a slice.
    pub fn as_slice(&self) -> &[Resource] {
        &self.resources
    }
}

#[derive(PartialEq, Eq)]
struct ApplyKey(ResourceId);

impl PartialOrd for ApplyKey {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ApplyKey {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        apply_order(&self.0, &other.0)
    }
}

/// The items of a list as servers give them: `kind` ends in `List` and there is no name.
fn list_items(root: Node<'_>) -> Option<Node<'_>> {
    let is_list = root.get("kind")?.text().ends_with("List") && root.at(["metadata", "name"]).is_none();
    root.get("items").filter(|items| is_list && items.is_sequence())
}

impl FromIterator<Resource> for ResourceSet {
    fn from_iter<I: IntoIterator<Item = Resource>>(resources: I) -> Self {
        ResourceSet { resources: resources.into_iter().collect() }
    }
}

impl Extend<Resource> for ResourceSet {
    fn extend<I: IntoIterator<Item = Resource>>(&mut self, resources: I) {
        self.resources.extend(resources);
    }
}

impl IntoIterator for ResourceSet {
    type Item = Resource;
    type IntoIter = std::vec::IntoIter<Resource>;

    fn into_iter(self) -> Self::IntoIter {
        self.resources.into_iter()
    }
}

impl<'a> IntoIterator for &'a ResourceSet {
    type Item = &'a Resource;
    type IntoIter = std::slice::Iter<'a, Resource>;

    fn into_iter(self) -> Self::IntoIter {
        self.resources.iter()
    }
}

impl<'a> IntoIterator for &'a mut ResourceSet {
    type Item = &'a mut Resource;
    type IntoIter = std::slice::IterMut<'a, Resource>;

    fn into_iter(self) -> Self::IntoIter {
        self.resources.iter_mut()
    }
}
