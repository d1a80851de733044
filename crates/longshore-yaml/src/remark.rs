//! Comments as the scanner meets them: which text, above, behind or below, and which token they wait for.
//!
//! The rules are go-yaml v3's, odd corners included: a block of comment lines is split where its column drops below
//! the current indentation, looks ahead at most 512 bytes, and goes below the former content only when it begins on
//! the line right after it and a blank line follows.

use std::collections::BTreeMap;

use crate::scan::{Outcome, Problem, Scanner, TokenKind};

/// Bytes of blanks and breaks behind a comment that are searched for its continuation.
const LOOKAHEAD: usize = 512;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Head,
    Line,
    Foot,
}

/// One comment on its way to a node. Offsets are bytes; columns count from 1, 0 is none.
#[derive(Clone, Debug)]
pub(crate) struct Remark {
    pub(crate) place: Place,
    pub(crate) text: String,
    /// Handed out when a token at or behind this offset is peeked.
    pub(crate) token_at: usize,
    /// Where the search that found it began; the end of the comment before it when nothing lies between.
    scan_at: usize,
    start_at: usize,
    start_line: u32,
    start_column: i32,
    end_at: usize,
}

/// The comments at the end of the queue with nothing in between, as far as a block end may move before them.
pub(crate) struct Chain {
    last_end: usize,
    /// First comment at each column.
    starts: BTreeMap<i32, usize>,
}

