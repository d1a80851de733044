//! Whatever the document and the patch (two YAML documents), merging in either dialect ends, and a patch that fails
//! changes nothing; a patch made of two documents makes the one of the other.
#![no_main]

use libfuzzer_sys::fuzz_target;
use longshore_manifest::GroupVersionKind;
use longshore_manifest::schema::{Schema, kubernetes, kustomize};
use longshore_patch::strategic::{apimachinery, kyaml};
use longshore_yaml::{Node, ReadOptions, SourceFile, read};

fuzz_target!(|text: &str| {
    let Ok(docs) = read(&SourceFile::new("fuzz", text), &ReadOptions::default()) else { return };
    let [before, patch, ..] = &*docs else { return };
    let mut doc = before.clone();
    if kyaml::apply(&mut doc, patch.root(), kustomize(), &kyaml::Options::default()).is_err() {
        assert!(doc == *before, "a failed patch changes nothing");
    }
    let text = |name: &str| before.root().get(name).map_or("", Node::text);
    let schema = kubernetes().root(&GroupVersionKind::new(text("apiVersion"), text("kind")));
    let mut doc = before.clone();
    if apimachinery::apply(&mut doc, patch.root(), schema).is_err() {
        assert!(doc == *before, "a failed patch changes nothing");
    }
    let _ = apimachinery::two_way(before.root(), patch.root(), schema);
    let mut same = before.clone();
    if let Ok(nothing) = apimachinery::two_way(before.root(), before.root(), schema) {
        assert!(nothing.root().is_empty(), "nothing differs");
        if apimachinery::apply(&mut same, nothing.root(), schema).is_ok() {
            assert!(same == *before, "an empty patch changes nothing");
        }
    }
});
