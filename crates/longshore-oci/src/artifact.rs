//! Artifacts: a tree of files as content that any registry keeps, the same bytes every time.

mod collect;
mod flux;
mod gzip;
mod oras;
mod tar;
mod tree;
mod unpack;

use oci_spec::image::Descriptor;

use crate::digest::Digest;
use crate::document::Document;
pub use collect::unpack_artifact;
pub use flux::{FluxOptions, pack_flux};
pub use gzip::Compression;
pub use oras::{OrasOptions, pack_files};
pub use tree::{FileEntry, Tree, TreeError};
pub use unpack::{Links, UnpackError, UnpackLimits, unpack};

/// A blob with its descriptor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// Media type, size and digest.
    pub descriptor: Descriptor,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Blob {
    /// Bytes under a media type, described.
    pub fn new(media_type: &str, bytes: Vec<u8>) -> Self {
        let digest = Digest::of(&bytes);
        Blob { descriptor: Descriptor::new(media_type.into(), bytes.len() as u64, &digest), bytes }
    }
}

/// What packing made: a manifest, the blobs it points to, and what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// The manifest.
    pub manifest: Document,
    /// Configuration and layers.
    pub blobs: Vec<Blob>,
    /// The digest of the tree as an uncompressed tar.
    ///
    /// Compressors differ between tools and releases, so that the same files have several layer digests; they have one
    /// content id.
    pub content_id: Digest,
}

/// JSON fields in the order given.
pub(crate) fn object(fields: &[(&str, String)]) -> String {
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{}:{value}", text(name))).collect();
    format!("{{{}}}", fields.join(","))
}

/// A JSON text.
pub(crate) fn text(text: &str) -> String {
    serde_json::to_string(text).expect("a text is JSON")
}
