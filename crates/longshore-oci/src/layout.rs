//! Image layouts: images as files, without a registry.

mod fs;
mod index;
mod verify;
mod write;

use std::path::{Path, PathBuf};

use oci_spec::image::Descriptor;

use crate::digest::{Digest, DigestError};
use crate::document::{Document, DocumentError};
use crate::hasher::VerifyError;
use crate::reference::{Tag, TagError};
pub use fs::{read_tree, write_tree};
pub use verify::{Garbage, LayoutFinding};

const LAYOUT_FILE: &str = "oci-layout";
const LAYOUT_JSON: &str = r#"{"imageLayoutVersion":"1.0.0"}"#;
const INDEX_FILE: &str = "index.json";
const BLOBS: &str = "blobs";
/// The annotation that names an image in `index.json`.
const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// A folder of images: `oci-layout`, `index.json`, and `blobs/ALGORITHM/ENCODED`.
///
/// Every blob is hashed when it is read; what does not fit its digest is an error, not content. Writing is safe against
/// a crash, since each file is written beside its place and renamed, and against other writers that use this type, since
/// changes of `index.json` hold a lock on `oci-layout`. Blobs never change once written, so that readers need no lock.
///
/// Fields of `index.json` that this crate does not know are kept.
///
/// Source: image-spec `image-layout.md`.
#[derive(Clone, Debug)]
pub struct Layout {
    root: PathBuf,
}

/// An image of a layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayoutImage {
    /// Its name, where it has one: mostly a tag.
    pub name: Option<String>,
    /// What it points to.
    pub descriptor: Descriptor,
}

/// What went wrong with a layout, and in which file.
#[derive(Debug, thiserror::Error)]
#[error("{}: {kind}", path.display())]
pub struct LayoutError {
    path: PathBuf,
    kind: LayoutErrorKind,
}

