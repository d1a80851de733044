//! `index.json`: read as a document, changed as JSON so that what is not understood stays.

use oci_spec::image::Descriptor;
use serde_json::{Value, json};

use super::{INDEX_FILE, Layout, LayoutError, REF_NAME};
use crate::document::{Document, DocumentError};

pub(super) const EMPTY: &str =
    r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;

impl Layout {
    pub(super) fn read_index(&self) -> Result<Document, LayoutError> {
        let path = self.root.join(INDEX_FILE);
        let bytes = self.read_file(&path, Document::MAX_LEN as u64)?;
        Document::parse(bytes).map_err(|error| LayoutError::new(path, error))
    }

    /// Changes the list of images under the lock, which the caller holds.
    pub(super) fn edit_index(&self, edit: impl FnOnce(&mut Vec<Value>)) -> Result<(), LayoutError> {
        let path = self.root.join(INDEX_FILE);
        let index = self.read_index()?;
        let not_json = |error: serde_json::Error| LayoutError::new(&path, DocumentError::Json(error.to_string()));
        let mut value: Value = serde_json::from_slice(index.bytes()).map_err(not_json)?;
        let manifests = value.get_mut("manifests").and_then(Value::as_array_mut);
        edit(manifests.ok_or_else(|| LayoutError::new(&path, DocumentError::Unknown))?);
        let bytes = serde_json::to_vec(&value).map_err(not_json)?;
        self.replace(&path, &bytes)
    }
}

/// Whether an entry of `index.json` has this name.
pub(super) fn is_named(entry: &Value, name: &str) -> bool {
    entry["annotations"][REF_NAME].as_str() == Some(name)
}

/// An entry for an image, which takes its name from all others.
pub(super) fn put(entries: &mut Vec<Value>, descriptor: &Descriptor, name: Option<&str>) {
    let mut entry = serde_json::to_value(descriptor).expect("a descriptor is JSON");
    match name {
        Some(name) => {
            entries.retain(|entry| !is_named(entry, name));
            let annotations = &mut entry["annotations"];
            if !annotations.is_object() {
                *annotations = json!({});
            }
            annotations[REF_NAME] = json!(name);
        }
        None => {
            entries.retain(|other| other["digest"] != entry["digest"] || other["annotations"][REF_NAME].is_string())
        }
    }
    entries.push(entry);
}
