//! Conditions to tokens.

use longshore_yaml::Span;

use super::parse::Operator;
use super::{ExpressionError, MAX_TOKENS};

/// What a token is, with its text where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'s> {
    Open,
    Close,
    Input(&'s str),
    Variable(&'s str),
    Text(&'s str),
    Pattern(&'s str),
    Null,
    Bool(bool),
    Operator(Operator),
    Not,
}

pub(super) fn tokens(text: &str) -> Result<Vec<(Token<'_>, Span)>, ExpressionError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    for _ in 0..MAX_TOKENS {
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c);
        at += text.as_bytes()[at..].iter().take_while(|byte| blank(byte)).count();
        if at == text.len() {
            return Ok(tokens);
        }
        let span = |length: usize| Span { start: at as u32, end: (at + length) as u32 };
        let Some((token, length)) = token(&text[at..], word_before(text, at)) else {
            let char = text[at..].chars().next().map_or(0, char::len_utf8);
            return Err(fail("Unknown lexeme found!", span(char)));
        };
        tokens.push((token, span(length)));
        at += length;
    }
    Err(fail("Too many tokens!", Span { start: at as u32, end: text.len() as u32 }))
}

fn fail(message: &'static str, span: Span) -> ExpressionError {
    ExpressionError { kind: "SyntaxError", message, span }
}

fn is_word(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}

fn word_before(text: &str, at: usize) -> bool {
    at > 0 && is_word(text.as_bytes()[at - 1])
}

/// The token at the beginning of `rest` and its length; kinds are tried in GitLab's order.
fn token(rest: &str, word_before: bool) -> Option<(Token<'_>, usize)> {
    let operator = |operator, length| Some((Token::Operator(operator), length));
    match rest.as_bytes()[0] {
        b'(' => Some((Token::Open, 1)),
        b')' => Some((Token::Close, 1)),
        b'$' => variable(rest),
        quote @ (b'"' | b'\'') => text(rest, quote as char),
        b'/' => pattern(rest),
        _ if rest.starts_with("null") => Some((Token::Null, 4)),
        b't' | b'f' if !word_before => boolean(rest),
        _ if rest.starts_with("==") => operator(Operator::Equals, 2),
        _ if rest.starts_with("=~") => operator(Operator::Matches, 2),
        _ if rest.starts_with("!=") => operator(Operator::NotEquals, 2),
        _ if rest.starts_with("!~") => operator(Operator::NotMatches, 2),
        _ if rest.starts_with("&&") => operator(Operator::And, 2),
        _ if rest.starts_with("||") => operator(Operator::Or, 2),
        b'!' => Some((Token::Not, 1)),
        _ => None,
    }
}

fn variable(rest: &str) -> Option<(Token<'_>, usize)> {
    if let Some(inside) = rest.strip_prefix("$[[") {
        let end = inside.find("]]")?;
        let name = inside[..end].trim_ascii().strip_prefix("inputs.")?;
        let plain = !name.is_empty() && name.bytes().all(|byte| is_word(byte) || byte == b'-');
        return plain.then_some((Token::Input(name), end + 5));
    }
    let length = rest.bytes().skip(1).take_while(|&byte| is_word(byte)).count();
    (length > 0).then(|| (Token::Variable(&rest[1..=length]), length + 1))
}

fn text(rest: &str, quote: char) -> Option<(Token<'_>, usize)> {
    let inside = &rest[1..];
    let end = inside.find([quote, '\n']).filter(|&end| inside[end..].starts_with(quote))?;
    Some((Token::Text(&inside[..end]), end + 2))
}

fn boolean(rest: &str) -> Option<(Token<'_>, usize)> {
    let (value, length) = if rest.starts_with("true") { (true, 4) } else { (false, 5) };
    let found = rest.starts_with(if value { "true" } else { "false" });
    let ends = rest.as_bytes().get(length).is_none_or(|&byte| !is_word(byte));
    (found && ends).then_some((Token::Bool(value), length))
}

/// A pattern: characters but `/`, or `\/`, at least two of them with the last no backslash, between slashes.
///
/// GitLab's own pattern is greedy and may give back, so that `//` can end one: `/a//` is a pattern with body `a/`.
fn pattern(rest: &str) -> Option<(Token<'_>, usize)> {
    let bytes = rest.as_bytes();
    let mut end = 1;
    while end < bytes.len() && (bytes[end] != b'/' || bytes[end - 1] == b'\\') {
        end += 1;
    }
    // `end` is the first slash that no backslash escapes: the body may take it too if another follows at once.
    let closes = |at: usize| bytes.get(at) == Some(&b'/') && bytes[at - 1] != b'\\';
    let body = |at: usize| rest[1..at].chars().count() >= 2;
    let close = [end + 1, end].into_iter().find(|&at| closes(at) && body(at))?;
    let flags = bytes[close + 1..].iter().take_while(|byte| b"ismU".contains(byte)).count();
    Some((Token::Pattern(&rest[..=close + flags]), close + flags + 1))
}
