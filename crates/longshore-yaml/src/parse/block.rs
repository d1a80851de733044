//! Block collections: entries by indentation.

use crate::node::Style;
use crate::parse::event::{Event, EventKind};
use crate::parse::{Parser, State};
use crate::scan::{Outcome, Problem, Token, TokenKind};

impl Parser<'_> {
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

    pub(super) fn block_sequence_entry(&mut self, first: bool) -> Outcome<Event> {
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

    pub(super) fn indentless_sequence_entry(&mut self) -> Outcome<Event> {
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

    pub(super) fn block_mapping_key(&mut self, first: bool) -> Outcome<Event> {
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

    pub(super) fn block_mapping_value(&mut self) -> Outcome<Event> {
        let token = self.peek()?;
        if token.kind == TokenKind::Value {
            self.scanner.take();
            return self.block_mapping_node(token.end, State::BlockMappingKey);
        }
        self.state = State::BlockMappingKey;
        Ok(Event::empty_scalar(token.place()))
    }
}
