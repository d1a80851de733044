//! Text in quotes, its escapes and folded lines.

use crate::node::Style;
use crate::scan::Scanner;
use crate::scan::text::table;
use crate::scan::token::{Outcome, Problem, Token};

static SINGLE: [bool; 256] = table(b" \t\r\n\0'\xC2\xE2");
static DOUBLE: [bool; 256] = table(b" \t\r\n\0\"\\\xC2\xE2");
/// The same for a quoted text on one line, where blanks are text.
static SINGLE_LINE: [bool; 256] = table(b"\r\n\0'\xC2\xE2");
static DOUBLE_LINE: [bool; 256] = table(b"\r\n\0\"\\\xC2\xE2");

impl Scanner<'_> {
    pub(crate) fn scan_quoted(&mut self, single: bool) -> Outcome<Token> {
        let start = self.pos;
        let (quote, style, stops) = match single {
            true => (b'\'', Style::SingleQuoted, &SINGLE_LINE),
            false => (b'"', Style::DoubleQuoted, &DOUBLE_LINE),
        };
        let mut end = start + 1;
        loop {
            end = self.run_end(end, stops);
            if !matches!(self.chars.at(end), 0xC2 | 0xE2) || self.chars.is_break(end) {
                break;
            }
            end += 1;
        }
        self.newlines = 0;
        if self.chars.at(end) == quote && !(single && self.chars.at(end + 1) == quote) {
            self.pos = end + 1;
            return Ok(self.borrowed(style, start, end + 1, (start + 1, end)));
        }
        self.pos = start + 1;
        let pool_start = self.pool.len();
        self.cook_quoted(start, single, quote)?;
        Ok(self.pooled(style, start, pool_start))
    }

    /// A quoted text that differs from its source, into the pool.
    fn cook_quoted(&mut self, start: usize, single: bool, quote: u8) -> Outcome {
        let stops = if single { &SINGLE } else { &DOUBLE };
        loop {
            if self.at_document_indicator() {
                return Err(Problem::new(self.pos, "found unexpected document indicator").fix("close the quotes above"));
            }
            if self.pos >= self.chars.len() {
                return Err(Problem::new(start, "found unexpected end of stream").fix("close the quotes"));
            }
            let mut leading_blanks = false;
            while !self.chars.is_blankz(self.pos) {
                let run = self.run_end(self.pos, stops);
                self.pool.push_str(self.chars.slice(self.pos, run));
                self.pos = run;
                self.newlines = 0;
                match self.here() {
                    b'\'' if single && self.chars.at(run + 1) == b'\'' => {
                        self.pool.push('\'');
                        self.pos += 2;
                    }
                    c if c == quote => break,
                    b'\\' if !single && self.chars.is_break(run + 1) => {
                        self.pos += 1;
                        self.skip_line();
                        leading_blanks = true;
                        break;
                    }
                    b'\\' if !single => self.escape()?,
                    0xC2 | 0xE2 if !self.chars.is_break(run) => self.copy_char(),
                    _ => {}
                }
            }
            if self.here() == quote {
                break;
            }
            self.quoted_blanks(leading_blanks);
        }
        self.pos += 1;
        self.newlines = 0;
        Ok(())
    }

    fn copy_char(&mut self) {
        let len = if self.here() == 0xC2 { 2 } else { 3 };
        self.pool.push_str(self.chars.slice(self.pos, self.pos + len));
        self.pos += len;
    }

    /// Steps over blanks and breaks inside quotes and puts what they mean into the pool.
    fn quoted_blanks(&mut self, escaped_break: bool) {
        let blanks = self.pos;
        let mut leading = escaped_break;
        self.breaks.clear();
        loop {
            if self.chars.is_blank(self.pos) {
                self.pos += 1;
            } else if self.chars.is_break(self.pos) {
                self.breaks.push_str(self.chars.break_text(self.pos));
                self.skip_line();
                leading = true;
            } else {
                break;
            }
        }
        match leading {
            false => self.pool.push_str(self.chars.slice(blanks, self.pos)),
            true if escaped_break => self.pool.push_str(&self.breaks),
            true => self.fold_breaks(),
        }
    }

    fn escape(&mut self) -> Outcome {
        let digits = match self.chars.at(self.pos + 1) {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            c => {
                let Some(meant) = simple_escape(c) else {
                    return Err(Problem::new(self.pos, "found unknown escape character")
                        .fix("write a backslash as \\\\, or use single quotes"));
                };
                self.pool.push(meant);
                self.pos += 2;
                return Ok(());
            }
        };
        let text = self.chars.rest(self.pos + 2).get(..digits).unwrap_or_default();
        if text.is_empty() || !text.iter().all(u8::is_ascii_hexdigit) {
            return Err(Problem::new(self.pos, "did not find expected hexadecimal number"));
        }
        let value = text.iter().fold(0u32, |value, &c| value << 4 | (c as char).to_digit(16).unwrap_or(0));
        let Some(meant) = char::from_u32(value) else {
            return Err(Problem::new(self.pos, "found invalid Unicode character escape code"));
        };
        self.pool.push(meant);
        self.pos += 2 + digits;
        Ok(())
    }
}

fn simple_escape(c: u8) -> Option<char> {
    Some(match c {
        b'0' => '\0',
        b'a' => '\x07',
        b'b' => '\x08',
        b't' | b'\t' => '\t',
        b'n' => '\n',
        b'v' => '\x0B',
        b'f' => '\x0C',
        b'r' => '\r',
        b'e' => '\x1B',
        b' ' => ' ',
        b'"' => '"',
        b'\'' => '\'',
        b'\\' => '\\',
        b'N' => '\u{85}',
        b'_' => '\u{A0}',
        b'L' => '\u{2028}',
        b'P' => '\u{2029}',
        _ => return None,
    })
}
