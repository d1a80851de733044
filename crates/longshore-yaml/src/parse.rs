//! Tokens to events: the grammar as a machine of states, and the comments that wait for an event to take them.

mod block;
mod document;
mod event;
mod flow;

use crate::chars::Chars;
use crate::document::Comments;
use crate::node::Style;
pub(crate) use crate::parse::event::{Event, EventKind, Properties};
use crate::remark::Place;
use crate::scan::{self, Outcome, Problem, Scanner, TagParts, Token, TokenKind};

/// Directives of one document; each new one is compared with all.
const MAX_TAG_DIRECTIVES: usize = 100;

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

/// What one parser leaves to the next, emptied.
#[derive(Default)]
pub(crate) struct Room {
    scanner: scan::Room,
    states: Vec<State>,
}

impl Room {
    /// The longest of its lists, in items.
    pub(crate) fn capacity(&self) -> usize {
        self.scanner.capacity().max(self.states.capacity())
    }
}

impl<'s> Parser<'s> {
    /// Limits are those of nesting and of comments.
    pub(crate) fn new(chars: Chars<'s>, limits: (usize, usize), room: Room) -> Self {
        let Room { scanner, states } = room;
        let scanner = Scanner::new(chars, limits, scanner);
        Parser {
            scanner,
            state: State::ImplicitDocumentStart,
            states,
            pending: Comments::default(),
            stem: None,
            has_pending: false,
            tag_directives: Vec::new(),
        }
    }

    /// Its room, for another one. It must not be used afterwards.
    pub(crate) fn take_room(&mut self) -> Room {
        self.states.clear();
        Room { scanner: self.scanner.take_room(), states: std::mem::take(&mut self.states) }
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

    /// The next one or two events, if they are a key of a block mapping and maybe its value, scalars without comments.
    #[inline]
    pub(crate) fn next_entry(&mut self) -> Outcome<Option<(Event, Option<Event>)>> {
        let before = match self.state {
            State::BlockMappingKey => 0,
            State::BlockMappingFirstKey => 1,
            _ => return Ok(None),
        };
        if self.has_pending {
            return Ok(None);
        }
        let Some((key, value)) = self.scanner.take_entry(before)? else { return Ok(None) };
        self.state = if value.is_some() { State::BlockMappingKey } else { State::BlockMappingValue };
        Ok(Some((Event::scalar(key), value.map(Event::scalar))))
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
        Event { start, properties, comments, ..Event::scalar(token) }
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
