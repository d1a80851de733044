//! Text without quotes, on one line or several.

use crate::node::Style;
use crate::scan::Scanner;
use crate::scan::text::table;
use crate::scan::token::{Outcome, Problem, Token};

/// Where a run of plain text must be looked at more closely; 0xC2 and 0xE2 may begin a line break.
static PLAIN_BLOCK: [bool; 256] = table(b" \t\r\n\0:\xC2\xE2");
static PLAIN_FLOW: [bool; 256] = table(b" \t\r\n\0:,?[]{}\xC2\xE2");

impl Scanner<'_> {
    pub(crate) fn scan_plain(&mut self) -> Outcome<Token> {
        let (start, indent) = (self.pos, self.indent + 1);
        let mut end = start;
        let mut pooled = None;
        let mut after_break = false;
        loop {
            if self.at_document_indicator() || self.here() == b'#' {
                break;
            }
            let from = self.pos;
            let to = self.plain_line();
            if to > from {
                self.newlines = 0;
                if after_break {
                    let pool_start = *pooled.get_or_insert_with(|| {
                        let pool_start = self.pool.len();
                        self.pool.push_str(self.chars.slice(start, end));
                        pool_start
                    });
                    debug_assert!(pool_start <= self.pool.len());
                    self.fold_breaks();
                    self.pool.push_str(self.chars.slice(from, to));
                    after_break = false;
                }
                end = to;
                // Blanks were stepped over that do not reset the count.
                self.newlines = 0;
            }
            if !self.chars.is_break(self.pos) {
                break;
            }
            self.plain_breaks(&mut after_break, indent)?;
            if self.flow_level == 0 && self.column() < indent {
                break;
            }
        }
        if after_break {
            self.simple_key_allowed = true;
        }
        Ok(match pooled {
            None => self.borrowed(Style::Plain, start, end, (start, end)),
            Some(pool_start) => Token { end: end as u32, ..self.pooled(Style::Plain, start, pool_start) },
        })
    }

    /// Steps over the text on this line and the blanks behind it; gives the end of the text.
    #[inline]
    fn plain_line(&mut self) -> usize {
        let stops = if self.flow_level > 0 { &PLAIN_FLOW } else { &PLAIN_BLOCK };
        let mut end = self.pos;
        let mut at = self.pos;
        loop {
            let run = self.run_end(at, stops);
            if run > at {
                end = run;
                at = run;
            }
            match self.chars.at(at) {
                b' ' | b'\t' => {
                    while self.chars.is_blank(at) {
                        at += 1;
                    }
                    if self.chars.at(at) == b'#' {
                        break;
                    }
                }
                b':' if !self.chars.is_blankz(at + 1) => {
                    at += 1;
                    end = at;
                }
                0xC2 | 0xE2 if !self.chars.is_break(at) => {
                    at += 1;
                    end = at;
                }
                _ => break,
            }
        }
        self.pos = at;
        end
    }

    /// Steps over line breaks and indentation after plain text; `breaks` keeps what they mean.
    fn plain_breaks(&mut self, after_break: &mut bool, indent: i32) -> Outcome {
        self.breaks.clear();
        loop {
            match self.here() {
                b'\t' if self.column() < indent => {
                    return Err(Problem::new(self.pos, "found a tab character that violates indentation")
                        .fix("indent with spaces, not with a tab"));
                }
                b' ' | b'\t' => self.pos += 1,
                _ if self.chars.is_break(self.pos) => {
                    self.breaks.push_str(self.chars.break_text(self.pos));
                    self.skip_line();
                    *after_break = true;
                }
                _ => return Ok(()),
            }
        }
    }
}
