//! Tags as they are written: `!!str`, `!name`, `!<uri>`.

use crate::emit::sink::Sink;
use crate::node::Tag;

/// The short form of a tag that YAML itself knows; `!` for any other.
pub(crate) fn name(tag: Tag) -> &'static str {
    match tag {
        Tag::Null => "!!null",
        Tag::Bool => "!!bool",
        Tag::Int => "!!int",
        Tag::Float => "!!float",
        Tag::Str => "!!str",
        Tag::Timestamp => "!!timestamp",
        Tag::Binary => "!!binary",
        Tag::Merge => "!!merge",
        Tag::Map => "!!map",
        Tag::Seq => "!!seq",
        Tag::Custom => "!",
    }
}

/// Handle and suffix of a tag as a node holds it; the handle of a whole URI is empty.
fn split(tag: &str) -> (&str, &str) {
    if let Some(uri) = tag.strip_prefix("!<").and_then(|uri| uri.strip_suffix('>')) {
        return ("", uri);
    }
    tag.split_at(if tag.starts_with("!!") { 2 } else { tag.len().min(1) })
}

/// Bytes that count where the length of a key is limited.
pub(crate) fn length(tag: &str) -> usize {
    let (handle, suffix) = split(tag);
    handle.len() + suffix.len()
}

/// Writes a tag; what a URI may not hold is written as `%` and two digits for each byte.
pub(crate) fn write(sink: &mut Sink<'_>, tag: &str) {
    let (handle, suffix) = split(tag);
    sink.push(if handle.is_empty() { "!<" } else { handle });
    for byte in suffix.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' => sink.push_char(char::from(byte)),
            _ if b";/?:@&=+$,_.~*'()[]".contains(&byte) => sink.push_char(char::from(byte)),
            _ => sink.push(&format!("%{byte:02X}")),
        }
    }
    if handle.is_empty() {
        sink.push(">");
    }
}
