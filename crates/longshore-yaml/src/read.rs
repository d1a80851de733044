//! Reading: options, limits, errors, and the door through which text becomes documents.

use std::fmt;
use std::sync::Arc;

use crate::document::Document;
use crate::resolve::Schema;
use crate::source::{Location, SourceFile};

/// What becomes of `*alias` and `<<`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aliases {
    /// Anchors, aliases and merge keys stay as they are written.
    #[default]
    Keep,
    /// Aliases become copies of their target and merge keys are merged, as kyaml's `DeAnchor` does.
    Expand,
}

/// What becomes of a key that a mapping already has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DuplicateKeys {
    /// An error that names both lines.
    #[default]
    Reject,
    /// Both entries stay in the tree.
    Keep,
}

/// Bounds on what an input may make the reader do. Exceeding one is an error that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Nesting of collections, flow and block together. Default 1,000.
    pub depth: usize,
    /// Bytes of one text. Default 64 MiB.
    pub bytes: usize,
    /// Documents of one text. Default 1,000,000.
    pub documents: usize,
    /// Nodes that expanded aliases may add to one document. Default 1,000,000.
    pub alias_nodes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { depth: 1_000, bytes: 64 << 20, documents: 1_000_000, alias_nodes: 1_000_000 }
    }
}

/// How to read; the default reads resources as kyaml does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// Which types unquoted scalars have.
    pub schema: Schema,
    /// What becomes of aliases and merge keys.
    pub aliases: Aliases,
    /// What becomes of repeated keys.
    pub duplicate_keys: DuplicateKeys,
    /// Bounds.
    pub limits: Limits,
}

/// A text that is not YAML as Go reads it, or that exceeds a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    pub(crate) location: Location,
    pub(crate) message: String,
}

impl ReadError {
    /// Where the problem is.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// What the problem is, without the place; the words of go-yaml where it has some.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.location, self.message)
    }
}

impl std::error::Error for ReadError {}

/// Reads all documents of a text: split as kyaml splits them, empty documents left out.
pub fn read(file: &Arc<SourceFile>, _options: &ReadOptions) -> Result<Vec<Document>, ReadError> {
    stopgap(file)
}

fn stopgap(file: &Arc<SourceFile>) -> Result<Vec<Document>, ReadError> {
    use serde::Deserialize as _;
    let mut out = Vec::new();
    for doc in serde_yaml::Deserializer::from_str(file.text()) {
        let mut value = serde_yaml::Value::deserialize(doc).map_err(|error| ReadError {
            location: Location {
                file: file.name().to_owned(),
                line: error.location().map_or(1, |l| l.line() as u32),
                column: 1,
            },
            message: error.to_string(),
        })?;
        let _ = value.apply_merge();
        if value.is_null() {
            continue;
        }
        let mut doc = Document::new();
        let root = stopgap_node(&mut doc, &value);
        doc.set_root(root);
        out.push(doc);
    }
    Ok(out)
}

fn stopgap_node(doc: &mut Document, value: &serde_yaml::Value) -> crate::NodeId {
    use crate::{Style, Tag};
    use serde_yaml::Value;
    match value {
        Value::Null => doc.add_null(),
        Value::Bool(b) => doc.add_bool(*b),
        Value::Number(n) => {
            let text = n.to_string();
            let tag = if n.is_f64() { Tag::Float } else { Tag::Int };
            doc.add_scalar(&text, tag, Style::Plain)
        }
        Value::String(s) => doc.add_str(s),
        Value::Sequence(items) => {
            let ids: Vec<_> = items.iter().map(|item| stopgap_node(doc, item)).collect();
            let id = doc.add_sequence();
            doc.set_children(id, &ids);
            id
        }
        Value::Mapping(map) => {
            let ids: Vec<_> = map.iter().flat_map(|(k, v)| [stopgap_node(doc, k), stopgap_node(doc, v)]).collect();
            let id = doc.add_mapping();
            doc.set_children(id, &ids);
            id
        }
        Value::Tagged(tagged) => stopgap_node(doc, &tagged.value),
    }
}
