//! The artifact that `flux push artifact` makes.

use std::collections::BTreeMap;

use super::gzip::{Compression, compress};
use super::{Blob, Packed, Tree, object, text};
use crate::digest::Digest;
use crate::document::Document;
use crate::media_type;
use crate::time::rfc3339;

/// What is said about a Flux artifact beside its files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FluxOptions {
    /// When it was made, in seconds since 1970: part of the manifest, so that the same time gives the same digest.
    pub created: i64,
    /// Where the files come from, mostly the URL of a repository.
    pub source: String,
    /// Which state of that, as `branch@sha1:commit`.
    pub revision: String,
    /// More annotations of the manifest.
    pub annotations: BTreeMap<String, String>,
    /// How the layer is compressed.
    pub compression: Compression,
}

/// The configuration of every Flux artifact: an image's with nothing in it, as Go's zero values print.
const CONFIG: &str = concat!(
    r#"{"architecture":"","created":"0001-01-01T00:00:00Z","os":"","#,
    r#""rootfs":{"type":"layers","diff_ids":null},"config":{}}"#
);

/// Packs a tree as Flux does: one layer, a gzipped tar, and a manifest with its annotations.
///
/// The tar and the manifest's form are Flux's own bytes. The compressed layer is not, since Go and Rust compress
/// differently: compare artifacts by [`Packed::content_id`].
///
/// Source: fluxcd/pkg `tar`, `oci` and flux2 `push artifact --reproducible`.
pub fn pack_flux(tree: &Tree, options: &FluxOptions) -> Packed {
    let tar = tree.to_tar();
    let config = Blob::new(media_type::FLUX_CONFIG, CONFIG.as_bytes().to_vec());
    let layer = Blob::new(media_type::FLUX_CONTENT, compress(&tar, options.compression));
    let mut annotations = options.annotations.clone();
    annotations.insert("org.opencontainers.image.created".to_owned(), rfc3339(options.created));
    for (name, value) in [("source", &options.source), ("revision", &options.revision)] {
        if !value.is_empty() {
            annotations.insert(format!("org.opencontainers.image.{name}"), value.clone());
        }
    }
    let manifest = object(&[
        ("schemaVersion", "2".to_owned()),
        ("mediaType", text(media_type::MANIFEST)),
        ("config", descriptor(&config)),
        ("layers", format!("[{}]", descriptor(&layer))),
        ("annotations", serde_json::to_string(&annotations).expect("texts are JSON")),
    ]);
    let manifest = Document::parse(manifest.into_bytes()).expect("it was put together by the specification");
    Packed { manifest, blobs: vec![config, layer], content_id: Digest::of(tar) }
}

/// Go's order of a descriptor's fields, in that library.
fn descriptor(blob: &Blob) -> String {
    object(&[
        ("mediaType", text(blob.descriptor.media_type().as_ref())),
        ("size", blob.descriptor.size().to_string()),
        ("digest", text(blob.descriptor.digest().as_ref())),
    ])
}
