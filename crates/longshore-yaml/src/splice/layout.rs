//! Where things stand in a text: lines, columns, dashes, comments.

use crate::node::{Kind, Node, Style};

/// A text and the line break it uses.
#[derive(Clone, Copy)]
pub(crate) struct Layout<'a> {
    pub(crate) text: &'a str,
    pub(crate) newline: &'static str,
}

impl<'a> Layout<'a> {
    pub(crate) fn of(node: Node<'a>) -> Option<Self> {
        let text = node.file()?.text();
        let first_line = text.split_inclusive('\n').next().unwrap_or_default();
        Some(Layout { text, newline: if first_line.ends_with("\r\n") { "\r\n" } else { "\n" } })
    }

    pub(crate) fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |found| found + 1)
    }

    /// The end of the line, before its break.
    pub(crate) fn line_end(&self, at: usize) -> usize {
        let end = self.text[at..].find('\n').map_or(self.text.len(), |found| at + found);
        if self.text[at..end].ends_with('\r') { end - 1 } else { end }
    }

    /// The beginning of the next line, or the end of the text.
    pub(crate) fn next_line(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |found| at + found + 1)
    }

    /// Column in characters, from 0; a byte order mark is none.
    pub(crate) fn column(&self, at: usize) -> usize {
        self.text[self.line_start(at)..at].trim_start_matches('\u{feff}').chars().count()
    }

    /// Whether only spaces stand before this place on its line.
    pub(crate) fn begins_line(&self, at: usize) -> bool {
        self.text[self.line_start(at)..at].trim_start_matches('\u{feff}').bytes().all(|byte| byte == b' ')
    }

    /// Whether the line here has nothing but a comment, and the comment's column.
    fn comment_column(&self, line: usize) -> Option<usize> {
        let text = &self.text[line..self.line_end(line)];
        let trimmed = text.trim_start_matches(' ');
        trimmed.starts_with('#').then(|| text.len() - trimmed.len())
    }

    /// The beginning of the comment lines right above a line, at most `count` of them.
    pub(crate) fn comments_above(&self, line: usize, count: usize) -> usize {
        let mut start = line;
        for _ in 0..count {
            let Some(above) = start.checked_sub(1).map(|at| self.line_start(at)) else { break };
            if self.comment_column(above).is_none() {
                break;
            }
            start = above;
        }
        start
    }

    /// Steps over the comment lines here that are indented at least to `column`.
    pub(crate) fn comments_below(&self, mut line: usize, column: usize) -> usize {
        while line < self.text.len() && self.comment_column(line).is_some_and(|found| found >= column) {
            line = self.next_line(line);
        }
        line
    }

    /// Where what a node says ends: of a block scalar without the empty lines that are not part of its value.
    pub(crate) fn content_end(&self, node: Node<'a>) -> usize {
        let last = last_leaf(node);
        let end = last.span().map_or(0, |span| span.end as usize);
        let span_start = last.span().map_or(0, |span| span.start as usize);
        if !is_block_scalar(last) || self.keeps_breaks(last) {
            return end;
        }
        let text = self.text[span_start..end].trim_end_matches([' ', '\n', '\r']);
        self.line_end(span_start + text.len())
    }

    /// Whether a block scalar has the indicator `+`.
    pub(crate) fn keeps_breaks(&self, node: Node<'a>) -> bool {
        let start = self.content_start(node);
        let header = &self.text[start..self.line_end(start)];
        header.split([' ', '\t', '#']).next().unwrap_or_default().contains('+')
    }

    /// Where the content of a node begins, behind its anchor and tag.
    pub(crate) fn content_start(&self, node: Node<'a>) -> usize {
        let Some(span) = node.span() else { return 0 };
        let (mut at, end) = (span.start as usize, span.end as usize);
        if node.kind() == Kind::Alias || node.anchor().is_none() && node.explicit_tag().is_none() {
            return at;
        }
        while at < end && self.text[at..].starts_with(['&', '!']) {
            at += self.text[at..end].find([' ', '\t', '\n', '\r']).unwrap_or(end - at);
            at = self.skip_space(at, end);
        }
        at
    }

    /// Steps over blanks, line breaks and comments.
    pub(crate) fn skip_space(&self, mut at: usize, end: usize) -> usize {
        loop {
            let rest = &self.text[at..end];
            at = end - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
            if at >= end || !self.text[at..].starts_with('#') {
                return at;
            }
            at = self.next_line(at).min(end);
        }
    }
}

/// The node itself, or what stands last in it.
fn last_leaf(mut node: Node<'_>) -> Node<'_> {
    while matches!(node.kind(), Kind::Mapping | Kind::Sequence) && node.style() == Style::Block {
        let last = node.document().children_of(node.id()).last();
        let Some(&last) = last else { break };
        node = node.document().node(last);
    }
    node
}

pub(crate) fn is_block_scalar(node: Node<'_>) -> bool {
    node.kind() == Kind::Scalar && matches!(node.style(), Style::Literal | Style::Folded)
}
