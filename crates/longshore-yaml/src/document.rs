//! The arena that holds one document's tree, and the verbs that change it.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::compose::known_tag;
use crate::node::{Kind, Node, Style, Tag};
use crate::resolve::Schema;
use crate::source::{Location, SourceFile, Span};

/// Names a node of one [`Document`]. It stays valid, and keeps meaning the same node, while the document lives.
///
/// An id must only be used with the document that gave it; with another one it names some other node, or a method
/// panics because there is no such node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(crate) u32);

/// Comments around a node, each with its `#` signs, lines joined by `\n`, empty when there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Comments {
    /// The lines above.
    pub head: String,
    /// Behind it, on its own line.
    pub line: String,
    /// The lines below.
    pub foot: String,
}

impl Comments {
    /// Whether there is none of the three.
    pub fn is_empty(&self) -> bool {
        self.head.is_empty() && self.line.is_empty() && self.foot.is_empty()
    }
}

/// What few nodes have: comments, an anchor, a tag that is written out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extra {
    pub(crate) comments: Comments,
    pub(crate) anchor: Option<Box<str>>,
    pub(crate) tag: Option<Box<str>>,
}

/// The text of a scalar lies in `Document::pool`, not in its source file.
pub(crate) const IN_POOL: u8 = 1;
/// `Document::extras` has an entry.
pub(crate) const HAS_EXTRA: u8 = 2;
/// The node knows where it came from: `file`, `start` and `end` hold.
pub(crate) const HAS_ORIGIN: u8 = 4;
/// The children were moved to the end of the pool and own room up to the next power of two.
pub(crate) const ROOMY: u8 = 8;
/// The tag stands in the text (`!!str 1`), it was not resolved.
pub(crate) const EXPLICIT_TAG: u8 = 16;

/// One node, 24 bytes. `a..b` is the text of a scalar; `a` and `b` are place and number of a collection's children
/// in `Document::children`; `a` is the target of an alias.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    pub(crate) kind: Kind,
    pub(crate) style: Style,
    pub(crate) tag: Tag,
    pub(crate) flags: u8,
    pub(crate) a: u32,
    pub(crate) b: u32,
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) file: u32,
}

/// One document: the tree, the texts it points into, and where each node came from.
///
/// Reading goes through [`Node`], a cursor that is free to copy: [`Document::root`], [`Document::node`]. Changing goes
/// through ids: make a node (`add_*`, [`Document::import`]), then put it somewhere ([`Document::map_set`],
/// [`Document::seq_push`], [`Document::replace`]). A node that is no longer reachable stays in the arena until
/// [`Document::compact`].
///
/// A tree must stay a tree: a node is put in one place only. To put it in a second place, import a copy.
#[derive(Clone)]
pub struct Document {
    pub(crate) files: Vec<Arc<SourceFile>>,
    pub(crate) slots: Vec<Slot>,
    /// Children of sequences one after another, of mappings as key, value, key, value.
    pub(crate) children: Vec<NodeId>,
    pub(crate) pool: String,
    pub(crate) extras: HashMap<NodeId, Box<Extra>>,
    /// Comments of the document itself: above the first node, below the last.
    pub(crate) comments: Comments,
    pub(crate) root: NodeId,
    /// Where the document begins in its first file: its `---`, or its first node.
    pub(crate) begin: Option<u32>,
    /// By which rules the types of its unquoted scalars were found.
    pub(crate) schema: Schema,
}

/// A node that is copied, and whether it was reached through an alias.
#[derive(Clone, Copy)]
struct Source {
    id: NodeId,
    aliased: bool,
}

impl Source {
    fn of(from: &Document, id: NodeId, aliased: bool) -> Source {
        match from.slot(id) {
            Slot { kind: Kind::Alias, a, .. } => Source { id: NodeId(*a), aliased: true },
            _ => Source { id, aliased },
        }
    }
}

impl Document {
    /// A document without any node, for a reader that makes the root.
    pub(crate) fn empty() -> Self {
        Document {
            files: Vec::new(),
            slots: Vec::new(),
            children: Vec::new(),
            pool: String::new(),
            extras: HashMap::new(),
            comments: Comments::default(),
            root: NodeId(0),
            begin: None,
            schema: Schema::V3,
        }
    }

