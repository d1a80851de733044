//! What holds for any two trees; json-patch and its positional comparison are the oracle.

use json_patch::{Patch, diff as positional, patch};
use longshore_diff::{DiffOptions, PatchOptions, diff, json_patch as shortest, merge3};
use longshore_manifest::schema::kubernetes;
use longshore_yaml::Document;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Trees over few words, so that two of them have much in common.
fn tree() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..6i64).prop_map(Value::from),
        "[ab]{0,2}".prop_map(Value::from),
        Just(json!("a long text that nobody wants to see twice")),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..7).prop_map(Value::from),
            btree_map("[a-d]|name|~/x", inner.clone(), 0..5).prop_map(|map| Value::Object(map.into_iter().collect())),
            vec(("[a-f]", inner), 0..6).prop_map(|items| {
                items.into_iter().map(|(name, value)| json!({"name": name, "value": value})).collect()
            }),
        ]
    })
}

/// One random edit somewhere in a tree.
fn edit(value: &mut Value, steps: &[u8], with: &Value) {
    let (step, rest) = steps.split_first().map_or((0, &[][..]), |(step, rest)| (*step as usize, rest));
    match value {
        Value::Array(items) if !items.is_empty() => {
            let at = step % items.len();
            match step / 32 {
                0 => items.insert(at, with.clone()),
                1 => drop(items.remove(at)),
                2 => {
                    let item = items.remove(at);
                    items.insert(step % (items.len() + 1), item);
                }
                3 => items.rotate_left(1),
                _ => edit(&mut items[at], rest, with),
            }
        }
        Value::Object(map) if !map.is_empty() => {
            let key = map.keys().nth(step % map.len()).cloned().unwrap_or_default();
            match step / 64 {
                0 => drop(map.remove(&key)),
                1 => drop(map.insert("new".to_owned(), with.clone())),
                _ => edit(map.entry(key).or_insert(Value::Null), rest, with),
            }
        }
        other => *other = with.clone(),
    }
}

/// Two trees: unrelated ones, or one made from the other by a few edits.
fn pair() -> impl Strategy<Value = (Value, Value)> {
    let edits = vec((vec(any::<u8>(), 1..6), tree()), 0..4);
    let edited = (tree(), edits).prop_map(|(before, edits)| {
        let mut after = before.clone();
        edits.iter().for_each(|(steps, with)| edit(&mut after, steps, with));
        (before, after)
    });
    prop_oneof![1 => (tree(), tree()), 4 => edited]
}

/// What a patch in which `null` removes can say.
fn without_null(value: Value) -> Value {
    match value {
        Value::Null => Value::from(0),
        Value::Array(items) => items.into_iter().map(without_null).collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, without_null(value))).collect(),
        other => other,
    }
}

fn docs(before: &Value, after: &Value) -> (Document, Document) {
    (Document::from_json(before), Document::from_json(after))
}

