//! Regular expressions as GitLab writes them: RE2's syntax between slashes.

use std::fmt;

use regex::{Regex, RegexBuilder};

/// RE2 refuses to repeat more often than this.
const MAX_REPEAT: u32 = 1000;
/// Bytes that a compiled pattern may take.
const SIZE_LIMIT: usize = 8 << 20;

/// A pattern with flags, compiled. Matching takes time linear in the text.
#[derive(Clone)]
pub struct Pattern {
    source: String,
    regex: Regex,
}

/// A text that is not a pattern RE2 accepts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid regular expression: {0}")]
pub struct PatternError(String);

impl Pattern {
    /// Reads `/regexp/flags`; the flags are those of `ismU`.
    ///
    /// # Errors
    /// A text of another form, and whatever RE2 refuses: look-around, back references, repeats above 1,000.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let (body, flags) = split(text).ok_or_else(|| PatternError("not of the form /…/".to_owned()))?;
        let source = if flags.is_empty() { body.to_owned() } else { format!("(?{flags}){body}") };
        Pattern::bare(&source)
    }

    /// Compiles RE2 syntax without slashes.
    ///
    /// # Errors
    /// As [`Pattern::parse`].
    pub fn bare(source: &str) -> Result<Self, PatternError> {
        let translated = Translator::run(source)?;
        let regex = RegexBuilder::new(&translated)
            .size_limit(SIZE_LIMIT)
            .build()
            .map_err(|error| PatternError(error.to_string().lines().last().unwrap_or_default().to_owned()))?;
        Ok(Pattern { source: source.to_owned(), regex })
    }

    /// Whether the pattern is found anywhere in `text`.
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/", self.source)
    }
}

/// Whether a text has the form of a pattern, valid or not.
pub(crate) fn looks_like_pattern(text: &str) -> bool {
    split(text).is_some()
}

/// Body and flags of a line `/…/flags`; Ruby's `^` and `$` find it on any line of the text.
fn split(text: &str) -> Option<(&str, &str)> {
    text.split('\n').find_map(|line| {
        let rest = line.strip_prefix('/')?;
        let end = rest.rfind('/')?;
        let flags = &rest[end + 1..];
        flags.bytes().all(|flag| b"ismU".contains(&flag)).then_some((&rest[..end], flags))
    })
}

/// Rewrites RE2's syntax in that of the `regex` crate, whose classes are Unicode's where RE2's are ASCII.
struct Translator<'s> {
    rest: &'s str,
    out: String,
}

impl<'s> Translator<'s> {
    fn run(source: &'s str) -> Result<String, PatternError> {
        let mut translator = Translator { rest: source, out: String::with_capacity(source.len() + 8) };
        while let Some(char) = translator.next() {
            match char {
                '\\' => translator.escape(false)?,
                '[' => translator.class()?,
                '{' => translator.repeat()?,
                '(' => translator.group()?,
                other => translator.out.push(other),
            }
        }
        Ok(translator.out)
    }

    fn next(&mut self) -> Option<char> {
        let char = self.rest.chars().next()?;
        self.rest = &self.rest[char.len_utf8()..];
        Some(char)
    }

    fn escape(&mut self, in_class: bool) -> Result<(), PatternError> {
        let Some(char) = self.next() else {
            return Err(PatternError("trailing \\".to_owned()));
        };
        let (plain, inside) = match char {
            'd' => ("[0-9]", "0-9"),
            'D' => ("[^0-9]", "[^0-9]"),
            'w' => ("[0-9A-Za-z_]", "0-9A-Za-z_"),
            'W' => ("[^0-9A-Za-z_]", "[^0-9A-Za-z_]"),
            's' => (r"[\t\n\f\r ]", r"\t\n\f\r "),
            'S' => (r"[^\t\n\f\r ]", r"[^\t\n\f\r ]"),
            'b' if !in_class => (r"(?-u:\b)", ""),
            'B' if !in_class => (r"(?-u:\B)", ""),
            'A' if !in_class => (r"\A", ""),
            'z' if !in_class => (r"\z", ""),
            'Q' if !in_class => return self.quoted(),
            'a' | 'f' | 't' | 'n' | 'r' | 'v' | 'x' | 'p' | 'P' => {
                self.out.push('\\');
                self.out.push(char);
                return Ok(());
            }
            '0'..='7' => return self.octal(char),
            other if other.is_ascii_punctuation() => {
                self.out.push_str(&regex::escape(other.encode_utf8(&mut [0; 4])));
                if in_class && matches!(other, '&' | '~' | '-' | ']' | '^') && !self.out.ends_with(['\\']) {
                    self.guard_last(other);
                }
                return Ok(());
            }
            other => return Err(PatternError(format!("invalid escape sequence: \\{other}"))),
        };
        self.out.push_str(if in_class { inside } else { plain });
        Ok(())
    }

    /// Makes sure that the character just written is escaped.
    fn guard_last(&mut self, char: char) {
        self.out.pop();
        if !self.out.ends_with('\\') {
            self.out.push('\\');
        }
        self.out.push(char);
    }

