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
    /// By path with a NUL for every `/`: no name holds one and any other sorts after it, so that `a/b` comes before `a.b`.
    entries: BTreeMap<String, Option<FileEntry>>,
}

/// A path that cannot be in a tree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// It is absolute, goes up, holds a backslash or a NUL, or is empty.
    #[error("path {0:?} leads out of the tree, or is none: expected names joined by '/'")]
    Path(String),
    /// It holds a line break, which readers of tar records take for the end of the path.
    #[error("path {0:?} holds a line break: rename the file")]
    LineBreak(String),
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
        let key = key(path)?;
        match self.entries.get(&key) {
            Some(Some(_)) => return Err(TreeError::Duplicate(path.to_owned())),
            Some(None) => return Err(TreeError::Conflict(path.to_owned())),
            None => {}
        }
        if let Some((folder, _)) = key.rsplit_once(SEPARATOR) {
            self.insert_folders(path, folder)?;
        }
        self.entries.insert(key, Some(FileEntry { bytes: bytes.into(), executable }));
        Ok(())
    }

    /// Puts a folder in, with those above it; it may be there already.
    pub fn insert_folder(&mut self, path: &str) -> Result<(), TreeError> {
        self.insert_folders(path, &key(path)?)
    }

    fn insert_folders(&mut self, path: &str, key: &str) -> Result<(), TreeError> {
        let ends = key.match_indices(SEPARATOR).map(|(end, _)| end).chain([key.len()]);
        let folders = || ends.clone().map(|end| &key[..end]);
        if folders().any(|folder| matches!(self.entries.get(folder), Some(Some(_)))) {
            return Err(TreeError::Conflict(path.to_owned()));
        }
        for folder in folders() {
            if !self.entries.contains_key(folder) {
                self.entries.insert(folder.to_owned(), None);
            }
        }
        Ok(())
    }

    /// The file at a path.
    pub fn get(&self, path: &str) -> Option<&FileEntry> {
        self.entries.get(&key(path).ok()?)?.as_ref()
    }

    /// All files and folders in order; a folder has no entry of its own.
    pub fn iter(&self) -> impl Iterator<Item = (String, Option<&FileEntry>)> {
        self.entries.iter().map(|(key, entry)| (key.replace(SEPARATOR, "/"), entry.as_ref()))
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

const SEPARATOR: char = '\0';

/// The names of a relative path, joined; `.` and empty segments say nothing.
fn key(path: &str) -> Result<String, TreeError> {
    if path.contains('\n') {
        return Err(TreeError::LineBreak(path.to_owned()));
    }
    let bad = path.starts_with('/') || path.contains(['\\', SEPARATOR]);
    let mut key = String::with_capacity(path.len());
    for name in path.split('/').filter(|name| !matches!(*name, "" | ".")) {
        if bad || name == ".." {
            return Err(TreeError::Path(path.to_owned()));
        }
        if !key.is_empty() {
            key.push(SEPARATOR);
        }
        key.push_str(name);
    }
    if key.is_empty() { Err(TreeError::Path(path.to_owned())) } else { Ok(key) }
}
