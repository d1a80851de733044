//! Which type an unquoted scalar has, and its value: the tables of go-yaml v3 and v2.

use std::borrow::Cow;

use crate::node::{Scalar, Tag};

/// Which Go library's rules decide the type of an unquoted scalar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Schema {
    /// go-yaml v3, for resources: `yes` and `on` are strings.
    #[default]
    V3,
    /// go-yaml v2, for kustomization files: `yes`, `no`, `on`, `off`, `y` and `n` are booleans.
    V2,
}

/// The type of an unquoted scalar.
///
/// The first character decides which rules are tried: words from the table (`true`, `null`, `~`, `.nan`, `<<`), then
/// for digits and signs a timestamp, an integer (`0x`, `0b`, `0o`, a leading `0` for octal, `_` anywhere), a float.
/// Everything else is a string.
pub fn resolve_plain(text: &str, schema: Schema) -> Tag {
    let Some(&first) = text.as_bytes().first() else {
        return Tag::Null;
    };
    match first {
        b'0'..=b'9' | b'+' | b'-' => resolve_number(text, schema),
        b't' | b'T' | b'f' | b'F' | b'n' | b'N' | b'~' | b'y' | b'Y' | b'o' | b'O' if text.len() <= 5 => {
            resolve_word(text, schema)
        }
        b'.' => match text {
            _ if special_float(text).is_some() || dotted_float(text).is_some() => Tag::Float,
            _ => Tag::Str,
        },
        b'<' if text == "<<" => Tag::Merge,
        _ => Tag::Str,
    }
}

fn resolve_word(text: &str, schema: Schema) -> Tag {
    match text {
        "~" | "null" | "Null" | "NULL" => Tag::Null,
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => Tag::Bool,
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "n" | "N" | "no" | "No" | "NO" | "off" | "Off"
        | "OFF"
            if schema == Schema::V2 =>
        {
            Tag::Bool
        }
        _ => Tag::Str,
    }
}

fn resolve_number(text: &str, schema: Schema) -> Tag {
    let bytes = text.as_bytes();
    if bytes.len() < 18 && bytes[0].is_ascii_digit() && bytes[0] != b'0' && bytes.iter().all(u8::is_ascii_digit) {
        return Tag::Int;
    }
    if special_float(text).is_some() {
        return Tag::Float;
    }
    if is_timestamp(text) {
        return Tag::Timestamp;
    }
    let plain = without_underscores(text);
    if integer(&plain, schema).is_some() {
        Tag::Int
    } else if float(&plain).is_some() {
        Tag::Float
    } else if late_integer(&plain, schema).is_some() {
        Tag::Int
    } else {
        Tag::Str
    }
}

/// The value of a scalar from its text and type; a text that does not fit the type is a string.
pub(crate) fn value(text: &str, tag: Tag) -> Scalar<'_> {
    match tag {
        Tag::Null => Scalar::Null,
        Tag::Bool => match text {
            "true" | "True" | "TRUE" | "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Scalar::Bool(true),
            "false" | "False" | "FALSE" | "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Scalar::Bool(false),
            _ => Scalar::Str(text),
        },
        Tag::Int => any_integer(text).unwrap_or(Scalar::Str(text)),
        Tag::Float => any_float(text).map_or(Scalar::Str(text), Scalar::Float),
        _ => Scalar::Str(text),
    }
}

fn any_integer(text: &str) -> Option<Scalar<'static>> {
    let plain = without_underscores(text);
    integer(&plain, Schema::V3).or_else(|| late_integer(&plain, Schema::V3))
}

fn any_float(text: &str) -> Option<f64> {
    if let Some(value) = special_float(text) {
        return Some(value);
    }
    if text.starts_with('.') {
        return dotted_float(text);
    }
    float(&without_underscores(text)).or_else(|| match any_integer(text)? {
        // An integer that is tagged `!!float`.
        Scalar::Int(value) => Some(value as f64),
        Scalar::Uint(value) => Some(value as f64),
        _ => None,
    })
}

fn without_underscores(text: &str) -> Cow<'_, str> {
    if text.contains('_') { Cow::Owned(text.replace('_', "")) } else { Cow::Borrowed(text) }
}

/// Go's `ParseInt` and `ParseUint` with base 0.
fn integer(text: &str, _schema: Schema) -> Option<Scalar<'static>> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let signed = digits.len() != text.len();
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    in_range(magnitude(digits, radix)?, negative, signed)
}

fn in_range(magnitude: u64, negative: bool, signed: bool) -> Option<Scalar<'static>> {
    if negative {
        return 0i64.checked_sub_unsigned(magnitude).map(Scalar::Int);
    }
    match i64::try_from(magnitude) {
        Ok(value) => Some(Scalar::Int(value)),
        // `+` is no part of an unsigned number.
        Err(_) => (!signed).then_some(Scalar::Uint(magnitude)),
    }
}

