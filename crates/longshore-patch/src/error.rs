//! A patch that does not apply.

use std::fmt;

use longshore_yaml::{Location, Node};

/// Says what of a patch could not be applied, where it stands in the document, and where it was written.
///
/// Printed as `FILE:LINE:COLUMN: at /POINTER: MESSAGE`. The document is as it was before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplyError {
    /// Where the culprit is written: the node of the patch, else of the document.
    location: Option<Location>,
    /// Steps from the root to the culprit, innermost first while the error travels up.
    steps: Vec<String>,
    message: String,
}

impl ApplyError {
    pub(crate) fn new(culprit: Option<Node<'_>>, message: impl Into<String>) -> Self {
        ApplyError { location: culprit.and_then(Node::location), steps: Vec::new(), message: message.into() }
    }

    /// The same error seen from one level up.
    pub(crate) fn below(mut self, step: impl Into<String>) -> Self {
        self.steps.push(step.into());
        self
    }

    /// Where the culprit is written, where that is known.
    pub fn location(&self) -> Option<&Location> {
        self.location.as_ref()
    }

    /// Place of the culprit in the document, as a JSON Pointer; empty for the root.
    pub fn pointer(&self) -> String {
        let escape = |step: &String| format!("/{}", step.replace('~', "~0").replace('/', "~1"));
        self.steps.iter().rev().map(escape).collect()
    }

    /// What the problem is, without the place.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for ApplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(location) = &self.location {
            write!(f, "{location}: ")?;
        }
        if !self.steps.is_empty() {
            write!(f, "at {}: ", self.pointer())?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for ApplyError {}
