//! Putting images in.

use std::io::Read;

use oci_spec::image::Descriptor;

use super::index::{is_named, put};
use super::{INDEX_FILE, Layout, LayoutError, LayoutErrorKind};
use crate::artifact::Packed;
use crate::digest::{Algorithm, Digest};
use crate::document::Document;
use crate::platform::Platform;

impl Layout {
    /// Writes a blob from memory.
    pub fn write_blob(&self, bytes: &[u8]) -> Result<Digest, LayoutError> {
        self.store(bytes, Algorithm::Sha256).map(|(digest, _)| digest)
    }

    /// Writes a blob from a stream, and gives its digest and size.
    pub fn write_blob_from(&self, source: impl Read, algorithm: Algorithm) -> Result<(Digest, u64), LayoutError> {
        self.store(source, algorithm)
    }

    /// Writes a packed artifact and names it.
    ///
    /// Blobs come first and the name last, under one lock: whoever sees the name finds everything behind it, and a
    /// collector cannot come between.
    pub fn write(&self, packed: &Packed, name: Option<&str>) -> Result<Descriptor, LayoutError> {
        let name = name.map(|name| self.check_name(name)).transpose()?;
        let _lock = self.lock()?;
        for blob in &packed.blobs {
            self.write_blob(&blob.bytes)?;
        }
        self.write_blob(packed.manifest.bytes())?;
        let descriptor = packed.manifest.descriptor();
        self.edit_index(|entries| put(entries, &descriptor, name.as_ref().map(AsRef::as_ref)))?;
        Ok(descriptor)
    }

    /// Writes a manifest or index whose blobs are there already, and names it.
    ///
    /// That they are is checked under the lock: a collector may have taken blobs that no image led to yet.
    pub fn write_document(&self, document: &Document, name: Option<&str>) -> Result<Descriptor, LayoutError> {
        let name = name.map(|name| self.check_name(name)).transpose()?;
        let _lock = self.lock()?;
        self.check_complete(document)?;
        self.write_blob(document.bytes())?;
        let descriptor = document.descriptor();
        self.edit_index(|entries| put(entries, &descriptor, name.as_ref().map(AsRef::as_ref)))?;
        Ok(descriptor)
    }

    /// Whether all that a document points to is here, but for what it says lies elsewhere.
    fn check_complete(&self, document: &Document) -> Result<(), LayoutError> {
        for child in document.references() {
            let (digest, path) = self.locate(child)?;
            let elsewhere = child.urls().as_ref().is_some_and(|urls| !urls.is_empty());
            if !elsewhere && !self.exists(&path) {
                let missing = LayoutErrorKind::Incomplete(digest);
                return Err(LayoutError::new(self.blob_path(document.digest()), missing));
            }
        }
        Ok(())
    }

    /// Writes an index over manifests that are there already, one for each platform, and names it.
    pub fn write_index(
        &self,
        manifests: &[(Descriptor, Platform)],
        name: Option<&str>,
    ) -> Result<Descriptor, LayoutError> {
        let entries = manifests.iter().map(|(descriptor, platform)| {
            let mut entry = serde_json::to_value(descriptor).expect("a descriptor is JSON");
            entry["platform"] = serde_json::to_value(platform).expect("a platform is JSON");
            entry
        });
        let index = serde_json::json!({
            "schemaVersion": 2,
            "mediaType": crate::media_type::INDEX,
            "manifests": entries.collect::<Vec<_>>(),
        });
        let document = Document::parse(index.to_string().into_bytes())
            .map_err(|error| LayoutError::new(self.root.join(INDEX_FILE), error))?;
        self.write_document(&document, name)
    }

    /// Gives an image another name; the old one stays.
    pub fn tag(&self, image: &str, name: &str) -> Result<(), LayoutError> {
        let name = self.check_name(name)?;
        let _lock = self.lock()?;
        let descriptor = self.resolve(Some(image))?;
        self.edit_index(|entries| put(entries, &descriptor, Some(name.as_ref())))
    }

    /// Takes a name away. What it pointed to stays until garbage is collected.
    pub fn untag(&self, name: &str) -> Result<(), LayoutError> {
        let _lock = self.lock()?;
        let known: Vec<String> = self.images()?.into_iter().filter_map(|image| image.name).collect();
        if !known.iter().any(|other| other == name) {
            let kind = LayoutErrorKind::NoSuchImage { name: name.to_owned(), known };
            return Err(LayoutError::new(self.root.join(INDEX_FILE), kind));
        }
        self.edit_index(|entries| entries.retain(|entry| !is_named(entry, name)))
    }
}
