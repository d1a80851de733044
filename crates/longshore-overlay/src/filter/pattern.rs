//! Regular expressions in Go's dialect.

use std::fmt;

use regex::Regex;

/// A regular expression that was written for Go's `regexp`.
///
/// Rust's `regex` has the same engine and almost the same syntax. What differs is translated: `\d`, `\w`, `\s` and
/// `\b` know ASCII only, `\Q…\E` quotes, a `{` that begins no count is itself, `[` inside a class is itself, and
/// `\<` is no boundary. What Go does not know is refused.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(Matcher);

#[derive(Clone, Debug)]
enum Matcher {
    /// The pattern has no special character: it is found as it stands, or is the whole text.
    Text {
        text: Box<str>,
        whole: bool,
    },
    Regex(Box<Regex>),
}

/// A pattern that Go would refuse, or that is too large.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PatternError {
    pattern: String,
    reason: String,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error parsing regexp `{}`: {}", self.pattern, self.reason)
    }
}

impl Pattern {
    /// A pattern that may match anywhere in a text.
    pub(crate) fn new(pattern: &str) -> Result<Self, PatternError> {
        if is_literal(pattern) {
            return Ok(Pattern(Matcher::Text { text: pattern.into(), whole: false }));
        }
        Pattern::compile(pattern, pattern)
    }

    /// A pattern that must match the whole text, as selectors are meant.
    pub(crate) fn anchored(pattern: &str) -> Result<Self, PatternError> {
        if is_literal(pattern) {
            return Ok(Pattern(Matcher::Text { text: pattern.into(), whole: true }));
        }
        Pattern::compile(&format!("^(?:{pattern})$"), pattern)
    }

    fn compile(whole: &str, pattern: &str) -> Result<Self, PatternError> {
        let error = |reason: String| PatternError { pattern: pattern.to_owned(), reason };
        let translated = translate(whole).map_err(|reason| error(reason.to_owned()))?;
        let regex = regex::RegexBuilder::new(&translated).octal(true).size_limit(1 << 20).build();
        let regex = regex.map_err(|problem| match problem {
            regex::Error::CompiledTooBig(_) => error("expression too large".to_owned()),
            // The last line of the report says what is wrong; those above draw it.
            problem => {
                let report = problem.to_string();
                let last = report.lines().last().unwrap_or_default();
                error(last.trim_start_matches("error: ").to_owned())
            }
        })?;
        Ok(Pattern(Matcher::Regex(Box::new(regex))))
    }

    /// The only text that it matches, if it has no special character.
    pub(crate) fn only_match(&self) -> Option<&str> {
        match &self.0 {
            Matcher::Text { text, whole: true } => Some(text),
            _ => None,
        }
    }

    /// Whether the pattern matches.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        match &self.0 {
            Matcher::Text { text: own, whole: true } => **own == *text,
            Matcher::Text { text: own, whole: false } => text.contains(&**own),
            Matcher::Regex(regex) => regex.is_match(text),
        }
    }
}

fn is_literal(pattern: &str) -> bool {
    let special = |byte| {
        matches!(byte, b'\\' | b'.' | b'+' | b'*' | b'?' | b'(' | b')' | b'|' | b'[' | b']' | b'{' | b'}' | b'^' | b'$')
    };
    !pattern.bytes().any(special)
}

/// Rust's spelling of a pattern in Go's syntax.
fn translate(pattern: &str) -> Result<String, &'static str> {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '\\' => rest = translate_escape(rest, false, &mut out)?,
            '[' => rest = translate_class(rest, &mut out)?,
            '{' if !is_count(rest) => out.push_str(r"\{"),
            '(' if rest.starts_with('?') => {
                check_group(rest)?;
                out.push('(');
            }
            '*' | '+' | '?' | '}' => {
                out.push(c);
                rest = after_repeat(c, rest, &mut out)?;
            }
            _ => out.push(c),
        }
    }
    Ok(out)
}

/// Behind `*`, `+`, `?` or a count there may be one `?`, and no other repetition.
fn after_repeat<'p>(operator: char, rest: &'p str, out: &mut String) -> Result<&'p str, &'static str> {
    if operator == '}' && !out.contains('{') {
        return Ok(rest);
    }
    let rest = match rest.strip_prefix('?') {
        Some(rest) => {
            out.push('?');
            rest
        }
        None => rest,
    };
    let nested = rest.starts_with(['*', '+', '?']) || (rest.starts_with('{') && is_count(&rest[1..]));
    if nested && operator != '}' {
        return Err("invalid nested repetition operator");
    }
    Ok(rest)
}

/// Whether `2}`, `2,}` or `2,3}` follows.
fn is_count(rest: &str) -> bool {
    let Some((inner, _)) = rest.split_once('}') else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match inner.split_once(',') {
        Some((from, to)) => digits(from) && (to.is_empty() || digits(to)),
        None => digits(inner),
    }
}

