//! Events to one document: the arena filled, anchors bound, foot comments moved where go-yaml moves them.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::chars::Chars;
use crate::document::{Document, EXPLICIT_TAG, Extra, HAS_EXTRA, HAS_ORIGIN, IN_POOL, NodeId, RESOLVED, Slot};
use crate::node::{Kind, Style, Tag};
use crate::parse::{self, Event, EventKind, Parser, Properties};
use crate::read::{DuplicateKeys, ReadOptions};
use crate::resolve::{Schema, resolve_plain};
use crate::scan::{Outcome, Problem, depth_exceeded};
use crate::source::SourceFile;

/// Up to this many keys are compared each with each; beyond, through a set.
const FEW_KEYS: usize = 8;

/// Nodes that a reader leaves room for when it ends.
const MOST_ROOM: usize = 4_096;

/// What one reader leaves to the next of its thread, emptied: many files are small, and room costs more than reading.
#[derive(Default)]
struct Room {
    slots: Vec<Slot>,
    children: Vec<NodeId>,
    open: Vec<NodeId>,
    frames: Vec<Frame>,
    parser: parse::Room,
}

thread_local! {
    static ROOM: Cell<Room> = Cell::default();
}

/// What an anchor names.
#[derive(Clone, Copy)]
struct Anchor {
    node: NodeId,
    /// Nodes of the target with its own aliases expanded, and its height.
    nodes: u64,
    height: usize,
    /// The target has not ended yet: an alias to it would contain itself.
    open: bool,
}

/// A collection that has begun.
struct Frame {
    node: NodeId,
    first_child: usize,
    nodes: u64,
    height: usize,
    /// Where the name of its anchor stands.
    anchor: Option<(u32, u32)>,
}

/// Fills documents from the events of one stream.
pub(crate) struct Composer<'s> {
    parser: Parser<'s>,
    file: &'s Arc<SourceFile>,
    options: &'s ReadOptions,
    doc: Document,
    frames: Vec<Frame>,
    children: Vec<NodeId>,
    anchors: HashMap<&'s str, Anchor>,
    /// Nodes that the aliases so far stand for.
    alias_nodes: u64,
    last_end: u32,
    /// Whether even simple entries are read event by event; only a test wants that.
    step_by_step: bool,
}

impl<'s> Composer<'s> {
    /// For a text that a caller has checked, from its beginning.
    pub(crate) fn new(chars: Chars<'s>, file: &'s Arc<SourceFile>, options: &'s ReadOptions) -> Self {
        let Room { mut slots, mut children, open, frames, parser } = ROOM.take();
        // Texts of one node for eight bytes are rare.
        let room = (file.text().len() / 8).min(MOST_ROOM);
        slots.reserve(room);
        children.reserve(room);
        Composer {
            parser: Parser::new(chars, (options.limits.depth, options.limits.comments), parser),
            file,
            options,
            doc: Document { slots, children, ..Document::empty() },
            frames,
            children: open,
            anchors: HashMap::new(),
            alias_nodes: 0,
            last_end: 0,
            step_by_step: false,
        }
    }

    /// Begins another stream of the same file, with the room of the last one.
    pub(crate) fn restart(&mut self, chars: Chars<'s>, start: usize) {
        self.parser.restart(chars, start);
        self.frames.clear();
        self.children.clear();
        self.anchors.clear();
        self.alias_nodes = 0;
        self.last_end = 0;
    }

    /// The next document of the stream; `None` at its end.
    pub(crate) fn next_document(&mut self) -> Outcome<Option<Document>> {
        let start = self.parser.next()?;
        if start.kind == EventKind::StreamEnd {
            return Ok(None);
        }
        self.doc.files.push(Arc::clone(self.file));
        self.doc.begin = Some(start.start);
        self.doc.schema = self.options.schema;
        if let Some(comments) = start.comments {
            self.doc.comments.get_or_insert_default().head = comments.head;
        }
        loop {
            while !self.step_by_step
                && let Some((key, value)) = self.parser.next_entry()?
            {
                self.scalar(key)?;
                value.map_or(Ok(()), |value| self.scalar(value))?;
            }
            let event = self.parser.next()?;
            match event.kind {
                EventKind::Scalar => self.scalar(event)?,
                EventKind::Alias => self.alias(event)?,
                EventKind::MappingStart => self.begin(Kind::Mapping, Tag::Map, event)?,
                EventKind::SequenceStart => self.begin(Kind::Sequence, Tag::Seq, event)?,
                EventKind::MappingEnd | EventKind::SequenceEnd => self.end(event)?,
                EventKind::DocumentEnd => return Ok(Some(self.finish(event))),
                EventKind::DocumentStart | EventKind::StreamEnd => {
                    return Err(Problem::new(event.start as usize, "did not find expected node content"));
                }
            }
        }
    }

