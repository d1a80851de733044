//! Aliases become copies of their targets, merge keys become entries: kyaml's `DeAnchor`.

use std::collections::HashMap;

use crate::document::{Document, HAS_EXTRA, NodeId, ROOMY};
use crate::node::{Kind, Tag};
use crate::read::ReadError;
use crate::source::Location;

/// Expands a whole document. The reader has bounded what its aliases add, and how deep they reach.
///
/// The keys of a mapping stay where they are; what a merge brings comes behind them, in order. A mapping's own keys
/// win over merged ones, and of several merged mappings the one named first.
pub(crate) fn expand(doc: &mut Document) -> Result<(), ReadError> {
    if !doc.slots.iter().any(|slot| slot.kind() == Kind::Alias || slot.tag == Tag::Merge || slot.has(HAS_EXTRA)) {
        return Ok(());
    }
    let mut open = vec![Open::begin(doc, doc.root)?];
    while let Some(mut frame) = open.pop() {
        let slot = *doc.slot(frame.node);
        if frame.next == slot.b {
            if frame.merges {
                merge(doc, frame.node);
            }
            continue;
        }
        let at = (slot.a + frame.next) as usize;
        frame.next += 1;
        open.push(frame);
        let child = doc.children[at];
        match doc.slot(child).kind() {
            Kind::Scalar => drop_anchor(doc, child),
            // Targets stand before their aliases, so they are expanded already.
            Kind::Alias => doc.children[at] = copy(doc, NodeId(doc.slot(child).a)),
            Kind::Sequence | Kind::Mapping => open.push(Open::begin(doc, child)?),
        }
    }
    Ok(())
}

/// A collection whose children are being expanded.
struct Open {
    node: NodeId,
    next: u32,
    merges: bool,
}

impl Open {
    fn begin(doc: &mut Document, node: NodeId) -> Result<Self, ReadError> {
        drop_anchor(doc, node);
        let slot = doc.slot(node);
        // A scalar has no children, though the fields that count them hold something else.
        let next = if matches!(slot.kind(), Kind::Mapping | Kind::Sequence) { 0 } else { slot.b };
        Ok(Open { node, next, merges: slot.kind() == Kind::Mapping && has_merge(doc, node)? })
    }
}

fn drop_anchor(doc: &mut Document, id: NodeId) {
    if let Some(extra) = doc.extras.get_mut(id) {
        extra.anchor = None;
    }
}

/// A copy of a node with its descendants, origins and comments; there is no alias among them.
fn copy(doc: &mut Document, id: NodeId) -> NodeId {
    let copied = copy_slot(doc, id);
    let mut open = vec![copied];
    while let Some(id) = open.pop() {
        let slot = *doc.slot(id);
        if !matches!(slot.kind(), Kind::Mapping | Kind::Sequence) {
            continue;
        }
        let start = doc.children.len() as u32;
        doc.slot_mut(id).a = start;
        for index in 0..slot.b {
            let child = copy_slot(doc, doc.children[(slot.a + index) as usize]);
            doc.children.push(child);
            open.push(child);
        }
    }
    copied
}

fn copy_slot(doc: &mut Document, id: NodeId) -> NodeId {
    let fresh = NodeId(doc.slots.len() as u32);
    let mut slot = *doc.slot(id);
    slot.unset(ROOMY);
    doc.slots.push(slot);
    doc.set_file(fresh, doc.file_of(id) as u32);
    if let Some(extra) = doc.extras.get(id).cloned() {
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
    match doc.slot(value).kind() {
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
            match doc.slot(pair[1]).kind() {
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
