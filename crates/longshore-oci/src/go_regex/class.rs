//! Bracket expressions and named classes.

use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::CharIndices;

/// The characters still to be read, with their offsets.
pub(super) type Input<'p> = Peekable<CharIndices<'p>>;

/// An error at an offset, before the pattern is known.
pub(super) type Fault = (usize, String);

/// Writes one character so that it stands for itself.
pub(super) fn literal(c: char, out: &mut String) {
    write!(out, "\\x{{{:x}}}", u32::from(c)).expect("writing to a string succeeds");
}

/// `\d`, `\S` and their like as the inside of a class: ASCII, and no vertical tab in `\s`.
pub(super) fn perl(letter: char) -> Option<(bool, &'static str)> {
    let inside = match letter.to_ascii_lowercase() {
        'd' => "0-9",
        's' => r"\t\n\x0c\r ",
        'w' => "0-9A-Za-z_",
        _ => return None,
    };
    Some((letter.is_ascii_uppercase(), inside))
}

fn posix(name: &str) -> Option<&'static str> {
    Some(match name {
        "alnum" => "0-9A-Za-z",
        "alpha" => "A-Za-z",
        "ascii" => r"\x00-\x7f",
        "blank" => r"\t ",
        "cntrl" => r"\x00-\x1f\x7f",
        "digit" => "0-9",
        "graph" => r"\x21-\x7e",
        "lower" => "a-z",
        "print" => r"\x20-\x7e",
        "punct" => r"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e",
        "space" => r"\t-\r\x20",
        "upper" => "A-Z",
        "word" => "0-9A-Za-z_",
        "xdigit" => "0-9A-Fa-f",
        _ => return None,
    })
}

/// General categories that Go names, with what they hold there: its `C` lacks the unassigned.
fn category(name: &str) -> Option<&'static str> {
    const PLAIN: &str =
        "L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp Cc Cf Co";
    match name {
        "Any" => Some(r"\x00-\x{10ffff}"),
        "C" => Some(r"\p{Cc}\p{Cf}\p{Co}"),
        _ if PLAIN.split(' ').any(|known| known == name) => Some(""),
        _ => None,
    }
}

/// `\pL`, `\p{Greek}`, `\P{^Lu}`: the inside of a class, after the `p`.
pub(super) fn unicode(input: &mut Input<'_>, at: usize, mut negated: bool) -> Result<String, Fault> {
    let invalid = |name: &str| (at, format!("invalid character class range: `\\p{{{name}}}`"));
    let name = match input.next().ok_or_else(|| invalid(""))? {
        (_, '{') => {
            let mut name = String::new();
            loop {
                match input.next().ok_or_else(|| invalid(&name))? {
                    (_, '}') => break name,
                    (_, c) => name.push(c),
                }
            }
        }
        (_, c) => c.to_string(),
    };
    let bare = name.strip_prefix('^').unwrap_or(&name);
    negated ^= bare.len() < name.len();
    let is_script = || {
        bare.starts_with(|c: char| c.is_ascii_uppercase()) && bare.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_')
    };
    let inside = match category(bare) {
        Some("") => format!(r"\p{{{bare}}}"),
        Some(inside) => inside.to_owned(),
        None if bare.len() > 2 && is_script() => format!(r"\p{{Script={bare}}}"),
        None => return Err(invalid(&name)),
    };
    Ok(if negated { format!("[^{inside}]") } else { format!("[{inside}]") })
}

/// A bracket expression, after its `[`. What it writes is one class of the `regex` crate with every character escaped.
pub(super) fn bracket(pattern: &str, input: &mut Input<'_>, start: usize) -> Result<String, Fault> {
    let missing = || (start, format!("missing closing ]: `{}`", &pattern[start..]));
    let mut out = String::from("[");
    if input.next_if(|&(_, c)| c == '^').is_some() {
        out.push('^');
    }
    let mut first = true;
    loop {
        let &(at, c) = input.peek().ok_or_else(missing)?;
        if c == ']' && !first {
            input.next();
            out.push(']');
            return Ok(out);
        }
        first = false;
        let class = pattern[at..].strip_prefix("[:").and_then(|rest| rest.find(":]"));
        if let Some(len) = class.map(|end| end + 4) {
            named(&pattern[at..at + len], at, &mut out)?;
            while input.next_if(|&(next, _)| next < at + len).is_some() {}
            continue;
        }
        if c == '\\' && escaped_class(pattern, input, at, &mut out)? {
            continue;
        }
        range(pattern, input, at, &mut out, &missing)?;
    }
}

