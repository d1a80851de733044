//! Reading: options, limits, errors, and the door through which text becomes documents.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use memchr::{memchr, memmem};

use crate::chars::{Chars, find_forbidden, has_exotic_breaks};
use crate::compose::Composer;
use crate::document::Document;
use crate::expand::expand;
use crate::node::Tag;
use crate::resolve::Schema;
use crate::scan::Problem;
use crate::source::{Location, SourceFile};

/// What becomes of `*alias` and `<<`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aliases {
    /// Anchors, aliases and merge keys stay as they are written.
    #[default]
    Keep,
    /// Aliases become copies of their target and merge keys are merged, as kyaml's `DeAnchor` does.
    Expand,
}

/// What becomes of a key that a mapping already has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DuplicateKeys {
    /// An error that names both lines.
    #[default]
    Reject,
    /// Both entries stay in the tree.
    Keep,
}

/// Bounds on what an input may make the reader do. Exceeding one is an error that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Nesting of collections, flow and block together. Default 1,000.
    pub depth: usize,
    /// Bytes of one text. Default 64 MiB.
    pub bytes: usize,
    /// Documents of one text. Default 1,000,000.
    pub documents: usize,
    /// Nodes that expanded aliases may add to one document. Default 1,000,000.
    pub alias_nodes: usize,
    /// Comments of one document. Default 1,000,000.
    pub comments: usize,
}

impl Limits {
    /// For what this crate has printed itself.
    pub(crate) const UNBOUNDED: Limits = Limits {
        depth: usize::MAX,
        bytes: usize::MAX,
        documents: usize::MAX,
        alias_nodes: usize::MAX,
        comments: usize::MAX,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Limits { depth: 1_000, bytes: 64 << 20, documents: 1_000_000, alias_nodes: 1_000_000, comments: 1_000_000 }
    }
}

/// How to read; the default reads resources as kyaml does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// Which types unquoted scalars have.
    pub schema: Schema,
    /// What becomes of aliases and merge keys.
    pub aliases: Aliases,
    /// What becomes of repeated keys.
    pub duplicate_keys: DuplicateKeys,
    /// Bounds.
    pub limits: Limits,
    /// Nodes that each document gets room for beside its own, for a caller who will add some. Default 0.
    pub spare_nodes: usize,
}

/// A text that is not YAML as Go reads it, or that exceeds a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    pub(crate) location: Location,
    pub(crate) message: String,
    pub(crate) fix: Option<&'static str>,
}

impl ReadError {
    /// Where the problem is.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// What the problem is, without the place; the words of go-yaml where it has some.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it, where that is known.
    pub fn fix(&self) -> Option<&str> {
        self.fix
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.location, self.message)?;
        self.fix.map_or(Ok(()), |fix| write!(f, " ({fix})"))
    }
}

impl std::error::Error for ReadError {}

/// Reads all documents of a text: split as kyaml splits them, empty documents left out.
///
/// A line that begins with `---` separates documents; behind it only a comment may stand, which is dropped. Each piece
/// is read on its own, as kyaml reads it: anchors do not reach into the next, and of a piece that `...` ends early the
/// rest is not read. A piece whose root is null is left out. CR LF counts as LF; spans are those of the text as given.
///
/// # Errors
/// Text that go-yaml v3 refuses, an invalid separator, a duplicate key, or a limit exceeded; always with its place.
pub fn read(file: &Arc<SourceFile>, options: &ReadOptions) -> Result<Vec<Document>, ReadError> {
    let stream = Stream::check(file, options)?;
    let mut composer = stream.composer();
    // Most files hold one.
    let mut docs = Vec::with_capacity(1);
    for piece in Pieces::new(file.text()) {
        let piece = piece.map_err(|problem| locate(file, problem))?;
        stream.count(docs.len(), piece.start)?;
        composer.restart(stream.chars(piece.end, true), piece.start);
        let doc = composer.next_document().map_err(|problem| locate(file, problem))?;
        let Some(mut doc) = doc.filter(|doc| doc.root().tag() != Tag::Null) else {
            continue;
        };
        if options.aliases == Aliases::Expand {
            expand(&mut doc)?;
        }
        docs.push(doc);
    }
    Ok(docs)
}

/// Reads all documents of a text as one YAML stream, as go-yaml v3 decodes it without kyaml: directives count, a
/// document may begin behind `---`, and an empty document is null.
///
/// # Errors
/// As [`read`].
pub fn read_stream(file: &Arc<SourceFile>, options: &ReadOptions) -> Result<Vec<Document>, ReadError> {
    let stream = Stream::check(file, options)?;
    let mut composer = stream.composer();
    let mut docs = Vec::new();
    while let Some(mut doc) = composer.next_document().map_err(|problem| locate(file, problem))? {
        stream.count(docs.len(), doc.begin.unwrap_or(0) as usize)?;
        if options.aliases == Aliases::Expand {
            expand(&mut doc)?;
        }
        docs.push(doc);
    }
    Ok(docs)
}

/// Reads one piece as a stream of its own, for a check.
pub(crate) fn read_pieces(
    file: &Arc<SourceFile>,
    piece: Range<usize>,
    options: &ReadOptions,
) -> Result<Vec<Document>, ReadError> {
    let stream = Stream::check(file, options)?;
    let mut composer = stream.composer();
    composer.restart(stream.chars(piece.end, true), piece.start);
    let mut docs = Vec::new();
    while let Some(doc) = composer.next_document().map_err(|problem| locate(file, problem))? {
        docs.push(doc);
    }
    Ok(docs)
}