fn magnitude(digits: &str, radix: u32) -> Option<u64> {
    // A sign is no digit, though `from_str_radix` takes one.
    if !digits.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    u64::from_str_radix(digits, radix).ok()
}

/// `0b` and `0o` with a sign behind them, which are tried last.
fn late_integer(text: &str, schema: Schema) -> Option<Scalar<'static>> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (radix, digits) = match rest.as_bytes() {
        [b'0', b'b', ..] => (2, &rest[2..]),
        [b'0', b'o', ..] if schema == Schema::V3 => (8, &rest[2..]),
        _ => return None,
    };
    let (inner, signed, digits) = match digits.as_bytes().first()? {
        b'-' => (true, true, &digits[1..]),
        b'+' => (false, true, &digits[1..]),
        _ => (false, false, digits),
    };
    if negative && signed {
        return None;
    }
    in_range(magnitude(digits, radix)?, negative || inner, signed)
}

fn special_float(text: &str) -> Option<f64> {
    match text {
        ".nan" | ".NaN" | ".NAN" => Some(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Some(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// A text that begins with a dot, as Go's `ParseFloat` reads it: an underscore must stand between digits.
fn dotted_float(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let separated = |at: usize| at > 0 && digit(at - 1) && digit(at + 1);
    if !(0..bytes.len()).all(|at| bytes[at] != b'_' || separated(at)) {
        return None;
    }
    float(&without_underscores(text))
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, if it is finite.
fn float(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut at = usize::from(matches!(bytes.first()?, b'-' | b'+'));
    let whole = digits(at);
    at += whole;
    if bytes.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        if whole == 0 && fraction == 0 {
            return None;
        }
        at += 1 + fraction;
    } else if whole == 0 {
        return None;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        at += 1 + usize::from(matches!(bytes.get(at + 1), Some(b'-' | b'+')));
        let exponent = digits(at.min(bytes.len()));
        if exponent == 0 {
            return None;
        }
        at += exponent;
    }
    if at != bytes.len() {
        return None;
    }
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// Whether go-yaml reads it as a point in time: `Y-M-D`, `Y-M-DTh:m:s[.f](Z|±hh:mm)` or `Y-M-D h:m:s[.f]`, a real date.
fn is_timestamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    let year = bytes.len() > 4 && bytes[..4].iter().all(u8::is_ascii_digit) && bytes[4] == b'-';
    year && timestamp(&bytes[5..], bytes[..4].iter().fold(0, |year, b| year * 10 + u32::from(b - b'0'))).is_some()
}

fn timestamp(rest: &[u8], year: u32) -> Option<()> {
    let (month, rest) = number(rest)?;
    let (day, rest) = number(after(rest, b'-')?)?;
    if !(1..=12).contains(&month) || day < 1 || day > days_in(month, year) {
        return None;
    }
    let (zoned, rest) = match rest {
        [] => return Some(()),
        [b'T' | b't', rest @ ..] => (true, rest),
        [b' ', rest @ ..] => (false, rest.trim_ascii_start()),
        _ => return None,
    };
    let (hour, rest) = number(rest)?;
    let (minute, rest) = number(after(rest, b':')?)?;
    let (second, rest) = number(after(rest, b':')?)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let rest = match rest {
        [b'.' | b',', b'0'..=b'9', ..] => &rest[1 + rest[1..].iter().take_while(|b| b.is_ascii_digit()).count()..],
        _ => rest,
    };
    match rest {
        [] if !zoned => Some(()),
        [b'Z'] if zoned => Some(()),
        [b'+' | b'-', h1, h2, b':', m1, m2] if zoned => {
            let pair =
                |a: &u8, b: &u8| (a.is_ascii_digit() && b.is_ascii_digit()).then(|| (a - b'0') * 10 + (b - b'0'));
            (pair(h1, h2)? <= 24 && pair(m1, m2)? <= 60).then_some(())
        }
        _ => None,
    }
}

/// One or two digits.
fn number(rest: &[u8]) -> Option<(u32, &[u8])> {
    match rest {
        [a @ b'0'..=b'9', b @ b'0'..=b'9', rest @ ..] => Some((u32::from(a - b'0') * 10 + u32::from(b - b'0'), rest)),
        [a @ b'0'..=b'9', rest @ ..] => Some((u32::from(a - b'0'), rest)),
        _ => None,
    }
}

fn after(rest: &[u8], separator: u8) -> Option<&[u8]> {
    rest.split_first().filter(|(first, _)| **first == separator).map(|(_, rest)| rest)
}

fn days_in(month: u32, year: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
