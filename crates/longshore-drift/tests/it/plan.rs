//! What a plan does, and in which order.

use longshore_drift::sync::{DeletePolicy, Phase};
use longshore_drift::{Action, Cluster, Dependency, Finding, Guard, Plan, Policy, Rules, assess, plan, rollback};
use longshore_manifest::ResourceSet;

use crate::{WEB, applied, set};

fn manifest(api: &str, kind: &str, name: &str) -> String {
    format!("apiVersion: {api}\nkind: {kind}\nmetadata: {{name: {name}}}\n")
}

fn stream(kinds: &[(&str, &str)]) -> String {
    kinds.iter().map(|(api, kind)| manifest(api, kind, "x")).collect::<Vec<_>>().join("---\n")
}

/// The plan from what a cluster holds to what is declared.
fn planned(desired: &ResourceSet, cluster: &Cluster, policy: &Policy) -> Plan {
    let live = cluster.list();
    plan(&assess(desired, &live, &Rules::default()), desired, &live, policy)
}

/// The plan between two texts, as `action kind/name`, and the wave where it is not 0.
fn lines(plan: &Plan) -> Vec<String> {
    let line = |step: &longshore_drift::Step| {
        let phase = if step.phase == Phase::Sync { String::new() } else { format!(" {}", step.phase.as_str()) };
        let wave = if step.wave == 0 { String::new() } else { format!(" {}", step.wave) };
        format!("{} {}/{}{phase}{wave}", step.action, step.id.gvk.kind, step.id.name)
    };
    plan.steps.iter().map(line).collect()
}

#[track_caller]
fn check(before: &str, after: &str, expect: &[&str]) -> Plan {
    let desired = set(after);
    let mut cluster = applied(&set(before));
    let found = planned(&desired, &cluster, &Policy::default());
    assert_eq!(lines(&found), expect, "{found:#}");
    cluster.carry_out(&found, &desired, "longshore").unwrap();
    let report = assess(&desired, &cluster.list(), &Rules::default());
    let left = plan(&report, &desired, &cluster.list(), &Policy::default());
    let held = |step: &longshore_drift::Step| step.action == Action::Keep || step.needs_confirmation();
    assert!(left.steps.iter().all(held), "{left:#}");
    found
}

/// The places of the steps that one is after, and why.
fn after(plan: &Plan, at: usize) -> Vec<(usize, Dependency)> {
    plan.steps[at].after.iter().map(|after| (after.step, after.why)).collect()
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
    let order = |plan: &Plan| plan.steps.iter().map(|step| step.id.gvk.kind.clone()).collect::<Vec<_>>();
    let creation = planned(&desired, &Cluster::new(), &Policy::default());
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
    let deletion = planned(&set(""), &applied(&desired), &Policy::default());
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
    let steps = planned(&set(""), &cluster, &Policy::default());
    let text = "\
#  action  wave  resource             reason
1  delete     0  v1/ConfigMap/gone    no longer declared
2  keep       0  v1/ConfigMap/theirs  not declared, and not ours
3  keep       0  v1/ConfigMap/kept    no longer declared, but it asks to be kept
";
    assert_eq!(steps.to_string(), text);
    assert_eq!([&steps.steps[1].guards[..], &steps.steps[2].guards], [[Guard::NotOurs], [Guard::Keep]]);
    let careful = planned(&set(""), &cluster, &Policy::default().prune(false));
    assert_eq!((careful.count(Action::Delete), careful.is_empty()), (0, true));
}

#[test]
fn the_long_table_says_what_a_step_is_after() {
    let all =
        [object("Namespace", "shop", "", ""), object("ConfigMap", "a", "shop", &wave(12)), hook("x", "PreSync", "")];
    let steps = planned(&set(&all.concat()), &Cluster::new(), &Policy::default());
    let text = "\
#  action  wave       resource             reason
1  create  PreSync 0  v1/Namespace/shop    declared, not in the cluster
2  hook    PreSync 0  v1/Pod/shop/x        hook
     after   1, the namespace it lives in
3  create         12  v1/ConfigMap/shop/a  declared, not in the cluster
     after   1, the namespace it lives in
";
    assert_eq!(format!("{steps:#}"), text);
}

