//! E3, what kyaml prints: go-yaml v3's emitter with no folding, comments, order and styles kept.
//!
//! Comments wait in five places until a token is written that they belong to; what waits there, and what flags say of
//! the line so far, is the original's, because both decide bytes far away from where they were set. The walk keeps its
//! own stack: no depth of a tree is too much for it.

use crate::document::{EXPLICIT_TAG, HAS_EXTRA, NodeId};
use crate::emit::ListIndent;
use crate::emit::scalar::{self, Analysis, Form, Place, analyze};
use crate::emit::sink::Sink;
use crate::emit::tag;
use crate::node::{Kind, Node, Style, Tag};
use crate::resolve::resolve_plain;
use crate::{Document, Schema};

/// Longer keys are written `? key`.
const SIMPLE_KEY: usize = 128;

/// Prints documents one after another.
pub(crate) struct Printer<'o, 'd> {
    sink: Sink<'o>,
    frames: Vec<Frame<'d>>,
    /// Column of the current block; -1 outside of every collection.
    indent: isize,
    flow_level: usize,
    lists: ListIndent,
    /// The last thing written was white.
    whitespace: bool,
    /// The line so far holds nothing but indentation and indicators that count as such.
    indention: bool,
    waiting: Waiting<'d>,
}

/// Comments that are not written yet.
#[derive(Default)]
struct Waiting<'d> {
    head: &'d str,
    line: &'d str,
    foot: &'d str,
    /// Below the entry before.
    tail: &'d str,
    /// Behind a key, for whichever comes first: a block that follows, or a scalar without a comment.
    key_line: &'d str,
}

impl Waiting<'_> {
    /// Whether something waits that must stand behind a comma.
    fn trails(&self) -> bool {
        !(self.line.is_empty() && self.foot.is_empty() && self.tail.is_empty())
    }
}

/// A collection that is being printed.
struct Frame<'d> {
    node: Node<'d>,
    children: &'d [NodeId],
    next: usize,
    /// Column to go back to.
    outer: isize,
    mapping: bool,
    flow: bool,
    /// It is a key or a value of a mapping.
    in_mapping: bool,
    /// The key that waits for its value stands on one line.
    simple: bool,
    /// The comma before the next entry is written.
    trail: bool,
    /// Comment below the last entry.
    tail: &'d str,
}

/// Where a node stands.
#[derive(Clone, Copy)]
struct Context {
    in_mapping: bool,
    simple_key: bool,
}

const IN_SEQUENCE: Context = Context { in_mapping: false, simple_key: false };
const IN_MAPPING: Context = Context { in_mapping: true, simple_key: false };

impl<'o, 'd> Printer<'o, 'd> {
    pub(crate) fn new(out: &'o mut String, lists: ListIndent) -> Self {
        Printer {
            sink: Sink::new(out, usize::MAX),
            frames: Vec::new(),
            indent: -1,
            flow_level: 0,
            lists,
            whitespace: true,
            indention: true,
            waiting: Waiting::default(),
        }
    }

    /// How lists in the documents that follow are indented.
    pub(crate) fn set_lists(&mut self, lists: ListIndent) {
        self.lists = lists;
    }

    /// Prints a document, below a line `---` if it is not the first.
    pub(crate) fn document(&mut self, doc: &'d Document, first: bool) {
        if !first {
            self.write_indent();
            self.indicator("---", true, false, false);
            self.write_indent();
        }
        let comments = doc.comments();
        set(&mut self.waiting.head, &comments.head);
        if !self.waiting.head.is_empty() {
            self.head_comment();
            self.put_break();
        }
        self.node(doc.root());
        set(&mut self.waiting.foot, &comments.foot);
        self.sink.gap = Some(0);
        self.foot_comment();
        self.sink.gap = None;
        self.write_indent();
    }

    /// Prints one tree, without the comments of its document.
    pub(crate) fn tree(&mut self, node: Node<'d>) {
        self.node(node);
        self.write_indent();
    }

    fn node(&mut self, node: Node<'d>) {
        self.await_comments(node, false);
        self.head_comment();
        self.emit(node, Context { in_mapping: false, simple_key: false });
        self.line_comment();
        self.foot_comment();
        while let Some(frame) = self.frames.pop() {
            self.step(frame);
        }
    }

