//! The reading side of the tree: a cursor that is free to copy.

use std::fmt;
use std::sync::Arc;

use crate::document::{Comments, Document, EXPLICIT_TAG, HAS_ORIGIN, NodeId};
use crate::resolve::{self, Schema};
use crate::source::{Location, SourceFile, Span};

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// A single value.
    Scalar,
    /// Entries in order, each a key and a value.
    Mapping,
    /// Items in order.
    Sequence,
    /// `*name`: stands for the node with that anchor.
    Alias,
}

/// How a node is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Style {
    /// A scalar without quotes.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
    /// A collection by indentation.
    Block,
    /// `{…}` or `[…]`
    Flow,
}

/// The type of a node: resolved from its text, or written as a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Tag {
    /// `!!null`
    Null,
    /// `!!bool`
    Bool,
    /// `!!int`
    Int,
    /// `!!float`
    Float,
    /// `!!str`
    Str,
    /// `!!timestamp`
    Timestamp,
    /// `!!binary`
    Binary,
    /// `!!merge`, the key `<<`
    Merge,
    /// `!!map`
    Map,
    /// `!!seq`
    Seq,
    /// Any other tag; [`Node::explicit_tag`] has its text.
    Custom,
}

/// The value of a scalar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar<'a> {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// An integer that fits `i64`.
    Int(i64),
    /// An integer above `i64::MAX`.
    Uint(u64),
    /// A floating-point number, infinities and NaN included.
    Float(f64),
    /// A string, and every scalar whose tag names no other type: timestamps, binaries, custom tags.
    Str(&'a str),
}

/// A place in a tree. Copying it is free; it borrows the [`Document`].
///
/// Comparison is by meaning: scalars by resolved value, mappings whatever the order of their scalar keys, aliases as
/// their target; comments, style and origin do not count.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    doc: &'a Document,
    id: NodeId,
}

impl<'a> Node<'a> {
    pub(crate) fn new(doc: &'a Document, id: NodeId) -> Self {
        Node { doc, id }
    }

    /// The id for changing this node through its document.
    #[inline]
    pub fn id(self) -> NodeId {
        self.id
    }

