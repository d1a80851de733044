//! Laws that hold for any set of resources.

use std::collections::BTreeMap;

use longshore_drift::{
    Action, Cluster, Event, EventType, Plan, Policy, Rules, Step, Verdict, assess, format, plan, rollback,
};
use longshore_manifest::{Resource, ResourceId, ResourceSet};
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

fn planned(desired: &ResourceSet, cluster: &Cluster) -> Plan {
    let live = cluster.list();
    plan(&assess(desired, &live, &Rules::default()), desired, &live, &Policy::default())
}

fn roll(cluster: &mut Cluster, desired: &ResourceSet) {
    let steps = planned(desired, cluster);
    cluster.carry_out(&steps, desired, "longshore").unwrap();
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
            prop_assert!(planned(desired, &cluster).is_empty());
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
        let plan = |set: &ResourceSet| plan(&assess(set, &live, &Rules::default()), set, &live, &Policy::default());
        prop_assert_eq!(plan(&set), plan(&reversed));
    }

    #[test]
    fn the_report_is_complete_and_the_plan_stays_within_it(desired in sets(), live in sets()) {
        let report = assess(&desired, &live, &Rules::default());
        prop_assert_eq!(report.resources.len(), desired.len() + report.count(Verdict::Extra));
        let steps = plan(&report, &desired, &live, &Policy::default());
        prop_assert_eq!(steps.count(Action::Create), report.count(Verdict::Missing));
        prop_assert!(steps.count(Action::Delete) <= report.count(Verdict::Extra));
        let namespace = steps.steps.iter().position(|step| step.id.gvk.kind == "Namespace" && step.action == Action::Create);
        prop_assert!(namespace.is_none_or(|at| at == 0));
    }
}

// Worlds in which things need each other

/// Kinds of a world: `Shop` needs a definition, all but the last a namespace.
const KINDS: [&str; 7] =
    ["ConfigMap", "Secret", "ServiceAccount", "Deployment", "Shop", "Job", "ValidatingWebhookConfiguration"];

/// An object by its choices: kind, namespace, name, wave, content, owner, and what it asks for.
type Choice = (usize, usize, usize, i64, u8, Option<(usize, usize)>, usize);

fn choices() -> impl Strategy<Value = Choice> {
    let owner = option::weighted(0.2, (0..5usize, 0..3usize));
    (0..KINDS.len(), 0..2usize, 0..3usize, -1..2i64, 0..3u8, owner, 0..9usize)
}

fn name(number: usize) -> String {
    // The names of one thing through its revisions, and another one.
    ["web-6ct58987ht", "web-gb5m5f5f4t", "other"][number].to_owned()
}

fn api(kind: &str) -> &'static str {
    match kind {
        "Deployment" => "apps/v1",
        "Job" => "batch/v1",
        "Shop" => "example.com/v1",
        "ValidatingWebhookConfiguration" => "admissionregistration.k8s.io/v1",
        _ => "v1",
    }
}

fn object((kind, namespace, number, wave, content, owner, asks): Choice, guarded: bool) -> Value {
    let kind = KINDS[kind];
    let mut annotations = json!({"argocd.argoproj.io/sync-wave": wave.to_string()});
    let options = ["Prune=false", "Prune=confirm", "PruneLast=true"];
    if let Some(option) = options.get(asks).filter(|_| guarded) {
        annotations["argocd.argoproj.io/sync-options"] = json!(option);
    }
    if kind == "Job" {
        let hook = ["PreSync", "Sync", "PostSync", "SyncFail"][number % 4];
        annotations["argocd.argoproj.io/hook"] = json!(hook);
        annotations["argocd.argoproj.io/hook-delete-policy"] = json!(["HookSucceeded", "BeforeHookCreation"][asks % 2]);
    }
    let mut object =
        json!({"apiVersion": api(kind), "kind": kind, "metadata": {"name": name(number), "annotations": annotations}});
    if kind != "ValidatingWebhookConfiguration" {
        object["metadata"]["namespace"] = json!(["a", "b"][namespace]);
    }
    if let Some((kind, number)) = owner {
        let kind = KINDS[kind];
        object["metadata"]["ownerReferences"] = json!([{"apiVersion": api(kind), "kind": kind, "name": name(number)}]);
    }
    match kind {
        "ConfigMap" => object["data"] = json!({"color": content.to_string(), "size": "s", "fit": "f"}),
        "Deployment" => {
            let refers = json!([{"configMapRef": {"name": name(content.into())}}]);
            let containers = json!([{"name": "web", "image": "web:1", "envFrom": refers}]);
            object["spec"] = json!({"template": {"spec": {"containers": containers}}});
        }
        "Shop" => object["spec"] = json!({"open": content}),
        _ => {}
    }
    object
}

