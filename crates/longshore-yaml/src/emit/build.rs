//! E2, what `kustomize build` prints: keys sorted, values brought to the forms that JSON and go-yaml v2 leave.

use crate::chars::has_exotic_breaks;
use crate::document::{Document, NodeId};
use crate::emit::EmitError;
use crate::emit::entries::reject_duplicates;
use crate::emit::number::{push_json_float, rfc3339};
use crate::emit::order::sort_entries;
use crate::emit::scalar::{self, Form, Place, analyze};
use crate::emit::sink::Sink;
use crate::emit::tag;
use crate::emit::text::{decode_base64, json_len, json_text, needs_quotes};
use crate::node::{Kind, Node, Scalar, Style, Tag};
use crate::resolve::{self, Schema};

/// Nesting that a tree may have to be printed.
pub(crate) const DEPTH: usize = 1_000;
const WIDTH: usize = 80;
/// How often a merged mapping may itself merge.
const MERGES: usize = 100;
/// Longer keys are written `? key`.
const SIMPLE_KEY: usize = 128;
/// Keys that go-yaml cannot read back from one line of JSON.
const JSON_KEY: usize = 1_024;

/// Why printing stopped.
pub(crate) enum Stop {
    /// The tree cannot be printed.
    Error(EmitError),
    /// The tree changes when kyaml prints it and reads it again: that must really be done.
    Leak,
}

impl Stop {
    pub(crate) fn into_error(self, node: Node<'_>) -> EmitError {
        match self {
            Stop::Error(error) => error,
            Stop::Leak => error(node, "the tree does not settle"),
        }
    }
}

impl From<EmitError> for Stop {
    fn from(error: EmitError) -> Self {
        Stop::Error(error)
    }
}

/// What the printer of one tree leaves to that of the next.
#[derive(Default)]
pub(crate) struct Room<'d> {
    entries: Vec<Entry<'d>>,
    frames: Vec<Frame<'d>>,
}

/// Prints a tree at the end of `out`.
///
/// With `settled` the tree was read from kyaml's own output: it leaks no more.
pub(crate) fn print<'d>(out: &mut String, node: Node<'d>, settled: bool, room: &mut Room<'d>) -> Result<(), Stop> {
    let doc = node.document();
    let comments = !doc.comments().is_empty() || !doc.extras.is_empty();
    let Room { mut entries, mut frames } = std::mem::take(room);
    entries.clear();
    frames.clear();
    let mut printer = Printer { doc, sink: Sink::new(out, WIDTH), entries, frames, settled, comments, flow: 0 };
    let result = printer.root(node.resolved());
    *room = Room { entries: printer.entries, frames: printer.frames };
    result
}

/// Walks one tree; it keeps its own stack.
pub(crate) struct Printer<'o, 'd> {
    doc: &'d Document,
    sink: Sink<'o>,
    /// Entries of the mappings being printed, innermost last.
    pub(crate) entries: Vec<Entry<'d>>,
    frames: Vec<Frame<'d>>,
    pub(crate) settled: bool,
    comments: bool,
    /// How many flow collections surround the node.
    flow: usize,
}

/// One entry of a mapping.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'d> {
    pub(crate) name: &'d str,
    pub(crate) key: NodeId,
    pub(crate) value: NodeId,
}

/// A collection that is being printed.
struct Frame<'d> {
    /// The items of a sequence.
    children: &'d [NodeId],
    mapping: bool,
    flow: bool,
    inline: bool,
    indent: usize,
    /// Where the entries of a mapping begin in `Printer::entries`.
    first: usize,
    next: usize,
}

