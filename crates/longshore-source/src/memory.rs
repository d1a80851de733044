//! A file tree in memory.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::files::{Entry, EntryKind, Files, FilesError, FilesErrorKind};
use crate::path::{FilePath, FilePathError};

/// Files in memory; folders exist where a file lies below them, or where they were made.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    files: HashMap<FilePath, Arc<[u8]>>,
    folders: BTreeSet<FilePath>,
}

impl Memory {
    /// An empty tree.
    pub fn new() -> Self {
        Memory::default()
    }

    /// Puts a file into the tree, replacing what was there.
    pub fn insert(&mut self, path: &str, bytes: impl Into<Arc<[u8]>>) -> Result<(), FilePathError> {
        let path: FilePath = path.parse()?;
        self.insert_folder(path.parent());
        self.files.insert(path, bytes.into());
        Ok(())
    }

    /// Makes a folder, with those above it.
    pub fn insert_directory(&mut self, path: &str) -> Result<(), FilePathError> {
        self.insert_folder(Some(path.parse()?));
        Ok(())
    }

    /// Takes a file out of the tree.
    pub fn remove(&mut self, path: &FilePath) -> Option<Arc<[u8]>> {
        self.files.remove(path)
    }

    /// All files in order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&FilePath, &Arc<[u8]>)> {
        let mut files: Vec<_> = self.files.iter().collect();
        files.sort_unstable_by_key(|(path, _)| *path);
        files.into_iter()
    }

    fn insert_folder(&mut self, folder: Option<FilePath>) {
        let mut next = folder;
        while let Some(folder) = next {
            next = folder.parent();
            if !self.folders.insert(folder) {
                break;
            }
        }
    }
}

impl<P: AsRef<str>, B: Into<Arc<[u8]>>> TryFrom<Vec<(P, B)>> for Memory {
    type Error = FilePathError;

    fn try_from(files: Vec<(P, B)>) -> Result<Self, Self::Error> {
        let mut memory = Memory::new();
        for (path, bytes) in files {
            memory.insert(path.as_ref(), bytes)?;
        }
        Ok(memory)
    }
}

impl Files for Memory {
    fn read(&self, path: &FilePath) -> Result<Arc<[u8]>, FilesError> {
        match self.files.get(path) {
            Some(bytes) => Ok(Arc::clone(bytes)),
            None if path.is_root() || self.folders.contains(path) => {
                Err(FilesError::new(self.display(path), FilesErrorKind::IsDirectory, "is a directory"))
            }
            None => Err(FilesError::not_found(self.display(path))),
        }
    }

    fn list(&self, folder: &FilePath) -> Result<Vec<Entry>, FilesError> {
        match self.kind(folder)? {
            None => return Err(FilesError::not_found(self.display(folder))),
            Some(EntryKind::File) => {
                return Err(FilesError::new(self.display(folder), FilesErrorKind::NotDirectory, "is not a directory"));
            }
            Some(EntryKind::Directory) => {}
        }
        let below = |path: &FilePath, directory| {
            let inside = path.parent().as_ref() == Some(folder);
            inside.then(|| Entry { name: path.name().unwrap_or_default().to_owned(), directory })
        };
        let files = self.files.keys().filter_map(|path| below(path, false));
        let folders = self.folders.iter().filter_map(|path| below(path, true));
        let mut entries: Vec<Entry> = files.chain(folders).collect();
        entries.sort();
        Ok(entries)
    }

    fn kind(&self, path: &FilePath) -> Result<Option<EntryKind>, FilesError> {
        if self.files.contains_key(path) {
            return Ok(Some(EntryKind::File));
        }
        Ok((path.is_root() || self.folders.contains(path)).then_some(EntryKind::Directory))
    }
}