#[test]
fn carrying_out_a_plan_leaves_nothing_to_do() {
    let desired = set(&stream(KINDS));
    let mut cluster = applied(&set(&manifest("v1", "ConfigMap", "old")));
    cluster.carry_out(&planned(&desired, &cluster, &Policy::default()), &desired, "longshore").unwrap();
    assert!(assess(&desired, &cluster.list(), &Rules::default()).is_in_sync());
    assert!(planned(&desired, &cluster, &Policy::default()).is_empty());
    assert_eq!(cluster.len(), KINDS.len());
}

#[test]
fn a_plan_is_json_without_values() {
    let desired = set("apiVersion: v1\nkind: Secret\nmetadata: {name: key}\nstringData: {token: hunter2}\n");
    let steps = planned(&desired, &Cluster::new(), &Policy::default());
    let json = serde_json::to_value(&steps).unwrap();
    let step = serde_json::json!({
        "action": "Create", "id": "v1/Secret/key", "phase": "Sync", "wave": 0, "set": [], "remove": [], "after": [],
        "guards": [], "delete_policies": [], "renamed": null, "reason": "declared, not in the cluster",
    });
    assert_eq!(json, serde_json::json!({ "steps": [step], "findings": [] }));
}

// What needs what

const CRD: &str = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: shops.example.com}
spec: {group: example.com, names: {kind: Shop, plural: shops}}
---
";

fn object(kind: &str, name: &str, namespace: &str, annotations: &str) -> String {
    let api = if kind == "Shop" { "example.com/v1" } else { "v1" };
    let place = if namespace.is_empty() { String::new() } else { format!("namespace: {namespace}, ") };
    format!("apiVersion: {api}\nkind: {kind}\nmetadata: {{name: {name}, {place}annotations: {{{annotations}}}}}\n---\n")
}

fn wave(wave: i64) -> String {
    format!("argocd.argoproj.io/sync-wave: '{wave}'")
}

#[test]
fn a_definition_is_waited_for_and_goes_last() {
    let all = format!("{}{CRD}{}", object("Shop", "main", "", ""), object("ConfigMap", "a", "", ""));
    let create = [
        "create CustomResourceDefinition/shops.example.com",
        "create ConfigMap/a",
        "wait CustomResourceDefinition/shops.example.com",
        "create Shop/main",
    ];
    let plan = check("", &all, &create);
    assert_eq!(plan.steps[2].reason, "until the server knows the kind");
    assert_eq!(after(&plan, 3), [(2, Dependency::Definition)]);
    let delete = ["delete Shop/main", "delete ConfigMap/a", "delete CustomResourceDefinition/shops.example.com"];
    let plan = check(&all, "", &delete);
    assert_eq!(after(&plan, 2), [(0, Dependency::Instance)]);
}

#[test]
fn what_others_need_is_lifted_into_their_wave_and_deletions_sink() {
    let all = [
        object("Namespace", "shop", "", &wave(5)),
        object("ConfigMap", "early", "shop", &wave(-2)),
        object("ConfigMap", "late", "shop", &wave(2)),
        object("ConfigMap", "outside", "", &wave(1)),
    ]
    .concat();
    let create = [
        "create Namespace/shop -2",
        "create ConfigMap/early -2",
        "create ConfigMap/outside 1",
        "create ConfigMap/late 2",
    ];
    check("", &all, &create);
    let delete = [
        "delete ConfigMap/late 1",
        "delete ConfigMap/outside 2",
        "delete ConfigMap/early 5",
        "delete Namespace/shop 5",
    ];
    let plan = check(&all, "", &delete);
    assert_eq!(after(&plan, 3), [(0, Dependency::Content), (2, Dependency::Content)]);
}

