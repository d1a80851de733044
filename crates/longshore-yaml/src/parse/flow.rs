//! Flow collections: entries between brackets.

use crate::node::Style;
use crate::parse::event::{Event, EventKind};
use crate::parse::{Parser, State};
use crate::scan::{Outcome, Problem, Token, TokenKind};

impl Parser<'_> {
    pub(super) fn flow_sequence_entry(&mut self, first: bool) -> Outcome<Event> {
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

    pub(super) fn flow_sequence_entry_mapping_key(&mut self) -> Outcome<Event> {
        let token = self.peek()?;
        if matches!(token.kind, TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowSequenceEnd) {
            self.scanner.take();
            self.state = State::FlowSequenceEntryMappingValue;
            return Ok(Event::empty_scalar(token.end));
        }
        self.node_at(token, State::FlowSequenceEntryMappingValue, false, false)
    }

    pub(super) fn flow_sequence_entry_mapping_value(&mut self) -> Outcome<Event> {
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

    pub(super) fn flow_sequence_entry_mapping_end(&mut self) -> Outcome<Event> {
        let token = self.peek()?;
        self.state = State::FlowSequenceEntry;
        Ok(Event::new(EventKind::MappingEnd, Style::Flow, token.start, token.start))
    }

    pub(super) fn flow_mapping_key(&mut self, first: bool) -> Outcome<Event> {
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

    pub(super) fn flow_mapping_value(&mut self, empty: bool) -> Outcome<Event> {
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
