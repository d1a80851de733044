//! What is found, and what is not, after changes behind Git's back.

use longshore_drift::{Class, Options, Rules, Verdict, assess, assess_with};
use longshore_yaml::{Document, Node, NodeId, Tag};

use crate::{WEB, applied, set};

/// Applies `WEB`, changes it as `intern`, and lists what is found as `class path: desired -> live @line (owner)`.
#[track_caller]
fn check(change: impl FnOnce(&mut Document), expect: &[&str]) {
    check_text(WEB, change, expect);
}

#[track_caller]
fn check_text(text: &str, change: impl FnOnce(&mut Document), expect: &[&str]) {
    let desired = set(text);
    let mut cluster = applied(&desired);
    let lines = |cluster: &longshore_drift::Cluster| -> Vec<String> {
        let report = assess(&desired, &cluster.list(), &Rules::default());
        report.resources[0].fields.iter().map(line).collect()
    };
    // The server spells quantities its own way from the first; what counts is the change.
    let before = lines(&cluster);
    cluster.edit(&desired.as_slice()[0].id(), "intern", change).unwrap();
    let mut found = lines(&cluster);
    found.retain(|line| !before.contains(line));
    assert_eq!(found, expect);
}

fn line(field: &longshore_drift::Field) -> String {
    let text =
        |value: &Option<longshore_drift::Shown>| value.as_ref().map_or("-".to_owned(), |value| value.text().to_owned());
    let at = field.declared_at.as_ref().map_or(0, |at| at.line);
    let owners: Vec<_> = field.owners.iter().map(|owner| owner.manager.as_str()).collect();
    let (class, path) = (field.class.words(), &field.path);
    format!("{class} {path}: {} -> {} @{at} {owners:?}", text(&field.desired), text(&field.live))
}

fn id(doc: &Document, path: &[&str]) -> NodeId {
    doc.root().at(path.iter().copied()).map(Node::id).unwrap()
}

const CONTAINER: [&str; 5] = ["spec", "template", "spec", "containers", "0"];

#[test]
fn what_was_applied_is_in_sync() {
    check(|_| {}, &[]);
}

