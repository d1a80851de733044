//! Tokens, the queue they wait in, and what is wrong where there is none.

use crate::node::Style;

/// Tokens taken before the queue moves its rest to the front.
const QUEUE_ROOM: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    StreamStart,
    StreamEnd,
    VersionDirective,
    TagDirective,
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias,
    Anchor,
    Tag,
    Scalar,
}

/// One token. `a..b` is a scalar's or an anchor's text, in the pool where `in_pool` says so; of a tag or a directive,
/// `a` is the index into [`Scanner::tags`]; of an end of a block or of the stream, `a` is where go-yaml says it is,
/// while `start` is what comments are compared with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) style: Style,
    pub(crate) in_pool: bool,
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) a: u32,
    pub(crate) b: u32,
}

impl Token {
    pub(crate) fn new(kind: TokenKind, start: usize, end: usize) -> Self {
        Token { kind, style: Style::Plain, in_pool: false, start: start as u32, end: end as u32, a: 0, b: 0 }
    }

    pub(super) fn end_at(kind: TokenKind, start: usize, place: usize) -> Self {
        Token { a: place as u32, ..Token::new(kind, start, start) }
    }

    /// Where something that is missing before this token is said to be.
    pub(crate) fn place(&self) -> u32 {
        match self.kind {
            TokenKind::BlockEnd | TokenKind::StreamEnd => self.a,
            _ => self.start,
        }
    }
}

/// Handle and suffix of a tag, or handle and prefix of a `%TAG` directive, or major and minor of `%YAML`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TagParts {
    pub(crate) handle: String,
    pub(crate) suffix: String,
}

/// Why a text is no YAML, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) message: String,
    pub(crate) at: usize,
    pub(crate) fix: Option<&'static str>,
}

impl Problem {
    /// On the heap, so that an [`Outcome`] is no larger than what it holds when all is well.
    pub(crate) fn new(at: usize, message: impl Into<String>) -> Box<Self> {
        Box::new(Problem { message: message.into(), at, fix: None })
    }

    pub(crate) fn fix(mut self: Box<Self>, fix: &'static str) -> Box<Self> {
        self.fix = Some(fix);
        self
    }
}

/// The tokens between scanner and parser, first in, first out; one that is insertable, since a key is known late.
#[derive(Default)]
pub(crate) struct Queue {
    tokens: Vec<Token>,
    head: usize,
}

impl Queue {
    /// Tokens that it has room for.
    pub(super) fn capacity(&self) -> usize {
        self.tokens.capacity()
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.tokens.len() - self.head
    }

    #[inline]
    pub(crate) fn front(&self) -> Option<&Token> {
        self.tokens.get(self.head)
    }

    #[inline]
    pub(crate) fn back(&self) -> Option<&Token> {
        self.tokens[self.head..].last()
    }

    /// The token with this number, counted from the front.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> &Token {
        &self.tokens[self.head + index]
    }

    /// The tokens in the queue, from the front.
    #[inline]
    pub(super) fn as_slice(&self) -> &[Token] {
        &self.tokens[self.head..]
    }

    #[inline]
    pub(super) fn push(&mut self, token: Token) {
        self.tokens.push(token);
    }

    #[inline]
    pub(super) fn insert(&mut self, index: usize, token: Token) {
        self.tokens.insert(self.head + index, token);
    }

    /// Drops the front. The room before it is used again once it is larger than what is queued.
    #[inline]
    pub(super) fn pop(&mut self) {
        self.pop_many(1);
    }

    /// As [`Queue::pop`], of so many.
    #[inline]
    pub(super) fn pop_many(&mut self, count: usize) {
        self.head += count;
        if self.head >= QUEUE_ROOM && self.head > self.len() {
            self.tokens.drain(..self.head);
            self.head = 0;
        }
    }

    pub(super) fn clear(&mut self) {
        self.tokens.clear();
        self.head = 0;
    }

    pub(super) fn pooled(&mut self) -> impl Iterator<Item = &mut Token> {
        self.tokens[self.head..].iter_mut().filter(|token| token.in_pool)
    }
}

pub(crate) type Outcome<T = ()> = Result<T, Box<Problem>>;
