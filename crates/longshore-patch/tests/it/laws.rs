//! What holds for all documents and patches.

use std::collections::BTreeMap;

use longshore_manifest::GroupVersionKind;
use longshore_manifest::schema::{Schema, TypeRef, kubernetes, kustomize};
use longshore_patch::json::{self, Operation, Patch};
use longshore_patch::strategic::apimachinery::{self, OnConflict};
use longshore_patch::strategic::kyaml::{self, Options, Outcome};
use longshore_patch::{Pointer, merge};
use longshore_yaml::Document;
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::{Map, Value, json};

fn scalars() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i8>().prop_map(|value| json!(value)),
        any::<bool>().prop_map(|value| json!(value)),
        "[a-c~/ ]{0,2}".prop_map(|text| json!(text)),
        Just(Value::Null),
    ]
}

fn documents() -> impl Strategy<Value = Value> {
    scalars().prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            proptest::collection::btree_map("[a-c~/0]{0,2}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn maps() -> impl Strategy<Value = Value> {
    proptest::collection::btree_map("[a-c]", documents(), 0..4).prop_map(|map| Value::Object(map.into_iter().collect()))
}

fn json(doc: &Document) -> Value {
    doc.root().to_json().expect("it came from JSON")
}

/// All places of a document, and some that are none.
fn places(value: &Value, at: Pointer, out: &mut Vec<Pointer>) {
    out.push(at.clone());
    match value {
        Value::Array(items) => {
            out.push(at.clone().join("-"));
            out.push(at.clone().join(items.len().to_string()));
            items.iter().enumerate().for_each(|(index, item)| places(item, at.clone().join(index.to_string()), out));
        }
        Value::Object(map) => {
            out.push(at.clone().join("new"));
            map.iter().for_each(|(name, value)| places(value, at.clone().join(name), out));
        }
        _ => out.push(at.join("0")),
    }
}

fn operations(doc: &Value) -> impl Strategy<Value = Vec<Operation>> + use<> {
    let mut all = Vec::new();
    places(doc, Pointer::root(), &mut all);
    let place = || proptest::sample::select(all.clone());
    let value = || documents().prop_map(|value| Document::from_json(&value));
    let operation = prop_oneof![
        (place(), value()).prop_map(|(path, value)| Operation::Add { path, value }),
        place()
            .prop_filter("json-patch cannot remove the root", |path| !path.is_root())
            .prop_map(|path| Operation::Remove { path }),
        (place(), value()).prop_map(|(path, value)| Operation::Replace { path, value }),
        (place(), place())
            .prop_filter("not into itself", |(from, path)| !from.is_prefix_of(path))
            .prop_map(|(from, path)| Operation::Move { from, path }),
        (place(), place()).prop_map(|(from, path)| Operation::Copy { from, path }),
        (place(), value()).prop_map(|(path, value)| Operation::Test { path, value }),
    ];
    proptest::collection::vec(operation, 1..5)
}

fn patched() -> impl Strategy<Value = (Value, Vec<Operation>)> {
    documents().prop_flat_map(|doc| {
        let operations = operations(&doc);
        (Just(doc), operations)
    })
}

fn pod() -> Option<TypeRef<'static>> {
    kubernetes().root(&GroupVersionKind::new("v1", "Pod"))
}

