//! One token more: what each first character begins.

use crate::scan::Scanner;
use crate::scan::keys::SimpleKey;
use crate::scan::token::{Outcome, Problem, Token, TokenKind};

impl Scanner<'_> {
    pub(super) fn fetch_stream_end(&mut self) -> Outcome {
        let mut place = self.pos;
        if self.pos != self.line_start {
            // The end lies on a line of its own, though the text has no break before it.
            self.line_start = self.pos;
            self.line += 1;
            place += 1;
        }
        self.unroll_indent(-1, self.pos, place);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        self.tokens.push(Token::end_at(TokenKind::StreamEnd, self.pos, place));
        Ok(())
    }

    pub(super) fn fetch_directive(&mut self) -> Outcome {
        self.unroll_indent(-1, self.pos, self.pos);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_directive()?;
        self.tokens.push(token);
        Ok(())
    }

    pub(super) fn fetch_document_indicator(&mut self, kind: TokenKind) -> Outcome {
        self.unroll_indent(-1, self.pos, self.pos);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        self.tokens.push(Token::new(kind, self.pos, self.pos + 3));
        self.pos += 3;
        self.newlines = 0;
        Ok(())
    }

    fn push_indicator(&mut self, kind: TokenKind) {
        self.tokens.push(Token::new(kind, self.pos, self.pos + 1));
        self.skip();
    }

    pub(super) fn fetch_flow_start(&mut self, kind: TokenKind) -> Outcome {
        self.save_simple_key()?;
        self.simple_keys.push(SimpleKey::none(self.tokens_taken + self.tokens.len()));
        self.flow_level += 1;
        self.check_depth(self.pos)?;
        self.simple_key_allowed = true;
        self.push_indicator(kind);
        Ok(())
    }

    pub(super) fn fetch_flow_end(&mut self, kind: TokenKind) -> Outcome {
        self.remove_simple_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            self.simple_keys.pop();
        }
        self.simple_key_allowed = false;
        self.push_indicator(kind);
        Ok(())
    }

    pub(super) fn fetch_flow_entry(&mut self) -> Outcome {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.push_indicator(TokenKind::FlowEntry);
        Ok(())
    }

    pub(super) fn fetch_block_entry(&mut self) -> Outcome {
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return Err(Problem::new(self.pos, "block sequence entries are not allowed in this context")
                    .fix("begin the list on a line of its own"));
            }
            self.roll_indent(self.column(), None, TokenKind::BlockSequenceStart, self.pos)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.push_indicator(TokenKind::BlockEntry);
        Ok(())
    }

    pub(super) fn fetch_key(&mut self) -> Outcome {
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return Err(Problem::new(self.pos, "mapping keys are not allowed in this context"));
            }
            self.roll_indent(self.column(), None, TokenKind::BlockMappingStart, self.pos)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = self.flow_level == 0;
        self.push_indicator(TokenKind::Key);
        Ok(())
    }

    pub(super) fn fetch_value(&mut self) -> Outcome {
        let level = self.simple_keys.len() - 1;
        if self.key_is_valid(level)? {
            let key = self.simple_keys[level];
            let token = Token::new(TokenKind::Key, key.at, key.at);
            self.tokens.insert(key.token.saturating_sub(self.tokens_taken), token);
            self.roll_indent(key.column, Some(key.token), TokenKind::BlockMappingStart, key.at)?;
            self.simple_keys[level].possible = false;
            self.simple_key_allowed = false;
        } else {
            if self.flow_level == 0 {
                if !self.simple_key_allowed {
                    return Err(Problem::new(self.pos, "mapping values are not allowed in this context")
                        .fix("check the indentation of this line, or put a text that has `: ` in it in quotes"));
                }
                self.roll_indent(self.column(), None, TokenKind::BlockMappingStart, self.pos)?;
            }
            self.simple_key_allowed = self.flow_level == 0;
        }
        self.push_indicator(TokenKind::Value);
        Ok(())
    }

    pub(super) fn fetch_anchor(&mut self, kind: TokenKind) -> Outcome {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_anchor(kind)?;
        self.tokens.push(token);
        Ok(())
    }

    pub(super) fn fetch_tag(&mut self) -> Outcome {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_tag()?;
        self.tokens.push(token);
        Ok(())
    }

    pub(super) fn fetch_block_scalar(&mut self, literal: bool) -> Outcome {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        let token = self.scan_block_scalar(literal)?;
        self.tokens.push(token);
        Ok(())
    }

    pub(super) fn fetch_quoted(&mut self, single: bool) -> Outcome {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_quoted(single)?;
        self.tokens.push(token);
        Ok(())
    }

    pub(super) fn fetch_plain(&mut self) -> Outcome {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_plain()?;
        self.tokens.push(token);
        Ok(())
    }
}
