//! JSON as Go's `encoding/json` writes it.

use serde_json::Value;

/// Compact JSON: keys sorted, `<`, `>`, `&` and two line separators escaped.
pub(crate) fn to_text(value: &Value) -> String {
    let mut out = String::new();
    write(value, None, &mut out);
    out
}

/// As [`to_text`], with each entry on a line of its own, indented by two spaces.
pub(crate) fn to_indented_text(value: &Value) -> String {
    let mut out = String::new();
    write(value, Some(0), &mut out);
    out
}

/// Writes a value; `depth` is that of the line it stands on, where lines are indented.
fn write(value: &Value, depth: Option<usize>, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            write_all('{', entries.into_iter(), '}', depth, out, |(key, value), depth, out| {
                write_str(key, out);
                out.push_str(if depth.is_some() { ": " } else { ":" });
                write(value, depth, out);
            });
        }
        Value::Array(items) => write_all('[', items.iter(), ']', depth, out, write),
        Value::String(text) => write_str(text, out),
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(float) => out.push_str(&float_text(float)),
            None => out.push_str(&number.to_string()),
        },
        Value::Bool(_) | Value::Null => out.push_str(&value.to_string()),
    }
}

fn write_all<T>(
    open: char,
    items: impl ExactSizeIterator<Item = T>,
    close: char,
    depth: Option<usize>,
    out: &mut String,
    write: impl Fn(T, Option<usize>, &mut String),
) {
    let inner = depth.map(|depth| depth + 1);
    let empty = items.len() == 0;
    out.push(open);
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push(',');
        }
        break_line(inner, out);
        write(item, inner, out);
    }
    if !empty {
        break_line(depth, out);
    }
    out.push(close);
}

fn break_line(depth: Option<usize>, out: &mut String) {
    if let Some(depth) = depth {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    }
}

/// A float as Go writes it: with an exponent below 1e-6 and from 1e21.
pub(crate) fn float_text(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{value:e}");
        return match text.split_once('e') {
            Some((digits, power)) if !power.starts_with('-') => format!("{digits}e+{power:0>2}"),
            _ => text,
        };
    }
    format!("{value}")
}

/// Writes a string in its quotes.
pub(crate) fn write_str(text: &str, out: &mut String) {
    out.push('"');
    let special = |byte: u8| !(b' '..0x7f).contains(&byte) || matches!(byte, b'"' | b'\\' | b'<' | b'>' | b'&');
    let plain = text.bytes().position(special).unwrap_or(text.len());
    // What lies before a character of one byte or the first of several ends where a character does.
    let (plain, rest) = text.split_at(plain);
    out.push_str(plain);
    for c in rest.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            _ => out.push(c),
        }
    }
    out.push('"');
}
