//! JSON Merge Patch, RFC 7396: making one, applying it, and the three-way patch of `kubectl apply`.

use std::collections::HashMap;

use longshore_yaml::{Document, Node, NodeId};

use crate::error::{ApplyError, check_keys};
use crate::json::same_value;
use crate::undo::Draft;

/// Nesting that is followed; deeper is refused.
const DEPTH: usize = 1_000;

/// Applies a merge patch: mappings are merged, `null` removes, anything else replaces.
///
/// New entries come at the end, in the order of the patch, with their origins.
///
/// # Errors
/// A key of the patch that is a collection, or nesting deeper than 1,000; the document is then as it was.
pub fn apply(doc: &mut Document, patch: Node<'_>) -> Result<(), ApplyError> {
    let root = doc.root_id();
    let mut draft = Draft::new(doc);
    let root = merge(&mut draft, Some(root), patch, 0)?;
    draft.keep(root);
    Ok(())
}

fn too_deep(node: Node<'_>) -> ApplyError {
    ApplyError::new(Some(node), format!("nested deeper than {DEPTH}"))
}

fn merge(draft: &mut Draft<'_>, dest: Option<NodeId>, patch: Node<'_>, depth: usize) -> Result<NodeId, ApplyError> {
    if depth > DEPTH {
        return Err(too_deep(patch));
    }
    if !patch.is_mapping() {
        return Ok(draft.doc.import(patch));
    }
    check_keys(patch)?;
    let dest = dest.filter(|&id| draft.node(id).is_mapping());
    let dest = dest.unwrap_or_else(|| {
        let map = draft.doc.add_mapping();
        draft.doc.set_origin_of(map, patch);
        map
    });
    let mut entries = draft.children(dest);
    let names = entries.chunks_exact(2).enumerate().map(|(at, pair)| (draft.node(pair[0]).text().to_owned(), at));
    let index: HashMap<String, usize> = names.collect();
    let mut gone = vec![false; entries.len() / 2];
    for (key, value) in patch.entries() {
        let known = index.get(key.text()).copied();
        match (known, value.is_null()) {
            (Some(at), true) => gone[at] = true,
            (None, true) => {}
            (known, false) => {
                let before = known.map(|at| entries[2 * at + 1]);
                let after = merge(draft, before, value, depth + 1).map_err(|error| error.below(key.text()))?;
                match known {
                    Some(at) => entries[2 * at + 1] = after,
                    None => entries.extend([draft.doc.import(key), after]),
                }
            }
        }
    }
    let stays = |at: usize| !gone.get(at).copied().unwrap_or(false);
    let kept: Vec<NodeId> = entries
        .chunks_exact(2)
        .enumerate()
        .filter(|(at, _)| stays(*at))
        .flat_map(|(_, pair)| [pair[0], pair[1]])
        .collect();
    draft.set_children(dest, &kept);
    Ok(dest)
}

/// A change that a merge patch cannot say: a `null` in the target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a merge patch cannot set {pointer} to null: null removes")]
pub struct NullError {
    /// Where the null would be.
    pub pointer: crate::Pointer,
}

/// The merge patch that makes `modified` of `original`.
///
/// # Errors
/// An entry that is null in `modified` and not in `original`: null removes.
pub fn create(original: Node<'_>, modified: Node<'_>) -> Result<Document, NullError> {
    let mut doc = Document::new();
    let root = difference(&mut doc, original, modified, &mut Vec::new(), Null::Refuse)?;
    let root = root.unwrap_or_else(|| doc.add_mapping());
    doc.set_root(root);
    Ok(doc)
}

/// The patch that brings `current` to what `modified` says: changed and added entries of `modified` over `current`, and
/// a removal of those that `original`, the last applied, had and `modified` has no more.
///
/// As `jsonmergepatch` of apimachinery: entries that only `current` has stay. A null in `modified` is a removal.
pub fn three_way(original: Node<'_>, modified: Node<'_>, current: Node<'_>) -> Document {
    let mut doc = Document::new();
    let mut take = |from: Node<'_>, to: Node<'_>, null: Null| {
        let root = difference(&mut doc, from, to, &mut Vec::new(), null).expect("only Null::Refuse refuses");
        root.unwrap_or_else(|| doc.add_mapping())
    };
    let (to_current, to_original) = (take(current, modified, Null::Keep), take(original, modified, Null::Keep));
    let mut patch = changes(doc.node(to_current));
    let removals = removals(doc.node(to_original));
    let root = patch.root_id();
    overlay(&mut patch, root, removals.root());
    patch
}