#[test]
fn a_wave_waits_for_the_health_of_the_one_before() {
    let web = WEB.replace("  name: web\n  labels", "  name: web\n  annotations: {helm.sh/hook-weight: '-1'}\n  labels");
    let create = ["create Deployment/web -1", "wait Deployment/web -1", "create ConfigMap/a"];
    check("", &format!("{web}---\n{}", object("ConfigMap", "a", "", "")), &create);
}

#[test]
fn webhooks_come_last_in_their_wave() {
    let hook = "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata: {name: m}\n";
    let all = format!("{CRD}{}{hook}", object("Shop", "main", "", ""));
    let create = [
        "create CustomResourceDefinition/shops.example.com",
        "wait CustomResourceDefinition/shops.example.com",
        "create Shop/main",
        "create MutatingWebhookConfiguration/m",
    ];
    check("", &all, &create);
}

fn owned(name: &str, owner: &str) -> String {
    let reference = format!("{{apiVersion: v1, kind: ConfigMap, name: {owner}}}");
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, ownerReferences: [{reference}]}}\n---\n")
}

#[test]
fn owners_come_before_what_they_own_and_go_after_it() {
    let all = format!("{}{}", owned("a", "b"), object("ConfigMap", "b", "", &wave(3)));
    let plan = check("", &all, &["create ConfigMap/b", "create ConfigMap/a"]);
    assert_eq!(after(&plan, 1), [(0, Dependency::Owner)]);
    check(&all, "", &["delete ConfigMap/a 3", "delete ConfigMap/b 3"]);
    let plan = check(&all, &object("ConfigMap", "a", "", ""), &["update ConfigMap/a", "delete ConfigMap/b 3"]);
    assert_eq!(after(&plan, 1), [(0, Dependency::Owned)]);
    let plan = check(&all, &owned("a", "b"), &["keep ConfigMap/b 3"]);
    assert!(matches!(&plan.steps[0].guards[..], [Guard::InUse(id)] if id.name == "a"));
}

#[test]
fn an_owner_may_live_in_no_namespace() {
    let owner = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: b}\n---\n";
    let owned = owned("a", "b").replace("{name: a,", "{name: a, namespace: shop,");
    let owned =
        owned.replace("v1, kind: ConfigMap, name: b", "rbac.authorization.k8s.io/v1, kind: ClusterRole, name: b");
    let all = format!("{owned}{owner}");
    let plan = check("", &all, &["create ClusterRole/b", "create ConfigMap/a"]);
    assert_eq!(after(&plan, 1), [(0, Dependency::Owner)]);
    check(&all, "", &["delete ConfigMap/a", "delete ClusterRole/b"]);
}

/// The circles of a plan: that owner references lack a uid, which manifests cannot know, is a finding too.
fn cycles(plan: &Plan) -> Vec<&Finding> {
    plan.findings.iter().filter(|finding| matches!(finding, Finding::Cycle { .. })).collect()
}

#[test]
fn owners_in_a_circle_are_a_finding() {
    let all = [owned("b", "c"), owned("c", "a"), owned("a", "b"), owned("self", "self")].concat();
    let plan =
        check("", &all, &["create ConfigMap/a", "create ConfigMap/c", "create ConfigMap/b", "create ConfigMap/self"]);
    let [Finding::Cycle { path }] = &cycles(&plan)[..] else { panic!("{:?}", plan.findings) };
    assert_eq!(path.iter().map(|id| id.name.as_str()).collect::<Vec<_>>(), ["a", "c", "b"]);
    let text = "cycle: v1/ConfigMap/a, then v1/ConfigMap/c, then v1/ConfigMap/b, then v1/ConfigMap/a again\n";
    assert!(plan.to_string().ends_with(text), "{plan}");
}

