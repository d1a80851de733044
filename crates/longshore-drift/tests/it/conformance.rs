//! The recorded cases of Argo CD, kstatus and a real API server.

mod gitops;
mod replay;
mod sync;

use std::path::Path;

use longshore_drift::health::{argo, kstatus};
use longshore_drift::{Class, ResourceReport, Rules, Verdict, assess};
use longshore_manifest::{Resource, ResourceSet};
use longshore_testkit::{Run, Suite, folder};
use longshore_yaml::Document;
use serde_json::Value;

#[test]
fn conformance() {
    let Some(root) = folder("drift") else { return };
    let mut run = Run::new(include_str!("known_failures.txt"));
    each(&mut run, &root, "health-builtin", built_in_health);
    each(&mut run, &root, "kstatus", kstatus_of);
    quantities(&mut run, &root.join("apiserver/quantity.json"));
    each(&mut run, &root.join("apiserver"), "defaults", defaults);
    each(&mut run, &root.join("apiserver"), "scenarios", scenario);
    gitops::run(&mut run, &root);
    replay::run(&mut run, &root);
    sync::run(&mut run, &root);
    run.finish();
}

/// Runs each JSON file of a suite; a case that says nothing about its subject gives `None`.
fn each(run: &mut Run, root: &Path, suite: &str, case: fn(&Value) -> Option<Result<(), String>>) {
    let area = if root.ends_with("apiserver") { "drift/apiserver" } else { "drift" };
    let mut suite_run = run.suite(&format!("{area}/{suite}"));
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
pub(crate) fn cases(folder: &Path) -> Vec<(String, Value)> {
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

fn set_of(objects: &[&Value]) -> ResourceSet {
    let resource = |object: &&Value| Resource::new(Document::from_json(object)).unwrap();
    objects.iter().filter(|object| !object.is_null()).map(resource).collect()
}

/// Assesses one object as the manager `git`, who applied it on the recorded server.
fn assessed(desired: &Value, live: &Value) -> ResourceReport {
    let report = assess(&set_of(&[desired]), &set_of(&[live]), &Rules::for_manager("git"));
    report.resources.into_iter().next().unwrap()
}

/// What the server keeps of a quantity is no drift from what was declared; what it refuses equals nothing.
fn quantities(run: &mut Run, file: &Path) {
    let pod = |cpu: &Value| {
        let resources = serde_json::json!({"requests": {"cpu": cpu}});
        let containers = serde_json::json!([{"name": "a", "image": "a:1", "resources": resources}]);
        serde_json::json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": containers}})
    };
    let mut suite = run.suite("drift/apiserver/quantity");
    for case in one(file)["cases"].as_array().unwrap() {
        for resource in ["cpu", "memory"].into_iter().filter(|resource| !case[*resource].is_null()) {
            let verdict = |live: &Value| assessed(&pod(&case["input"]), &pod(live)).verdict;
            let outcome = match case[resource]["ok"].as_bool() {
                Some(true) => same(verdict(&case[resource]["canonical"]), Verdict::InSync),
                _ => same(verdict(&Value::from("1")), Verdict::OutOfSync),
            };
            suite.check(&format!("{resource} {}", case["input"]), outcome);
        }
    }
}

fn drift(report: &ResourceReport) -> Vec<String> {
    report.fields.iter().map(|field| format!("{} {}", field.class.words(), field.path)).collect()
}

/// What the server filled in is no drift, and no surprise.
fn defaults(case: &Value) -> Option<Result<(), String>> {
    case["live"].as_object()?;
    let report = assessed(&case["desired"], &case["live"]);
    let quiet = |class| matches!(class, Class::Spelling | Class::Allocated);
    let loud: Vec<String> = drift(&report)
        .into_iter()
        .zip(&report.fields)
        .filter(|(_, field)| !quiet(field.class))
        .map(|(text, _)| text)
        .collect();
    Some(same(loud, Vec::new()))
}

/// Where the server's own dry run would change declared fields, we say so; where it would not, we raise no such alarm; and
/// what others changed is never silent.
fn scenario(case: &Value) -> Option<Result<(), String>> {
    let desired = if case["nextDesired"].is_null() { &case["desired"] } else { &case["nextDesired"] };
    if case["live"].is_null() {
        return case["liveAfterApply"]
            .as_object()
            .map(|_| same(assessed(desired, &Value::Null).verdict, Verdict::Missing));
    }
    let report = assessed(desired, &case["live"]);
    let ours = |class| matches!(class, Class::DeclaredChanged | Class::DeclaredMissing | Class::OwnedUndeclared);
    let alarm = report.fields.iter().any(|field| ours(field.class));
    if let Some(expect) = case["ssaDrift"].as_bool().filter(|expect| alarm != *expect) {
        return Some(Err(format!("the server says drift: {expect}, found {:?}", drift(&report))));
    }
    let meddled = case["ops"].as_array().is_some_and(|ops| ops.iter().any(|op| op["subresource"] != "/status"));
    if meddled && report.fields.iter().all(|field| field.class == Class::Allocated) {
        return Some(Err("what others changed is silent".to_owned()));
    }
    Some(Ok(()))
}

#[expect(clippy::disallowed_methods, reason = "the recorded cases lie on disk")]
pub(crate) fn one(file: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}
