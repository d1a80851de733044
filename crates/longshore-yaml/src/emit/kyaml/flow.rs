//! Flow collections: brackets and commas, which stand before the comments of what they end.

use crate::emit::kyaml::comments::Waiting;
use crate::emit::kyaml::{Context, Frame, IN_MAPPING, IN_SEQUENCE, Printer, is_simple_key};

impl<'d> Printer<'_, 'd> {
    fn open_flow(&mut self, bracket: &'static str) {
        self.indicator(bracket, true, true, false);
        self.indent = self.deeper(true);
        self.flow_level += 1;
    }

    fn close_flow(&mut self, frame: &Frame<'d>, bracket: &'static str) {
        self.indicator(bracket, false, false, false);
        self.line_comment();
        self.foot_comment();
        debug_assert!(frame.flow);
    }

    pub(super) fn flow_item(&mut self, mut frame: Frame<'d>) {
        let first = frame.next == 0;
        if first {
            self.open_flow("[");
        }
        let Some(item) = self.next_child(&mut frame) else {
            self.await_end(&frame);
            self.flow_level -= 1;
            self.indent = frame.outer;
            if self.sink.is_at_start() {
                self.write_indent();
            }
            return self.close_flow(&frame, "]");
        };
        self.await_comments(item, false);
        if !first && !frame.trail {
            self.indicator(",", false, false, false);
        }
        self.head_comment();
        if self.sink.is_at_start() {
            self.write_indent();
        }
        frame.trail = self.waiting.trails();
        self.frames.push(frame);
        self.emit(item, IN_SEQUENCE);
        self.trailing();
    }

    /// What waits stands behind the comma that follows the entry.
    fn trailing(&mut self) {
        if self.waiting.trails() {
            self.indicator(",", false, false, false);
        }
        self.line_comment();
        self.foot_comment();
    }

    pub(super) fn flow_key(&mut self, mut frame: Frame<'d>) {
        let first = frame.next == 0;
        if first {
            self.open_flow("{");
        }
        let Some(key) = self.next_child(&mut frame) else {
            self.await_end(&frame);
            let Waiting { head, foot, tail, .. } = self.waiting;
            let nothing = head.is_empty() && foot.is_empty() && tail.is_empty();
            if !(first || frame.trail || nothing) {
                self.indicator(",", false, false, false);
            }
            self.head_comment();
            self.flow_level -= 1;
            self.indent = frame.outer;
            return self.close_flow(&frame, "}");
        };
        self.await_key(key, &mut frame);
        if !first && !frame.trail {
            self.indicator(",", false, false, false);
        }
        self.head_comment();
        if self.sink.is_at_start() {
            self.write_indent();
        }
        frame.simple = is_simple_key(key);
        if !frame.simple {
            self.indicator("?", true, false, false);
        }
        let simple_key = frame.simple;
        self.frames.push(frame);
        self.emit(key, Context { in_mapping: true, simple_key });
    }

    pub(super) fn flow_value(&mut self, mut frame: Frame<'d>) {
        let Some(value) = self.next_child(&mut frame) else { return };
        self.await_comments(value, false);
        self.indicator(":", !frame.simple, false, false);
        frame.trail = self.waiting.trails();
        self.frames.push(frame);
        self.emit(value, IN_MAPPING);
        self.trailing();
    }
}
