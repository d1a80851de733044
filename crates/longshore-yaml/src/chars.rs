//! The classes of characters that the scanner asks for, over bytes that may be read past their end.

use memchr::{memchr2, memmem};

/// The bytes of one stream. Past the end lies an endless row of zeros.
#[derive(Clone, Copy)]
pub(crate) struct Chars<'s> {
    bytes: &'s [u8],
    /// NEL, LS or PS occur, which are line breaks too.
    exotic: bool,
    /// A CR LF is one break also where comments are weighed, as if the CR were not there.
    pub(crate) merge_crlf: bool,
}

impl<'s> Chars<'s> {
    /// Everything before `end`; `exotic` as [`has_exotic_breaks`] gives it.
    pub(crate) fn new(bytes: &'s [u8], exotic: bool, merge_crlf: bool) -> Self {
        Chars { bytes, exotic, merge_crlf }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    #[inline]
    pub(crate) fn at(&self, index: usize) -> u8 {
        self.bytes.get(index).copied().unwrap_or(0)
    }

    #[inline]
    pub(crate) fn rest(&self, from: usize) -> &'s [u8] {
        self.bytes.get(from..).unwrap_or_default()
    }

    #[inline]
    pub(crate) fn slice(&self, from: usize, to: usize) -> &'s str {
        // Boundaries are found at ASCII characters, so the slice is whole characters.
        std::str::from_utf8(self.bytes.get(from..to).unwrap_or_default()).unwrap_or_default()
    }

    /// Characters between two offsets.
    pub(crate) fn count(&self, from: usize, to: usize) -> usize {
        self.bytes[from..to].iter().filter(|&&b| b & 0xC0 != 0x80).count()
    }

    #[inline]
    pub(crate) fn is_blank(&self, index: usize) -> bool {
        matches!(self.at(index), b' ' | b'\t')
    }

    #[inline]
    pub(crate) fn is_break(&self, index: usize) -> bool {
        match self.at(index) {
            b'\n' | b'\r' => true,
            0xC2 | 0xE2 => self.exotic && self.exotic_len(index) > 0,
            _ => false,
        }
    }

    /// A blank, a break or the end.
    #[inline]
    pub(crate) fn is_blankz(&self, index: usize) -> bool {
        matches!(self.at(index), b' ' | b'\t' | 0) || self.is_break(index)
    }

    /// A break or the end.
    #[inline]
    pub(crate) fn is_breakz(&self, index: usize) -> bool {
        self.at(index) == 0 || self.is_break(index)
    }

    pub(crate) fn is_bom(&self, index: usize) -> bool {
        self.at(index) == 0xEF && self.rest(index).starts_with("\u{feff}".as_bytes())
    }

    /// Bytes of the line break here; 0 where there is none.
    #[inline]
    pub(crate) fn break_len(&self, index: usize) -> usize {
        match self.at(index) {
            b'\n' => 1,
            b'\r' if self.at(index + 1) == b'\n' => 2,
            b'\r' => 1,
            0xC2 | 0xE2 if self.exotic => self.exotic_len(index),
            _ => 0,
        }
    }

    /// What the line break here means in a value: LF, but LS and PS mean themselves.
    #[inline]
    pub(crate) fn break_text(&self, index: usize) -> &'static str {
        match self.rest(index) {
            [0xE2, 0x80, 0xA8, ..] => "\u{2028}",
            [0xE2, 0x80, 0xA9, ..] => "\u{2029}",
            _ => "\n",
        }
    }

    fn exotic_len(&self, index: usize) -> usize {
        match self.rest(index) {
            [0xC2, 0x85, ..] => 2,
            [0xE2, 0x80, 0xA8 | 0xA9, ..] => 3,
            _ => 0,
        }
    }

    /// The first break or end from here on.
    #[inline]
    pub(crate) fn line_end(&self, from: usize) -> usize {
        let rest = self.rest(from);
        if self.exotic {
            return (from..self.len()).find(|&index| self.is_break(index)).unwrap_or(self.len());
        }
        from + memchr2(b'\n', b'\r', rest).unwrap_or(rest.len())
    }
}

/// Whether NEL, LS or PS occur.
pub(crate) fn has_exotic_breaks(bytes: &[u8]) -> bool {
    memmem::find(bytes, "\u{85}".as_bytes()).is_some()
        || memmem::find_iter(bytes, b"\xE2\x80").any(|at| matches!(bytes.get(at + 2), Some(0xA8 | 0xA9)))
}

/// Offset of the first character that YAML does not allow: controls but TAB, LF, CR and NEL, and U+FFFE, U+FFFF.
pub(crate) fn find_forbidden(bytes: &[u8]) -> Option<usize> {
    let mut start = 0;
    for chunk in bytes.chunks(4096) {
        let suspect = chunk.iter().fold(false, |found, &b| {
            found | ((b < 0x20) & (b != b'\n') & (b != b'\t') & (b != b'\r')) | (b == 0x7F) | (b == 0xC2) | (b == 0xEF)
        });
        if suspect {
            let found = (start..start + chunk.len()).find(|&at| is_forbidden(&bytes[at..]));
            if found.is_some() {
                return found;
            }
        }
        start += chunk.len();
    }
    None
}

/// Whether a text has nothing but blanks and visible ASCII characters.
#[inline]
pub(crate) fn is_printable_ascii(text: &str) -> bool {
    let odd = |byte: u8| byte.wrapping_sub(b' ') > b'~' - b' ';
    // Whole blocks without a way out of the loop are compared many bytes at once.
    let mut blocks = text.as_bytes().chunks_exact(16);
    blocks.by_ref().all(|block| !block.iter().fold(false, |found, &byte| found | odd(byte)))
        && !blocks.remainder().iter().fold(false, |found, &byte| found | odd(byte))
}

fn is_forbidden(rest: &[u8]) -> bool {
    match rest {
        [b'\t' | b'\n' | b'\r', ..] => false,
        [0..0x20 | 0x7F, ..] => true,
        [0xC2, 0x85, ..] => false,
        [0xC2, 0x80..0xA0, ..] => true,
        [0xEF, 0xBF, 0xBE | 0xBF, ..] => true,
        _ => false,
    }
}
