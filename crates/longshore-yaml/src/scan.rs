//! Bytes to tokens: the dispatcher, the queue with its simple keys, and the indentation stack.
//!
//! Structure and order of decisions are libyaml's as go-yaml v3 changed it, because they decide what is accepted and
//! where a comment goes; the work inside is on byte slices and gives ranges of the source wherever it can.

mod block;
mod fetch;
mod keys;
mod plain;
mod property;
mod quoted;
mod text;
mod token;

use std::collections::VecDeque;

use crate::chars::Chars;
use crate::remark::Remark;
use crate::scan::keys::SimpleKey;
use crate::scan::token::Queue;
pub(crate) use crate::scan::token::{Outcome, Problem, TagParts, Token, TokenKind};

/// What go-yaml never exceeds, whatever the caller allows.
pub(crate) const MAX_DEPTH: usize = 10_000;

/// Bytes of a key that [`Scanner::fetch_entry`] takes; a key may have 1,024 characters.
const SHORT_KEY: usize = 256;

/// Bytes of text from which on a pool is handed over instead of copied.
const LARGE_POOL: usize = 1 << 16;

/// What a key consists of that needs no closer look.
static PLAIN_WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric() || matches!(byte as u8, b'-' | b'_' | b'.' | b'/');
        byte += 1;
    }
    table
};

/// What one scanner leaves to the next, emptied.
#[derive(Default)]
pub(crate) struct Room {
    tokens: Queue,
    indents: Vec<i32>,
    simple_keys: Vec<SimpleKey>,
    breaks: String,
}

impl Room {
    /// The longest of its lists, in items.
    pub(crate) fn capacity(&self) -> usize {
        let lists = self.tokens.capacity().max(self.indents.capacity()).max(self.simple_keys.capacity());
        lists.max(self.breaks.capacity())
    }
}

/// The scanner of one stream: `chars` from `pos` on.
pub(crate) struct Scanner<'s> {
    pub(crate) chars: Chars<'s>,
    pub(crate) pos: usize,
    /// Where the current line begins; a byte order mark in it counts as one column.
    pub(crate) line_start: usize,
    pub(crate) line: u32,
    /// Line breaks since the last character that is not blank.
    pub(crate) newlines: u32,
    pub(crate) indent: i32,
    pub(crate) flow_level: usize,
    pub(crate) simple_key_allowed: bool,
    /// Texts that differ from the source.
    pub(crate) pool: String,
    pub(crate) tags: Vec<TagParts>,
    pub(crate) remarks: VecDeque<Remark>,
    pub(crate) remark_count: usize,
    pub(crate) remark_limit: usize,
    pub(crate) tokens: Queue,
    pub(crate) breaks: String,
    depth_limit: usize,
    tokens_taken: usize,
    token_available: bool,
    indents: Vec<i32>,
    simple_keys: Vec<SimpleKey>,
}

impl<'s> Scanner<'s> {
    /// Limits are those of nesting and of comments.
    pub(crate) fn new(chars: Chars<'s>, (depth_limit, remark_limit): (usize, usize), room: Room) -> Self {
        let Room { tokens, indents, simple_keys, breaks } = room;
        let mut scanner = Scanner {
            chars,
            pos: 0,
            line_start: 0,
            line: 0,
            newlines: 0,
            indent: -1,
            flow_level: 0,
            simple_key_allowed: true,
            pool: String::new(),
            tags: Vec::new(),
            remarks: VecDeque::new(),
            remark_count: 0,
            remark_limit,
            tokens,
            breaks,
            depth_limit: depth_limit.min(MAX_DEPTH),
            tokens_taken: 0,
            token_available: false,
            indents,
            simple_keys,
        };
        scanner.restart(chars, 0);
        scanner
    }

    /// Its room, for another one. It must not be used afterwards.
    pub(crate) fn take_room(&mut self) -> Room {
        self.tokens.clear();
        self.indents.clear();
        self.simple_keys.clear();
        self.breaks.clear();
        Room {
            tokens: std::mem::take(&mut self.tokens),
            indents: std::mem::take(&mut self.indents),
            simple_keys: std::mem::take(&mut self.simple_keys),
            breaks: std::mem::take(&mut self.breaks),
        }
    }

