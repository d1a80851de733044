//! Cases in tables: what a patch makes, and how it is refused.

use longshore_manifest::GroupVersionKind;
use longshore_manifest::schema::{Schema, kubernetes, kustomize, openapi};
use longshore_patch::json::{self, Dialect, Patch};
use longshore_patch::strategic::apimachinery::{self, OnConflict};
use longshore_patch::strategic::kyaml::{self, KindChange, ListItems, Options, Outcome};
use longshore_patch::{ApplyError, Pointer, merge};
use longshore_yaml::{Document, Limits, ListIndent, ReadOptions, SourceFile, emit_kyaml, read};

fn yaml(name: &str, text: &str) -> Document {
    read(&SourceFile::new(name, text), &ReadOptions::default()).expect("the case is YAML").remove(0)
}

const POD: &str = "apiVersion: v1\nkind: Pod\nspec:\n";

fn pod(spec: &str) -> String {
    let lines: Vec<String> = spec.lines().map(|line| format!("  {line}\n")).collect();
    format!("{POD}{}", lines.concat())
}

// JSON patch

#[track_caller]
fn refuse_json(doc: &str, patch: &str, expect: &str) {
    let mut doc = yaml("doc.yaml", doc);
    let before = doc.clone();
    let patch = yaml("patch.yaml", patch);
    let error = match Patch::read(patch.root()) {
        Ok(patch) => json::apply(&mut doc, &patch).expect_err("it is refused").to_string(),
        Err(error) => error.to_string(),
    };
    assert_eq!(error, expect);
    assert!(doc == before, "a refused patch changes nothing");
}

#[test]
fn json_patch_errors_name_operation_place_and_line() {
    refuse_json(
        "a: 1\n",
        "- {op: remove, path: /b}\n",
        "patch.yaml:1:3: at /b: operation 0, remove: /b does not exist: missing value",
    );
    refuse_json(
        "Spec: 1\n",
        "- {op: replace, path: /spec, value: 1}\n",
        "patch.yaml:1:3: at /spec: operation 0, replace: /spec does not exist: missing value, but there is 'Spec'",
    );
    refuse_json(
        "a: [1]\n",
        "- {op: add, path: /a/-, value: 2}\n- {op: add, path: /a/5, value: 2}\n",
        "patch.yaml:2:3: at /a/5: operation 1, add: '5' is no place in a list of 2 items",
    );
    refuse_json(
        "a: 1\n",
        "- {op: test, path: /a, value: 2}\n",
        "patch.yaml:1:3: at /a: operation 0, test: another value is there: testing value failed",
    );
    refuse_json(
        "a: {b: 1}\n",
        "- {op: move, from: /a, path: /a/b}\n",
        "patch.yaml:1:3: at /a/b: operation 0, move: /a cannot be moved into itself",
    );
    refuse_json(
        "a: 1\n",
        "- {op: add, path: /a/b, value: 1}\n",
        "patch.yaml:1:3: at /a/b: operation 0, add: /a is a scalar, nothing can be added to it",
    );
    refuse_json(
        "a: 1\n",
        "- {op: put, path: /a}\n",
        "patch.yaml:1:8: operation 0: op is add, remove, replace, move, copy or test, not 'put'",
    );
    refuse_json(
        "a: 1\n",
        "- {op: add, path: a, value: 1}\n",
        "patch.yaml:1:19: operation 0: not a JSON Pointer: no '/' at the beginning in 'a'",
    );
    refuse_json("a: 1\n", "- {op: add, path: /a}\n", "patch.yaml:1:3: operation 0: value is missing");
    refuse_json("a: 1\n", "op: add\n", "patch.yaml:1:1: a JSON patch is a list of operations");
}

#[test]
fn a_failed_patch_is_taken_back_whole() {
    let text = "a: [1, 2, {x: y}]\nb: {c: d, e: f}\n";
    let patch = "- {op: remove, path: /b/c}\n- {op: add, path: /a/0, value: 0}\n- {op: replace, path: /a/3/x, value: z}\n- {op: move, from: /a/1, path: /n}\n- {op: copy, from: /b, path: /b/new}\n- {op: replace, path: '', value: 1}\n- {op: remove, path: /nothing}\n";
    let mut doc = yaml("doc.yaml", text);
    let patch = Patch::read(yaml("patch.yaml", patch).root()).expect("it is a patch");
    let error = json::apply(&mut doc, &patch).expect_err("the last operation fails");
    assert_eq!(error.operation(), Some(6));
    assert_eq!(emit_kyaml([&doc], ListIndent::Compact), text);
}

