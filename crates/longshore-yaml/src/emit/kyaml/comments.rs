//! Comments: where they wait, and how they are written.

use crate::document::HAS_EXTRA;
use crate::emit::kyaml::{Frame, Printer};
use crate::emit::scalar;
use crate::node::{Kind, Node};

/// Comments that are not written yet.
#[derive(Default)]
pub(super) struct Waiting<'d> {
    pub(super) head: &'d str,
    pub(super) line: &'d str,
    pub(super) foot: &'d str,
    /// Below the entry before.
    pub(super) tail: &'d str,
    /// Behind a key, for whichever comes first: a block that follows, or a scalar without a comment.
    pub(super) key_line: &'d str,
}

impl Waiting<'_> {
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.head.len() + self.line.len() + self.foot.len() + self.tail.len() + self.key_line.len() == 0
    }

    /// Whether something waits that must stand behind a comma.
    pub(super) fn trails(&self) -> bool {
        !(self.line.is_empty() && self.foot.is_empty() && self.tail.is_empty())
    }
}

impl<'d> Printer<'_, 'd> {
    /// Puts the comments of a node where they wait; those at the end of a collection wait for its end.
    #[inline]
    pub(super) fn await_comments(&mut self, node: Node<'d>, key: bool) {
        if !node.document().slot(node.id()).has(HAS_EXTRA) {
            return;
        }
        let Some(comments) = node.comments() else { return };
        set(&mut self.waiting.head, &comments.head);
        if matches!(node.kind(), Kind::Scalar | Kind::Alias) {
            set(&mut self.waiting.line, &comments.line);
            if !key {
                set(&mut self.waiting.foot, &comments.foot);
            }
        }
    }

    /// The same for a key: its foot comes behind its value, the foot of the key before comes first.
    #[inline]
    pub(super) fn await_key(&mut self, key: Node<'d>, frame: &mut Frame<'d>) {
        if !frame.tail.is_empty() && matches!(key.kind(), Kind::Scalar | Kind::Mapping) {
            self.waiting.tail = frame.tail;
        }
        frame.tail = "";
        if key.document().slot(key.id()).has(HAS_EXTRA) {
            self.await_comments(key, true);
            frame.tail = key.comments().map_or("", |comments| &comments.foot);
        }
    }

    pub(super) fn await_end(&mut self, frame: &Frame<'d>) {
        set(&mut self.waiting.tail, frame.tail);
        if let Some(comments) = frame.node.comments() {
            set(&mut self.waiting.line, &comments.line);
            set(&mut self.waiting.foot, &comments.foot);
        }
    }

    #[inline]
    pub(super) fn head_comment(&mut self) {
        if !self.waiting.tail.is_empty() {
            let text = std::mem::take(&mut self.waiting.tail);
            self.own_line(text);
            self.sink.gap = Some(self.column());
        }
        if !self.waiting.head.is_empty() {
            let text = std::mem::take(&mut self.waiting.head);
            self.own_line(text);
        }
    }

    #[inline]
    pub(super) fn line_comment(&mut self) {
        if !self.waiting.line.is_empty() {
            let text = std::mem::take(&mut self.waiting.line);
            self.space();
            self.comment(text);
        }
    }

    #[inline]
    pub(super) fn foot_comment(&mut self) {
        if !self.waiting.foot.is_empty() {
            let text = std::mem::take(&mut self.waiting.foot);
            self.own_line(text);
            self.sink.gap = Some(self.column());
        }
    }

    fn own_line(&mut self, text: &str) {
        self.write_indent();
        self.comment(text);
    }

    /// Writes a comment up to the end of its last line; every line gets a `#` if it has none.
    fn comment(&mut self, text: &str) {
        let (mut breaks, mut pound) = (false, false);
        for char in text.chars() {
            if scalar::is_break(char) {
                self.sink.push_break(char);
                (breaks, pound, self.indention) = (true, false, true);
                continue;
            }
            if breaks {
                self.write_indent();
            }
            if !pound && char != '#' {
                self.sink.push("# ");
            }
            pound = true;
            self.sink.push_char(char);
            (breaks, self.indention) = (false, false);
        }
        if !breaks {
            self.put_break();
        }
        self.whitespace = true;
    }
}

pub(super) fn set<'d>(place: &mut &'d str, text: &'d str) {
    if !text.is_empty() {
        *place = text;
    }
}
