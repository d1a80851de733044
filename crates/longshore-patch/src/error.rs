//! A patch that does not apply.

use std::fmt;

use longshore_yaml::{Kind, Location, Node};

use crate::pointer::Pointer;

/// Says what of a patch could not be applied, where it stands in the document, and where it was written.
///
/// Printed as `FILE:LINE:COLUMN: at /POINTER: MESSAGE`. The document is as it was before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplyError(Box<Problem>);

/// What an [`ApplyError`] says, on the heap: results travel through as many frames as an object is deep.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Problem {
    /// Where the culprit is written: the node of the patch, else of the document.
    location: Option<Location>,
    /// Steps from the root to the culprit, innermost first while the error travels up.
    steps: Vec<String>,
    operation: Option<usize>,
    message: String,
}

impl ApplyError {
    pub(crate) fn new(culprit: Option<Node<'_>>, message: impl Into<String>) -> Self {
        ApplyError(Box::new(Problem {
            location: culprit.and_then(Node::location),
            steps: Vec::new(),
            operation: None,
            message: message.into(),
        }))
    }

    pub(crate) fn of_operation(
        at: usize,
        name: &str,
        path: &Pointer,
        location: Option<Location>,
        reason: impl fmt::Display,
    ) -> Self {
        ApplyError(Box::new(Problem {
            location,
            steps: path.steps().iter().rev().cloned().collect(),
            operation: Some(at),
            message: format!("operation {at}, {name}: {reason}"),
        }))
    }

    /// The same error seen from one level up.
    pub(crate) fn below(mut self, step: impl Into<String>) -> Self {
        self.0.steps.push(step.into());
        self
    }

    /// Where the culprit is written, where that is known.
    pub fn location(&self) -> Option<&Location> {
        self.0.location.as_ref()
    }

    /// Place of the culprit in the document, as a JSON Pointer; empty for the root.
    pub fn pointer(&self) -> String {
        self.0.steps.iter().rev().map(String::as_str).collect::<Pointer>().to_string()
    }

    /// Index of the operation of a JSON patch that failed.
    pub fn operation(&self) -> Option<usize> {
        self.0.operation
    }

    /// What the problem is, without the place.
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

/// # Errors
/// A key that is a mapping or a list: a patch cannot name it.
pub(crate) fn check_keys(map: Node<'_>) -> Result<(), ApplyError> {
    let mut keys = map.entries().map(|(key, _)| key.resolved());
    match keys.find(|key| key.kind() != Kind::Scalar) {
        Some(key) => {
            Err(ApplyError::new(Some(key), "a key that is a mapping or a list cannot be merged: make it a text"))
        }
        None => Ok(()),
    }
}

impl fmt::Display for ApplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(location) = &self.0.location {
            write!(f, "{location}: ")?;
        }
        if !self.0.steps.is_empty() {
            write!(f, "at {}: ", self.pointer())?;
        }
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for ApplyError {}
