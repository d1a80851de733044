//! Whatever an archive says, what is unpacked lies below its folder and within the limits, and packing it again and
//! unpacking that gives the same.
#![no_main]

use std::path::{Component, Path};

use libfuzzer_sys::fuzz_target;
use longshore_oci::artifact::{FluxOptions, Links, Tree, UnpackLimits, pack_flux, unpack};
use longshore_oci::{Digest, Document};

const BLOCK: usize = 512;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(document) = Document::parse(bytes) {
        assert_eq!((&**document.bytes(), document.digest()), (bytes, &Digest::of(bytes)));
    }
    let limits = UnpackLimits { max_bytes: 1 << 20, max_entries: 50, max_path: 200, max_depth: 10, links: Links::Skip };
    for archive in [bytes.to_vec(), sealed(bytes)] {
        if let Ok(tree) = unpack(&archive, &limits) {
            check(&tree, &limits);
        }
    }
});

fn check(tree: &Tree, limits: &UnpackLimits) {
    assert!(tree.len() <= limits.max_entries);
    let mut total = 0;
    for (path, entry) in tree.iter() {
        assert!(Path::new(&path).components().all(|part| matches!(part, Component::Normal(_))), "{path:?}");
        assert!(path.len() <= limits.max_path && path.split('/').count() <= limits.max_depth + 1);
        total += entry.map_or(0, |file| file.bytes.len() as u64);
    }
    assert!(total <= limits.max_bytes);
    let packed = pack_flux(tree, &FluxOptions::default());
    let again = unpack(&packed.blobs[1].bytes, &UnpackLimits::default());
    assert!(again.is_ok_and(|again| again == *tree));
}

/// The input as an archive whose headers have the right checksums: a mutation of the rest then gets past them.
fn sealed(bytes: &[u8]) -> Vec<u8> {
    let mut archive = bytes.to_vec();
    archive.resize(bytes.len().next_multiple_of(BLOCK) + 2 * BLOCK, 0);
    let mut at = 0;
    while let Some(header) = archive.get_mut(at..at + BLOCK) {
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|&b| u32::from(b)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        let size = std::str::from_utf8(&header[124..135]).ok().and_then(|digits| usize::from_str_radix(digits, 8).ok());
        at += BLOCK + size.unwrap_or(0).min(archive.len()).next_multiple_of(BLOCK);
    }
    archive
}
