//! What recorded cases say little about: `crds`, `validators`, `replicas`, `openapi`. The texts are what
//! `kubectl kustomize` 5.5.0 does with these trees.

use longshore_overlay::{RenderOptions, render};
use longshore_source::Memory;

pub(crate) const WEB: &str =
    "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  labels:\n    team: shop\nspec:\n  replicas: 1\n";

pub(crate) fn outcome(files: &[(&str, &str)]) -> Result<String, String> {
    let files = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect::<Vec<_>>();
    let files = Memory::try_from(files).expect("the paths are paths");
    let rendered = render(&files, &"top".parse().expect("a path"), &RenderOptions::new());
    rendered.and_then(|rendered| rendered.to_yaml()).map_err(|error| error.to_string())
}

#[track_caller]
fn check(kustomization: &str, files: &[(&str, &str)], expect: &str) {
    let all: Vec<_> = [("top/kustomization.yaml", kustomization)].into_iter().chain(files.iter().copied()).collect();
    assert_eq!(outcome(&all).unwrap_or_else(|error| panic!("{error}")), expect);
}

#[track_caller]
fn refuse(kustomization: &str, expect: &str) {
    let files = [("top/kustomization.yaml", kustomization), ("top/web.yaml", WEB), ("top/s.json", "{}")];
    assert_eq!(outcome(&files).expect_err("the build is refused"), expect);
}

#[test]
fn fields_that_a_type_calls_references_follow_names() {
    let types = r#"{"jobs.io/v1.Bee": {"Schema": {"properties": {
        "apiVersion": {"type": "string"}, "kind": {"type": "string"},
        "metadata": {"$ref": "k8s.io/apimachinery/pkg/apis/meta/v1.ObjectMeta"},
        "spec": {"$ref": "jobs.io/v1.Spec"}}}},
      "jobs.io/v1.Spec": {"Schema": {"properties": {
        "keyRef": {"x-kubernetes-object-ref-api-version": "v1", "x-kubernetes-object-ref-kind": "Secret",
          "$ref": "jobs.io/v1.Ref"},
        "tune": {"x-kubernetes-object-ref-api-version": "v1", "x-kubernetes-object-ref-kind": "ConfigMap",
          "x-kubernetes-object-ref-name-key": "title", "$ref": "jobs.io/v1.Tune"},
        "other": {"type": "string"}}}},
      "jobs.io/v1.Ref": {"Schema": {"properties": {"name": {"type": "string"}}}}}"#;
    let objects = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: key\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  \
                   name: tune\n---\napiVersion: jobs.io/v1\nkind: Bee\nmetadata:\n  name: bee\nspec:\n  keyRef:\n    name: \
                   key\n  tune:\n    title: tune\n  other: key\n";
    check(
        "resources: [all.yaml]\nnamePrefix: x-\ncrds: [types.json]\n",
        &[("top/all.yaml", objects), ("top/types.json", types)],
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x-tune\n---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: \
         x-key\n---\napiVersion: jobs.io/v1\nkind: Bee\nmetadata:\n  name: x-bee\nspec:\n  keyRef:\n    name: x-key\n  \
         other: key\n  tune:\n    title: x-tune\n",
    );
}

#[test]
fn types_that_are_not_there_are_refused() {
    refuse(
        "resources: [web.yaml]\ncrds: [none.json]\n",
        "top/kustomization.yaml:2:8: top/none.json: no such file or directory",
    );
}

