//! The scanner's part for what carries text: plain, quoted and block scalars, anchors, tags, directives.

use crate::node::Style;
use crate::scan::{Outcome, Problem, Scanner, TagParts, Token, TokenKind};

const fn table(stops: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut index = 0;
    while index < stops.len() {
        table[stops[index] as usize] = true;
        index += 1;
    }
    table
}

/// Where a run of plain text must be looked at more closely; 0xC2 and 0xE2 may begin a line break.
static PLAIN_BLOCK: [bool; 256] = table(b" \t\r\n\0:\xC2\xE2");
static PLAIN_FLOW: [bool; 256] = table(b" \t\r\n\0:,?[]{}\xC2\xE2");
static SINGLE: [bool; 256] = table(b" \t\r\n\0'\xC2\xE2");
static DOUBLE: [bool; 256] = table(b" \t\r\n\0\"\\\xC2\xE2");
/// The same for a quoted text on one line, where blanks are text.
static SINGLE_LINE: [bool; 256] = table(b"\r\n\0'\xC2\xE2");
static DOUBLE_LINE: [bool; 256] = table(b"\r\n\0\"\\\xC2\xE2");

fn is_word(c: u8) -> bool {
    c.is_ascii_alphanumeric() || c == b'_' || c == b'-'
}

impl Scanner<'_> {
    fn run_end(&self, mut at: usize, stops: &[bool; 256]) -> usize {
        let rest = self.chars.rest(at);
        at += rest.iter().position(|&b| stops[b as usize]).unwrap_or(rest.len());
        at
    }

    fn pooled(&self, style: Style, start: usize, pool_start: usize) -> Token {
        let mut token = Token::new(TokenKind::Scalar, start, self.pos);
        token.style = style;
        token.in_pool = true;
        (token.a, token.b) = (pool_start as u32, self.pool.len() as u32);
        token
    }

    fn borrowed(&self, style: Style, start: usize, end: usize, text: (usize, usize)) -> Token {
        let mut token = Token::new(TokenKind::Scalar, start, end);
        token.style = style;
        (token.a, token.b) = (text.0 as u32, text.1 as u32);
        token
    }

    // Plain

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

    /// Puts into the pool what the line breaks in `breaks` mean between two words: one becomes a space, of several
    /// the first is dropped.
    fn fold_breaks(&mut self) {
        match self.breaks.strip_prefix('\n') {
            Some("") => self.pool.push(' '),
            Some(rest) => self.pool.push_str(rest),
            None => self.pool.push_str(&self.breaks),
        }
    }

    // Quoted

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

    // Block

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

    fn skip_blanks(&mut self) {
        while self.chars.is_blank(self.pos) {
            self.pos += 1;
        }
    }

    // Anchors, tags, directives

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

#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomp {
    Clip,
    Strip,
    Keep,
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
