//! What others do with a patch, recorded.

#![expect(clippy::disallowed_methods, reason = "the recorded cases are files")]

use std::path::Path;

use longshore_manifest::schema::kustomize;
use longshore_patch::strategic::kyaml::{self, Options, Outcome};
use longshore_testkit::{Run, folder};
use longshore_yaml::{Document, ListIndent, ReadOptions, SourceFile, emit_kyaml, read};
use serde_json::Value;

#[test]
fn conformance() {
    let mut run = Run::new(include_str!("known_failures.txt"));
    if let Some(folder) = folder("kustomize-units") {
        strategic_kyaml(&mut run, &folder);
    }
    run.finish();
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).expect("the suite's file is there")).expect("the suite is JSON")
}

fn yaml(name: &str, text: &str) -> Vec<Document> {
    read(&SourceFile::new(name, text), &ReadOptions::default()).expect("the case is YAML")
}

/// Kustomize's own cases of its strategic merge.
fn strategic_kyaml(run: &mut Run, folder: &Path) {
    let cases = json(&folder.join("filters.json"));
    let mut suite = run.suite("kustomize-units/patchstrategicmerge");
    for (at, case) in cases.as_array().expect("cases").iter().enumerate() {
        if case["filter_type"] == "patchstrategicmerge.Filter" {
            suite.check(&at.to_string(), check_strategic_kyaml(case));
        }
    }
}

fn check_strategic_kyaml(case: &Value) -> Result<(), String> {
    let patch = case["filter"]["patch"].as_str().expect("a patch");
    let patches = yaml("patch", patch);
    let patch = patches.first().expect("a patch has a document");
    let mut docs = yaml("input", case["input"].as_str().expect("an input"));
    let mut kept = Vec::new();
    for mut doc in docs.drain(..) {
        let outcome = kyaml::apply(&mut doc, patch.root(), kustomize(), &Options::default());
        if outcome.map_err(|error| error.to_string())? == Outcome::Kept {
            kept.push(doc);
        }
    }
    let printed = emit_kyaml(&kept, ListIndent::Compact);
    let expected = case["result"].as_str().unwrap_or_default();
    if printed == expected { Ok(()) } else { Err(format!("expected {expected:?}, not {printed:?}")) }
}
