//! Block scalars: header, indentation, chomping.

use crate::node::Style;
use crate::scan::Scanner;
use crate::scan::token::{Outcome, Problem, Token};

impl Scanner<'_> {
    pub(crate) fn scan_block_scalar(&mut self, literal: bool) -> Outcome<Token> {
        let start = self.pos;
        self.pos += 1;
        self.newlines = 0;
        let (chomping, increment) = self.block_header(start)?;
        self.skip_blanks();
        if self.here() == b'#' {
            self.scan_line_comment(start)?;
        }
        if !self.chars.is_breakz(self.pos) {
            return Err(Problem::new(self.pos, "did not find expected comment or line break")
                .fix("begin the text of the block scalar on the next line"));
        }
        if self.chars.is_break(self.pos) {
            self.skip_line();
        }
        let mut end = self.pos;
        let mut indent = if increment > 0 { self.indent.max(0) + increment } else { 0 };
        let pool_start = self.pool.len();
        self.breaks.clear();
        self.block_breaks(&mut indent, &mut end)?;
        // The break behind the line before; `breaks` holds those of the empty lines after it.
        let mut leading_break = "";
        let mut leading_blank = false;
        while self.column() == indent && self.pos < self.chars.len() {
            let blank = self.chars.is_blank(self.pos);
            if !literal && !leading_blank && !blank && leading_break == "\n" {
                if self.breaks.is_empty() {
                    self.pool.push(' ');
                }
            } else {
                self.pool.push_str(leading_break);
            }
            self.pool.push_str(&self.breaks);
            self.breaks.clear();
            leading_blank = blank;
            leading_break = self.block_line();
            self.block_breaks(&mut indent, &mut end)?;
        }
        if chomping != Chomp::Strip {
            self.pool.push_str(leading_break);
        }
        if chomping == Chomp::Keep {
            self.pool.push_str(&self.breaks);
        }
        let style = if literal { Style::Literal } else { Style::Folded };
        Ok(Token { end: end as u32, ..self.pooled(style, start, pool_start) })
    }

    /// Takes one line of text into the pool, and gives its line break.
    #[inline]
    fn block_line(&mut self) -> &'static str {
        let end = self.chars.line_end(self.pos);
        let text = self.chars.slice(self.pos, end);
        self.pool.push_str(text);
        if text.bytes().any(|b| b != b' ' && b != b'\t') {
            self.newlines = 0;
        }
        self.pos = end;
        if self.pos >= self.chars.len() {
            return "";
        }
        let meant = self.chars.break_text(self.pos);
        self.skip_line();
        meant
    }

    /// Chomping and indentation indicator, in either order.
    fn block_header(&mut self, start: usize) -> Outcome<(Chomp, i32)> {
        let (mut chomping, mut increment) = (Chomp::Clip, 0);
        for _ in 0..2 {
            match self.here() {
                c @ (b'+' | b'-') if chomping == Chomp::Clip => {
                    chomping = if c == b'+' { Chomp::Keep } else { Chomp::Strip };
                }
                b'0' if increment == 0 => {
                    return Err(Problem::new(self.pos, "found an indentation indicator equal to 0"));
                }
                c @ b'1'..=b'9' if increment == 0 => increment = i32::from(c - b'0'),
                _ => break,
            }
            self.pos += 1;
        }
        debug_assert!(start < self.pos);
        Ok((chomping, increment))
    }

    /// Steps over empty lines and the indentation after them; finds out the indentation where it is 0.
    fn block_breaks(&mut self, indent: &mut i32, end: &mut usize) -> Outcome {
        *end = self.pos;
        let mut widest = 0;
        loop {
            while (*indent == 0 || self.column() < *indent) && self.here() == b' ' {
                self.pos += 1;
            }
            widest = widest.max(self.column());
            if (*indent == 0 || self.column() < *indent) && self.here() == b'\t' {
                return Err(Problem::new(self.pos, "found a tab character where an indentation space is expected")
                    .fix("indent with spaces, not with a tab"));
            }
            if !self.chars.is_break(self.pos) {
                break;
            }
            self.breaks.push_str(self.chars.break_text(self.pos));
            self.skip_line();
            *end = self.pos;
        }
        if *indent == 0 {
            *indent = widest.max(self.indent + 1).max(1);
        }
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomp {
    Clip,
    Strip,
    Keep,
}
