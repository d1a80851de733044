//! Anchors, aliases, tags, and the directives that define tags.

use crate::scan::Scanner;
use crate::scan::token::{Outcome, Problem, TagParts, Token, TokenKind};

fn is_word(c: u8) -> bool {
    c.is_ascii_alphanumeric() || c == b'_' || c == b'-'
}

impl Scanner<'_> {
    fn word_end(&self, mut at: usize) -> usize {
        while is_word(self.chars.at(at)) {
            at += 1;
        }
        at
    }

    pub(crate) fn scan_anchor(&mut self, kind: TokenKind) -> Outcome<Token> {
        let start = self.pos;
        let end = self.word_end(start + 1);
        let ends_well = matches!(self.chars.at(end), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if end == start + 1 || !(ends_well || self.chars.is_blankz(end)) {
            return Err(Problem::new(end, "did not find expected alphabetic or numeric character")
                .fix("put a text that begins with & or * in quotes"));
        }
        self.pos = end;
        self.newlines = 0;
        let mut token = Token::new(kind, start, end);
        (token.a, token.b) = (start as u32 + 1, end as u32);
        Ok(token)
    }

    fn tag_token(&mut self, kind: TokenKind, start: usize, parts: TagParts) -> Token {
        let mut token = Token::new(kind, start, self.pos);
        token.a = self.tags.len() as u32;
        self.tags.push(parts);
        self.newlines = 0;
        token
    }

    pub(crate) fn scan_tag(&mut self) -> Outcome<Token> {
        let start = self.pos;
        let mut parts = TagParts::default();
        if self.chars.at(start + 1) == b'<' {
            self.pos += 2;
            parts.suffix = self.tag_uri("")?;
            if self.here() != b'>' {
                return Err(Problem::new(self.pos, "did not find the expected '>'"));
            }
            self.pos += 1;
        } else {
            parts.handle = self.tag_handle(false)?;
            if parts.handle.len() > 1 && parts.handle.ends_with('!') {
                parts.suffix = self.tag_uri("")?;
            } else {
                parts.suffix = self.tag_uri(&parts.handle)?;
                parts.handle = "!".to_owned();
                if parts.suffix.is_empty() {
                    std::mem::swap(&mut parts.handle, &mut parts.suffix);
                }
            }
        }
        if !self.chars.is_blankz(self.pos) {
            return Err(Problem::new(self.pos, "did not find expected whitespace or line break")
                .fix("put a text that begins with ! in quotes"));
        }
        Ok(self.tag_token(TokenKind::Tag, start, parts))
    }

    /// `!`, `!word` or `!word!`.
    fn tag_handle(&mut self, directive: bool) -> Outcome<String> {
        let start = self.pos;
        if self.here() != b'!' {
            return Err(Problem::new(start, "did not find expected '!'"));
        }
        let mut end = self.word_end(start + 1);
        if self.chars.at(end) == b'!' {
            end += 1;
        } else if directive && end != start + 1 {
            return Err(Problem::new(end, "did not find expected '!'"));
        }
        self.pos = end;
        Ok(self.chars.slice(start, end).to_owned())
    }

    /// The rest of a tag; `head` is what was already taken of it, with its `!`.
    fn tag_uri(&mut self, head: &str) -> Outcome<String> {
        let mut uri = head.get(1..).unwrap_or_default().as_bytes().to_vec();
        let start = self.pos;
        loop {
            match self.here() {
                b'%' => self.uri_escape(&mut uri)?,
                c if is_word(c) || b";/?:@&=+$,.!~*'()[]".contains(&c) => {
                    uri.push(c);
                    self.pos += 1;
                }
                _ => break,
            }
        }
        if head.is_empty() && self.pos == start {
            return Err(Problem::new(self.pos, "did not find expected tag URI"));
        }
        String::from_utf8(uri).map_err(|_| Problem::new(start, "found an incorrect trailing UTF-8 octet"))
    }

    /// One character written as `%` and two digits for each of its octets.
    fn uri_escape(&mut self, uri: &mut Vec<u8>) -> Outcome {
        let mut left = 0;
        loop {
            let octet = match self.chars.rest(self.pos) {
                [b'%', high, low, ..] => std::str::from_utf8(&[*high, *low])
                    .ok()
                    .filter(|text| text.bytes().all(|c| c.is_ascii_hexdigit()))
                    .and_then(|text| u8::from_str_radix(text, 16).ok()),
                _ => None,
            };
            let Some(octet) = octet else {
                return Err(Problem::new(self.pos, "did not find URI escaped octet"));
            };
            if left == 0 {
                left = match octet {
                    0..0x80 => 1,
                    0xC0..0xE0 => 2,
                    0xE0..0xF0 => 3,
                    0xF0..0xF8 => 4,
                    _ => return Err(Problem::new(self.pos, "found an incorrect leading UTF-8 octet")),
                };
            } else if octet & 0xC0 != 0x80 {
                return Err(Problem::new(self.pos, "found an incorrect trailing UTF-8 octet"));
            }
            uri.push(octet);
            self.pos += 3;
            left -= 1;
            if left == 0 {
                return Ok(());
            }
        }
    }

    pub(crate) fn scan_directive(&mut self) -> Outcome<Token> {
        let start = self.pos;
        self.newlines = 0;
        let name_end = (start + 1..).find(|&at| !is_word(self.chars.at(at))).unwrap_or(start + 1);
        if name_end == start + 1 {
            return Err(Problem::new(name_end, "could not find expected directive name"));
        }
        if !self.chars.is_blankz(name_end) {
            return Err(Problem::new(name_end, "found unexpected non-alphabetical character"));
        }
        self.pos = name_end;
        self.skip_blanks();
        let token = match self.chars.slice(start + 1, name_end) {
            "YAML" => self.version_directive(start)?,
            "TAG" => self.tag_directive(start)?,
            _ => {
                return Err(
                    Problem::new(start, "found unknown directive name").fix("put a text that begins with % in quotes")
                );
            }
        };
        self.skip_blanks();
        if self.here() == b'#' {
            self.pos = self.chars.line_end(self.pos);
        }
        if !self.chars.is_breakz(self.pos) {
            return Err(Problem::new(self.pos, "did not find expected comment or line break"));
        }
        if self.chars.is_break(self.pos) {
            self.skip_line();
        }
        Ok(token)
    }

    fn version_directive(&mut self, start: usize) -> Outcome<Token> {
        let handle = self.version_number()?;
        if self.here() != b'.' {
            return Err(Problem::new(self.pos, "did not find expected digit or '.' character"));
        }
        self.pos += 1;
        let suffix = self.version_number()?;
        Ok(self.tag_token(TokenKind::VersionDirective, start, TagParts { handle, suffix }))
    }

    /// A number of at most two digits, without leading zeros.
    fn version_number(&mut self) -> Outcome<String> {
        let start = self.pos;
        while self.here().is_ascii_digit() {
            self.pos += 1;
            if self.pos - start > 2 {
                return Err(Problem::new(start, "found extremely long version number"));
            }
        }
        let digits = self.chars.slice(start, self.pos);
        match digits.parse::<u8>() {
            Ok(number) => Ok(number.to_string()),
            Err(_) => Err(Problem::new(start, "did not find expected version number")),
        }
    }

    fn tag_directive(&mut self, start: usize) -> Outcome<Token> {
        let handle = self.tag_handle(true)?;
        if !self.chars.is_blank(self.pos) {
            return Err(Problem::new(self.pos, "did not find expected whitespace"));
        }
        self.skip_blanks();
        let suffix = self.tag_uri("")?;
        if !self.chars.is_blankz(self.pos) {
            return Err(Problem::new(self.pos, "did not find expected whitespace or line break"));
        }
        Ok(self.tag_token(TokenKind::TagDirective, start, TagParts { handle, suffix }))
    }
}
