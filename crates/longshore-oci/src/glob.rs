//! Shell patterns as Go's `path.Match` reads them.

use std::iter::Peekable;
use std::str::Chars;

/// A shell pattern that is not one: an open class, a reversed range, a lone backslash at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed shell pattern")]
pub struct BadPattern;

/// Whether `pattern` fits the whole of `text`.
///
/// `*` stands for any run without `/`, `?` for one character that is not `/`, `[a-z]` and `[^a-z]` for one of a class,
/// and a backslash takes the next character as it is. The work is at most the product of the two lengths.
///
/// Source: Go `path.Match`.
pub fn matches(pattern: &str, text: &str) -> Result<bool, BadPattern> {
    Ok(Glob::new(pattern)?.is_match(text))
}

/// A shell pattern that has been read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Glob {
    tokens: Vec<Token>,
}

impl Glob {
    pub(crate) fn new(pattern: &str) -> Result<Self, BadPattern> {
        Ok(Glob { tokens: tokens(pattern)? })
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        let (mut token, mut rest) = (0, text.chars());
        // The last star, and how far it reaches: on a misfit it takes one character more and all after it starts anew.
        let mut star: Option<(usize, Chars<'_>)> = None;
        loop {
            let next = rest.clone().next();
            match self.tokens.get(token) {
                Some(Token::Star) => {
                    star = Some((token, rest.clone()));
                    token += 1;
                    continue;
                }
                Some(Token::One(class)) if next.is_some_and(|c| class.holds(c)) => {
                    token += 1;
                    rest.next();
                    continue;
                }
                None if next.is_none() => return true,
                _ => {}
            }
            let Some((place, reach)) = &mut star else { return false };
            if reach.next().is_none_or(|c| c == '/') {
                return false;
            }
            (token, rest) = (*place + 1, reach.clone());
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Star,
    One(Class),
}

#[derive(Clone, Debug, PartialEq)]
enum Class {
    Any,
    Char(char),
    Ranges { negated: bool, ranges: Vec<(char, char)> },
}

impl Class {
    fn holds(&self, c: char) -> bool {
        match self {
            Class::Any => c != '/',
            Class::Char(own) => *own == c,
            Class::Ranges { negated, ranges } => ranges.iter().any(|&(low, high)| low <= c && c <= high) != *negated,
        }
    }
}

fn tokens(pattern: &str) -> Result<Vec<Token>, BadPattern> {
    let mut chars = pattern.chars().peekable();
    let mut tokens = Vec::new();
    while let Some(c) = chars.next() {
        tokens.push(match c {
            '*' => Token::Star,
            '?' => Token::One(Class::Any),
            '\\' => Token::One(Class::Char(chars.next().ok_or(BadPattern)?)),
            '[' => Token::One(class(&mut chars)?),
            c => Token::One(Class::Char(c)),
        });
    }
    Ok(tokens)
}

fn class(chars: &mut Peekable<Chars<'_>>) -> Result<Class, BadPattern> {
    let negated = chars.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        if !ranges.is_empty() && chars.next_if_eq(&']').is_some() {
            return Ok(Class::Ranges { negated, ranges });
        }
        let low = member(chars)?;
        let high = if chars.next_if_eq(&'-').is_some() { member(chars)? } else { low };
        ranges.push((low, high));
    }
}

fn member(chars: &mut Peekable<Chars<'_>>) -> Result<char, BadPattern> {
    match chars.next().ok_or(BadPattern)? {
        '-' | ']' => Err(BadPattern),
        '\\' => chars.next().ok_or(BadPattern),
        c => Ok(c),
    }
}