    /// A document whose root is `null`.
    pub fn new() -> Self {
        let mut doc = Document::empty();
        doc.root = doc.add_null();
        doc
    }

    /// A copy of one node, its descendants and their origins as a document of its own.
    pub fn from_node(node: Node<'_>) -> Self {
        let mut doc = Document::new();
        doc.root = doc.import(node);
        doc
    }

    /// The root node.
    pub fn root(&self) -> Node<'_> {
        self.node(self.root)
    }

    /// The root node's id.
    pub fn root_id(&self) -> NodeId {
        self.root
    }

    /// Makes another node of this document the root.
    pub fn set_root(&mut self, root: NodeId) {
        self.root = root;
    }

    /// The node with this id.
    pub fn node(&self, id: NodeId) -> Node<'_> {
        Node::new(self, id)
    }

    /// Where the document begins: its `---` line, or its first node. `None` for one that a program made.
    pub fn location(&self) -> Option<Location> {
        let (file, at) = (self.files.first()?, self.begin?);
        let at = file.position(at);
        Some(Location { file: file.name().to_owned(), line: at.line, column: at.column })
    }

    /// Bytes that the tree holds on the heap, the texts of its files not counted.
    pub fn heap_bytes(&self) -> usize {
        let extra = |extra: &Extra| {
            let Comments { head, line, foot } = &extra.comments;
            let texts = head.capacity() + line.capacity() + foot.capacity();
            size_of::<Extra>()
                + texts
                + extra.anchor.as_deref().map_or(0, str::len)
                + extra.tag.as_deref().map_or(0, str::len)
        };
        self.files.capacity() * size_of::<Arc<SourceFile>>()
            + self.slots.capacity() * size_of::<Slot>()
            + self.children.capacity() * size_of::<NodeId>()
            + self.pool.capacity()
            + self.extras.capacity() * (size_of::<NodeId>() + size_of::<Box<Extra>>())
            + self.extras.values().map(|found| extra(found)).sum::<usize>()
    }

    /// The document's own comments: `head` above everything (cut off by a blank line), `foot` below everything.
    pub fn comments(&self) -> &Comments {
        &self.comments
    }

    pub(crate) fn slot(&self, id: NodeId) -> &Slot {
        &self.slots[id.0 as usize]
    }

    pub(crate) fn slot_mut(&mut self, id: NodeId) -> &mut Slot {
        &mut self.slots[id.0 as usize]
    }

    pub(crate) fn children_of(&self, id: NodeId) -> &[NodeId] {
        let slot = self.slot(id);
        match slot.kind {
            Kind::Mapping | Kind::Sequence => &self.children[slot.a as usize..(slot.a + slot.b) as usize],
            Kind::Scalar | Kind::Alias => &[],
        }
    }

    pub(crate) fn text_of(&self, id: NodeId) -> &str {
        let slot = self.slot(id);
        let range = slot.a as usize..slot.b as usize;
        match slot.kind {
            Kind::Scalar if slot.flags & IN_POOL != 0 => &self.pool[range],
            Kind::Scalar => &self.files[slot.file as usize].text()[range],
            _ => "",
        }
    }

    pub(crate) fn extra(&self, id: NodeId) -> Option<&Extra> {
        if self.slot(id).flags & HAS_EXTRA == 0 {
            return None;
        }
        self.extras.get(&id).map(|extra| &**extra)
    }

    pub(crate) fn extra_mut(&mut self, id: NodeId) -> &mut Extra {
        self.slot_mut(id).flags |= HAS_EXTRA;
        self.extras.entry(id).or_default()
    }

    fn push_slot(&mut self, slot: Slot) -> NodeId {
        let id = NodeId(u32::try_from(self.slots.len()).expect("a document has fewer than 2^32 nodes"));
        self.slots.push(slot);
        id
    }

    fn pool_text(&mut self, text: &str) -> (u32, u32) {
        let start = self.pool.len();
        self.pool.push_str(text);
        let end = u32::try_from(self.pool.len()).expect("a document's edited text is below 4 GiB");
        (start as u32, end)
    }

    // Making nodes

    /// Adds a scalar with its text, tag and style. The text is the value: escapes and quotes are the printer's work.
    pub fn add_scalar(&mut self, text: &str, tag: Tag, style: Style) -> NodeId {
        let (a, b) = self.pool_text(text);
        self.push_slot(Slot { kind: Kind::Scalar, style, tag, flags: IN_POOL, a, b, start: 0, end: 0, file: 0 })
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
        self.push_slot(Slot { kind, style: Style::Block, tag, flags: 0, a: 0, b: 0, start: 0, end: 0, file: 0 })
    }

    /// Copies a node of another document with its descendants: values, styles, comments and origins.
    ///
    /// Texts that lie in a source file are shared, not copied. An alias arrives as a copy of its target.
    pub fn import(&mut self, node: Node<'_>) -> NodeId {
        let from = node.document();
        let mut files = vec![None; from.files.len()];
        let root = Source::of(from, node.id(), false);
        let id = self.import_slot(from, root, &mut files);
        let mut open = vec![(root, id)];
        while let Some((source, id)) = open.pop() {
            let children = from.children_of(source.id);
            if children.is_empty() {
                continue;
            }
            let start = self.children.len();
            self.children.resize(start + children.len(), NodeId(0));
            self.slot_mut(id).a = start as u32;
            for (index, &child) in children.iter().enumerate() {
                let child = Source::of(from, child, source.aliased);
                let copy = self.import_slot(from, child, &mut files);
                self.children[start + index] = copy;
                if !from.children_of(child.id).is_empty() {
                    open.push((child, copy));
                }
            }
        }
        id
    }

    /// Copies what is in a node itself.
    fn import_slot(&mut self, from: &Document, source: Source, files: &mut [Option<u32>]) -> NodeId {
        let mut slot = *from.slot(source.id);
        if slot.flags & HAS_ORIGIN != 0 || (slot.kind == Kind::Scalar && slot.flags & IN_POOL == 0) {
            let index = slot.file as usize;
            slot.file = *files[index].get_or_insert_with(|| self.file_index(&from.files[index]));
        }
        if slot.kind == Kind::Scalar && slot.flags & IN_POOL != 0 {
            (slot.a, slot.b) = self.pool_text(from.text_of(source.id));
        }
        slot.flags &= !ROOMY;
        let id = self.push_slot(slot);
        if slot.flags & HAS_EXTRA != 0
            && let Some(extra) = from.extra(source.id)
        {
            let mut extra = extra.clone();
            // The name stays with the node that had it.
            extra.anchor = extra.anchor.filter(|_| !source.aliased);
            self.extras.insert(id, Box::new(extra));
        }
        id
    }

    /// Index of `file` in the table of this document, added when it is new.
    pub(crate) fn file_index(&mut self, file: &Arc<SourceFile>) -> u32 {
        let known = self.files.iter().position(|have| Arc::ptr_eq(have, file));
        let index = known.unwrap_or_else(|| {
            self.files.push(Arc::clone(file));
            self.files.len() - 1
        });
        index as u32
    }

    // Changing nodes

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
        if self.slot(map).kind == Kind::Mapping {
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
        if self.slot(seq).kind == Kind::Sequence {
            let at = index.min(self.slot(seq).b as usize);
            self.insert_children(seq, at, &[item]);
        }
    }

    /// Removes the item with this index and gives it.
    pub fn seq_remove(&mut self, seq: NodeId, index: usize) -> Option<NodeId> {
        if self.slot(seq).kind != Kind::Sequence {
            return None;
        }
        let removed = *self.children_of(seq).get(index)?;
        self.remove_children(seq, index, 1);
        Some(removed)
    }

    /// Replaces all children: the items of a sequence, or key, value, key, value of a mapping.
    pub fn set_children(&mut self, id: NodeId, children: &[NodeId]) {
        debug_assert!(self.slot(id).kind != Kind::Mapping || children.len().is_multiple_of(2), "a mapping has pairs");
        let at = self.children.len() as u32;
        self.children.extend_from_slice(children);
        let slot = self.slot_mut(id);
        slot.flags &= !ROOMY;
        (slot.a, slot.b) = (at, children.len() as u32);
    }

    /// Makes `id` be what `with` is: kind, value, style, tag, origin and comments. `with` must not be used afterwards.
    pub fn replace(&mut self, id: NodeId, with: NodeId) {
        let slot = *self.slot(with);
        *self.slot_mut(id) = slot;
        match self.extras.remove(&with) {
            Some(extra) => self.extras.insert(id, extra),
            None => self.extras.remove(&id),
        };
    }

    /// Gives a scalar another text and tag; a node of another kind becomes a scalar. Style, comments and origin stay.
    pub fn set_scalar(&mut self, id: NodeId, text: &str, tag: Tag) {
        let (a, b) = self.pool_text(text);
        let slot = self.slot_mut(id);
        if slot.kind != Kind::Scalar {
            slot.style = Style::Plain;
        }
        slot.kind = Kind::Scalar;
        slot.tag = tag;
        slot.flags = (slot.flags | IN_POOL) & !(EXPLICIT_TAG | ROOMY);
        (slot.a, slot.b) = (a, b);
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
        slot.flags |= EXPLICIT_TAG;
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
                _ if self.slot(id).kind != Kind::Scalar => continue,
                Style::SingleQuoted | Style::DoubleQuoted => continue,
                _ if text.starts_with('\t') || text.contains(['\u{2028}', '\u{2029}']) => Style::DoubleQuoted,
                Style::Folded => Style::Literal,
                style => style,
            };
            self.slot_mut(id).style = style;
        }
    }

    pub(crate) fn drop_comments(&mut self) {
        self.comments = Comments::default();
        for extra in self.extras.values_mut() {
            extra.comments = Comments::default();
        }
    }

    /// Says where a node came from.
    pub fn set_origin(&mut self, id: NodeId, file: &Arc<SourceFile>, span: Span) {
        let text = self.slot(id);
        // A scalar whose text lies in its source file is tied to that file: take the text along first.
        if text.kind == Kind::Scalar && text.flags & IN_POOL == 0 {
            let owned = self.text_of(id).to_owned();
            let (a, b) = self.pool_text(&owned);
            let slot = self.slot_mut(id);
            (slot.a, slot.b) = (a, b);
            slot.flags |= IN_POOL;
        }
        let file = self.file_index(file);
        let slot = self.slot_mut(id);
        (slot.file, slot.start, slot.end) = (file, span.start, span.end);
        slot.flags |= HAS_ORIGIN;
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
        let (start, len) = (self.slot(id).a as usize, self.slot(id).b as usize);
        let total = len + new.len();
        let roomy = self.slot(id).flags & ROOMY != 0 && total <= len.next_power_of_two();
        let last = start + len == self.children.len();
        if roomy || last {
            if !roomy {
                self.children.resize(start + total, NodeId(0));
                self.slot_mut(id).flags &= !ROOMY;
            }
            self.children.copy_within(start + at..start + len, start + at + new.len());
            self.children[start + at..start + at + new.len()].copy_from_slice(new);
            self.slot_mut(id).b = total as u32;
            return;
        }
        let moved = self.children.len();
        self.children.extend_from_within(start..start + at);
        self.children.extend_from_slice(new);
        self.children.extend_from_within(start + at..start + len);
        self.children.resize(moved + total.next_power_of_two(), NodeId(0));
        let slot = self.slot_mut(id);
        slot.flags |= ROOMY;
        (slot.a, slot.b) = (moved as u32, total as u32);
    }

    fn remove_children(&mut self, id: NodeId, at: usize, count: usize) {
        let (start, len) = (self.slot(id).a as usize, self.slot(id).b as usize);
        self.children.copy_within(start + at + count..start + len, start + at);
        self.slot_mut(id).b = (len - count) as u32;
    }
}

impl Default for Document {
    fn default() -> Self {
        Document::new()
    }
}

impl PartialEq for Document {
    /// Whether the roots are equal as [`Node`]s are.
    fn eq(&self, other: &Self) -> bool {
        self.root() == other.root()
    }
}

impl fmt::Debug for Document {
    // Values may be secret, so only the shape is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document").field("files", &self.files).field("nodes", &self.slots.len()).finish()
    }
}
