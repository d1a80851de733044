//! What an apply would do, by hand, by law, and against what a server answered.

use std::collections::BTreeMap;

use longshore_drift::{
    Class, Cluster, FieldPath, Force, Options, PredictError, Prediction, Rules, Segment, assess, predict, predict_with,
};
use longshore_manifest::Resource;
use longshore_manifest::schema::{TypeGraph, custom_resources};
use longshore_testkit::{Run, folder};
use longshore_yaml::{Document, Node, Tag};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::conformance::cases;
use crate::laws::deployments;
use crate::{WEB, applied, set};

/// The definition that the recorded custom resources were stored by, as far as the records show it.
const GIZMO: &str = r#"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gizmos.demo.io}
spec:
  group: demo.io
  scope: Namespaced
  names: {kind: Gizmo, plural: gizmos}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
              size: {type: integer, default: 3}
              mode: {type: string, default: auto}
              nested: {type: object, default: {}, properties: {enabled: {type: boolean, default: false}}}
              set: {type: array, x-kubernetes-list-type: set, items: {type: string}}
              atomic: {type: array, x-kubernetes-list-type: atomic, items: {type: string}}
              plain: {type: array, items: {type: string}}
              free: {type: object, x-kubernetes-preserve-unknown-fields: true}
              port: {x-kubernetes-int-or-string: true}
              cpu: {x-kubernetes-int-or-string: true, pattern: '^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$'}
              timeout: {type: string, format: duration}
              nullable: {type: string, nullable: true}
              map:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [name]
                items:
                  type: object
                  required: [name]
                  properties: {name: {type: string}, v: {type: string}, w: {type: string, default: dw}}
          status: {type: object, x-kubernetes-preserve-unknown-fields: true}
"#;

fn gizmos() -> TypeGraph {
    custom_resources(&set(GIZMO)).unwrap()
}

// What a server answered

#[test]
fn conformance_of_predictions() {
    let Some(root) = folder("drift") else { return };
    let mut run = Run::new(include_str!("known_failures.txt"));
    let types = gizmos();
    let recorded = cases(&root.join("apiserver/scenarios"));
    for (name, check) in [
        ("changes", changes as fn(&Value, &TypeGraph) -> _),
        ("conflicts", conflicts),
        ("object", object),
        ("managers", managers),
    ] {
        let mut suite = run.suite(&format!("drift/predict-{name}"));
        for (name, case) in &recorded {
            suite.check(name, check(case, &types));
        }
    }
    let mut suite = run.suite("drift/predict-defaults");
    for (name, case) in cases(&root.join("apiserver/defaults")) {
        suite.check(&name, again(&case));
    }
    drop(suite);
    quantities(&mut run, &root);
    run.finish();
}

/// What a server stored is not changed by applying it once more; what it refused by its type we refuse.
fn again(case: &Value) -> Result<(), String> {
    let desired = resource(&case["desired"]);
    if case["live"].is_null() {
        return Ok(());
    }
    let found =
        predict(&desired, Some(&resource(&case["live"])), "git", Force::No).map_err(|error| error.to_string())?;
    same((found.set, found.removed, found.conflicts), Default::default())?;
    predict(&desired, None, "git", Force::No).map(drop).map_err(|error| error.to_string())
}

/// A quantity is stored in the server's words; what it takes for none is refused.
fn quantities(run: &mut Run, root: &std::path::Path) {
    let mut suite = run.suite("drift/predict-quantity");
    for case in crate::conformance::one(&root.join("apiserver/quantity.json"))["cases"].as_array().unwrap() {
        for resource in ["cpu", "memory"].into_iter().filter(|resource| !case[*resource].is_null()) {
            let requests = json!({"requests": {resource: case["input"]}});
            let containers = json!([{"name": "a", "image": "a:1", "resources": requests}]);
            let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": containers}});
            let found = predict(&self::resource(&pod), None, "git", Force::No);
            let outcome = match (found, case[resource]["ok"].as_bool()) {
                (Ok(found), Some(true)) => {
                    let requests =
                        &found.object.root().to_json().unwrap()["spec"]["containers"][0]["resources"]["requests"];
                    same(&requests[resource], &case[resource]["canonical"])
                }
                (found, expect) => same(found.is_ok(), expect == Some(true)),
            };
            suite.check(&format!("{resource} {}", case["input"]), outcome);
        }
    }
}

