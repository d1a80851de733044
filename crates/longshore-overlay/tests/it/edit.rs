//! Edits of a kustomization file: what changes, and that nothing else does.

use longshore_overlay::edit::{Edit, PathList, apply};
use proptest::prelude::*;

#[track_caller]
fn check(text: &str, edit: impl Into<Edit>, expected: &str) {
    let edit = edit.into();
    let edited = apply("kustomization.yaml", text, std::slice::from_ref(&edit)).expect("the edit is possible");
    assert_eq!(edited, expected);
    let twice = apply("kustomization.yaml", &edited, &[edit]).expect("the edit is possible");
    assert_eq!(twice, edited, "twice is once");
}

#[track_caller]
fn fails(text: &str, edit: impl Into<Edit>, message: &str) {
    let error = apply("kustomization.yaml", text, &[edit.into()]).expect_err("the edit is impossible");
    assert_eq!(error.to_string(), message);
}

#[test]
fn a_text_field_is_set_where_it_stands() {
    check(
        "namespace: dev # ours\n\nresources: [a.yaml]\n",
        Edit::namespace("prod"),
        "namespace: prod # ours\n\nresources: [a.yaml]\n",
    );
    check("namePrefix: 'a-'\n", Edit::name_prefix("b-"), "namePrefix: 'b-'\n");
    check("nameSpace: dev\n", Edit::namespace("prod"), "nameSpace: prod\n");
    check("namespace:\n", Edit::namespace("prod"), "namespace: prod\n");
}

#[test]
fn a_text_field_is_added_at_the_end() {
    check("resources:\n- a.yaml\n", Edit::name_suffix("-v2"), "resources:\n- a.yaml\nnameSuffix: -v2\n");
}

#[test]
fn a_file_without_content_begins() {
    let head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n";
    check("", Edit::namespace("prod"), &format!("{head}namespace: prod\n"));
    check("# soon\n", Edit::add_resource("a.yaml"), &format!("# soon\n{head}resources:\n- a.yaml\n"));
}

#[test]
fn a_text_that_looks_like_something_else_is_quoted() {
    check("images:\n- name: web\n", Edit::image("web").tag("1.10"), "images:\n- name: web\n  newTag: \"1.10\"\n");
    check("resources: []\n", Edit::namespace("yes"), "resources: []\nnamespace: \"yes\"\n");
}

#[test]
fn an_image_is_changed_in_its_entry() {
    let text = "images:\n# the front end\n- name: web   # keep\n  newTag: v1\n- name: db\n  newTag: v7\n";
    check(
        text,
        Edit::image("web").tag("v2"),
        "images:\n# the front end\n- name: web   # keep\n  newTag: v2\n- name: db\n  newTag: v7\n",
    );
    check(
        text,
        Edit::image("db").digest("sha256:24a0c4b4"),
        "images:\n# the front end\n- name: web   # keep\n  newTag: v1\n- name: db\n  digest: sha256:24a0c4b4\n",
    );
    check(
        text,
        Edit::image("web").new_name("example.com/web"),
        "images:\n# the front end\n- name: web   # keep\n  newTag: v1\n  newName: example.com/web\n- name: db\n  newTag: v7\n",
    );
}

#[test]
fn an_image_is_added() {
    check(
        "resources:\n- a.yaml\n",
        Edit::image("web").new_name("example.com/web").tag("v2"),
        "resources:\n- a.yaml\nimages:\n- name: web\n  newName: example.com/web\n  newTag: v2\n",
    );
}

#[test]
fn replicas_are_a_number() {
    check(
        "replicas:\n- name: web\n  count: 2 # quiet\n",
        Edit::replicas("web", 5),
        "replicas:\n- name: web\n  count: 5 # quiet\n",
    );
    check(
        "replicas:\n- {name: web, count: 2}\n",
        Edit::replicas("db", 1),
        "replicas:\n- {name: web, count: 2}\n- name: db\n  count: 1\n",
    );
}

