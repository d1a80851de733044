//! Tokens to events: the grammar as a machine of states, and the comments that wait for an event to take them.

use crate::chars::Chars;
use crate::document::Comments;
use crate::node::Style;
use crate::remark::Place;
use crate::scan::{Outcome, Problem, Scanner, TagParts, Token, TokenKind};

/// Directives of one document; each new one is compared with all.
const MAX_TAG_DIRECTIVES: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventKind {
    StreamEnd,
    DocumentStart,
    DocumentEnd,
    Alias,
    Scalar,
    SequenceStart,
    SequenceEnd,
    MappingStart,
    MappingEnd,
}

/// One event. `a..b` is a scalar's text as in [`Token`], or the name of an alias.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) kind: EventKind,
    pub(crate) style: Style,
    pub(crate) in_pool: bool,
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) a: u32,
    pub(crate) b: u32,
    pub(crate) properties: Option<Box<Properties>>,
    pub(crate) comments: Option<Box<Comments>>,
}

/// Anchor and tag before a node.
#[derive(Debug, Default)]
pub(crate) struct Properties {
    /// Range of the name in the source.
    pub(crate) anchor: Option<(u32, u32)>,
    /// The tag with its handle resolved; never empty.
    pub(crate) tag: Option<String>,
}

impl Event {
    fn new(kind: EventKind, style: Style, start: u32, end: u32) -> Self {
        Event { kind, style, in_pool: false, start, end, a: 0, b: 0, properties: None, comments: None }
    }

    fn empty_scalar(at: u32) -> Self {
        Event::new(EventKind::Scalar, Style::Plain, at, at)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    ImplicitDocumentStart,
    DocumentStart,
    DocumentContent,
    DocumentEnd,
    BlockNode,
    BlockSequenceFirstEntry,
    BlockSequenceEntry,
    IndentlessSequenceEntry,
    BlockMappingFirstKey,
    BlockMappingKey,
    BlockMappingValue,
    FlowSequenceFirstEntry,
    FlowSequenceEntry,
    FlowSequenceEntryMappingKey,
    FlowSequenceEntryMappingValue,
    FlowSequenceEntryMappingEnd,
    FlowMappingFirstKey,
    FlowMappingKey,
    FlowMappingValue,
    FlowMappingEmptyValue,
    End,
}

pub(crate) struct Parser<'s> {
    pub(crate) scanner: Scanner<'s>,
    state: State,
    states: Vec<State>,
    /// Comments that no event has taken yet.
    pending: Comments,
    /// Stands above a list item that is itself a collection.
    stem: Option<String>,
    has_pending: bool,
    tag_directives: Vec<TagParts>,
}

impl<'s> Parser<'s> {
    pub(crate) fn new(scanner: Scanner<'s>) -> Self {
        Parser {
            scanner,
            state: State::ImplicitDocumentStart,
            states: Vec::with_capacity(16),
            pending: Comments::default(),
            stem: None,
            has_pending: false,
            tag_directives: Vec::new(),
        }
    }

    /// Begins another stream, with the room of the last one.
    pub(crate) fn restart(&mut self, chars: Chars<'s>, start: usize) {
        self.scanner.restart(chars, start);
        self.state = State::ImplicitDocumentStart;
        self.states.clear();
        self.pending = Comments::default();
        self.stem = None;
        self.has_pending = false;
        self.tag_directives.clear();
    }

