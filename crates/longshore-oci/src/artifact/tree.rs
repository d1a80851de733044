//! Files and folders, as an artifact holds them.

use std::collections::BTreeMap;
use std::sync::Arc;

/// A file of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    /// Its bytes.
    pub bytes: Arc<[u8]>,
    /// Whether it may be executed. Nothing else of its mode is kept.
    pub executable: bool,
}

/// A tree of files. Its order is that of a walk that sorts each folder by name, whatever order they were put in.
///
/// Paths are relative, their segments joined by `/`; none can lead out of the tree. Links, owners, times and modes are
/// no part of it: what is not the content cannot change the digest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// By segments, so that `a/b` comes before `a.b`.
    entries: BTreeMap<Vec<String>, Option<FileEntry>>,
}

/// A path that cannot be in a tree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// It is absolute, goes up, holds a backslash or a NUL, or is empty.
    #[error("path {0:?} leads out of the tree, or is none: expected names joined by '/'")]
    Path(String),
    /// It stands in the tree already.
    #[error("path {0:?} stands in the tree twice")]
    Duplicate(String),
    /// A file where a folder is, or below a file.
    #[error("path {0:?} is a file and a folder")]
    Conflict(String),
}

impl Tree {
    /// An empty tree.
    pub fn new() -> Self {
        Tree::default()
    }

    /// Puts a file in, with the folders above it.
    pub fn insert(&mut self, path: &str, bytes: impl Into<Arc<[u8]>>, executable: bool) -> Result<(), TreeError> {
        let segments = segments(path)?;
        match self.entries.get(&segments) {
            Some(Some(_)) => return Err(TreeError::Duplicate(path.to_owned())),
            Some(None) => return Err(TreeError::Conflict(path.to_owned())),
            None => {}
        }
        self.insert_folders(path, &segments[..segments.len() - 1])?;
        self.entries.insert(segments, Some(FileEntry { bytes: bytes.into(), executable }));
        Ok(())
    }

    /// Puts a folder in, with those above it; it may be there already.
    pub fn insert_folder(&mut self, path: &str) -> Result<(), TreeError> {
        let segments = segments(path)?;
        self.insert_folders(path, &segments)
    }

    fn insert_folders(&mut self, path: &str, segments: &[String]) -> Result<(), TreeError> {
        for len in 1..=segments.len() {
            if let Some(Some(_)) = self.entries.get(&segments[..len]) {
                return Err(TreeError::Conflict(path.to_owned()));
            }
        }
        for len in 1..=segments.len() {
            self.entries.entry(segments[..len].to_vec()).or_insert(None);
        }
        Ok(())
    }

    /// The file at a path.
    pub fn get(&self, path: &str) -> Option<&FileEntry> {
        self.entries.get(&segments(path).ok()?)?.as_ref()
    }

    /// All files and folders in order; a folder has no entry of its own.
    pub fn iter(&self) -> impl Iterator<Item = (String, Option<&FileEntry>)> {
        self.entries.iter().map(|(segments, entry)| (segments.join("/"), entry.as_ref()))
    }

    /// How many files and folders there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The tree as a tar: the bytes that Flux packs, with modes 0644 and 0755, no owner and no time.
    pub fn to_tar(&self) -> Vec<u8> {
        super::tar::write(self)
    }
}

/// The names of a relative path; `.` and empty segments say nothing.
fn segments(path: &str) -> Result<Vec<String>, TreeError> {
    let bad = path.starts_with('/') || path.contains(['\\', '\0']) || path.split('/').any(|segment| segment == "..");
    let names = path.split('/').filter(|segment| !matches!(*segment, "" | "."));
    let segments: Vec<String> = names.map(str::to_owned).collect();
    if bad || segments.is_empty() { Err(TreeError::Path(path.to_owned())) } else { Ok(segments) }
}
