//! Where documents begin and end, and their directives.

use crate::document::Comments;
use crate::node::Style;
use crate::parse::MAX_TAG_DIRECTIVES;
use crate::parse::event::{Event, EventKind};
use crate::parse::{Parser, State};
use crate::scan::{Outcome, Problem, Token, TokenKind};

impl Parser<'_> {
    pub(super) fn stream_start(&mut self) -> Outcome<Event> {
        self.peek()?;
        self.scanner.take();
        self.document_start(true)
    }

    pub(super) fn document_start(&mut self, implicit: bool) -> Outcome<Event> {
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

    pub(super) fn document_content(&mut self) -> Outcome<Event> {
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

    pub(super) fn document_end(&mut self) -> Outcome<Event> {
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
}