    /// Begins another stream, with the room of the last one.
    pub(crate) fn restart(&mut self, chars: Chars<'s>, start: usize) {
        let start = if chars.is_bom(start) { start + 3 } else { start };
        self.chars = chars;
        (self.pos, self.line_start) = (start, start);
        (self.line, self.newlines, self.indent, self.flow_level) = (0, 0, -1, 0);
        self.simple_key_allowed = true;
        self.pool.clear();
        self.tags.clear();
        self.remarks.clear();
        self.remark_count = 0;
        self.tokens.clear();
        self.tokens.push(Token::new(TokenKind::StreamStart, start, start));
        (self.tokens_taken, self.token_available) = (0, false);
        self.indents.clear();
        self.simple_keys.clear();
        self.simple_keys.push(SimpleKey::none(0));
    }

    /// The next token, without taking it.
    #[inline]
    pub(crate) fn peek(&mut self) -> Outcome<Token> {
        if !self.token_available {
            let settled = self.tokens.len() > 2 && matches!(self.simple_keys.as_slice(), [key] if !key.possible);
            if settled {
                self.token_available = true;
            } else {
                self.fetch_more()?;
            }
        }
        Ok(*self.tokens.front().expect("fetching leaves a token"))
    }

    /// Takes the token that was peeked.
    #[inline]
    pub(crate) fn take(&mut self) {
        self.token_available = false;
        self.tokens_taken += 1;
        self.tokens.pop();
    }

    /// Takes the key of a block mapping that comes behind so many tokens, and its value, if both are scalars and no
    /// comment is near, as nearly always; the key alone where the value is none.
    ///
    /// It is fetched as far as [`Scanner::peek`] would for the tokens one by one; if that shows something else, they
    /// stay where they are.
    #[inline]
    pub(crate) fn take_entry(&mut self, before: usize) -> Outcome<Option<(Token, Option<Token>)>> {
        while self.remarks.is_empty() && self.flow_level == 0 {
            let tokens = self.tokens.as_slice().get(before..);
            let Some([mark, key, colon, value, ahead @ ..]) = tokens else { break };
            if [mark.kind, key.kind, colon.kind] != [TokenKind::Key, TokenKind::Scalar, TokenKind::Value] {
                break;
            }
            let (key, scalar) = (*key, (value.kind == TokenKind::Scalar).then_some(*value));
            // What follows says that the value is no key itself, and has no comment.
            if scalar.is_some() && ahead.len() < 2 {
                self.fetch_one()?;
                continue;
            }
            let taken = before + if scalar.is_some() { 4 } else { 2 };
            self.token_available = false;
            self.tokens_taken += taken;
            self.tokens.pop_many(taken);
            return Ok(Some((key, scalar)));
        }
        Ok(None)
    }

    /// Cuts off the texts that tokens already taken point into; those of tokens still queued stay.
    pub(crate) fn split_pool(&mut self) -> String {
        let kept = self.tokens.pooled().map(|token| token.a as usize).min();
        let moved = kept.unwrap_or(self.pool.len());
        for token in self.tokens.pooled() {
            token.a -= moved as u32;
            token.b -= moved as u32;
        }
        if moved < LARGE_POOL {
            let taken = self.pool[..moved].to_owned();
            self.pool.drain(..moved);
            return taken;
        }
        let rest = self.pool.split_off(moved);
        self.pool.shrink_to_fit();
        std::mem::replace(&mut self.pool, rest)
    }

    #[inline]
    pub(crate) fn column(&self) -> i32 {
        (self.pos - self.line_start) as i32
    }

    #[inline]
    pub(crate) fn here(&self) -> u8 {
        self.chars.at(self.pos)
    }

    /// Steps over one line break, if there is one.
    #[inline]
    pub(crate) fn skip_line(&mut self) {
        self.pos += self.chars.break_len(self.pos);
        self.begin_line();
    }

    #[inline]
    pub(crate) fn begin_line(&mut self) {
        self.line_start = self.pos;
        self.line += 1;
        self.newlines += 1;
    }

    /// Steps over one ASCII character that is not blank.
    #[inline]
    fn skip(&mut self) {
        self.pos += 1;
        self.newlines = 0;
    }

