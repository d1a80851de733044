//! What Kustomize does and says nowhere: marks that it keeps in annotations during a build, one node for a label in
//! several places, objects that pass through JSON. The texts are what `kubectl kustomize` 5.5.0 makes of these trees.

use crate::thin::{WEB, outcome};

const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  a: b\n";

/// Builds a ConfigMap with a kustomization; `expect` is what comes of it below `kind`.
#[track_caller]
fn check(kustomization: &str, expect: &str) {
    let kustomization = format!("resources: [map.yaml]\n{kustomization}");
    let built = outcome(&[("top/kustomization.yaml", &kustomization), ("top/map.yaml", MAP)]);
    let built = built.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(built, format!("apiVersion: v1\n{expect}"), "{kustomization}");
}

/// A strategic merge patch of the map, with these lines of its `metadata` and below.
fn merge(field: &str, metadata: &str, more: &str) -> String {
    let lines = ["apiVersion: v1", "kind: ConfigMap", "metadata:", "  name: a"].into_iter().chain(metadata.lines());
    let text: String = lines.map(|line| format!("    {line}\n")).collect();
    match field {
        "patches" => format!("patches:\n- patch: |\n{text}{more}"),
        field => format!("{field}:\n- |\n{text}{more}"),
    }
}

/// JSON patches of the map.
fn operations(field: &str, operations: &[&str]) -> String {
    let text: String = operations.iter().map(|operation| format!("    - {{{operation}}}\n")).collect();
    format!("{field}:\n- target: {{version: v1, kind: ConfigMap, name: a}}\n  patch: |\n{text}")
}

const DATA: &str = "data:\n  a: b\nkind: ConfigMap\n";

#[test]
fn annotations_are_there_once_an_object_is_marked() {
    let add = ["op: add, path: /metadata/annotations/x, value: v"];
    let marked = format!("{DATA}metadata:\n  annotations:\n    x: v\n  name: ");
    check(&operations("patches", &add), &format!("{marked}a\n"));
    check(&format!("namePrefix: p-\n{}", operations("patchesJson6902", &add)), &format!("{marked}p-a\n"));
    let kustomization = format!("resources: [map.yaml]\n{}", operations("patchesJson6902", &add));
    let refused = outcome(&[("top/kustomization.yaml", &kustomization), ("top/map.yaml", MAP)]);
    let error = refused.expect_err("there are no annotations yet");
    assert!(error.contains("/metadata/annotations does not exist"), "{error}");
    check(
        &operations("patches", &["op: remove, path: /metadata/annotations"]),
        &format!("{DATA}metadata:\n  name: a\n"),
    );
    check(
        &operations("patches", &["op: replace, path: /metadata/annotations, value: x"]),
        &format!("{DATA}metadata:\n  name: a\n"),
    );
}

#[test]
fn marks_can_be_copied() {
    let copy = operations("patches", &["op: copy, from: /metadata/annotations, path: /data/marks"]);
    check(
        &format!("namePrefix: p-\n{copy}"),
        "data:\n  a: b\n  marks:\n    internal.config.kubernetes.io/previousKinds: ConfigMap\n    \
         internal.config.kubernetes.io/previousNames: a\n    internal.config.kubernetes.io/previousNamespaces: default\nkind: \
         ConfigMap\nmetadata:\n  name: p-a\n",
    );
}

#[test]
fn an_object_that_passes_through_json_is_written_as_json() {
    let values = ["1.0", "0x10", "1_000", "~", "True", "-0", "2001-01-01", "!!binary aGk="];
    let texts = ["1", "16", "1000", "null", "true", "0", "2001-01-01", "hi"];
    for (value, text) in values.into_iter().zip(texts) {
        let add = format!("op: add, path: /metadata/annotations/x, value: {value}");
        let text = match text {
            "hi" => text.to_owned(),
            text => format!("\"{text}\""),
        };
        check(&operations("patches", &[&add]), &format!("{DATA}metadata:\n  annotations:\n    x: {text}\n  name: a\n"));
    }
}