    /// The next event; [`EventKind::StreamEnd`] for ever at the end.
    pub(crate) fn next(&mut self) -> Outcome<Event> {
        match self.state {
            State::ImplicitDocumentStart => self.stream_start(),
            State::DocumentStart => self.document_start(false),
            State::DocumentContent => self.document_content(),
            State::DocumentEnd => self.document_end(),
            State::BlockNode => self.node(true, false),
            State::BlockSequenceFirstEntry => self.block_sequence_entry(true),
            State::BlockSequenceEntry => self.block_sequence_entry(false),
            State::IndentlessSequenceEntry => self.indentless_sequence_entry(),
            State::BlockMappingFirstKey => self.block_mapping_key(true),
            State::BlockMappingKey => self.block_mapping_key(false),
            State::BlockMappingValue => self.block_mapping_value(),
            State::FlowSequenceFirstEntry => self.flow_sequence_entry(true),
            State::FlowSequenceEntry => self.flow_sequence_entry(false),
            State::FlowSequenceEntryMappingKey => self.flow_sequence_entry_mapping_key(),
            State::FlowSequenceEntryMappingValue => self.flow_sequence_entry_mapping_value(),
            State::FlowSequenceEntryMappingEnd => self.flow_sequence_entry_mapping_end(),
            State::FlowMappingFirstKey => self.flow_mapping_key(true),
            State::FlowMappingKey => self.flow_mapping_key(false),
            State::FlowMappingValue => self.flow_mapping_value(false),
            State::FlowMappingEmptyValue => self.flow_mapping_value(true),
            State::End => Ok(Event::new(EventKind::StreamEnd, Style::Plain, 0, 0)),
        }
    }

    /// The next token; comments that waited for it, or for one before it, become pending.
    #[inline]
    fn peek(&mut self) -> Outcome<Token> {
        let token = self.scanner.peek()?;
        if !self.scanner.remarks.is_empty() {
            self.unfold(token);
        }
        Ok(token)
    }

    fn unfold(&mut self, token: Token) {
        while let Some(remark) = self.scanner.remarks.front() {
            if (token.start as usize) < remark.token_at {
                return;
            }
            if remark.place == Place::Head && token.kind == TokenKind::BlockEnd {
                // No heads on ends: it is for what follows.
                return;
            }
            let slot = match remark.place {
                Place::Head => &mut self.pending.head,
                Place::Line => &mut self.pending.line,
                Place::Foot => &mut self.pending.foot,
            };
            if !slot.is_empty() {
                slot.push('\n');
            }
            slot.push_str(&remark.text);
            self.has_pending = true;
            self.scanner.remarks.pop_front();
        }
    }

    /// The pending comments, for an event that takes them.
    #[inline]
    fn take_comments(&mut self) -> Option<Box<Comments>> {
        if !self.has_pending {
            return None;
        }
        self.has_pending = false;
        self.stem = None;
        let comments = std::mem::take(&mut self.pending);
        (!comments.is_empty()).then(|| Box::new(comments))
    }

    #[inline]
    fn pop_state(&mut self) {
        self.state = self.states.pop().expect("every node was entered from a state");
    }

    // Documents

    fn stream_start(&mut self) -> Outcome<Event> {
        self.peek()?;
        self.scanner.take();
        self.document_start(true)
    }

    fn document_start(&mut self, implicit: bool) -> Outcome<Event> {
        let mut token = self.peek()?;
        while !implicit && token.kind == TokenKind::DocumentEnd {
            self.scanner.take();
            token = self.peek()?;
        }
        match token.kind {
            TokenKind::StreamEnd => {
                self.state = State::End;
                self.scanner.take();
                Ok(Event::new(EventKind::StreamEnd, Style::Plain, token.start, token.end))
            }
            TokenKind::VersionDirective | TokenKind::TagDirective | TokenKind::DocumentStart => {
                self.explicit_document_start(token)
            }
            _ if implicit => Ok(self.implicit_document_start(token)),
            _ => self.explicit_document_start(token),
        }
    }

    fn implicit_document_start(&mut self, token: Token) -> Event {
        self.states.push(State::DocumentEnd);
        self.state = State::BlockNode;
        let head = self.split_document_head();
        let mut event = Event::new(EventKind::DocumentStart, Style::Plain, token.start, token.end);
        event.comments = (!head.is_empty()).then(|| Box::new(Comments { head, ..Comments::default() }));
        event
    }

    /// What stands above the last empty line in the pending head belongs to the document.
    fn split_document_head(&mut self) -> String {
        let head = &self.pending.head;
        let bytes = head.as_bytes();
        let Some(at) =
            (1..bytes.len()).rev().find(|&at| bytes[at] == b'\n' && (at == bytes.len() - 1 || bytes[at - 1] == b'\n'))
        else {
            return String::new();
        };
        let upper = if at == bytes.len() - 1 { &head[..at] } else { &head[..at - 1] };
        let (upper, lower) = (upper.to_owned(), head[at + 1..].to_owned());
        self.pending.head = lower;
        upper
    }

