//! What all scalars share: runs of text, the pool, folded line breaks.

use crate::node::Style;
use crate::scan::Scanner;
use crate::scan::token::{Token, TokenKind};

/// The bytes at which a run of text ends.
pub(super) const fn table(stops: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut index = 0;
    while index < stops.len() {
        table[stops[index] as usize] = true;
        index += 1;
    }
    table
}

impl Scanner<'_> {
    pub(super) fn run_end(&self, mut at: usize, stops: &[bool; 256]) -> usize {
        let rest = self.chars.rest(at);
        at += rest.iter().position(|&b| stops[b as usize]).unwrap_or(rest.len());
        at
    }

    pub(super) fn pooled(&self, style: Style, start: usize, pool_start: usize) -> Token {
        let mut token = Token::new(TokenKind::Scalar, start, self.pos);
        token.style = style;
        token.in_pool = true;
        (token.a, token.b) = (pool_start as u32, self.pool.len() as u32);
        token
    }

    pub(super) fn borrowed(&self, style: Style, start: usize, end: usize, text: (usize, usize)) -> Token {
        let mut token = Token::new(TokenKind::Scalar, start, end);
        token.style = style;
        (token.a, token.b) = (text.0 as u32, text.1 as u32);
        token
    }

    /// Puts into the pool what the line breaks in `breaks` mean between two words: one becomes a space, of several
    /// the first is dropped.
    pub(super) fn fold_breaks(&mut self) {
        match self.breaks.strip_prefix('\n') {
            Some("") => self.pool.push(' '),
            Some(rest) => self.pool.push_str(rest),
            None => self.pool.push_str(&self.breaks),
        }
    }

    pub(super) fn skip_blanks(&mut self) {
        while self.chars.is_blank(self.pos) {
            self.pos += 1;
        }
    }
}
