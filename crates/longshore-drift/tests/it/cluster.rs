//! The cluster in memory answers as an API server does.

use longshore_drift::{ApiError, Cluster, Propagation};
use longshore_manifest::Resource;
use longshore_yaml::{Document, Node, Tag};

use crate::{WEB, applied, set};

fn text<'c>(cluster: &'c Cluster, id: &longshore_manifest::ResourceId, path: &[&str]) -> &'c str {
    cluster.get(id).unwrap().root().at(path.iter().copied()).map_or("", Node::text)
}

fn scale(doc: &mut Document) {
    let at = doc.root().at(["spec", "replicas"]).map(Node::id).unwrap();
    doc.set_scalar(at, "9", Tag::Int);
}

#[test]
fn versions_count_writes_and_generations_count_changes_of_the_specification() {
    let desired = set(WEB);
    let id = desired.as_slice()[0].id();
    let mut cluster = applied(&desired);
    let at = |cluster: &Cluster| {
        ["resourceVersion", "generation"].map(|key| text(cluster, &id, &["metadata", key]).to_owned())
    };
    assert_eq!(at(&cluster), ["1", "1"]);
    cluster.apply(&desired.as_slice()[0], "longshore", false).unwrap();
    assert_eq!(at(&cluster), ["1", "1"], "nothing changed");
    cluster.edit(&id, "intern", scale).unwrap();
    assert_eq!(at(&cluster), ["2", "2"]);
    let label = |doc: &mut Document| {
        let (labels, value) = (doc.root().at(["metadata", "labels"]).map(Node::id).unwrap(), doc.add_str("1"));
        doc.map_set(labels, "x", value);
    };
    cluster.edit(&id, "intern", label).unwrap();
    assert_eq!(at(&cluster), ["3", "2"]);
}

#[test]
fn an_update_of_an_old_version_is_refused() {
    let desired = set(WEB);
    let id = desired.as_slice()[0].id();
    let mut cluster = applied(&desired);
    let old = cluster.get(&id).unwrap().clone();
    cluster.edit(&id, "intern", scale).unwrap();
    let error = cluster.update(old, "slow").unwrap_err();
    assert_eq!(
        error.to_string(),
        "apps/v1/Deployment/web is at resource version 2, the update is based on 1: read it again"
    );
}

#[test]
fn an_apply_conflicts_unless_forced() {
    // Other spellings of quantities would conflict, too, as they do on a server.
    let web = WEB.replace("1000m", "\"1\"").replace("0.5Gi", "512Mi");
    let desired = set(&web);
    let mut cluster = applied(&desired);
    let theirs = set(&web.replace("replicas: 3", "replicas: 4"));
    let error = cluster.apply(&theirs.as_slice()[0], "other", false).unwrap_err();
    assert_eq!(error.to_string(), "conflict on apps/v1/Deployment/web: spec.replicas is owned by longshore");
    assert!(matches!(error, ApiError::Conflict { .. }));
    let id = desired.as_slice()[0].id();
    assert_eq!(text(&cluster, &id, &["spec", "replicas"]), "3");
    cluster.apply(&theirs.as_slice()[0], "other", true).unwrap();
    assert_eq!(text(&cluster, &id, &["spec", "replicas"]), "4");
}

#[test]
fn what_is_applied_no_longer_goes_and_defaults_return() {
    let mut cluster = applied(&set(WEB));
    let less =
        set(&WEB.replace("  replicas: 3\n", "").replace("        env:\n        - {name: LEVEL, value: info}\n", ""));
    let id = less.as_slice()[0].id();
    cluster.apply(&less.as_slice()[0], "longshore", false).unwrap();
    assert_eq!(text(&cluster, &id, &["spec", "replicas"]), "1");
    assert!(cluster.get(&id).unwrap().root().at(["spec", "template", "spec", "containers", "0", "env"]).is_none());
}

