//! Transformers at work on the objects of a build, those that look at more than one object at a time.

use std::cmp::Ordering;
use std::hash::BuildHasher as _;
use std::rc::Rc;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _, fast::RandomState};
use longshore_yaml::Node;

use crate::entries::Entries;
use crate::entry::Entry;
use crate::filter::edit::{Edit, FilterError, Origin, Trace, Traces};
use crate::filter::fieldspec::{FieldSpec, Gvk, Step};
use crate::filter::namespace::NamespaceSetter;
use crate::filter::order::{KindOrder, ObjectKey, TypeKey};
use crate::filter::value_add::ValueAdd;
use crate::filter::{hash, replicas as replica_count};

/// Every problem of a step; independent objects do not hide each other's.
pub(crate) type Outcome = Result<(), Vec<FilterError>>;

/// Whether no two objects can become one when all get a namespace. `false` says that it must be looked at.
pub(crate) fn stay_apart(entries: &Entries, setter: &NamespaceSetter) -> bool {
    let (hashes, mut seen, mut renamed) = (RandomState::default(), HashSet::with_capacity(entries.len()), None);
    // Those of one kind have different names already, whatever their namespaces are.
    let apart = entries.iter().filter(|entry| !entry.is_empty()).all(|entry| {
        let id = entry.id();
        let only = !setter.renames(id.group, id.version, id.kind) || renamed.replace(id.kind).is_none();
        only && seen.insert(hashes.hash_one((id.kind, id.name)))
    });
    // One that gets another name as well must be the only one of its kind.
    apart && renamed.is_none_or(|kind| entries.iter().filter(|entry| entry.id().kind == kind).count() == 1)
}