fn resource(object: &Value) -> Resource {
    Resource::new(Document::from_json(object)).unwrap()
}

fn recorded(case: &Value, types: &TypeGraph, force: Force) -> Result<Prediction, PredictError> {
    let desired = if case["nextDesired"].is_null() { &case["desired"] } else { &case["nextDesired"] };
    let live = case["live"].as_object().map(|_| resource(&case["live"]));
    predict_with(&resource(desired), live.as_ref(), "git", force, &Options::default().schema(types))
}

/// The field that a server's message about a manifest names.
fn refused(case: &Value) -> Option<String> {
    let message = case["applyMessage"].as_str()?;
    let (_, rest) = message.split_once("): ")?;
    Some(rest.split(": ").next()?.to_owned())
}

/// Whether the stored object changes. What a server refuses, we call unappliable, for the field that it names.
fn changes(case: &Value, types: &TypeGraph) -> Result<(), String> {
    match (recorded(case, types, Force::Yes), refused(case)) {
        (Err(PredictError::Unappliable(found)), Some(field)) => {
            same(found.iter().map(|one| server_path(&one.path)).collect::<Vec<_>>(), vec![field])
        }
        (Err(error), _) => Err(error.to_string()),
        (Ok(_), Some(field)) => Err(format!("the server refuses {field}")),
        (Ok(found), None) => match case["ssaDrift"].as_bool() {
            Some(expect) if expect != found.changed => {
                let paths = |paths: &[FieldPath]| paths.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
                Err(format!("changed: {}; set {}; removed {}", found.changed, paths(&found.set), paths(&found.removed)))
            }
            _ => Ok(()),
        },
    }
}

/// Who stands in the way of an apply without force, and over which fields.
fn conflicts(case: &Value, types: &TypeGraph) -> Result<(), String> {
    let Ok(found) = recorded(case, types, Force::No) else {
        return same(refused(case).is_some(), true);
    };
    let mut found: Vec<(String, String)> =
        found.conflicts.iter().map(|one| (one.owner.manager.clone(), server_path(&one.path))).collect();
    found.sort();
    let causes = case["dryRunNoForce"]["conflicts"].as_array().into_iter().flatten();
    let mut expect: Vec<(String, String)> = causes
        .filter(|cause| cause["reason"] == "FieldManagerConflict")
        .map(|cause| {
            let manager = cause["message"].as_str().unwrap().split('"').nth(1).unwrap();
            (manager.to_owned(), cause["field"].as_str().unwrap().to_owned())
        })
        .collect();
    expect.sort();
    same(found, expect)
}

/// What is stored, but for what the server writes about itself.
fn object(case: &Value, types: &TypeGraph) -> Result<(), String> {
    let (Ok(found), Some(expect)) = (recorded(case, types, Force::Yes), case["dryRunForce"]["object"].as_object())
    else {
        return Ok(());
    };
    let bare = |object: &Value| {
        let mut object = object.clone();
        if object["status"].as_object().is_none_or(|status| status.is_empty()) {
            object.as_object_mut().unwrap().remove("status");
        }
        for key in ["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp"] {
            object["metadata"].as_object_mut().unwrap().remove(key);
        }
        object
    };
    same(bare(&found.object.root().to_json().unwrap()), bare(&Value::from(expect.clone())))
}

/// Who owns what afterwards.
fn managers(case: &Value, types: &TypeGraph) -> Result<(), String> {
    let (Ok(found), Some(_)) = (recorded(case, types, Force::Yes), case["dryRunForce"]["object"].as_object()) else {
        return Ok(());
    };
    let of = |object: &Value| -> BTreeMap<String, Value> {
        let entries = object["metadata"]["managedFields"].as_array().into_iter().flatten();
        let name = |entry: &Value| format!("{} {} {}", entry["manager"], entry["operation"], entry["subresource"]);
        entries.map(|entry| (name(entry), entry["fieldsV1"].clone())).collect()
    };
    same(of(&found.object.root().to_json().unwrap()), of(&case["dryRunForce"]["object"]))
}

