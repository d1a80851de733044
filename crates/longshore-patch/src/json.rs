//! JSON Patch, RFC 6902.

mod apply;
mod read;

use std::fmt;
use std::sync::Arc;

use longshore_yaml::{Document, JsonError, Location, Node, SourceFile, Span};
use serde_json::{Value, json};

use crate::pointer::{Pointer, PointerError};

pub(crate) use apply::same_value;
pub use apply::{Dialect, apply, apply_with};
pub use read::PatchError;

/// One change.
#[derive(Clone, PartialEq)]
pub enum Operation {
    /// Adds an entry, or replaces it where it is there; inserts an item before an index, or at the end (`-`).
    Add {
        /// Where.
        path: Pointer,
        /// What.
        value: Document,
    },
    /// Removes an entry or item.
    Remove {
        /// Where.
        path: Pointer,
    },
    /// Replaces an entry or item.
    Replace {
        /// Where.
        path: Pointer,
        /// What comes there.
        value: Document,
    },
    /// Removes a value and adds it elsewhere.
    Move {
        /// Where it is.
        from: Pointer,
        /// Where it comes.
        path: Pointer,
    },
    /// Adds a copy of a value elsewhere.
    Copy {
        /// Where it is.
        from: Pointer,
        /// Where the copy comes.
        path: Pointer,
    },
    /// Fails the whole patch unless a value is there.
    Test {
        /// Where.
        path: Pointer,
        /// The value; numbers are compared by value.
        value: Document,
    },
}

impl Operation {
    /// The word in `op`.
    pub fn name(&self) -> &'static str {
        match self {
            Operation::Add { .. } => "add",
            Operation::Remove { .. } => "remove",
            Operation::Replace { .. } => "replace",
            Operation::Move { .. } => "move",
            Operation::Copy { .. } => "copy",
            Operation::Test { .. } => "test",
        }
    }

    /// Where it applies.
    pub fn path(&self) -> &Pointer {
        match self {
            Operation::Add { path, .. }
            | Operation::Remove { path }
            | Operation::Replace { path, .. }
            | Operation::Move { path, .. }
            | Operation::Copy { path, .. }
            | Operation::Test { path, .. } => path,
        }
    }

    /// Where it takes a value from.
    pub fn from(&self) -> Option<&Pointer> {
        match self {
            Operation::Move { from, .. } | Operation::Copy { from, .. } => Some(from),
            _ => None,
        }
    }

    /// As an object with `op`, `path`, `from` and `value`.
    ///
    /// # Errors
    /// A value that JSON cannot say.
    pub fn to_json(&self) -> Result<Value, JsonError> {
        let (op, path) = (self.name(), self.path().to_string());
        Ok(match self {
            Operation::Remove { .. } => json!({"op": op, "path": path}),
            Operation::Move { from, .. } | Operation::Copy { from, .. } => {
                json!({"op": op, "from": from.to_string(), "path": path})
            }
            Operation::Add { value, .. } | Operation::Replace { value, .. } | Operation::Test { value, .. } => {
                json!({"op": op, "path": path, "value": value.root().to_json()?})
            }
        })
    }
}

impl fmt::Debug for Operation {
    // Values may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operation::Move { from, path } | Operation::Copy { from, path } => {
                write!(f, "{} {from} {path}", self.name())
            }
            _ => write!(f, "{} {}", self.name(), self.path()),
        }
    }
}

/// Operations in order, each with the place where it was written.
///
/// Values keep their origins: what a patch adds to a document still knows the file of the patch.
///
/// ```
/// use longshore_patch::json::{self, Patch};
/// use longshore_yaml::{ReadOptions, SourceFile, read};
///
/// let patch = SourceFile::new("patch.yaml", "- {op: replace, path: /spec/replicas, value: 5}\n");
/// let patch = Patch::read(read(&patch, &ReadOptions::default())?[0].root())?;
/// let file = SourceFile::new("deployment.yaml", "spec:\n  replicas: 1\n");
/// let mut doc = read(&file, &ReadOptions::default())?.remove(0);
/// json::apply(&mut doc, &patch)?;
/// let replicas = doc.root().at(["spec", "replicas"]).ok_or("gone")?;
/// assert_eq!(replicas.as_i64(), Some(5));
/// assert_eq!(replicas.location().map(|at| at.to_string()).as_deref(), Some("patch.yaml:1:46"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Patch {
    operations: Vec<Operation>,
    origins: Vec<Option<Written>>,
}

/// Where an operation is written; line and column are found out for an error alone.
#[derive(Clone, Debug)]
struct Written {
    file: Arc<SourceFile>,
    span: Span,
}

impl Written {
    fn of(node: Node<'_>) -> Option<Self> {
        Some(Written { file: Arc::clone(node.file()?), span: node.span()? })
    }

    fn location(&self) -> Location {
        let at = self.file.position(self.span.start);
        Location { file: self.file.name().to_owned(), line: at.line, column: at.column }
    }
}

impl PartialEq for Written {
    fn eq(&self, other: &Self) -> bool {
        self.location() == other.location()
    }
}

impl Patch {
    /// Without operations.
    pub fn new() -> Self {
        Patch::default()
    }

    /// Adds an operation at the end.
    pub fn push(&mut self, operation: Operation) {
        self.operations.push(operation);
        self.origins.push(None);
    }

    /// The operations in order.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// Where the operation with this index was written.
    pub fn origin(&self, index: usize) -> Option<Location> {
        self.origins.get(index)?.as_ref().map(Written::location)
    }

    /// As a list of objects.
    ///
    /// # Errors
    /// A value that JSON cannot say.
    pub fn to_json(&self) -> Result<Value, JsonError> {
        self.operations.iter().map(Operation::to_json).collect::<Result<_, _>>().map(Value::Array)
    }
}

impl FromIterator<Operation> for Patch {
    fn from_iter<I: IntoIterator<Item = Operation>>(operations: I) -> Self {
        let operations: Vec<Operation> = operations.into_iter().collect();
        let origins = vec![None; operations.len()];
        Patch { operations, origins }
    }
}

impl TryFrom<&json_patch::Patch> for Patch {
    type Error = PointerError;

    fn try_from(patch: &json_patch::Patch) -> Result<Self, PointerError> {
        use json_patch::PatchOperation as Theirs;
        let place = |text: &str| text.parse::<Pointer>();
        let operation = |operation: &Theirs| {
            Ok(match operation {
                Theirs::Add(op) => {
                    Operation::Add { path: place(op.path.as_str())?, value: Document::from_json(&op.value) }
                }
                Theirs::Remove(op) => Operation::Remove { path: place(op.path.as_str())? },
                Theirs::Replace(op) => {
                    Operation::Replace { path: place(op.path.as_str())?, value: Document::from_json(&op.value) }
                }
                Theirs::Move(op) => Operation::Move { from: place(op.from.as_str())?, path: place(op.path.as_str())? },
                Theirs::Copy(op) => Operation::Copy { from: place(op.from.as_str())?, path: place(op.path.as_str())? },
                Theirs::Test(op) => {
                    Operation::Test { path: place(op.path.as_str())?, value: Document::from_json(&op.value) }
                }
            })
        };
        patch.0.iter().map(operation).collect()
    }
}

impl TryFrom<&Patch> for json_patch::Patch {
    type Error = JsonError;

    fn try_from(patch: &Patch) -> Result<Self, JsonError> {
        let value = patch.to_json()?;
        Ok(serde_json::from_value(value).expect("a JSON patch prints as one"))
    }
}
