//! Whatever two objects: Argo CD's comparison ends, an object that can be compared, and of which nothing else was
//! applied before, does not differ from itself.
#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use longshore_drift::argo::{Options, hide, last_applied, state_diff, trusted};
use longshore_yaml::{Document, Limits, ReadOptions, SourceFile, read};

fn doc(text: &str) -> Option<Document> {
    let limits = Limits { depth: 60, ..Limits::default() };
    let docs = read(&SourceFile::new("fuzz", text), &ReadOptions { limits, ..ReadOptions::default() }).ok()?;
    // What is compared has come as JSON: no aliases, no keys but texts.
    let value = docs.first()?.root().to_json().ok()?;
    value.is_object().then(|| Document::from_json(&value))
}

fuzz_target!(|text: &str| {
    let (config, live) = text.split_once("\n===\n").unwrap_or((text, text));
    let (Some(config), Some(live)) = (doc(config), doc(live)) else { return };
    let _ = state_diff(Some(&config), Some(&live), &Options::default());
    let applied = last_applied(config.root()).is_some();
    if let (Ok(same), false) = (state_diff(Some(&config), Some(&config), &Options::default()), applied) {
        let text = |doc: &Option<Document>| doc.as_ref().and_then(|doc| doc.root().to_json().ok());
        assert!(!same.modified, "{:?} became {:?}", text(&same.live), text(&same.predicted));
    }
    let _ = trusted(&live, &config, &["a".to_owned()]);
    let _ = hide(Some(&config), Some(&live), &BTreeSet::new());
});
