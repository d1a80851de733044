//! Texts become objects: documents checked, lists taken apart.

use std::collections::VecDeque;
use std::sync::Arc;

use longshore_yaml::{Aliases, Document, DuplicateKeys, Kind, Node, ReadOptions, SourceFile, Tag, read};

use crate::error::{Finding, Problems, RenderError};

/// Nodes that a few layers of transformers add to an object.
const SPARE_NODES: usize = 32;

/// Objects of a file. A document `List` is taken apart in its place if it stands alone, otherwise its items come after
/// all other objects of the file.
///
/// # Errors
/// Text that is no YAML, and each document that is no object: without `kind` or `metadata.name`.
pub(crate) fn read_objects(file: &Arc<SourceFile>) -> Result<Vec<Document>, RenderError> {
    read_with(file, SPARE_NODES)
}

/// As [`read_objects`], of objects that stay as they are.
pub(crate) fn read_patches(file: &Arc<SourceFile>) -> Result<Vec<Document>, RenderError> {
    read_with(file, 0)
}

fn read_with(file: &Arc<SourceFile>, spare_nodes: usize) -> Result<Vec<Document>, RenderError> {
    let options = ReadOptions {
        aliases: Aliases::Expand,
        duplicate_keys: DuplicateKeys::Keep,
        spare_nodes,
        ..ReadOptions::default()
    };
    let docs = read(file, &options).map_err(|error| RenderError::from(Finding::from(error)))?;
    objects(docs)
}

/// Objects of documents, as [`read_objects`] makes them.
fn objects(docs: Vec<Document>) -> Result<Vec<Document>, RenderError> {
    let (mut docs, mut problems) = (unwrap_single_list(docs), Problems::default());
    docs.retain(|doc| checked(doc, &mut problems));
    if !docs.iter().any(|doc| kind_of(doc.root().resolved()).ends_with("List")) {
        return problems.done(docs);
    }
    let mut queue: VecDeque<Document> = docs.into();
    let mut objects = Vec::with_capacity(queue.len());
    while let Some(doc) = queue.pop_front() {
        let root = doc.root().resolved();
        let kind = kind_of(root);
        let items = if kind.ends_with("List") { root.get("items") } else { None };
        let Some(items) = items.map(Node::resolved) else {
            objects.push(doc);
            continue;
        };
        if items.is_null() {
            continue;
        }
        if items.kind() != Kind::Sequence {
            let found = if items.is_mapping() { "map[string]interface {}" } else { "string" };
            problems.push(Finding::at(items, format!("expected array in {kind}/items, but found {found}")));
            continue;
        }
        let items = items.items().map(Document::from_node);
        queue.extend(items.filter(|doc| checked(doc, &mut problems)));
    }
    problems.done(objects)
}

fn kind_of(root: Node<'_>) -> &str {
    root.get("kind").map_or("", Node::text)
}

fn unwrap_single_list(docs: Vec<Document>) -> Vec<Document> {
    let [doc] = &docs[..] else { return docs };
    let root = doc.root().resolved();
    let wrapping = matches!(root.get("kind").map(Node::text), Some("List" | "ResourceList"));
    match if wrapping { root.get("items").map(Node::resolved) } else { None } {
        Some(items) if items.is_sequence() => items.items().map(Document::from_node).collect(),
        _ => docs,
    }
}

/// Whether the document is kept; empty ones are dropped without a word.
fn checked(doc: &Document, problems: &mut Problems) -> bool {
    let root = doc.root().resolved();
    if root.is_null() || (root.kind() == Kind::Mapping && root.is_empty()) {
        return false;
    }
    match check_object(root) {
        Ok(()) => true,
        Err(finding) => {
            problems.push(finding);
            false
        }
    }
}

fn check_object(root: Node<'_>) -> Result<(), Finding> {
    if root.kind() != Kind::Mapping {
        return Err(Finding::at(root, "not an object: expected a mapping with apiVersion, kind and metadata"));
    }
    let [kind, metadata] = root.get_each(["kind", "metadata"]).map(written);
    let kind = kind.map_or("", Node::text);
    if kind.is_empty() {
        return Err(Finding::at(root, format!("missing kind in object {}", describe(root))));
    }
    let name = metadata.map(check_metadata).transpose()?.unwrap_or_default();
    if name.is_empty() && !kind.ends_with("List") {
        return Err(Finding::at(root, format!("missing metadata.name in object {}", describe(root))));
    }
    Ok(())
}

/// A value, unless it is null.
fn written(node: Option<Node<'_>>) -> Option<Node<'_>> {
    node.map(Node::resolved).filter(|node| node.tag() != Tag::Null)
}

/// Gives the name. The fields of `metadata` that the original decodes must have their types.
fn check_metadata(metadata: Node<'_>) -> Result<&str, Finding> {
    if metadata.kind() != Kind::Mapping {
        return Err(Finding::at(metadata, "metadata must be a mapping"));
    }
    let [name, namespace, annotations] = metadata.get_each(["name", "namespace", "annotations"]);
    if let Some(found) = written(annotations).filter(|found| found.kind() != Kind::Mapping) {
        return Err(Finding::at(found, "metadata.annotations must be a mapping"));
    }
    for (field, node) in [("name", name), ("namespace", namespace)] {
        if let Some(node) = node.map(Node::resolved).filter(|node| node.kind() != Kind::Scalar) {
            return Err(Finding::at(node, format!("metadata.{field} must be a string")));
        }
    }
    Ok(written(name).map_or("", Node::text))
}

/// Names an object in an error as far as it can be named.
pub(crate) fn describe(root: Node<'_>) -> String {
    crate::filter::fieldspec::describe(root)
}
