//! The grammar of image references, over bytes and without backtracking.
//!
//! Each function takes the text of one part and says where it stops fitting. Upstream defines the language by regular
//! expressions; the only choices in it (domain or first component, port or tag) are settled by the first and the last `/`.

/// A part that does not fit: the first byte that cannot be there. An offset at the end means that more was expected.
pub(super) type Fit = Result<(), usize>;

const LOWER: u8 = 1;
const ALNUM: u8 = 2;
const WORD: u8 = 4;
const HEX: u8 = 8;

/// What each byte may be part of: path components, host labels, tags, hexadecimal numbers.
static CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        if b.is_ascii_lowercase() || b.is_ascii_digit() {
            table[byte] |= LOWER;
        }
        if b.is_ascii_alphanumeric() {
            table[byte] |= ALNUM;
        }
        if b.is_ascii_alphanumeric() || b == b'_' {
            table[byte] |= WORD;
        }
        if b.is_ascii_hexdigit() {
            table[byte] |= HEX;
        }
        byte += 1;
    }
    table
};

fn is(byte: u8, class: u8) -> bool {
    CLASS[usize::from(byte)] & class != 0
}

/// Length of the run of `class` that starts at `from`.
fn run(bytes: &[u8], from: usize, class: u8) -> usize {
    bytes[from..].iter().take_while(|&&b| is(b, class)).count()
}

/// `component *( "/" component )`, where a component is lowercase letters and digits joined by `.`, `_`, `__` or dashes.
pub(super) fn path(bytes: &[u8]) -> Fit {
    let mut at = 0;
    loop {
        let letters = run(bytes, at, LOWER);
        if letters == 0 {
            return Err(at);
        }
        at += letters;
        match bytes.get(at) {
            None => return Ok(()),
            Some(b'/' | b'.') => at += 1,
            Some(b'_') => at += if bytes.get(at + 1) == Some(&b'_') { 2 } else { 1 },
            Some(b'-') => at += bytes[at..].iter().take_while(|&&b| b == b'-').count(),
            Some(_) => return Err(at),
        }
    }
}

/// `host [ ":" port ]`, where a host is dot-separated labels or an address in brackets.
pub(super) fn domain(bytes: &[u8]) -> Fit {
    let mut at = if bytes.first() == Some(&b'[') { address(bytes)? } else { labels(bytes)? };
    if at == bytes.len() {
        return Ok(());
    }
    if bytes[at] != b':' {
        return Err(at);
    }
    at += 1;
    let digits = bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
    if digits > 0 && at + digits == bytes.len() { Ok(()) } else { Err(at + digits) }
}

fn address(bytes: &[u8]) -> Result<usize, usize> {
    let inside = bytes[1..].iter().take_while(|&&b| is(b, HEX) || b == b':').count();
    let end = 1 + inside;
    if inside > 0 && bytes.get(end) == Some(&b']') { Ok(end + 1) } else { Err(end) }
}

fn labels(bytes: &[u8]) -> Result<usize, usize> {
    let mut at = 0;
    loop {
        let label = bytes[at..].iter().take_while(|&&b| is(b, ALNUM) || b == b'-').count();
        if label == 0 || bytes[at] == b'-' {
            return Err(at);
        }
        at += label;
        if bytes[at - 1] == b'-' {
            return Err(at);
        }
        if bytes.get(at) != Some(&b'.') {
            return Ok(at);
        }
        at += 1;
    }
}

/// A word character, then up to 127 word characters, dots and dashes.
pub(super) fn tag(bytes: &[u8]) -> Fit {
    match bytes.first() {
        Some(&first) if is(first, WORD) => {}
        _ => return Err(0),
    }
    let fit = bytes.iter().take(super::Tag::MAX_LEN).take_while(|&&b| is(b, WORD) || matches!(b, b'.' | b'-')).count();
    if fit == bytes.len() { Ok(()) } else { Err(fit) }
}

/// `algorithm ":" 32*hex`: what a reference lets stand after its `@`; whether it is a digest is checked afterwards.
pub(super) fn digest(bytes: &[u8]) -> Fit {
    let mut at = 0;
    loop {
        if !bytes.get(at).is_some_and(u8::is_ascii_alphabetic) {
            return Err(at);
        }
        at += run(bytes, at, ALNUM);
        match bytes.get(at) {
            Some(b'-' | b'_' | b'+' | b'.') => at += 1,
            Some(b':') => break,
            _ => return Err(at),
        }
    }
    at += 1;
    let digits = run(bytes, at, HEX);
    if digits >= 32 && at + digits == bytes.len() { Ok(()) } else { Err(at + digits) }
}

/// Whether this is what Docker takes for an image identifier: 64 lowercase hexadecimal digits.
pub(super) fn is_identifier(bytes: &[u8]) -> bool {
    bytes.len() == 64 && bytes.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
