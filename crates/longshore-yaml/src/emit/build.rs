//! E2, what `kustomize build` prints: keys sorted, values brought to the forms that JSON and go-yaml v2 leave.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::emit::EmitError;
use crate::emit::number::{push_json_float, rfc3339};
use crate::emit::order::sort_entries;
use crate::emit::scalar::{self, Form, Place, analyze};
use crate::emit::sink::Sink;
use crate::emit::tag;
use crate::node::{Kind, Node, Scalar, Style, Tag};
use crate::resolve::{self, Schema};

/// Nesting that a tree may have to be printed.
pub(crate) const DEPTH: usize = 1_000;
const WIDTH: usize = 80;
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

/// Prints a tree at the end of `out`; `comments` says whether any comment stands near it.
///
/// With `settled` the tree was read from kyaml's own output: it leaks no more.
pub(crate) fn print(out: &mut String, node: Node<'_>, settled: bool) -> Result<(), Stop> {
    let doc = node.document();
    let comments = !doc.comments.is_empty() || !doc.extras.is_empty();
    let mut printer = Printer { sink: Sink::new(out, WIDTH), entries: Vec::new(), settled, comments, flow: 0 };
    printer.root(node.resolved())
}

struct Printer<'o, 'd> {
    sink: Sink<'o>,
    /// Entries of the mappings being printed, innermost last.
    entries: Vec<(&'d str, Node<'d>, Node<'d>)>,
    settled: bool,
    comments: bool,
    /// How many flow collections surround the node.
    flow: usize,
}

impl<'d> Printer<'_, 'd> {
    fn root(&mut self, node: Node<'d>) -> Result<(), Stop> {
        match node.kind() {
            Kind::Mapping if !node.is_empty() => self.mapping(node, 0, false, 0)?,
            Kind::Sequence if !node.is_empty() => self.sequence(node, 0, false, 0)?,
            _ => {
                self.leaf(node, Place { flow: false, key: false, indent: 2 })?;
                self.end_line();
            }
        }
        Ok(())
    }

    fn end_line(&mut self) {
        if !self.sink.is_at_start() {
            self.sink.push_char('\n');
        }
    }

    /// Prints the entries at column `indent`; the first continues the line where `inline`.
    fn mapping(&mut self, node: Node<'d>, indent: usize, inline: bool, depth: usize) -> Result<(), Stop> {
        let flow = self.enter(node, depth)?;
        let first = self.entries.len();
        self.collect(node, depth == 0)?;
        if first == self.entries.len() {
            self.sink.push("{}");
            self.end_line();
        }
        sort_entries(&mut self.entries[first..], |entry| entry.0);
        if self.entries[first..].windows(2).any(|pair| pair[0].0 == pair[1].0) {
            reject_duplicates(node)?;
        }
        for index in first..self.entries.len() {
            let (name, key, value) = self.entries[index];
            if index > first || !inline {
                self.sink.pad(indent);
            }
            self.entry(name, key, value, indent, depth)?;
        }
        self.entries.truncate(first);
        self.flow -= flow;
        Ok(())
    }

    /// Checks what every collection must fulfil; gives 1 for a flow collection.
    fn enter(&mut self, node: Node<'d>, depth: usize) -> Result<usize, Stop> {
        if depth >= DEPTH {
            return Err(error(node, format!("collections are nested more than {DEPTH} deep")).into());
        }
        let flow = usize::from(node.style() == Style::Flow);
        self.flow += flow;
        self.check_comments(node)?;
        Ok(flow)
    }

    fn check_comments(&self, node: Node<'d>) -> Result<(), Stop> {
        if self.flow > 0 && !self.settled && self.comments && node.comments().is_some() {
            return Err(Stop::Leak);
        }
        Ok(())
    }

    /// Pushes the entries of a mapping, merge keys resolved.
    fn collect(&mut self, node: Node<'d>, root: bool) -> Result<(), Stop> {
        let first = self.entries.len();
        let mut merges = None;
        for (key, value) in node.entries() {
            let key = key.resolved();
            match key.tag() {
                Tag::Str if key.kind() == Kind::Scalar => self.entries.push((key.text(), key, value)),
                Tag::Merge if merges.is_none() => merges = Some(value),
                Tag::Merge => reject_duplicates(node)?,
                _ => self.odd_key(node, key, value, root)?,
            }
        }
        if let Some(value) = merges {
            reject_duplicates(node)?;
            self.merge(value, first)?;
        }
        Ok(())
    }

