//! Go's regular expressions on the `regex` crate: translated where it can be exact, refused where it cannot.

mod class;
mod translate;

use std::fmt;

use regex::bytes;

/// A regular expression as Go's `regexp` reads it.
///
/// The two dialects look alike and differ where it hurts: `[a&&b]` and `[[a]b]` are sets of characters in Go and set
/// operations in Rust, `\<` is a character in one and a word boundary in the other, `\d` and `\w` are ASCII in one only.
/// The pattern is read by Go's grammar and written anew, so that a match is a match in both; what Go refuses (`a**`,
/// `(?x)`, counts above 1000) is refused. Matching takes linear time, as in Go.
///
/// Refused although Go reads it: a class that the `regex` crate does not know (`\p{…}` under a name of its own), and a
/// program above [`GoRegex::SIZE_LIMIT`].
#[derive(Clone)]
pub struct GoRegex {
    source: Box<str>,
    regex: bytes::Regex,
    /// Name of each group, by index; group 0 is the match.
    names: Vec<Option<Box<str>>>,
}

impl GoRegex {
    /// Longest pattern in bytes.
    pub const MAX_LEN: usize = 16 * 1024;
    /// Largest compiled program in bytes.
    pub const SIZE_LIMIT: usize = 10 << 20;

    /// Reads a pattern.
    pub fn new(pattern: &str) -> Result<Self, GoRegexError> {
        let translated = translate::translate(pattern)?;
        let regex = bytes::RegexBuilder::new(&translated.pattern)
            .size_limit(GoRegex::SIZE_LIMIT)
            .nest_limit(1200)
            .build()
            .map_err(|error| GoRegexError::new(pattern, 0, describe(&error)))?;
        Ok(GoRegex { source: pattern.into(), regex, names: translated.names })
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// Whether it matches anywhere in `text`.
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text.as_bytes())
    }

    /// The leftmost match.
    pub fn find<'t>(&self, text: &'t str) -> Option<&'t str> {
        self.regex.find(text.as_bytes()).map(|found| slice(text, found))
    }

    /// The leftmost match, put into a template: `$1`, `$name`, `${name}`, `$$` for a dollar. A name reaches as far as its
    /// letters, digits and underscores do: `$1x` is the group `1x`, which is empty where there is none.
    ///
    /// Source: Go `Regexp.Expand`.
    pub fn expand(&self, text: &str, template: &str) -> Option<String> {
        let groups = self.regex.captures(text.as_bytes())?;
        let group = |index: usize| groups.get(index).map_or("", |found| slice(text, found));
        let mut out = String::new();
        let mut rest = template;
        while let Some(dollar) = rest.find('$') {
            out.push_str(&rest[..dollar]);
            rest = &rest[dollar + 1..];
            if let Some(after) = rest.strip_prefix('$') {
                out.push('$');
                rest = after;
                continue;
            }
            let Some((name, after)) = template_name(rest) else {
                out.push('$');
                continue;
            };
            out.push_str(self.groups_named(name).map(group).find(|found| !found.is_empty()).unwrap_or_default());
            rest = after;
        }
        out.push_str(rest);
        Some(out)
    }

    /// The groups a template's name stands for: a number without leading zero is an index.
    fn groups_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = usize> + 'a {
        let is_number = name.bytes().all(|b| b.is_ascii_digit()) && (name.len() == 1 || !name.starts_with('0'));
        let number = name.parse::<usize>().ok().filter(|_| is_number);
        let named = self.names.iter().enumerate();
        let named = named.filter(move |(_, own)| number.is_none() && own.as_deref() == Some(name)).map(|(at, _)| at);
        number.into_iter().chain(named)
    }
}

/// A group's text. A match cannot split a character unless `\B` let it, and then nothing is safest.
fn slice<'t>(text: &'t str, found: bytes::Match<'t>) -> &'t str {
    text.get(found.range()).unwrap_or_default()
}

/// The name at the start of what follows a dollar, and the rest behind it.
fn template_name(text: &str) -> Option<(&str, &str)> {
    let (braced, body) = text.strip_prefix('{').map_or((false, text), |body| (true, body));
    let end = body.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(body.len());
    let (name, rest) = body.split_at(end);
    let rest = if braced { rest.strip_prefix('}')? } else { rest };
    (!name.is_empty()).then_some((name, rest))
}

fn describe(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(limit) => format!("expression too large: its program has more than {limit} bytes"),
        other => other.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned(),
    }
}

/// A pattern that Go refuses, or that cannot be translated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoRegexError {
    pattern: Box<str>,
    at: usize,
    message: String,
}

impl GoRegexError {
    pub(crate) fn new(pattern: &str, at: usize, message: impl Into<String>) -> Self {
        GoRegexError { pattern: crate::digest::clipped(pattern), at, message: message.into() }
    }

    /// The byte of the pattern at which it stops making sense.
    pub fn offset(&self) -> usize {
        self.at
    }
}

impl fmt::Display for GoRegexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid regular expression '{}': {}", self.pattern, self.message)
    }
}

impl std::error::Error for GoRegexError {}

impl fmt::Debug for GoRegex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GoRegex({})", self.source)
    }
}

impl fmt::Display for GoRegex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

impl PartialEq for GoRegex {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for GoRegex {}