/// Sees to it that no two objects became one when they got a namespace.
pub(crate) fn check_apart(entries: &mut Entries, origin: &Origin) -> Outcome {
    let all = entries.index_all();
    let conflicts = all.iter().enumerate().filter_map(|(place, entry)| conflict(all, place, entry));
    let errors: Vec<FilterError> = conflicts.map(|error| error.or_at(origin)).collect();
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// The error for an object that has the id of an earlier one.
fn conflict(entries: &Entries, place: usize, entry: &Entry) -> Option<FilterError> {
    let id = entry.id();
    let first = entries.listed(id.name).iter().map(|&place| place as usize).take_while(|&other| other < place);
    let mut first = first.map(|other| entries.get(other)).filter(|other| !other.is_empty());
    let first = first.find(|other| !entry.is_empty() && other.id().same(&id))?;
    let place_of = |entry: &Entry| {
        let at = entry.root().location();
        at.map_or_else(|| entry.original_id().to_string(), |at| format!("{} of {at}", entry.original_id()))
    };
    let (a, b) = (place_of(first), place_of(entry));
    Some(FilterError::new(format!("namespace transformation produces ID conflict: {a} and {b} both become {id}")))
}

/// Sets the number of replicas of the objects that have or had a name and are of a type that a spec names.
pub(crate) fn replicas(
    entries: &mut Entries,
    name: &str,
    count: i64,
    specs: &[FieldSpec],
    origin: &Origin,
    mut traces: Option<&mut Traces>,
) -> Outcome {
    let (mut found, mut errors) = (false, Vec::new());
    for spec in specs {
        let steps = Step::parse(&spec.path);
        let places = entries.named(name).to_vec();
        for place in places.into_iter().map(|place| place as usize) {
            let mut ids = entries.get(place).ids();
            if !ids.any(|id| id.name == name && spec.gvk.selects(id.group, id.version, id.kind)) {
                continue;
            }
            drop(ids);
            found = true;
            let trace = traces.as_deref_mut().map(|traces| traces.of(place));
            let mut edit = Edit::new(entries.as_mut_slice()[place].document_mut(), origin, trace);
            errors.extend(replica_count::apply(&mut edit, spec, &steps, count).err());
        }
    }
    if !found {
        let types: Vec<String> = specs.iter().map(|spec| spec.gvk.to_string()).collect();
        let types = types.join(" ");
        let message = format!("resource with name {name} does not match a config with the following GVK [{types}]");
        errors.push(FilterError::new(message).or_at(origin));
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Adds a value to one entry.
pub(crate) fn value_add(
    entries: &mut Entries,
    place: usize,
    add: &ValueAdd,
    origin: &Origin,
    traces: Option<&mut Traces>,
) -> Outcome {
    let trace = traces.map(|traces| traces.of(place));
    let outcome = entries.edit(place, |entry| add.apply(&mut Edit::new(entry.document_mut(), origin, trace)));
    outcome.map_err(|error| vec![error.or_at(origin)])
}

/// Puts the hash of their content behind the names of those that need it.
pub(crate) fn hash(entries: &mut Entries, origin: &Origin, mut traces: Option<&mut Traces>) -> Outcome {
    let mut errors = Vec::new();
    let needy: Vec<usize> = (0..entries.len()).filter(|&place| entries.get(place).needs_hash).collect();
    for place in needy {
        let trace = traces.as_deref_mut().map(|traces| traces.of(place));
        errors.extend(entries.edit(place, |entry| add_hash(entry, origin, trace)).err());
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn add_hash(entry: &mut Entry, origin: &Origin, trace: Option<&mut Trace>) -> Result<(), FilterError> {
    entry.document().prefetch();
    let suffix = hash::of(entry.root())?;
    entry.remember();
    let Some(name) = entry.root().at(["metadata", "name"]).map(Node::resolved) else { return Ok(()) };
    let (id, hashed) = (name.id(), format!("{}-{suffix}", name.text()));
    let own = Origin::of(name);
    // The name stays where it is written: the hash is no one's field.
    let origin = if origin.location().is_some() { origin } else { &own };
    Edit::new(entry.document_mut(), origin, trace).set_text(id, &hashed, crate::filter::edit::Typed::Str);
    Ok(())
}

/// Sorts by kind, namespace and name; objects with one id keep their order.
pub(crate) fn sort(entries: &mut Entries, order: &KindOrder) {
    entries.recognize();
    let mut types: HashMap<Arc<Gvk>, Rc<TypeKey>> = HashMap::new();
    let keys = entries.iter().map(|entry| {
        let key = |gvk: &Arc<Gvk>| Rc::new(order.key((&gvk.group, &gvk.version, &gvk.kind)));
        let (key, id) = (types.entry(entry.gvk()).or_insert_with_key(key), entry.id());
        (Rc::clone(key), ObjectKey { namespace: id.namespace, name: id.name })
    });
    let keys: Vec<(Rc<TypeKey>, ObjectKey<'_>)> = keys.collect();
    let mut places: Vec<usize> = (0..keys.len()).collect();
    places.sort_by(|&a, &b| {
        let (a, b) = (&keys[a], &keys[b]);
        let types = if Rc::ptr_eq(&a.0, &b.0) { Ordering::Equal } else { a.0.cmp(&b.0) };
        types.then_with(|| a.1.compare(&b.1))
    });
    entries.arrange(places);
}

#[cfg(test)]
mod tests {
    use longshore_yaml::Document;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::entry::Type;
    use crate::filter::config::TransformerConfig;
    use crate::filter::namespace::Subjects;
    use crate::pass::{self, Change, Pass};

    fn setter() -> NamespaceSetter {
        NamespaceSetter::new("prod", &TransformerConfig::builtin().namespace, Subjects::default(), false)
    }

    fn entries(objects: &[(&str, &str, Option<&str>)]) -> Entries {
        let mut entries = Entries::default();
        for (kind, name, namespace) in objects {
            let mut object = json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}});
            namespace.iter().for_each(|namespace| object["metadata"]["namespace"] = json!(namespace));
            let cluster_scoped = matches!(*kind, "Namespace" | "Node");
            let type_of = |api_version: &str, kind: &str| Type::new(api_version, kind, cluster_scoped);
            entries.push(Entry::new(Document::from_json(&object), type_of));
        }
        entries
    }

    fn set(entries: &mut Entries, setter: &NamespaceSetter) {
        let change = Change::Namespace(setter);
        let pass = Pass { names: vec!["namespace".into()], origin: &Origin::default(), by: None, change, specs: &[] };
        pass::run(&[pass], entries, false).expect("a namespace can be set");
    }

    fn objects() -> impl Strategy<Value = Vec<(&'static str, &'static str, Option<&'static str>)>> {
        let kind = proptest::sample::select(vec!["ConfigMap", "Secret", "Namespace", "Node"]);
        let name = proptest::sample::select(vec!["a", "b", "c", "prod"]);
        let namespace = proptest::option::of(proptest::sample::select(vec!["x", "prod"]));
        proptest::collection::vec((kind, name, namespace), 0..5)
    }

    proptest! {
        #[test]
        fn those_that_stay_apart_do_not_become_one(objects in objects()) {
            let (mut entries, setter) = (entries(&objects), setter());
            let apart = stay_apart(&entries, &setter);
            set(&mut entries, &setter);
            let checked = check_apart(&mut entries, &Origin::default());
            prop_assert!(!apart || checked.is_ok(), "{checked:?}");
        }
    }

    #[test]
    fn objects_with_names_of_their_own_stay_apart() {
        let apart = |objects: &[_]| stay_apart(&entries(objects), &setter());
        assert!(apart(&[("ConfigMap", "a", None), ("Secret", "a", None), ("Namespace", "x", None)]));
        assert!(!apart(&[("ConfigMap", "a", Some("x")), ("ConfigMap", "a", Some("y"))]));
        assert!(!apart(&[("Namespace", "x", None), ("Namespace", "y", None)]));
    }
}