    fn finish(&mut self, event: Event) -> Document {
        if let Some(comments) = event.comments {
            self.doc.comments.get_or_insert_default().foot = comments.foot;
        }
        self.doc.pool = self.parser.scanner.split_pool();
        let mut slots = std::mem::take(&mut self.doc.slots);
        let mut children = std::mem::take(&mut self.doc.children);
        self.doc.slots = hand_over(&mut slots, self.options.spare_nodes);
        self.doc.children = hand_over(&mut children, self.options.spare_nodes);
        let next = Document { slots, children, ..Document::empty() };
        // go-yaml keeps anchors from one document of a stream to the next; here a node is of one document.
        self.anchors.clear();
        std::mem::replace(&mut self.doc, next)
    }

    #[inline]
    fn push(&mut self, kind: Kind, tag: Tag, event: &mut Event, flags: u8) -> NodeId {
        let id = NodeId(self.doc.slots.len() as u32);
        let (a, b, start, end) = (event.a, event.b, event.start, event.end);
        let mut slot = Slot { a, b, start, end, ..Slot::new(kind, event.style, tag) };
        slot.set(flags | HAS_ORIGIN);
        if event.comments.is_some() || event.properties.is_some() {
            self.add_extra(id, &mut slot, event);
        }
        self.doc.slots.push(slot);
        id
    }

    #[cold]
    fn add_extra(&mut self, id: NodeId, slot: &mut Slot, event: &mut Event) {
        let mut extra = Extra::default();
        if let Some(comments) = event.comments.take() {
            extra.comments = *comments;
        }
        let anchor = event.properties.as_ref().and_then(|properties| properties.anchor);
        extra.anchor = anchor.map(|(a, b)| self.source(a, b).into());
        if let Some(tag) = event.properties.take().and_then(|properties| properties.tag)
            && tag != "!"
        {
            slot.set(EXPLICIT_TAG);
            slot.tag = known_tag(&tag);
            extra.tag = Some(short_tag(tag).into());
        }
        slot.set(HAS_EXTRA);
        self.doc.extras.insert(id, extra);
    }

