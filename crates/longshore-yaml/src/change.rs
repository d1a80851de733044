//! The verbs that change a document: nodes are made, put somewhere, taken away, given other texts.

use std::sync::Arc;

use crate::compose::known_tag;
use crate::document::{
    Comments, Document, EXPLICIT_TAG, FAR, HAS_EXTRA, HAS_ORIGIN, IN_POOL, NodeId, RESOLVED, ROOMY, SLOT_ROOM, Slot,
    near_file,
};
use crate::node::{Kind, Node, Style, Tag};
use crate::source::{SourceFile, Span};

/// A scalar that is to be added: see [`Document::add_scalar`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewScalar<'t> {
    /// Its value: escapes and quotes are the printer's work.
    pub text: &'t str,
    /// Its type.
    pub tag: Tag,
    /// How it is written.
    pub style: Style,
}

impl Document {
    /// Adds a scalar with its text, tag and style. The text is the value: escapes and quotes are the printer's work.
    pub fn add_scalar(&mut self, text: &str, tag: Tag, style: Style) -> NodeId {
        let range = self.pool_text(text);
        self.push_slot(pooled(tag, style, range))
    }

    /// As [`Document::add_scalar`], of a scalar that came from these bytes of a file, where it came from one. A text that
    /// is a part of the file's own is not copied.
    pub fn add_new(&mut self, new: NewScalar<'_>, origin: Option<(&Arc<SourceFile>, Span)>) -> NodeId {
        let origin = origin.map(|(file, span)| (self.file_index(file), span));
        self.add_from(new, origin)
    }

    /// Adds an entry at the end of a mapping and gives its value, as [`Document::map_insert`] adds what
    /// [`Document::add_new`] makes.
    pub fn map_add(
        &mut self,
        map: NodeId,
        key: NewScalar<'_>,
        value: NewScalar<'_>,
        origin: Option<(&Arc<SourceFile>, Span)>,
    ) -> NodeId {
        let origin = origin.map(|(file, span)| (self.file_index(file), span));
        let (key, value) = (self.add_from(key, origin), self.add_from(value, origin));
        self.map_insert(map, usize::MAX, key, value);
        value
    }

    fn add_from(&mut self, new: NewScalar<'_>, origin: Option<(u32, Span)>) -> NodeId {
        let Some((file, span)) = origin else { return self.add_scalar(new.text, new.tag, new.style) };
        let mut slot = match self.files[file as usize].place_of(new.text) {
            Some((a, b)) => Slot { a, b, ..Slot::new(Kind::Scalar, new.style, new.tag) },
            None => pooled(new.tag, new.style, self.pool_text(new.text)),
        };
        slot.set(HAS_ORIGIN);
        (slot.start, slot.end) = (span.start, span.end);
        slot.file = near_file(file);
        let id = self.push_slot(slot);
        if slot.file == FAR {
            self.set_file(id, file);
        }
        id
    }

    /// Adds a string.
    pub fn add_str(&mut self, text: &str) -> NodeId {
        self.add_scalar(text, Tag::Str, Style::Plain)
    }

    /// Adds `null`.
    pub fn add_null(&mut self) -> NodeId {
        self.add_scalar("null", Tag::Null, Style::Plain)
    }

    /// Adds `true` or `false`.
    pub fn add_bool(&mut self, value: bool) -> NodeId {
        self.add_scalar(if value { "true" } else { "false" }, Tag::Bool, Style::Plain)
    }

    /// Adds an integer.
    pub fn add_int(&mut self, value: i64) -> NodeId {
        self.add_scalar(&value.to_string(), Tag::Int, Style::Plain)
    }

    /// Adds an empty block mapping.
    pub fn add_mapping(&mut self) -> NodeId {
        self.add_collection(Kind::Mapping, Tag::Map)
    }

    /// Adds an empty block sequence.
    pub fn add_sequence(&mut self) -> NodeId {
        self.add_collection(Kind::Sequence, Tag::Seq)
    }

    fn add_collection(&mut self, kind: Kind, tag: Tag) -> NodeId {
        self.push_slot(Slot::new(kind, Style::Block, tag))
    }

    /// Sets the value under `key`: in place when the key is there, else as the last entry. Gives the old value.
    ///
    /// Does nothing, and gives `None`, where `map` is not a mapping.
    pub fn map_set(&mut self, map: NodeId, key: &str, value: NodeId) -> Option<NodeId> {
        if let Some(index) = self.node(map).key_index(key) {
            let at = self.slot(map).a as usize + 2 * index + 1;
            return Some(std::mem::replace(&mut self.children[at], value));
        }
        let key = self.add_str(key);
        self.map_insert(map, usize::MAX, key, value);
        None
    }