/// Objects, each once, with the namespaces they live in and the definition they need.
fn worlds(guarded: bool) -> impl Strategy<Value = ResourceSet> {
    vec(choices(), 0..9).prop_map(move |choices| {
        let mut all: BTreeMap<String, Value> = BTreeMap::new();
        for choice in choices {
            let object = object(choice, guarded);
            let (kind, metadata) = (object["kind"].clone(), object["metadata"].clone());
            if let Some(namespace) = metadata["namespace"].as_str() {
                let wave = json!({"argocd.argoproj.io/sync-wave": "7"});
                let own = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "annotations": wave}});
                all.insert(format!("namespace {namespace}"), own);
            }
            if kind == "Shop" {
                let spec = json!({"group": "example.com", "names": {"kind": "Shop", "plural": "shops"}});
                let own = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                    "metadata": {"name": "shops.example.com"}, "spec": spec});
                all.insert("definition".to_owned(), own);
            }
            all.insert(format!("{kind} {} {}", metadata["namespace"], metadata["name"]), object);
        }
        all.values().map(|value| Resource::new(Document::from_json(value)).unwrap()).collect()
    })
}

fn is_hook(resource: &Resource) -> bool {
    longshore_drift::sync::is_hook(resource.root())
}

/// A set that is applied to a cluster which refuses what a server would refuse.
fn strict(set: &ResourceSet) -> Cluster {
    let mut cluster = Cluster::new().strict(true);
    roll(&mut cluster, set);
    cluster
}

/// Whether one resource lives in the namespace, or is of the kind, that the other one is.
fn needs(one: &Step, other: &Step) -> bool {
    match other.id.gvk.kind.as_str() {
        "Namespace" => one.id.namespace.as_ref() == Some(&other.id.name),
        "CustomResourceDefinition" => one.id.gvk.kind == "Shop",
        _ => false,
    }
}

/// Whether a step may not stand before another one; told from the two alone.
fn must_follow(step: &Step, earlier: &Step) -> bool {
    let applies = |step: &Step| matches!(step.action, Action::Create | Action::Update | Action::Hook);
    let place = |step: &Step| (step.action == Action::Keep, step.phase, step.wave);
    let deletes = |step: &Step| step.action == Action::Delete;
    let is_webhook = |step: &Step| step.id.gvk.kind == "ValidatingWebhookConfiguration";
    let same_wave = place(step) == place(earlier);
    place(step) > place(earlier)
        || (applies(step) && (applies(earlier) || earlier.action == Action::Wait) && needs(step, earlier))
        || (deletes(step) && deletes(earlier) && needs(earlier, step))
        || (deletes(step) && applies(earlier) && same_wave)
        || (same_wave && applies(step) && is_webhook(step) && applies(earlier) && !is_webhook(earlier))
        || (earlier.action == Action::Create && deletes(step) && step.renamed.as_ref() == Some(&earlier.id))
}

fn check_order(plan: &Plan) -> Result<(), TestCaseError> {
    for (at, step) in plan.steps.iter().enumerate() {
        for after in &step.after {
            prop_assert!(after.step < at, "step {} is after {:?}\n{plan:#}", at + 1, after);
        }
        let wrong = plan.steps[at + 1..].iter().find(|later| must_follow(step, later));
        prop_assert!(wrong.is_none(), "{step} stands before {}\n{plan:#}", wrong.unwrap());
    }
    Ok(())
}

fn shuffled(set: &ResourceSet, seed: usize) -> ResourceSet {
    let mut all: Vec<Resource> = set.iter().cloned().collect();
    for at in (1..all.len()).rev() {
        all.swap(at, seed.wrapping_mul(at + 7) % (at + 1));
    }
    all.into_iter().collect()
}

