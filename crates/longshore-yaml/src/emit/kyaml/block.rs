//! Block collections: items behind dashes, keys before colons.

use crate::emit::ListIndent;
use crate::emit::kyaml::{Context, Frame, IN_MAPPING, IN_SEQUENCE, Printer, is_simple_key};
use crate::node::{Kind, Node, Style};

impl<'d> Printer<'_, 'd> {
    pub(super) fn block_item(&mut self, mut frame: Frame<'d>) {
        if frame.next == 0 {
            let at_value = frame.in_mapping && (self.sink.is_at_start() || !self.indention);
            let compact = at_value && self.lists == ListIndent::Compact && self.indent >= 0;
            self.indent = if compact { self.indent } else { self.deeper(false) };
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

    pub(super) fn block_key(&mut self, mut frame: Frame<'d>) {
        if frame.next == 0 {
            self.indent = self.deeper(false);
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