#[track_caller]
fn check_evanphx(doc: &str, patch: &str, expect: Option<&str>) {
    let mut doc = yaml("doc.yaml", doc);
    let patch = Patch::read(yaml("patch.yaml", patch).root()).expect("it is a patch");
    let outcome = json::apply_with(&mut doc, &patch, Dialect::Evanphx);
    match expect {
        Some(expect) => {
            outcome.expect("it applies");
            assert_eq!(emit_kyaml([&doc], ListIndent::Compact), expect);
        }
        None => drop(outcome.expect_err("it is refused")),
    }
}

#[test]
fn evanphx_counts_from_the_end_and_replaces_what_is_absent() {
    check_evanphx("a: [1, 2, 3]\n", "- {op: remove, path: /a/-1}\n", Some("a: [1, 2]\n"));
    check_evanphx("a: [1, 2]\n", "- {op: add, path: /a/-1, value: 3}\n", Some("a: [1, 2, 3]\n"));
    check_evanphx("a: [1, 2]\n", "- {op: replace, path: /a/-2, value: 3}\n", Some("a: [3, 2]\n"));
    check_evanphx("a: [1, 2]\n", "- {op: replace, path: /a/-3, value: 3}\n", None);
    check_evanphx("a: 1\n", "- {op: replace, path: /b, value: 2}\n", Some("a: 1\nb: 2\n"));
    check_evanphx("a: 1\n", "- {op: remove, path: /b}\n", None);
    check_evanphx("a: 1\n", "- {op: test, path: /b, value: null}\n", Some("a: 1\n"));
    check_evanphx("a: 1\n", "- {op: test, path: /b/c, value: null}\n", None);
    check_evanphx("a: [1]\n", "- {op: test, path: /a/1, value: null}\n", None);
    check_evanphx("a: 1\n", "- {op: copy, from: /b, path: /c}\n", Some("a: 1\nc: null\n"));
    check_evanphx("a: [1]\n", "- {op: copy, from: /a/1, path: /c}\n", None);
    check_evanphx("a: 1\n", "- {op: copy, from: /b/c, path: /c}\n", None);
    check_evanphx("a: 1\n", "- {op: move, from: /b, path: /c}\n", None);
    check_evanphx("a: 1\n", "- {op: add, path: /b/c, value: 1}\n", None);
    check_evanphx("a: 1\n", "- {op: add, path: '', value: 1}\n", None);
}

// Merge patch

#[test]
fn a_null_that_a_merge_patch_cannot_say_is_named() {
    let (from, to) = (yaml("a", "a: {b: 1}\n"), yaml("b", "a: {b: null}\n"));
    let error = merge::create(from.root(), to.root()).expect_err("null removes");
    assert_eq!(error.to_string(), "a merge patch cannot set /a/b to null: null removes");
    assert_eq!(error.pointer, "/a/b".parse::<Pointer>().expect("a pointer"));
}

// kyaml

fn merged(base: &str, patch: &str, options: &Options) -> Result<String, ApplyError> {
    let (mut doc, patch) = (yaml("base.yaml", base), yaml("patch.yaml", patch));
    Ok(match kyaml::apply(&mut doc, patch.root(), kustomize(), options)? {
        Outcome::Kept => emit_kyaml([&doc], ListIndent::Compact),
        Outcome::Deleted => String::new(),
    })
}

#[track_caller]
fn check_kyaml(base: &str, patch: &str, expect: &str) {
    let found = merged(&pod(base), &pod(patch), &Options::default()).expect("it merges");
    assert_eq!(found, pod(expect));
}

#[test]
fn kyaml_merges_as_kustomize_build_does() {
    check_kyaml(
        "containers:\n- name: a\n- name: b",
        "containers:\n- name: c\n- name: b\n  image: b",
        "containers:\n- name: c\n- name: b\n  image: b\n- name: a",
    );
    check_kyaml(
        "containers:\n- name: a\n- name: b",
        "containers:\n- name: a\n  $patch: delete",
        "containers:\n- name: b",
    );
    check_kyaml("a: null\nb:\nc: ~\nd: 1", "d: 2", "a: null\nc: ~\nd: 2");
    check_kyaml("a: 1\nb: {c: 1}", "a: null\nb: {c: null, d: null}\ne: null", "b: {}");
    check_kyaml("a:\n  x: 1", "a: {}", "a:\n  x: 1");
    check_kyaml("a:\n  x: 1", "a:\n  $patch: replace\n  y: 2", "a:\n  y: 2");
    check_kyaml("a:\n  x: 1\nb: 1", "a:\n  $patch: delete", "b: 1");
    check_kyaml("volumes:\n- name: a", "volumes:\n- name: b\n- $patch: replace", "volumes:\n- name: b");
    check_kyaml("list:\n- name: a", "list:\n- name: b", "list:\n- name: b");
    check_kyaml("a: 1", "$setElementOrder/containers:\n- name: a", "a: 1\n$setElementOrder/containers:\n- name: a");
    check_kyaml("a: \"1\"", "a: 2", "a: \"2\"");
}

