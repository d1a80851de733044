//! Where printed text goes: a string that knows the column it is in.

/// The output and its current line.
pub(crate) struct Sink<'o> {
    out: &'o mut String,
    /// Offset where the current line begins.
    line: usize,
    width: usize,
    /// An empty line comes before the next one that is indented to this column.
    pub(crate) gap: Option<usize>,
}

const SPACES: &str = "                                                                ";

impl<'o> Sink<'o> {
    /// Appends to `out`, which ends with a whole line; folds text past column `width`.
    pub(crate) fn new(out: &'o mut String, width: usize) -> Self {
        let line = out.len();
        Sink { out, line, width, gap: None }
    }

    /// Column in characters, from 0.
    pub(crate) fn column(&self) -> usize {
        self.out[self.line..].chars().count()
    }

    /// Whether the current line has no character yet.
    pub(crate) fn is_at_start(&self) -> bool {
        self.out.len() == self.line
    }

    /// Bytes in the current line so far.
    pub(crate) fn line_bytes(&self) -> usize {
        self.out.len() - self.line
    }

    /// Whether so many more bytes cannot reach past the width.
    pub(crate) fn fits(&self, bytes: usize) -> bool {
        (self.out.len() - self.line).saturating_add(bytes) <= self.width
    }

    /// Whether text may be folded here.
    pub(crate) fn is_past_width(&self) -> bool {
        self.out.len() - self.line > self.width && self.column() > self.width
    }

    /// Appends text without a line break.
    pub(crate) fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// Appends a line with its break, or without one the last.
    pub(crate) fn push_line(&mut self, text: &str) {
        self.out.push_str(text);
        if text.ends_with('\n') {
            self.line = self.out.len();
        }
    }

    /// Appends one character; LF begins a new line.
    pub(crate) fn push_char(&mut self, char: char) {
        self.out.push(char);
        if char == '\n' {
            self.line = self.out.len();
        }
    }

    /// Appends any line break and begins a new line.
    pub(crate) fn push_break(&mut self, char: char) {
        self.out.push(char);
        self.line = self.out.len();
    }

    /// Begins a new line, indented.
    pub(crate) fn line(&mut self, indent: usize) {
        self.push_char('\n');
        self.pad(indent);
    }

    /// Appends spaces up to a column of a line that holds at most spaces.
    pub(crate) fn pad(&mut self, column: usize) {
        if self.gap.take() == Some(column) {
            self.push_char('\n');
        }
        let mut missing = column.saturating_sub(self.out.len() - self.line);
        while missing > 0 {
            let some = missing.min(SPACES.len());
            self.out.push_str(&SPACES[..some]);
            missing -= some;
        }
    }
}