#[test]
fn the_same_calls_print_the_same_bytes() {
    assert_eq!(applied(&set(WEB)).export(), applied(&set(WEB)).export());
    let mut cluster = applied(&set(WEB));
    let before = cluster.export();
    let id = set(WEB).as_slice()[0].id();
    cluster.edit(&id, "intern", scale).unwrap();
    assert_ne!(cluster.export(), before);
    cluster.apply(&set(WEB).as_slice()[0], "longshore", true).unwrap();
    assert_eq!(cluster.export(), before);
    cluster.delete(&id).unwrap();
    assert_eq!(cluster.delete(&id).unwrap_err().to_string(), "apps/v1/Deployment/web not found");
}

fn config(name: &str, namespace: &str, metadata: &str) -> Resource {
    let text = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: {namespace}{metadata}}}\ndata: {{a: b}}\n"
    );
    set(&text).as_slice()[0].clone()
}

fn named(kind: &str, name: &str) -> Resource {
    set(&format!("apiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}}}\n")).as_slice()[0].clone()
}

#[test]
fn refusals_carry_the_reasons_of_a_server() {
    let (a, shop) = (config("a", "shop", ""), named("Namespace", "shop"));
    let mut cluster = Cluster::new().strict(true);
    let refusal = |error: ApiError| (error.code(), error.reason(), error.to_string());
    assert_eq!(refusal(cluster.create(&a, "me").unwrap_err()), (404, "NotFound", "v1/Namespace/shop not found".into()));
    cluster.create(&shop, "me").unwrap();
    cluster.create(&a, "me").unwrap();
    let error = cluster.create(&a, "me").unwrap_err();
    assert_eq!(refusal(error), (409, "AlreadyExists", "v1/ConfigMap/shop/a already exists".into()));
    let error = cluster.apply(&config("a", "shop", ", labels: {x: y}"), "other", false);
    assert!(error.is_ok(), "a new field is nobody's");
    let mut old = cluster.get(&a.id()).unwrap().clone();
    cluster.edit(&a.id(), "me", |doc| set_label(doc, "x", "z")).unwrap();
    set_label(old.document_mut(), "x", "w");
    let error = cluster.update(old, "slow").unwrap_err();
    assert_eq!((error.code(), error.reason()), (409, "Conflict"));
    let theirs = config("a", "shop", ", labels: {x: v}");
    let error = cluster.apply(&theirs, "third", false).unwrap_err();
    assert_eq!((error.code(), error.reason()), (409, "Conflict"));
    assert_eq!(cluster.delete(&config("b", "shop", "").id()).unwrap_err().reason(), "NotFound");
    assert_eq!(cluster.edit(&config("b", "shop", "").id(), "me", |_| {}).unwrap_err().code(), 404);
    cluster.create(&config("everywhere", "kube-system", ""), "me").unwrap();
}

fn set_label(doc: &mut Document, key: &str, value: &str) {
    let (labels, value) = (doc.root().at(["metadata", "labels"]).map(Node::id).unwrap(), doc.add_str(value));
    doc.map_set(labels, key, value);
}

fn finalizers(doc: &mut Document, names: &[&str]) {
    let metadata = doc.root().get("metadata").map(Node::id).unwrap();
    let list = doc.add_json(&serde_json::json!(names));
    doc.map_set(metadata, "finalizers", list);
}

#[test]
fn finalizers_hold_what_is_deleted_until_the_last_is_gone() {
    let held = config("a", "shop", ", finalizers: [x/one, x/two]");
    let id = held.id();
    let mut cluster = applied(&[held].into_iter().collect());
    cluster.set_time("2026-02-02T00:00:00Z");
    cluster.delete(&id).unwrap();
    assert_eq!(text(&cluster, &id, &["metadata", "deletionTimestamp"]), "2026-02-02T00:00:00Z");
    let version = cluster.resource_version();
    cluster.delete(&id).unwrap();
    assert_eq!(cluster.resource_version(), version, "it is on its way out already");
    let error = cluster.edit(&id, "me", |doc| finalizers(doc, &["x/one", "x/two", "x/three"])).unwrap_err();
    assert_eq!((error.code(), error.reason()), (422, "Invalid"));
    cluster.edit(&id, "me", |doc| finalizers(doc, &["x/two"])).unwrap();
    let back = |doc: &mut Document| {
        let metadata = doc.root().get("metadata").map(Node::id).unwrap();
        doc.map_remove(metadata, "deletionTimestamp");
    };
    cluster.edit(&id, "me", back).unwrap();
    assert_eq!(text(&cluster, &id, &["metadata", "deletionTimestamp"]), "2026-02-02T00:00:00Z", "no way back");
    cluster.edit(&id, "me", |doc| finalizers(doc, &[])).unwrap();
    assert!(cluster.is_empty());
}