#[test]
fn a_circle_through_a_namespace_drops_the_owner() {
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, ownerReferences: \
                     [{apiVersion: example.com/v1, kind: Shop, name: main}]}\n---\n";
    let all = format!("{}{namespace}{CRD}", object("Shop", "main", "shop", ""));
    let create = [
        "create Namespace/shop",
        "create CustomResourceDefinition/shops.example.com",
        "wait CustomResourceDefinition/shops.example.com",
        "create Shop/main",
    ];
    let plan = check("", &all, &create);
    assert!(cycles(&plan).is_empty(), "the namespace of an owner is another than that of a namespace");
    let namespace = namespace.replace("name: shop,", "name: shop, namespace: shop,");
    let all = format!("{}{namespace}{CRD}", object("Shop", "main", "shop", ""));
    let plan = check("", &all, &create);
    assert_eq!(cycles(&plan).len(), 1);
}

#[test]
fn of_two_with_one_identity_the_first_counts() {
    let twice = format!("{}{}", object("ConfigMap", "a", "", ""), object("ConfigMap", "a", "", &wave(1)));
    let plan = planned(&set(&twice), &Cluster::new(), &Policy::default());
    assert_eq!(lines(&plan), ["create ConfigMap/a"]);
    assert!(matches!(plan.findings[..], [Finding::Duplicate { .. }]));
}

// What holds prunes back

#[test]
fn what_asks_for_it_is_confirmed_or_pruned_last() {
    let option = |option: &str| format!("argocd.argoproj.io/sync-options: '{option}'");
    let before = [
        object("ConfigMap", "ask", "", &option("Validate=false, Prune=confirm")),
        object("ConfigMap", "last", "", &option("PruneLast=true")),
        object("ConfigMap", "plain", "", ""),
        object("ConfigMap", "keep", "", &option("Prune=false")),
    ]
    .concat();
    let after = object("ConfigMap", "new", "", &wave(3));
    let expect = [
        "delete ConfigMap/plain",
        "delete ConfigMap/ask",
        "create ConfigMap/new 3",
        "delete ConfigMap/last 4",
        "keep ConfigMap/keep",
    ];
    let plan = check(&before, &after, &expect);
    assert_eq!(plan.unconfirmed().map(|step| step.id.name.as_str()).collect::<Vec<_>>(), ["ask"]);
    assert_eq!(plan.steps[3].guards, [Guard::Last]);
    let cluster = applied(&set(&before));
    let confirmed = planned(&set(&after), &cluster, &Policy::default().prune_confirmed(true));
    assert_eq!(confirmed.unconfirmed().count(), 0);
    let asking = planned(&set(&after), &cluster, &Policy::default().ask_before_prune(true).prune_last(true));
    assert_eq!((asking.unconfirmed().count(), asking.steps[0].wave), (3, 3));
}

#[test]
fn what_would_take_along_something_that_stays_is_kept() {
    let keep = "helm.sh/resource-policy: keep";
    let confirm = "argocd.argoproj.io/sync-options: Prune=confirm";
    let before = [
        object("Namespace", "busy", "", ""),
        object("PersistentVolumeClaim", "disk", "busy", keep),
        object("Namespace", "asks", "", ""),
        object("Secret", "key", "asks", confirm),
        object("Namespace", "used", "", ""),
        object("Namespace", "empty", "", ""),
        CRD.to_owned(),
        object("Shop", "main", "busy", keep),
    ]
    .concat();
    let desired = object("ConfigMap", "a", "used", "");
    let expect = [
        "create ConfigMap/a",
        "delete Secret/key",
        "delete Namespace/empty",
        "delete Namespace/asks",
        "keep Shop/main",
        "keep PersistentVolumeClaim/disk",
        "keep CustomResourceDefinition/shops.example.com",
        "keep Namespace/used",
        "keep Namespace/busy",
    ];
    let plan = check(&before, &desired, &expect);
    assert_eq!(plan.unconfirmed().count(), 2);
    let reason = "no longer declared, but v1/ConfigMap/used/a stays and would go with it";
    assert_eq!(plan.steps[7].reason, reason);
}

#[test]
fn which_of_several_keeps_a_namespace_depends_on_no_order() {
    let cluster = applied(&set(&object("Namespace", "used", "", "")));
    let (a, b) = (object("ConfigMap", "a", "used", ""), object("ConfigMap", "b", "used", ""));
    let one = planned(&set(&format!("{a}{b}")), &cluster, &Policy::default());
    assert_eq!(one, planned(&set(&format!("{b}{a}")), &cluster, &Policy::default()));
    assert!(matches!(&one.steps[2].guards[..], [Guard::InUse(id)] if id.name == "a"));
}