impl<'d> Printer<'_, 'd> {
    fn root(&mut self, node: Node<'d>) -> Result<(), Stop> {
        match node.kind() {
            Kind::Mapping | Kind::Sequence if !node.is_empty() => self.begin(node, 0, false)?,
            _ => self.leaf_line(node, 0)?,
        }
        while let Some(frame) = self.frames.pop() {
            if frame.mapping { self.mapping(frame)? } else { self.sequence(frame)? }
        }
        Ok(())
    }

    /// Begins a collection that is not empty; its first entry continues the line where `inline`.
    fn begin(&mut self, node: Node<'d>, indent: usize, inline: bool) -> Result<(), Stop> {
        if self.frames.len() >= DEPTH {
            return Err(error(node, format!("collections are nested more than {DEPTH} deep")).into());
        }
        let flow = node.style() == Style::Flow;
        self.flow += usize::from(flow);
        self.check_comments(node)?;
        let mapping = node.kind() == Kind::Mapping;
        let first = self.entries.len();
        if mapping {
            self.collect(node, self.frames.is_empty(), MERGES)?;
            sort_entries(&mut self.entries[first..], |entry| entry.name);
            if self.entries[first..].windows(2).any(|pair| pair[0].name == pair[1].name) {
                reject_duplicates(node)?;
            }
            if first == self.entries.len() {
                self.flow -= usize::from(flow);
                self.sink.push("{}");
                self.end_line();
                return Ok(());
            }
        }
        let children = if mapping { &[] } else { self.doc.children_of(node.id()) };
        self.frames.push(Frame { children, mapping, flow, inline, indent, first, next: 0 });
        Ok(())
    }

    /// Prints the entries up to the next collection, which is begun.
    fn mapping(&mut self, mut frame: Frame<'d>) -> Result<(), Stop> {
        while let Some(&entry) = self.entries.get(frame.first + frame.next) {
            if frame.next > 0 || !frame.inline {
                self.sink.pad(frame.indent);
            }
            frame.next += 1;
            let key = self.doc.node(entry.key);
            self.check_comments(key)?;
            let simple = self.key(entry.name, key, frame.indent)?;
            let value = self.doc.node(entry.value).resolved();
            let indent = match value.kind() {
                Kind::Mapping if !value.is_empty() => frame.indent + 2,
                Kind::Sequence if !value.is_empty() => frame.indent + if simple { 0 } else { 2 },
                _ => {
                    self.sink.push(" ");
                    self.leaf_line(value, frame.indent)?;
                    continue;
                }
            };
            if simple {
                self.sink.push_char('\n')
            } else {
                self.sink.push(" ")
            }
            self.frames.push(frame);
            return self.begin(value, indent, !simple);
        }
        self.entries.truncate(frame.first);
        self.flow -= usize::from(frame.flow);
        Ok(())
    }

    /// Prints the items up to the next collection, which is begun.
    fn sequence(&mut self, mut frame: Frame<'d>) -> Result<(), Stop> {
        while let Some(&item) = frame.children.get(frame.next) {
            if frame.next > 0 || !frame.inline {
                self.sink.pad(frame.indent);
            }
            frame.next += 1;
            self.sink.push("- ");
            let item = self.doc.node(item).resolved();
            if matches!(item.kind(), Kind::Mapping | Kind::Sequence) && !item.is_empty() {
                let indent = frame.indent + 2;
                self.frames.push(frame);
                return self.begin(item, indent, true);
            }
            self.leaf_line(item, frame.indent)?;
        }
        self.flow -= usize::from(frame.flow);
        Ok(())
    }

    fn leaf_line(&mut self, node: Node<'d>, indent: usize) -> Result<(), Stop> {
        self.leaf(node, Place { flow: false, key: false, indent: indent + 2 })?;
        self.end_line();
        Ok(())
    }

    fn end_line(&mut self) {
        if !self.sink.is_at_start() {
            self.sink.push_char('\n');
        }
    }

    fn check_comments(&self, node: Node<'d>) -> Result<(), Stop> {
        if self.flow > 0 && !self.settled && self.comments && node.comments().is_some() {
            return Err(Stop::Leak);
        }
        Ok(())
    }

    /// Prints a key and its colon; gives whether it is a simple one.
    fn key(&mut self, name: &'d str, key: Node<'d>, indent: usize) -> Result<bool, Stop> {
        if name.len() <= SIMPLE_KEY && scalar::is_free(name) && !needs_quotes(name) {
            self.sink.push(name);
            self.sink.push(":");
            return Ok(true);
        }
        let text = json_text(name).ok_or_else(|| error(key, "control characters are not allowed"))?;
        if name.contains('\u{85}') || json_len(name) > JSON_KEY {
            return Err(error(key, "did not find expected ',' or '}'").into());
        }
        let simple = text.len() <= SIMPLE_KEY && !text.contains(scalar::is_break);
        if !simple {
            self.sink.push("? ");
        }
        self.text(&text, Place { flow: false, key: simple, indent: indent + 2 });
        if !simple {
            self.end_line();
            self.sink.pad(indent);
        }
        self.sink.push(":");
        Ok(simple)
    }

    /// Prints a scalar or an empty collection.
    fn leaf(&mut self, node: Node<'d>, place: Place) -> Result<(), Stop> {
        self.check_comments(node)?;
        match (node.kind(), node.tag()) {
            (Kind::Mapping, _) => self.sink.push("{}"),
            (Kind::Sequence, _) => self.sink.push("[]"),
            (_, Tag::Str) => self.string(node, place)?,
            _ => self.value(node, place)?,
        }
        Ok(())
    }

    fn string(&mut self, node: Node<'d>, place: Place) -> Result<(), Stop> {
        let text = node.text();
        let plain = self.doc.block_plain(node.id()).is_some();
        if plain && !needs_quotes(text) {
            scalar::write_inline(&mut self.sink, text, Form::Plain, place);
            return Ok(());
        }
        let free = plain || scalar::is_free(text) && node.style() != Style::Folded;
        if free && self.sink.fits(text.len()) {
            if needs_quotes(text) {
                self.sink.push("\"");
                self.sink.push(text);
                self.sink.push("\"");
            } else {
                self.sink.push(text);
            }
            return Ok(());
        }
        if !self.settled && leaks(node, self.comments) {
            return Err(Stop::Leak);
        }
        let text = json_text(text).ok_or_else(|| error(node, "control characters are not allowed"))?;
        self.text(&text, place);
        Ok(())
    }

    /// Prints a string in the form that go-yaml v2 chooses.
    fn text(&mut self, text: &str, place: Place) {
        let wanted = match text {
            _ if text.contains('\n') => Form::Literal,
            _ if needs_quotes(text) => Form::Double,
            _ => Form::Plain,
        };
        match wanted.fit(text, analyze(text, true), place) {
            Form::Literal => {
                scalar::write_block_header(&mut self.sink, text, Form::Literal);
                self.sink.push_char('\n');
                scalar::write_literal_lines(&mut self.sink, text, place.indent);
            }
            form => scalar::write_inline(&mut self.sink, text, form, place),
        }
    }

    /// Prints a scalar that is not tagged as a string.
    fn value(&mut self, node: Node<'d>, place: Place) -> Result<(), Stop> {
        let (text, tag) = (node.text(), node.tag());
        let quoted = !matches!(node.style(), Style::Plain);
        if quoted && node.explicit_tag().is_none() {
            // kyaml prints the quotes and not the type.
            return self.string(node, place);
        }
        match tag {
            Tag::Int if is_canonical_int(text) => self.sink.push(text),
            Tag::Null if text.is_empty() && self.flow > 0 && !self.settled => return Err(Stop::Leak),
            // kyaml puts it in quotes, and a type that no tag names is lost.
            Tag::Timestamp if self.flow > 0 && text.contains(':') && node.explicit_tag().is_none() => {
                return self.string(node, place);
            }
            Tag::Merge | Tag::Custom => return self.string(node, place),
            Tag::Int | Tag::Float | Tag::Bool | Tag::Null => self.resolved_value(node)?,
            Tag::Timestamp => {
                let time = rfc3339(text).ok_or_else(|| mismatch(node))?;
                self.text(&time, place);
            }
            Tag::Binary => {
                let bytes =
                    decode_base64(text).ok_or_else(|| error(node, "!!binary value contains invalid base64 data"))?;
                let decoded = String::from_utf8_lossy(&bytes);
                let clean = json_text(&decoded).ok_or_else(|| error(node, "control characters are not allowed"))?;
                self.text(&clean, place);
            }
            _ => return Err(mismatch(node).into()),
        }
        Ok(())
    }

    fn resolved_value(&mut self, node: Node<'d>) -> Result<(), Stop> {
        let resolved = Schema::V3.resolve(node.text());
        if resolved != node.tag() && (resolved, node.tag()) != (Tag::Int, Tag::Float) {
            return Err(mismatch(node).into());
        }
        let mut text = String::new();
        match resolve::value(node.text(), resolved) {
            Scalar::Null => text.push_str("null"),
            Scalar::Bool(value) => text.push_str(if value { "true" } else { "false" }),
            Scalar::Int(value) if node.tag() == Tag::Float => push_json_float(&mut text, value as f64),
            Scalar::Uint(value) if node.tag() == Tag::Float => push_json_float(&mut text, value as f64),
            Scalar::Int(value) => text = value.to_string(),
            Scalar::Uint(value) => text = value.to_string(),
            Scalar::Float(value) if value.is_nan() => return Err(error(node, "json: unsupported value: NaN").into()),
            Scalar::Float(value) if value.is_infinite() => {
                let sign = if value > 0.0 { '+' } else { '-' };
                return Err(error(node, format!("json: unsupported value: {sign}Inf")).into());
            }
            Scalar::Float(value) => push_json_float(&mut text, value),
            Scalar::Str(_) => return Err(mismatch(node).into()),
        }
        self.sink.push(&text);
        Ok(())
    }
}

