//! One Kubernetes document.

use longshore_yaml::{Document, Location, Node};

use crate::gvk::GroupVersionKind;
use crate::id::ResourceId;

/// A document with `apiVersion`, `kind` and `metadata.name`.
///
/// The document is public to change; what identifies the resource is read from it each time, so a changed name is a
/// changed identity.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    doc: Document,
}

/// A document that is not a resource.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", location.as_ref().map(|at| format!("{at}: ")).unwrap_or_default())]
pub struct ResourceError {
    /// Where the document begins.
    pub location: Option<Location>,
    /// What it lacks.
    pub message: String,
}

impl Resource {
    /// Takes a document in. It must be a mapping with `apiVersion`, `kind` and `metadata.name`.
    pub fn new(doc: Document) -> Result<Self, ResourceError> {
        let root = doc.root();
        let missing = [&["apiVersion"][..], &["kind"], &["metadata", "name"]]
            .into_iter()
            .find(|path| root.at(path.iter().copied()).is_none_or(|node| node.text().is_empty()));
        match missing {
            Some(path) => {
                let message = format!("not a resource: {} is missing", path.join("."));
                Err(ResourceError { location: root.location(), message })
            }
            None => Ok(Resource { doc }),
        }
    }

    /// Takes a document in as it is. What it lacks of `apiVersion`, `kind` and `metadata.name` is empty.
    pub fn unchecked(doc: Document) -> Self {
        Resource { doc }
    }

    /// The document.
    pub fn document(&self) -> &Document {
        &self.doc
    }

    /// The document, to change it.
    pub fn document_mut(&mut self) -> &mut Document {
        &mut self.doc
    }

    /// Gives the document back.
    pub fn into_document(self) -> Document {
        self.doc
    }

    /// Its root node.
    pub fn root(&self) -> Node<'_> {
        self.doc.root()
    }

    /// `apiVersion`, empty where it is gone.
    pub fn api_version(&self) -> &str {
        self.text(&["apiVersion"])
    }

    /// `kind`, empty where it is gone.
    pub fn kind(&self) -> &str {
        self.text(&["kind"])
    }

    /// `metadata.name`, empty where it is gone.
    pub fn name(&self) -> &str {
        self.text(&["metadata", "name"])
    }

    /// `metadata.namespace`, where it is written.
    pub fn namespace(&self) -> Option<&str> {
        Some(self.text(&["metadata", "namespace"])).filter(|namespace| !namespace.is_empty())
    }

    /// Group, version and kind.
    pub fn gvk(&self) -> GroupVersionKind {
        GroupVersionKind::new(self.api_version(), self.kind())
    }

    /// Type, namespace and name.
    pub fn id(&self) -> ResourceId {
        ResourceId { gvk: self.gvk(), namespace: self.namespace().map(str::to_owned), name: self.name().to_owned() }
    }

    /// Whether this is its identity; asks without making one.
    pub fn is(&self, id: &ResourceId) -> bool {
        let (group, version) = self.api_version().split_once('/').unwrap_or(("", self.api_version()));
        self.name() == id.name
            && self.kind() == id.gvk.kind
            && self.namespace() == id.namespace.as_deref()
            && (group, version) == (&*id.gvk.group, &*id.gvk.version)
    }

    /// `metadata.labels`, where there are any.
    pub fn labels(&self) -> Option<Node<'_>> {
        self.root().at(["metadata", "labels"])
    }

    /// `metadata.annotations`, where there are any.
    pub fn annotations(&self) -> Option<Node<'_>> {
        self.root().at(["metadata", "annotations"])
    }

    fn text(&self, path: &[&str]) -> &str {
        self.root().at(path.iter().copied()).map_or("", Node::text)
    }
}
