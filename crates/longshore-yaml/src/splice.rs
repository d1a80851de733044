//! Changing a text in one place: every byte that need not change stays as it is.

mod collection;
mod layout;
mod scalar;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::document::{Document, NodeId};
use crate::equal::same_in_order;
use crate::expand::expand;
use crate::node::{Kind, Node, Tag};
use crate::read::{DuplicateKeys, Limits, Pieces, ReadOptions, read_pieces};
use crate::source::{Location, SourceFile, Span};

/// One replacement of bytes; an empty span inserts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

/// Edits of one file that change one thing about its tree.
///
/// A splice is made for a node of a document as it was read, and it is checked when it is made: the edited text was read
/// again, and it is the tree as it was but for the one change. Style, comments, empty lines and spacing of everything
/// else stay, also in files with CR LF.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use longshore_yaml::{ReadOptions, SourceFile, Splice, Tag, read};
///
/// let file = SourceFile::new("web.yaml", "# pinned by a bot\nimage:   'web:1'  # see changelog\n\nreplicas: 3\n");
/// let docs = read(&file, &ReadOptions::default())?;
/// let image = docs[0].root().get("image").ok_or("no image")?;
/// let splice = Splice::set_scalar(image, "web:2", Tag::Str)?;
/// assert_eq!(splice.apply(file.text())?, "# pinned by a bot\nimage:   'web:2'  # see changelog\n\nreplicas: 3\n");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Splice {
    edits: Vec<Edit>,
}

/// A change that cannot be made by editing the text in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpliceError {
    location: Option<Location>,
    message: &'static str,
}

impl SpliceError {
    fn new(node: Node<'_>, message: &'static str) -> Self {
        SpliceError { location: node.location(), message }
    }

    /// Where the node is that was to be changed.
    pub fn location(&self) -> Option<&Location> {
        self.location.as_ref()
    }

    /// What the problem is, without the place.
    pub fn message(&self) -> &str {
        self.message
    }
}

impl fmt::Display for SpliceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.location.as_ref().map_or(Ok(()), |at| write!(f, "{at}: "))?;
        f.write_str(self.message)
    }
}

impl std::error::Error for SpliceError {}

impl Splice {
    /// Gives a scalar, an alias or an empty value another text and type.
    ///
    /// The style stays where the text allows it; a text of several lines becomes a literal block scalar where one may
    /// stand. Anchor and a fitting tag stay.
    ///
    /// # Errors
    /// A collection, a text that has not the type `tag`, or a node that was not read from a text.
    pub fn set_scalar(node: Node<'_>, text: &str, tag: Tag) -> Result<Splice, SpliceError> {
        let edits = scalar::replace(node, text, tag)?;
        checked(node, edits, |doc| {
            if node.kind() == Kind::Alias {
                let fresh = doc.add_scalar(text, tag, node.style());
                doc.replace(node.id(), fresh);
            } else {
                doc.set_scalar(node.id(), text, tag);
            }
        })
    }

    /// Inserts an entry into a mapping before the one with this index; past the end it becomes the last.
    ///
    /// `value` may be of any document; it is printed as kyaml prints it, its lists indented as those of the file.
    ///
    /// # Errors
    /// A node that is no mapping or was not read from a text, or a key that is there already.
    pub fn insert_entry(map: Node<'_>, index: usize, key: &str, value: Node<'_>) -> Result<Splice, SpliceError> {
        let map = map.resolved();
        if !map.is_mapping() || map.get(key).is_some() {
            return Err(SpliceError::new(map, "expected a mapping without this key"));
        }
        let edits = collection::insert(map, index.min(map.len()), Some(key), value)?;
        checked(map, edits, |doc| {
            let (key, value) = (doc.add_str(key), doc.import(value));
            doc.map_insert(map.id(), index, key, value);
        })
    }

    /// Removes an entry of a mapping with the comments that belong to it.
    ///
    /// # Errors
    /// A node that was not read from a text, or has no such key.
    pub fn remove_entry(map: Node<'_>, key: &str) -> Result<Splice, SpliceError> {
        let map = map.resolved();
        let Some(index) = map.key_index(key) else {
            return Err(SpliceError::new(map, "expected a mapping with this key"));
        };
        let edits = collection::remove(map, index)?;
        checked(map, edits, |doc| {
            doc.map_remove(map.id(), key);
        })
    }

    /// Inserts an item into a sequence before the one with this index; past the end it becomes the last.
    ///
    /// # Errors
    /// A node that is no sequence, or was not read from a text.
    pub fn insert_item(seq: Node<'_>, index: usize, value: Node<'_>) -> Result<Splice, SpliceError> {
        let seq = seq.resolved();
        if !seq.is_sequence() {
            return Err(SpliceError::new(seq, "expected a sequence"));
        }
        let edits = collection::insert(seq, index.min(seq.len()), None, value)?;
        checked(seq, edits, |doc| {
            let value = doc.import(value);
            doc.seq_insert(seq.id(), index, value);
        })
    }

    /// Removes an item of a sequence with the comments that belong to it.
    ///
    /// # Errors
    /// A node that was not read from a text, or has no such item.
    pub fn remove_item(seq: Node<'_>, index: usize) -> Result<Splice, SpliceError> {
        let seq = seq.resolved();
        if !seq.is_sequence() || index >= seq.len() {
            return Err(SpliceError::new(seq, "expected a sequence with this index"));
        }
        let edits = collection::remove(seq, index)?;
        checked(seq, edits, |doc| {
            doc.seq_remove(seq.id(), index);
        })
    }