#[test]
fn replicas_are_those_of_four_kinds() {
    let more = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata:\n  name: web\nspec:\n  serviceName: web\n---\napiVersion: \
                apps/v1\nkind: ReplicaSet\nmetadata:\n  name: solo\n---\napiVersion: x.io/v1\nkind: Thing\nmetadata:\n  \
                name: web\nspec:\n  replicas: 1\n---\napiVersion: v1\nkind: ReplicationController\nmetadata:\n  name: \
                solo\nspec:\n  replicas: 3 # three\n";
    check(
        "resources: [web.yaml, more.yaml]\nnamePrefix: p-\nreplicas:\n- name: web\n  count: 5\n- name: solo\n  count: 0\n",
        &[("top/web.yaml", WEB), ("top/more.yaml", more)],
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  labels:\n    team: shop\n  name: p-web\nspec:\n  replicas: \
         5\n---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata:\n  name: p-web\nspec:\n  replicas: 5\n  serviceName: \
         web\n---\napiVersion: apps/v1\nkind: ReplicaSet\nmetadata:\n  name: p-solo\nspec:\n  replicas: 0\n---\napiVersion: \
         x.io/v1\nkind: Thing\nmetadata:\n  name: p-web\nspec:\n  replicas: 1\n---\napiVersion: v1\nkind: \
         ReplicationController\nmetadata:\n  name: p-solo\nspec:\n  replicas: 0\n",
    );
}

#[test]
fn the_last_of_two_replicas_counts() {
    check(
        "resources: [web.yaml]\nreplicas:\n- name: web\n  count: 5\n- name: web\n  count: 7\n",
        &[("top/web.yaml", WEB)],
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  labels:\n    team: shop\n  name: web\nspec:\n  replicas: 7\n",
    );
}

#[test]
fn replicas_of_nothing_are_refused() {
    refuse(
        "resources: [web.yaml]\nreplicas:\n- name: wep\n  count: 5\n",
        "top/kustomization.yaml:4:10: replicas[0]: resource with name wep does not match a config with the following GVK \
         [Deployment.[noVer].[noGrp] StatefulSet.[noVer].[noGrp] ReplicaSet.[noVer].[noGrp] \
         ReplicationController.[noVer].[noGrp]]",
    );
}

#[test]
fn one_schema_is_built_in() {
    let web = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n      \
               containers:\n      - name: main\n        image: a\n";
    let patch = "patches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata:\n      name: web\n    \
                 spec:\n      template:\n        spec:\n          containers:\n          - name: side\n            image: b\n";
    check(
        &format!("resources: [web.yaml]\nopenapi:\n  version: v1.21.2\n{patch}"),
        &[("top/web.yaml", web)],
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n      containers:\n      \
         - image: b\n        name: side\n      - image: a\n        name: main\n",
    );
    refuse(
        "resources: [web.yaml]\nopenapi:\n  version: v1.19.1\n",
        "top/kustomization.yaml:3:12: openapi.version: the specified OpenAPI version is not built in (the only built-in \
         version is v1.21.2)",
    );
    refuse(
        "resources: [web.yaml]\nopenapi:\n  version: v1.21.2\n  path: s.json\n",
        "top/kustomization.yaml:4:9: openapi: builtin version and custom schema provided, cannot use both",
    );
}

/// A validator that sets a label.
fn validator(team: &str, path: &str, create: bool) -> String {
    format!(
        "resources: [web.yaml]\nvalidators:\n- |-\n  apiVersion: builtin\n  kind: LabelTransformer\n  metadata:\n    name: \
         it\n  labels:\n    team: {team}\n  fieldSpecs:\n  - path: {path}\n    create: {create}\n"
    )
}

#[test]
fn a_validator_may_look() {
    let looked = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  labels:\n    team: shop\n  name: web\nspec:\n  replicas: 1\n";
    check(&validator("core", "spec/none/labels", false), &[("top/web.yaml", WEB)], looked);
}

#[test]
fn a_validator_may_not_touch() {
    let message = "top/kustomization.yaml:4:3: validator shouldn't modify the resource map: LabelTransformer changed \
                   Deployment.v1.apps/web.[noNs]";
    refuse(&validator("core", "metadata/labels", true), message);
    // Not even to set what is there.
    refuse(&validator("shop", "metadata/labels", true), message);
}
