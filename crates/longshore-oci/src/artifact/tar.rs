//! A tar as Go's `archive/tar` writes it for Flux, byte for byte.

use super::tree::{FileEntry, Tree};

const BLOCK: usize = 512;
const NAME_LEN: usize = 100;
const PREFIX_LEN: usize = 155;

const FOLDER: u8 = b'5';
const FILE: u8 = b'0';
const EXTENDED: u8 = b'x';

/// Largest size that eleven octal digits hold.
const MAX_OCTAL: u64 = (1 << 33) - 1;

/// The root folder, then everything in the order of the tree, then two empty blocks.
pub(super) fn write(tree: &Tree) -> Vec<u8> {
    let content: usize = tree.iter().filter_map(|(_, entry)| entry).map(|file| file.bytes.len() + 2 * BLOCK).sum();
    let mut out = Vec::with_capacity(content + (tree.len() + 4) * BLOCK);
    write_entry(&mut out, ".", None);
    for (path, entry) in tree.iter() {
        write_entry(&mut out, &path, entry);
    }
    out.resize(out.len() + 2 * BLOCK, 0);
    out
}

fn write_entry(out: &mut Vec<u8>, path: &str, entry: Option<&FileEntry>) {
    let bytes: &[u8] = entry.map_or(&[], |file| &file.bytes);
    let size = bytes.len() as u64;
    let mode = if entry.is_none_or(|file| file.executable) { 0o755 } else { 0o644 };
    let kind = if entry.is_some() { FILE } else { FOLDER };
    let split = split(path);
    let mut records = String::new();
    if split.is_none() {
        records.push_str(&record("path", path));
    }
    if size > MAX_OCTAL {
        records.push_str(&record("size", &size.to_string()));
    }
    if !records.is_empty() {
        write_records(out, path, &records);
    }
    let ascii = ascii(path);
    let (prefix, name) = split.unwrap_or(("", &ascii));
    let mut header = Header::new(name, mode, if size > MAX_OCTAL { 0 } else { size }, kind);
    header.octal(329, 8, 0);
    header.octal(337, 8, 0);
    header.put(345, PREFIX_LEN, prefix.as_bytes());
    out.extend_from_slice(&header.finish());
    push_padded(out, bytes);
}

/// Prefix and name where both fit the old header; `None` for what needs a record.
fn split(path: &str) -> Option<(&str, &str)> {
    if !path.is_ascii() {
        return None;
    }
    if path.len() <= NAME_LEN {
        return Some(("", path));
    }
    let reach = path.len().min(PREFIX_LEN + 1);
    let slash = path[..reach].rfind('/').filter(|&at| at > 0)?;
    let (prefix, name) = (&path[..slash], &path[slash + 1..]);
    (!name.is_empty() && name.len() <= NAME_LEN).then_some((prefix, name))
}

/// Go drops what is not ASCII where a record carries the whole name.
fn ascii(text: &str) -> String {
    text.chars().filter(char::is_ascii).collect()
}

/// `length key=value\n`, where the length counts its own digits.
fn record(key: &str, value: &str) -> String {
    let rest = key.len() + value.len() + 3;
    let mut len = rest + rest.to_string().len();
    if len.to_string().len() > rest.to_string().len() {
        len = rest + len.to_string().len();
    }
    format!("{len} {key}={value}\n")
}

fn write_records(out: &mut Vec<u8>, path: &str, records: &str) {
    let name = match path.rsplit_once('/') {
        Some((folder, file)) => format!("{folder}/PaxHeaders.0/{file}"),
        None => format!("PaxHeaders.0/{path}"),
    };
    let name = ascii(&name);
    let name = name[..name.len().min(NAME_LEN)].trim_end_matches('/');
    out.extend_from_slice(&Header::new(name, 0, records.len() as u64, EXTENDED).finish());
    push_padded(out, records.as_bytes());
}

fn push_padded(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(bytes);
    out.resize(out.len().next_multiple_of(BLOCK), 0);
}

struct Header([u8; BLOCK]);

impl Header {
    fn new(name: &str, mode: u64, size: u64, kind: u8) -> Self {
        let mut header = Header([0; BLOCK]);
        header.put(0, NAME_LEN, name.as_bytes());
        header.octal(100, 8, mode);
        header.octal(108, 8, 0);
        header.octal(116, 8, 0);
        header.octal(124, 12, size);
        header.octal(136, 12, 0);
        header.0[156] = kind;
        header.put(257, 8, b"ustar\x0000");
        header
    }

    fn put(&mut self, at: usize, len: usize, bytes: &[u8]) {
        let bytes = &bytes[..bytes.len().min(len)];
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// Octal digits up to the field's last byte, which stays zero.
    fn octal(&mut self, at: usize, len: usize, value: u64) {
        let digits = format!("{value:0width$o}", width = len - 1);
        self.put(at, len - 1, digits.as_bytes());
    }

    /// Sets the checksum: the sum of all bytes, its own field as spaces.
    fn finish(mut self) -> [u8; BLOCK] {
        self.0[148..156].fill(b' ');
        let sum: u64 = self.0.iter().map(|&b| u64::from(b)).sum();
        self.octal(148, 7, sum);
        self.0[154] = 0;
        self.0
    }
}
