//! The arena that holds one document's tree, and the verbs that change it.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::chars::is_printable_ascii;
use crate::node::{Kind, Node, Style, Tag};
use crate::resolve::Schema;
use crate::source::{Location, SourceFile};

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

/// What is known of the few nodes that have more than a slot holds. Most documents have none.
#[derive(Clone, Default)]
#[expect(clippy::box_collection, reason = "a map takes as much room as two vectors, and few documents have one")]
pub(crate) struct Extras(Option<Box<HashMap<NodeId, Box<Extra>>>>);

impl Extras {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|extras| extras.is_empty())
    }

    pub(crate) fn get(&self, id: NodeId) -> Option<&Extra> {
        self.0.as_ref()?.get(&id).map(|extra| &**extra)
    }

    pub(crate) fn get_mut(&mut self, id: NodeId) -> Option<&mut Extra> {
        self.0.as_mut()?.get_mut(&id).map(|extra| &mut **extra)
    }

    pub(crate) fn get_or_default(&mut self, id: NodeId) -> &mut Extra {
        self.0.get_or_insert_default().entry(id).or_default()
    }

    pub(crate) fn insert(&mut self, id: NodeId, extra: Extra) {
        self.0.get_or_insert_default().insert(id, Box::new(extra));
    }

    pub(crate) fn remove(&mut self, id: NodeId) {
        if let Some(extras) = &mut self.0 {
            extras.remove(&id);
        }
    }

    /// What is known of `from` becomes what is known of `id`, and of `from` nothing stays.
    pub(crate) fn rename(&mut self, from: NodeId, id: NodeId) {
        let Some(extras) = &mut self.0 else { return };
        match extras.remove(&from) {
            Some(extra) => extras.insert(id, extra),
            None => extras.remove(&id),
        };
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut Extra> {
        self.0.iter_mut().flat_map(|extras| extras.values_mut()).map(|extra| &mut **extra)
    }

    fn heap_bytes(&self) -> usize {
        let Some(extras) = &self.0 else { return 0 };
        let extra = |extra: &Extra| {
            let Comments { head, line, foot } = &extra.comments;
            let texts = head.capacity() + line.capacity() + foot.capacity();
            let names = extra.anchor.as_deref().map_or(0, str::len) + extra.tag.as_deref().map_or(0, str::len);
            size_of::<Extra>() + texts + names
        };
        size_of_val(&**extras)
            + extras.capacity() * size_of::<(NodeId, Box<Extra>)>()
            + extras.values().map(|found| extra(found)).sum::<usize>()
    }
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
/// It was read without quotes, and its text alone gives its tag by the rules of go-yaml v3.
pub(crate) const RESOLVED: u8 = 32;

/// What a slot says of the file if its number does not fit: `Document::homes` has it.
pub(crate) const FAR: u8 = u8::MAX;

/// What a slot says of the file with this number.
pub(crate) fn near_file(file: u32) -> u8 {
    u8::try_from(file).unwrap_or(FAR)
}

/// Bytes that the first text made room for.
const POOL_ROOM: usize = 256;

/// Nodes that the first one made room for.
pub(crate) const SLOT_ROOM: usize = 48;

/// One node, 20 bytes. `a..b` is the text of a scalar; `a` and `b` are place and number of a collection's children
/// in `Document::children`; `a` is the target of an alias.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    /// Its kind, and flags in the bits below: see [`Slot::kind`].
    pub(crate) bits: u8,
    pub(crate) style: Style,
    pub(crate) tag: Tag,
    /// Index of the file it came from in `Document::files`, or [`FAR`].
    pub(crate) file: u8,
    pub(crate) a: u32,
    pub(crate) b: u32,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// Bits of [`Slot::bits`] that are flags.
const FLAGS: u8 = 63;

impl Slot {
    /// A slot without text, children and origin.
    pub(crate) fn new(kind: Kind, style: Style, tag: Tag) -> Self {
        Slot { bits: (kind as u8) << 6, style, tag, file: 0, a: 0, b: 0, start: 0, end: 0 }
    }

    #[inline]
    pub(crate) fn kind(&self) -> Kind {
        match self.bits >> 6 {
            0 => Kind::Scalar,
            1 => Kind::Mapping,
            2 => Kind::Sequence,
            _ => Kind::Alias,
        }
    }

    pub(crate) fn set_kind(&mut self, kind: Kind) {
        self.bits = (kind as u8) << 6 | self.bits & FLAGS;
    }

    /// Whether it has any of these flags.
    #[inline]
    pub(crate) fn has(&self, flags: u8) -> bool {
        self.bits & flags != 0
    }

    #[inline]
    pub(crate) fn set(&mut self, flags: u8) {
        debug_assert!(flags <= FLAGS, "a kind is no flag");
        self.bits |= flags;
    }

    #[inline]
    pub(crate) fn unset(&mut self, flags: u8) {
        debug_assert!(flags <= FLAGS, "a kind is no flag");
        self.bits &= !flags;
    }
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
    pub(crate) files: SmallVec<[Arc<SourceFile>; 4]>,
    pub(crate) slots: Vec<Slot>,
    /// Indexes into `files` of the few nodes whose slot has no room for it.
    #[expect(clippy::box_collection, reason = "a map takes as much room as two vectors, and few documents have one")]
    pub(crate) homes: Option<Box<HashMap<NodeId, u32>>>,
    /// Children of sequences one after another, of mappings as key, value, key, value.
    pub(crate) children: Vec<NodeId>,
    pub(crate) pool: String,
    pub(crate) extras: Extras,
    /// Comments of the document itself: above the first node, below the last.
    pub(crate) comments: Option<Box<Comments>>,
    pub(crate) root: NodeId,
    /// Where the document begins in its first file: its `---`, or its first node.
    pub(crate) begin: Option<u32>,
    /// By which rules the types of its unquoted scalars were found.
    pub(crate) schema: Schema,
}

impl Document {
    /// A document without any node, for a reader that makes the root.
    pub(crate) fn empty() -> Self {
        Document {
            files: SmallVec::new(),
            slots: Vec::new(),
            homes: None,
            children: Vec::new(),
            pool: String::new(),
            extras: Extras::default(),
            comments: None,
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
        let mut doc = Document::empty();
        if node.is_empty() {
            // Most copies are of one scalar.
            doc.slots.reserve_exact(1);
        }
        doc.root = doc.import(node);
        doc
    }

    /// The root node.
    #[inline]
    pub fn root(&self) -> Node<'_> {
        self.node(self.root)
    }

    /// The root node's id.
    #[inline]
    pub fn root_id(&self) -> NodeId {
        self.root
    }

    /// Makes another node of this document the root.
    pub fn set_root(&mut self, root: NodeId) {
        self.root = root;
    }

    /// The node with this id.
    #[inline]
    pub fn node(&self, id: NodeId) -> Node<'_> {
        Node::new(self, id)
    }

    /// Where the document begins: its `---` line, or its first node. `None` for one that a program made.
    pub fn location(&self) -> Option<Location> {
        let (file, at) = (self.files.first()?, self.begin?);
        let at = file.position(at);
        Some(Location { file: file.name().to_owned(), line: at.line, column: at.column })
    }

    /// Whether any node may have comments. `false` is certain, and asks no node.
    pub fn may_have_comments(&self) -> bool {
        self.comments.is_some() || !self.extras.is_empty()
    }

    /// Whether any node that is or was in the tree is a scalar with one of these texts. Faster than a walk that finds none.
    pub fn mentions(&self, texts: &[&str]) -> bool {
        // A bit for each length; the longest share one. Most texts are of another length.
        let bit = |length: usize| 1u64 << length.min(63);
        let lengths = texts.iter().fold(0, |lengths, text| lengths | bit(text.len()));
        self.slots.iter().enumerate().any(|(index, slot)| {
            let has = |text: &&str| self.has_text(NodeId(index as u32), text);
            slot.kind() == Kind::Scalar
                && lengths & bit(slot.b.wrapping_sub(slot.a) as usize) != 0
                && texts.iter().any(has)
        })
    }

    /// Reads what the tree lies in from end to end.
    ///
    /// For a walk over many documents that are not in the processor's caches: a walk of a tree waits for each place
    /// that it jumps to, while these reads wait all at once.
    pub fn prefetch(&self) {
        /// Bytes that a cache takes in at once.
        const LINE: usize = 64;
        let slots = self.slots.iter().step_by(LINE / size_of::<Slot>()).map(|slot| slot.a);
        let children = self.children.iter().step_by(LINE / size_of::<NodeId>()).map(|child| child.0);
        let texts = [self.pool.as_bytes(), self.own_text()];
        let texts = texts.into_iter().flat_map(|text| text.iter().step_by(LINE)).map(|&byte| u32::from(byte));
        std::hint::black_box(slots.chain(children).chain(texts).fold(0, u32::wrapping_add));
    }

    /// What the tree was read from, where that is one stretch of text.
    fn own_text(&self) -> &[u8] {
        let slot = self.slot(self.root);
        let Some(file) = self.files.first().filter(|_| slot.has(HAS_ORIGIN) && slot.file == 0) else { return &[] };
        file.text().as_bytes().get(slot.start as usize..slot.end as usize).unwrap_or_default()
    }

    /// Bytes that the tree holds on the heap, the texts of its files not counted.
    pub fn heap_bytes(&self) -> usize {
        let files = if self.files.spilled() { self.files.capacity() } else { 0 };
        files * size_of::<Arc<SourceFile>>()
            + self.slots.capacity() * size_of::<Slot>()
            + self.homes.as_ref().map_or(0, |homes| homes.capacity() * size_of::<(NodeId, u32)>())
            + self.children.capacity() * size_of::<NodeId>()
            + self.pool.capacity()
            + self.extras.heap_bytes()
    }

    /// The document's own comments: `head` above everything (cut off by a blank line), `foot` below everything.
    pub fn comments(&self) -> &Comments {
        static NONE: Comments = Comments { head: String::new(), line: String::new(), foot: String::new() };
        self.comments.as_deref().unwrap_or(&NONE)
    }

    #[inline]
    pub(crate) fn slot(&self, id: NodeId) -> &Slot {
        &self.slots[id.0 as usize]
    }

    #[inline]
    pub(crate) fn slot_mut(&mut self, id: NodeId) -> &mut Slot {
        &mut self.slots[id.0 as usize]
    }

    #[inline]
    pub(crate) fn file_of(&self, id: NodeId) -> usize {
        match self.slot(id).file {
            FAR => self.far_file_of(id),
            near => usize::from(near),
        }
    }

    #[cold]
    fn far_file_of(&self, id: NodeId) -> usize {
        self.homes.as_ref().and_then(|homes| homes.get(&id)).map_or(0, |&file| file as usize)
    }

    pub(crate) fn set_file(&mut self, id: NodeId, file: u32) {
        let near = near_file(file);
        if near == FAR {
            self.homes.get_or_insert_default().insert(id, file);
        }
        self.slot_mut(id).file = near;
    }

    #[inline]
    pub(crate) fn children_of(&self, id: NodeId) -> &[NodeId] {
        let slot = self.slot(id);
        match slot.kind() {
            Kind::Mapping | Kind::Sequence => &self.children[slot.a as usize..(slot.a + slot.b) as usize],
            Kind::Scalar | Kind::Alias => &[],
        }
    }

    #[inline]
    pub(crate) fn text_of(&self, id: NodeId) -> &str {
        let slot = self.slot(id);
        if slot.kind() != Kind::Scalar {
            return "";
        }
        &self.texts_of(id)[slot.a as usize..slot.b as usize]
    }

    /// What the text of a scalar lies in.
    #[inline]
    fn texts_of(&self, id: NodeId) -> &str {
        if self.slot(id).has(IN_POOL) { &self.pool } else { self.files[self.file_of(id)].text() }
    }

    /// Whether this is a scalar with this text, or an alias of one. Most differ in length, or else in the first byte.
    #[inline(always)]
    pub(crate) fn has_text(&self, id: NodeId, text: &str) -> bool {
        let slot = self.slot(id);
        match slot.kind() {
            Kind::Scalar => slot.b.wrapping_sub(slot.a) as usize == text.len() && self.is_text(id, text),
            Kind::Alias => self.is_text(NodeId(slot.a), text),
            Kind::Mapping | Kind::Sequence => false,
        }
    }

    fn is_text(&self, id: NodeId, text: &str) -> bool {
        let slot = self.slot(id);
        if slot.kind() != Kind::Scalar {
            return false;
        }
        same_bytes(&self.texts_of(id).as_bytes()[slot.a as usize..slot.b as usize], text.as_bytes())
    }

    /// The text of a scalar that can be printed as it was read: without quotes, in a block, with nothing around it.
    #[inline]
    pub(crate) fn block_plain(&self, id: NodeId) -> Option<&str> {
        let slot = self.slot(id);
        if !slot.has(RESOLVED) || slot.has(HAS_EXTRA) || slot.style != Style::Plain {
            return None;
        }
        let text = self.text_of(id);
        // It was found to be plain; a printer refuses more characters, and what may stand before `:` or `]`.
        let (&first, &last) = (text.as_bytes().first()?, text.as_bytes().last()?);
        let marker = matches!(first, b'-' | b'.') && (text.starts_with("---") || text.starts_with("..."));
        let indicator = text.len() == 1 && matches!(first, b'-' | b'?');
        (is_printable_ascii(text) && last != b':' && !marker && !indicator).then_some(text)
    }

    pub(crate) fn extra(&self, id: NodeId) -> Option<&Extra> {
        if !self.slot(id).has(HAS_EXTRA) {
            return None;
        }
        self.extras.get(id)
    }

    pub(crate) fn extra_mut(&mut self, id: NodeId) -> &mut Extra {
        self.slot_mut(id).set(HAS_EXTRA);
        self.extras.get_or_default(id)
    }

    pub(crate) fn push_slot(&mut self, slot: Slot) -> NodeId {
        let id = NodeId(u32::try_from(self.slots.len()).expect("a document has fewer than 2^32 nodes"));
        if self.slots.len() == self.slots.capacity() {
            // A document that was read has room for no more, and most get few nodes: to double it would be a waste.
            let more = if self.slots.is_empty() { SLOT_ROOM } else { self.slots.len() / 4 + 8 };
            self.slots.reserve_exact(more);
        }
        self.slots.push(slot);
        id
    }

    pub(crate) fn pool_text(&mut self, text: &str) -> (u32, u32) {
        let start = self.pool.len();
        if self.pool.capacity() == 0 {
            // A document that is changed once is changed again.
            self.pool.reserve(text.len().max(POOL_ROOM));
        }
        self.pool.push_str(text);
        let end = u32::try_from(self.pool.len()).expect("a document's edited text is below 4 GiB");
        (start as u32, end)
    }
}

/// Whether two texts are one. Most keys are short, and compared by two reads that may overlap, without a call.
#[inline]
fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    fn ends<const N: usize>(text: &[u8]) -> [Option<&[u8; N]>; 2] {
        [text.first_chunk(), text.last_chunk()]
    }
    a.len() == b.len()
        && match a.len() {
            4..8 => ends::<4>(a) == ends::<4>(b),
            8..=16 => ends::<8>(a) == ends::<8>(b),
            _ => a == b,
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
