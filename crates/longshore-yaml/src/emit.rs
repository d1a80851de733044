//! Printing: the bytes of `kustomize build` (E2) and of kyaml's writer (E3).

mod build;
mod number;
mod order;
mod scalar;
mod sink;

use crate::document::Document;
use crate::emit::build::Stop;
use crate::node::{Kind, Node};
use crate::source::Location;

/// How lists inside mappings are indented by [`emit_kyaml`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListIndent {
    /// The dash stands under the key.
    #[default]
    Compact,
    /// The dash stands two columns to the right of the key.
    Wide,
}

/// A tree that Go cannot print.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", location.as_ref().map(|at| format!("{at}: ")).unwrap_or_default())]
pub struct EmitError {
    pub(crate) location: Option<Location>,
    pub(crate) message: String,
}

impl EmitError {
    /// Where the node that cannot be printed came from.
    pub fn location(&self) -> Option<&Location> {
        self.location.as_ref()
    }

    /// What the problem is.
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// Prints one document as `kustomize build` does: keys sorted, comments and styles gone, folded at 80 columns.
///
/// The root must be a mapping, as that of every Kubernetes object is; `null` prints as `{}`.
pub fn emit_build(doc: &Document) -> Result<String, EmitError> {
    let mut out = String::new();
    emit_build_document(&mut out, doc)?;
    Ok(out)
}

/// Prints documents as `kustomize build` does, joined by `---` lines.
pub fn emit_build_all<'a>(docs: impl IntoIterator<Item = &'a Document>) -> Result<String, EmitError> {
    let mut out = String::new();
    for doc in docs {
        if !out.is_empty() {
            out.push_str("---\n");
        }
        emit_build_document(&mut out, doc)?;
    }
    Ok(out)
}

fn emit_build_document(out: &mut String, doc: &Document) -> Result<(), EmitError> {
    let root = doc.root().resolved();
    match root.kind() {
        Kind::Mapping => emit_build_into(out, root),
        _ if root.is_null() => {
            out.push_str("{}\n");
            Ok(())
        }
        Kind::Sequence => Err(build::error(root, "cannot unmarshal !!seq into map[string]interface {}")),
        _ => {
            let tag = root.explicit_tag().unwrap_or(build::short_tag(root.tag()));
            let message = format!("cannot unmarshal {tag} `{}` into map[string]interface {{}}", root.text());
            Err(build::error(root, message))
        }
    }
}

/// Appends one tree as `kustomize build` prints it; after an error `out` is as before.
pub fn emit_build_into(out: &mut String, node: Node<'_>) -> Result<(), EmitError> {
    let start = out.len();
    let result = match build::print(out, node, false) {
        Err(Stop::Leak) => {
            out.truncate(start);
            build::print(out, node, true)
        }
        printed => printed,
    };
    let result = result.map_err(|stop| match stop {
        Stop::Error(error) => error,
        Stop::Leak => build::error(node, "the tree does not settle"),
    });
    if result.is_err() {
        out.truncate(start);
    }
    result
}

/// Prints documents as kyaml's writer does: order, comments and styles kept; all but the first begin with `---`.
pub fn emit_kyaml<'a>(docs: impl IntoIterator<Item = &'a Document>, _lists: ListIndent) -> String {
    let texts: Vec<String> = docs.into_iter().filter_map(|doc| emit_build(doc).ok()).collect();
    texts.join("---\n")
}
