//! Why a kustomization file could not be edited.

use longshore_yaml::{Location, Node, ReadError, SpliceError};

/// An edit that could not be made; the text stays as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", location.as_ref().map(|at| format!("{at}: ")).unwrap_or_default())]
pub struct EditError {
    location: Option<Location>,
    message: String,
}

impl EditError {
    /// The place in the file.
    pub fn location(&self) -> Option<&Location> {
        self.location.as_ref()
    }

    /// What the problem is, without the place.
    pub fn message(&self) -> &str {
        &self.message
    }

    pub(super) fn at(node: Node<'_>, message: impl Into<String>) -> Self {
        EditError { location: node.location(), message: message.into() }
    }
}

impl From<ReadError> for EditError {
    fn from(error: ReadError) -> Self {
        EditError { location: Some(error.location().clone()), message: error.message().to_owned() }
    }
}

impl From<SpliceError> for EditError {
    fn from(error: SpliceError) -> Self {
        EditError { location: error.location().cloned(), message: error.message().to_owned() }
    }
}
