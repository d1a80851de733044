//! Fields inside a string that holds YAML or JSON.

use longshore_yaml::{Document, Kind, ListIndent, Node, NodeId, ReadOptions, SourceFile, emit_kyaml, read_stream};

use crate::filter::edit::{Edit, FilterError, Origin};
use crate::filter::go_json;
use crate::filter::lookup;
use crate::filter::path::Piece;
use crate::filter::replacement::Refused;

/// A string on the way of a path, and how many parts of the path lead to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    id: NodeId,
    parts: usize,
}

/// The first string on the way of a path that holds a map or a list.
pub(crate) fn field_of(root: Node<'_>, path: &[Piece<'_>]) -> Option<Place> {
    let mut node = root.resolved();
    for (index, part) in path.split_last()?.1.iter().enumerate() {
        node = lookup::step(node, part).ok().flatten()?;
        if node.kind() == Kind::Scalar && parse(node.text()).is_some() {
            return Some(Place { id: node.id(), parts: index + 1 });
        }
    }
    None
}

fn parse(text: &str) -> Option<Document> {
    // A short look spares the parser most strings.
    if !text.contains([':', '-', '{', '[']) {
        return None;
    }
    let docs = read_stream(&SourceFile::new("value", text), &ReadOptions::default()).ok()?;
    docs.into_iter().next().filter(|doc| doc.root().kind() != Kind::Scalar)
}

/// Changes the tree inside a string with the rest of the path, and writes it back: JSON as JSON, indented if it was,
/// anything else as kyaml prints it.
pub(crate) fn change(
    edit: &mut Edit<'_>,
    at: Place,
    path: &[Piece<'_>],
    change: impl FnOnce(&mut Edit<'_>, &[Piece<'_>]) -> Result<usize, Refused>,
) -> Result<usize, Refused> {
    let text = edit.node(at.id).text().to_owned();
    let Some(mut inner) = parse(&text) else { return Ok(0) };
    let origin = Origin::default();
    let count = change(&mut Edit::new(&mut inner, &origin, None), &path[at.parts..])?;
    if count > 0 {
        let text = print(&inner, &text).map_err(Refused::Value)?;
        edit.set_value(at.id, &text);
    }
    Ok(count)
}

fn print(doc: &Document, original: &str) -> Result<String, FilterError> {
    let text = emit_kyaml([doc], ListIndent::Compact);
    if !original.trim_start().starts_with(['{', '[']) {
        return Ok(text.trim().to_owned());
    }
    let refused = |reason: String| FilterError::new(format!("failed to marshal JSON data: {reason}"));
    let json = doc.root().to_json().map_err(|error| refused(error.to_string()))?;
    let indented = original.contains('\n') && original.contains("  ");
    Ok(if indented { go_json::to_indented_text(&json) } else { go_json::to_text(&json) })
}