pub(crate) fn error(node: Node<'_>, message: impl Into<String>) -> EmitError {
    EmitError { location: node.location(), message: message.into() }
}

fn mismatch(node: Node<'_>) -> EmitError {
    let text = node.text();
    let tag = node.explicit_tag().unwrap_or(tag::name(node.tag()));
    error(node, format!("cannot decode {} `{text}` as a {tag}", tag::name(Schema::V3.resolve(text))))
}

/// Whether a number is already in the form that Go prints.
fn is_canonical_int(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    let leading_zero = digits.first() == Some(&b'0') && (digits.len() > 1 || text.len() > 1);
    !digits.is_empty() && digits.len() <= 18 && !leading_zero && digits.iter().all(u8::is_ascii_digit)
}

/// Whether kyaml's printer and reader may change this string between them.
///
/// They keep a folded text whose lines all begin at the margin and that ends with at most one break.
fn leaks(node: Node<'_>, comments: bool) -> bool {
    let text = node.text();
    if has_exotic_breaks(text.as_bytes()) {
        return true;
    }
    let kept = text == "\n" || text.ends_with("\n\n");
    match node.style() {
        Style::Folded => kept || text.starts_with([' ', '\t']) || text.contains("\n ") || text.contains("\n\t"),
        style => {
            let lines = memchr::memchr(b'\n', text.as_bytes()).is_some();
            lines && (text.starts_with('\t') || kept && comments || style == Style::SingleQuoted)
        }
    }
}