    /// Inserts an entry before the entry with this index; past the end it becomes the last. The caller sees to it that
    /// the key is new.
    pub fn map_insert(&mut self, map: NodeId, index: usize, key: NodeId, value: NodeId) {
        if self.slot(map).kind() == Kind::Mapping {
            let at = index.saturating_mul(2).min(self.slot(map).b as usize);
            self.insert_children(map, at, &[key, value]);
        }
    }

    /// Removes the entry under `key` and gives its value.
    pub fn map_remove(&mut self, map: NodeId, key: &str) -> Option<NodeId> {
        let index = self.node(map).key_index(key)?;
        let removed = self.children_of(map)[2 * index + 1];
        self.remove_children(map, 2 * index, 2);
        Some(removed)
    }

    /// Adds an item at the end of a sequence.
    pub fn seq_push(&mut self, seq: NodeId, item: NodeId) {
        self.seq_insert(seq, usize::MAX, item);
    }

    /// Inserts an item before the one with this index; past the end it becomes the last.
    pub fn seq_insert(&mut self, seq: NodeId, index: usize, item: NodeId) {
        if self.slot(seq).kind() == Kind::Sequence {
            let at = index.min(self.slot(seq).b as usize);
            self.insert_children(seq, at, &[item]);
        }
    }

    /// Removes the item with this index and gives it.
    pub fn seq_remove(&mut self, seq: NodeId, index: usize) -> Option<NodeId> {
        if self.slot(seq).kind() != Kind::Sequence {
            return None;
        }
        let removed = *self.children_of(seq).get(index)?;
        self.remove_children(seq, index, 1);
        Some(removed)
    }

    /// Replaces all children: the items of a sequence, or key, value, key, value of a mapping.
    pub fn set_children(&mut self, id: NodeId, children: &[NodeId]) {
        debug_assert!(self.slot(id).kind() != Kind::Mapping || children.len().is_multiple_of(2), "a mapping has pairs");
        let at = self.children.len() as u32;
        self.children.extend_from_slice(children);
        let slot = self.slot_mut(id);
        slot.unset(ROOMY);
        (slot.a, slot.b) = (at, children.len() as u32);
    }

    /// Makes `id` be what `with` is: kind, value, style, tag, origin and comments. `with` must not be used afterwards.
    pub fn replace(&mut self, id: NodeId, with: NodeId) {
        let (old, slot) = (*self.slot(id), *self.slot(with));
        *self.slot_mut(id) = slot;
        self.set_file(id, self.file_of(with) as u32);
        if !old.has(HAS_EXTRA) && !slot.has(HAS_EXTRA) {
            return;
        }
        self.extras.rename(with, id);
    }

    /// Puts a copy of a scalar into a mapping, in the place where it stands there as a value, and gives the copy.
    ///
    /// A node of a text stands in one place. In several it stands where a program put it there, and every change of it is
    /// one of all these places, until each has its own.
    pub fn separate(&mut self, map: NodeId, value: NodeId) -> Option<NodeId> {
        let node = self.node(map);
        let at =
            node.is_mapping().then(|| self.children_of(map).chunks_exact(2).position(|pair| pair[1] == value))??;
        let (at, slot) = (self.slot(map).a as usize + 2 * at + 1, *self.slot(value));
        let copy = self.push_slot(slot);
        if slot.file == FAR {
            self.set_file(copy, self.file_of(value) as u32);
        }
        if let Some(extra) = self.extras.get(value).filter(|_| slot.has(HAS_EXTRA)).cloned() {
            self.extras.insert(copy, extra);
        }
        self.children[at] = copy;
        Some(copy)
    }

    /// Gives a scalar another text and tag; a node of another kind becomes a scalar. Style, comments and origin stay.
    pub fn set_scalar(&mut self, id: NodeId, text: &str, tag: Tag) {
        let (a, b) = self.pool_text(text);
        let slot = self.slot_mut(id);
        if slot.kind() != Kind::Scalar {
            slot.style = Style::Plain;
        }
        slot.set_kind(Kind::Scalar);
        slot.tag = tag;
        slot.set(IN_POOL);
        slot.unset(EXPLICIT_TAG | ROOMY | RESOLVED);
        (slot.a, slot.b) = (a, b);
    }

    /// Makes a node the scalar that [`Document::add_scalar`] would add: nothing of what it was stays.
    pub fn reset_scalar(&mut self, id: NodeId, text: &str, tag: Tag, style: Style) {
        let range = self.pool_text(text);
        if self.slot(id).has(HAS_EXTRA) {
            self.extras.remove(id);
        }
        *self.slot_mut(id) = pooled(tag, style, range);
    }

