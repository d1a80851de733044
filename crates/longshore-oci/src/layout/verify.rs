//! Holding a layout against its digests, and finding what nothing points to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use oci_spec::image::Descriptor;

use super::{BLOBS, Layout, LayoutError, LayoutErrorKind};
use crate::digest::{Algorithm, Digest};
use crate::media_type;

/// Something wrong in a layout.
#[derive(Debug)]
pub struct LayoutFinding {
    /// The digest it is about, as it is written.
    pub digest: String,
    /// Which document points there; `None` for `index.json`.
    pub parent: Option<Digest>,
    /// What is wrong.
    pub error: LayoutError,
}

impl fmt::Display for LayoutFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.parent {
            Some(parent) => write!(f, "{} (from {parent})", self.error),
            None => write!(f, "{} (from index.json)", self.error),
        }
    }
}

/// What nothing points to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Garbage {
    /// The blobs, by digest.
    pub blobs: Vec<Digest>,
    /// Their bytes together.
    pub bytes: u64,
}

/// Everything that can be reached from `index.json`.
#[derive(Default)]
struct Reached {
    /// Each with its size and the document that points to it.
    blobs: BTreeMap<Digest, (u64, Option<Digest>)>,
    documents: BTreeSet<Digest>,
    findings: Vec<LayoutFinding>,
}

impl Layout {
    /// Reads everything that `index.json` leads to, and gives all that is missing, cut short or changed.
    ///
    /// An empty list means that every image here is whole.
    pub fn verify(&self) -> Result<Vec<LayoutFinding>, LayoutError> {
        let mut reached = self.reach()?;
        for (digest, (size, parent)) in &reached.blobs {
            if reached.documents.contains(digest) {
                continue;
            }
            if let Err(error) = self.stream(digest, Some(*size), |_| Ok(())) {
                let (digest, parent) = (digest.to_string(), parent.clone());
                reached.findings.push(LayoutFinding { digest, parent, error });
            }
        }
        Ok(reached.findings)
    }

    /// The blobs that no image leads to. Nothing is removed.
    pub fn garbage(&self) -> Result<Garbage, LayoutError> {
        let reached = self.reach()?;
        // What cannot be followed may lead to anything: then nothing is garbage.
        if let Some(finding) = reached.findings.into_iter().next() {
            return Err(finding.error);
        }
        let mut garbage = Garbage::default();
        for algorithm in [Algorithm::Sha256, Algorithm::Sha384, Algorithm::Sha512] {
            let folder = self.root.join(BLOBS).join(algorithm.as_str());
            for name in self.names(&folder)? {
                let Ok(digest) = Digest::parse(&format!("{algorithm}:{name}")) else { continue };
                if !reached.blobs.contains_key(&digest) {
                    garbage.bytes += self.size_of(&self.blob_path(&digest))?;
                    garbage.blobs.push(digest);
                }
            }
        }
        Ok(garbage)
    }

    /// Removes the blobs that no image leads to, and gives them. Writers wait meanwhile.
    pub fn collect_garbage(&self) -> Result<Garbage, LayoutError> {
        let _lock = self.lock()?;
        let garbage = self.garbage()?;
        for digest in &garbage.blobs {
            self.remove(&self.blob_path(digest))?;
        }
        Ok(garbage)
    }

    fn reach(&self) -> Result<Reached, LayoutError> {
        let mut reached = Reached::default();
        let mut open: Vec<(Option<Digest>, Descriptor)> =
            self.images()?.into_iter().map(|image| (None, image.descriptor)).collect();
        while let Some((parent, descriptor)) = open.pop() {
            if reached.documents.len() > Layout::MAX_DOCUMENTS {
                return Err(LayoutError::new(&self.root, LayoutErrorKind::TooManyDocuments));
            }
            match self.follow(&descriptor, &parent, &mut reached) {
                Ok((own, children)) => open.extend(children.into_iter().map(|child| (Some(own.clone()), child))),
                Err(error) => {
                    let digest = descriptor.digest().to_string();
                    reached.findings.push(LayoutFinding { digest, parent, error });
                }
            }
        }
        reached.findings.reverse();
        Ok(reached)
    }

    /// Notes a blob; of a document that was not seen yet, gives what it points to.
    fn follow(
        &self,
        descriptor: &Descriptor,
        parent: &Option<Digest>,
        reached: &mut Reached,
    ) -> Result<(Digest, Vec<Descriptor>), LayoutError> {
        let (digest, path) = self.locate(descriptor)?;
        let mut note = || reached.blobs.insert(digest.clone(), (descriptor.size(), parent.clone()));
        let kind = descriptor.media_type().to_string();
        if !(media_type::is_manifest(&kind) || media_type::is_index(&kind)) {
            if !self.exists(&path) {
                let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
                return Err(LayoutError::new(path, missing));
            }
            note();
            return Ok((digest, Vec::new()));
        }
        note();
        if !reached.documents.insert(digest.clone()) {
            return Ok((digest, Vec::new()));
        }
        let document = self.document(descriptor)?;
        let mut children: Vec<Descriptor> = document.references().into_iter().cloned().collect();
        // A layer may lie elsewhere, and then need not be here.
        children.retain(|child| child.urls().as_ref().is_none_or(Vec::is_empty));
        Ok((digest, children))
    }
}