/// What can go wrong with a layout.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayoutErrorKind {
    /// The medium failed.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// Not a layout, or of a version this code does not know.
    #[error("not an image layout: {0}")]
    NotLayout(String),
    /// `index.json`, or a manifest, is not a document.
    #[error("{0}")]
    Document(#[from] DocumentError),
    /// Bytes that are not those of their digest.
    #[error("{0}")]
    Verify(#[from] VerifyError),
    /// A digest that cannot be verified.
    #[error("{0}")]
    Digest(#[from] DigestError),
    /// No image of this name.
    #[error("no image is named '{name}': there is {}", shown(known))]
    NoSuchImage {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// Several images, and none was named.
    #[error("there are several images, name one of {}", shown(.0))]
    Unnamed(Vec<String>),
    /// A manifest without all that it points to.
    #[error("points to {0}, which is not here: write it first")]
    Incomplete(Digest),
    /// A name that is none.
    #[error("{0}")]
    Tag(#[from] TagError),
    /// Larger than its reader lets through.
    #[error("{size} bytes: at most {limit} are read")]
    TooLarge {
        /// How large it is.
        size: u64,
        /// How much is read.
        limit: u64,
    },
    /// Manifests that point to more manifests than are followed.
    #[error("manifests nest too deeply, or there are too many")]
    TooManyDocuments,
}

fn shown(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

impl LayoutError {
    fn new(path: impl Into<PathBuf>, kind: impl Into<LayoutErrorKind>) -> Self {
        LayoutError { path: path.into(), kind: kind.into() }
    }

    /// The file it is about.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What went wrong.
    pub fn kind(&self) -> &LayoutErrorKind {
        &self.kind
    }
}

impl Layout {
    /// Largest blob that [`read_blob`](Layout::read_blob) holds in memory.
    pub const MAX_BLOB: u64 = 1 << 30;
    /// Most documents that are followed from `index.json`.
    pub const MAX_DOCUMENTS: usize = 100_000;

    /// Opens a layout that is there.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, LayoutError> {
        let layout = Layout { root: root.into() };
        layout.check_version()?;
        Ok(layout)
    }

    /// Opens a layout, making it first if the folder is missing or empty.
    pub fn create(root: impl Into<PathBuf>) -> Result<Self, LayoutError> {
        let layout = Layout { root: root.into() };
        layout.make()?;
        Ok(layout)
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// All images of `index.json`, in its order.
    pub fn images(&self) -> Result<Vec<LayoutImage>, LayoutError> {
        let index = self.read_index()?;
        let manifests = index.index().map(|index| index.manifests().clone()).unwrap_or_default();
        let named = |descriptor: &Descriptor| descriptor.annotations().as_ref()?.get(REF_NAME).cloned();
        Ok(manifests.into_iter().map(|descriptor| LayoutImage { name: named(&descriptor), descriptor }).collect())
    }

    /// The image of a name; without a name the only one there is.
    pub fn resolve(&self, name: Option<&str>) -> Result<Descriptor, LayoutError> {
        let images = self.images()?;
        let names = || images.iter().map(|image| image.name.clone().unwrap_or_else(|| "(unnamed)".to_owned()));
        let error = |kind| Err(LayoutError::new(self.root.join(INDEX_FILE), kind));
        match (name, &images[..]) {
            (None, [only]) => Ok(only.descriptor.clone()),
            (None, _) => error(LayoutErrorKind::Unnamed(names().collect())),
            (Some(name), _) => {
                let found = images
                    .iter()
                    .find(|image| image.name.as_deref() == Some(name) || image.descriptor.digest().as_ref() == name);
                match found {
                    Some(image) => Ok(image.descriptor.clone()),
                    None => error(LayoutErrorKind::NoSuchImage { name: name.to_owned(), known: names().collect() }),
                }
            }
        }
    }

    /// A manifest or index, verified.
    pub fn document(&self, descriptor: &Descriptor) -> Result<Document, LayoutError> {
        let (digest, path) = self.locate(descriptor)?;
        let bytes = self.read_verified(&digest, Some(descriptor.size()), Document::MAX_LEN as u64)?;
        Document::parse(bytes).map_err(|error| LayoutError::new(path, error))
    }

    /// A blob, verified against digest and size, up to [`Layout::MAX_BLOB`].
    pub fn read_blob(&self, descriptor: &Descriptor) -> Result<Vec<u8>, LayoutError> {
        let (digest, _) = self.locate(descriptor)?;
        self.read_verified(&digest, Some(descriptor.size()), Layout::MAX_BLOB)
    }

    /// The file of a digest, whether it is there or not.
    pub fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.root.join(BLOBS).join(digest.algorithm().as_str()).join(digest.encoded())
    }

    fn locate(&self, descriptor: &Descriptor) -> Result<(Digest, PathBuf), LayoutError> {
        let digest =
            Digest::try_from(descriptor.digest()).map_err(|error| LayoutError::new(self.root.join(BLOBS), error))?;
        let path = self.blob_path(&digest);
        Ok((digest, path))
    }

    /// A name as `index.json` may have it: a tag, which is what all tools read.
    fn check_name(&self, name: &str) -> Result<Tag, LayoutError> {
        name.parse().map_err(|error: TagError| LayoutError::new(self.root.join(INDEX_FILE), error))
    }
}

/// A layout and an image in it, as tools write it: `path`, `path:name`, `path@digest`, also behind `oci:` or `ocidir://`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayoutReference {
    /// The folder.
    pub path: PathBuf,
    /// The image's name.
    pub name: Option<String>,
    /// The image's digest.
    pub digest: Option<Digest>,
}

impl LayoutReference {
    /// Name or digest, whichever is there.
    pub fn image(&self) -> Option<&str> {
        self.digest.as_ref().map(Digest::as_str).or(self.name.as_deref())
    }
}

impl std::str::FromStr for LayoutReference {
    type Err = LayoutError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let body = ["ocidir://", "oci-layout://", "oci:"].iter().find_map(|scheme| text.strip_prefix(scheme));
        let body = body.unwrap_or(text);
        let (rest, digest) = match body.rsplit_once('@') {
            Some((rest, digest)) => {
                (rest, Some(digest.parse::<Digest>().map_err(|error| LayoutError::new(body, error))?))
            }
            None => (body, None),
        };
        // A colon before the last slash belongs to the path.
        let name_at = rest.rfind(':').filter(|&at| !rest[at..].contains('/'));
        let (path, name) = name_at.map_or((rest, None), |at| (&rest[..at], Some(&rest[at + 1..])));
        if let Some(name) = name {
            name.parse::<Tag>().map_err(|error| LayoutError::new(body, error))?;
        }
        if path.is_empty() {
            return Err(LayoutError::new(body, LayoutErrorKind::NotLayout("expected PATH[:NAME][@DIGEST]".to_owned())));
        }
        Ok(LayoutReference { path: path.into(), name: name.map(str::to_owned), digest })
    }
}