    /// The document that holds the node.
    #[inline]
    pub fn document(self) -> &'a Document {
        self.doc
    }

    /// What the node is; an alias is an [`Kind::Alias`], see [`Node::resolved`].
    #[inline]
    pub fn kind(self) -> Kind {
        self.doc.slot(self.id).kind()
    }

    /// How it is written.
    #[inline]
    pub fn style(self) -> Style {
        self.doc.slot(self.id).style
    }

    /// Its type.
    #[inline]
    pub fn tag(self) -> Tag {
        self.doc.slot(self.id).tag
    }

    /// The tag as it is written in the text, if one is: `!!str`, `!custom`, `!<tag:example.com,2000:x>`.
    pub fn explicit_tag(self) -> Option<&'a str> {
        if !self.doc.slot(self.id).has(EXPLICIT_TAG) {
            return None;
        }
        self.doc.extra(self.id).and_then(|extra| extra.tag.as_deref())
    }

    /// The anchor's name, without `&`; of an alias, the name it refers to.
    pub fn anchor(self) -> Option<&'a str> {
        self.doc.extra(self.id).and_then(|extra| extra.anchor.as_deref())
    }

    /// The comments around it.
    pub fn comments(self) -> Option<&'a Comments> {
        self.doc.extra(self.id).map(|extra| &extra.comments).filter(|comments| !comments.is_empty())
    }

    /// The node itself, or the target of an alias.
    #[inline]
    pub fn resolved(self) -> Node<'a> {
        match self.kind() {
            Kind::Alias => Node { doc: self.doc, id: NodeId(self.doc.slot(self.id).a) },
            _ => self,
        }
    }

    // Where it came from

    /// The file it was read from; `None` for a node that a program made.
    pub fn file(self) -> Option<&'a Arc<SourceFile>> {
        let slot = self.doc.slot(self.id);
        (slot.has(HAS_ORIGIN)).then(|| &self.doc.files[self.doc.file_of(self.id)])
    }

    /// Its bytes in [`Node::file`], quotes and block headers included.
    pub fn span(self) -> Option<Span> {
        let slot = self.doc.slot(self.id);
        let length = self.file()?.text().len() as u32;
        Some(Span { start: slot.start.min(length), end: slot.end.min(length) })
    }

    /// Whether it came from the same bytes of the same file as `other`, or neither from any.
    #[inline]
    pub fn has_origin_of(self, other: Node<'_>) -> bool {
        let (own, others) = (self.doc.slot(self.id), other.doc.slot(other.id));
        let file = |node: Node<'_>| Arc::as_ptr(&node.doc.files[node.doc.file_of(node.id)]);
        match (own.has(HAS_ORIGIN), others.has(HAS_ORIGIN)) {
            (true, true) => (own.start, own.end) == (others.start, others.end) && file(self) == file(other),
            (own, others) => own == others,
        }
    }

    /// File, line and column of its first character.
    pub fn location(self) -> Option<Location> {
        let file = self.file()?;
        let at = file.position(self.doc.slot(self.id).start);
        Some(Location { file: file.name().to_owned(), line: at.line, column: at.column })
    }

    // Scalars

    /// The text of a scalar whatever its type, quotes and escapes undone; empty for a collection.
    #[inline]
    pub fn text(self) -> &'a str {
        let node = self.resolved();
        node.doc.text_of(node.id)
    }

    /// Bytes of [`Node::text`].
    #[inline]
    pub fn text_len(self) -> usize {
        let node = self.resolved();
        let slot = node.doc.slot(node.id);
        if slot.kind() == Kind::Scalar { slot.b.wrapping_sub(slot.a) as usize } else { 0 }
    }

    /// Whether it is a scalar, or an alias of one, with this text; faster than to compare [`Node::text`].
    #[inline]
    pub fn has_text(self, text: &str) -> bool {
        self.doc.has_text(self.id, text)
    }

    /// The value of a scalar.
    pub fn scalar(self) -> Option<Scalar<'a>> {
        let node = self.resolved();
        (node.kind() == Kind::Scalar).then(|| resolve::value(node.text(), node.tag()))
    }

    /// The text of a string.
    #[inline]
    pub fn as_str(self) -> Option<&'a str> {
        let node = self.resolved();
        match (node.kind(), node.tag()) {
            (Kind::Scalar, Tag::Str) => Some(node.text()),
            (Kind::Scalar, _) => node.odd_str(),
            _ => None,
        }
    }

    /// The text of a scalar that has another tag, if it counts as a string all the same.
    fn odd_str(self) -> Option<&'a str> {
        match self.scalar()? {
            Scalar::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a boolean.
    pub fn as_bool(self) -> Option<bool> {
        match self.scalar()? {
            Scalar::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The value of an integer.
    pub fn as_i64(self) -> Option<i64> {
        match self.scalar()? {
            Scalar::Int(value) => Some(value),
            _ => None,
        }
    }

    /// Whether it is a scalar `null`.
    #[inline]
    pub fn is_null(self) -> bool {
        let node = self.resolved();
        node.kind() == Kind::Scalar && node.tag() == Tag::Null
    }

    /// Whether it is a mapping.
    pub fn is_mapping(self) -> bool {
        self.resolved().kind() == Kind::Mapping
    }

    /// Whether it is a sequence.
    pub fn is_sequence(self) -> bool {
        self.resolved().kind() == Kind::Sequence
    }

    // Collections

    /// Number of entries or items; 0 for a scalar.
    #[inline]
    pub fn len(self) -> usize {
        let node = self.resolved();
        let children = node.doc.children_of(node.id).len();
        if node.kind() == Kind::Mapping { children / 2 } else { children }
    }

    /// Whether a collection holds nothing; true for a scalar.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The value under `key` of a mapping.
    #[inline]
    pub fn get(self, key: &str) -> Option<Node<'a>> {
        self.entry(key).map(|(_, value)| value)
    }

    /// The values under several keys of a mapping, found in one look at its entries.
    pub fn get_each<const N: usize>(self, keys: [&str; N]) -> [Option<Node<'a>>; N] {
        let ((doc, pairs), mut found, mut missing) = (self.pairs(), [None; N], N);
        for pair in pairs {
            let mut waiting = found.iter_mut().zip(keys).filter(|(found, _)| found.is_none());
            if let Some((found, _)) = waiting.find(|(_, key)| doc.has_text(pair[0], key)) {
                *found = Some(Node::new(doc, pair[1]));
                missing -= 1;
                if missing == 0 {
                    break;
                }
            }
        }
        found
    }

    /// Key node and value node under `key` of a mapping.
    pub fn entry(self, key: &str) -> Option<(Node<'a>, Node<'a>)> {
        let (doc, pairs) = self.pairs();
        let pair = pairs.iter().find(|pair| doc.has_text(pair[0], key))?;
        Some((Node::new(doc, pair[0]), Node::new(doc, pair[1])))
    }

    /// Place of the entry under `key`, from 0. Keys are compared by their text.
    pub fn key_index(self, key: &str) -> Option<usize> {
        let (doc, pairs) = self.pairs();
        pairs.iter().position(|pair| doc.has_text(pair[0], key))
    }

    /// The entries of a mapping in order; none for anything else.
    #[inline]
    pub fn entries(self) -> Entries<'a> {
        let (doc, pairs) = self.pairs();
        Entries { doc, pairs: pairs.iter() }
    }

    /// Keys and values of a mapping, and the document they are of.
    #[inline]
    fn pairs(self) -> (&'a Document, &'a [[NodeId; 2]]) {
        let node = self.resolved();
        let children = if node.kind() == Kind::Mapping { node.doc.children_of(node.id) } else { &[] };
        (node.doc, children.as_chunks().0)
    }

    /// The items of a sequence in order; none for anything else.
    #[inline]
    pub fn items(self) -> Items<'a> {
        let node = self.resolved();
        let children = if node.kind() == Kind::Sequence { node.doc.children_of(node.id) } else { &[] };
        Items { doc: node.doc, ids: children.iter() }
    }

    /// The item with this index of a sequence.
    pub fn item(self, index: usize) -> Option<Node<'a>> {
        self.items().nth(index)
    }

    /// Follows keys of mappings, and indexes of sequences, from here: `node.at(["spec", "containers", "0"])`.
    pub fn at<'k>(self, path: impl IntoIterator<Item = &'k str>) -> Option<Node<'a>> {
        path.into_iter().try_fold(
            self,
            |node, step| {
                if node.is_sequence() { node.item(step.parse().ok()?) } else { node.get(step) }
            },
        )
    }
}

