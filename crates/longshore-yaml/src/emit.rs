//! Printing: the bytes of `kustomize build` (E2) and of kyaml's writer (E3).

mod build;
mod entries;
mod kyaml;
mod lists;
pub(crate) mod number;
mod order;
pub(crate) mod scalar;
pub(crate) mod sink;
mod tag;
pub(crate) mod text;

use std::fmt;

use crate::document::{Document, NodeId};
use crate::emit::build::{Room, Stop};
pub use crate::emit::lists::ListIndent;
use crate::node::{Kind, Node, Style};
use crate::read::{DuplicateKeys, Limits, ReadOptions, read_stream};
use crate::source::{Location, SourceFile};

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
    emit_build_all([doc])
}

/// Prints documents as `kustomize build` does, joined by `---` lines.
pub fn emit_build_all<'a>(docs: impl IntoIterator<Item = &'a Document>) -> Result<String, EmitError> {
    let (mut out, mut printer) = (String::new(), BuildPrinter::default());
    for doc in docs {
        if !out.is_empty() {
            out.push_str("---\n");
        }
        print_document(&mut printer, &mut out, doc)?;
    }
    Ok(out)
}

fn print_document<'d>(printer: &mut BuildPrinter<'d>, out: &mut String, doc: &'d Document) -> Result<(), EmitError> {
    let root = doc.root().resolved();
    match root.kind() {
        Kind::Mapping => printer.print(out, root),
        _ if root.is_null() => {
            out.push_str("{}\n");
            Ok(())
        }
        Kind::Sequence => Err(build::error(root, "cannot unmarshal !!seq into map[string]interface {}")),
        _ => {
            let tag = root.explicit_tag().unwrap_or(tag::name(root.tag()));
            let message = format!("cannot unmarshal {tag} `{}` into map[string]interface {{}}", root.text());
            Err(build::error(root, message))
        }
    }
}

/// Appends one tree as `kustomize build` prints it; after an error `out` is as before.
pub fn emit_build_into(out: &mut String, node: Node<'_>) -> Result<(), EmitError> {
    BuildPrinter::default().print(out, node)
}

/// Prints trees as `kustomize build` does, one after another, and makes room for its work only once.
#[derive(Default)]
pub struct BuildPrinter<'d>(build::Room<'d>);

impl<'d> BuildPrinter<'d> {
    /// Appends one tree; after an error `out` is as before.
    ///
    /// # Errors
    /// A tree that Go cannot print.
    pub fn print(&mut self, out: &mut String, node: Node<'d>) -> Result<(), EmitError> {
        let start = out.len();
        let result = build::print(out, node, false, &mut self.0).or_else(|stop| match stop {
            Stop::Error(error) => Err(error),
            Stop::Leak => {
                out.truncate(start);
                print_settled(out, node)
            }
        });
        if result.is_err() {
            out.truncate(start);
        }
        result
    }
}

impl fmt::Debug for BuildPrinter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BuildPrinter")
    }
}

/// Prints a tree as it is after kyaml has printed and read it, which changes some values.
fn print_settled(out: &mut String, node: Node<'_>) -> Result<(), EmitError> {
    // Errors of the tree itself come first: they have a place in its own file.
    build::print(&mut String::new(), node, true, &mut Room::default()).map_err(|stop| stop.into_error(node))?;
    let mut text = String::new();
    let mut printer = kyaml::Printer::new(&mut text, ListIndent::Compact);
    if node.id() == node.document().root_id() {
        printer.document(node.document(), true);
    } else {
        printer.tree(node);
    }
    let file = SourceFile::new("kyaml", text);
    let options =
        ReadOptions { duplicate_keys: DuplicateKeys::Keep, limits: Limits::UNBOUNDED, ..ReadOptions::default() };
    let docs = read_stream(&file, &options).map_err(|problem| build::error(culprit(node), problem.message()))?;
    let Some(settled) = docs.first() else { return Err(build::error(node, "the tree vanishes when it is printed")) };
    let printed = build::print(out, settled.root().resolved(), true, &mut Room::default());
    printed.map_err(|stop| build::error(node, stop.into_error(node).message))
}

/// The node that kyaml prints so that nothing can read it: a literal which begins with a tab.
fn culprit(root: Node<'_>) -> Node<'_> {
    let doc = root.document();
    let unreadable = |node: &Node<'_>| {
        let quoted = matches!(node.style(), Style::SingleQuoted | Style::DoubleQuoted);
        node.kind() == Kind::Scalar && !quoted && node.text().starts_with('\t') && node.text().contains('\n')
    };
    let mut nodes = (0..doc.slots.len() as u32).map(|index| doc.node(NodeId(index)));
    nodes.find(unreadable).unwrap_or(root)
}

/// Prints documents as kyaml's writer does: order, comments and styles kept; all but the first begin with `---`.
pub fn emit_kyaml<'a>(docs: impl IntoIterator<Item = &'a Document>, lists: ListIndent) -> String {
    emit_kyaml_each(docs.into_iter().map(|doc| (doc, lists)))
}

/// Prints documents as [`emit_kyaml`] does, each with its own indentation of lists; see [`ListIndent::derive`].
pub fn emit_kyaml_each<'a>(docs: impl IntoIterator<Item = (&'a Document, ListIndent)>) -> String {
    let mut out = String::new();
    let mut printer = kyaml::Printer::new(&mut out, ListIndent::Compact);
    for (index, (doc, lists)) in docs.into_iter().enumerate() {
        printer.set_lists(lists);
        printer.document(doc, index == 0);
    }
    out
}