    fn explicit_document_start(&mut self, first: Token) -> Outcome<Event> {
        self.directives()?;
        let token = self.peek()?;
        if token.kind != TokenKind::DocumentStart {
            return Err(Problem::new(token.start as usize, "did not find expected <document start>")
                .fix("this is outside of the document above: check the indentation, or begin a document with `---`"));
        }
        self.states.push(State::DocumentEnd);
        self.state = State::DocumentContent;
        self.scanner.take();
        Ok(Event::new(EventKind::DocumentStart, Style::Plain, first.start, token.end))
    }

    fn document_content(&mut self) -> Outcome<Event> {
        let token = self.peek()?;
        match token.kind {
            TokenKind::VersionDirective
            | TokenKind::TagDirective
            | TokenKind::DocumentStart
            | TokenKind::DocumentEnd
            | TokenKind::StreamEnd => {
                self.pop_state();
                Ok(Event::empty_scalar(token.place()))
            }
            _ => self.node(true, false),
        }
    }

    fn document_end(&mut self) -> Outcome<Event> {
        let token = self.peek()?;
        let mut end = token.start;
        if token.kind == TokenKind::DocumentEnd {
            end = token.end;
            self.scanner.take();
        }
        self.tag_directives.clear();
        self.state = State::DocumentStart;
        let mut event = Event::new(EventKind::DocumentEnd, Style::Plain, token.start, end);
        event.comments = self.take_comments();
        if let Some(comments) = &mut event.comments
            && comments.foot.is_empty()
        {
            comments.foot = std::mem::take(&mut comments.head);
        }
        Ok(event)
    }

    fn directives(&mut self) -> Outcome {
        let mut version_seen = false;
        loop {
            let token = self.peek()?;
            let at = token.start as usize;
            match token.kind {
                TokenKind::VersionDirective => {
                    let version = &self.scanner.tags[token.a as usize];
                    if version_seen {
                        return Err(Problem::new(at, "found duplicate %YAML directive"));
                    }
                    if version.handle != "1" || version.suffix != "1" {
                        return Err(Problem::new(at, "found incompatible YAML document")
                            .fix("remove the %YAML directive; only 1.1 is read"));
                    }
                    version_seen = true;
                }
                TokenKind::TagDirective => {
                    let parts = self.scanner.tags[token.a as usize].clone();
                    if self.tag_directives.iter().any(|known| known.handle == parts.handle) {
                        return Err(Problem::new(at, "found duplicate %TAG directive"));
                    }
                    if self.tag_directives.len() >= MAX_TAG_DIRECTIVES {
                        let message = format!("exceeded max count of {MAX_TAG_DIRECTIVES} %TAG directives");
                        return Err(Problem::new(at, message));
                    }
                    self.tag_directives.push(parts);
                }
                _ => break,
            }
            self.scanner.take();
        }
        Ok(())
    }

    // Nodes

    fn node(&mut self, block: bool, indentless: bool) -> Outcome<Event> {
        let token = self.peek()?;
        let then = self.states.pop().expect("every node was entered from a state");
        self.node_at(token, then, block, indentless)
    }

    /// The node that begins with `token`, and the state behind it.
    #[inline]
    fn node_at(&mut self, token: Token, then: State, block: bool, indentless: bool) -> Outcome<Event> {
        if token.kind == TokenKind::Scalar {
            self.state = then;
            return Ok(self.scalar(token, token.start, None));
        }
        self.states.push(then);
        match token.kind {
            TokenKind::Alias => {
                self.pop_state();
                let mut event = Event::new(EventKind::Alias, Style::Plain, token.start, token.end);
                (event.a, event.b) = (token.a, token.b);
                event.comments = self.take_comments();
                self.scanner.take();
                Ok(event)
            }
            TokenKind::Anchor | TokenKind::Tag => self.node_with_properties(token, block, indentless),
            _ => self.content(token, token.start, None, block, indentless),
        }
    }

