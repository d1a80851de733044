//! What may go wrong with a repository.

use std::error::Error;

/// What branch a caller may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GitErrorKind {
    /// No repository, revision, branch or path of that name.
    NotFound,
    /// The branch moved while a commit was made for it: read it again and try once more.
    Moved,
    /// A name or a path that Git does not allow.
    Invalid,
    /// The repository is damaged, or the disk failed.
    Other,
}

/// A call to a repository that failed. The repository is as it was, but for objects that nothing refers to.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct GitError {
    kind: GitErrorKind,
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl GitError {
    pub(crate) fn new(kind: GitErrorKind, message: impl Into<String>) -> Self {
        GitError { kind, message: message.into(), source: None }
    }

    pub(crate) fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What branch a caller may take.
    pub fn kind(&self) -> GitErrorKind {
        self.kind
    }
}

/// Says what was tried when gix failed.
pub(crate) trait Tried<T> {
    fn tried(self, kind: GitErrorKind, what: impl FnOnce() -> String) -> Result<T, GitError>;

    fn tried_to(self, what: &str) -> Result<T, GitError>;
}

impl<T, E: Into<Box<dyn Error + Send + Sync>>> Tried<T> for Result<T, E> {
    fn tried(self, kind: GitErrorKind, what: impl FnOnce() -> String) -> Result<T, GitError> {
        self.map_err(|error| GitError::new(kind, what()).because(error))
    }

    fn tried_to(self, what: &str) -> Result<T, GitError> {
        self.tried(GitErrorKind::Other, || format!("cannot {what}"))
    }
}
