//! Objects by their type: which fields they set, what differs, merged, without or with only some fields.
//!
//! The rules of structured-merge-diff v6, on which the API server builds server-side apply.

mod atom;
mod compare;
mod merge;
mod reconcile;
mod remove;
mod to_set;

use longshore_manifest::schema::TypeRef;
use longshore_yaml::{Document, Node};

pub use compare::{Comparison, compare};
pub use merge::merge;
pub(crate) use reconcile::reconcile;
pub use remove::{KeyFields, extract, remove};
pub use to_set::field_set;
pub(crate) use to_set::with_named_fields;

use crate::path::FieldPath;

/// The type by which an object is read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ObjectType<'s> {
    /// A type of a schema. A type with fields is a closed struct where the schema says so; else fields that it does not
    /// declare are taken as declared, of unknown type.
    Known(TypeRef<'s>),
    /// None is known: mappings are merged entry by entry, lists are atomic.
    Deduced,
}

impl<'s> From<Option<TypeRef<'s>>> for ObjectType<'s> {
    fn from(known: Option<TypeRef<'s>>) -> Self {
        known.map_or(ObjectType::Deduced, ObjectType::Known)
    }
}

/// An object that does not have the type by which it is read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}{message}", location.as_ref().map(|at| format!("{at}: ")).unwrap_or_default(), at(path))]
pub struct TypeError {
    /// Where in the object.
    pub path: FieldPath,
    /// Where the value was read from.
    pub location: Option<longshore_yaml::Location>,
    /// What is wrong.
    pub message: String,
}

fn at(path: &FieldPath) -> String {
    if path.is_root() { String::new() } else { format!("{path}: ") }
}

impl TypeError {
    fn new(path: &[crate::path::PathElement], node: Option<Node<'_>>, message: impl Into<String>) -> Self {
        TypeError {
            path: path.iter().cloned().collect(),
            location: node.and_then(Node::location),
            message: message.into(),
        }
    }
}

/// Nesting that a typed object may have.
pub(crate) const DEPTH: usize = 1_000;

/// A document whose root is this node, if it is one, else `null`.
fn with_root(mut doc: Document, root: Option<longshore_yaml::NodeId>) -> Document {
    let root = root.unwrap_or_else(|| doc.add_null());
    doc.set_root(root);
    doc
}