    /// Gives a node another style.
    pub fn set_style(&mut self, id: NodeId, style: Style) {
        self.slot_mut(id).style = style;
    }

    /// Gives a node a tag that is written out: `!!binary`, `!name`, `!<uri>`.
    pub fn set_tag(&mut self, id: NodeId, tag: &str) {
        self.extra_mut(id).tag = Some(tag.into());
        let slot = self.slot_mut(id);
        slot.tag = known_tag(tag);
        slot.set(EXPLICIT_TAG);
        slot.unset(RESOLVED);
    }

    /// Gives a node other comments.
    pub fn set_comments(&mut self, id: NodeId, comments: Comments) {
        self.extra_mut(id).comments = comments;
    }

    /// Takes another style for those scalars which kyaml prints so that they read back as something else.
    pub(crate) fn make_readable(&mut self) {
        for id in (0..self.slots.len() as u32).map(NodeId) {
            let text = self.text_of(id);
            let style = match self.slot(id).style {
                _ if self.slot(id).kind() != Kind::Scalar => continue,
                Style::SingleQuoted | Style::DoubleQuoted => continue,
                _ if text.starts_with('\t') || text.contains(['\u{2028}', '\u{2029}']) => Style::DoubleQuoted,
                Style::Folded => Style::Literal,
                style => style,
            };
            self.slot_mut(id).style = style;
        }
    }

    pub(crate) fn drop_comments(&mut self) {
        self.comments = None;
        for extra in self.extras.values_mut() {
            extra.comments = Comments::default();
        }
    }

    /// Says where a node came from.
    pub fn set_origin(&mut self, id: NodeId, file: &Arc<SourceFile>, span: Span) {
        let text = self.slot(id);
        // A scalar whose text lies in its source file is tied to that file: take the text along first.
        if text.kind() == Kind::Scalar && !text.has(IN_POOL) {
            let owned = self.text_of(id).to_owned();
            let (a, b) = self.pool_text(&owned);
            let slot = self.slot_mut(id);
            (slot.a, slot.b) = (a, b);
            slot.set(IN_POOL);
        }
        let file = self.file_index(file);
        let slot = self.slot_mut(id);
        (slot.start, slot.end) = (span.start, span.end);
        slot.set(HAS_ORIGIN);
        self.set_file(id, file);
    }

    /// Says that a node came from where `node` came from.
    pub fn set_origin_of(&mut self, id: NodeId, node: Node<'_>) {
        if let (Some(file), Some(span)) = (node.file(), node.span()) {
            self.set_origin(id, file, span);
        }
    }

    /// Drops what is no longer reachable from the root. Ids from before name other nodes afterwards.
    pub fn compact(&mut self) {
        let mut fresh = Document::from_node(self.root());
        fresh.comments = std::mem::take(&mut self.comments);
        *self = fresh;
    }

    fn insert_children(&mut self, id: NodeId, at: usize, new: &[NodeId]) {
        if self.children.capacity() == 0 {
            self.children.reserve(SLOT_ROOM);
        }
        let (start, len) = (self.slot(id).a as usize, self.slot(id).b as usize);
        let total = len + new.len();
        let roomy = self.slot(id).has(ROOMY) && total <= len.next_power_of_two();
        let last = start + len == self.children.len();
        if roomy || last {
            if !roomy {
                self.children.resize(start + total, NodeId(0));
                self.slot_mut(id).unset(ROOMY);
            }
            if at < len {
                self.children.copy_within(start + at..start + len, start + at + new.len());
            }
            self.children[start + at..start + at + new.len()].copy_from_slice(new);
            self.slot_mut(id).b = total as u32;
            return;
        }
        let (moved, room) = (self.children.len(), total.next_power_of_two());
        self.children.reserve(room);
        self.children.extend_from_within(start..start + at);
        self.children.extend_from_slice(new);
        if at < len {
            self.children.extend_from_within(start + at..start + len);
        }
        self.children.resize(moved + room, NodeId(0));
        let slot = self.slot_mut(id);
        slot.set(ROOMY);
        (slot.a, slot.b) = (moved as u32, total as u32);
    }

    fn remove_children(&mut self, id: NodeId, at: usize, count: usize) {
        let (start, len) = (self.slot(id).a as usize, self.slot(id).b as usize);
        self.children.copy_within(start + at + count..start + len, start + at);
        self.slot_mut(id).b = (len - count) as u32;
    }
}

/// A scalar whose text lies in the pool.
fn pooled(tag: Tag, style: Style, (a, b): (u32, u32)) -> Slot {
    let mut slot = Slot { a, b, ..Slot::new(Kind::Scalar, style, tag) };
    slot.set(IN_POOL);
    slot
}