    /// The outermost map of an object has string keys by its Go type: numbers and booleans become text there.
    fn odd_key(&mut self, map: Node<'d>, key: Node<'d>, value: Node<'d>, root: bool) -> Result<(), Stop> {
        let scalar = key.kind() == Kind::Scalar;
        if root && scalar {
            let null = key.tag() == Tag::Null && (!key.text().is_empty() || self.settled);
            if !null {
                self.entries.push((key.text(), key, value));
            }
            return Ok(());
        }
        reject_duplicates(map)?;
        let message = match key.kind() {
            Kind::Mapping if root => "cannot unmarshal !!map into string",
            Kind::Sequence if root => "cannot unmarshal !!seq into string",
            Kind::Mapping => "invalid map key: a mapping",
            Kind::Sequence => "invalid map key: a sequence",
            _ => "json: unsupported type: map[interface {}]interface {}",
        };
        Err(error(key, message).into())
    }

    /// Adds the entries of a merged map, or of several, whose keys are not there yet.
    fn merge(&mut self, value: Node<'d>, first: usize) -> Result<(), Stop> {
        let value = value.resolved();
        let wrong = || error(value, "map merge requires map or sequence of maps as the value");
        match value.kind() {
            Kind::Mapping => {
                let own = self.entries.len();
                self.collect(value, false)?;
                let merged: Vec<_> = self.entries.drain(own..).collect();
                for entry in merged {
                    if !self.entries[first..].iter().any(|have| have.0 == entry.0) {
                        self.entries.push(entry);
                    }
                }
                Ok(())
            }
            Kind::Sequence => value.items().try_for_each(|item| match item.is_mapping() {
                true => self.merge(item, first),
                false => Err(wrong().into()),
            }),
            _ => Err(wrong().into()),
        }
    }

    fn entry(
        &mut self,
        name: &'d str,
        key: Node<'d>,
        value: Node<'d>,
        indent: usize,
        depth: usize,
    ) -> Result<(), Stop> {
        self.check_comments(key)?;
        let simple = self.key(name, key, indent)?;
        let value = value.resolved();
        match value.kind() {
            Kind::Mapping if !value.is_empty() => {
                self.open(simple);
                self.mapping(value, indent + 2, !simple, depth + 1)
            }
            Kind::Sequence if !value.is_empty() => {
                self.open(simple);
                self.sequence(value, if simple { indent } else { indent + 2 }, !simple, depth + 1)
            }
            _ => {
                self.sink.push(" ");
                self.leaf(value, Place { flow: false, key: false, indent: indent + 2 })?;
                self.end_line();
                Ok(())
            }
        }
    }