    fn source(&self, a: u32, b: u32) -> &'s str {
        &self.file.text()[a as usize..b as usize]
    }

    #[inline]
    fn scalar(&mut self, mut event: Event) -> Outcome {
        let tag = match event.style {
            Style::Plain => {
                let range = event.a as usize..event.b as usize;
                let text = if event.in_pool { &self.parser.scanner.pool[range] } else { &self.file.text()[range] };
                resolve_plain(text, self.options.schema)
            }
            _ => Tag::Str,
        };
        let anchor = event.properties.as_deref().and_then(anchor_of);
        let tagged = event.properties.as_ref().is_some_and(|properties| properties.tag.is_some());
        let resolved = event.style == Style::Plain && tag != Tag::Merge && self.options.schema == Schema::V3 && !tagged;
        let flags = if event.in_pool { IN_POOL } else { 0 } | if resolved { RESOLVED } else { 0 };
        let id = self.push(Kind::Scalar, tag, &mut event, flags);
        if let Some((a, b)) = anchor {
            let target = Anchor { node: id, nodes: 1, height: 0, open: false };
            self.anchors.insert(self.source(a, b), target);
        }
        self.last_end = event.end;
        self.add_child(id, 1, 0);
        Ok(())
    }

    fn alias(&mut self, mut event: Event) -> Outcome {
        let name = self.source(event.a, event.b);
        let at = event.start as usize;
        let Some(&target) = self.anchors.get(name) else {
            return Err(Problem::new(at, format!("unknown anchor '{name}' referenced"))
                .fix("an anchor must stand above its aliases, in the same document"));
        };
        if target.open {
            return Err(Problem::new(at, format!("anchor '{name}' value contains itself")));
        }
        if self.frames.len() + target.height > self.options.limits.depth {
            return Err(depth_exceeded(at, self.options.limits.depth));
        }
        (event.a, event.b) = (target.node.0, 0);
        let id = self.push(Kind::Alias, Tag::Str, &mut event, 0);
        self.doc.extra_mut(id).anchor = Some(name.into());
        self.last_end = event.end;
        self.add_child(id, target.nodes, target.height);
        self.alias_nodes = self.alias_nodes.saturating_add(target.nodes);
        if self.alias_nodes > self.options.limits.alias_nodes as u64 {
            return Err(Problem::new(at, "document contains excessive aliasing")
                .fix("raise the limit `alias_nodes` if the text is trusted"));
        }
        Ok(())
    }

    fn begin(&mut self, kind: Kind, tag: Tag, mut event: Event) -> Outcome {
        if self.frames.len() >= self.options.limits.depth {
            return Err(depth_exceeded(event.start as usize, self.options.limits.depth));
        }
        let anchor = event.properties.as_deref().and_then(anchor_of);
        let id = self.push(kind, tag, &mut event, 0);
        if let Some((a, b)) = anchor {
            self.anchors.insert(self.source(a, b), Anchor { node: id, nodes: 0, height: 0, open: true });
        }
        self.frames.push(Frame { node: id, first_child: self.children.len(), nodes: 1, height: 0, anchor });
        Ok(())
    }

    fn end(&mut self, event: Event) -> Outcome {
        let frame = self.frames.pop().expect("an end follows its start");
        let (first, count) = (self.doc.children.len(), self.children.len() - frame.first_child);
        self.doc.children.extend_from_slice(&self.children[frame.first_child..]);
        self.children.truncate(frame.first_child);
        let slot = self.doc.slot_mut(frame.node);
        (slot.a, slot.b) = (first as u32, count as u32);
        let flow = slot.style == Style::Flow && event.style == Style::Flow && event.end > event.start;
        if flow {
            self.last_end = event.end;
        } else if count == 0 {
            self.last_end = self.last_end.max(slot.end);
        }
        slot.end = self.last_end.max(slot.start);
        if event.comments.is_some() || slot.has(HAS_EXTRA) {
            self.end_comments(frame.node, event);
        }
        let id = frame.node;
        if self.doc.slot(id).kind() == Kind::Mapping && self.options.duplicate_keys == DuplicateKeys::Reject {
            self.check_keys(id)?;
        }
        // Another node may have taken the name since.
        let name = frame.anchor.map(|(a, b)| self.source(a, b));
        if let Some(anchor) = name.and_then(|name| self.anchors.get_mut(name))
            && anchor.node == id
        {
            *anchor = Anchor { node: id, nodes: frame.nodes, height: frame.height + 1, open: false };
        }
        self.add_child(id, frame.nodes, frame.height + 1);
        Ok(())
    }

    /// A collection's line and foot comment are those at its end; a block mapping's foot goes to its last key.
    fn end_comments(&mut self, id: NodeId, event: Event) {
        let end = event.comments.map(|comments| *comments).unwrap_or_default();
        let slot = *self.doc.slot(id);
        let children = self.doc.children_of(id);
        let last_key = match slot.kind() {
            Kind::Mapping if slot.style == Style::Block && children.len() > 1 => Some(children[children.len() - 2]),
            _ => None,
        };
        let (line, mut foot) = (end.line, end.foot);
        if let Some(key) = last_key
            && !foot.is_empty()
        {
            self.doc.extra_mut(key).comments.foot = std::mem::take(&mut foot);
        }
        if slot.has(HAS_EXTRA) || !line.is_empty() || !foot.is_empty() {
            let comments = &mut self.doc.extra_mut(id).comments;
            (comments.line, comments.foot) = (line, foot);
        }
    }

    #[inline]
    fn add_child(&mut self, id: NodeId, nodes: u64, height: usize) {
        let Some(frame) = self.frames.last_mut() else {
            self.doc.root = id;
            return;
        };
        frame.nodes = frame.nodes.saturating_add(nodes);
        frame.height = frame.height.max(height);
        let (node, first_child) = (frame.node, frame.first_child);
        self.children.push(id);
        if !self.doc.extras.is_empty() && self.doc.slot(node).kind() == Kind::Mapping {
            let count = self.children.len() - first_child;
            self.move_foot(node, id, count);
        }
    }

    /// A foot found on a key of a block mapping belongs to the key before; a foot found on a value, to its key.
    fn move_foot(&mut self, map: NodeId, id: NodeId, count: usize) {
        let last = self.children.len() - 1;
        let target = match count % 2 {
            1 if count > 2 && self.doc.slot(map).style == Style::Block => self.children[last - 2],
            0 => self.children[last - 1],
            _ => return,
        };
        if !self.doc.slot(id).has(HAS_EXTRA) || self.doc.extra_mut(id).comments.foot.is_empty() {
            return;
        }
        if count.is_multiple_of(2) && self.doc.extra(target).is_some_and(|extra| !extra.comments.foot.is_empty()) {
            return;
        }
        let foot = std::mem::take(&mut self.doc.extra_mut(id).comments.foot);
        self.doc.extra_mut(target).comments.foot = foot;
    }

    // Duplicate keys

    fn check_keys(&self, map: NodeId) -> Outcome {
        let children = self.doc.children_of(map);
        if children.len() <= 2 * FEW_KEYS {
            for (index, pair) in children.chunks_exact(2).enumerate() {
                let text = self.key_text(pair[0]);
                for earlier in children[..2 * index].chunks_exact(2) {
                    if self.key_text(earlier[0]) == text && text.is_some() {
                        return Err(self.duplicate(earlier[0], pair[0]));
                    }
                }
            }
            return Ok(());
        }
        let mut seen = HashSet::with_capacity(children.len() / 2);
        for pair in children.chunks_exact(2) {
            let text = self.key_text(pair[0]);
            if text.is_some() && !seen.insert(text) {
                let earlier = children.chunks_exact(2).find(|earlier| self.key_text(earlier[0]) == text);
                return Err(self.duplicate(earlier.map_or(pair[0], |earlier| earlier[0]), pair[0]));
            }
        }
        Ok(())
    }

    /// What makes two keys one: kind and text, whatever the type. Collections are never equal.
    #[inline]
    fn key_text(&self, key: NodeId) -> Option<(Kind, &str)> {
        let slot = self.doc.slot(key);
        let range = slot.a as usize..slot.b as usize;
        match slot.kind() {
            Kind::Scalar if slot.has(IN_POOL) => Some((Kind::Scalar, &self.parser.scanner.pool[range])),
            Kind::Scalar => Some((Kind::Scalar, &self.file.text()[range])),
            Kind::Alias => self.doc.extra(key).and_then(|extra| Some((Kind::Alias, extra.anchor.as_deref()?))),
            _ => None,
        }
    }

    fn duplicate(&self, earlier: NodeId, later: NodeId) -> Box<Problem> {
        let at = self.doc.slot(later).start;
        let line = self.file.position(self.doc.slot(earlier).start).line;
        let key = self.key_text(later).map_or("", |(_, text)| text);
        Problem::new(at as usize, format!("mapping key {key:?} already defined at line {line}"))
            .fix("keep one of the two entries")
    }
}