/// What a watch tells, laid over what a list told.
fn followed(listed: &ResourceSet, events: Vec<Event>) -> Vec<Resource> {
    let mut known: BTreeMap<ResourceId, Resource> = listed.iter().map(|one| (one.id(), one.clone())).collect();
    for event in events {
        let id = event.object.id();
        let had = match event.event_type {
            EventType::Deleted => known.remove(&id),
            EventType::Added | EventType::Modified => known.insert(id, Resource::clone(&event.object)),
        };
        assert_eq!(had.is_none(), event.event_type == EventType::Added, "added once, and there until deleted");
    }
    known.into_values().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Who lists once and watches from there knows what the cluster holds, or is told to list again.
    #[test]
    fn a_list_and_a_watch_are_a_list(history in vec(worlds(true), 1..4), backlog in 0usize..40) {
        let mut cluster = strict(&history[0]);
        cluster.set_backlog(backlog);
        let (listed, since) = (cluster.list(), cluster.resource_version());
        history.iter().for_each(|desired| roll(&mut cluster, desired));
        let changes = cluster.resource_version() - since;
        match cluster.watch(since) {
            Ok(events) => {
                prop_assert!(events.iter().map(|event| event.version).eq(since + 1..=since + changes));
                let mut live: Vec<Resource> = cluster.list().into_iter().collect();
                live.sort_by_key(Resource::id);
                prop_assert_eq!(followed(&listed, events), live);
            }
            Err(error) => {
                prop_assert_eq!(error.reason(), "Expired");
                prop_assert!(changes > backlog as u64);
            }
        }
    }

    /// A server that refuses what is out of order refuses no step, and what is not held back comes out as declared.
    #[test]
    fn a_plan_honours_every_constraint_and_brings_in_sync(history in vec(worlds(true), 1..4)) {
        let mut cluster = Cluster::new().strict(true);
        for desired in &history {
            let steps = planned(desired, &cluster);
            check_order(&steps)?;
            cluster.carry_out(&steps, desired, "longshore").unwrap();
            let live = cluster.list();
            let report = assess(desired, &live, &Rules::default());
            for resource in report.resources.iter().filter(|one| one.verdict != Verdict::InSync) {
                let hook = |set: &ResourceSet| set.get(&resource.id).is_some_and(is_hook);
                let held = steps.steps.iter().any(|step| {
                    step.id == resource.id && (step.action == Action::Keep || step.needs_confirmation())
                });
                prop_assert!(hook(desired) || hook(&live) || held, "{:?}\n{steps:#}", resource);
            }
            let left = planned(desired, &cluster);
            let held = |step: &Step| step.action == Action::Keep || step.needs_confirmation();
            prop_assert!(left.steps.iter().all(|step| held(step) || step.action == Action::Hook), "{left:#}");
        }
    }

    #[test]
    fn plans_of_worlds_depend_on_no_order(desired in worlds(true), before in worlds(true), seed in any::<usize>()) {
        let live = strict(&before).list();
        let plan = |desired: &ResourceSet, live: &ResourceSet| {
            plan(&assess(desired, live, &Rules::default()), desired, live, &Policy::default())
        };
        prop_assert_eq!(plan(&desired, &live), plan(&shuffled(&desired, seed), &shuffled(&live, seed / 3)));
    }

    /// The preview is what would be done, and there and back again leaves no trace,
    /// but for owners that are kept because something declared names them.
    #[test]
    fn rollbacks_return(first in worlds(false), second in worlds(false)) {
        let mut cluster = strict(&first);
        let (rules, policy) = (Rules::default(), Policy::default());
        let hooks = |set: &ResourceSet| set.iter().any(is_hook);
        let before = cluster.export();
        let there = rollback(&first, &second, None, &rules, &policy);
        if !hooks(&first) {
            prop_assert_eq!(&there, &planned(&second, &cluster));
        }
        cluster.carry_out(&there, &second, "longshore").unwrap();
        let back = rollback(&second, &first, None, &rules, &policy);
        check_order(&back)?;
        cluster.carry_out(&back, &first, "longshore").unwrap();
        let kept = there.count(Action::Keep) + back.count(Action::Keep);
        if !hooks(&first) && !hooks(&second) && kept == 0 {
            prop_assert_eq!(cluster.export(), before);
        }
    }

    #[test]
    fn what_is_in_sync_needs_no_plan(set in worlds(true)) {
        let cluster = strict(&set);
        let steps = planned(&set, &cluster);
        prop_assert!(steps.is_empty(), "{steps:#}");
        prop_assert!(rollback(&set, &set, None, &Rules::default(), &Policy::default()).steps.is_empty());
    }
}