#[test]
fn labels_and_annotations_of_a_copied_patch_are_texts() {
    let nothing = format!("{DATA}metadata:\n  name: a\n");
    let texts = format!("{DATA}metadata:\n  annotations:\n    x: \"null\"\n  labels:\n    l: \"1\"\n  name: a\n");
    let lines = "  annotations: {x: null}\n  labels: {l: 1}\n";
    check(&merge("patchesStrategicMerge", lines, ""), &texts);
    check(&merge("patches", lines, "  target: {kind: ConfigMap}\n"), &texts);
    check(&merge("patches", lines, ""), &format!("{DATA}metadata:\n  labels:\n    l: 1\n  name: a\n"));
    check(&merge("patchesStrategicMerge", "  labels: {}\n", ""), &nothing);
    check(
        &merge("patches", "  annotations: {x: null}\n", "  options: {allowNameChange: true}\n"),
        &format!("{DATA}metadata:\n  annotations:\n    x: \"null\"\n  name: a\n"),
    );
}

#[test]
fn a_patch_that_replaces_an_object_changes_nothing() {
    let lines = "$patch: replace\ndata: {q: r}\n";
    check(&merge("patches", lines, ""), &format!("{DATA}metadata:\n  name: a\n"));
    check(&merge("patchesStrategicMerge", lines, ""), &format!("{DATA}metadata:\n  name: a\n"));
}

#[test]
fn an_inline_patch_ends_with_its_last_word() {
    let lines = "data:\n  x: |\n    one\n    two\n";
    check(
        &merge("patches", lines, ""),
        "data:\n  a: b\n  x: |-\n    one\n    two\nkind: ConfigMap\nmetadata:\n  name: a\n",
    );
    check(
        &merge("patchesStrategicMerge", lines, ""),
        "data:\n  a: b\n  x: |\n    one\n    two\nkind: ConfigMap\nmetadata:\n  name: a\n",
    );
}

#[test]
fn labels_are_noted_twice_where_none_are_common() {
    check(
        "labels: [{pairs: {l: v}}]\nbuildMetadata: [transformerAnnotations]\n",
        &format!(
            "{DATA}metadata:\n  annotations:\n    alpha.config.kubernetes.io/transformations: |\n      - configuredIn: \
             kustomization.yaml\n        configuredBy:\n          apiVersion: builtin\n          kind: LabelTransformer\n      \
             - configuredIn: kustomization.yaml\n        configuredBy:\n          apiVersion: builtin\n          kind: \
             LabelTransformer\n  labels:\n    l: v\n  name: a\n"
        ),
    );
}

/// Builds an overlay over a base that sets a label in three places, and looks at those: the object's own, its selector's,
/// its template's.
#[track_caller]
fn check_shared(overlay: &str, expect: [&str; 3]) {
    let web = WEB.replace("  labels:\n    team: shop\n", "");
    let overlay = format!("resources: [../base]\n{overlay}");
    let built = outcome(&[
        ("base/kustomization.yaml", "resources: [web.yaml]\nlabels: [{pairs: {env: a}, includeSelectors: true}]\n"),
        ("base/web.yaml", &web),
        ("top/kustomization.yaml", &overlay),
    ]);
    let built = built.unwrap_or_else(|error| panic!("{error}"));
    let found: Vec<&str> = built.lines().filter_map(|line| line.trim().strip_prefix("env: ")).collect();
    assert_eq!(found, expect, "{overlay}");
}

#[test]
fn a_label_that_was_added_in_several_places_is_one() {
    let merge = |metadata: &str, template: &str| {
        let lines =
            "patches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata:\n      name: web\n";
        format!(
            "{lines}      labels: {{{metadata}}}\n    spec:\n      template:\n        metadata:\n          labels: {{{template}}}\n"
        )
    };
    let json = |more: &str| {
        let lines = "patches:\n- target: {kind: Deployment}\n  patch: |-\n    - op: replace\n      path: /metadata/labels/env\n";
        format!("{lines}      value: b\n{more}")
    };
    check_shared("", ["a"; 3]);
    check_shared("labels: [{pairs: {env: b}}]\n", ["b"; 3]);
    check_shared(&merge("env: b", ""), ["b"; 3]);
    check_shared(&merge("", "env: b"), ["b"; 3]);
    check_shared(&merge("env: b", "env: c"), ["c"; 3]);
    check_shared(
        "replacements:\n- source: {kind: Deployment, fieldPath: kind}\n  targets:\n  - select: {kind: Deployment}\n    \
         fieldPaths: [metadata.labels.env]\n",
        ["Deployment"; 3],
    );
    // What passes through JSON is no longer one.
    check_shared(&json(""), ["b", "a", "a"]);
    check_shared(&json("labels: [{pairs: {env: c}}]\n"), ["c", "a", "a"]);
}
