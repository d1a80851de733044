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
    let steps = plan(&report, &desired, &cluster.list(), &Policy::default());
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
        "rules.yaml:3:18: a JSON pointer begins with '/'"
    );
    assert_eq!(fails("ignoreDifferences:\n- kind: [a]\n"), "rules.yaml:2:9: expected a string");
}

/// Meddles with `WEB` under rules that are read, and lists what is drift.
#[track_caller]
fn check_read(text: &str, expect: &[&str]) {
    let rule = rules(text).unwrap().ignore.into_iter().next().unwrap();
    check(rule, expect);
}

#[test]
fn rules_are_read_as_flux_writes_them() {
    let release = |target: &str| {
        format!(
            "kind: HelmRelease\nspec:\n  driftDetection:\n    ignore:\n    - paths: [/spec/replicas]\n      target: {target}\n"
        )
    };
    check_read(&release("{}"), &[PROXY]);
    check_read(&release("{kind: Deployment}"), &[PROXY]);
    check_read(&release("{kind: Deploy}"), &[REPLICAS, PROXY]);
    check_read(&release("{kind: Deploy.*, name: w.b, group: apps, version: v1}"), &[PROXY]);
    check_read(&release("{labelSelector: app=web}"), &[PROXY]);
    check_read(&release("{labelSelector: 'app in (api, mesh)'}"), &[REPLICAS, PROXY]);
    check_read(&release("{annotationSelector: owner}"), &[REPLICAS, PROXY]);
    check_read("ignore:\n- paths: [/spec]\n", &[]);
}

#[test]
fn targets_that_mean_nothing_are_errors_with_their_place() {
    let fails = |target: &str| rules(&format!("ignore:\n- paths: [/a]\n  target: {target}\n")).unwrap_err();
    assert!(fails("{name: 'web('}").starts_with("rules.yaml:3:18: not a regular expression: "));
    assert!(fails("{labelSelector: 'a=b=c'}").starts_with("rules.yaml:3:27: not a selector: "));
    assert_eq!(fails("{names: web}"), "rules.yaml:3:12: a target has no field 'names'");
}

#[test]
fn rules_are_read_from_the_settings_of_argo_cd() {
    let settings = "kind: ConfigMap\ndata:\n  \
        resource.customizations.ignoreDifferences.apps_Deployment: |\n    jsonPointers:\n    - /spec/replicas\n  \
        resource.customizations.ignoreDifferences.all: |\n    managedFieldsManagers: [mesh]\n  \
        resource.customizations.knownTypeFields.shop.io_Box: |\n    - field: spec.ram\n      type: core/Quantity\n";
    let rules = rules(settings).unwrap();
    let kinds: Vec<_> = rules.ignore.iter().map(|rule| (rule.group.as_str(), rule.kind.as_str())).collect();
    assert_eq!(kinds, [("apps", "Deployment"), ("*", "*")]);
    check(rules.ignore[0].clone(), &[PROXY]);
    check(rules.ignore[1].clone(), &[]);
    assert!(rules.known_types.iter().any(|known| known.kind == "Box" && known.field == "spec.ram"));
}

#[test]
fn settings_that_cannot_be_read_are_errors_with_their_place() {
    let fails = |text: &str| rules(text).unwrap_err();
    let key = "resource.customizations.ignoreDifferences.apps_Deployment";
    assert_eq!(
        fails(&format!("data:\n  {key}: |\n    jsonPointer: [/a]\n")),
        format!("{key}:1:1: a rule has no field 'jsonPointer' (rules.yaml:2:3)")
    );
    let known = "resource.customizations.knownTypeFields.shop.io_Box";
    let error = fails(&format!("data:\n  {known}: |\n    - {{field: a, type: core/v1/Nothing}}\n"));
    assert!(error.starts_with(&format!("{known}:1:3: no such type: 'core/v1/Nothing'")), "{error}");
}

#[test]
fn known_types_are_compared_by_value() {
    let at = |cpu: &str| {
        let container = format!("{{name: web, image: 'web:1', resources: {{limits: {{cpu: {cpu}}}}}}}");
        set(&format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {{name: web}}\nspec:\n  template:\n    spec:\n      containers: [{container}]\n"
        ))
    };
    let fields = |rules: &Rules, desired: &str, live: &str| {
        let report = assess(&at(desired), &at(live), rules);
        report.resources[0].fields.iter().map(|field| (field.class, field.declared_at.clone())).collect::<Vec<_>>()
    };
    assert_eq!(fields(&Rules::default(), "'0.5'", "500m"), []);
    let mut unknown = Rules::default();
    unknown.known_types.clear();
    assert_eq!(fields(&unknown, "'0.5'", "500m").len(), 1);
    let found = fields(&Rules::default(), "'0.5'", "600m");
    let at = found[0].1.as_ref().unwrap();
    assert_eq!((found.len(), found[0].0, at.line), (1, Class::DeclaredChanged, 7));
}

#[cfg(feature = "jq")]
#[test]
fn an_expression_that_is_none_is_an_error_with_its_place() {
    let fails = |expression: &str| {
        rules(&format!("ignoreDifferences:\n- kind: a\n  jqPathExpressions:\n  - .spec\n  - {expression}\n"))
            .unwrap_err()
    };
    let said = "not an expression of jq: ";
    assert_eq!(fails(".spec["), format!("rules.yaml:5:11: {said}nothing closes [ in '.spec['"));
    assert_eq!(fails("'.a | '"), format!("rules.yaml:5:11: {said}expected term, found the end in '.a | '"));
    assert_eq!(fails("'.a | nope'"), format!("rules.yaml:5:11: {said}there is no filter 'nope' in '.a | nope'"));
    assert_eq!(
        fails("'.a | map(.; 1)'"),
        format!("rules.yaml:5:11: {said}there is no filter 'map' with 2 arguments in '.a | map(.; 1)'")
    );
    assert_eq!(fails("'$x'"), format!("rules.yaml:5:6: {said}there is no variable '$x' in '$x'"));
    assert_eq!(fails("'.a) | .b'"), format!("rules.yaml:5:8: {said}expected token, found ')' in '.a) | .b'"));
    assert_eq!(
        fails("'.a # b'"),
        format!("rules.yaml:5:6: {said}cannot stand in 'path(…)': nothing closes ( in '.a # b'")
    );
    assert_eq!(fails("''"), format!("rules.yaml:5:6: {said}expected term, found the end in ''"));
    assert!(
        fails("\".\\u0061 |\"").starts_with("rules.yaml:5:5: not an expression"),
        "escapes shift what stands where"
    );
    assert!(rules("ignoreDifferences:\n- kind: a\n  jqPathExpressions: ['.a) | .b |= (fromjson']\n").is_ok());
    let refused = "'repeat' is not allowed: the expression might not end";
    assert_eq!(fails("repeat(.a)"), format!("rules.yaml:5:5: {said}{refused} in 'repeat(.a)'"));
    assert!(fails("include \"a\"; .").contains(said));
}

#[cfg(feature = "jq")]
#[test]
fn an_expression_of_a_program_is_checked_too() {
    let rule = || IgnoreRule::for_kind("apps", "Deployment");
    check(rule().jq(".spec.replicas").unwrap(), &[PROXY]);
    let error = rule().jq(".spec | nope(1)").unwrap_err();
    let expect = "not an expression of jq: there is no filter 'nope' with 1 argument at byte 8 of '.spec | nope(1)'";
    assert_eq!(error.to_string(), expect);
    assert_eq!(error.location(), None);
}
