//! The recorded scenarios of a real API server, played to the embedded cluster: what it stores, and whose it says it is.

use std::collections::BTreeMap;
use std::path::Path;

use longshore_drift::Cluster;
use longshore_manifest::Resource;
use longshore_manifest::schema::{Schema, kubernetes};
use longshore_patch::strategic::apimachinery;
use longshore_patch::{json, merge};
use longshore_testkit::Run;
use longshore_yaml::Document;
use serde_json::Value;

use super::{cases, check};

pub(super) fn run(run: &mut Run, root: &Path) {
    let mut suite = run.suite("drift/cluster");
    for (name, case) in cases(&root.join("apiserver/scenarios")) {
        if let Some(outcome) = replay(&case) {
            check(&mut suite, &name, outcome);
        }
    }
}

/// Plays a scenario; one whose steps the server refused, or that uses a subresource, says nothing about the cluster.
fn replay(case: &Value) -> Option<Result<(), String>> {
    case["live"].as_object()?;
    let ops = case["ops"].as_array().map_or(&[][..], Vec::as_slice);
    if ops.iter().any(|op| op["status"] != 200 || op["subresource"].as_str().is_some_and(|name| !name.is_empty())) {
        return None;
    }
    let desired = Resource::new(Document::from_json(&case["desired"])).ok()?;
    kubernetes().root(&desired.gvk())?;
    let mut cluster = Cluster::new();
    if let Err(error) = cluster.apply(&desired, "git", false) {
        return Some(Err(error.to_string()));
    }
    for op in ops {
        let manager = op["manager"].as_str().unwrap_or_default();
        let body = Document::from_json(&op["body"]);
        let done = match (op["op"].as_str()?, op["type"].as_str().unwrap_or_default()) {
            ("apply", _) => cluster.apply(&Resource::new(body).ok()?, manager, op["force"] == true),
            ("patch", kind) => cluster.edit(&desired.id(), manager, |doc| patch(doc, &body, kind, &desired)),
            _ => return None,
        };
        if let Err(error) = done {
            return Some(Err(error.to_string()));
        }
    }
    let found = cluster.get(&desired.id())?.root().to_json().ok()?;
    Some(same_object(&found, &case["live"]))
}

fn patch(doc: &mut Document, body: &Document, kind: &str, desired: &Resource) {
    match kind {
        "strategic" => apimachinery::apply(doc, body.root(), kubernetes().root(&desired.gvk())).unwrap(),
        "json" => json::apply(doc, &json::Patch::read(body.root()).unwrap()).unwrap(),
        _ => merge::apply(doc, body.root()).unwrap(),
    }
}

/// Whether all that the cluster stores is what the server stored, and is owned by whom it says.
fn same_object(found: &Value, expect: &Value) -> Result<(), String> {
    let mut found = found.clone();
    let (ours, theirs) = (owners(&found), owners(expect));
    if ours != theirs {
        return Err(format!("owners: {ours:?}, expected {theirs:?}"));
    }
    found["metadata"] = Value::Null;
    within(&found, expect, "")
}

fn owners(object: &Value) -> BTreeMap<String, Value> {
    let entries = object["metadata"]["managedFields"].as_array().map_or(&[][..], Vec::as_slice);
    let ours = entries.iter().filter(|entry| entry["subresource"].as_str().is_none_or(str::is_empty));
    let name = |entry: &Value| format!("{} {}", entry["manager"], entry["operation"]);
    ours.map(|entry| (name(entry), entry["fieldsV1"].clone())).collect()
}

fn within(found: &Value, expect: &Value, path: &str) -> Result<(), String> {
    match (found, expect) {
        (Value::Null, _) => Ok(()),
        (Value::Object(a), Value::Object(b)) => a
            .iter()
            .try_for_each(|(key, value)| within(value, b.get(key).unwrap_or(&Value::Null), &format!("{path}/{key}"))),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let mut items = a.iter().zip(b).enumerate();
            items.try_for_each(|(index, (a, b))| within(a, b, &format!("{path}/{index}")))
        }
        _ if found == expect => Ok(()),
        _ => Err(format!("{path}: {found}, expected {expect}")),
    }
}
