//! What becomes of a string between Go's JSON and go-yaml v2, and which strings need quotes there.

use std::borrow::Cow;

use crate::node::Tag;
use crate::resolve::Schema;

/// Whether go-yaml v2 would read this unquoted text as anything but a string.
pub(crate) fn needs_quotes(text: &str) -> bool {
    match text.as_bytes().first() {
        None => true,
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => {
            text.len() <= 5 && Schema::V2.resolve(text) != Tag::Str
        }
        Some(b'0'..=b'9' | b'+' | b'-' | b'.') => Schema::V2.resolve(text) != Tag::Str || is_base60(text),
        _ => false,
    }
}

/// `^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$`, the sexagesimal numbers of YAML 1.1.
pub(crate) fn is_base60(text: &str) -> bool {
    let Some((head, rest)) = text.split_once(':') else { return false };
    let head = head.strip_prefix(['-', '+']).unwrap_or(head).as_bytes();
    let head_fits =
        head.first().is_some_and(u8::is_ascii_digit) && head.iter().all(|byte| byte.is_ascii_digit() || *byte == b'_');
    let (fields, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let field_fits = |field: &str| match field.as_bytes() {
        [one] => one.is_ascii_digit(),
        [tens, ones] => (b'0'..=b'5').contains(tens) && ones.is_ascii_digit(),
        _ => false,
    };
    head_fits && fields.split(':').all(field_fits) && fraction.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
}

/// What becomes of a string that Go writes as JSON and go-yaml v2 reads: U+0085 is a line break there, and folded.
/// `None` where it has a character that v2 does not read.
pub(crate) fn json_text(text: &str) -> Option<Cow<'_, str>> {
    if !text.bytes().any(|byte| matches!(byte, 0x7f | 0xc2 | 0xef)) {
        return Some(Cow::Borrowed(text));
    }
    let forbidden = |char| matches!(char, '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
    if text.contains(forbidden) {
        return None;
    }
    if !text.contains('\u{85}') {
        return Some(Cow::Borrowed(text));
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{85}') {
        out.push_str(rest[..at].trim_end_matches(' '));
        let tail = rest[at..].trim_start_matches([' ', '\u{85}']);
        let breaks = rest[at..rest.len() - tail.len()].matches('\u{85}').count();
        if breaks == 1 {
            out.push(' ')
        } else {
            out.extend(std::iter::repeat_n('\n', breaks - 1))
        }
        rest = tail;
    }
    out.push_str(rest);
    Some(Cow::Owned(out))
}

/// Characters that a string takes in Go's JSON, quotes left out.
pub(crate) fn json_len(text: &str) -> usize {
    text.chars()
        .map(|char| match char {
            '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => 6,
            _ => 1,
        })
        .sum()
}

/// Decodes standard base64 with padding; line breaks in between are skipped.
pub(crate) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    let clean: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect();
    base64::engine::general_purpose::STANDARD.decode(clean).ok()
}
