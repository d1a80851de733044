//! Manifests and indexes with the bytes they came in.

mod json;
mod schema;

use std::fmt;
use std::sync::Arc;

use oci_spec::image::{Descriptor, ImageIndex, ImageManifest};
use serde_json::Value;

use crate::digest::Digest;
use crate::media_type;
pub use schema::{DocumentKind, check};

/// What a document is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// An image, or another artifact.
    Manifest(Box<ImageManifest>),
    /// A list of manifests, mostly one for each platform.
    Index(Box<ImageIndex>),
}

/// A manifest or an index together with its bytes.
///
/// The digest is of the bytes as they were read, and they are what is passed on: a document is never written anew, so
/// that unknown fields, spacing and order survive. A document that could be taken for both kinds is refused, as is one
/// with the same field twice: two readers must not see two images in it.
///
/// Source: image-spec `manifest.md`, `image-index.md`; the refusal, CVE-2021-41190.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    bytes: Arc<[u8]>,
    digest: Digest,
    content: Content,
}

impl Document {
    /// Largest document in bytes, as registries have it.
    pub const MAX_LEN: usize = 4 << 20;

    /// Reads a manifest or index.
    pub fn parse(bytes: impl Into<Arc<[u8]>>) -> Result<Self, DocumentError> {
        let bytes = bytes.into();
        let value = json::read(&bytes)?;
        let content = match kind_of(&value)? {
            DocumentKind::Index => {
                schema::check_value(DocumentKind::Index, &value)?;
                Content::Index(Box::new(typed(&bytes)?))
            }
            _ => {
                schema::check_readable_manifest(&value)?;
                Content::Manifest(Box::new(typed(&bytes)?))
            }
        };
        Ok(Document { digest: Digest::of(&bytes), bytes, content })
    }

    /// The bytes as they were read.
    pub fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    /// The SHA-256 digest of the bytes.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// What it says.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// The manifest, if it is one.
    pub fn manifest(&self) -> Option<&ImageManifest> {
        match &self.content {
            Content::Manifest(manifest) => Some(manifest),
            Content::Index(_) => None,
        }
    }

    /// The index, if it is one.
    pub fn index(&self) -> Option<&ImageIndex> {
        match &self.content {
            Content::Index(index) => Some(index),
            Content::Manifest(_) => None,
        }
    }

    /// Its media type: the one it names, or else OCI's for its kind.
    pub fn media_type(&self) -> String {
        let (named, default) = match &self.content {
            Content::Manifest(manifest) => (manifest.media_type(), media_type::MANIFEST),
            Content::Index(index) => (index.media_type(), media_type::INDEX),
        };
        named.as_ref().map_or_else(|| default.to_owned(), ToString::to_string)
    }

    /// A descriptor of these bytes.
    pub fn descriptor(&self) -> Descriptor {
        Descriptor::new(self.media_type().as_str().into(), self.bytes.len() as u64, &self.digest)
    }

    /// Every blob and document it points to, in order: configuration and layers, or manifests.
    pub fn references(&self) -> Vec<&Descriptor> {
        match &self.content {
            Content::Manifest(manifest) => std::iter::once(manifest.config()).chain(manifest.layers()).collect(),
            Content::Index(index) => index.manifests().iter().collect(),
        }
    }
}

fn typed<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, DocumentError> {
    serde_json::from_slice(bytes).map_err(|error| DocumentError::Json(error.to_string()))
}

/// Which kind a document is, by its fields and by what it calls itself: the two must agree.
fn kind_of(value: &Value) -> Result<DocumentKind, DocumentError> {
    let has = |field: &str| value.get(field).is_some();
    let named = value.get("mediaType").and_then(Value::as_str).unwrap_or_default();
    let kind = match (has("manifests"), has("layers") || has("config")) {
        (true, true) => return Err(DocumentError::Ambiguous("it has manifests beside config or layers")),
        (true, false) => DocumentKind::Index,
        (false, true) => DocumentKind::Manifest,
        (false, false) => return Err(DocumentError::Unknown),
    };
    let contradicts = match kind {
        DocumentKind::Index => media_type::is_manifest(named),
        _ => media_type::is_index(named),
    };
    if contradicts { Err(DocumentError::Ambiguous("its mediaType says otherwise than its fields")) } else { Ok(kind) }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({}, {})", self.media_type(), self.digest)
    }
}

/// Why bytes are not a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// Not JSON, or a field twice; the message has line and column.
    #[error("not a document: {0}")]
    Json(String),
    /// More than [`Document::MAX_LEN`].
    #[error("document of {0} bytes: at most {max} are read", max = Document::MAX_LEN)]
    TooLarge(usize),
    /// It could be taken for a manifest and for an index.
    #[error("refused as both a manifest and an index: {0}")]
    Ambiguous(&'static str),
    /// Neither a manifest nor an index.
    #[error("neither a manifest nor an index: it has no manifests, config or layers")]
    Unknown,
    /// A field that the specification does not allow.
    #[error("{pointer}: expected {expected}")]
    Field {
        /// Where, as a JSON pointer.
        pointer: String,
        /// What belongs there.
        expected: &'static str,
    },
}
