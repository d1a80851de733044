//! Argo CD's own comparison: laws, and the corners that the recorded cases do not reach.

use std::collections::BTreeSet;

use longshore_drift::IgnoreRule;
use longshore_drift::argo::{self, KnownType, LAST_APPLIED, Options, diff, hide, state_diff};
use longshore_yaml::Document;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::laws::deployments;

fn doc(value: &Value) -> Document {
    Document::from_json(value)
}

fn value(doc: Option<&Document>) -> Value {
    doc.map_or(Value::Null, |doc| doc.root().to_json().unwrap())
}

/// What Argo CD would show for one object alone: spelled by its type, and normalised.
fn spelled(object: &Value) -> Value {
    value(diff(Some(&doc(object)), None, &Options::default()).unwrap().predicted.as_ref())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn an_object_is_in_sync_with_itself(object in deployments()) {
        let object = doc(&object);
        let found = state_diff(Some(&object), Some(&object), &Options::default()).unwrap();
        prop_assert!(!found.modified);
    }

    #[test]
    fn spelling_twice_is_spelling_once(object in deployments()) {
        let once = spelled(&object);
        prop_assert_eq!(spelled(&once), once);
    }

    #[test]
    fn what_is_predicted_is_in_sync(declared in deployments(), live in deployments()) {
        let found = diff(Some(&doc(&declared)), Some(&doc(&live)), &Options::default()).unwrap();
        let again = diff(Some(&doc(&declared)), found.predicted.as_ref(), &Options::default()).unwrap();
        prop_assert!(!again.modified, "{} became {}", value(again.live.as_ref()), value(again.predicted.as_ref()));
    }

    #[test]
    fn no_value_of_a_secret_is_shown(
        target in prop::collection::btree_map("[a-c]", "[k-p]{6,9}", 0..3),
        live in prop::collection::btree_map("[a-c]", "[k-p]{6,9}", 0..3),
    ) {
        let secret = |data: &Value| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": data});
        let mut there = secret(&json!(live));
        there["metadata"]["annotations"] = json!({LAST_APPLIED: secret(&json!(target)).to_string()});
        let (shown, shown_live) = hide(Some(&doc(&secret(&json!(target)))), Some(&doc(&there)), &BTreeSet::new()).unwrap();
        let text = format!("{}{}", value(shown.as_ref()), value(shown_live.as_ref()));
        prop_assert!(target.values().chain(live.values()).all(|secret| !text.contains(secret.as_str())));
        for (key, value) in &target {
            let same = live.get(key) == Some(value);
            let at = |doc: &Option<Document>| doc.as_ref().unwrap().root().at(["data", key]).map(|node| node.text().to_owned());
            prop_assert!(!live.contains_key(key) || same == (at(&shown) == at(&shown_live)));
        }
    }
}

#[track_caller]
fn check_spelled(object: Value, expect: &Value) {
    assert_eq!(&spelled(&object), expect);
}

fn pod(container: Value, spec: Value) -> Value {
    let mut object = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec});
    object["spec"]["containers"] = json!([container]);
    object
}

#[test]
fn empty_fields_are_left_out_and_explicit_zeros_of_pointers_stay() {
    let given = pod(json!({"name": "a", "tty": false, "args": []}), json!({"hostNetwork": false, "priority": 0}));
    check_spelled(given, &pod(json!({"name": "a"}), json!({"priority": 0})));
}

#[test]
fn quantities_are_spelled_canonically() {
    let cpu = |text: &str| pod(json!({"name": "a", "resources": {"limits": {"cpu": text}}}), json!({}));
    check_spelled(cpu("0.5"), &cpu("500m"));
    check_spelled(cpu("2000m"), &cpu("2"));
}

#[test]
fn an_object_that_is_not_of_its_type_stays() {
    let odd = pod(json!({"name": "a", "tty": "yes", "args": []}), json!({"hostNetwork": false}));
    check_spelled(odd.clone(), &odd);
    let unknown = pod(json!({"name": "a", "colour": "red", "args": []}), json!({}));
    check_spelled(unknown.clone(), &unknown);
}

