//! What rules overlook, and how they are read.

use longshore_drift::{Class, IgnoreRule, Policy, Rules, Verdict, assess, plan};
use longshore_yaml::{Document, Node, ReadOptions, SourceFile, Tag, read};

use crate::{WEB, applied, set};

fn meddle(doc: &mut Document) {
    let at = |doc: &Document, path: &[&str]| doc.root().at(path.iter().copied()).map(Node::id).unwrap();
    let replicas = at(doc, &["spec", "replicas"]);
    doc.set_scalar(replicas, "9", Tag::Int);
    let list = at(doc, &["spec", "template", "spec", "containers"]);
    let item = doc.add_json(&serde_json::json!({"name": "proxy", "image": "proxy:1"}));
    doc.seq_push(list, item);
}

/// Meddles with `WEB` as `mesh`, and lists the paths that are drift under a rule.
#[track_caller]
fn check(rule: IgnoreRule, expect: &[&str]) {
    let desired = set(WEB);
    let mut cluster = applied(&desired);
    cluster.edit(&desired.as_slice()[0].id(), "mesh", meddle).unwrap();
    let report = assess(&desired, &cluster.list(), &Rules::default().ignore(rule));
    let drift: Vec<String> = report.drift().map(|(_, field)| field.path.to_string()).collect();
    assert_eq!(drift, expect);
    let ignored = report.resources[0].fields.iter().filter(|field| field.class == Class::Ignored).count();
    assert_eq!(ignored + drift.len(), 2, "what is overlooked is still reported");
    let steps = plan(&report, &Policy::default());
    assert_eq!(steps.steps.iter().map(|step| step.set.len() + step.remove.len()).sum::<usize>(), drift.len());
    assert_eq!(report.resources[0].verdict == Verdict::InSync, drift.is_empty());
}

const REPLICAS: &str = "spec.replicas";
const PROXY: &str = "spec.template.spec.containers[name=proxy]";

#[test]
fn pointers_overlook_what_they_name_and_all_below() {
    let rule = || IgnoreRule::for_kind("apps", "Deployment");
    check(rule(), &[REPLICAS, PROXY]);
    check(rule().pointer("/spec/replicas"), &[PROXY]);
    check(rule().pointer("/spec/template"), &[REPLICAS]);
    check(rule().pointer("/spec/template/spec/containers/1"), &[REPLICAS]);
    check(rule().pointer("/spec/template/spec/containers/0"), &[REPLICAS, PROXY]);
    check(rule().pointer("/spec"), &[]);
    check(rule().pointer("/nowhere/at/all"), &[REPLICAS, PROXY]);
}

#[test]
fn managers_overlook_what_they_own() {
    check(IgnoreRule::for_kind("*", "*").manager("mesh"), &[]);
    check(IgnoreRule::for_kind("*", "*").manager("other"), &[REPLICAS, PROXY]);
}

#[test]
fn rules_are_for_the_resources_they_name() {
    check(IgnoreRule::for_kind("a*s", "Dep*ment").pointer("/spec"), &[]);
    check(IgnoreRule::for_kind("apps", "StatefulSet").pointer("/spec"), &[REPLICAS, PROXY]);
    let mut named = IgnoreRule::for_kind("apps", "Deployment").pointer("/spec");
    named.name = Some("web".to_owned());
    check(named.clone(), &[]);
    named.name = Some("api".to_owned());
    check(named, &[REPLICAS, PROXY]);
}

#[cfg(feature = "jq")]
#[test]
fn expressions_overlook_the_paths_they_give() {
    let with = |expression: &str| {
        let mut rule = IgnoreRule::for_kind("apps", "Deployment");
        rule.jq_path_expressions.push(expression.to_owned());
        rule
    };
    check(with(".spec.replicas"), &[PROXY]);
    check(with(r#".spec.template.spec.containers[] | select(.name == "proxy")"#), &[REPLICAS]);
    check(with(".spec.template.spec.containers[]?, .spec.replicas"), &[]);
    check(with(".spec.nothing"), &[REPLICAS, PROXY]);
}

fn rules(text: &str) -> Result<Rules, String> {
    let docs = read(&SourceFile::new("rules.yaml", text), &ReadOptions::default()).unwrap();
    Rules::read(docs[0].root()).map_err(|error| error.to_string())
}

#[test]
fn rules_are_read_as_argo_cd_writes_them() {
    let read = rules(
        "manager: argocd\nignoreDifferences:\n- group: apps\n  kind: Deployment\n  jsonPointers: [/spec/replicas]\n",
    );
    let expect = IgnoreRule::for_kind("apps", "Deployment").pointer("/spec/replicas");
    assert_eq!(read, Ok(Rules::for_manager("argocd").ignore(expect)));
}

#[test]
fn a_rule_that_means_nothing_is_an_error_with_its_place() {
    let fails = |text: &str| rules(text).unwrap_err();
    assert_eq!(fails("ignoreDifferences:\n- kinds: a\n"), "rules.yaml:2:3: a rule has no field 'kinds'");
    assert_eq!(fails("ignoreDifferences:\n- group: a\n"), "rules.yaml:2:3: a rule names a 'kind' ('*' for any)");
    assert_eq!(
        fails("ignoreDifferences:\n- kind: a\n  jsonPointers: [spec]\n"),
        "rules.yaml:2:3: a JSON pointer begins with '/'"
    );
    assert_eq!(fails("ignoreDifferences:\n- kind: [a]\n"), "rules.yaml:2:9: expected a string");
}
