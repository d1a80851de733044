//! Artifacts in the manner of ORAS: each file a layer of its own, under its name.

use std::collections::BTreeMap;

use super::{Blob, Packed, Tree, object, text};
use crate::digest::Digest;
use crate::document::Document;
use crate::media_type;
use crate::time::rfc3339;

/// What is said about an artifact of files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrasOptions {
    /// What kind of artifact it is, a media type.
    pub artifact_type: String,
    /// The media type of every file.
    pub file_type: String,
    /// When it was made, in seconds since 1970; `None` leaves it out.
    pub created: Option<i64>,
    /// More annotations of the manifest.
    pub annotations: BTreeMap<String, String>,
}

impl Default for OrasOptions {
    fn default() -> Self {
        OrasOptions {
            artifact_type: "application/vnd.unknown.artifact.v1".to_owned(),
            file_type: media_type::LAYER.to_owned(),
            created: None,
            annotations: BTreeMap::new(),
        }
    }
}

/// On a layer: the path of the file that it is.
pub(super) const TITLE: &str = "org.opencontainers.image.title";
const EMPTY: &[u8] = b"{}";

/// Packs each file of a tree as a layer with its path as title, which is what ORAS pulls. Folders are not kept.
///
/// Source: ORAS; image-spec `manifest.md`, guidelines for artifact usage.
pub fn pack_files(tree: &Tree, options: &OrasOptions) -> Packed {
    let files = tree.iter().filter_map(|(path, entry)| entry.map(|file| (path, file)));
    let files: Vec<(String, Blob)> =
        files.map(|(path, file)| (path, Blob::new(&options.file_type, file.bytes.to_vec()))).collect();
    let config = Blob::new(media_type::EMPTY, EMPTY.to_vec());
    let mut annotations = options.annotations.clone();
    if let Some(created) = options.created {
        annotations.insert("org.opencontainers.image.created".to_owned(), rfc3339(created));
    }
    let titled = |(path, blob): &(String, Blob)| descriptor(blob, &[("annotations", object(&[(TITLE, text(path))]))]);
    let mut layers: Vec<String> = files.iter().map(titled).collect();
    if layers.is_empty() {
        // An artifact without files still has a layer, the empty one: registries refuse none.
        layers.push(descriptor(&config, &[]));
    }
    let mut fields = vec![
        ("schemaVersion", "2".to_owned()),
        ("mediaType", text(media_type::MANIFEST)),
        ("artifactType", text(&options.artifact_type)),
        ("config", descriptor(&config, &[("data", text("e30="))])),
        ("layers", format!("[{}]", layers.join(","))),
    ];
    if !annotations.is_empty() {
        fields.push(("annotations", serde_json::to_string(&annotations).expect("texts are JSON")));
    }
    let manifest = Document::parse(object(&fields).into_bytes()).expect("it was put together by the specification");
    let mut blobs = vec![config];
    blobs.extend(files.into_iter().map(|(_, blob)| blob));
    Packed { manifest, blobs, content_id: Digest::of(tree.to_tar()) }
}

fn descriptor(blob: &Blob, more: &[(&str, String)]) -> String {
    let mut fields = vec![
        ("mediaType", text(blob.descriptor.media_type().as_ref())),
        ("digest", text(blob.descriptor.digest().as_ref())),
        ("size", blob.descriptor.size().to_string()),
    ];
    fields.extend(more.iter().cloned());
    object(&fields)
}