    fn node_with_properties(&mut self, first: Token, block: bool, indentless: bool) -> Outcome<Event> {
        let mut properties = Properties::default();
        let mut tag = None;
        let mut token = first;
        let mut end = first.end;
        for _ in 0..2 {
            match token.kind {
                TokenKind::Anchor if properties.anchor.is_none() => properties.anchor = Some((token.a, token.b)),
                TokenKind::Tag if tag.is_none() => tag = Some(token),
                _ => break,
            }
            end = token.end;
            self.scanner.take();
            token = self.peek()?;
        }
        if let Some(tag) = tag {
            properties.tag = Some(self.resolve_tag(tag)?);
        }
        let properties = Some(Box::new(properties));
        match token.kind {
            TokenKind::Scalar => {
                self.pop_state();
                Ok(self.scalar(token, first.start, properties))
            }
            _ if !begins_collection(token.kind, block, indentless) => {
                // Properties alone make an empty scalar, which takes no comments.
                self.pop_state();
                Ok(Event { end, properties, ..Event::empty_scalar(first.start) })
            }
            _ => self.content(token, first.start, properties, block, indentless),
        }
    }

    fn resolve_tag(&self, token: Token) -> Outcome<String> {
        let parts = &self.scanner.tags[token.a as usize];
        if parts.handle.is_empty() {
            return Ok(parts.suffix.clone());
        }
        let known = self.tag_directives.iter().find(|known| known.handle == parts.handle);
        let prefix = match (known, parts.handle.as_str()) {
            (Some(known), _) => Some(known.suffix.as_str()),
            (None, "!") => Some("!"),
            (None, "!!") => Some("tag:yaml.org,2002:"),
            (None, _) => None,
        };
        match prefix.map(|prefix| format!("{prefix}{}", parts.suffix)) {
            Some(tag) if !tag.is_empty() => Ok(tag),
            _ => Err(Problem::new(token.start as usize, "found undefined tag handle")),
        }
    }

    #[inline]
    fn scalar(&mut self, token: Token, start: u32, properties: Option<Box<Properties>>) -> Event {
        let comments = self.take_comments();
        self.scanner.take();
        Event {
            kind: EventKind::Scalar,
            style: token.style,
            in_pool: token.in_pool,
            start,
            end: token.end,
            a: token.a,
            b: token.b,
            properties,
            comments,
        }
    }

    fn content(
        &mut self,
        token: Token,
        start: u32,
        properties: Option<Box<Properties>>,
        block: bool,
        indentless: bool,
    ) -> Outcome<Event> {
        let (kind, style, state) = match token.kind {
            TokenKind::BlockEntry if indentless => {
                (EventKind::SequenceStart, Style::Block, State::IndentlessSequenceEntry)
            }
            TokenKind::FlowSequenceStart => (EventKind::SequenceStart, Style::Flow, State::FlowSequenceFirstEntry),
            TokenKind::FlowMappingStart => (EventKind::MappingStart, Style::Flow, State::FlowMappingFirstKey),
            TokenKind::BlockSequenceStart if block => {
                (EventKind::SequenceStart, Style::Block, State::BlockSequenceFirstEntry)
            }
            TokenKind::BlockMappingStart if block => {
                (EventKind::MappingStart, Style::Block, State::BlockMappingFirstKey)
            }
            _ => return Err(no_content(token)),
        };
        self.state = state;
        let mut event = Event { properties, ..Event::new(kind, style, start, token.end) };
        if style == Style::Flow {
            event.comments = self.take_comments();
        } else if token.kind != TokenKind::BlockEntry
            && let Some(head) = self.stem.take()
        {
            event.comments = Some(Box::new(Comments { head, ..Comments::default() }));
        }
        Ok(event)
    }

    // Block collections

    /// After a dash: what stood above it belongs to the whole item, where the item is a collection.
    fn split_stem(&mut self, length: usize) -> Outcome {
        if length == 0 {
            return Ok(());
        }
        let token = self.peek()?;
        if !matches!(token.kind, TokenKind::BlockSequenceStart | TokenKind::BlockMappingStart) {
            return Ok(());
        }
        let rest = self.pending.head.get(length + 1..).unwrap_or_default().to_owned();
        self.pending.head.truncate(length);
        self.stem = Some(std::mem::replace(&mut self.pending.head, rest));
        Ok(())
    }