    /// The edits in the order in which they were made.
    pub fn edits(&self) -> &[Edit] {
        &self.edits
    }

    /// Takes in the edits of another splice of the same file.
    pub fn extend(&mut self, other: Splice) {
        self.edits.extend(other.edits);
    }

    /// The text with all edits made; insertions at one place come in the order in which they were added.
    ///
    /// # Errors
    /// Edits that overlap, or that do not fit the text.
    pub fn apply(&self, text: &str) -> Result<String, SpliceError> {
        let mut edits: Vec<&Edit> = self.edits.iter().collect();
        edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
        let mut out = String::with_capacity(text.len() + edits.iter().map(|edit| edit.text.len()).sum::<usize>());
        let mut at = 0;
        for edit in edits {
            let (start, end) = (edit.span.start as usize, edit.span.end as usize);
            let kept = if start <= end { text.get(at..start) } else { None };
            let (Some(kept), Some(_)) = (kept, text.get(start..end)) else {
                return Err(SpliceError { location: None, message: "edits overlap, or lie outside of the text" });
            };
            out.push_str(kept);
            out.push_str(&edit.text);
            at = end;
        }
        out.push_str(&text[at..]);
        Ok(out)
    }
}

/// Makes sure that the edited text reads as the document does after `change`.
fn checked(node: Node<'_>, edits: Vec<Edit>, change: impl FnOnce(&mut Document)) -> Result<Splice, SpliceError> {
    let splice = Splice { edits };
    let file = node.file().ok_or_else(|| SpliceError::new(node, NOT_READ))?;
    let text = splice.apply(file.text())?;
    let mut expected = node.document().clone();
    change(&mut expected);
    let grown = text.len() as isize - file.text().len() as isize;
    let piece = piece_of(file.text(), node);
    let was_piece = is_piece(file.text(), &piece);
    let piece = piece.start..piece.end.saturating_add_signed(grown);
    // A key that begins with `---` must not come to stand on a line of its own.
    if was_piece == is_piece(&text, &piece) && reads_as(&SourceFile::new(file.name(), text), piece, &expected) {
        Ok(splice)
    } else {
        Err(SpliceError::new(node, "this cannot be changed without changing the text around it"))
    }
}

pub(crate) const NOT_READ: &str = "this node was not read from a text";

/// The part of a text, between `---` lines, that a node was read from.
fn piece_of(text: &str, node: Node<'_>) -> Range<usize> {
    let at = node.span().map_or(0, |span| span.start as usize);
    let pieces = Pieces::new(text).take_while(Result::is_ok).flatten();
    let mut pieces = pieces.filter(|piece| (piece.start..=piece.end).contains(&at));
    pieces.next().unwrap_or(0..text.len())
}

fn is_piece(text: &str, piece: &Range<usize>) -> bool {
    Pieces::new(text).take_while(Result::is_ok).flatten().any(|found| found == *piece)
}

fn reads_as(file: &Arc<SourceFile>, piece: Range<usize>, expected: &Document) -> bool {
    let options = ReadOptions {
        schema: expected.schema,
        duplicate_keys: DuplicateKeys::Keep,
        limits: Limits::UNBOUNDED,
        ..ReadOptions::default()
    };
    let Ok(docs) = read_pieces(file, piece, &options) else { return false };
    docs.into_iter().any(|mut doc| {
        // A document whose aliases were expanded is compared with one whose aliases are.
        let kept = same_in_order(doc.root(), expected.root());
        kept || (expand(&mut doc).is_ok() && same_in_order(doc.root(), expected.root()))
    })
}

/// A node's place in its tree: the collections around it, outermost first, and whether it is a key.
struct Context<'a> {
    around: Vec<Node<'a>>,
    key: bool,
}

impl<'a> Context<'a> {
    fn of(node: Node<'a>) -> Result<Self, SpliceError> {
        let span = node.span().ok_or_else(|| SpliceError::new(node, NOT_READ))?;
        let doc = node.document();
        let mut paths = vec![(doc.root_id(), Vec::new(), false)];
        while let Some((id, around, key)) = paths.pop() {
            if id == node.id() {
                return Ok(Context { around, key });
            }
            let mapping = doc.node(id).kind() == Kind::Mapping;
            for (index, &child) in doc.children_of(id).iter().enumerate() {
                if child == node.id() || may_hold(doc, child, span) {
                    let mut around: Vec<Node<'a>> = around.clone();
                    around.push(doc.node(id));
                    paths.push((child, around, mapping && index % 2 == 0));
                }
            }
        }
        Err(SpliceError::new(node, "this node is not part of its document"))
    }

    fn in_flow(&self) -> bool {
        self.around.iter().any(|node| node.style() == crate::Style::Flow)
    }
}

fn may_hold(doc: &Document, id: NodeId, span: Span) -> bool {
    let node = doc.node(id);
    let Some(outer) = node.span() else { return false };
    matches!(node.kind(), Kind::Mapping | Kind::Sequence) && outer.start <= span.start && span.end <= outer.end
}
