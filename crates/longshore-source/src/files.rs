//! What every file tree can do.

use std::sync::Arc;

use crate::path::FilePath;

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// A file.
    File,
    /// A folder.
    Directory,
}

/// One name in a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Its last segment.
    pub name: String,
    /// Whether it is a folder.
    pub directory: bool,
}

/// Why a path could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FilesErrorKind {
    /// There is nothing at this path.
    NotFound,
    /// A folder where a file is wanted.
    IsDirectory,
    /// A file where a folder is wanted.
    NotDirectory,
    /// A symbolic link that leads out of the tree or in a circle.
    Link,
    /// The medium failed.
    Other,
}

/// A path that could not be read.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{path}: {message}")]
pub struct FilesError {
    /// The path, as people know it.
    pub path: String,
    /// What branch a caller may take.
    pub kind: FilesErrorKind,
    /// The reason in words.
    pub message: String,
}

impl FilesError {
    /// An error about `path`.
    pub fn new(path: impl Into<String>, kind: FilesErrorKind, message: impl Into<String>) -> Self {
        FilesError { path: path.into(), kind, message: message.into() }
    }

    /// Nothing at `path`.
    pub fn not_found(path: impl Into<String>) -> Self {
        FilesError::new(path, FilesErrorKind::NotFound, "no such file or directory")
    }
}

/// A tree of files that does not change while it is read.
///
/// Symbolic links are followed by the implementation, and never out of the tree.
pub trait Files {
    /// The bytes of a file.
    fn read(&self, path: &FilePath) -> Result<Arc<[u8]>, FilesError>;

    /// The names in a folder, sorted by name.
    fn list(&self, folder: &FilePath) -> Result<Vec<Entry>, FilesError>;

    /// What a path names; `None` where there is nothing.
    fn kind(&self, path: &FilePath) -> Result<Option<EntryKind>, FilesError>;

    /// The same path with symbolic links followed, for comparing places.
    fn canonical(&self, path: &FilePath) -> Result<FilePath, FilesError> {
        Ok(path.clone())
    }

    /// The bytes of a file, and its path with symbolic links followed.
    fn read_canonical(&self, path: &FilePath) -> Result<(FilePath, Arc<[u8]>), FilesError> {
        let canonical = self.canonical(path)?;
        let bytes = self.read(&canonical)?;
        Ok((canonical, bytes))
    }

    /// Whether this is a whole file system: above its root there is nothing, so `..` stays at the root.
    fn is_whole(&self) -> bool {
        false
    }

    /// What people call this path: it stands in errors and origins.
    fn display(&self, path: &FilePath) -> String {
        path.shown().to_owned()
    }
}

impl<F: Files + ?Sized> Files for &F {
    fn read(&self, path: &FilePath) -> Result<Arc<[u8]>, FilesError> {
        (**self).read(path)
    }

    fn list(&self, folder: &FilePath) -> Result<Vec<Entry>, FilesError> {
        (**self).list(folder)
    }

    fn kind(&self, path: &FilePath) -> Result<Option<EntryKind>, FilesError> {
        (**self).kind(path)
    }

    fn canonical(&self, path: &FilePath) -> Result<FilePath, FilesError> {
        (**self).canonical(path)
    }

    fn read_canonical(&self, path: &FilePath) -> Result<(FilePath, Arc<[u8]>), FilesError> {
        (**self).read_canonical(path)
    }

    fn is_whole(&self) -> bool {
        (**self).is_whole()
    }

    fn display(&self, path: &FilePath) -> String {
        (**self).display(path)
    }
}