#[test]
fn what_the_server_makes_keeps_no_namespace() {
    let mut cluster = applied(&set(&object("Namespace", "shop", "", "")));
    for made in [object("ConfigMap", "kube-root-ca.crt", "shop", ""), object("ServiceAccount", "default", "shop", "")] {
        cluster.create(&set(&made).as_slice()[0], "kube-controller-manager").unwrap();
    }
    let plan = planned(&set(""), &cluster, &Policy::default());
    assert_eq!(plan.count(Action::Delete), 1, "{plan}");
    let other = set(&object("ConfigMap", "theirs", "shop", ""));
    cluster.create(&other.as_slice()[0], "kubectl").unwrap();
    assert_eq!(planned(&set(""), &cluster, &Policy::default()).count(Action::Delete), 0);
}

#[test]
fn what_others_have_too_is_not_pruned() {
    let policy = Policy::default().application("shop");
    let tracking = |id: &str| format!("argocd.argoproj.io/tracking-id: '{id}'");
    let cases = [
        (tracking("shop:/ConfigMap:prod/a"), None),
        (tracking("bank:/ConfigMap:prod/a"), Some("bank")),
        (tracking("bank:/ConfigMap:prod/b"), None),
        (tracking("bank:apps/Deployment:prod/a"), None),
        ("meta.helm.sh/release-name: bank".to_owned(), Some("bank")),
        ("meta.helm.sh/release-name: shop".to_owned(), None),
    ];
    for (annotation, sharer) in cases {
        let cluster = applied(&set(&object("ConfigMap", "a", "", &annotation)));
        let plan = planned(&set(""), &cluster, &policy);
        let guards: Vec<Guard> = sharer.map(|other| Guard::Shared(other.to_owned())).into_iter().collect();
        assert_eq!(plan.steps[0].guards, guards, "{annotation}");
        assert_eq!(planned(&set(""), &cluster, &Policy::default()).count(Action::Delete), 1, "nobody says who we are");
    }
    let label = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: {app.kubernetes.io/instance: bank}}\n";
    let plan = planned(&set(""), &applied(&set(label)), &policy);
    assert_eq!(plan.steps[0].reason, "no longer declared, but bank has it too");
}

#[test]
fn what_another_manager_applies_too_is_not_pruned() {
    let own = set(&object("ConfigMap", "a", "", "team: web"));
    let mut cluster = applied(&own);
    cluster.apply(&own.as_slice()[0], "other", false).unwrap();
    let guards = |policy: &Policy| planned(&set(""), &cluster, policy).steps[0].guards.clone();
    assert_eq!(guards(&Policy::default()), [Guard::Shared("longshore or other".to_owned())]);
    assert_eq!(guards(&Policy::default().manager("longshore")), [Guard::Shared("other".to_owned())]);
}

#[test]
fn what_is_on_its_way_out_is_waited_for() {
    let held =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop, finalizers: [example.com/hold]}\n---\n";
    let before = set(&format!("{held}{}", object("Namespace", "shop", "", "")));
    let mut cluster = applied(&before);
    cluster.delete(&before.as_slice()[0].id()).unwrap();
    let plan = planned(&set(""), &cluster, &Policy::default());
    assert_eq!(lines(&plan), ["wait ConfigMap/a", "delete Namespace/shop"]);
    assert_eq!(plan.steps[0].reason, "being deleted, held by example.com/hold");
    assert_eq!(after(&plan, 1), [(0, Dependency::Content)]);
}

// Renames

fn config(name: &str, color: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{color: {color}, size: s, fit: f}}\n---\n"
    )
}

fn web(config: &str) -> String {
    WEB.replace(
        "        env:\n",
        &format!("        envFrom:\n        - configMapRef: {{name: {config}}}\n        env:\n"),
    )
}