/// Reads bytes: UTF-8, or UTF-16 where a byte order mark says so.
///
/// # Errors
/// As [`read`], and bytes that are not text in that encoding.
pub fn read_bytes(name: &str, bytes: &[u8], options: &ReadOptions) -> Result<Vec<Document>, ReadError> {
    let limits = &options.limits;
    if bytes.len() > limits.bytes.saturating_mul(2) {
        return Err(fail(name, 1, 1, *too_long(limits)));
    }
    let text = decode(name, bytes)?;
    read(&SourceFile::new(name, text), options)
}

fn decode(name: &str, bytes: &[u8]) -> Result<String, ReadError> {
    let units = |read: fn([u8; 2]) -> u16| -> Vec<u16> {
        bytes[2..].chunks(2).map(|pair| read([pair[0], pair.get(1).copied().unwrap_or(0)])).collect()
    };
    let units = match bytes {
        [0xFF, 0xFE, ..] => units(u16::from_le_bytes),
        [0xFE, 0xFF, ..] => units(u16::from_be_bytes),
        _ => return utf8(name, bytes),
    };
    if bytes.len() % 2 == 1 {
        return Err(fail(name, 1, 1, *Problem::new(0, "incomplete UTF-16 character")));
    }
    String::from_utf16(&units).map_err(|_| fail(name, 1, 1, *Problem::new(0, "unexpected low surrogate area")))
}

fn utf8(name: &str, bytes: &[u8]) -> Result<String, ReadError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => {
            let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned();
            let at = valid.len();
            let file = SourceFile::new(name, valid);
            Err(locate(&file, Problem::new(at, "invalid UTF-8").fix("save the file as UTF-8")))
        }
    }
}

/// A text that was found to have only characters that YAML allows.
struct Stream<'s> {
    file: &'s Arc<SourceFile>,
    options: &'s ReadOptions,
    exotic: bool,
}

impl<'s> Stream<'s> {
    fn check(file: &'s Arc<SourceFile>, options: &'s ReadOptions) -> Result<Self, ReadError> {
        let bytes = file.text().as_bytes();
        if bytes.len() > options.limits.bytes || u32::try_from(bytes.len()).is_err() {
            return Err(fail(file.name(), 1, 1, *too_long(&options.limits)));
        }
        if let Some(at) = find_forbidden(bytes) {
            let problem = Problem::new(at, "control characters are not allowed");
            return Err(locate(file, problem.fix("write the character as an escape in double quotes")));
        }
        Ok(Stream { file, options, exotic: has_exotic_breaks(bytes) })
    }

    fn count(&self, documents: usize, at: usize) -> Result<(), ReadError> {
        let limit = self.options.limits.documents;
        if documents < limit {
            return Ok(());
        }
        let problem = Problem::new(at, format!("exceeded max count of {limit} documents"));
        Err(locate(self.file, problem.fix("raise the limit `documents` if the text is trusted")))
    }

    /// A composer at the beginning of the whole text.
    fn composer(&self) -> Composer<'s> {
        Composer::new(self.chars(self.file.text().len(), false), self.file, self.options)
    }

    fn chars(&self, end: usize, merge_crlf: bool) -> Chars<'s> {
        Chars::new(&self.file.text().as_bytes()[..end], self.exotic, merge_crlf)
    }
}

fn too_long(limits: &Limits) -> Box<Problem> {
    let message = format!("exceeded max size of {} bytes", limits.bytes.min(u32::MAX as usize));
    Problem::new(0, message).fix("raise the limit `bytes` if the text is trusted")
}

#[expect(clippy::boxed_local, reason = "problems travel in a box so that results stay small")]
fn locate(file: &SourceFile, problem: Box<Problem>) -> ReadError {
    let at = file.position(problem.at as u32);
    fail(file.name(), at.line, at.column, *problem)
}

fn fail(name: &str, line: u32, column: u32, problem: Problem) -> ReadError {
    let location = Location { file: name.to_owned(), line, column };
    ReadError { location, message: problem.message, fix: problem.fix }
}

/// The pieces between lines that begin with `---`, each with the line break before that line.
pub(crate) struct Pieces<'s> {
    text: &'s str,
    next: Option<usize>,
}

impl<'s> Pieces<'s> {
    pub(crate) fn new(text: &'s str) -> Self {
        Pieces { text, next: (!text.is_empty()).then_some(0) }
    }
}

impl Iterator for Pieces<'_> {
    type Item = Result<Range<usize>, Box<Problem>>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.next?;
        let bytes = self.text.as_bytes();
        let found = memmem::find(&bytes[start..], b"\n---").map(|at| start + at);
        let separator = found.and_then(|at| Some((at, at + 4 + memchr(b'\n', &bytes[at + 4..])?)));
        let Some((at, end)) = separator else {
            self.next = None;
            return Some(Ok(start..bytes.len()));
        };
        let behind = self.text[at + 4..end].trim();
        if !behind.is_empty() && !behind.starts_with('#') {
            let line = self.text[at + 1..end].trim();
            let problem = Problem::new(at + 1, format!("invalid document separator: {line}"));
            return Some(Err(problem.fix("put what follows `---` on the next line")));
        }
        self.next = Some(end + 1);
        Some(Ok(start..at + 1))
    }
}