    /// `\0` and `\123` are octal; `\1` alone would be a back reference, which RE2 has not.
    fn octal(&mut self, first: char) -> Result<(), PatternError> {
        let more = self.rest.bytes().take(2).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
        if first != '0' && more == 0 {
            return Err(PatternError(format!("invalid escape sequence: \\{first}")));
        }
        let digits = format!("{first}{}", &self.rest[..more]);
        self.rest = &self.rest[more..];
        let code = u32::from_str_radix(&digits, 8).expect("the digits are octal");
        self.out.push_str(&format!("\\x{{{code:X}}}"));
        Ok(())
    }

    fn quoted(&mut self) -> Result<(), PatternError> {
        let end = self.rest.find("\\E");
        self.out.push_str(&regex::escape(&self.rest[..end.unwrap_or(self.rest.len())]));
        self.rest = end.map_or("", |end| &self.rest[end + 2..]);
        Ok(())
    }

    fn class(&mut self) -> Result<(), PatternError> {
        self.out.push('[');
        if self.rest.starts_with('^') {
            self.next();
            self.out.push('^');
        }
        let mut first = true;
        while let Some(char) = self.next() {
            match char {
                ']' if first => self.out.push_str("\\]"),
                ']' => {
                    self.out.push(']');
                    return Ok(());
                }
                '\\' => self.escape(true)?,
                '[' if self.rest.starts_with(':') => self.posix()?,
                '[' | '&' | '~' => {
                    self.out.push('\\');
                    self.out.push(char);
                }
                '-' if self.rest.starts_with('-') => self.out.push_str("\\-"),
                other => self.out.push(other),
            }
            first = false;
        }
        Err(PatternError("missing ]".to_owned()))
    }

    fn posix(&mut self) -> Result<(), PatternError> {
        match self.rest.find(":]") {
            Some(end) => {
                self.out.push('[');
                self.out.push_str(&self.rest[..end + 2]);
                self.rest = &self.rest[end + 2..];
                Ok(())
            }
            None => {
                self.out.push_str("\\[");
                Ok(())
            }
        }
    }

    /// A repeat `{n,m}`; any other brace is itself.
    fn repeat(&mut self) -> Result<(), PatternError> {
        let end = self.rest.find('}');
        let bounds = end.and_then(|end| repeat_bounds(&self.rest[..end]));
        let (Some(end), Some((low, high))) = (end, bounds) else {
            self.out.push_str("\\{");
            return Ok(());
        };
        if low > MAX_REPEAT || high.is_some_and(|high| high > MAX_REPEAT || high < low) {
            return Err(PatternError(format!("invalid repetition size: {{{}}}", &self.rest[..end])));
        }
        self.out.push('{');
        self.out.push_str(&self.rest[..=end]);
        self.rest = &self.rest[end + 1..];
        Ok(())
    }

    /// RE2 knows plain groups, names and the flags `ismU`.
    fn group(&mut self) -> Result<(), PatternError> {
        self.out.push('(');
        let Some(rest) = self.rest.strip_prefix('?') else {
            return Ok(());
        };
        let named =
            rest.starts_with("P<") || (rest.starts_with('<') && !rest.starts_with("<=") && !rest.starts_with("<!"));
        let end = rest.find([')', ':']).unwrap_or(rest.len());
        let flags = rest[..end].bytes().all(|byte| b"ismU-".contains(&byte)) && end < rest.len();
        if named || flags { Ok(()) } else { Err(PatternError("invalid perl operator: (?".to_owned())) }
    }
}

fn repeat_bounds(text: &str) -> Option<(u32, Option<u32>)> {
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().unwrap_or(u32::MAX))
    };
    match text.split_once(',') {
        None => number(text).map(|count| (count, Some(count))),
        Some((low, "")) => number(low).map(|low| (low, None)),
        Some((low, high)) => Some((number(low)?, Some(number(high)?))),
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[track_caller]
    fn check(pattern: &str, text: &str, expect: bool) {
        let pattern = Pattern::parse(pattern).expect("the pattern is valid");
        assert_eq!(pattern.is_match(text), expect, "{pattern:?} on {text:?}");
    }

    #[track_caller]
    fn refused(pattern: &str) {
        assert!(Pattern::parse(pattern).is_err(), "{pattern} was accepted");
    }

    #[test]
    fn matches_as_re2_does() {
        check("/^feat/", "feature", true);
        check("/^FEAT/i", "feature", true);
        check(r"/^\d+$/", "\u{663}", false);
        check(r"/\w/", "é", false);
        check(r"/[\w.-]+$/", "a-b.c", true);
        check("/[a&&b]/", "&", true);
        check("/[[:alpha:]]/", "x", true);
        check("/a{x}/", "a{x}", true);
        check(r"/\Qa.b\E/", "axb", false);
        check("/a.b/s", "a\nb", true);
    }

    #[test]
    fn refuses_what_re2_refuses() {
        refused("/a(?=b)/");
        refused(r"/(a)\1/");
        refused("/a{1001}/");
        refused("/a{2,1}/");
        refused("/(/");
        refused("plain");
        refused(r"/\u0041/");
    }
}