fn same<T: PartialEq + std::fmt::Debug>(found: T, expect: T) -> Result<(), String> {
    if found == expect { Ok(()) } else { Err(format!("found {found:?}, expected {expect:?}")) }
}

/// A path as a server prints it.
fn server_path(path: &FieldPath) -> String {
    let segment = |segment: &Segment| match segment {
        Segment::Field(name) => format!(".{name}"),
        Segment::Value(value) => format!("[={value}]"),
        Segment::Index(index) => format!("[{index}]"),
        Segment::Key(keys) => {
            let pairs: Vec<String> = keys.iter().map(|(key, value)| format!("{key}={value}")).collect();
            format!("[{}]", pairs.join(","))
        }
    };
    path.segments().iter().map(segment).collect()
}

// By hand

/// The one resource of a text.
fn only(text: &str) -> Resource {
    set(text).as_slice()[0].clone()
}

/// `WEB` as applied by `longshore`, then changed by `intern`.
fn changed(change: impl FnOnce(&mut Document)) -> Resource {
    let desired = set(WEB);
    let mut cluster = applied(&desired);
    cluster.edit(&desired.as_slice()[0].id(), "intern", change).unwrap();
    cluster.list().as_slice()[0].clone()
}

fn scale(doc: &mut Document) {
    let at = doc.root().at(["spec", "replicas"]).map(Node::id).unwrap();
    doc.set_scalar(at, "9", Tag::Int);
}

fn paths(paths: &[FieldPath]) -> Vec<String> {
    paths.iter().map(ToString::to_string).collect()
}

fn at<'a>(object: &'a Resource, path: &[&str]) -> Option<&'a str> {
    object.root().at(path.iter().copied()).map(Node::text)
}

#[test]
fn a_conflict_names_owner_values_and_line() {
    let live = changed(scale);
    let found = predict(&only(WEB), Some(&live), "longshore", Force::No).unwrap();
    let [conflict] = &found.conflicts[..] else { panic!("{:?}", found.conflicts) };
    assert_eq!((conflict.path.to_string().as_str(), conflict.owner.manager.as_str()), ("spec.replicas", "intern"));
    let text = |shown: &Option<longshore_drift::Shown>| shown.as_ref().unwrap().text().to_owned();
    assert_eq!((text(&conflict.desired), text(&conflict.live)), ("3".to_owned(), "9".to_owned()));
    assert_eq!(conflict.declared_at.as_ref().unwrap().to_string(), "shop.yaml:7:13");
    let forced = predict(&only(WEB), Some(&live), "longshore", Force::Yes).unwrap();
    assert_eq!(forced.conflicts, []);
    assert_eq!((paths(&forced.set), paths(&forced.removed)), (vec!["spec.replicas".to_owned()], vec![]));
    assert_eq!(at(&forced.object, &["spec", "replicas"]), Some("3"));
    assert_eq!(forced.object, found.object);
}

#[test]
fn what_is_no_longer_declared_goes_and_defaults_come_back() {
    let live = changed(|_| {});
    let next = WEB.replace("  replicas: 3\n", "").replace("        env:\n        - {name: LEVEL, value: info}\n", "");
    let found = predict(&only(&next), Some(&live), "longshore", Force::No).unwrap();
    assert_eq!(paths(&found.set), ["spec.replicas"]);
    assert_eq!(paths(&found.removed), ["spec.template.spec.containers[name=web].env[name=LEVEL]"]);
    assert_eq!(at(&found.object, &["spec", "replicas"]), Some("1"));
    let other = predict(&only(&next), Some(&live), "somebody", Force::No).unwrap();
    assert!(!other.changed, "only what one applied oneself goes: {:?}", other.removed);
}

