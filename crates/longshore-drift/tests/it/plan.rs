//! What a plan does, and in which order.

use longshore_drift::{Action, Cluster, Policy, Rules, assess, plan};

use crate::{applied, set};

fn manifest(api: &str, kind: &str, name: &str) -> String {
    format!("apiVersion: {api}\nkind: {kind}\nmetadata: {{name: {name}}}\n")
}

fn stream(kinds: &[(&str, &str)]) -> String {
    kinds.iter().map(|(api, kind)| manifest(api, kind, "x")).collect::<Vec<_>>().join("---\n")
}

const KINDS: &[(&str, &str)] = &[
    ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"),
    ("example.com/v1", "Shop"),
    ("networking.k8s.io/v1", "Ingress"),
    ("apps/v1", "Deployment"),
    ("v1", "Service"),
    ("v1", "ConfigMap"),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ("v1", "Namespace"),
];

#[test]
fn what_others_need_comes_first_and_goes_last() {
    let desired = set(&stream(KINDS));
    let order =
        |steps: &longshore_drift::Plan| steps.steps.iter().map(|step| step.id.gvk.kind.clone()).collect::<Vec<_>>();
    let creation = plan(&assess(&desired, &Cluster::new().list(), &Rules::default()), &Policy::default());
    let expect = [
        "Namespace",
        "CustomResourceDefinition",
        "ConfigMap",
        "Service",
        "Deployment",
        "Ingress",
        "Shop",
        "ValidatingWebhookConfiguration",
    ];
    assert_eq!(order(&creation), expect);
    let deletion = plan(&assess(&set(""), &applied(&desired).list(), &Rules::default()), &Policy::default());
    assert!(deletion.steps.iter().all(|step| step.action == Action::Delete));
    let mut reversed = expect;
    reversed.reverse();
    assert_eq!(order(&deletion), reversed);
}

#[test]
fn what_is_not_ours_or_asks_to_be_kept_stays() {
    let live = set(concat!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: kept\n  annotations: {helm.sh/resource-policy: keep}\n",
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: gone}\n",
    ));
    let mut cluster = applied(&live);
    cluster.apply(&set(&manifest("v1", "ConfigMap", "theirs")).as_slice()[0], "them", false).unwrap();
    let report = assess(&set(""), &cluster.list(), &Rules::default());
    let steps = plan(&report, &Policy::default());
    let text = "\
delete v1/ConfigMap/gone  (no longer declared)
";
    assert!(steps.to_string().contains(text), "{steps}");
    assert_eq!((steps.count(Action::Delete), steps.count(Action::Keep)), (1, 2));
    let careful = plan(&report, &Policy::default().prune(false));
    assert_eq!((careful.count(Action::Delete), careful.is_empty()), (0, true));
}

#[test]
fn carrying_out_a_plan_leaves_nothing_to_do() {
    let desired = set(&stream(KINDS));
    let mut cluster = applied(&set(&manifest("v1", "ConfigMap", "old")));
    let report = assess(&desired, &cluster.list(), &Rules::default());
    cluster.carry_out(&plan(&report, &Policy::default()), &desired, "longshore").unwrap();
    let after = assess(&desired, &cluster.list(), &Rules::default());
    assert!(after.is_in_sync());
    assert!(plan(&after, &Policy::default()).is_empty());
    assert_eq!(cluster.len(), KINDS.len());
}

#[test]
fn a_plan_is_json_without_values() {
    let desired = set("apiVersion: v1\nkind: Secret\nmetadata: {name: key}\nstringData: {token: hunter2}\n");
    let steps = plan(&assess(&desired, &Cluster::new().list(), &Rules::default()), &Policy::default());
    let json = serde_json::to_value(&steps).unwrap();
    let step = serde_json::json!({
        "action": "Create", "id": "v1/Secret/key", "set": [], "remove": [], "reason": "declared, not in the cluster",
    });
    assert_eq!(json, serde_json::json!({ "steps": [step] }));
}
