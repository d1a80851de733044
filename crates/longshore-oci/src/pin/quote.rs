//! How a new value is written where an old one stood.

use std::ops::Range;

use super::ScalarStyle;
use super::layout::{is_space, skip_space};

/// The bytes that stand for `text` in a scalar of this style; `None` where it cannot be rewritten in place.
///
/// A plain scalar gets quotes where YAML would otherwise read something else than this text.
pub(super) fn quoted(text: &str, style: ScalarStyle) -> Option<String> {
    match style {
        ScalarStyle::Plain if is_plain_string(text) => Some(text.to_owned()),
        ScalarStyle::Plain | ScalarStyle::DoubleQuoted => Some(format!("\"{}\"", escape(text)?)),
        ScalarStyle::SingleQuoted => Some(format!("'{}'", text.replace('\'', "''"))),
        ScalarStyle::Block => None,
    }
}

/// Which bytes of a scalar a new value takes the place of, and the space to put before it; `None` where there is no place.
///
/// Its anchor and tag stay: aliases elsewhere need the one, and readers the other. Where nothing is written, the value
/// comes behind the key's colon.
pub(super) fn place(file: &str, span: &Range<usize>) -> Option<(Range<usize>, &'static str)> {
    let start = span.end - behind_properties(file.get(span.clone())?).len();
    if start < span.end {
        return Some((start..span.end, ""));
    }
    // Right behind the colon or the anchor, so that a comment keeps the space before it.
    let written = file[..start].trim_end_matches([' ', '\t']);
    (written.ends_with(':') || !span.is_empty()).then_some((written.len()..written.len(), " "))
}

fn behind_properties(scalar: &str) -> &str {
    let mut rest = scalar;
    // Neither sign begins a scalar; a comment may follow a property, and the scalar stands on the next line then.
    while rest.starts_with(['&', '!']) {
        rest = skip_space(&rest[rest.find(is_space).unwrap_or(rest.len())..]);
    }
    rest
}

/// References need no escapes; a text that does is not written.
fn escape(text: &str) -> Option<&str> {
    text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\')).then_some(text)
}

/// Whether every YAML reader takes these bytes for a string, unquoted, in block and in flow.
fn is_plain_string(text: &str) -> bool {
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '/'));
    // All bytes, without an early end, so that the compiler can look at many at once.
    let safe = text.bytes().fold(true, |safe, b| {
        safe & (b.is_ascii_alphanumeric()
            | matches!(b, b'_' | b'+')
            | matches!(b, b'-'..=b'/')
            | matches!(b, b':' | b'@'))
    });
    starts_well && safe && !text.ends_with(':') && !is_number(text) && !is_word(text)
}

/// Numbers, dates and the sixties' notation of YAML 1.1, generously: digits, and what stands between them.
fn is_number(text: &str) -> bool {
    let numeric = |b: u8| b.is_ascii_digit() || b"_.:+-eExXoOabcdfABCDFTtZz".contains(&b);
    text.starts_with(|c: char| c.is_ascii_digit()) && text.bytes().all(numeric)
}

fn is_word(text: &str) -> bool {
    const WORDS: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::{place, quoted};
    use crate::pin::ScalarStyle::{Block, DoubleQuoted, Plain, SingleQuoted};

    #[test]
    fn a_plain_value_that_would_not_be_text_gets_quotes() {
        for text in ["1.10", "1e3", "0x1f", "true", "No", "null", "2024-01-01", "12:30", "[::1]:5000/x", "1_000"] {
            assert_eq!(quoted(text, Plain), Some(format!("\"{text}\"")), "{text}");
        }
        for text in ["nginx:1.10", "v1.10", "a/b@sha256:00", "1.27-alpine", "latest"] {
            assert_eq!(quoted(text, Plain), Some(text.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_value_is_placed_behind_what_stays() {
        let check = |file: &str, span: Range<usize>, expect: Option<(Range<usize>, &'static str)>| {
            assert_eq!(place(file, &span), expect, "{file}");
        };
        check("a: b", 3..4, Some((3..4, "")));
        check("a: &x !!str b", 3..13, Some((12..13, "")));
        check("a:", 2..2, Some((2..2, " ")));
        check("a: # c", 3..3, Some((2..2, " ")));
        check("a: &x", 3..5, Some((5..5, " ")));
        check("{a}", 2..2, None);
    }

    #[test]
    fn quotes_stay() {
        assert_eq!(quoted("a:1", SingleQuoted).as_deref(), Some("'a:1'"));
        assert_eq!(quoted("a:1", DoubleQuoted).as_deref(), Some("\"a:1\""));
        assert_eq!(quoted("a:1", Block), None);
    }
}