    /// Fetches until two tokens follow the first, and it is known whether the first begins a key.
    ///
    /// Two tokens of lookahead are what go-yaml needs to know whether a comment belongs above or below.
    fn fetch_more(&mut self) -> Outcome {
        loop {
            if self.tokens.len() > 2 && !self.head_may_be_key()? {
                break;
            }
            self.fetch_one()?;
        }
        self.token_available = true;
        Ok(())
    }

    #[inline]
    fn fetch_one(&mut self) -> Outcome {
        match self.tokens.back() {
            // Nothing follows the end; go-yaml goes on adding ends.
            Some(&end) if end.kind == TokenKind::StreamEnd => {
                self.tokens.push(end);
                Ok(())
            }
            _ => self.fetch_next(),
        }
    }

    fn head_may_be_key(&mut self) -> Outcome<bool> {
        let taken = self.tokens_taken;
        let index = match self.simple_keys.as_slice() {
            [only] if only.token == taken => 0,
            [_] => return Ok(false),
            keys => keys.partition_point(|key| key.token < taken),
        };
        match self.simple_keys.get(index) {
            Some(key) if key.token == taken => self.key_is_valid(index),
            _ => Ok(false),
        }
    }

    fn fetch_next(&mut self) -> Outcome {
        let scan_at = self.pos;
        self.skip_to_token()?;
        self.unroll_indent(self.column(), scan_at, scan_at);
        let (pos, c) = (self.pos, self.here());
        if pos >= self.chars.len() {
            return self.fetch_stream_end();
        }
        if pos == self.line_start {
            if c == b'%' {
                return self.fetch_directive();
            }
            if let Some(kind) = self.document_indicator() {
                return self.fetch_document_indicator(kind);
            }
        }
        if self.flow_level == 0
            && self.simple_key_allowed
            && let Some(colon) = self.plain_key_end()
        {
            return self.fetch_entry(colon);
        }
        // A line comment after these belongs to the token before them.
        let to_former = if self.flow_level == 0 { c == b':' } else { c == b',' };
        let owner = match self.tokens.back() {
            Some(token) if to_former => token.start as usize,
            _ => pos,
        };
        self.fetch_content(c)?;
        match self.tokens.back() {
            // A dash has no comment of its own; it goes above what follows.
            Some(token) if token.kind == TokenKind::BlockEntry => Ok(()),
            _ => self.scan_line_comment(owner),
        }
    }

    /// Where the `:` of a key stands that is one plain word with nothing special in it, as nearly all keys are.
    #[inline]
    fn plain_key_end(&self) -> Option<usize> {
        let rest = self.chars.rest(self.pos);
        let length = rest.iter().position(|&b| !PLAIN_WORD[b as usize])?;
        let follows = rest.get(length + 1).is_some_and(|&b| matches!(b, b' ' | b'\n'));
        (rest[length] == b':' && follows && (1..=SHORT_KEY).contains(&length) && rest[0] != b'-')
            .then_some(self.pos + length)
    }

    /// A key that [`Scanner::plain_key_end`] found, with what follows it on its line: the tokens that one fetch after
    /// the other would give, without the detour of a key that is only possible.
    fn fetch_entry(&mut self, colon: usize) -> Outcome {
        let (start, column) = (self.pos, self.column());
        self.remove_simple_key()?;
        self.roll_indent(column, None, TokenKind::BlockMappingStart, start)?;
        self.tokens.push(Token::new(TokenKind::Key, start, start));
        let mut key = Token::new(TokenKind::Scalar, start, colon);
        (key.a, key.b) = (start as u32, colon as u32);
        self.tokens.push(key);
        self.tokens.push(Token::new(TokenKind::Value, colon, colon + 1));
        self.simple_key_allowed = false;
        self.newlines = 0;
        self.pos = colon + 1;
        let blanks = self.chars.rest(self.pos).iter().take_while(|&&b| b == b' ').count();
        let value = self.pos + blanks;
        let c = self.chars.at(value);
        if !(c.is_ascii_alphanumeric() || matches!(c, b'/' | b'"' | b'\'')) {
            return self.scan_line_comment(start);
        }
        self.fetch_scalar_ahead(value, c)
    }

