//! Simple keys, which are known as keys only at their colon, and the stack of indentations.

use crate::scan::token::{Outcome, Problem, Token, TokenKind};
use crate::scan::{Scanner, depth_exceeded};

/// A place where a key without `?` may have begun.
#[derive(Clone, Copy, Debug)]
pub(super) struct SimpleKey {
    pub(super) possible: bool,
    pub(super) required: bool,
    pub(super) token: usize,
    pub(super) at: usize,
    pub(super) line: u32,
    pub(super) column: i32,
}

impl SimpleKey {
    pub(super) fn none(token: usize) -> Self {
        SimpleKey { possible: false, required: false, token, at: 0, line: 0, column: 0 }
    }
}

impl Scanner<'_> {
    /// Whether the key may still turn out to be one: on this line, at most 1,024 characters back.
    pub(super) fn key_is_valid(&mut self, index: usize) -> Outcome<bool> {
        let key = self.simple_keys[index];
        if !key.possible {
            return Ok(false);
        }
        if key.line < self.line || self.too_far(key.at) {
            if key.required {
                return Err(self.key_expected(key));
            }
            self.simple_keys[index].possible = false;
            return Ok(false);
        }
        Ok(true)
    }

    fn too_far(&self, from: usize) -> bool {
        let bytes = self.pos - from;
        bytes > 1024 && (bytes > 4 * 1024 + 4 || self.chars.count(from, self.pos) > 1024)
    }

    fn key_expected(&self, key: SimpleKey) -> Box<Problem> {
        Problem::new(key.at, "could not find expected ':'").fix("a line at this indentation must be `key: value`")
    }

    pub(super) fn save_simple_key(&mut self) -> Outcome {
        if self.simple_key_allowed {
            let required = self.flow_level == 0 && self.indent == self.column();
            self.remove_simple_key()?;
            *self.simple_keys.last_mut().expect("one per level") = SimpleKey {
                possible: true,
                required,
                token: self.tokens_taken + self.tokens.len(),
                at: self.pos,
                line: self.line,
                column: self.column(),
            };
        }
        Ok(())
    }

    pub(super) fn remove_simple_key(&mut self) -> Outcome {
        let key = self.simple_keys.last_mut().expect("one per level");
        if key.possible {
            if key.required {
                let key = *key;
                return Err(self.key_expected(key));
            }
            key.possible = false;
        }
        Ok(())
    }

    // Indentation

    /// Deeper than before: a block collection begins, before token `number` or at the end of the queue.
    pub(super) fn roll_indent(&mut self, column: i32, number: Option<usize>, kind: TokenKind, at: usize) -> Outcome {
        if self.flow_level > 0 || self.indent >= column {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = column;
        self.check_depth(at)?;
        let token = Token::new(kind, at, at);
        match number {
            Some(number) => self.tokens.insert(number.saturating_sub(self.tokens_taken), token),
            None => self.tokens.push(token),
        }
        Ok(())
    }

    pub(super) fn check_depth(&self, at: usize) -> Outcome {
        if self.indents.len() + self.flow_level > self.depth_limit {
            return Err(depth_exceeded(at, self.depth_limit));
        }
        Ok(())
    }

    /// Shallower than before: block collections end, before comments that belong to an outer one.
    pub(super) fn unroll_indent(&mut self, column: i32, scan_at: usize, mut place: usize) {
        if self.flow_level > 0 || self.indent <= column {
            return;
        }
        let mut end_at = scan_at.saturating_sub(1);
        let chain = self.remark_chain();
        while self.indent > column {
            if let Some(at) = self.foot_start(&chain, end_at) {
                // One column behind the `#`, as go-yaml counts here.
                (end_at, place) = (at, at + 1);
            }
            self.tokens.push(Token::end_at(TokenKind::BlockEnd, end_at, place));
            self.indent = self.indents.pop().expect("one per indentation");
        }
    }
}