    fn block_sequence_entry(&mut self, first: bool) -> Outcome<Event> {
        if first {
            self.peek()?;
            self.scanner.take();
        }
        let token = self.peek()?;
        match token.kind {
            TokenKind::BlockEntry => {
                let next = self.after_dash()?;
                if matches!(next.kind, TokenKind::BlockEntry | TokenKind::BlockEnd) {
                    self.state = State::BlockSequenceEntry;
                    return Ok(Event::empty_scalar(token.end));
                }
                self.node_at(next, State::BlockSequenceEntry, true, false)
            }
            TokenKind::BlockEnd => {
                self.pop_state();
                self.scanner.take();
                Ok(Event::new(EventKind::SequenceEnd, Style::Block, token.start, token.end))
            }
            _ => Err(Problem::new(token.start as usize, "did not find expected '-' indicator")
                .fix("every line at this indentation must begin with `- `; check the indentation")),
        }
    }

    fn after_dash(&mut self) -> Outcome<Token> {
        let above = self.pending.head.len();
        self.scanner.take();
        self.split_stem(above)?;
        self.peek()
    }

    fn indentless_sequence_entry(&mut self) -> Outcome<Event> {
        let token = self.peek()?;
        if token.kind != TokenKind::BlockEntry {
            self.pop_state();
            return Ok(Event::new(EventKind::SequenceEnd, Style::Block, token.start, token.start));
        }
        let next = self.after_dash()?;
        if matches!(next.kind, TokenKind::BlockEntry | TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd) {
            self.state = State::IndentlessSequenceEntry;
            return Ok(Event::empty_scalar(token.end));
        }
        self.node_at(next, State::IndentlessSequenceEntry, true, false)
    }

    fn block_mapping_key(&mut self, first: bool) -> Outcome<Event> {
        if first {
            self.peek()?;
            self.scanner.take();
        }
        let token = self.peek()?;
        match token.kind {
            TokenKind::Key => {
                self.scanner.take();
                self.block_mapping_node(token.end, State::BlockMappingValue)
            }
            TokenKind::BlockEnd => {
                self.pop_state();
                let mut event = Event::new(EventKind::MappingEnd, Style::Block, token.start, token.end);
                event.comments = self.take_comments();
                self.scanner.take();
                Ok(event)
            }
            _ => Err(Problem::new(token.start as usize, "did not find expected key")
                .fix("every line at this indentation must be `key: value`; check the indentation")),
        }
    }

    /// A key or a value, empty where the next token says so.
    fn block_mapping_node(&mut self, empty_at: u32, then: State) -> Outcome<Event> {
        let token = self.peek()?;
        if matches!(token.kind, TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd) {
            self.state = then;
            return Ok(Event::empty_scalar(empty_at));
        }
        self.node_at(token, then, true, true)
    }

    fn block_mapping_value(&mut self) -> Outcome<Event> {
        let token = self.peek()?;
        if token.kind == TokenKind::Value {
            self.scanner.take();
            return self.block_mapping_node(token.end, State::BlockMappingKey);
        }
        self.state = State::BlockMappingKey;
        Ok(Event::empty_scalar(token.place()))
    }

    // Flow collections

    fn flow_sequence_entry(&mut self, first: bool) -> Outcome<Event> {
        if first {
            self.peek()?;
            self.scanner.take();
        }
        let mut token = self.peek()?;
        if token.kind != TokenKind::FlowSequenceEnd {
            if !first {
                if token.kind != TokenKind::FlowEntry {
                    return Err(Problem::new(token.start as usize, "did not find expected ',' or ']'"));
                }
                self.scanner.take();
                token = self.peek()?;
            }
            if token.kind == TokenKind::Key {
                self.state = State::FlowSequenceEntryMappingKey;
                self.scanner.take();
                return Ok(Event::new(EventKind::MappingStart, Style::Flow, token.start, token.end));
            }
            if token.kind != TokenKind::FlowSequenceEnd {
                return self.node_at(token, State::FlowSequenceEntry, false, false);
            }
        }
        self.flow_end(token, EventKind::SequenceEnd)
    }

