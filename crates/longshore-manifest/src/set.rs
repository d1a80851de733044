//! Resources in order.

use crate::id::ResourceId;
use crate::resource::Resource;

/// Resources in a stated order, as a build prints them or a cluster lists them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResourceSet {
    resources: Vec<Resource>,
}

impl ResourceSet {
    /// An empty set.
    pub fn new() -> Self {
        ResourceSet::default()
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

    /// The first resource with this identity.
    pub fn get(&self, id: &ResourceId) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.id() == *id)
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

impl FromIterator<Resource> for ResourceSet {
    fn from_iter<I: IntoIterator<Item = Resource>>(resources: I) -> Self {
        ResourceSet { resources: resources.into_iter().collect() }
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
