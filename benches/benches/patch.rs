//! Patches: JSON patches beside json-patch, strategic merge at 2,000 and 4,000 keyed items. The answers are checked
//! before anything is timed.

use longshore::manifest::GroupVersionKind;
use longshore::manifest::schema::{Schema, TypeRef, kubernetes, kustomize};
use longshore::patch::json::{self, Patch};
use longshore::patch::merge;
use longshore::patch::strategic::{apimachinery, kyaml};
use longshore::yaml::Document;
use longshore_benches::{Group, smoke};
use serde_json::{Value, json};

fn main() {
    let scale = if smoke() { 10 } else { 1 };
    json_patch(1_000 / scale);
    merge_patch(1_000 / scale);
    strategic(4_000 / scale);
}

/// An object with a list of `count` objects, and the same with `each` applied to every tenth.
fn objects(count: usize) -> Value {
    let object =
        |at: usize| json!({"name": format!("item-{at}"), "value": at, "labels": {"app": "shop", "tier": "web"}});
    json!({"items": (0..count).map(object).collect::<Vec<_>>()})
}

fn json_patch(count: usize) {
    let value = objects(count);
    let mut operations: Vec<Value> = (0..count)
        .step_by(10)
        .map(|at| json!({"op": "replace", "path": format!("/items/{at}/value"), "value": at + 1}))
        .collect();
    operations.push(json!({"op": "add", "path": "/items/0", "value": {"name": "first"}}));
    operations.push(json!({"op": "move", "from": format!("/items/{count}"), "path": "/items/0"}));
    let patch: json_patch::Patch = serde_json::from_value(Value::Array(operations)).expect("it is a patch");
    let ours = Patch::try_from(&patch).expect("its pointers are pointers");
    let base = Document::from_json(&value);
    let apply = || {
        let mut doc = base.clone();
        json::apply(&mut doc, &ours).expect("it applies");
        doc
    };
    let theirs = || {
        let mut value = value.clone();
        json_patch::patch(&mut value, &patch).expect("it applies");
        value
    };
    assert_eq!(apply().root().to_json().expect("it is JSON"), theirs(), "both make the same");
    Group::new(format!("JSON patch of {} operations on {count} objects, copy included", ours.operations().len()), 0)
        .add("longshore", apply)
        .add("json-patch", theirs)
        .run();
}

fn merge_patch(count: usize) {
    let map: serde_json::Map<String, Value> =
        (0..count).map(|at| (format!("key-{at}"), json!({"a": at, "b": {"c": "d"}}))).collect();
    let value = Value::Object(map);
    let patch: serde_json::Map<String, Value> =
        (0..count).step_by(10).map(|at| (format!("key-{at}"), json!({"a": null, "b": {"e": at}}))).collect();
    let patch = Value::Object(patch);
    let (base, ours) = (Document::from_json(&value), Document::from_json(&patch));
    let apply = || {
        let mut doc = base.clone();
        merge::apply(&mut doc, ours.root()).expect("it applies");
        doc
    };
    let theirs = || {
        let mut value = value.clone();
        json_patch::merge(&mut value, &patch);
        value
    };
    assert_eq!(apply().root().to_json().expect("it is JSON"), theirs(), "both make the same");
    Group::new(format!("merge patch of {} keys on {count}, copy included", count / 10), 0)
        .add("longshore", apply)
        .add("json-patch", theirs)
        .run();
}

/// A pod with `count` variables, and one whose variables are all changed, in another order.
fn pods(count: usize) -> (Document, Document) {
    let pod = |env: Vec<Value>| {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"},
            "spec": {"containers": [{"name": "main", "image": "main:1", "env": env}]}})
    };
    let variable = |at: usize, value: &str| json!({"name": format!("VARIABLE_{at}"), "value": value});
    let before = (0..count).map(|at| variable(at, "before")).collect();
    let after = (0..count).rev().map(|at| variable(at, "after")).collect();
    (Document::from_json(&pod(before)), Document::from_json(&pod(after)))
}

fn strategic(count: usize) {
    let schema: Option<TypeRef<'_>> = kubernetes().root(&GroupVersionKind::new("v1", "Pod"));
    let (half, whole) = (pods(count / 2), pods(count));
    let kyaml = |(pod, patch): &(Document, Document)| {
        let mut doc = pod.clone();
        kyaml::apply(&mut doc, patch.root(), kustomize(), &kyaml::Options::default()).expect("it merges");
        doc
    };
    let apimachinery = |(pod, patch): &(Document, Document)| {
        let mut doc = pod.clone();
        apimachinery::apply(&mut doc, patch.root(), schema).expect("it merges");
        doc
    };
    let create = |(pod, patch): &(Document, Document)| {
        apimachinery::two_way(pod.root(), patch.root(), schema).expect("both are pods")
    };
    assert!(kyaml(&whole) == whole.1 && apimachinery(&whole) == whole.1, "both make the target");
    let mut doc = whole.0.clone();
    apimachinery::apply(&mut doc, create(&whole).root(), schema).expect("it merges");
    assert!(doc == whole.1, "the patch makes the target");
    let counts = [count / 2, count];
    let title = |verb: &str| {
        format!("{verb}, {} and {} keyed items: twice the items, at most twice the time", counts[0], counts[1])
    };
    Group::new(title("strategic merge as kyaml"), 0)
        .add(format!("longshore, {}", counts[0]), || kyaml(&half))
        .add(format!("longshore, {}", counts[1]), || kyaml(&whole))
        .run();
    Group::new(title("strategic merge as the API server"), 0)
        .add(format!("longshore, {}", counts[0]), || apimachinery(&half))
        .add(format!("longshore, {}", counts[1]), || apimachinery(&whole))
        .run();
    Group::new(title("making a strategic patch"), 0)
        .add(format!("longshore, {}", counts[0]), || create(&half))
        .add(format!("longshore, {}", counts[1]), || create(&whole))
        .run();
}