impl Drop for Composer<'_> {
    fn drop(&mut self) {
        let mut room = Room {
            slots: std::mem::take(&mut self.doc.slots),
            children: std::mem::take(&mut self.doc.children),
            open: std::mem::take(&mut self.children),
            frames: std::mem::take(&mut self.frames),
            parser: self.parser.take_room(),
        };
        let most = [room.slots.capacity(), room.children.capacity(), room.open.capacity(), room.frames.capacity()];
        if most.into_iter().chain([room.parser.capacity()]).any(|capacity| capacity > MOST_ROOM) {
            return;
        }
        room.slots.clear();
        room.children.clear();
        room.open.clear();
        room.frames.clear();
        // A thread that ends needs none.
        let _ended = ROOM.try_with(|kept| kept.set(room));
    }
}

/// A document gets a copy of just its size, and the room stays for the next one. What fills more than a reader leaves
/// room for goes as it is.
fn hand_over<T: Copy>(items: &mut Vec<T>, spare: usize) -> Vec<T> {
    if items.len() > MOST_ROOM {
        let mut all = std::mem::take(items);
        all.shrink_to(all.len() + spare);
        return all;
    }
    let mut copy = Vec::with_capacity(items.len() + spare);
    copy.extend_from_slice(items);
    items.clear();
    copy
}

