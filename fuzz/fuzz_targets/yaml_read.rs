//! Whatever the text, reading ends: with documents or with an error that names a place in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use longshore_yaml::{ReadOptions, SourceFile, read};

fuzz_target!(|text: &str| {
    let file = SourceFile::new("fuzz", text);
    if let Err(error) = read(&file, &ReadOptions::default()) {
        assert!(error.location().line >= 1);
    }
});