#[test]
fn ports_are_told_apart_by_protocol() {
    let ports = |ports: &str| format!("containers:\n- name: a\n  ports:\n{ports}");
    let base = ports("  - containerPort: 80\n    protocol: TCP\n  - containerPort: 80\n    protocol: UDP");
    check_kyaml(
        &base,
        &ports("  - containerPort: 80\n    protocol: UDP\n    name: dns"),
        &format!("{base}\n    name: dns"),
    );
    // Without a protocol, a port that the base has with one is passed over.
    check_kyaml(&base, &ports("  - containerPort: 80\n    name: web"), &base);
}

#[test]
fn a_comment_gives_a_list_its_keys() {
    let base = "apiVersion: a/v1\nkind: Odd\nlist: # {\"x-kubernetes-patch-strategy\":\"merge\",\"x-kubernetes-patch-merge-key\":\"id\"}\n- id: 1\n- id: 2\n";
    let found = merged(base, "list:\n- id: 2\n  x: y\n", &Options::default()).expect("it merges");
    assert!(found.ends_with("- id: 2\n  x: y\n- id: 1\n"), "{found}");
}

#[test]
fn a_resource_inside_another_is_merged_by_its_own_kind() {
    let wrap = |containers: &str| {
        format!(
            "apiVersion: a/v1\nkind: Holder\nspec:\n  apiVersion: v1\n  kind: Pod\n  spec:\n    containers:\n{containers}"
        )
    };
    let found = merged(&wrap("    - name: a\n"), &wrap("    - name: b\n"), &Options::default()).expect("it merges");
    assert_eq!(found, wrap("    - name: b\n    - name: a\n"));
}

#[test]
fn options_say_what_kyaml_may() {
    let (base, patch) = (pod("containers:\n- name: a\nx: 1"), pod("containers:\n- name: b\nx:\n- 1"));
    let append = Options::default().list_items(ListItems::Append).kind_change(KindChange::Replace);
    assert_eq!(merged(&base, &patch, &append).expect("it merges"), pod("containers:\n- name: a\n- name: b\nx:\n- 1"));
    assert_eq!(merged(&base, "$patch: delete\n", &Options::default()).expect("it merges"), "");
}

#[track_caller]
fn refuse_kyaml(base: &str, patch: &str, expect: &str) {
    let mut doc = yaml("base.yaml", &pod(base));
    let (before, patch) = (doc.clone(), yaml("patch.yaml", &pod(patch)));
    let error = kyaml::apply(&mut doc, patch.root(), kustomize(), &Options::default()).expect_err("it is refused");
    assert_eq!(error.to_string(), expect);
    assert!(doc == before, "a refused patch changes nothing");
}

#[test]
fn kyaml_errors_name_place_and_line() {
    refuse_kyaml(
        "a: 1\nb: {x: 1}",
        "a: 2\nb: [x]",
        "patch.yaml:5:6: at /spec/b: the patch has a list where the document has a mapping",
    );
    refuse_kyaml(
        "b: {x: 1}",
        "b: {$patch: remove}",
        "patch.yaml:4:15: at /spec/b/$patch: unknown patch strategy 'remove': $patch is delete, replace or merge",
    );
    refuse_kyaml(
        "containers: [{name: b, image: b}]",
        "containers: [{name: b, image: {}}]",
        "patch.yaml:4:33: at /spec/containers/[name=b]/image: the patch has a mapping where the document has a scalar",
    );
    refuse_kyaml(
        "containers: [{name: b, ports: [1]}]",
        "containers: [{name: b, ports: [{containerPort: 1}]}]",
        "base.yaml:4:34: at /spec/containers/[name=b]/ports: a list with merge keys holds a value that is no mapping",
    );
}

// apimachinery

#[track_caller]
fn refuse_server(base: &str, patch: &str, expect: &str) {
    let mut doc = yaml("base.yaml", &pod(base));
    let (before, patch) = (doc.clone(), yaml("patch.yaml", &pod(patch)));
    let schema = kubernetes().root(&GroupVersionKind::new("v1", "Pod"));
    let error = apimachinery::apply(&mut doc, patch.root(), schema).expect_err("it is refused");
    assert_eq!(error.to_string(), expect);
    assert!(doc == before, "a refused patch changes nothing");
}