/// What a merge patch adds and changes: the patch without its removals. Mappings left without entries go.
pub fn changes(patch: Node<'_>) -> Document {
    let mut doc = Document::from_node(patch);
    let root = doc.root_id();
    filter_nulls(&mut doc, root, false);
    doc
}

/// What a merge patch removes: only its removals.
pub fn removals(patch: Node<'_>) -> Document {
    let mut doc = Document::from_node(patch);
    let root = doc.root_id();
    filter_nulls(&mut doc, root, true);
    doc
}

/// Whether a null in the target is refused or written as it is.
#[derive(Clone, Copy, PartialEq)]
enum Null {
    Refuse,
    Keep,
}

/// What differs; `None` where nothing does.
fn difference(
    out: &mut Document,
    from: Node<'_>,
    to: Node<'_>,
    path: &mut Vec<String>,
    null: Null,
) -> Result<Option<NodeId>, NullError> {
    if !(from.is_mapping() && to.is_mapping()) {
        if same_value(from, to) {
            return Ok(None);
        }
        refuse_null(to, path, null)?;
        return Ok(Some(out.import(to)));
    }
    let before: HashMap<&str, Node<'_>> = from.entries().map(|(key, value)| (key.text(), value)).collect();
    let mut children = Vec::new();
    for (key, value) in to.entries() {
        path.push(key.text().to_owned());
        let changed = match before.get(key.text()) {
            Some(&before) => difference(out, before, value, path, null)?,
            None => {
                refuse_null(value, path, null)?;
                Some(out.import(value))
            }
        };
        path.pop();
        if let Some(changed) = changed {
            children.extend([out.import(key), changed]);
        }
    }
    let after: std::collections::HashSet<&str> = to.entries().map(|(key, _)| key.text()).collect();
    for (key, _) in from.entries().filter(|(key, _)| !after.contains(key.text())) {
        children.extend([out.import(key), out.add_null()]);
    }
    if children.is_empty() {
        return Ok(None);
    }
    let map = out.add_mapping();
    out.set_children(map, &children);
    Ok(Some(map))
}

fn refuse_null(value: Node<'_>, path: &mut Vec<String>, null: Null) -> Result<(), NullError> {
    if null == Null::Keep {
        return Ok(());
    }
    if value.is_null() {
        return Err(NullError { pointer: path.iter().map(String::as_str).collect() });
    }
    for (key, value) in value.entries() {
        path.push(key.text().to_owned());
        refuse_null(value, path, null)?;
        path.pop();
    }
    Ok(())
}

fn filter_nulls(doc: &mut Document, id: NodeId, nulls: bool) {
    let entries: Vec<(NodeId, NodeId)> = doc.node(id).entries().map(|(key, value)| (key.id(), value.id())).collect();
    let mut kept = Vec::new();
    for (key, value) in entries {
        let node = doc.node(value);
        let stays = if node.is_mapping() {
            let was_empty = node.is_empty();
            filter_nulls(doc, value, nulls);
            let empty = doc.node(value).is_empty();
            if nulls { !empty } else { was_empty || !empty }
        } else {
            node.is_null() == nulls
        };
        if stays {
            kept.extend([key, value]);
        }
    }
    if doc.node(id).is_mapping() {
        doc.set_children(id, &kept);
    }
}

/// Lays one patch over another, nulls being values.
fn overlay(doc: &mut Document, dest: NodeId, patch: Node<'_>) {
    for (key, value) in patch.entries() {
        match doc.node(dest).get(key.text()).map(|found| (found.id(), found.is_mapping())) {
            Some((found, true)) if value.is_mapping() => overlay(doc, found, value),
            _ => {
                let value = doc.import(value);
                doc.map_set(dest, key.text(), value);
            }
        }
    }
}
