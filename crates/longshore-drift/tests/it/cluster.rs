//! The cluster in memory answers as an API server does.

use longshore_drift::{ApiError, Cluster};
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
    let desired = set(WEB);
    let mut cluster = applied(&desired);
    let theirs = set(&WEB.replace("replicas: 3", "replicas: 4"));
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