/// Pods with everything that a strategic patch treats in its own way.
fn pods() -> impl Strategy<Value = Value> {
    let env = proptest::collection::btree_map("[A-C]", "[x-z]", 0..4);
    let ports = proptest::collection::btree_map(80_u16..84, "[x-z]", 0..3);
    let container = ("[x-z]", env, ports, proptest::collection::vec("[x-z]", 0..3));
    let containers = proptest::collection::btree_map("[a-d]", container, 0..4).prop_shuffle_values();
    let finalizers = proptest::collection::btree_set("[x-z]/a", 0..3);
    let labels = proptest::collection::btree_map("[a-c]", "[x-z]", 0..3);
    (containers, finalizers, labels, proptest::option::of(0_i64..3)).prop_map(|(containers, finalizers, labels, grace)| {
        let containers: Vec<Value> = containers
            .into_iter()
            .map(|(name, (image, env, ports, args))| {
                let env: Vec<Value> = env.into_iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
                let ports: Vec<Value> = ports.into_iter().map(|(port, name)| json!({"containerPort": port, "name": name})).collect();
                json!({"name": name, "image": image, "env": env, "ports": ports, "args": args})
            })
            .collect();
        let mut spec = Map::from_iter([("containers".to_owned(), Value::Array(containers))]);
        spec.extend(grace.map(|grace| ("terminationGracePeriodSeconds".to_owned(), json!(grace))));
        json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "pod", "labels": labels, "finalizers": finalizers.into_iter().collect::<Vec<_>>()}, "spec": spec})
    })
}

/// Entries of a map in an order of their own.
trait ShuffleValues<T> {
    fn prop_shuffle_values(self) -> BoxedStrategy<Vec<(String, T)>>;
}

impl<T: Clone + std::fmt::Debug + 'static, S: Strategy<Value = BTreeMap<String, T>> + 'static> ShuffleValues<T> for S {
    fn prop_shuffle_values(self) -> BoxedStrategy<Vec<(String, T)>> {
        self.prop_map(|map| map.into_iter().collect::<Vec<_>>()).prop_shuffle().boxed()
    }
}

