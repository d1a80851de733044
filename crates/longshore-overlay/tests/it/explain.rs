//! Provenance: every value of a result has a cause.

use longshore_overlay::{LoadRestrictions, RenderOptions, Rendered, render};
use longshore_source::{Disk, FilePath, Files, Memory};
use longshore_testkit::folder;
use longshore_yaml::Node;
use serde_json::Value;

/// A base and an overlay that uses most of what changes fields.
fn shop() -> Memory {
    let files = vec![
        ("base/kustomization.yaml", "resources: [web.yaml]\nconfigMapGenerator:\n- name: env\n  literals: [a=b]\n"),
        (
            "base/web.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 1\n  template:\n    \
             spec:\n      containers:\n      - name: web\n        image: shop/web:1\n        envFrom:\n        - \
             configMapRef:\n            name: env\n",
        ),
        (
            "prod/kustomization.yaml",
            "resources: [../base]\nnamePrefix: prod-\nnamespace: prod\nimages:\n- name: shop/web\n  newTag: \"2\"\n\
             labels:\n- pairs:\n    team: shop\npatches:\n- path: more.yaml\n- target: {kind: Deployment}\n  patch: |-\n    \
             - op: add\n      path: /spec/paused\n      value: true\n",
        ),
        ("prod/more.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 5\n"),
    ];
    let bytes = files.into_iter().map(|(path, text)| (path, text.as_bytes())).collect::<Vec<_>>();
    Memory::try_from(bytes).expect("the paths are paths")
}

fn build(files: &dyn Files, root: &str, provenance: bool) -> Rendered {
    let options = RenderOptions::new().provenance(provenance);
    render(files, &root.parse().expect("a path"), &options).unwrap_or_else(|error| panic!("{error}"))
}

#[track_caller]
fn check(pointer: &str, expect: &[&str]) {
    let rendered = build(&shop(), "prod", true);
    let field = format!("apps/v1/Deployment/prod/prod-web:{pointer}");
    let explanation = rendered.explain(&field).unwrap_or_else(|error| panic!("{error}"));
    let causes: Vec<String> = explanation.causes.iter().map(ToString::to_string).collect();
    assert_eq!(causes, expect);
}

#[test]
fn a_value_is_written_somewhere() {
    check("/kind", &["written at base/web.yaml:2:7"]);
}

#[test]
fn a_merge_patch_takes_its_place() {
    let causes = ["written at base/web.yaml:6:13", "set by patches[0] at prod/more.yaml:6:13"];
    check("/spec/replicas", &causes);
}

#[test]
fn a_json_patch_has_its_line_in_the_kustomization() {
    check("/spec/paused", &["set by patches[1] at prod/kustomization.yaml:16:14"]);
}

#[test]
fn fields_of_the_kustomization_change_values() {
    check("/metadata/name", &["written at base/web.yaml:4:9", "set by namePrefix at prod/kustomization.yaml:2:13"]);
    check("/metadata/labels/team", &["set by labels[0] at prod/kustomization.yaml:9:11"]);
}

#[test]
fn an_image_keeps_both_lines() {
    let causes = ["written at base/web.yaml:11:16", "set by images[0] at prod/kustomization.yaml:6:11"];
    check("/spec/template/spec/containers/0/image", &causes);
}

#[test]
fn what_is_not_there_has_a_neighbour() {
    let rendered = build(&shop(), "prod", true);
    let error = rendered.explain("apps/v1/Deployment/prod/prod-wep:/spec").expect_err("there is no such object");
    assert_eq!(
        error.to_string(),
        "no object apps/v1/Deployment/prod/prod-wep in the result (did you mean apps/v1/Deployment/prod/prod-web?)"
    );
}

#[test]
fn provenance_does_not_change_the_result() {
    let text = |provenance| build(&shop(), "prod", provenance).to_yaml().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(text(true), text(false));
}

#[test]
fn every_value_has_a_cause() {
    assert!(every_value(&build(&shop(), "prod", true)) > 10);
}

/// Asserts that each scalar has a place or a transformer behind it; gives their number.
fn every_value(rendered: &Rendered) -> usize {
    let mut count = 0;
    for (index, resource) in rendered.resources.iter().enumerate() {
        for pointer in pointers(resource.root()) {
            let explanation = rendered.explain_at(index, &pointer).unwrap_or_else(|error| panic!("{error}"));
            let last = explanation.last();
            assert!(last.by.is_some() || last.location.is_some(), "{explanation}");
            count += 1;
        }
    }
    count
}

fn pointers(root: Node<'_>) -> Vec<String> {
    let (mut found, mut open) = (Vec::new(), vec![(String::new(), root)]);
    while let Some((path, node)) = open.pop() {
        let node = node.resolved();
        if !node.is_mapping() && !node.is_sequence() {
            found.push(path.clone());
        }
        let escape = |key: &str| key.replace('~', "~0").replace('/', "~1");
        open.extend(node.entries().map(|(key, value)| (format!("{path}/{}", escape(key.text())), value)));
        open.extend(node.items().enumerate().map(|(index, item)| (format!("{path}/{index}"), item)));
    }
    found
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the recorded trees are files")]
fn every_value_of_public_trees_has_a_cause() {
    let (Some(index), Some(trees)) = (folder("realworld-index.json"), folder("realworld")) else { return };
    let text = std::fs::read_to_string(index).expect("the index is a file");
    let roots: Vec<Value> = serde_json::from_str(&text).expect("the index is a list");
    for root in &roots {
        let tree = trees.join(root["repo"].as_str().unwrap_or_default());
        let disk = Disk::new(tree).unwrap_or_else(|error| panic!("{error}"));
        let path: FilePath = root["dir"].as_str().unwrap_or_default().parse().expect("a path");
        let options = RenderOptions::new().provenance(true).load_restrictions(LoadRestrictions::None);
        let rendered = render(&disk, &path, &options).unwrap_or_else(|error| panic!("{error}"));
        assert!(every_value(&rendered) > 0 || rendered.resources.is_empty());
    }
}
