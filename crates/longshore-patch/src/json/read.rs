//! Reading a JSON Patch from a document.

use longshore_yaml::{Document, Location, Node};

use super::{Operation, Patch, Written};
use crate::pointer::Pointer;

/// A document that is no JSON Patch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", location.as_ref().map(|at| format!("{at}: ")).unwrap_or_default())]
pub struct PatchError {
    location: Option<Location>,
    message: String,
}

impl PatchError {
    fn new(node: Node<'_>, message: impl Into<String>) -> Self {
        PatchError { location: node.location(), message: message.into() }
    }

    /// Where the culprit is written.
    pub fn location(&self) -> Option<&Location> {
        self.location.as_ref()
    }

    /// What the problem is, without the place.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl Patch {
    /// Reads a list of operations; fields other than `op`, `path`, `from` and `value` are passed over.
    ///
    /// # Errors
    /// A root that is no list, an operation that is none of the six, a field that is missing or no JSON Pointer; with
    /// the index of the operation and its place.
    pub fn read(root: Node<'_>) -> Result<Patch, PatchError> {
        if !root.is_sequence() {
            return Err(PatchError::new(root, "a JSON patch is a list of operations"));
        }
        let mut patch = Patch::new();
        for (at, node) in root.items().enumerate() {
            let operation = operation(node)
                .map_err(|(culprit, reason)| PatchError::new(culprit, format!("operation {at}: {reason}")))?;
            patch.operations.push(operation);
            patch.origins.push(Written::of(node));
        }
        Ok(patch)
    }
}

type Trouble<'a> = (Node<'a>, String);

fn operation(node: Node<'_>) -> Result<Operation, Trouble<'_>> {
    if !node.is_mapping() {
        return Err((node, "an operation is a mapping with op and path".to_owned()));
    }
    let field = |name: &str| node.get(name).ok_or_else(|| (node, format!("{name} is missing")));
    let op = field("op")?;
    let path = || pointer(field("path")?);
    let value = || field("value").map(Document::from_node);
    match op.as_str().unwrap_or_default() {
        "add" => Ok(Operation::Add { path: path()?, value: value()? }),
        "remove" => Ok(Operation::Remove { path: path()? }),
        "replace" => Ok(Operation::Replace { path: path()?, value: value()? }),
        "move" => Ok(Operation::Move { from: pointer(field("from")?)?, path: path()? }),
        "copy" => Ok(Operation::Copy { from: pointer(field("from")?)?, path: path()? }),
        "test" => Ok(Operation::Test { path: path()?, value: value()? }),
        _ => Err((op, format!("op is add, remove, replace, move, copy or test, not '{}'", op.text()))),
    }
}

fn pointer(node: Node<'_>) -> Result<Pointer, Trouble<'_>> {
    let text = node.as_str().ok_or_else(|| (node, "a path is a string".to_owned()))?;
    text.parse().map_err(|error: crate::pointer::PointerError| (node, error.to_string()))
}