#[test]
fn what_is_not_live_is_created_with_defaults_and_an_owner() {
    let found = predict(&only(WEB), None, "longshore", Force::No).unwrap();
    assert!(found.changed);
    assert_eq!(paths(&found.set), ["apiVersion", "kind", "metadata", "spec"]);
    assert_eq!(at(&found.object, &["spec", "template", "spec", "dnsPolicy"]), Some("ClusterFirst"));
    let memory = ["spec", "template", "spec", "containers", "0", "resources", "requests", "memory"];
    assert_eq!(at(&found.object, &memory), Some("512Mi"));
    assert_eq!(at(&found.object, &["metadata", "managedFields", "0", "manager"]), Some("longshore"));
    let image = found.object.root().at(["spec", "template", "spec", "containers", "0", "image"]).unwrap();
    assert_eq!(image.location().unwrap().to_string(), "shop.yaml:16:16");
}

#[test]
fn what_nobody_is_on_record_for_belongs_to_whoever_came_before() {
    let live = only(&WEB.replace("replicas: 3", "replicas: 4"));
    let found = predict(&only(WEB), Some(&live), "longshore", Force::No).unwrap();
    let conflicts: Vec<_> =
        found.conflicts.iter().map(|one| (one.owner.manager.as_str(), one.path.to_string())).collect();
    assert_eq!(conflicts, [("before-first-apply", "spec.replicas".to_owned())]);
}

#[test]
fn values_of_secrets_are_in_no_conflict() {
    let secret =
        |value: &str| format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: key\ndata:\n  token: {value}\n");
    let live = applied(&set(&secret("aHVudGVyMg=="))).list().as_slice()[0].clone();
    let found = predict(&only(&secret("c2VzYW1l")), Some(&live), "somebody", Force::No).unwrap();
    let [conflict] = &found.conflicts[..] else { panic!("{:?}", found.conflicts) };
    assert_eq!(serde_json::to_value(conflict).unwrap()["live"], "(redacted)");
    assert!(!format!("{conflict:?}").contains("c2VzYW1l"));
}