/// `[:alpha:]` or `[:^alpha:]`.
fn named(text: &str, at: usize, out: &mut String) -> Result<(), Fault> {
    let name = &text[2..text.len() - 2];
    let bare = name.strip_prefix('^').unwrap_or(name);
    let inside = posix(bare).ok_or_else(|| (at, format!("invalid character class range: `{text}`")))?;
    let sign = if bare.len() < name.len() { "^" } else { "" };
    write!(out, "[{sign}{inside}]").expect("writing to a string succeeds");
    Ok(())
}

/// A class behind a backslash inside brackets; false if the backslash begins a single character.
fn escaped_class(pattern: &str, input: &mut Input<'_>, at: usize, out: &mut String) -> Result<bool, Fault> {
    let letter = pattern[at + 1..].chars().next();
    match letter {
        Some(letter @ ('p' | 'P')) => {
            input.nth(1);
            out.push_str(&unicode(input, at, letter == 'P')?);
        }
        Some(letter) => match perl(letter) {
            None => return Ok(false),
            Some((negated, inside)) => {
                input.nth(1);
                write!(out, "[{}{inside}]", if negated { "^" } else { "" }).expect("writing to a string succeeds");
            }
        },
        None => return Ok(false),
    }
    Ok(true)
}

/// `a` or `a-z`.
fn range(
    pattern: &str,
    input: &mut Input<'_>,
    start: usize,
    out: &mut String,
    missing: &dyn Fn() -> Fault,
) -> Result<(), Fault> {
    let low = member(pattern, input, missing)?;
    literal(low, out);
    let mut ahead = input.clone();
    let dash = ahead.next().is_some_and(|(_, c)| c == '-');
    if !dash || ahead.peek().is_none_or(|&(_, c)| c == ']') {
        return Ok(());
    }
    input.next();
    let high = member(pattern, input, missing)?;
    if high < low {
        let end = input.peek().map_or(pattern.len(), |&(at, _)| at);
        return Err((start, format!("invalid character class range: `{}`", &pattern[start..end])));
    }
    out.push('-');
    literal(high, out);
    Ok(())
}

fn member(pattern: &str, input: &mut Input<'_>, missing: &dyn Fn() -> Fault) -> Result<char, Fault> {
    match input.next().ok_or_else(missing)? {
        (at, '\\') => escape(pattern, input, at),
        (_, c) => Ok(c),
    }
}

/// A single character behind a backslash: `\n`, `\x41`, `\x{10ffff}`, `\101`, or any punctuation as itself.
pub(super) fn escape(pattern: &str, input: &mut Input<'_>, at: usize) -> Result<char, Fault> {
    let (_, letter) = input.next().ok_or_else(|| (at, "trailing backslash at end of expression: ``".to_owned()))?;
    let next_digit = |input: &Input<'_>, radix| input.clone().next().is_some_and(|(_, c)| c.is_digit(radix));
    let found = match letter {
        'a' => Some('\x07'),
        'f' => Some('\x0c'),
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        'v' => Some('\x0b'),
        'x' => hexadecimal(input),
        // A single digit would be a reference to a group, which Go does not have.
        '1'..='7' if !next_digit(input, 8) => None,
        '0'..='7' => {
            let mut value = letter.to_digit(8).unwrap_or_default();
            for _ in 0..2 {
                let Some((_, digit)) = input.next_if(|(_, c)| c.is_digit(8)) else { break };
                value = value * 8 + digit.to_digit(8).unwrap_or_default();
            }
            char::from_u32(value)
        }
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => Some(c),
        _ => None,
    };
    let end = input.peek().map_or(pattern.len(), |&(end, _)| end);
    found.ok_or_else(|| (at, format!("invalid escape sequence: `{}`", &pattern[at..end])))
}

fn hexadecimal(input: &mut Input<'_>) -> Option<char> {
    if input.next_if(|&(_, c)| c == '{').is_none() {
        let (high, low) = (input.next()?.1.to_digit(16)?, input.next()?.1.to_digit(16)?);
        return char::from_u32(high * 16 + low);
    }
    let mut value = 0_u32;
    let mut digits = 0;
    loop {
        match input.next()? {
            (_, '}') if digits > 0 => return char::from_u32(value),
            (_, c) => {
                value = value.checked_mul(16)?.checked_add(c.to_digit(16)?).filter(|&value| value <= 0x10_ffff)?;
                digits += 1;
            }
        }
    }
}
