//! Three-way merges, case by case.

use longshore_diff::{DiffOptions, merge3};

use crate::doc;

#[track_caller]
fn check(base: &str, ours: &str, theirs: &str, expect: &str, conflicts: &[&str]) {
    let (base, ours, theirs, expect) = (doc("base", base), doc("ours", ours), doc("theirs", theirs), doc("x", expect));
    let merged = merge3(base.root(), ours.root(), theirs.root(), &DiffOptions::default());
    assert_eq!(merged.document.root().to_json().expect("JSON"), expect.root().to_json().expect("JSON"));
    let found: Vec<String> = merged.conflicts.iter().map(|conflict| conflict.path.to_string()).collect();
    assert_eq!(found, conflicts);
}

#[test]
fn other_keys_do_not_meet() {
    check("a: 1\nb: 1\n", "a: 2\nb: 1\n", "a: 1\nb: 2\nc: 3\n", "a: 2\nb: 2\nc: 3\n", &[]);
    check("a: 1\nb: 1\n", "b: 1\n", "a: 1\nb: 2\n", "b: 2\n", &[]);
    check("a: 1\nb: 1\n", "b: 1\n", "b: 1\n", "b: 1\n", &[]);
}

#[test]
fn the_same_change_twice_is_one() {
    check("a: 1\n", "a: 2\n", "a: 2\n", "a: 2\n", &[]);
    check("{}\n", "a: {b: 1}\n", "a: {c: 2}\n", "a: {b: 1, c: 2}\n", &[]);
}

#[test]
fn one_place_changed_twice_is_a_conflict() {
    check("a: 1\n", "a: 2\n", "a: 3\n", "a: 2\n", &["a"]);
    check("a: {b: 1}\n", "{}\n", "a: {b: 2}\n", "{}\n", &["a"]);
    check("a: [[1]]\n", "a: [[2]]\n", "a: [[3]]\n", "a: [[2]]\n", &["a"]);
}

#[test]
fn items_by_key() {
    let base = "l: [{name: a, v: 1}, {name: b, v: 1}, {name: c, v: 1}]\n";
    let ours = "l: [{name: b, v: 2}, {name: c, v: 1}]\n";
    let theirs = "l: [{name: a, v: 1}, {name: n, v: 0}, {name: b, v: 1}, {name: c, v: 3}]\n";
    check(base, ours, theirs, "l: [{name: n, v: 0}, {name: b, v: 2}, {name: c, v: 3}]\n", &[]);
    check(base, "l: [{name: b, v: 2}]\n", "l: [{name: b, v: 3}]\n", "l: [{name: b, v: 2}]\n", &["l[name=\"b\"].v"]);
}

#[test]
fn order_is_that_of_the_side_that_changed_it() {
    let base = "l: [{name: a}, {name: b}]\n";
    check(
        base,
        "l: [{name: a}, {name: b}, {name: c}]\n",
        "l: [{name: b}, {name: a}]\n",
        "l: [{name: b}, {name: c}, {name: a}]\n",
        &[],
    );
}
