//! The recorded cases of Argo CD, kstatus and a real API server.

use std::path::Path;

use longshore_drift::health::{argo, kstatus};
use longshore_testkit::{Run, Suite, folder};
use longshore_yaml::Document;
use serde_json::Value;

#[test]
fn conformance() {
    let Some(root) = folder("drift") else { return };
    let mut run = Run::new(include_str!("known_failures.txt"));
    each(&mut run, &root, "health-builtin", built_in_health);
    each(&mut run, &root, "kstatus", kstatus_of);
    run.finish();
}

/// Runs each JSON file of a suite; a case that says nothing about its subject gives `None`.
fn each(run: &mut Run, root: &Path, suite: &str, case: fn(&Value) -> Option<Result<(), String>>) {
    let mut suite_run = run.suite(&format!("drift/{suite}"));
    for (name, value) in cases(&root.join(suite)) {
        if let Some(outcome) = case(&value) {
            check(&mut suite_run, &name, outcome);
        }
    }
}

fn check(suite: &mut Suite<'_>, name: &str, outcome: Result<(), String>) {
    suite.check(name, outcome);
}

#[expect(clippy::disallowed_methods, reason = "the recorded cases lie on disk")]
fn cases(folder: &Path) -> Vec<(String, Value)> {
    let mut files: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: &Path| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let json = files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    json.map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), read(path))).collect()
}

fn same<T: PartialEq + std::fmt::Debug>(found: T, expect: T) -> Result<(), String> {
    if found == expect { Ok(()) } else { Err(format!("found {found:?}, expected {expect:?}")) }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn built_in_health(case: &Value) -> Option<Result<(), String>> {
    if case["override"] == Value::Bool(true) {
        return None;
    }
    let doc = Document::from_json(&case["object"]);
    let found = argo::health(doc.root(), None).map(|health| (health.status.to_string(), health.message));
    let expect = case["health"].as_object().map(|health| {
        let part = |key: &str| health.get(key).map_or("", text).to_owned();
        (part("status"), part("message"))
    });
    Some(same(found, expect))
}

fn kstatus_of(case: &Value) -> Option<Result<(), String>> {
    let doc = Document::from_json(&case["object"]);
    let found = kstatus::status(doc.root(), None);
    if !case["error"].is_null() {
        return Some(same(found.reason.as_str(), "PodPhaseUnknown"));
    }
    let expect = &case["result"];
    let condition = &expect["Conditions"][0];
    let words = |a: &str, b: &str, c: &str, d: &str| [a, b, c, d].map(str::to_owned);
    let status = format!("{:?}", found.status);
    Some(same(
        words(&status, &found.message, found.condition().unwrap_or_default(), &found.reason),
        words(text(&expect["Status"]), text(&expect["Message"]), text(&condition["type"]), text(&condition["reason"])),
    ))
}