#[test]
fn replicas_by_hand() {
    let change = |doc: &mut Document| {
        let at = id(doc, &["spec", "replicas"]);
        doc.set_scalar(at, "5", Tag::Int);
    };
    check(change, &[r#"changed spec.replicas: 3 -> 5 @7 ["intern"]"#]);
}

#[test]
fn an_image_by_hand() {
    let change = |doc: &mut Document| {
        let at = id(doc, &[&CONTAINER[..], &["image"]].concat());
        doc.set_scalar(at, "shop/web:hotfix", Tag::Str);
    };
    let expect =
        r#"changed spec.template.spec.containers[name=web].image: shop/web:1.4.0 -> shop/web:hotfix @16 ["intern"]"#;
    check(change, &[expect]);
}

#[test]
fn a_sidecar_is_one_foreign_addition() {
    let change = |doc: &mut Document| {
        let list = id(doc, &CONTAINER[..4]);
        let item = doc.add_json(&serde_json::json!({"name": "spy", "image": "spy:1", "imagePullPolicy": "Never"}));
        doc.seq_push(list, item);
    };
    let desired = set(WEB);
    let mut cluster = applied(&desired);
    cluster.edit(&desired.as_slice()[0].id(), "intern", change).unwrap();
    let report = assess(&desired, &cluster.list(), &Rules::default());
    let fields: Vec<_> = report.drift().map(|(_, field)| field).collect();
    let [field] = fields[..] else { panic!("{fields:?}") };
    assert_eq!(field.path.to_string(), "spec.template.spec.containers[name=spy]");
    assert_eq!(field.class, Class::ForeignAddition);
    assert_eq!(field.declared_at.as_ref().unwrap().line, 14);
    assert_eq!(field.owners[0].to_string(), "intern (Update, 2026-01-01T00:00:00Z)");
}

#[test]
fn a_removed_variable_is_missing() {
    let change = |doc: &mut Document| {
        let list = id(doc, &[&CONTAINER[..], &["env"]].concat());
        doc.seq_remove(list, 0);
    };
    // It was the last: a server keeps no empty list, and no record of who took it away.
    let path = "spec.template.spec.containers[name=web].env";
    check(change, &[&format!(r#"missing {path}: [{{"name":"LEVEL","value":"info"}}] -> - @20 []"#)]);
}

#[test]
fn another_spelling_is_no_drift() {
    let desired = set(WEB);
    let report = assess(&desired, &applied(&desired).list(), &Rules::default());
    let found: Vec<String> = report.resources[0].fields.iter().map(line).collect();
    let path = "spec.template.spec.containers[name=web].resources.requests";
    let expect = [
        format!(r#"other spelling {path}.cpu: 1000m -> 1 @22 ["longshore"]"#),
        format!(r#"other spelling {path}.memory: 0.5Gi -> 512Mi @22 ["longshore"]"#),
    ];
    assert_eq!(found, expect);
    assert!(report.is_in_sync());
}

#[test]
fn a_changed_default_is_noted() {
    let change = |doc: &mut Document| {
        let at = id(doc, &["spec", "template", "spec", "dnsPolicy"]);
        doc.set_scalar(at, "Default", Tag::Str);
    };
    check(change, &[r#"default changed spec.template.spec.dnsPolicy: ClusterFirst -> Default @13 ["intern"]"#]);
}

#[test]
fn a_foreign_label_is_never_silent() {
    let change = |doc: &mut Document| {
        let (labels, value) = (id(doc, &["metadata", "labels"]), doc.add_str("blue"));
        doc.map_set(labels, "example.com/team", value);
    };
    check(change, &[r#"added by others metadata.labels["example.com/team"]: - -> blue @5 ["intern"]"#]);
}

#[test]
fn a_secret_is_never_shown() {
    let text = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: key\nstringData:\n  token: hunter2\n";
    let change = |doc: &mut Document| {
        let at = id(doc, &["data", "token"]);
        doc.set_scalar(at, "aHVudGVyMw==", Tag::Str);
    };
    check_text(text, |_| {}, &[]);
    check_text(text, change, &[r#"changed data.token: (redacted) -> (redacted) @6 ["intern"]"#]);
}

#[test]
fn what_is_no_longer_declared_is_ours_to_remove() {
    let cluster = applied(&set(WEB));
    let desired =
        set(&WEB.replace("  replicas: 3\n", "").replace("        env:\n        - {name: LEVEL, value: info}\n", ""));
    let report = assess(&desired, &cluster.list(), &Rules::default());
    let fields = report.resources[0].fields.iter().filter(|field| field.class != Class::Spelling);
    let found: Vec<_> = fields.map(|field| (field.class, field.path.to_string())).collect();
    let env = "spec.template.spec.containers[name=web].env[name=LEVEL]".to_owned();
    assert_eq!(found, [(Class::OwnedUndeclared, env), (Class::OwnedUndeclared, "spec.replicas".to_owned())]);
}

#[test]
fn missing_and_extra_resources() {
    let desired = set(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n",
    );
    let live = set(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n",
    );
    let mut cluster = applied(&live);
    cluster.apply(&set("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n").as_slice()[0], "someone", false).unwrap();
    let report = assess(&desired, &cluster.list(), &Rules::default());
    let found: Vec<_> = report.resources.iter().map(|one| (one.id.to_string(), one.verdict, one.ours)).collect();
    let expect = [
        ("v1/ConfigMap/a", Verdict::Missing, false),
        ("v1/ConfigMap/b", Verdict::InSync, true),
        ("v1/ConfigMap/c", Verdict::Extra, true),
        ("v1/Pod/p", Verdict::Extra, false),
    ];
    assert_eq!(found, expect.map(|(id, verdict, ours)| (id.to_owned(), verdict, ours)));
    assert_eq!(report.resources[1].declared_at.as_ref().unwrap().to_string(), "shop.yaml:7:18");
}

/// A live object as a client-side apply leaves it, with these managed fields, compared with what is declared now.
#[track_caller]
fn three_way(last: &str, managed_fields: &str, declared: &str, live: &str, expect: &[&str], notes: &[&str]) {
    let object = |annotations: &str, spec: &str| {
        let metadata = format!("  name: web\n{annotations}");
        set(&format!("apiVersion: apps/v1\nkind: Deployment\nmetadata:\n{metadata}spec:\n{spec}"))
    };
    let quoted = serde_json::Value::from(last).to_string();
    let annotation = format!("  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: {quoted}\n");
    let live = object(&format!("{annotation}{managed_fields}"), live);
    let report = assess(&object("", declared), &live, &Rules::default());
    let resource = &report.resources[0];
    let found: Vec<_> = resource.fields.iter().map(|field| format!("{} {}", field.class.words(), field.path)).collect();
    assert_eq!(found, expect);
    assert_eq!(resource.notes, notes);
}

const DECLARED: &str = "  template: {spec: {containers: [{name: web, image: w:1, ports: [{containerPort: 80}]}]}}\n";
const LIVE: &str = "  replicas: 3
  paused: true
  template:
    spec:
      nodeSelector: {disk: ssd, zone: a}
      containers:
      - {name: web, image: w:1, ports: [{containerPort: 80}, {containerPort: 81}, {containerPort: 81, protocol: UDP}]}
      - {name: log, image: l:1}
      - {name: spy, image: s:1}
";
const LAST: &str = r#"{"spec":{"replicas":3,"template":{"spec":{"nodeSelector":{"disk":"ssd"},"containers":[
    {"name":"web","image":"w:1","ports":[{"containerPort":80},{"containerPort":81}]},{"name":"log","image":"l:0"}]}}}}"#;
const SPLIT: [&str; 7] = [
    "no longer declared spec.template.spec.containers[name=web].ports[containerPort=81,protocol=TCP]",
    "added by others spec.template.spec.containers[name=web].ports[containerPort=81,protocol=UDP]",
    "no longer declared spec.template.spec.containers[name=log]",
    "added by others spec.template.spec.containers[name=spy]",
    "no longer declared spec.template.spec.nodeSelector.disk",
    "added by others spec.template.spec.nodeSelector.zone",
    "no longer declared spec.replicas",
];

#[test]
fn what_was_applied_last_tells_ours_from_what_others_added() {
    let mut expect = SPLIT.to_vec();
    expect.push("added by others spec.paused");
    three_way(LAST, "", DECLARED, LIVE, &expect, &[]);
}

#[test]
fn records_of_our_apply_go_before_what_was_applied_last() {
    let managed =
        "  managedFields:\n  - {manager: longshore, operation: Apply, fieldsV1: {'f:spec': {'f:paused': {}}}}\n";
    let live = "  paused: true\n  replicas: 3\n  template: {spec: {containers: [{name: web, image: w:1, ports: [{containerPort: 80}]}]}}\n";
    let expect = ["default changed spec.replicas", "no longer declared spec.paused"];
    three_way(LAST, managed, DECLARED, live, &expect, &[]);
    let managed = managed.replace("Apply", "Update");
    let expect = ["no longer declared spec.replicas", "added by others spec.paused"];
    three_way(LAST, &managed, DECLARED, live, &expect, &[]);
}

#[test]
fn a_last_applied_configuration_that_is_none_is_noted() {
    let (declared, live) = ("  replicas: 3\n", "  replicas: 3\n  paused: true\n");
    let name = "the annotation kubectl.kubernetes.io/last-applied-configuration is ignored: it holds";
    let expect = ["added by others spec.paused"];
    three_way("{", "", declared, live, &expect, &[&format!("{name} no JSON (line 1, column 1)")]);
    three_way("[]", "", declared, live, &expect, &[&format!("{name} JSON, but no object")]);
    three_way(r#"{"spec":[{"paused":[]}]}"#, "", declared, live, &expect, &[]);
}

#[test]
fn what_was_applied_last_as_string_data_is_ours() {
    let secret = |rest: &str| set(&format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: key\n{rest}"));
    let last = r#"  annotations: {config.kubernetes.io/last-applied-configuration: '{"stringData":{"a":"hunter2"}}'}"#;
    let live = secret(&format!("{last}\ndata: {{a: aHVudGVyMg==, b: aHVudGVyMg==}}\n"));
    let report = assess(&secret(""), &live, &Rules::default());
    let found: Vec<_> = report.resources[0].fields.iter().map(line).collect();
    let expect = ["no longer declared data.a: - -> (redacted) @1 []", "added by others data.b: - -> (redacted) @1 []"];
    assert_eq!(found, expect);
}

/// A definition in the words of `controller-gen`, and one resource of it.
const WIDGETS: &str = r"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.acme.io}
spec:
  group: acme.io
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
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
              note: {type: string}
              nested: {type: object, default: {}, properties: {enabled: {type: boolean, default: true}}}
              memory:
                x-kubernetes-int-or-string: true
                pattern: ^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE])?$
              port: {x-kubernetes-int-or-string: true}
              timeout: {type: string, format: duration}
              tags: {type: array, x-kubernetes-list-type: set, items: {type: string}}
              order: {type: array, items: {type: string}}
              ref:
                type: object
                x-kubernetes-map-type: atomic
                properties: {name: {type: string}, space: {type: string}}
              parts:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [id, lane]
                items:
                  type: object
                  properties: {id: {type: string}, lane: {type: string, default: main}, n: {type: integer, default: 1}}
---
";

/// Compares a resource of `WIDGETS` with the one that is live, the definition beside either of them.
#[track_caller]
fn widget(declared: &str, live: &str, expect: &[&str]) {
    let object = |spec: &str| format!("apiVersion: acme.io/v1\nkind: Widget\nmetadata: {{name: w}}\nspec: {spec}\n");
    let (desired, cluster) = (object(declared), object(live));
    let both = |text: &str| set(&format!("{WIDGETS}{text}"));
    let of = |report: &longshore_drift::Report| -> Vec<String> {
        let widget = report.resources.iter().find(|one| one.id.gvk.kind == "Widget").unwrap();
        assert_eq!(widget.unappliable, []);
        widget.fields.iter().map(|field| format!("{} {}", field.class.words(), field.path)).collect()
    };
    assert_eq!(of(&assess(&both(&desired), &set(&cluster), &Rules::default())), expect, "beside what is desired");
    assert_eq!(of(&assess(&set(&desired), &both(&cluster), &Rules::default())), expect, "in the cluster");
    let types = longshore_manifest::schema::custom_resources(&set(WIDGETS)).unwrap();
    let options = Options::default().schema(&types);
    let told = assess_with(&set(&desired), &set(&cluster), &Rules::default(), &options);
    assert_eq!(of(&told), expect, "told");
}

#[test]
fn defaults_of_a_definition_are_no_drift() {
    widget("{note: a}", "{note: a, size: 3, nested: {enabled: true}}", &[]);
    widget("{size: null}", "{size: 3, nested: {enabled: true}}", &[]);
    widget("{nested: {}}", "{size: 3, nested: {enabled: true}}", &[]);
    widget(
        "{}",
        "{size: 4, nested: {enabled: false}}",
        &["default changed spec.nested.enabled", "default changed spec.size"],
    );
    widget("{size: 3}", "{size: 4, nested: {enabled: true}}", &["changed spec.size"]);
}

#[test]
fn lists_are_compared_as_their_definition_says() {
    let parts = "{parts: [{id: a}, {id: a, lane: side, n: 2}]}";
    widget(parts, "{parts: [{id: a, lane: main, n: 1}, {id: a, lane: side, n: 2}]}", &[]);
    let live = "{parts: [{id: b, lane: main, n: 1}, {id: a, lane: main, n: 1}, {id: a, lane: side, n: 9}]}";
    let expect = ["changed spec.parts[id=a,lane=side].n", "added by others spec.parts[id=b,lane=main]"];
    widget(parts, live, &expect);
    widget("{tags: [a, b]}", "{tags: [a, c, b]}", &["added by others spec.tags[=c]"]);
    widget("{order: [a, b]}", "{order: [b, a]}", &["changed spec.order[0]", "changed spec.order[1]"]);
    widget("{order: [a, b]}", "{order: [a, b, c]}", &["changed spec.order"]);
}

#[test]
fn values_are_compared_as_their_definition_says() {
    let declared = "{memory: 1Gi, port: 80, timeout: 60s}";
    widget(
        declared,
        "{memory: 1024Mi, port: '80', timeout: 1m0s}",
        &["other spelling spec.memory", "other spelling spec.port", "other spelling spec.timeout"],
    );
    widget(
        declared,
        "{memory: 1G, port: '080', timeout: 61s}",
        &["changed spec.memory", "changed spec.port", "changed spec.timeout"],
    );
    widget("{note: 60s}", "{note: 1m0s}", &["changed spec.note"]);
    widget("{ref: {name: a}}", "{ref: {name: a, space: b}}", &["changed spec.ref"]);
}

#[test]
fn the_definition_that_is_live_goes_before_the_one_that_is_not_yet() {
    let widget = "apiVersion: acme.io/v1\nkind: Widget\nmetadata: {name: w}\nspec: {size: 3, fresh: 5}\n";
    let next = WIDGETS
        .replace("note: {type: string}", "note: {type: string}\n              fresh: {type: string, default: x}");
    let live = set(&format!("{WIDGETS}{}", widget.replace(", fresh: 5", ", nested: {enabled: true}")));
    let report = assess(&set(&format!("{next}{widget}")), &live, &Rules::default());
    let found: Vec<_> = report.resources[1].fields.iter().map(|field| field.path.to_string()).collect();
    assert_eq!(found, ["spec.fresh"]);
    assert_eq!(report.resources[1].unappliable.len(), 1, "a number is no string, but the field is one");
    let report = assess(&set(widget), &live, &Rules::default());
    let refused = &report.resources[0].unappliable[0];
    assert_eq!(
        (refused.path.to_string(), refused.reason.as_str()),
        ("spec.fresh".to_owned(), "the type has no such field")
    );
}

#[test]
fn a_definition_that_cannot_be_read_defines_nothing() {
    let mut schema = "{type: string}".to_owned();
    for _ in 0..300 {
        schema = format!("{{type: array, items: {schema}}}");
    }
    let deep = WIDGETS.replace("note: {type: string}", &format!("note: {schema}")).replace("acme.io", "deep.io");
    let desired = "apiVersion: acme.io/v1\nkind: Widget\nmetadata: {name: w}\nspec: {note: a}\n";
    let live = desired.replace("{note: a}", "{note: a, size: 3, nested: {enabled: true}}");
    let report = assess(&set(&format!("{deep}{WIDGETS}{desired}")), &set(&live), &Rules::default());
    assert_eq!(report.resources[2].fields, []);
}
