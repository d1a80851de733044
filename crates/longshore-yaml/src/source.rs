//! The text a tree was read from, and the places in it.

use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::chars::{Chars, has_exotic_breaks};

/// A byte range of a [`SourceFile`]: `start` is inside, `end` is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

/// A place for people: line and column, both counted from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// A named text. Every tree made from it shares it.
///
/// At most 4 GiB; the line index is built when the first position is asked for.
pub struct SourceFile {
    name: Box<str>,
    text: Box<str>,
    /// Where the text begins, if it is a part of the file it is named after.
    start: Position,
    lines: OnceLock<Box<[u32]>>,
}

impl SourceFile {
    /// Names a text. The name is what errors and reports show, usually a path.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        SourceFile::inside(name, text, Position { line: 1, column: 1 })
    }

    /// A text that stands inside the file `name`, its first character at `start` and every line in that column: what a
    /// block scalar holds. Positions are those in the outer file.
    pub fn inside(name: impl Into<String>, text: impl Into<String>, start: Position) -> Arc<Self> {
        Arc::new(SourceFile {
            name: name.into().into_boxed_str(),
            text: text.into().into_boxed_str(),
            start,
            lines: OnceLock::new(),
        })
    }

    /// The name given to [`SourceFile::new`].
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text, as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text inside `span`; empty where the span does not fit the text.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// Where a text lies that is a part of this one's memory.
    pub(crate) fn place_of(&self, part: &str) -> Option<(u32, u32)> {
        let start = part.as_ptr().addr().checked_sub(self.text.as_ptr().addr())?;
        let end = start + part.len();
        (!part.is_empty() && end <= self.text.len()).then_some((start as u32, end as u32))
    }

    /// Line and column of a byte offset; an offset past the end gives the line after the last.
    ///
    /// Lines end as they do for YAML: at LF, CR, CR LF, NEL, LS and PS. A byte order mark at the beginning is no column.
    pub fn position(&self, offset: u32) -> Position {
        let lines = self.lines.get_or_init(|| line_starts(&self.text));
        let placed = |line: usize, column: usize| Position {
            line: line as u32 + self.start.line - 1,
            column: column as u32 + self.start.column - 1,
        };
        let mut offset = offset as usize;
        if offset > self.text.len() {
            return placed(lines.len() + 1, 1);
        }
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = lines.partition_point(|&start| start as usize <= offset);
        let line_text = &self.text[lines[line - 1] as usize..offset];
        let mark = usize::from(line == 1 && line_text.starts_with('\u{feff}'));
        let column = line_text.chars().count() - mark;
        placed(line, column + 1)
    }
}

fn line_starts(text: &str) -> Box<[u32]> {
    let bytes = text.as_bytes();
    let only_lf = memchr::memchr(b'\r', bytes).is_none() && !has_exotic_breaks(bytes);
    if only_lf {
        return std::iter::once(0).chain(memchr::memchr_iter(b'\n', bytes).map(|at| at as u32 + 1)).collect();
    }
    let chars = Chars::new(bytes, true, true);
    let mut starts = vec![0];
    let mut at = 0;
    while at < bytes.len() {
        match chars.break_len(at) {
            0 => at += 1,
            length => {
                at += length;
                starts.push(at as u32);
            }
        }
    }
    starts.into_boxed_slice()
}

impl fmt::Debug for SourceFile {
    // The text may hold a Secret, so only its size is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceFile").field("name", &self.name).field("bytes", &self.text.len()).finish()
    }
}

/// File, line and column of a node, printed as `file:line:column`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// Name of the [`SourceFile`].
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}
