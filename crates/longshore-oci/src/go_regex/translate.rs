//! Go's grammar, read in one pass and written for the `regex` crate.

use super::class::{Fault, Input, bracket, escape, literal, perl, unicode};
use super::{GoRegex, GoRegexError};

pub(super) struct Translated {
    pub(super) pattern: String,
    pub(super) names: Vec<Option<Box<str>>>,
}

/// Deepest nesting, highest count, and highest product of nested counts, all as in Go.
const MAX_DEPTH: usize = 1000;
const MAX_REPEAT: u32 = 1000;

/// What stands before the next character, as far as a repetition may follow it.
#[derive(Clone, Copy)]
enum Before {
    /// Nothing to repeat: the start, `(`, `|`, or flags.
    Nothing,
    /// Something, and how often its inner repetitions copy it at most.
    Atom(u32),
    /// A repetition; another would be stacked on it. With where it starts and what it multiplied to.
    Repeat(usize, u32),
}

struct Group {
    start: usize,
    /// Highest product of repetitions inside, so far.
    repeats: u32,
}

struct Translator<'p> {
    source: &'p str,
    input: Input<'p>,
    out: String,
    names: Vec<Option<Box<str>>>,
    groups: Vec<Group>,
    before: Before,
}

pub(super) fn translate(pattern: &str) -> Result<Translated, GoRegexError> {
    if pattern.len() > GoRegex::MAX_LEN {
        return Err(GoRegexError::new(pattern, 0, format!("pattern of more than {} bytes", GoRegex::MAX_LEN)));
    }
    let mut translator = Translator {
        source: pattern,
        input: pattern.char_indices().peekable(),
        out: String::with_capacity(pattern.len() * 2),
        names: vec![None],
        groups: vec![Group { start: 0, repeats: 1 }],
        before: Before::Nothing,
    };
    translator.run().map_err(|(at, message)| GoRegexError::new(pattern, at, message))?;
    Ok(Translated { pattern: translator.out, names: translator.names })
}