/// Go knows the flags `i`, `m`, `s` and `U`, and named groups.
fn check_group(rest: &str) -> Result<(), &'static str> {
    let flags = rest[1..].trim_start_matches(['i', 'm', 's', 'U', '-']);
    let known = flags.starts_with([':', ')', '<']) || flags.starts_with("P<");
    let look_around = flags.starts_with("<=") || flags.starts_with("<!");
    if known && !look_around { Ok(()) } else { Err("invalid or unsupported Perl syntax") }
}

/// Translates what follows a backslash and gives what is left.
fn translate_escape<'p>(rest: &'p str, in_class: bool, out: &mut String) -> Result<&'p str, &'static str> {
    let Some(c) = rest.chars().next() else { return Err("trailing backslash at end of expression") };
    let after = &rest[c.len_utf8()..];
    let perl = |class: &str, negated: bool| match (in_class, negated) {
        (true, false) => class.to_owned(),
        (_, negated) => format!("[{}{class}]", if negated { "^" } else { "" }),
    };
    match c {
        'd' | 'D' => out.push_str(&perl("0-9", c == 'D')),
        'w' | 'W' => out.push_str(&perl("0-9A-Za-z_", c == 'W')),
        's' | 'S' => out.push_str(&perl(r"\t\n\f\r ", c == 'S')),
        'b' if !in_class => out.push_str(r"(?-u:\b)"),
        'B' if !in_class => out.push_str(r"\B"),
        'Q' if !in_class => {
            let (quoted, after) = after.split_once(r"\E").unwrap_or((after, ""));
            out.push_str(&regex::escape(quoted));
            return Ok(after);
        }
        'A' | 'z' if !in_class => out.extend(['\\', c]),
        'p' | 'P' | 'x' | 'a' | 'f' | 't' | 'n' | 'r' | 'v' | '0'..='7' => out.extend(['\\', c]),
        '_' | '<' | '>' => out.push(c),
        c if c.is_ascii_punctuation() => out.extend(['\\', c]),
        _ => return Err("invalid escape sequence"),
    }
    Ok(after)
}

/// Translates a class behind its `[` and gives what is left.
fn translate_class<'p>(mut rest: &'p str, out: &mut String) -> Result<&'p str, &'static str> {
    out.push('[');
    if let Some(after) = rest.strip_prefix('^') {
        out.push('^');
        rest = after;
    }
    let mut first = true;
    loop {
        let Some(c) = rest.chars().next() else { return Err("missing closing ]") };
        let after = &rest[c.len_utf8()..];
        rest = match c {
            ']' if !first => {
                out.push(']');
                return Ok(after);
            }
            '[' if after.starts_with(':') && after.contains(":]") => {
                let end = after.find(":]").map_or(0, |at| at + 2);
                out.push('[');
                out.push_str(&after[..end]);
                &after[end..]
            }
            '[' | ']' | '&' | '~' => {
                out.extend(['\\', c]);
                after
            }
            '\\' => translate_escape(after, true, out)?,
            _ => {
                out.push(c);
                after
            }
        };
        first = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, text: &str, expect: bool) {
        let pattern = Pattern::anchored(pattern).expect("the pattern is valid");
        assert_eq!(pattern.is_match(text), expect);
    }

    #[track_caller]
    fn refuse(pattern: &str) {
        Pattern::anchored(pattern).expect_err("Go refuses the pattern");
    }

    #[test]
    fn the_whole_text_must_match() {
        check("foo", "foo", true);
        check("foo", "foobar", false);
        check("foo|bar", "foobar", false);
        check("f.*", "foo", true);
        check(".", "\n", false);
        assert!(Pattern::new("oo").expect("it is valid").is_match("foo"));
    }

    #[test]
    fn classes_know_ascii_only() {
        check(r"\d", "٣", false);
        check(r"\w+", "é", false);
        check(r"[\w-]+", "a-b", true);
        check(r"\W", "é", true);
    }

    #[test]
    fn what_rust_reads_otherwise_is_literal() {
        check(r"a{x}", "a{x}", true);
        check(r"a{2}", "aa", true);
        check(r"[a[b]", "[", true);
        check(r"[a&&b]+", "&", true);
        check(r"\Qa.b\E", "a.b", true);
        check(r"\Qa.b\E", "axb", false);
        check(r"\<a", "<a", true);
        check(r"[]a]", "]", true);
    }

    #[test]
    fn what_go_refuses_is_refused() {
        refuse("[");
        refuse("(");
        refuse("a**");
        refuse("(?=a)");
        refuse("(?x)a");
        refuse(r"\");
        refuse(r"\y");
        refuse("*");
    }
}
