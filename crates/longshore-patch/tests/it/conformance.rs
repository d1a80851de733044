//! What others do with a patch, recorded.

#![expect(clippy::disallowed_methods, reason = "the recorded cases are files")]

use std::path::Path;

use longshore_manifest::schema::kustomize;
use longshore_patch::strategic::kyaml::{self, Options, Outcome};
use longshore_patch::{json, merge};
use longshore_testkit::{Run, folder};
use longshore_yaml::{Document, ListIndent, ReadOptions, SourceFile, emit_kyaml, read};
use serde_json::Value;

#[test]
fn conformance() {
    let mut run = Run::new(include_str!("known_failures.txt"));
    if let Some(folder) = folder("kustomize-units") {
        strategic_kyaml(&mut run, &folder);
    }
    if let Some(folder) = folder("diff") {
        rfc6902(&mut run, &folder);
        rfc7396(&mut run, &folder);
        json_merge_patch(&mut run, &folder);
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

fn same(expected: &Value, found: &Document) -> Result<(), String> {
    let found = found.root().to_json().map_err(|error| error.to_string())?;
    if *expected == found { Ok(()) } else { Err(format!("expected {expected}, not {found}")) }
}

fn rfc6902(run: &mut Run, folder: &Path) {
    for name in ["spec_tests", "tests"] {
        let cases = json(&folder.join(format!("rfc6902/{name}.json")));
        let cases = cases.as_array().or(cases["cases"].as_array()).cloned().expect("cases");
        let mut suite = run.suite(&format!("diff/rfc6902-{name}"));
        for (at, case) in cases.iter().enumerate() {
            if case["disabled"] != true && case["patch"].is_array() {
                suite.check(&at.to_string(), check_rfc6902(case));
            }
        }
    }
}

fn check_rfc6902(case: &Value) -> Result<(), String> {
    let mut doc = Document::from_json(&case["doc"]);
    let patch = json::Patch::read(Document::from_json(&case["patch"]).root());
    let outcome = match patch {
        Ok(patch) => json::apply(&mut doc, &patch).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match (case.get("error"), outcome) {
        (Some(_), Err(_)) => same(&case["doc"], &doc),
        (Some(error), Ok(())) => Err(format!("applied, but {error}")),
        (None, Err(error)) => Err(error),
        (None, Ok(())) => same(case.get("expected").unwrap_or(&case["doc"]), &doc),
    }
}

fn rfc7396(run: &mut Run, folder: &Path) {
    let cases = json(&folder.join("rfc7396/appendix-a.json"));
    let mut suite = run.suite("diff/rfc7396");
    for (at, case) in cases["cases"].as_array().expect("cases").iter().enumerate() {
        let mut doc = Document::from_json(&case["original"]);
        let outcome = merge::apply(&mut doc, Document::from_json(&case["patch"]).root());
        suite.check(
            &at.to_string(),
            outcome.map_err(|error| error.to_string()).and_then(|()| same(&case["result"], &doc)),
        );
    }
}

/// The three-way patch, what it makes of the current document, and its two halves.
fn json_merge_patch(run: &mut Run, folder: &Path) {
    let cases = json(&folder.join("jsonmergepatch/cases.json"));
    let mut suite = run.suite("diff/jsonmergepatch");
    let document = |value: &Value| Document::from_json(if value.is_null() { &EMPTY } else { value });
    for case in cases["threeWay"].as_array().expect("cases") {
        let part = |name: &str| document(&case[name]);
        let mut current = part("Current");
        let patch = merge::three_way(part("Original").root(), part("Modified").root(), current.root());
        let outcome = same(&case["ThreeWay"], &patch).and_then(|()| {
            merge::apply(&mut current, patch.root()).map_err(|error| error.to_string())?;
            same(&case["Result"], &current)
        });
        suite.check(case["Description"].as_str().unwrap_or_default(), outcome);
    }
    for case in cases["keepOrDeleteNull"].as_array().expect("cases") {
        // With nothing there, all that is no removal; with the same there as last applied, all that is one.
        let part = |name: &str| document(&case[name]);
        let (nothing, patch) = (document(&Value::Null), part("OriginalObj"));
        let outcome = same(&case["ExpectedWithoutNull"], &merge::changes(patch.root()))
            .and_then(|()| same(&case["ExpectedWithNull"], &merge::removals(patch.root())))
            .and_then(|()| same(&serde_json::json!({}), &merge::changes(nothing.root())));
        suite.check(case["Description"].as_str().unwrap_or_default(), outcome);
    }
}

static EMPTY: std::sync::LazyLock<Value> = std::sync::LazyLock::new(|| serde_json::json!({}));