    fn flow_end(&mut self, token: Token, kind: EventKind) -> Outcome<Event> {
        self.pop_state();
        let mut event = Event::new(kind, Style::Flow, token.start, token.end);
        event.comments = self.take_comments();
        self.scanner.take();
        Ok(event)
    }

    fn flow_sequence_entry_mapping_key(&mut self) -> Outcome<Event> {
        let token = self.peek()?;
        if matches!(token.kind, TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowSequenceEnd) {
            self.scanner.take();
            self.state = State::FlowSequenceEntryMappingValue;
            return Ok(Event::empty_scalar(token.end));
        }
        self.node_at(token, State::FlowSequenceEntryMappingValue, false, false)
    }

    fn flow_sequence_entry_mapping_value(&mut self) -> Outcome<Event> {
        let token = self.peek()?;
        if token.kind == TokenKind::Value {
            self.scanner.take();
            let next = self.peek()?;
            if !matches!(next.kind, TokenKind::FlowEntry | TokenKind::FlowSequenceEnd) {
                return self.node_at(next, State::FlowSequenceEntryMappingEnd, false, false);
            }
        }
        self.state = State::FlowSequenceEntryMappingEnd;
        Ok(Event::empty_scalar(token.place()))
    }

    fn flow_sequence_entry_mapping_end(&mut self) -> Outcome<Event> {
        let token = self.peek()?;
        self.state = State::FlowSequenceEntry;
        Ok(Event::new(EventKind::MappingEnd, Style::Flow, token.start, token.start))
    }

    fn flow_mapping_key(&mut self, first: bool) -> Outcome<Event> {
        if first {
            self.peek()?;
            self.scanner.take();
        }
        let mut token = self.peek()?;
        if token.kind != TokenKind::FlowMappingEnd {
            if !first {
                if token.kind != TokenKind::FlowEntry {
                    return Err(Problem::new(token.start as usize, "did not find expected ',' or '}'"));
                }
                self.scanner.take();
                token = self.peek()?;
            }
            if token.kind == TokenKind::Key {
                self.scanner.take();
                return self.flow_mapping_node(State::FlowMappingValue);
            }
            if token.kind != TokenKind::FlowMappingEnd {
                return self.node_at(token, State::FlowMappingEmptyValue, false, false);
            }
        }
        self.flow_end(token, EventKind::MappingEnd)
    }

    fn flow_mapping_node(&mut self, then: State) -> Outcome<Event> {
        let token = self.peek()?;
        if matches!(token.kind, TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowMappingEnd) {
            self.state = then;
            return Ok(Event::empty_scalar(token.place()));
        }
        self.node_at(token, then, false, false)
    }

    fn flow_mapping_value(&mut self, empty: bool) -> Outcome<Event> {
        let mut token = self.peek()?;
        if !empty && token.kind == TokenKind::Value {
            self.scanner.take();
            token = self.peek()?;
            if !matches!(token.kind, TokenKind::FlowEntry | TokenKind::FlowMappingEnd) {
                return self.node_at(token, State::FlowMappingKey, false, false);
            }
        }
        self.state = State::FlowMappingKey;
        Ok(Event::empty_scalar(token.place()))
    }
}

fn begins_collection(kind: TokenKind, block: bool, indentless: bool) -> bool {
    match kind {
        TokenKind::FlowSequenceStart | TokenKind::FlowMappingStart => true,
        TokenKind::BlockSequenceStart | TokenKind::BlockMappingStart => block,
        TokenKind::BlockEntry => indentless,
        _ => false,
    }
}

fn no_content(token: Token) -> Box<Problem> {
    let problem = Problem::new(token.start as usize, "did not find expected node content");
    match token.kind {
        TokenKind::BlockEntry => problem.fix("a list item cannot stand inside [] or {}"),
        TokenKind::StreamEnd => problem.fix("close the brackets above"),
        _ => problem,
    }
}