    /// Prints the next part of a collection, and puts it back if it has not ended.
    fn step(&mut self, frame: Frame<'d>) {
        match (frame.flow, frame.mapping) {
            (false, true) if frame.next % 2 == 1 => self.block_value(frame),
            (false, true) => self.block_key(frame),
            (false, false) => self.block_item(frame),
            (true, true) if frame.next % 2 == 1 => self.flow_value(frame),
            (true, true) => self.flow_key(frame),
            (true, false) => self.flow_item(frame),
        }
    }

    // Block collections

    fn block_item(&mut self, mut frame: Frame<'d>) {
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

    fn block_key(&mut self, mut frame: Frame<'d>) {
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

    fn block_value(&mut self, mut frame: Frame<'d>) {
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

    // Flow collections

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

    fn flow_item(&mut self, mut frame: Frame<'d>) {
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

    fn flow_key(&mut self, mut frame: Frame<'d>) {
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

    fn flow_value(&mut self, mut frame: Frame<'d>) {
        let Some(value) = self.next_child(&mut frame) else { return };
        self.await_comments(value, false);
        self.indicator(":", !frame.simple, false, false);
        frame.trail = self.waiting.trails();
        self.frames.push(frame);
        self.emit(value, IN_MAPPING);
        self.trailing();
    }

    fn next_child(&self, frame: &mut Frame<'d>) -> Option<Node<'d>> {
        let id = *frame.children.get(frame.next)?;
        frame.next += 1;
        Some(frame.node.document().node(id))
    }

    fn deeper(&self, flow: bool) -> isize {
        match self.indent {
            0.. => self.indent + 2,
            _ if flow => 2,
            _ => 0,
        }
    }

    // Nodes

    /// Prints a scalar or an alias, or begins a collection.
    fn emit(&mut self, node: Node<'d>, context: Context) {
        if node.document().slot(node.id()).flags & HAS_EXTRA != 0 {
            self.anchor(node);
        }
        match node.kind() {
            Kind::Scalar => self.scalar(node, context),
            Kind::Alias => {}
            kind => {
                if let Some(tag) = node.explicit_tag() {
                    self.tag(tag);
                }
                let children = node.document().children_of(node.id());
                self.frames.push(Frame {
                    node,
                    children,
                    next: 0,
                    outer: self.indent,
                    mapping: kind == Kind::Mapping,
                    flow: self.flow_level > 0 || node.style() == Style::Flow || children.is_empty(),
                    in_mapping: context.in_mapping,
                    simple: false,
                    trail: false,
                    tail: "",
                });
            }
        }
    }

    fn anchor(&mut self, node: Node<'d>) {
        if let Some(name) = node.anchor() {
            self.indicator(if node.kind() == Kind::Alias { "*" } else { "&" }, true, false, false);
            self.text(name);
        }
    }

    fn tag(&mut self, tag: &str) {
        self.space();
        tag::write(&mut self.sink, tag);
        (self.whitespace, self.indention) = (false, false);
    }

    fn scalar(&mut self, node: Node<'d>, context: Context) {
        let text = node.text();
        let (style, tag) = presentation(node, text);
        if let Some(tag) = tag {
            self.tag(tag);
        }
        let indent = self.deeper(true) as usize;
        let place = Place { flow: self.flow_level > 0, key: context.simple_key, indent };
        let form = Form::from(style);
        let analysis = analyze(text, false);
        let form =
            if let (Form::Plain, Analysis::FREE) = (form, analysis) { form } else { form.fit(text, analysis, place) };
        match form {
            Form::Plain if text.is_empty() => self.indention = false,
            Form::Plain => {
                self.space();
                scalar::write_inline(&mut self.sink, text, form, Place { key: true, ..place });
                (self.whitespace, self.indention) = (false, false);
            }
            Form::Single | Form::Double => {
                self.space();
                scalar::write_inline(&mut self.sink, text, form, place);
                (self.whitespace, self.indention) = (false, false);
            }
            Form::Literal | Form::Folded => self.block_scalar(text, form, indent),
        }
    }

    fn block_scalar(&mut self, text: &str, form: Form, indent: usize) {
        self.space();
        scalar::write_block_header(&mut self.sink, text, form);
        (self.whitespace, self.indention) = (false, false);
        if self.waiting.line.is_empty() {
            self.put_break();
        } else {
            self.line_comment();
        }
        match form {
            Form::Folded => scalar::write_folded_lines(&mut self.sink, text, indent),
            _ => scalar::write_literal_lines(&mut self.sink, text, indent),
        }
        self.whitespace = true;
        self.indention = self.sink.is_at_start();
    }

    // Comments

    /// Puts the comments of a node where they wait; those at the end of a collection wait for its end.
    #[inline]
    fn await_comments(&mut self, node: Node<'d>, key: bool) {
        if node.document().slot(node.id()).flags & HAS_EXTRA == 0 {
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
    fn await_key(&mut self, key: Node<'d>, frame: &mut Frame<'d>) {
        if !frame.tail.is_empty() && matches!(key.kind(), Kind::Scalar | Kind::Mapping) {
            self.waiting.tail = frame.tail;
        }
        frame.tail = "";
        if key.document().slot(key.id()).flags & HAS_EXTRA != 0 {
            self.await_comments(key, true);
            frame.tail = key.comments().map_or("", |comments| &comments.foot);
        }
    }

    fn await_end(&mut self, frame: &Frame<'d>) {
        set(&mut self.waiting.tail, frame.tail);
        if let Some(comments) = frame.node.comments() {
            set(&mut self.waiting.line, &comments.line);
            set(&mut self.waiting.foot, &comments.foot);
        }
    }

    #[inline]
    fn head_comment(&mut self) {
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
    fn line_comment(&mut self) {
        if !self.waiting.line.is_empty() {
            let text = std::mem::take(&mut self.waiting.line);
            self.space();
            self.comment(text);
        }
    }

    #[inline]
    fn foot_comment(&mut self) {
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

    // Lines

    fn column(&self) -> usize {
        self.indent.max(0) as usize
    }

    fn put_break(&mut self) {
        self.sink.push_char('\n');
        self.indention = true;
    }

    #[inline]
    fn space(&mut self) {
        if !self.whitespace {
            self.sink.push(" ");
        }
    }

    fn text(&mut self, text: &str) {
        self.sink.push(text);
        (self.whitespace, self.indention) = (false, false);
    }

    #[inline]
    fn indicator(&mut self, text: &str, need_space: bool, whitespace: bool, indention: bool) {
        if need_space {
            self.space();
        }
        self.sink.push(text);
        self.whitespace = whitespace;
        self.indention &= indention;
    }

    /// Goes to the column of the current block, on a new line where this one is taken.
    #[inline]
    fn write_indent(&mut self) {
        let indent = self.column();
        let column = self.sink.line_bytes();
        if !self.indention || column > indent || column == indent && !self.whitespace {
            self.put_break();
        }
        self.sink.pad(indent);
        self.whitespace = true;
    }
}

fn set<'d>(place: &mut &'d str, text: &'d str) {
    if !text.is_empty() {
        *place = text;
    }
}

/// In which style a scalar is written, and with which tag.
fn presentation<'d>(node: Node<'d>, text: &str) -> (Style, Option<&'d str>) {
    let slot = node.document().slot(node.id());
    let style = match slot.style {
        Style::Plain | Style::Block | Style::Flow if text.contains('\n') => Style::Literal,
        style => style,
    };
    if slot.flags & EXPLICIT_TAG != 0 {
        return (style, node.explicit_tag());
    }
    match slot.tag {
        Tag::Merge => (style, Some("!!merge")),
        Tag::Custom => (style, None),
        Tag::Str if style != Style::Plain => (style, None),
        tag => {
            let resolved = resolve_plain(text, Schema::V3);
            match tag {
                // Without a tag go-yaml takes even `<<` for a string.
                Tag::Str if matches!(resolved, Tag::Str | Tag::Merge) => (style, None),
                Tag::Str => (Style::DoubleQuoted, None),
                _ if resolved == tag => (style, None),
                _ => (style, Some(tag::name(tag))),
            }
        }
    }
}

/// Whether a key can stand before its colon on one line.
fn is_simple_key(key: Node<'_>) -> bool {
    let anchor = key.anchor().map_or(0, str::len);
    let length = match key.kind() {
        Kind::Alias => 0,
        Kind::Scalar => {
            let text = key.text();
            if text.contains(scalar::is_break) {
                return false;
            }
            let tag = presentation(key, text).1;
            text.len() + tag.map_or(0, tag::length)
        }
        Kind::Mapping | Kind::Sequence if key.is_empty() => key.explicit_tag().map_or(0, tag::length),
        Kind::Mapping | Kind::Sequence => return false,
    };
    anchor + length <= SIMPLE_KEY
}