proptest! {
    #![proptest_config(Config { cases: 1024, ..Config::default() })]

    /// json-patch is the oracle: what it makes of a patch, or that it refuses it.
    #[test]
    fn patches_apply_as_json_patch_applies_them((value, operations) in patched()) {
        let patch: Patch = operations.into_iter().collect();
        let mut doc = Document::from_json(&value);
        let ours = json::apply(&mut doc, &patch);
        let mut theirs = value.clone();
        // Its way back from a failed patch can panic, so its copy is thrown away instead.
        let oracle = json_patch::patch_unsafe(&mut theirs, &json_patch::Patch::try_from(&patch).expect("values are JSON"));
        prop_assert_eq!(ours.is_ok(), oracle.is_ok(), "{:?}: ours {:?}, theirs {:?}", patch, ours, oracle);
        prop_assert_eq!(json(&doc), if ours.is_ok() { theirs } else { value });
    }

    #[test]
    fn patches_read_back_as_printed((_, operations) in patched()) {
        let patch: Patch = operations.into_iter().collect();
        let printed = patch.to_json().expect("values are JSON");
        let read = Patch::read(Document::from_json(&printed).root()).expect("it is a patch");
        prop_assert_eq!(read.operations(), patch.operations());
        let theirs = json_patch::Patch::try_from(&patch).expect("values are JSON");
        let back = Patch::try_from(&theirs).expect("pointers are pointers");
        prop_assert_eq!(back.operations(), patch.operations());
    }

    #[test]
    fn pointers_read_back_as_printed(steps in proptest::collection::vec("[a~/0 ]{0,3}", 0..4)) {
        let pointer = Pointer::from_iter(steps);
        prop_assert_eq!(&pointer.to_string().parse::<Pointer>()?, &pointer);
    }

    #[test]
    fn merge_patches_apply_as_json_patch_applies_them(value in documents(), patch in documents()) {
        let mut doc = Document::from_json(&value);
        merge::apply(&mut doc, Document::from_json(&patch).root())?;
        let mut theirs = value;
        json_patch::merge(&mut theirs, &patch);
        prop_assert_eq!(json(&doc), theirs);
    }

    #[test]
    fn a_merge_patch_makes_the_target(a in maps(), b in maps()) {
        let (mut a, b) = (Document::from_json(&a), Document::from_json(&b));
        match merge::create(a.root(), b.root()) {
            Ok(patch) => {
                merge::apply(&mut a, patch.root())?;
                prop_assert_eq!(json(&a), json(&b));
            }
            Err(error) => prop_assert!(error.pointer.resolve(b.root()).is_some_and(|node| node.is_null()), "{}", error),
        }
        let nothing = merge::create(b.root(), b.root()).expect("nothing differs");
        prop_assert_eq!(json(&nothing), json!({}));
    }

    #[test]
    fn a_strategic_patch_makes_the_target(a in pods(), b in pods()) {
        let (mut a, b) = (Document::from_json(&a), Document::from_json(&b));
        let patch = apimachinery::two_way(a.root(), b.root(), pod())?;
        apimachinery::apply(&mut a, patch.root(), pod())?;
        prop_assert_eq!(json(&a), json(&b), "by {}", json(&patch));
        prop_assert_eq!(json(&apimachinery::two_way(b.root(), b.root(), pod())?), json!({}));
    }

    #[test]
    fn three_ways_are_two_where_nobody_interferes(a in pods(), b in pods()) {
        let (a, b) = (Document::from_json(&a), Document::from_json(&b));
        let mut current = a.clone();
        let patch = apimachinery::three_way(a.root(), b.root(), current.root(), pod(), OnConflict::Report)?;
        apimachinery::apply(&mut current, patch.root(), pod())?;
        prop_assert_eq!(json(&current), json(&b), "by {}", json(&patch));
    }

    /// What is applied is there afterwards, whoever changed what in between.
    #[test]
    fn an_overwriting_patch_wins(original in pods(), modified in pods(), current in pods()) {
        let parts = [&original, &modified, &current].map(Document::from_json);
        let [original, modified, mut current] = parts;
        let patch = apimachinery::three_way(original.root(), modified.root(), current.root(), pod(), OnConflict::Overwrite)?;
        apimachinery::apply(&mut current, patch.root(), pod())?;
        let before = json(&current);
        let again = apimachinery::three_way(modified.root(), modified.root(), current.root(), pod(), OnConflict::Overwrite)?;
        apimachinery::apply(&mut current, again.root(), pod())?;
        prop_assert_eq!(json(&current), before, "applying twice is applying once");
    }

    /// Merging an object into itself changes nothing but the order that merged lists have in the patch, which is its own.
    #[test]
    fn kyaml_merges_an_object_into_itself(value in pods()) {
        let patch = Document::from_json(&value);
        let mut doc = patch.clone();
        prop_assert_eq!(kyaml::apply(&mut doc, patch.root(), kustomize(), &Options::default())?, Outcome::Kept);
        prop_assert_eq!(json(&doc), value);
    }

    /// All that a patch says is there afterwards, and merging it again changes nothing.
    #[test]
    fn kyaml_merges_once_and_for_all(value in pods(), patch in pods()) {
        let patch = Document::from_json(&patch);
        let mut doc = Document::from_json(&value);
        kyaml::apply(&mut doc, patch.root(), kustomize(), &Options::default())?;
        let once = json(&doc);
        kyaml::apply(&mut doc, patch.root(), kustomize(), &Options::default())?;
        prop_assert_eq!(json(&doc), once);
    }

    /// Whatever the patch, it ends: with a result, or with an error and the document as it was.
    #[test]
    fn a_refused_patch_changes_nothing(value in maps(), patch in maps(), directive in "(delete|replace|merge|x)") {
        let object = |spec: Value| json!({"apiVersion": "v1", "kind": "Pod", "spec": spec});
        let value = object(json!({"containers": [{"name": "a", "env": value}], "volumes": value}));
        let patch = object(json!({"containers": [{"name": "a", "env": patch}, {"$patch": directive}], "volumes": patch}));
        let (mut doc, patch) = (Document::from_json(&value), Document::from_json(&patch));
        if kyaml::apply(&mut doc, patch.root(), kustomize(), &Options::default()).is_err() {
            prop_assert_eq!(json(&doc), value.clone());
        }
        let mut doc = Document::from_json(&value);
        if apimachinery::apply(&mut doc, patch.root(), pod()).is_err() {
            prop_assert_eq!(json(&doc), value);
        }
    }
}
