//! Block collections: items behind dashes, keys before colons.

use crate::document::NodeId;
use crate::emit::ListIndent;
use crate::emit::kyaml::{Context, Frame, IN_MAPPING, IN_SEQUENCE, Printer, SIMPLE_KEY, is_simple_key};
use crate::node::{Kind, Node, Style};

impl<'d> Printer<'_, 'd> {
    pub(super) fn block_item(&mut self, mut frame: Frame<'d>) {
        if frame.next == 0 {
            let at_value = frame.in_mapping && (self.sink.is_at_start() || !self.indention);
            let compact = at_value && self.lists == ListIndent::Compact && self.indent >= 0;
            self.indent = if compact { self.indent } else { self.deeper(false) };
        }
        while let Some(&text) = frame.children.get(frame.next).and_then(|&id| self.quick(&frame, id)).as_ref() {
            frame.next += 1;
            self.write_indent();
            self.sink.push("- ");
            self.text(text);
        }
        let Some(item) = self.next_child(&mut frame) else {
            self.await_end(&frame);
            self.indent = frame.outer;
            return;
        };
        self.frames.push(frame);
        self.await_comments(item, false);
        self.head_comment();
        self.write_indent();
        self.indicator("-", true, false, true);
        self.emit(item, IN_SEQUENCE);
        self.line_comment();
        self.foot_comment();
    }

    /// The text of a node that stands on its line alone, while no comment waits.
    #[inline]
    fn quick(&self, frame: &Frame<'d>, id: NodeId) -> Option<&'d str> {
        if !frame.tail.is_empty() || !self.waiting.is_empty() {
            return None;
        }
        frame.node.document().block_plain(id)
    }

    /// Prints entries of one line each; gives the value that follows a key and must be printed in full.
    #[inline]
    fn quick_entries(&mut self, frame: &mut Frame<'d>) -> Option<Node<'d>> {
        while let Some(&[key, value]) = frame.children.get(frame.next..frame.next + 2) {
            let text = self.quick(frame, key).filter(|text| text.len() <= SIMPLE_KEY)?;
            frame.next += 2;
            self.write_indent();
            self.sink.push(text);
            let Some(text) = self.quick(frame, value) else {
                self.text(":");
                return Some(frame.node.document().node(value));
            };
            self.sink.push(": ");
            self.text(text);
        }
        None
    }

    pub(super) fn block_key(&mut self, mut frame: Frame<'d>) {
        if frame.next == 0 {
            self.indent = self.deeper(false);
        }
        if let Some(value) = self.quick_entries(&mut frame) {
            self.frames.push(frame);
            return self.value(value);
        }
        let Some(key) = self.next_child(&mut frame) else {
            self.await_end(&frame);
            self.head_comment();
            self.indent = frame.outer;
            return;
        };
        self.await_key(key, &mut frame);
        self.head_comment();
        self.write_indent();
        if !self.waiting.line.is_empty() {
            self.waiting.key_line = std::mem::take(&mut self.waiting.line);
        }
        frame.simple = is_simple_key(key);
        if !frame.simple {
            self.indicator("?", true, false, true);
        }
        let simple_key = frame.simple;
        self.frames.push(frame);
        self.emit(key, Context { in_mapping: true, simple_key });
    }

    pub(super) fn block_value(&mut self, mut frame: Frame<'d>) {
        let Some(value) = self.next_child(&mut frame) else { return };
        let simple = frame.simple;
        self.frames.push(frame);
        self.await_comments(value, false);
        if simple {
            self.indicator(":", false, false, false);
        } else {
            self.write_indent();
            self.indicator(":", true, false, true);
        }
        if !self.waiting.key_line.is_empty() {
            self.key_comment(value);
        }
        self.emit(value, IN_MAPPING);
        self.line_comment();
        self.foot_comment();
    }

    /// Prints a value behind a key on one line, without anything that waits.
    fn value(&mut self, value: Node<'d>) {
        self.await_comments(value, false);
        self.emit(value, IN_MAPPING);
        self.line_comment();
        self.foot_comment();
    }

    /// A comment behind a key: the scalar takes it if it has none; before a block it is written now.
    fn key_comment(&mut self, value: Node<'d>) {
        match value.kind() {
            Kind::Scalar if self.waiting.line.is_empty() => {
                self.waiting.line = std::mem::take(&mut self.waiting.key_line);
            }
            Kind::Mapping | Kind::Sequence if value.style() != Style::Flow => {
                std::mem::swap(&mut self.waiting.line, &mut self.waiting.key_line);
                self.line_comment();
                std::mem::swap(&mut self.waiting.line, &mut self.waiting.key_line);
            }
            _ => {}
        }
    }
}