#[test]
fn fields_applied_before_and_not_declared_any_more_differ() {
    let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "1"}});
    let mut live = config.clone();
    live["data"]["b"] = json!("2");
    assert!(!diff(Some(&doc(&config)), Some(&doc(&live)), &Options::default()).unwrap().modified);
    let mut applied = live.clone();
    applied["metadata"]["annotations"] = json!({LAST_APPLIED: live.to_string()});
    let found = diff(Some(&doc(&config)), Some(&doc(&applied)), &Options::default()).unwrap();
    assert!(found.modified);
    assert_eq!(value(found.predicted.as_ref())["data"], json!({"a": "1"}));
}

#[test]
fn a_last_applied_configuration_that_cannot_be_read_is_none() {
    let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}});
    for text in ["", "{", "[]", "null"] {
        let mut live = config.clone();
        live["metadata"]["annotations"] = json!({LAST_APPLIED: text});
        assert!(argo::last_applied(doc(&live).root()).is_none(), "{text}");
        assert!(!diff(Some(&doc(&config)), Some(&doc(&live)), &Options::default()).unwrap().modified);
    }
}

#[test]
fn rules_take_a_field_from_both_sides() {
    let at = |replicas: u8| json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": {"replicas": replicas}});
    let options = Options::default().ignore(IgnoreRule::for_kind("apps", "Deployment").pointer("/spec/replicas"));
    assert!(diff(Some(&doc(&at(1))), Some(&doc(&at(2))), &Options::default()).unwrap().modified);
    assert!(!diff(Some(&doc(&at(1))), Some(&doc(&at(2))), &options).unwrap().modified);
}

#[test]
fn known_types_make_spellings_of_custom_resources_one() {
    let at =
        |ram: &str| json!({"apiVersion": "shop.io/v1", "kind": "Box", "metadata": {"name": "b"}, "spec": {"ram": ram}});
    let options = Options::default().known_type(KnownType::new("shop.io", "Box", "spec.ram", "core/Quantity"));
    assert!(diff(Some(&doc(&at("1.25G"))), Some(&doc(&at("1250M"))), &Options::default()).unwrap().modified);
    assert!(!diff(Some(&doc(&at("1.25G"))), Some(&doc(&at("1250M"))), &options).unwrap().modified);
}

#[test]
fn old_versions_have_their_own_defaults() {
    let at = |version: &str| {
        let spec = json!({"template": {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "a", "image": "a:1"}]}}});
        let object = json!({"apiVersion": version, "kind": "Deployment", "metadata": {"name": "d"}, "spec": spec});
        let found = diff(Some(&doc(&object)), Some(&doc(&object)), &Options::default()).unwrap();
        value(found.live.as_ref())
    };
    assert_eq!(at("apps/v1beta1")["spec"]["revisionHistoryLimit"], 2);
    assert_eq!(at("apps/v1beta1")["metadata"]["labels"], json!({"app": "a"}));
    assert_eq!(at("apps/v1")["spec"]["revisionHistoryLimit"], 10);
    assert_eq!(at("extensions/v1beta1")["spec"]["strategy"]["rollingUpdate"]["maxSurge"], 1);
}

#[test]
fn ports_of_endpoints_have_the_order_of_kubernetes() {
    let object = |ports: &[(&str, u16)]| {
        let ports: Vec<Value> =
            ports.iter().map(|(name, port)| json!({"name": name, "port": port, "protocol": "TCP"})).collect();
        json!({"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "e"}, "subsets": [{"addresses": [{"ip": "10.0.0.1"}], "ports": ports}]})
    };
    let (one, other) = (object(&[("http", 80), ("https", 443)]), object(&[("https", 443), ("http", 80)]));
    assert_eq!(spelled(&one), spelled(&other));
}