#[test]
fn lists_of_unknown_kinds_are_known_by_their_records() {
    let widget = |spec: &str, metadata: &str| {
        only(&format!("apiVersion: acme.io/v1\nkind: Widget\nmetadata: {{name: w{metadata}}}\nspec: {spec}\n"))
    };
    let managed = |manager: &str, fields: &str| {
        format!(
            "{{manager: {manager}, operation: Apply, apiVersion: acme.io/v1, fieldsV1: {{'f:spec': {{'f:parts': {fields}}}}}}}"
        )
    };
    let ours =
        managed("us", r#"{'k:{"id":"a"}': {".": {}, 'f:id': {}, 'f:n': {}}, 'k:{"id":"b"}': {".": {}, 'f:id': {}}}"#);
    let theirs = managed("them", r#"{'k:{"id":"c"}': {".": {}, 'f:id': {}}}"#);
    let live = widget("{parts: [{id: a, n: 1}, {id: b}, {id: c}]}", &format!(", managedFields: [{ours}, {theirs}]"));
    let found = predict(&widget("{parts: [{id: a, n: 2}]}", ""), Some(&live), "us", Force::No).unwrap();
    assert_eq!(
        found.object.root().get("spec").unwrap().to_json().unwrap(),
        json!({"parts": [{"id": "a", "n": 2}, {"id": "c"}]})
    );
    assert_eq!(
        (paths(&found.set), paths(&found.removed)),
        (vec!["spec.parts[id=a].n".to_owned()], vec!["spec.parts[id=b]".to_owned()])
    );
    let without =
        predict(&widget("{parts: [{id: a}]}", ""), Some(&widget("{parts: {a: 1}}", "")), "us", Force::No).unwrap();
    assert_eq!(without.conflicts.len(), 1);
}

// What is refused

/// Why a manifest is refused, as `path: reason @line`, by `predict` and in a report.
#[track_caller]
fn refuses(text: &str, expect: &[&str]) {
    let types = gizmos();
    let desired = set(text);
    let line = |one: &longshore_drift::Unappliable| {
        format!("{}: {} @{}", one.path, one.reason, one.declared_at.as_ref().map_or(0, |at| at.line))
    };
    let options = Options::default().schema(&types);
    let found = match predict_with(&desired.as_slice()[0], None, "us", Force::Yes, &options) {
        Err(PredictError::Unappliable(found)) => found,
        Err(other) => panic!("{other}"),
        Ok(_) => Vec::new(),
    };
    assert_eq!(found.iter().map(line).collect::<Vec<_>>(), expect);
    let mut both = set(GIZMO);
    both.push(desired.as_slice()[0].clone());
    let report = assess(&both, &set(""), &Rules::default());
    assert_eq!(report.resources[1].unappliable, found, "the definition beside it says the same");
    assert!(report.resources[0].is_appliable());
}

#[test]
fn custom_resources_are_held_to_their_definition() {
    let gizmo = |spec: &str| format!("apiVersion: demo.io/v1\nkind: Gizmo\nmetadata: {{name: g}}\nspec:\n{spec}");
    refuses(
        &gizmo("  {size: 4, mode: manual, port: http, cpu: 500m, timeout: 1m, free: {x: [1]}, nullable: null}\n"),
        &[],
    );
    refuses(&gizmo("  colour: red\n"), &["spec.colour: the type has no such field @5"]);
    refuses(
        &gizmo("  size: '4'\n  mode: 1\n"),
        &["spec.size: expected an integer, found a string @5", "spec.mode: expected a string, found a number @6"],
    );
    refuses(
        &gizmo("  size: 4.5\n  nested: []\n  plain: {}\n  port: true\n  cpu: 1K\n"),
        &[
            "spec.size: expected an integer, found a number @5",
            "spec.nested: expected a mapping, found a list @6",
            "spec.plain: expected a list, found a mapping @7",
            "spec.port: expected an integer or a string, found a boolean @8",
            "spec.cpu: is no quantity @9",
        ],
    );
    refuses(
        &gizmo(
            "  map:\n  - {name: a}\n  - {name: b}\n  - {name: a}\n  - {v: x}\n  - a\n  set: [a, b, a]\n  plain: [a, a]\n",
        ),
        &[
            "spec.map[name=a]: is there twice @8",
            "spec.map[3]: has no key (name) @9",
            "spec.map[4]: expected a mapping, found a string @10",
            "spec.set[=a]: is there twice @11",
        ],
    );
}

#[test]
fn built_in_kinds_are_held_to_theirs() {
    let next =
        WEB.replace("  replicas: 3\n", "  replicas: three\n  bogus: {a: 1}\n").replace("value: info", "value: 5");
    refuses(
        &next,
        &[
            "spec.replicas: expected an integer, found a string @7",
            "spec.bogus: the type has no such field @8",
            "spec.template.spec.containers[name=web].env[name=LEVEL].value: expected a string, found a number @21",
        ],
    );
    refuses(WEB, &[]);
    let twice =
        WEB.replace("- containerPort: 80\n", "- containerPort: 80\n        - {containerPort: 80, protocol: TCP}\n");
    refuses(
        &twice,
        &["spec.template.spec.containers[name=web].ports[containerPort=80,protocol=TCP]: is there twice @19"],
    );
    let managed = WEB.replace("  name: web\n  labels", "  name: web\n  managedFields: [{manager: us}]\n  labels");
    refuses(&managed, &["metadata.managedFields: is the server's to write @5"]);
}

#[test]
fn what_has_no_name_or_type_is_refused_whatever_it_is() {
    let docs = longshore_yaml::read(
        &longshore_yaml::SourceFile::new("a.yaml", "spec: {}\n"),
        &longshore_yaml::ReadOptions::default(),
    );
    let nameless = Resource::unchecked(docs.unwrap().remove(0));
    let error = predict(&nameless, None, "us", Force::No).unwrap_err().to_string();
    let expect = "the manifest cannot be applied: apiVersion is missing, kind is missing, metadata.name is missing";
    assert_eq!(error, expect);
}

// Laws

/// A history of one Deployment: what we apply, and what others do to it in between.
fn histories() -> impl Strategy<Value = (Vec<Value>, Vec<u8>)> {
    (proptest::collection::vec(deployments(), 1..4), proptest::collection::vec(0_u8..5, 3))
}

/// The live object after all but the last of a history.
fn live(history: &[Value], edits: &[u8]) -> Option<Resource> {
    let mut cluster = Cluster::new();
    for (declared, edit) in history[..history.len() - 1].iter().zip(edits) {
        let declared = resource(declared);
        cluster.apply(&declared, "longshore", true).unwrap();
        cluster.edit(&declared.id(), "intern", |doc| meddle(doc, *edit)).unwrap();
    }
    cluster.list().iter().next().cloned()
}

fn meddle(doc: &mut Document, edit: u8) {
    let root = doc.root_id();
    let spec = doc.root().get("spec").unwrap().id();
    let list = doc.root().at(["spec", "template", "spec", "containers"]).unwrap().id();
    match edit {
        0 => {
            let value = doc.add_json(&json!({"team": "blue"}));
            let metadata = doc.node(root).get("metadata").unwrap().id();
            doc.map_set(metadata, "annotations", value);
        }
        1 => {
            let value = doc.add_int(8);
            doc.map_set(spec, "replicas", value);
        }
        2 => {
            let item = doc.add_json(&json!({"name": "spy", "image": "spy:1", "terminationMessagePath": "/x"}));
            doc.seq_push(list, item);
        }
        3 if !doc.node(list).is_empty() => {
            let item = doc.node(list).item(0).unwrap().id();
            let value = doc.add_str("hot:1");
            doc.map_set(item, "image", value);
        }
        _ => {}
    }
}

/// The whole object, records and all.
fn emit(found: &Prediction) -> String {
    longshore_yaml::emit_build(found.object.document()).unwrap()
}

proptest! {
    #[test]
    fn an_apply_changes_nothing_the_second_time((history, edits) in histories()) {
        let desired = resource(history.last().unwrap());
        let live = live(&history, &edits);
        let first = predict(&desired, live.as_ref(), "longshore", Force::Yes).unwrap();
        let second = predict(&desired, Some(&first.object), "longshore", Force::No).unwrap();
        prop_assert!(!second.changed, "{:?} {:?}", second.set, second.removed);
        prop_assert_eq!(&second.conflicts, &[]);
        prop_assert_eq!(emit(&second), emit(&first));
    }

    #[test]
    fn a_forced_apply_never_conflicts_and_leaves_the_declared_in_sync((history, edits) in histories()) {
        let desired = resource(history.last().unwrap());
        let live = live(&history, &edits);
        let forced = predict(&desired, live.as_ref(), "longshore", Force::Yes).unwrap();
        prop_assert_eq!(&forced.conflicts, &[]);
        let both = |one: &Resource| [one.clone()].into_iter().collect();
        let report = assess(&both(&desired), &both(&forced.object), &Rules::default());
        let ours = |class| !matches!(class, Class::ForeignAddition | Class::DefaultChanged | Class::Spelling);
        let left: Vec<_> = report.resources[0].fields.iter().filter(|field| ours(field.class)).collect();
        prop_assert!(left.is_empty(), "{:?}", left);
    }

    #[test]
    fn what_is_no_longer_declared_is_gone_or_back_to_its_default((history, edits) in histories()) {
        let desired = resource(history.last().unwrap());
        let Some(live) = live(&history, &edits) else { return Ok(()) };
        let found = predict(&desired, Some(&live), "longshore", Force::Yes).unwrap();
        let both = |one: &Resource| [one.clone()].into_iter().collect();
        let before = assess(&both(&desired), &both(&live), &Rules::default());
        for field in before.resources[0].fields.iter().filter(|field| field.class == Class::OwnedUndeclared) {
            let listed = if field.desired.is_none() { &found.removed } else { &found.set };
            prop_assert!(listed.iter().any(|path| path.is_prefix_of(&field.path)), "{} {:?}", field.path, found);
        }
    }

    #[test]
    fn conflicts_are_over_changed_fields_of_others((history, edits) in histories()) {
        let desired = resource(history.last().unwrap());
        let live = live(&history, &edits);
        let found = predict(&desired, live.as_ref(), "longshore", Force::No).unwrap();
        for conflict in &found.conflicts {
            prop_assert_eq!(&conflict.owner.manager, "intern");
            prop_assert!(found.set.iter().any(|path| path.is_prefix_of(&conflict.path)), "{}", conflict.path);
        }
    }
}
