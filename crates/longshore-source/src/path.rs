//! Paths inside a file tree.

use std::fmt;
use std::str::FromStr;

/// A path below the root of a [`Files`](crate::Files): segments joined by `/`, no `.`, no `..`, no leading `/`.
///
/// The root itself is the empty path. Ordering is by bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FilePath(String);

/// A text that leads out of the tree, or holds a NUL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilePathError {
    /// More `..` than there are folders.
    #[error("path '{0}' leads out of the file tree")]
    Outside(String),
    /// A NUL byte.
    #[error("path holds a NUL byte")]
    Nul,
}

impl FilePath {
    /// The root of the tree.
    pub fn root() -> Self {
        FilePath::default()
    }

    /// The path as text, empty for the root.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it is displayed: the root is `.`.
    pub(crate) fn shown(&self) -> &str {
        if self.0.is_empty() { "." } else { &self.0 }
    }

    /// Whether this is the root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The last segment; `None` for the root.
    pub fn name(&self) -> Option<&str> {
        if self.0.is_empty() { None } else { self.0.rsplit('/').next() }
    }

    /// The folder that holds it; `None` for the root.
    pub fn parent(&self) -> Option<FilePath> {
        if self.0.is_empty() {
            return None;
        }
        Some(FilePath(self.0.rsplit_once('/').map_or(String::new(), |(parent, _)| parent.to_owned())))
    }

    /// The segments from the root down.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|segment| !segment.is_empty())
    }

    /// Follows a relative path from here: `.` stays, `..` goes up, a leading `/` starts at the root.
    pub fn join(&self, relative: &str) -> Result<FilePath, FilePathError> {
        if relative.contains('\0') {
            return Err(FilePathError::Nul);
        }
        let mut path = String::with_capacity(self.0.len() + 1 + relative.len());
        if !relative.starts_with('/') {
            path.push_str(&self.0);
        }
        for segment in relative.split('/') {
            match segment {
                "" | "." => {}
                ".." if path.is_empty() => return Err(FilePathError::Outside(relative.to_owned())),
                ".." => path.truncate(path.rfind('/').unwrap_or(0)),
                name => {
                    if !path.is_empty() {
                        path.push('/');
                    }
                    path.push_str(name);
                }
            }
        }
        Ok(FilePath(path))
    }

    /// Follows a relative path as [`FilePath::join`] does, but `..` stays at the root: above a whole file system there
    /// is nothing.
    pub fn join_within(&self, relative: &str) -> Result<FilePath, FilePathError> {
        let mut path = if relative.starts_with('/') { FilePath::root() } else { self.clone() };
        for segment in relative.split('/') {
            path = match segment {
                ".." => path.parent().unwrap_or_default(),
                segment => path.join(segment)?,
            };
        }
        Ok(path)
    }

    /// Whether `self` is `folder` or lies below it.
    pub fn is_within(&self, folder: &FilePath) -> bool {
        let rest = self.0.strip_prefix(folder.as_str());
        folder.is_root() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl FromStr for FilePath {
    type Err = FilePathError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        FilePath::root().join(text)
    }
}

impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.shown())
    }
}

impl AsRef<str> for FilePath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}