#[test]
fn a_rename_creates_waits_moves_the_references_and_deletes() {
    let before = format!("{}{}", config("web-6ct58987ht", "red"), web("web-6ct58987ht"));
    let after_it = format!("{}{}", config("web-gb5m5f5f4t", "blue"), web("web-gb5m5f5f4t"));
    let expect = [
        "create ConfigMap/web-gb5m5f5f4t",
        "update Deployment/web",
        "wait ConfigMap/web-gb5m5f5f4t",
        "wait Deployment/web",
        "delete ConfigMap/web-6ct58987ht",
    ];
    let plan = check(&before, &after_it, &expect);
    assert_eq!(after(&plan, 4), [(2, Dependency::Successor), (3, Dependency::Referrer)]);
    assert_eq!(after(&plan, 1), [(0, Dependency::NewName)]);
    assert_eq!(plan.steps[0].reason, "takes the place of web-6ct58987ht");
    assert_eq!(plan.steps[4].renamed, Some(plan.steps[0].id.clone()));
}

#[test]
fn a_rename_is_known_by_content_within_one_kind_and_namespace() {
    let expect = ["create ConfigMap/new", "wait ConfigMap/new", "delete ConfigMap/old"];
    check(&config("old", "red"), &config("new", "red"), &expect);
    let other = config("new", "red").replace("name: new", "name: new, namespace: other");
    check(&config("old", "red"), &other, &["create ConfigMap/new", "delete ConfigMap/old"]);
    let secret = config("new", "red").replace("kind: ConfigMap", "kind: Secret");
    check(&config("old", "red"), &secret, &["create Secret/new", "delete ConfigMap/old"]);
    let desired = set(&config("new", "red"));
    let unlike = planned(&desired, &applied(&set(&config("old", "red"))), &Policy::default().rename_score(101));
    assert_eq!(unlike.count(Action::Wait), 0);
}

#[test]
fn what_is_no_longer_referred_to_goes_after_the_update() {
    let late = |text: String| {
        text.replace(
            "  labels: {app: web}\nspec",
            &format!("  annotations: {{{}}}\n  labels: {{app: web}}\nspec", wave(4)),
        )
    };
    let before = format!("{}{}", config("settings", "red"), late(web("settings")));
    let plan = check(
        &before,
        &late(WEB.to_owned()),
        &["update Deployment/web 4", "wait Deployment/web 4", "delete ConfigMap/settings 4"],
    );
    assert_eq!(after(&plan, 2), [(1, Dependency::Referrer)]);
}

#[test]
fn only_references_of_the_kind_hold_a_deletion() {
    let named = |kind: &str| match kind {
        "ServiceAccount" => object(kind, "settings", "", ""),
        kind => config("settings", "red").replace("kind: ConfigMap", &format!("kind: {kind}")),
    };
    let before = |kind: &str, field: &str| format!("{}{}", named(kind), web("settings").replace("configMapRef", field));
    let after_it = WEB.replace("info", "debug");
    let cases = [
        ("ConfigMap", "configMapRef", true),
        ("Secret", "configMapRef", false),
        ("Secret", "secretRef", true),
        ("ServiceAccount", "secretRef", false),
    ];
    for (kind, field, held) in cases {
        let desired = set(&after_it);
        let found = planned(&desired, &applied(&set(&before(kind, field))), &Policy::default());
        let delete = found.steps.iter().find(|step| step.action == Action::Delete).unwrap();
        assert_eq!(!delete.after.is_empty(), held, "{kind} by {field}\n{found:#}");
    }
}

// Hooks

fn hook(name: &str, types: &str, policy: &str) -> String {
    let policy =
        if policy.is_empty() { String::new() } else { format!(", argocd.argoproj.io/hook-delete-policy: '{policy}'") };
    object("Pod", name, "shop", &format!("argocd.argoproj.io/hook: '{types}'{policy}"))
}