fn bytes(patch: &Patch) -> usize {
    serde_json::to_string(patch).expect("a patch is JSON").len()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn a_json_patch_leads_to_the_target_at_no_more_cost((before, after) in pair()) {
        let (left, right) = docs(&before, &after);
        let ours = shortest(left.root(), right.root(), PatchOptions::default()).expect("JSON trees have a patch");
        let mut patched = before.clone();
        patch(&mut patched, &ours).expect("the patch fits");
        prop_assert_eq!(&patched, &after);
        let theirs = positional(&before, &after);
        prop_assert!(ours.0.len() <= theirs.0.len(), "{ours}\n{theirs}");
        prop_assert!(bytes(&ours) <= bytes(&theirs), "{ours}\n{theirs}");
        prop_assert_eq!(ours.0.is_empty(), before == after);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn tests_guard_a_patch((before, after) in pair()) {
        let (left, right) = docs(&before, &after);
        let guarded = shortest(left.root(), right.root(), PatchOptions::default().tests(true)).expect("a patch");
        let mut patched = before.clone();
        patch(&mut patched, &guarded).expect("the patch fits");
        prop_assert_eq!(&patched, &after);
    }

    #[test]
    fn a_merge_patch_leads_to_the_target_or_says_why_not((before, after) in pair()) {
        let (left, right) = docs(&before, &after);
        let changes = diff(left.root(), right.root(), &DiffOptions::default());
        if let Ok(found) = changes.to_merge_patch() {
            let mut patched = before.clone();
            json_patch::merge(&mut patched, &found.root().to_json().expect("JSON"));
            prop_assert_eq!(&patched, &after);
        } else {
            prop_assert!(after.to_string().contains("null"));
        }
    }

    #[test]
    fn a_strategic_patch_leads_to_the_target((before, after) in pair()) {
        let (before, after) = (json!({"at": without_null(before)}), json!({"at": without_null(after)}));
        let (mut left, right) = docs(&before, &after);
        let copy = left.clone();
        let changes = diff(copy.root(), right.root(), &DiffOptions::default());
        if let Ok(found) = changes.to_strategic_patch(kubernetes()) {
            longshore_patch::strategic::apimachinery::apply(&mut left, found.root(), None).expect("the patch fits");
            prop_assert_eq!(left.root().to_json().expect("JSON"), after);
        }
    }

    #[test]
    fn a_side_that_changed_nothing_gives_way((base, side) in pair()) {
        let (base, side) = docs(&base, &side);
        let options = DiffOptions::default();
        let (b, s) = (base.root(), side.root());
        for (ours, theirs) in [(b, s), (s, b), (s, s)] {
            let merged = merge3(b, ours, theirs, &options);
            prop_assert!(merged.is_clean());
            prop_assert!(merged.document.root() == s);
        }
    }

    #[test]
    fn changes_are_none_only_for_equal_trees((before, after) in pair()) {
        let (left, right) = docs(&before, &after);
        let options = DiffOptions::default();
        let changes = diff(left.root(), right.root(), &options);
        prop_assert_eq!(changes.is_empty(), before == after);
        prop_assert!(diff(left.root(), left.root(), &options).is_empty());
        for change in &changes {
            if let Some(node) = change.before {
                prop_assert_eq!(before.pointer(change.before_pointer()), Some(&node.to_json().expect("JSON")));
            }
            if let Some(node) = change.after {
                prop_assert_eq!(after.pointer(change.after_pointer()), Some(&node.to_json().expect("JSON")));
            }
        }
    }

    #[test]
    fn the_way_back_has_as_many_changes((before, after) in pair()) {
        let (left, right) = docs(&before, &after);
        let options = DiffOptions::default();
        let there = diff(left.root(), right.root(), &options);
        let back = diff(right.root(), left.root(), &options);
        prop_assert_eq!(there.is_empty(), back.is_empty());
    }
}

fn objects(names: impl Iterator<Item = usize>) -> Value {
    let item =
        |at: usize| json!({"name": format!("item-{at}"), "value": at, "labels": {"app": "shop", "tier": at % 7}});
    names.map(item).collect()
}

/// Number of operations of our patch, which must lead to the target.
#[track_caller]
fn operations(before: &Value, after: &Value) -> usize {
    let (left, right) = docs(before, after);
    let found = shortest(left.root(), right.root(), PatchOptions::default()).expect("a patch");
    let mut patched = before.clone();
    patch(&mut patched, &found).expect("the patch fits");
    assert_eq!(&patched, after);
    found.0.len()
}

#[test]
fn long_lists_take_few_operations() {
    let before = objects(0..1000);
    assert_eq!(operations(&before, &objects(std::iter::once(5000).chain(0..1000))), 1, "insertion at the head");
    assert_eq!(operations(&before, &objects(1..1000)), 1, "removal at the head");
    assert_eq!(operations(&before, &objects((1..1000).chain([0]))), 1, "a move to the end");
    let mut moved: Vec<usize> = (0..1000).collect();
    for at in 0..10 {
        let item = moved.remove(at * 97);
        moved.insert((at * 53 + 400) % 999, item);
    }
    let count = operations(&before, &objects(moved.into_iter()));
    assert!(count <= 15, "ten moves took {count} operations");
}

#[test]
fn scattered_edits_take_an_operation_each() {
    let before = objects(0..1000);
    let mut after = before.clone();
    (0..10).for_each(|at| after[at * 99 + 3]["labels"]["tier"] = json!("new"));
    assert_eq!(operations(&before, &after), 10);
    // The same without names: content alone tells the items apart.
    let strip = |value: &Value| -> Value {
        let items = value.as_array().expect("a list").iter();
        items.map(|item| json!({"value": item["value"], "labels": item["labels"]})).collect()
    };
    assert_eq!(operations(&strip(&before), &strip(&after)), 10);
    let numbers: Value = (0..1000).collect();
    let mut edited = numbers.clone();
    (0..10).for_each(|at| edited[at * 99 + 3] = json!("new"));
    assert_eq!(operations(&numbers, &edited), 10);
    let shifted: Value = edited.as_array().expect("a list").iter().skip(1).cloned().collect();
    assert!(operations(&numbers, &shifted) <= 15);
}