#[test]
fn what_an_update_leaves_out_of_the_servers_own_stays() {
    let mut cluster = applied(&[config("a", "shop", "")].into_iter().collect());
    let id = config("a", "shop", "").id();
    let uid = text(&cluster, &id, &["metadata", "uid"]).to_owned();
    cluster.update(config("a", "shop", ", labels: {x: y}"), "me").unwrap();
    assert_eq!(text(&cluster, &id, &["metadata", "uid"]), uid);
    assert_eq!(text(&cluster, &id, &["metadata", "creationTimestamp"]), "2026-01-01T00:00:00Z");
}

#[test]
fn nobody_but_the_server_says_when_an_object_was_made_or_goes() {
    let said = ", uid: mine, deletionTimestamp: '2020-01-01T00:00:00Z', creationTimestamp: '2020-01-01T00:00:00Z'";
    let claims = config("a", "shop", said);
    let mut cluster = applied(&[claims.clone()].into_iter().collect());
    let uid = text(&cluster, &claims.id(), &["metadata", "uid"]).to_owned();
    for _ in 0..2 {
        let metadata = |key: &str| text(&cluster, &claims.id(), &["metadata", key]).to_owned();
        assert_eq!([metadata("creationTimestamp"), metadata("deletionTimestamp")], ["2026-01-01T00:00:00Z", ""]);
        assert_eq!((metadata("uid"), uid != "mine"), (uid.clone(), true));
        cluster.apply(&claims, "other", true).unwrap();
    }
    cluster.delete(&claims.id()).unwrap();
    assert!(cluster.is_empty());
}

/// `Added name@version` for each event after a version.
fn events(cluster: &Cluster, since: u64) -> Vec<String> {
    let line =
        |event: longshore_drift::Event| format!("{:?} {}@{}", event.event_type, event.object.name(), event.version);
    cluster.watch(since).unwrap().into_iter().map(line).collect()
}

#[test]
fn a_watch_tells_what_happened_since() {
    let (a, b) = (config("a", "shop", ", labels: {x: y}"), config("b", "shop", ""));
    let mut cluster = Cluster::new();
    cluster.apply(&a, "me", false).unwrap();
    let listed = cluster.resource_version();
    cluster.apply(&b, "me", false).unwrap();
    cluster.apply(&b, "me", false).unwrap();
    cluster.edit(&a.id(), "me", |doc| set_label(doc, "x", "z")).unwrap();
    cluster.delete(&a.id()).unwrap();
    assert_eq!(events(&cluster, 0), ["Added a@1", "Added b@2", "Modified a@3", "Deleted a@4"]);
    assert_eq!(events(&cluster, listed), ["Added b@2", "Modified a@3", "Deleted a@4"]);
    assert_eq!(events(&cluster, cluster.resource_version()), Vec::<String>::new());
    let last = cluster.watch(3).unwrap().remove(0).object;
    assert_eq!(last.root().at(["metadata", "resourceVersion"]).map(Node::text), Some("4"));
    assert_eq!(last.root().at(["metadata", "labels", "x"]).map(Node::text), Some("z"));
}

#[test]
fn a_watch_from_what_is_forgotten_is_refused() {
    let mut cluster = Cluster::new();
    cluster.set_backlog(2);
    for name in ["a", "b", "c", "d"] {
        cluster.apply(&config(name, "shop", ""), "me", false).unwrap();
    }
    assert_eq!(events(&cluster, 2), ["Added c@3", "Added d@4"]);
    let error = cluster.watch(1).unwrap_err();
    assert_eq!((error.code(), error.reason()), (410, "Expired"));
    assert_eq!(error.to_string(), "resource version 1 is too old, the oldest to watch from is 2: list again");
}