impl Scanner<'_> {
    fn push_remark(&mut self, remark: Remark) -> Outcome {
        self.remark_count += 1;
        if self.remark_count > self.remark_limit {
            let message = format!("exceeded max count of {} comments", self.remark_limit);
            return Err(Problem::new(remark.start_at, message).fix("raise the limit `comments` if the text is trusted"));
        }
        self.remarks.push_back(remark);
        Ok(())
    }

    /// The comments at the end of the queue that follow each other without a gap.
    pub(crate) fn remark_chain(&self) -> Chain {
        let mut chain = Chain { last_end: 0, starts: BTreeMap::new() };
        let mut stop = None;
        for remark in self.remarks.iter().rev() {
            match stop {
                None => chain.last_end = remark.end_at,
                Some(stop) if remark.end_at < stop => break,
                Some(_) => {}
            }
            chain.starts.insert(remark.start_column, remark.start_at);
            stop = Some(remark.scan_at);
        }
        chain
    }

    /// Where the comments begin before which the current block ends: those at the block's own indentation.
    pub(crate) fn foot_start(&self, chain: &Chain, end_at: usize) -> Option<usize> {
        if chain.last_end < end_at {
            return None;
        }
        chain.starts.get(&(self.indent + 1)).copied()
    }

    /// A comment behind the first dash of a list stands above what follows.
    pub(crate) fn lift_dash_comment(&mut self) {
        let count = self.tokens.len();
        let opens_list = count > 1
            && self.tokens.get(count - 2).kind == TokenKind::BlockSequenceStart
            && self.tokens.get(count - 1).kind == TokenKind::BlockEntry;
        if !opens_list || self.chars.is_break(self.pos) {
            return;
        }
        let (pos, line) = (self.pos, self.line);
        if let Some(remark) = self.remarks.back_mut()
            && remark.place == Place::Line
        {
            remark.place = Place::Head;
            if remark.start_line + 1 == line {
                remark.token_at = pos;
            }
        }
    }

    /// A comment behind a token, on its line.
    #[inline]
    pub(crate) fn scan_line_comment(&mut self, token_at: usize) -> Outcome {
        if self.newlines > 0 {
            return Ok(());
        }
        let mut at = self.pos;
        while self.chars.is_blank(at) && at < self.pos + LOOKAHEAD {
            at += 1;
        }
        if self.chars.at(at) != b'#' || at >= self.pos + LOOKAHEAD {
            return Ok(());
        }
        let end = self.chars.line_end(at);
        let remark = Remark {
            place: Place::Line,
            text: self.chars.slice(at, end).to_owned(),
            token_at,
            scan_at: 0,
            start_at: at,
            start_line: self.line,
            start_column: (at - self.line_start) as i32,
            end_at: 0,
        };
        self.pos = end;
        self.newlines = 0;
        self.push_remark(remark)
    }

    /// Comments on lines of their own, from the `#` here up to the next content.
    pub(crate) fn scan_comments(&mut self, scan_at: usize, scan_line: u32) -> Outcome {
        let mut former = *self.tokens.back().expect("the queue holds two tokens");
        if former.kind == TokenKind::FlowEntry && self.tokens.len() > 1 {
            former = *self.tokens.get(self.tokens.len() - 2);
        }
        let indent = self.indent.max(0);
        let mut gather = Gather {
            text: String::new(),
            scan_at,
            token_at: former.start as usize,
            start_at: 0,
            start_line: 0,
            start_column: 0,
        };
        let after_colon = former.kind == TokenKind::Value;
        let mut recent_empty = false;
        let mut first_empty = self.newlines <= 1;
        let (mut line, mut column) = (self.line, self.column());
        // Where a comment must begin to belong to the content before it.
        let foot_line = match scan_line {
            0 => None,
            _ if self.newlines == 0 && self.column() > 1 => Some(self.line + 2),
            _ => Some(self.line + 1 - self.newlines),
        };
        let mut peek = 0;
        while peek < LOOKAHEAD {
            column += 1;
            let mut at = self.pos + peek;
            if self.chars.is_blank(at) {
                peek += 1;
                continue;
            }
            if self.chars.merge_crlf && self.chars.at(at) == b'\r' && self.chars.at(at + 1) == b'\n' {
                peek += 1;
                at += 1;
            }
            let c = self.chars.at(at);
            let closes = self.flow_level > 0 && matches!(c, b']' | b'}');
            if closes || self.chars.is_breakz(at) {
                if closes || !recent_empty {
                    let dedented = gather.start_column - 1 < indent;
                    let right_below = Some(gather.start_line) == foot_line && !after_colon;
                    if closes || first_empty && (right_below || dedented) {
                        if !gather.text.is_empty() {
                            if dedented {
                                gather.token_at = gather.start_at;
                            }
                            let remark = gather.cut(Place::Foot, at);
                            self.push_remark(remark)?;
                        }
                    } else if !gather.text.is_empty() && c != 0 {
                        gather.text.push('\n');
                    }
                }
                if !self.chars.is_break(at) {
                    break;
                }
                first_empty = false;
                recent_empty = true;
                column = 0;
                line += 1;
                peek += 1;
                continue;
            }
            if !gather.text.is_empty() && column - 1 < indent && column != gather.start_column {
                let remark = gather.cut(Place::Foot, at);
                self.push_remark(remark)?;
            }
            if c != b'#' {
                break;
            }
            if gather.text.is_empty() {
                (gather.start_at, gather.start_line, gather.start_column) = (at, line, column);
            } else {
                gather.text.push('\n');
            }
            recent_empty = false;
            self.consume_comment_line(at, &mut gather.text);
            // The break here is stepped over uncounted; so the next line still has this one's number.
            peek = if self.chars.merge_crlf { self.chars.break_len(self.pos).max(1) } else { 1 };
            column = 0;
            line = self.line;
        }
        if !gather.text.is_empty() {
            gather.token_at = gather.start_at;
            let end = (self.pos + peek).saturating_sub(1);
            let remark = gather.cut(Place::Head, end);
            self.push_remark(remark)?;
        }
        Ok(())
    }

    /// Steps to `at`, over blanks and breaks, and takes the comment there up to the end of its line.
    fn consume_comment_line(&mut self, at: usize, text: &mut String) {
        while self.pos < at {
            match self.chars.break_len(self.pos) {
                0 => self.pos += 1,
                _ => self.skip_line(),
            }
        }
        let end = self.chars.line_end(at);
        text.push_str(self.chars.slice(at, end));
        self.pos = end;
        self.newlines = 0;
    }
}

/// The comment that is being gathered.
struct Gather {
    text: String,
    scan_at: usize,
    token_at: usize,
    start_at: usize,
    start_line: u32,
    start_column: i32,
}

impl Gather {
    /// Ends the comment; the next one begins to look where this one ended.
    fn cut(&mut self, place: Place, end_at: usize) -> Remark {
        let remark = Remark {
            place,
            text: std::mem::take(&mut self.text),
            token_at: self.token_at,
            scan_at: self.scan_at,
            start_at: self.start_at,
            start_line: self.start_line,
            start_column: self.start_column,
            end_at,
        };
        self.scan_at = end_at;
        self.token_at = end_at;
        remark
    }
}