#[test]
fn hooks_run_in_their_phases_where_there_is_anything_to_do() {
    let hooks = [
        hook("migrate", "PreSync", ""),
        hook("both", "PreSync,PostSync", "HookSucceeded"),
        hook("alarm", "SyncFail", "HookFailed"),
        hook("never", "PostDelete", ""),
        object("ConfigMap", "skipped", "shop", "argocd.argoproj.io/hook: Skip"),
    ]
    .concat();
    let rest = format!("{}{}", object("Namespace", "shop", "", ""), object("ConfigMap", "a", "shop", ""));
    let desired = set(&format!("{hooks}{rest}"));
    let mut cluster = Cluster::new().strict(true);
    let first = planned(&desired, &cluster, &Policy::default());
    let expect = [
        "create Namespace/shop PreSync",
        "hook Pod/both PreSync",
        "hook Pod/migrate PreSync",
        "create ConfigMap/a",
        "hook Pod/both PostSync",
        "hook Pod/alarm SyncFail",
        "keep ConfigMap/skipped",
    ];
    assert_eq!(lines(&first), expect);
    assert_eq!(first.steps[1].delete_policies, [DeletePolicy::HookSucceeded]);
    cluster.carry_out(&first, &desired, "longshore").unwrap();
    let names: Vec<String> = cluster.list().iter().map(|one| one.name().to_owned()).collect();
    assert_eq!(names, ["a", "shop", "migrate"], "one deletes itself, one ran on no failure");
    assert!(planned(&desired, &cluster, &Policy::default()).is_empty());
    let without = planned(&set(&rest), &cluster, &Policy::default());
    assert_eq!(lines(&without), ["keep Pod/migrate"]);
    assert_eq!(without.steps[0].guards, [Guard::Hook]);
    assert_eq!(planned(&desired, &Cluster::new(), &Policy::default().hooks(false)).count(Action::Hook), 0);
}

#[test]
fn hooks_for_failures_run_on_a_refusal() {
    let desired = set(&format!(
        "{}{}",
        hook("alarm", "SyncFail", "").replace("namespace: shop, ", ""),
        object("Shop", "main", "", "")
    ));
    let mut cluster = Cluster::new().strict(true);
    let steps = planned(&desired, &cluster, &Policy::default());
    let error = cluster.carry_out(&steps, &desired, "longshore").unwrap_err();
    assert_eq!(error.to_string(), "example.com/v1/Shop/main is of a kind that no CustomResourceDefinition defines");
    assert_eq!(cluster.list().iter().map(|one| one.name().to_owned()).collect::<Vec<_>>(), ["alarm"]);
}

// Rollback

#[test]
fn a_rollback_is_the_plan_to_an_earlier_revision() {
    let (current, earlier) =
        (set(&format!("{}{WEB}", config("new", "red"))), set(&WEB.replace("replicas: 3", "replicas: 2")));
    let (rules, policy) = (Rules::default(), Policy::default());
    let preview = rollback(&current, &earlier, None, &rules, &policy);
    assert_eq!(lines(&preview), ["update Deployment/web", "delete ConfigMap/new"]);
    assert_eq!(preview, planned(&earlier, &applied(&current), &policy));
    // A cluster where others applied: what is declared now is ours all the same.
    let mut cluster = Cluster::new();
    current.iter().for_each(|one| cluster.create(one, "kubectl").unwrap());
    assert_eq!(planned(&earlier, &cluster, &policy).count(Action::Delete), 0);
    let real = rollback(&current, &earlier, Some(&cluster.list()), &rules, &policy);
    assert_eq!(lines(&real), lines(&preview));
}

#[test]
fn a_manifest_that_a_server_refuses_is_a_finding() {
    let desired = set(&WEB.replace("replicas: 3", "replicas: three"));
    let steps = planned(&desired, &Cluster::new(), &Policy::default());
    let findings: Vec<String> = steps.findings.iter().map(ToString::to_string).collect();
    let refused = "apps/v1/Deployment/web is refused by a server: spec.replicas expected an integer, found a string";
    assert_eq!(findings, [format!("{refused} (shop.yaml:7:13)")]);
}