    /// The scalar at `value`. A problem in it is met again when its turn comes, behind those of the tokens before it.
    fn fetch_scalar_ahead(&mut self, value: usize, c: u8) -> Outcome {
        let (pos, line, line_start, pooled) = (self.pos, self.line, self.line_start, self.pool.len());
        self.pos = value;
        if self.fetch_content(c).is_err() {
            (self.pos, self.line, self.line_start, self.newlines) = (pos, line, line_start, 0);
            self.pool.truncate(pooled);
            self.simple_key_allowed = false;
            return Ok(());
        }
        self.scan_line_comment(value)
    }

    fn document_indicator(&self) -> Option<TokenKind> {
        let rest = self.chars.rest(self.pos);
        let kind = match rest {
            [b'-', b'-', b'-', ..] => TokenKind::DocumentStart,
            [b'.', b'.', b'.', ..] => TokenKind::DocumentEnd,
            _ => return None,
        };
        self.chars.is_blankz(self.pos + 3).then_some(kind)
    }

    /// Whether `---` or `...` stands here, at the beginning of a line.
    #[inline]
    pub(crate) fn at_document_indicator(&self) -> bool {
        self.pos == self.line_start && matches!(self.here(), b'-' | b'.') && self.document_indicator().is_some()
    }

    #[inline]
    fn fetch_content(&mut self, c: u8) -> Outcome {
        let block = self.flow_level == 0;
        match c {
            b'[' => self.fetch_flow_start(TokenKind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(TokenKind::FlowMappingStart),
            b']' => self.fetch_flow_end(TokenKind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(TokenKind::FlowMappingEnd),
            b',' => self.fetch_flow_entry(),
            b'-' if self.chars.is_blankz(self.pos + 1) => self.fetch_block_entry(),
            b'?' if !block || self.chars.is_blankz(self.pos + 1) => self.fetch_key(),
            b':' if !block || self.chars.is_blankz(self.pos + 1) => self.fetch_value(),
            b'*' => self.fetch_anchor(TokenKind::Alias),
            b'&' => self.fetch_anchor(TokenKind::Anchor),
            b'!' => self.fetch_tag(),
            b'|' if block => self.fetch_block_scalar(true),
            b'>' if block => self.fetch_block_scalar(false),
            b'\'' | b'"' => self.fetch_quoted(c == b'\''),
            b'\t' | b'\r' | b'\n' | b' ' | b'#' | b'|' | b'>' | b'%' | b'@' | b'`' => Err(self.no_token(c)),
            _ => self.fetch_plain(),
        }
    }

    fn no_token(&self, c: u8) -> Box<Problem> {
        let problem = Problem::new(self.pos, "found character that cannot start any token");
        match c {
            b'\t' => problem.fix("indent with spaces, not with a tab"),
            b'@' | b'`' | b'%' => problem.fix("put the value in quotes"),
            b'|' | b'>' => problem.fix("a block scalar cannot stand inside [] or {}; put the value in quotes"),
            _ => problem,
        }
    }

    /// Steps over blanks, line breaks and comments.
    fn skip_to_token(&mut self) -> Outcome {
        let (scan_at, scan_line) = (self.pos, self.line);
        loop {
            if self.pos == self.line_start && self.chars.is_bom(self.pos) {
                // One column, as any character.
                self.pos += 3;
                self.line_start += 2;
                self.newlines = 0;
            }
            let tabs = self.flow_level > 0 || !self.simple_key_allowed;
            while self.here() == b' ' || (tabs && self.here() == b'\t') {
                self.pos += 1;
            }
            if !self.remarks.is_empty() {
                self.lift_dash_comment();
            }
            if self.here() == b'#' {
                self.scan_comments(scan_at, scan_line)?;
            }
            if !self.chars.is_break(self.pos) {
                return Ok(());
            }
            self.skip_line();
            if self.flow_level == 0 {
                self.simple_key_allowed = true;
            }
        }
    }
}

pub(crate) fn depth_exceeded(at: usize, limit: usize) -> Box<Problem> {
    Problem::new(at, format!("exceeded max depth of {limit}")).fix("raise the limit `depth` if the text is trusted")
}
