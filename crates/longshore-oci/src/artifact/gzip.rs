//! Gzip without time, name or system: the same bytes everywhere.

use std::io::Write as _;

use flate2::{Crc, GzBuilder};

/// How a layer is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Deflate at the default level. The bytes are the same on every machine; another release of the compressor may
    /// choose others.
    #[default]
    Deflate,
    /// Gzip around stored blocks: larger, and the same bytes for ever.
    Stored,
}

pub(super) fn compress(bytes: &[u8], compression: Compression) -> Vec<u8> {
    match compression {
        Compression::Deflate => {
            let out = Vec::with_capacity(bytes.len() / 4 + 64);
            let mut encoder =
                GzBuilder::new().mtime(0).operating_system(UNKNOWN_SYSTEM).write(out, flate2::Compression::new(6));
            encoder.write_all(bytes).expect("writing to memory succeeds");
            encoder.finish().expect("writing to memory succeeds")
        }
        Compression::Stored => stored(bytes),
    }
}

const UNKNOWN_SYSTEM: u8 = 255;
const MAX_STORED: usize = 65_535;

/// A gzip member of stored blocks, by RFC 1951 and 1952.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / MAX_STORED * 5 + 32);
    out.extend_from_slice(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, UNKNOWN_SYSTEM]);
    let mut blocks = bytes.chunks(MAX_STORED).peekable();
    if blocks.peek().is_none() {
        push_block(&mut out, &[], true);
    }
    while let Some(block) = blocks.next() {
        push_block(&mut out, block, blocks.peek().is_none());
    }
    let mut crc = Crc::new();
    crc.update(bytes);
    out.extend_from_slice(&crc.sum().to_le_bytes());
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out
}

fn push_block(out: &mut Vec<u8>, block: &[u8], last: bool) {
    let len = u16::try_from(block.len()).expect("a block has at most 65535 bytes");
    out.push(u8::from(last));
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(&(!len).to_le_bytes());
    out.extend_from_slice(block);
}