#[test]
fn server_errors_name_place_and_line() {
    refuse_server(
        "containers: [{name: a}]",
        "containers: [{image: b}]",
        "patch.yaml:4:16: at /spec/containers: the item lacks its merge key 'name'",
    );
    refuse_server(
        "containers: [{name: a}]",
        "containers: [{name: a}, 1]",
        "patch.yaml:4:27: at /spec/containers: the items of a merged list are not all of one type",
    );
    refuse_server(
        "containers: [{name: a}]",
        "containers: [{name: a, $patch: merge}]",
        "patch.yaml:4:34: at /spec/containers: unknown $patch directive 'merge' in a list: it is replace or delete",
    );
    refuse_server(
        "volumes: [{name: a}]",
        "volumes: [{name: a, $retainKeys: [name], emptyDir: {}}]",
        "patch.yaml:4:44: at /spec/volumes/[name=a]: the patch sets 'emptyDir', which its $retainKeys does not list",
    );
    refuse_server(
        "containers: [{name: a}, {name: b}]",
        "$setElementOrder/containers: [{name: a}, {name: b}]\ncontainers: [{name: b}, {name: a}]",
        "patch.yaml:4:32: at /spec/$setElementOrder~1containers: the order of the patch's list doesn't match $setElementOrder/containers",
    );
}

/// Keys that are mappings have no text; a comparison that looked them up by it found a difference where there was none.
#[test]
fn a_key_that_is_a_mapping_equals_itself() {
    let doc = yaml("doc.yaml", "a: [{b, 2, {c: d}: e}]\n");
    let patch = apimachinery::two_way(doc.root(), doc.root(), None).expect("both are mappings");
    assert!(patch.root().is_empty());
}

#[test]
fn a_key_that_a_patch_cannot_name_is_refused() {
    let doc = yaml("doc.yaml", "a:\n  ? [b]\n  : 1\n  ? [c]\n  : 2\n");
    let expect = "doc.yaml:2:5: at /a: a key that is a mapping or a list cannot be merged: make it a text";
    let error = |outcome: Result<(), ApplyError>| outcome.expect_err("it is refused").to_string();
    assert_eq!(error(apimachinery::two_way(doc.root(), doc.root(), None).map(drop)), expect);
    assert_eq!(error(apimachinery::apply(&mut doc.clone(), doc.root(), None)), expect);
    assert_eq!(error(merge::apply(&mut doc.clone(), doc.root())), expect);
}

#[test]
fn conflicts_are_listed_with_their_places() {
    let schema = kubernetes().root(&GroupVersionKind::new("v1", "Pod"));
    let document = |name: &str, image: &str, grace: &str| {
        yaml(name, &pod(&format!("containers:\n- name: a\n  image: {image}\ngrace: {grace}")))
    };
    let (original, modified, live) =
        (document("old", "a:1", "1"), document("new", "a:2", "2"), document("live", "a:3", "3"));
    let error = apimachinery::three_way(original.root(), modified.root(), live.root(), schema, OnConflict::Report)
        .expect_err("both changed the same");
    assert_eq!(
        error.to_string(),
        "2 of the fields to apply were changed by someone else: spec.containers[name=\"a\"].image (new:6:12 against \
         live:6:12), spec.grace (new:7:10 against live:7:10)"
    );
}

/// A schema whose objects hold lists of themselves, merged by name.
const FOREST: &str = "
definitions:
  Tree:
    type: object
    properties:
      name: {type: string}
      trees:
        type: array
        items: {$ref: '#/definitions/Tree'}
        x-kubernetes-patch-merge-key: name
        x-kubernetes-patch-strategy: merge
    x-kubernetes-group-version-kind: [{group: '', version: v1, kind: Tree}]
";

#[track_caller]
fn merge_deep(level: [&str; 2], levels: usize, expect: Option<&str>) {
    let schema = openapi([yaml("schema.yaml", FOREST).root()]).expect("the schema is one");
    let deep = |leaf: &str| {
        let (open, close) = (level[0].repeat(levels), level[1].repeat(levels));
        let text = format!("{{apiVersion: v1, kind: Tree, trees: [{{name: a, {open}leaf: {leaf}{close}}}]}}");
        let limits = Limits { depth: 5_000, ..Limits::default() };
        let options = ReadOptions { limits, ..ReadOptions::default() };
        read(&SourceFile::new("deep.yaml", text), &options).expect("the case is YAML").remove(0)
    };
    let (mut doc, patch) = (deep("old"), deep("new"));
    let merged = kyaml::apply(&mut doc, patch.root(), &schema, &Options::default());
    let merged = merged.map_err(|error| error.message().to_owned());
    assert_eq!(merged, expect.map_or(Ok(Outcome::Kept), |message| Err(message.to_owned())));
    let leaf = if expect.is_none() { "new" } else { "old" };
    assert!(doc == deep(leaf), "the leaf is {leaf}");
}

/// As deep as the limit allows, in as little room as a thread of tests has.
#[test]
fn deep_objects_are_merged_and_deeper_ones_refused() {
    let refused = Some("the document is nested deeper than 1000");
    merge_deep(["sub: {", "}"], 996, None);
    merge_deep(["sub: {", "}"], 1_000, refused);
    merge_deep(["trees: [{name: a, ", "}]"], 498, None);
    merge_deep(["trees: [{name: a, ", "}]"], 500, refused);
}