    fn open(&mut self, simple: bool) {
        if simple { self.sink.push_char('\n') } else { self.sink.push(" ") }
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

    fn sequence(&mut self, node: Node<'d>, indent: usize, inline: bool, depth: usize) -> Result<(), Stop> {
        let flow = self.enter(node, depth)?;
        for (index, item) in node.items().enumerate() {
            if index > 0 || !inline {
                self.sink.pad(indent);
            }
            self.sink.push("- ");
            let item = item.resolved();
            match item.kind() {
                Kind::Mapping if !item.is_empty() => self.mapping(item, indent + 2, true, depth + 1)?,
                Kind::Sequence if !item.is_empty() => self.sequence(item, indent + 2, true, depth + 1)?,
                _ => {
                    self.leaf(item, Place { flow: false, key: false, indent: indent + 2 })?;
                    self.end_line();
                }
            }
        }
        self.flow -= flow;
        Ok(())
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
        if scalar::is_free(text) && self.sink.fits(text.len()) && node.style() != Style::Folded {
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

/// Fails at the first key that stands again further down. Keys are one when kind and text are.
#[cold]
fn reject_duplicates(map: Node<'_>) -> Result<(), EmitError> {
    let mut lines: HashMap<(Kind, &str), Node<'_>> = HashMap::new();
    let mut found: Option<(Node<'_>, Node<'_>)> = None;
    for (key, _) in map.entries() {
        let Some(&first) = lines.get(&(key.kind(), key_text(key))) else {
            lines.insert((key.kind(), key_text(key)), key);
            continue;
        };
        if found.is_none_or(|(earlier, _)| first.id() < earlier.id()) {
            found = Some((first, key));
        }
    }
    let Some((first, later)) = found else { return Ok(()) };
    let at = first.location().map_or(String::new(), |first| format!(" at line {}", first.line));
    Err(error(later, format!("mapping key {:?} already defined{at}", key_text(later))))
}

fn key_text(key: Node<'_>) -> &str {
    if key.kind() == Kind::Alias { key.anchor().unwrap_or_default() } else { key.text() }
}

/// Whether a number is already in the form that Go prints.
fn is_canonical_int(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    let leading_zero = digits.first() == Some(&b'0') && (digits.len() > 1 || text.len() > 1);
    !digits.is_empty() && digits.len() <= 18 && !leading_zero && digits.iter().all(u8::is_ascii_digit)
}

/// Whether kyaml's printer and reader may change this string between them.
fn leaks(node: Node<'_>, comments: bool) -> bool {
    let text = node.text();
    if node.style() == Style::Folded || text.contains(['\u{85}', '\u{2028}', '\u{2029}']) {
        return true;
    }
    let kept = text == "\n" || text.ends_with("\n\n");
    text.contains('\n') && (text.starts_with('\t') || kept && comments || node.style() == Style::SingleQuoted)
}

/// Whether go-yaml v2 would read this unquoted text as anything but a string.
pub(crate) fn needs_quotes(text: &str) -> bool {
    match text.as_bytes().first() {
        None => true,
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => {
            text.len() <= 5 && Schema::V2.resolve(text) != Tag::Str
        }
        Some(b'0'..=b'9' | b'+' | b'-' | b'.') => Schema::V2.resolve(text) != Tag::Str || is_base60(text),
        _ => false,
    }
}

/// `^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$`, the sexagesimal numbers of YAML 1.1.
pub(crate) fn is_base60(text: &str) -> bool {
    let Some((head, rest)) = text.split_once(':') else { return false };
    let head = head.strip_prefix(['-', '+']).unwrap_or(head).as_bytes();
    let head_fits =
        head.first().is_some_and(u8::is_ascii_digit) && head.iter().all(|byte| byte.is_ascii_digit() || *byte == b'_');
    let (fields, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let field_fits = |field: &str| match field.as_bytes() {
        [one] => one.is_ascii_digit(),
        [tens, ones] => (b'0'..=b'5').contains(tens) && ones.is_ascii_digit(),
        _ => false,
    };
    head_fits && fields.split(':').all(field_fits) && fraction.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
}

/// What becomes of a string that Go writes as JSON and go-yaml v2 reads: U+0085 is a line break there, and folded.
/// `None` where it has a character that v2 does not read.
fn json_text(text: &str) -> Option<Cow<'_, str>> {
    if !text.bytes().any(|byte| matches!(byte, 0x7f | 0xc2 | 0xef)) {
        return Some(Cow::Borrowed(text));
    }
    let forbidden = |char| matches!(char, '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
    if text.contains(forbidden) {
        return None;
    }
    if !text.contains('\u{85}') {
        return Some(Cow::Borrowed(text));
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{85}') {
        out.push_str(rest[..at].trim_end_matches(' '));
        let tail = rest[at..].trim_start_matches([' ', '\u{85}']);
        let breaks = rest[at..rest.len() - tail.len()].matches('\u{85}').count();
        if breaks == 1 {
            out.push(' ')
        } else {
            out.extend(std::iter::repeat_n('\n', breaks - 1))
        }
        rest = tail;
    }
    out.push_str(rest);
    Some(Cow::Owned(out))
}

/// Characters that a string takes in Go's JSON, quotes left out.
fn json_len(text: &str) -> usize {
    text.chars()
        .map(|char| match char {
            '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => 6,
            _ => 1,
        })
        .sum()
}

/// Decodes standard base64 with padding; line breaks in between are skipped.
pub(crate) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    let clean: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect();
    base64::engine::general_purpose::STANDARD.decode(clean).ok()
}