#[test]
fn a_path_is_added_once_and_removed() {
    check("resources:\n- a.yaml\n", Edit::add_resource("a.yaml"), "resources:\n- a.yaml\n");
    check("resources:\r\n- a.yaml\r\n", Edit::add_resource("b.yaml"), "resources:\r\n- a.yaml\r\n- b.yaml\r\n");
    check("resources: [a.yaml]\n", Edit::add_resource("b.yaml"), "resources: [a.yaml, b.yaml]\n");
    let text = "resources:\n- a.yaml\n# goes with it\n- b.yaml\nnamespace: x\n";
    let removed = apply("kustomization.yaml", text, &[Edit::remove_resource("b.yaml")]).expect("it stands there");
    assert_eq!(removed, "resources:\n- a.yaml\nnamespace: x\n");
    let removed =
        apply("kustomization.yaml", "resources:\n- a.yaml\nnamespace: x\n", &[Edit::remove_resource("a.yaml")]);
    assert_eq!(removed.expect("it stands there"), "namespace: x\n");
}

#[test]
fn labels_and_annotations_are_set_where_they_stand() {
    check("commonLabels:\n  a: x\n", Edit::label("a", "b"), "commonLabels:\n  a: b\n");
    check(
        "labels:\n- pairs: {a: x}\n  includeSelectors: true\n",
        Edit::label("a", "z"),
        "labels:\n- pairs: {a: z}\n  includeSelectors: true\n",
    );
    check("namespace: n\n", Edit::label("a", "true"), "namespace: n\nlabels:\n- pairs:\n    a: \"true\"\n");
    check("commonAnnotations:\n  a: x\n", Edit::annotation("b", "y"), "commonAnnotations:\n  a: x\n  b: \"y\"\n");
}

#[test]
fn what_cannot_be_edited_is_an_error_with_its_place() {
    fails("resources: a.yaml\n", Edit::add_resource("b.yaml"), "kustomization.yaml:1:12: resources must be a list");
    fails(
        "resources:\n- web.yaml\n- db.yaml\n",
        Edit::remove_resource("wep.yaml"),
        "kustomization.yaml:2:1: resources has no 'wep.yaml'; did you mean 'web.yaml'?",
    );
    fails("- a\n", Edit::namespace("x"), "kustomization.yaml:1:1: a kustomization must be a mapping");
    fails("namespace: [\n", Edit::namespace("x"), "kustomization.yaml:2:1: did not find expected node content");
}

fn edits() -> impl Strategy<Value = Edit> {
    let word = "[a-z]{1,4}|\"?[0-9.]{1,3}|yes|~|a: b";
    prop_oneof![
        word.prop_map(Edit::namespace),
        (word, word).prop_map(|(name, tag)| Edit::image(name).tag(tag).into()),
        (word, word).prop_map(|(name, digest)| Edit::image(name).digest(digest).into()),
        (word, 0u32..9).prop_map(|(name, count)| Edit::replicas(name, count)),
        word.prop_map(Edit::add_resource),
        word.prop_map(|path| Edit::Add { list: PathList::Components, path }),
        (word, word).prop_map(|(key, value)| Edit::label(key, value)),
        (word, word).prop_map(|(key, value)| Edit::annotation(key, value)),
    ]
}

proptest! {
    /// An edit made again changes nothing, whatever was edited before it.
    #[test]
    fn an_edit_twice_is_once(edits in proptest::collection::vec(edits(), 1..6)) {
        let text = apply("kustomization.yaml", "# top\n\nresources: # all of it\n- a\n", &edits).expect("all are possible");
        let last = edits.last().expect("there is one");
        prop_assert_eq!(apply("kustomization.yaml", &text, std::slice::from_ref(last)).expect("still possible"), text.clone());
        prop_assert!(text.starts_with("# top\n\nresources: # all of it\n- a\n"));
    }
}