fn owned(name: &str, owners: &[(&str, &str)]) -> Resource {
    let owner = |(name, more): &(&str, &str)| format!("{{apiVersion: v1, kind: ConfigMap, name: {name}{more}}}");
    let list: Vec<String> = owners.iter().map(owner).collect();
    config(name, "shop", &format!(", ownerReferences: [{}]", list.join(", ")))
}

/// Deletes `a`, and lists what is left.
#[track_caller]
fn check_deletion(objects: &[Resource], propagation: Propagation, left: &[&str]) -> Cluster {
    let mut cluster = applied(&objects.iter().cloned().collect());
    cluster.delete_with(&config("a", "shop", "").id(), propagation).unwrap();
    assert_eq!(names(&cluster), left);
    cluster
}

fn names(cluster: &Cluster) -> Vec<String> {
    cluster.list().iter().map(|one| one.name().to_owned()).collect()
}

#[test]
fn owners_take_along_what_only_they_own() {
    let a = config("a", "shop", "");
    let chain = [a.clone(), owned("b", &[("a", "")]), owned("c", &[("b", "")]), owned("d", &[("a", ""), ("e", "")])];
    let all = [&chain[..], &[config("e", "shop", "")]].concat();
    check_deletion(&all, Propagation::Background, &["d", "e"]);
    check_deletion(&all, Propagation::Foreground, &["d", "e"]);
    check_deletion(&chain, Propagation::Background, &[]);
    let cluster = check_deletion(&chain, Propagation::Orphan, &["b", "c", "d"]);
    let owners =
        |name: &str| cluster.get(&config(name, "shop", "").id()).unwrap().root().at(["metadata", "ownerReferences"]);
    assert_eq!((owners("b").is_none(), owners("d").map(Node::len)), (true, Some(1)));
    check_deletion(&[a, owned("b", &[("a", ", uid: another")])], Propagation::Background, &["b"]);
}

#[test]
fn owners_in_the_foreground_wait_for_those_that_block_them() {
    let hold = |doc: &mut Document| finalizers(doc, &["x/hold"]);
    for (more, left) in [(", blockOwnerDeletion: true", &["a", "b"][..]), ("", &["b"])] {
        let mut cluster = applied(&[config("a", "shop", ""), owned("b", &[("a", more)])].into_iter().collect());
        let ids = ["a", "b"].map(|name| config(name, "shop", "").id());
        cluster.edit(&ids[1], "me", hold).unwrap();
        cluster.delete_with(&ids[0], Propagation::Foreground).unwrap();
        assert_eq!(names(&cluster), left);
        cluster.edit(&ids[1], "me", |doc| finalizers(doc, &[])).unwrap();
        assert!(cluster.is_empty());
    }
}

#[test]
fn a_namespace_goes_with_what_lives_in_it() {
    let shop = named("Namespace", "shop");
    let held = config("held", "shop", ", finalizers: [x/hold]");
    let mut cluster =
        applied(&[shop.clone(), config("a", "shop", ""), held.clone(), config("a", "other", "")].into_iter().collect());
    cluster.delete(&shop.id()).unwrap();
    assert_eq!(names(&cluster), ["a", "held", "shop"]);
    let error = cluster.create(&config("new", "shop", ""), "me").unwrap_err();
    assert_eq!((error.code(), error.reason()), (403, "Forbidden"));
    cluster.edit(&held.id(), "me", |doc| finalizers(doc, &[])).unwrap();
    assert_eq!(names(&cluster), ["a"]);
}

#[test]
fn a_definition_brings_its_kind_and_goes_with_it() {
    let text = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: shops.example.com}\n\
                spec: {group: example.com, names: {kind: Shop}}\n---\n\
                apiVersion: example.com/v1\nkind: Shop\nmetadata: {name: main}\n";
    let both = set(text);
    let [definition, shop] = both.as_slice() else { panic!("there are two") };
    let mut cluster = Cluster::new().strict(true);
    assert_eq!(cluster.apply(shop, "me", false).unwrap_err().reason(), "NotFound");
    cluster.apply(definition, "me", false).unwrap();
    cluster.apply(shop, "me", false).unwrap();
    cluster.delete(&definition.id()).unwrap();
    assert!(cluster.is_empty());
}
