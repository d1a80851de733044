//! How a new value is written where an old one stood.

use super::ScalarStyle;

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

/// References need no escapes; a text that does is not written.
fn escape(text: &str) -> Option<&str> {
    text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\')).then_some(text)
}

/// Whether every YAML reader takes these bytes for a string, unquoted, in block and in flow.
fn is_plain_string(text: &str) -> bool {
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '/'));
    let safe = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_./@:+-".contains(&b)) && !text.ends_with(':');
    starts_well && safe && !is_number(text) && !is_word(text)
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
    use super::quoted;
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
    fn quotes_stay() {
        assert_eq!(quoted("a:1", SingleQuoted).as_deref(), Some("'a:1'"));
        assert_eq!(quoted("a:1", DoubleQuoted).as_deref(), Some("\"a:1\""));
        assert_eq!(quoted("a:1", Block), None);
    }
}