impl Translator<'_> {
    fn run(&mut self) -> Result<(), Fault> {
        while let Some((at, c)) = self.input.next() {
            match c {
                '(' => self.open(at)?,
                ')' => self.close(at)?,
                '|' => self.push_plain("|", Before::Nothing),
                '*' | '+' | '?' => self.repeat(at, c.encode_utf8(&mut [0; 4]), 1)?,
                '{' => self.brace(at)?,
                '[' => {
                    let class = bracket(self.source, &mut self.input, at)?;
                    self.atom(&class);
                }
                '\\' => self.backslash(at)?,
                '.' | '^' | '$' => self.atom(c.encode_utf8(&mut [0; 4])),
                c => self.character(c),
            }
        }
        if self.groups.len() > 1 {
            return Err((0, format!("missing closing ): `{}`", self.source)));
        }
        Ok(())
    }

    fn push_plain(&mut self, text: &str, before: Before) {
        self.settle();
        self.out.push_str(text);
        self.before = before;
    }

    fn atom(&mut self, text: &str) {
        self.push_plain(text, Before::Atom(1));
    }

    fn character(&mut self, c: char) {
        self.settle();
        literal(c, &mut self.out);
        self.before = Before::Atom(1);
    }

    /// Notes what the last piece multiplies to before another begins.
    fn settle(&mut self) {
        if let Before::Atom(repeats) | Before::Repeat(_, repeats) = self.before {
            let group = self.groups.last_mut().expect("the outermost group stays");
            group.repeats = group.repeats.max(repeats);
        }
    }

    fn open(&mut self, at: usize) -> Result<(), Fault> {
        self.settle();
        self.before = Before::Nothing;
        if self.source[at..].starts_with("(?") {
            return self.perl_group(at);
        }
        self.names.push(None);
        self.push_group(at, "(")
    }

    fn push_group(&mut self, at: usize, text: &str) -> Result<(), Fault> {
        if self.groups.len() >= MAX_DEPTH {
            return Err((at, "expression nests too deeply".to_owned()));
        }
        self.groups.push(Group { start: at, repeats: 1 });
        self.out.push_str(text);
        Ok(())
    }

    fn close(&mut self, at: usize) -> Result<(), Fault> {
        self.settle();
        if self.groups.len() == 1 {
            return Err((at, format!("unexpected ): `{}`", self.source)));
        }
        let group = self.groups.pop().expect("there is more than one");
        debug_assert!(group.start < at);
        self.out.push(')');
        self.before = Before::Atom(group.repeats);
        Ok(())
    }

    /// `(?:`, `(?i)`, `(?s-m:`, `(?P<name>`, `(?<name>`.
    fn perl_group(&mut self, at: usize) -> Result<(), Fault> {
        self.input.next();
        let rest = &self.source[at..];
        for intro in ["(?P<", "(?<"] {
            if rest.starts_with(intro) && !rest.starts_with("(?<=") && !rest.starts_with("(?<!") {
                return self.named_group(at, intro.len());
            }
        }
        let invalid = |end: usize| (at, format!("invalid or unsupported Perl syntax: `{}`", &self.source[at..end]));
        let (mut negative, mut flags) = (false, 0);
        let mut text = String::from("(?");
        while let Some((next, c)) = self.input.next() {
            let end = next + c.len_utf8();
            match c {
                'i' | 'm' | 's' | 'U' => flags += 1,
                '-' if !negative => (negative, flags) = (true, 0),
                ':' | ')' if negative && flags == 0 => return Err(invalid(end)),
                ':' => return self.push_group(at, &format!("{text}:")),
                // `(?)` sets nothing; the `regex` crate does not read it.
                ')' if text == "(?" => return Ok(()),
                ')' => {
                    text.push(')');
                    self.out.push_str(&text);
                    return Ok(());
                }
                _ => return Err(invalid(end)),
            }
            text.push(c);
        }
        Err((at, format!("missing closing ): `{}`", self.source)))
    }

    fn named_group(&mut self, at: usize, intro: usize) -> Result<(), Fault> {
        let body = &self.source[at + intro..];
        let end = body.find('>').ok_or_else(|| (at, format!("invalid named capture: `{}`", &self.source[at..])))?;
        let (name, whole) = (&body[..end], &self.source[at..at + intro + end + 1]);
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err((at, format!("invalid named capture: `{whole}`")));
        }
        if self.names.iter().flatten().any(|known| **known == *name) {
            return Err((at, format!("duplicate capture group name: `{name}`")));
        }
        while self.input.next_if(|&(next, _)| next < at + whole.len()).is_some() {}
        self.names.push(Some(name.into()));
        self.push_group(at, "(")
    }

    /// A repetition operator, and a `?` behind it.
    fn repeat(&mut self, at: usize, text: &str, times: u32) -> Result<(), Fault> {
        let lazy = self.input.next_if(|&(_, c)| c == '?').is_some();
        let end = self.input.peek().map_or(self.source.len(), |&(end, _)| end);
        let inner = match self.before {
            Before::Nothing => {
                return Err((at, format!("missing argument to repetition operator: `{}`", &self.source[at..end])));
            }
            Before::Repeat(start, _) => {
                return Err((start, format!("invalid nested repetition operator: `{}`", &self.source[start..end])));
            }
            Before::Atom(inner) => inner,
        };
        let repeats = inner.saturating_mul(times.max(1));
        if repeats > MAX_REPEAT {
            return Err((at, format!("invalid repeat count: `{}`", &self.source[at..end])));
        }
        self.out.push_str(text);
        if lazy {
            self.out.push('?');
        }
        self.before = Before::Repeat(at, repeats);
        Ok(())
    }

    /// `{n}`, `{n,}`, `{n,m}`; anything else is a brace.
    fn brace(&mut self, at: usize) -> Result<(), Fault> {
        let Some((len, low, high)) = counts(&self.source[at..]) else {
            self.character('{');
            return Ok(());
        };
        let text = &self.source[at..at + len];
        let too_many = |count: Option<u32>| count.is_none_or(|count| count > MAX_REPEAT);
        let (high_value, open) = match high {
            None => (None, true),
            Some(high) => (high, false),
        };
        if too_many(low) || (!open && (too_many(high_value) || high_value < low)) {
            return Err((at, format!("invalid repeat count: `{text}`")));
        }
        while self.input.next_if(|&(next, _)| next < at + len).is_some() {}
        let times = high_value.or(low).unwrap_or_default();
        let written = match (low, high_value) {
            (Some(low), Some(high)) => format!("{{{low},{high}}}"),
            (Some(low), None) => format!("{{{low},}}"),
            (None, _) => text.to_owned(),
        };
        self.repeat(at, &written, times)
    }

    fn backslash(&mut self, at: usize) -> Result<(), Fault> {
        let letter = self.source[at + 1..].chars().next();
        match letter {
            Some('Q') => {
                self.input.next();
                return self.quoted(at);
            }
            Some('A' | 'z') => self.atom(&self.source[at..at + 2]),
            Some('b') => self.atom(r"(?-u:\b)"),
            Some('B') => self.atom(r"(?-u:\B)"),
            Some(letter @ ('p' | 'P')) => {
                self.input.next();
                let class = unicode(&mut self.input, at, letter == 'P')?;
                self.atom(&class);
                return Ok(());
            }
            Some(letter) => match perl(letter) {
                Some((negated, inside)) => {
                    let class = format!("[{}{inside}]", if negated { "^" } else { "" });
                    self.atom(&class);
                }
                None => {
                    let c = escape(self.source, &mut self.input, at)?;
                    self.character(c);
                    return Ok(());
                }
            },
            None => return Err((at, "trailing backslash at end of expression: ``".to_owned())),
        }
        self.input.next();
        Ok(())
    }

    /// `\Q` takes everything as it is up to `\E` or the end.
    fn quoted(&mut self, at: usize) -> Result<(), Fault> {
        let body = &self.source[at + 2..];
        let len = body.find(r"\E").unwrap_or(body.len());
        let end = (at + 2 + len + 2).min(self.source.len());
        for c in body[..len].chars() {
            self.character(c);
        }
        while self.input.next_if(|&(next, _)| next < end).is_some() {}
        Ok(())
    }
}

/// Length of a counted repetition, its lower count, and its upper one: `None` for none, `Some(None)` for one too large.
type Counts = (usize, Option<u32>, Option<Option<u32>>);

fn counts(text: &str) -> Option<Counts> {
    let body = text.strip_prefix('{')?;
    let (low, rest) = count(body)?;
    if let Some(after) = rest.strip_prefix('}') {
        return Some((text.len() - after.len(), low, Some(low)));
    }
    let rest = rest.strip_prefix(',')?;
    if let Some(after) = rest.strip_prefix('}') {
        return Some((text.len() - after.len(), low, None));
    }
    let (high, rest) = count(rest)?;
    let after = rest.strip_prefix('}')?;
    Some((text.len() - after.len(), low, Some(high)))
}

/// Digits without a leading zero; `None` inside for a number that is too large to matter.
fn count(text: &str) -> Option<(Option<u32>, &str)> {
    let len = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at(len);
    if digits.is_empty() || (len > 1 && digits.starts_with('0')) {
        return None;
    }
    Some((digits.parse().ok().filter(|&count| count <= 100_000), rest))
}
