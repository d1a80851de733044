//! E3, what kyaml prints: go-yaml v3's emitter with no folding, comments, order and styles kept.
//!
//! Comments wait in five places until a token is written that they belong to; what waits there, and what flags say of
//! the line so far, is the original's, because both decide bytes far away from where they were set. The walk keeps its
//! own stack: no depth of a tree is too much for it.

mod block;
mod comments;
mod flow;

use crate::chars::is_printable_ascii;
use crate::document::{EXPLICIT_TAG, HAS_EXTRA, NodeId, RESOLVED};
use crate::emit::ListIndent;
use crate::emit::kyaml::comments::{Waiting, set};
use crate::emit::scalar::{self, Form, Place, analyze};
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
        if node.document().slot(node.id()).has(HAS_EXTRA) {
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
        let form = match Form::from(style) {
            Form::Double => Form::Double,
            Form::Single if is_printable_ascii(text) => Form::Single,
            form => form.fit(text, analyze(text, false), place),
        };
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

/// In which style a scalar is written, and with which tag.
fn presentation<'d>(node: Node<'d>, text: &str) -> (Style, Option<&'d str>) {
    let slot = node.document().slot(node.id());
    let style = match slot.style {
        Style::Plain | Style::Block | Style::Flow if text.contains('\n') => Style::Literal,
        style => style,
    };
    if slot.has(EXPLICIT_TAG) {
        return (style, node.explicit_tag());
    }
    if slot.has(RESOLVED) {
        return (style, None);
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
