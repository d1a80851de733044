//! Laws that hold for any set of resources.

use std::collections::BTreeMap;

use longshore_drift::{Action, Cluster, Policy, Rules, Verdict, assess, format, plan};
use longshore_manifest::{Resource, ResourceSet};
use longshore_yaml::Document;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

fn config(name: &str, data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
}

/// Variables, processor and port of one container.
type Container = (BTreeMap<String, String>, Option<String>, u8);

/// A workload with the corners that differ: replicas or none, lists by key, quantities, empty maps.
pub(crate) fn deployments() -> impl Strategy<Value = Value> {
    let env = btree_map("[A-C]", "[a-b]{0,2}", 0..3);
    let containers = btree_map("[a-c]", (env, option::of("[1-4]00m"), 0u8..3), 1..3);
    (option::of(1u8..4), containers, btree_map("[x-z]", "[a-c]", 0..3)).prop_map(|(replicas, containers, labels)| {
        let container = |(name, (env, cpu, port)): (String, Container)| {
            let env: Vec<Value> = env.into_iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
            let mut container = json!({"name": name, "image": format!("{name}:1"), "env": env});
            if let Some(cpu) = cpu {
                container["resources"] = json!({"requests": {"cpu": cpu}});
            }
            if port > 0 {
                container["ports"] = json!([{"containerPort": port}]);
            }
            container
        };
        let containers: Vec<Value> = containers.into_iter().map(container).collect();
        let mut spec = json!({"template": {"metadata": {"labels": labels}, "spec": {"containers": containers}}});
        if let Some(replicas) = replicas {
            spec["replicas"] = json!(replicas);
        }
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "labels": labels}, "spec": spec})
    })
}

fn sets() -> impl Strategy<Value = ResourceSet> {
    let configs = btree_map("[a-d]", btree_map("[k-m]", "[a-c]{0,2}", 0..3), 0..4);
    (option::of(deployments()), configs, any::<bool>()).prop_map(|(deployment, configs, namespace)| {
        let mut all: Vec<Value> = configs.iter().map(|(name, data)| config(name, json!(data))).collect();
        all.extend(deployment);
        if namespace {
            all.push(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}));
        }
        all.iter().map(|value| Resource::new(Document::from_json(value)).unwrap()).collect()
    })
}

fn roll(cluster: &mut Cluster, desired: &ResourceSet) {
    let report = assess(desired, &cluster.list(), &Rules::default());
    cluster.carry_out(&plan(&report, &Policy::default()), desired, "longshore").unwrap();
}

proptest! {
    #[test]
    fn a_set_is_in_sync_with_itself(set in sets()) {
        let report = assess(&set, &set, &Rules::default());
        prop_assert!(report.is_in_sync(), "{}", format::text(&report));
    }

    #[test]
    fn carrying_out_the_plan_brings_in_sync_and_leaves_nothing_to_do(history in vec(sets(), 1..4)) {
        let mut cluster = Cluster::new();
        for desired in &history {
            roll(&mut cluster, desired);
            let report = assess(desired, &cluster.list(), &Rules::default());
            prop_assert!(report.is_in_sync(), "{}", format::text(&report));
            prop_assert!(plan(&report, &Policy::default()).is_empty());
            prop_assert_eq!(cluster.len(), desired.len());
        }
    }

    #[test]
    fn going_back_gives_the_same_bytes(first in sets(), second in sets()) {
        let mut cluster = Cluster::new();
        roll(&mut cluster, &first);
        let before = cluster.export();
        roll(&mut cluster, &second);
        roll(&mut cluster, &first);
        prop_assert_eq!(cluster.export(), before);
    }

    #[test]
    fn plans_do_not_depend_on_the_order_of_their_input(set in sets(), live in sets()) {
        let reversed: ResourceSet = set.iter().rev().cloned().collect();
        let plan = |set: &ResourceSet| plan(&assess(set, &live, &Rules::default()), &Policy::default());
        prop_assert_eq!(plan(&set), plan(&reversed));
    }

    #[test]
    fn the_report_is_complete_and_the_plan_stays_within_it(desired in sets(), live in sets()) {
        let report = assess(&desired, &live, &Rules::default());
        prop_assert_eq!(report.resources.len(), desired.len() + report.count(Verdict::Extra));
        let steps = plan(&report, &Policy::default());
        prop_assert_eq!(steps.count(Action::Create), report.count(Verdict::Missing));
        prop_assert!(steps.count(Action::Delete) <= report.count(Verdict::Extra));
        let namespace = steps.steps.iter().position(|step| step.id.gvk.kind == "Namespace" && step.action == Action::Create);
        prop_assert!(namespace.is_none_or(|at| at == 0));
    }
}
