//! Whatever the document and the patch (two YAML documents), applying ends, and a patch that fails changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use longshore_patch::{json, merge};
use longshore_yaml::{ReadOptions, SourceFile, read};

fuzz_target!(|text: &str| {
    let Ok(docs) = read(&SourceFile::new("fuzz", text), &ReadOptions::default()) else { return };
    let [before, patch, ..] = &*docs else { return };
    if let Ok(patch) = json::Patch::read(patch.root()) {
        for dialect in [json::Dialect::Rfc6902, json::Dialect::Evanphx] {
            let mut doc = before.clone();
            if json::apply_with(&mut doc, &patch, dialect).is_err() {
                assert!(doc == *before, "a failed patch changes nothing");
            }
        }
    }
    let mut doc = before.clone();
    if merge::apply(&mut doc, patch.root()).is_err() {
        assert!(doc == *before, "a failed patch changes nothing");
    }
});
