//! Events: what the grammar makes of tokens.

use crate::document::Comments;
use crate::node::Style;
use crate::scan::Token;

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
    pub(super) fn new(kind: EventKind, style: Style, start: u32, end: u32) -> Self {
        Event { kind, style, in_pool: false, start, end, a: 0, b: 0, properties: None, comments: None }
    }

    /// The scalar of a token.
    #[inline]
    pub(super) fn scalar(token: Token) -> Self {
        let Token { style, in_pool, start, end, a, b, .. } = token;
        Event { kind: EventKind::Scalar, style, in_pool, start, end, a, b, properties: None, comments: None }
    }

    pub(super) fn empty_scalar(at: u32) -> Self {
        Event::new(EventKind::Scalar, Style::Plain, at, at)
    }
}