fn anchor_of(properties: &Properties) -> Option<(u32, u32)> {
    properties.anchor
}

const CORE: &str = "tag:yaml.org,2002:";

pub(crate) fn known_tag(tag: &str) -> Tag {
    match tag.strip_prefix(CORE).or_else(|| tag.strip_prefix("!!")) {
        Some("null") => Tag::Null,
        Some("bool") => Tag::Bool,
        Some("int") => Tag::Int,
        Some("float") => Tag::Float,
        Some("str") => Tag::Str,
        Some("timestamp") => Tag::Timestamp,
        Some("binary") => Tag::Binary,
        Some("merge") => Tag::Merge,
        Some("map") => Tag::Map,
        Some("seq") => Tag::Seq,
        _ => Tag::Custom,
    }
}

/// A tag as it is written: `!!name` for those of YAML itself, `!name`, or `!<uri>`.
fn short_tag(tag: String) -> String {
    match tag.strip_prefix(CORE) {
        Some(name) => format!("!!{name}"),
        None if tag.starts_with('!') => tag,
        None => format!("!<{tag}>"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::node::Node;

    /// Everything that is known of a tree.
    fn describe(node: Node<'_>, out: &mut String) {
        let facts = (node.kind(), node.style(), node.tag(), node.span(), node.comments(), node.anchor());
        out.push_str(&format!("{facts:?} {:?} {:?}\n", node.explicit_tag(), node.document().text_of(node.id())));
        let children = node.document().children_of(node.id());
        children.iter().for_each(|&child| describe(node.document().node(child), out));
    }

    /// All documents of a stream, and the problem that ended it.
    fn read(text: &str, step_by_step: bool) -> String {
        let (file, options) = (SourceFile::new("f", text), ReadOptions::default());
        let chars = Chars::new(file.text().as_bytes(), false, false);
        let mut composer = Composer::new(chars, &file, &options);
        composer.step_by_step = step_by_step;
        let mut out = String::new();
        loop {
            match composer.next_document() {
                Ok(Some(doc)) => {
                    out.push_str(&format!("{:?}\n", doc.comments()));
                    describe(doc.root(), &mut out);
                }
                Ok(None) => return out,
                Err(problem) => return out + &format!("{problem:?}"),
            }
        }
    }

    fn lines() -> impl Strategy<Value = String> {
        let line = prop_oneof![
            6 => "[ab]{1,2}: ?[a-c1]{0,3}",
            2 => "(- ){1,2}([ab]: )?[ab]?",
            1 => "([ab]: )?['\"][ab ]{0,3}['\"]( #c)?",
            2 => "[ab]: ?[xy]? #[a-c]",
            2 => "#[a-c ]{0,3}",
            1 => "(\\? ?[ab]?|:|: [ab]|: [ab]: c|[ab]|[ab]: [ab]: c|[ab]: [|>&*!{\\[][ab]?|[}\\]]|---|\\.\\.\\.|)",
        ];
        let indented = (0..4_usize, line).prop_map(|(indent, line)| format!("{}{line}\n", "  ".repeat(indent)));
        proptest::collection::vec(indented, 0..12).prop_map(|lines| lines.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn entries_read_whole_are_those_read_event_by_event(text in lines()) {
            prop_assert_eq!(read(&text, false), read(&text, true));
        }
    }
}
