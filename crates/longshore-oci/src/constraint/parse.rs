//! From text to terms.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use super::Constraint;
use super::term::{Operator, Term, Written};
use crate::digest::clipped;
use crate::version;

/// A text that is not a [`Constraint`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConstraintError {
    /// A group that does not follow the grammar.
    #[error("improper constraint: {0:?}")]
    Improper(Box<str>),
    /// A term whose version is none, such as `1x`.
    #[error("constraint parser error: {0:?} is not a version")]
    Version(Box<str>),
    /// Longer than [`Constraint::MAX_LEN`].
    #[error("constraint of more than {} bytes", Constraint::MAX_LEN)]
    TooLong,
}

/// `a - b`, wherever it stands: upstream rewrites it before it reads anything.
static RANGE: LazyLock<Regex> = LazyLock::new(|| {
    let version = r"v?[0-9|xX*]+(?:\.[0-9|xX*]+)?(?:\.[0-9|xX*]+)?(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?";
    let space = r"[\t\n\f\r ]";
    let pattern = format!("{space}*({version}){space}+-{space}+({version}){space}*");
    Regex::new(&pattern).expect("the pattern is well-formed")
});

pub(super) fn parse(text: &str) -> Result<Constraint, ConstraintError> {
    if text.len() > Constraint::MAX_LEN {
        return Err(ConstraintError::TooLong);
    }
    let text = rewrite_ranges(text);
    text.split("||").map(group).collect::<Result<_, _>>().map(Constraint::new)
}

/// `2 - 3` becomes `>= 2, <= 3 `.
fn rewrite_ranges(text: &str) -> Cow<'_, str> {
    if text.contains('-') { RANGE.replace_all(text, ">= $1, <= $2 ") } else { Cow::Borrowed(text) }
}

fn group(text: &str) -> Result<Vec<Term>, ConstraintError> {
    let improper = || ConstraintError::Improper(clipped(text));
    let mut terms = Vec::new();
    let mut rest = trim(text);
    loop {
        let (operator, operator_text) = operator(rest);
        let after = trim(&rest[operator_text.len()..]);
        let version = &after[..version_len(after).ok_or_else(improper)?];
        terms.push(term(operator, operator_text, version)?);
        let after = &after[version.len()..];
        rest = trim(after);
        if rest.is_empty() {
            return Ok(terms);
        }
        match rest.strip_prefix(',') {
            Some(next) => rest = trim(next),
            None if rest.len() < after.len() => {}
            None => return Err(improper()),
        }
    }
}

fn trim(text: &str) -> &str {
    text.trim_start_matches(['\t', '\n', '\x0c', '\r', ' '])
}

fn operator(text: &str) -> (Operator, &'static str) {
    const OPERATORS: [(&str, Operator); 11] = [
        ("!=", Operator::NotEqual),
        (">=", Operator::GreaterOrEqual),
        ("=>", Operator::GreaterOrEqual),
        ("<=", Operator::LessOrEqual),
        ("=<", Operator::LessOrEqual),
        ("~>", Operator::Tilde),
        ("=", Operator::Equal),
        (">", Operator::Greater),
        ("<", Operator::Less),
        ("~", Operator::Tilde),
        ("^", Operator::Caret),
    ];
    let found = OPERATORS.iter().find(|(written, _)| text.starts_with(written));
    found.map_or((Operator::Equal, ""), |&(written, operator)| (operator, written))
}

/// Digits and wildcards; upstream's class holds the bar as well, by an oversight that only ever leads to an error.
fn part_len(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|b| b.is_ascii_digit() || matches!(b, b'x' | b'X' | b'*' | b'|')).count()
}

/// Length of dot-separated identifiers behind `sign`, with the sign; 0 if there are none.
fn suffix_len(bytes: &[u8], sign: u8) -> usize {
    let id = |from: usize| bytes[from..].iter().take_while(|&&b| b.is_ascii_alphanumeric() || b == b'-').count();
    if bytes.first() != Some(&sign) || id(1) == 0 {
        return 0;
    }
    let mut len = 1 + id(1);
    while bytes.get(len) == Some(&b'.') && id(len + 1) > 0 {
        len += 1 + id(len + 1);
    }
    len
}

/// Length of the version that `text` begins with.
fn version_len(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut len = usize::from(bytes.first() == Some(&b'v'));
    let first = part_len(&bytes[len..]);
    if first == 0 {
        return None;
    }
    len += first;
    for _ in 0..2 {
        if bytes.get(len) == Some(&b'.') && part_len(&bytes[len + 1..]) > 0 {
            len += 1 + part_len(&bytes[len + 1..]);
        }
    }
    len += suffix_len(&bytes[len..], b'-');
    len += suffix_len(&bytes[len..], b'+');
    Some(len)
}

fn term(operator: Operator, operator_text: &'static str, text: &str) -> Result<Term, ConstraintError> {
    let body = text.strip_prefix('v').unwrap_or(text);
    let numbers_len = body.find(['-', '+']).unwrap_or(body.len());
    let (numbers, suffix) = body.split_at(numbers_len);
    let pre = &suffix[..suffix_len(suffix.as_bytes(), b'-')];
    let mut parts = numbers.split('.');
    let mut part = || parts.next().filter(|part| !matches!(*part, "x" | "X" | "*"));
    let (completed, written) = match (part(), part(), part()) {
        (None, ..) => (format!("0.0.0{pre}"), Written::Nothing),
        (Some(major), None, _) => (format!("{major}.0.0{pre}"), Written::Major),
        (Some(major), Some(minor), None) => (format!("{major}.{minor}.0{pre}"), Written::Minor),
        (Some(_), Some(_), Some(_)) => (text.to_owned(), Written::Patch),
    };
    let version = version::parse_loose(&completed).map_err(|_| ConstraintError::Version(clipped(text)))?;
    Ok(Term { operator, operator_text, text: text.into(), version, written })
}