/// Entries of a mapping, see [`Node::entries`].
#[derive(Clone)]
pub struct Entries<'a> {
    doc: &'a Document,
    pairs: std::slice::Iter<'a, [NodeId; 2]>,
}

impl<'a> Iterator for Entries<'a> {
    type Item = (Node<'a>, Node<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.pairs.next().map(|pair| (Node::new(self.doc, pair[0]), Node::new(self.doc, pair[1])))
    }

    fn nth(&mut self, n: usize) -> Option<Self::Item> {
        self.pairs.nth(n).map(|pair| (Node::new(self.doc, pair[0]), Node::new(self.doc, pair[1])))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.pairs.size_hint()
    }
}

impl ExactSizeIterator for Entries<'_> {}

/// Items of a sequence, see [`Node::items`].
#[derive(Clone)]
pub struct Items<'a> {
    doc: &'a Document,
    ids: std::slice::Iter<'a, NodeId>,
}

impl<'a> Iterator for Items<'a> {
    type Item = Node<'a>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.ids.next().map(|&id| Node::new(self.doc, id))
    }

    fn nth(&mut self, n: usize) -> Option<Self::Item> {
        self.ids.nth(n).map(|&id| Node::new(self.doc, id))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.ids.size_hint()
    }
}

impl DoubleEndedIterator for Items<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.ids.next_back().map(|&id| Node::new(self.doc, id))
    }
}

impl ExactSizeIterator for Items<'_> {}

impl fmt::Debug for Node<'_> {
    // Values may be secret, so only shape and place are shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.kind())?;
        match self.location() {
            Some(location) => write!(f, "@{location}"),
            None => Ok(()),
        }
    }
}

impl Schema {
    /// The type that an unquoted scalar with this text has.
    pub fn resolve(self, text: &str) -> Tag {
        resolve::resolve_plain(text, self)
    }
}
