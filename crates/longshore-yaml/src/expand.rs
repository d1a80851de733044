//! Aliases become copies of their targets, merge keys become entries: kyaml's `DeAnchor`.

use std::collections::HashMap;

use crate::document::{Document, HAS_EXTRA, NodeId};
use crate::node::{Kind, Tag};
use crate::read::ReadError;
use crate::source::Location;

/// Expands a whole document. The reader has bounded what its aliases add, and how deep they reach.
///
/// The keys of a mapping stay where they are; what a merge brings comes behind them, in order. A mapping's own keys
/// win over merged ones, and of several merged mappings the one named first.
pub(crate) fn expand(doc: &mut Document) -> Result<(), ReadError> {
    if !doc.slots.iter().any(|slot| slot.kind == Kind::Alias || slot.tag == Tag::Merge || slot.flags & HAS_EXTRA != 0) {
        return Ok(());
    }
    let root = expand_node(doc, doc.root)?;
    doc.root = root;
    Ok(())
}

/// The node with its descendants expanded in place, or the copy of an alias's target.
fn expand_node(doc: &mut Document, id: NodeId) -> Result<NodeId, ReadError> {
    let slot = *doc.slot(id);
    if let Some(extra) = doc.extras.get_mut(&id) {
        extra.anchor = None;
    }
    match slot.kind {
        Kind::Scalar => Ok(id),
        // Targets stand before their aliases, so they are expanded already.
        Kind::Alias => Ok(copy(doc, NodeId(slot.a))),
        Kind::Sequence | Kind::Mapping => {
            let merges = slot.kind == Kind::Mapping && has_merge(doc, id)?;
            for index in 0..slot.b as usize {
                let at = slot.a as usize + index;
                let child = expand_node(doc, doc.children[at])?;
                doc.children[at] = child;
            }
            if merges {
                merge(doc, id);
            }
            Ok(id)
        }
    }
}

/// A copy of a node with its descendants, origins and comments.
fn copy(doc: &mut Document, id: NodeId) -> NodeId {
    let mut slot = *doc.slot(id);
    if matches!(slot.kind, Kind::Mapping | Kind::Sequence) {
        let ids: Vec<NodeId> = (0..slot.b).map(|index| doc.children[(slot.a + index) as usize]).collect();
        let copies: Vec<NodeId> = ids.into_iter().map(|child| copy(doc, child)).collect();
        slot.a = doc.children.len() as u32;
        doc.children.extend(copies);
    }
    let fresh = NodeId(doc.slots.len() as u32);
    doc.slots.push(slot);
    if let Some(extra) = doc.extras.get(&id).cloned() {
        doc.extras.insert(fresh, extra);
    }
    fresh
}

/// Whether a mapping has a key spelled `<<`; of those that merge there is one at most, and it names mappings.
fn has_merge(doc: &Document, map: NodeId) -> Result<bool, ReadError> {
    let mut merging = None;
    let mut found = false;
    for pair in doc.children_of(map).chunks_exact(2) {
        found |= doc.text_of(pair[0]) == "<<";
        if doc.slot(pair[0]).tag != Tag::Merge {
            continue;
        }
        if merging.replace(pair[1]).is_some() {
            return Err(error(doc, pair[0], "duplicate merge key", "name several mappings as a list: <<: [*a, *b]"));
        }
    }
    if let Some(value) = merging {
        check_source(doc, value, true)?;
    }
    Ok(found)
}

fn check_source(doc: &Document, value: NodeId, may_be_list: bool) -> Result<(), ReadError> {
    let fix = "let << name a mapping, as in <<: *name";
    match doc.slot(value).kind {
        Kind::Mapping => Ok(()),
        Kind::Alias if doc.node(value).resolved().kind() == Kind::Mapping => Ok(()),
        Kind::Alias => Err(error(doc, value, "invalid map merge: received alias for a non-map value", fix)),
        Kind::Sequence if may_be_list => {
            doc.children_of(value).iter().try_for_each(|&item| check_source(doc, item, false))
        }
        Kind::Sequence => Err(error(doc, value, "invalid map merge: received a nested sequence", fix)),
        Kind::Scalar => Err(error(doc, value, "map merge requires map or sequence of maps as the value", fix)),
    }
}

/// Takes every key spelled `<<` out of a mapping and brings in what the merging one names.
fn merge(doc: &mut Document, map: NodeId) {
    let (mut out, mut sources) = (Vec::new(), Vec::new());
    for pair in doc.children_of(map).chunks_exact(2) {
        if doc.slot(pair[0]).tag == Tag::Merge {
            match doc.slot(pair[1]).kind {
                Kind::Mapping => sources.push(pair[1]),
                _ => sources.extend_from_slice(doc.children_of(pair[1])),
            }
        } else if doc.text_of(pair[0]) != "<<" {
            out.extend_from_slice(pair);
        }
    }
    let own = out.len();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (index, pair) in out.chunks_exact(2).enumerate() {
        places.entry(doc.text_of(pair[0])).or_insert(2 * index);
    }
    // The last one named goes first, those named before it write over it.
    for &source in sources.iter().rev() {
        for pair in doc.children_of(source).chunks_exact(2) {
            let at = *places.entry(doc.text_of(pair[0])).or_insert(out.len());
            if at == out.len() {
                out.extend_from_slice(pair);
            } else if at >= own {
                out[at..at + 2].copy_from_slice(pair);
            }
        }
    }
    doc.set_children(map, &out);
}

fn error(doc: &Document, id: NodeId, message: &str, fix: &'static str) -> ReadError {
    let unknown = Location { file: String::new(), line: 1, column: 1 };
    let location = doc.node(id).location().unwrap_or(unknown);
    ReadError { location, message: message.to_owned(), fix: Some(fix) }
}
