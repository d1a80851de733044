//! How resources of two sets are paired.

use longshore_diff::{DiffOptions, SetChange, diff_sets};

use crate::{lines, set};

#[track_caller]
fn check(before: &str, after: &str, expect: &[&str]) {
    let (before, after) = (set("before", before), set("after", after));
    let changes = diff_sets(&before, &after, &DiffOptions::default());
    let found: Vec<String> = changes
        .iter()
        .map(|change| match change {
            SetChange::Added { after } => format!("+ {}", after.id()),
            SetChange::Removed { before } => format!("- {}", before.id()),
            SetChange::Changed { after, changes, .. } => format!("~ {}: {}", after.id(), lines(changes).join(", ")),
            SetChange::Renamed { before, after, score, .. } => format!("= {} {} {score}", before.name(), after.name()),
            other => panic!("an unknown change {other:?}"),
        })
        .collect();
    assert_eq!(found, expect);
}

fn config(name: &str, data: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata: {data}\n---\n")
}

#[test]
fn added_removed_changed() {
    let before = config("a", "{k: v, x: y}") + &config("b", "{k: 1}");
    let after = config("c", "{other: 9}") + &config("b", "{k: 2}");
    check(&before, &after, &["+ v1/ConfigMap/c", "~ v1/ConfigMap/b: ~ data.k", "- v1/ConfigMap/a"]);
}

#[test]
fn hashed_names_are_renames_whatever_changed() {
    check(
        &config("web-5bf6ck8f9m", "{k: v}"),
        &config("web-m2gb7tc9k4", "{x: y}"),
        &["= web-5bf6ck8f9m web-m2gb7tc9k4 0"],
    );
}

#[test]
fn the_best_pair_wins() {
    let old = config("one", "{a: 1, b: 2, c: 3, d: 4}");
    let near = config("two", "{a: 1, b: 2, c: 3, d: 5}");
    let same = config("three", "{a: 1, b: 2, c: 3, d: 4}");
    check(&old, &(near.clone() + &same), &["+ v1/ConfigMap/two", "= one three 100"]);
    check(&old, &near, &["= one two 75"]);
}

#[test]
fn other_kinds_are_never_renames() {
    let secret = config("a", "{k: v}").replace("ConfigMap", "Secret");
    check(&config("a", "{k: v}"), &secret, &["+ v1/Secret/a", "- v1/ConfigMap/a"]);
}

#[test]
fn order_of_resources_does_not_count() {
    let (a, b) = (config("a", "{k: 1}"), config("b", "{k: 1}"));
    check(&(a.clone() + &b), &(b + &a), &[]);
}
