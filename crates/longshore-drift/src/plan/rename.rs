//! Which deleted and which created resource are one that goes by another name now.

use std::collections::{BTreeMap, HashMap};

use longshore_diff::{DiffOptions, SetChange, diff_sets};
use longshore_manifest::{Resource, ResourceId, ResourceSet};
use longshore_yaml::Node;

use super::draft::Draft;
use super::step::Action;
use super::tie::is_namespace;
use crate::cluster::bare;
use crate::{defaults, normalise};

/// Creations and deletions of one group, kind and namespace.
#[derive(Default)]
struct Bucket {
    created: Vec<usize>,
    deleted: Vec<usize>,
}

/// Pairs each creation with the deletion of what it was called before, at most once, and tells both.
///
/// Names that differ in Kustomize's hash belong together whatever their content; others, from `score` percent of common
/// content. Only what is of one kind and lives in one namespace is compared; namespaces and definitions are not, whose
/// contents stay behind.
pub(crate) fn pair(drafts: &mut [Draft<'_>], score: u8) -> Vec<(usize, usize)> {
    let mut buckets: BTreeMap<[&str; 3], Bucket> = BTreeMap::new();
    for (at, draft) in drafts.iter().enumerate().filter(|(_, draft)| !holds_others(draft)) {
        let [group, kind, namespace, _] = &draft.key.0;
        let bucket = buckets.entry([group, kind, namespace]).or_default();
        match draft.step.action {
            Action::Create => bucket.created.push(at),
            Action::Delete => bucket.deleted.push(at),
            _ => {}
        }
    }
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for bucket in buckets.values().filter(|bucket| !bucket.created.is_empty() && !bucket.deleted.is_empty()) {
        pairs.extend(pair_bucket(drafts, bucket, score));
    }
    pairs.sort_unstable();
    pairs.iter().for_each(|&(created, deleted)| tell(drafts, created, deleted));
    pairs
}

/// Whether a resource is what lives in it, or is of its kind, rather than what it says.
fn holds_others(draft: &Draft<'_>) -> bool {
    is_namespace(&draft.key) || draft.key.0[1] == "CustomResourceDefinition"
}

fn pair_bucket(drafts: &[Draft<'_>], bucket: &Bucket, score: u8) -> Vec<(usize, usize)> {
    let numbered =
        |all: &[usize], object: fn(&Draft<'_>) -> Option<Resource>| -> (ResourceSet, HashMap<ResourceId, usize>) {
            let found: Vec<(usize, Resource)> = all.iter().filter_map(|&at| Some((at, object(&drafts[at])?))).collect();
            let numbers = found.iter().map(|(at, resource)| (resource.id(), *at)).collect();
            (found.into_iter().map(|(_, resource)| resource).collect(), numbers)
        };
    let (before, deleted) = numbered(&bucket.deleted, |draft| draft.live.map(stored));
    let (after, created) = numbered(&bucket.created, |draft| draft.desired.map(stored));
    let changes = diff_sets(&before, &after, &DiffOptions::default().rename_score(score));
    let pair = |change: &SetChange<'_>| match change {
        SetChange::Renamed { before, after, .. } => Some((*created.get(&after.id())?, *deleted.get(&before.id())?)),
        _ => None,
    };
    changes.iter().filter_map(pair).collect()
}

/// An object as the server stores it, without what it writes about itself, so that both sides speak alike.
fn stored(object: &Resource) -> Resource {
    let (mut doc, gvk) = (bare(object.document()), object.gvk());
    normalise::secret(&mut doc, &gvk);
    defaults::fill(&mut doc, &gvk);
    Resource::unchecked(doc)
}

fn tell(drafts: &mut [Draft<'_>], created: usize, deleted: usize) {
    let (new, old) = (drafts[created].step.id.clone(), drafts[deleted].step.id.clone());
    let step = &mut drafts[created].step;
    step.reason = format!("takes the place of {}", old.name);
    step.renamed = Some(old);
    let step = &mut drafts[deleted].step;
    step.reason = format!("{} took its place", new.name);
    if step.needs_confirmation() {
        step.reason.push_str("; somebody must confirm it");
    }
    step.renamed = Some(new);
}

/// A kind and a name that an object refers to.
pub(crate) type Reference = (String, String);

/// What an object refers to by kind and name: `secretName`, `configMapRef.name`, a `name` beside a `kind`.
///
/// Where no kind is said, the field says it: `serviceAccountName` names a ServiceAccount, `configMapKeyRef` a ConfigMap. What
/// stands behind an alias is seen where it stands.
pub(crate) fn references(object: Node<'_>, found: &mut Vec<Reference>) {
    for (key, value) in object.entries() {
        if !matches!(key.text(), "metadata" | "status") {
            gather(key.text(), value, found);
        }
    }
}

fn gather(field: &str, node: Node<'_>, found: &mut Vec<Reference>) {
    if node.is_sequence() {
        node.items().for_each(|item| gather(field, item, found));
    }
    for (key, value) in node.entries() {
        let kind = match key.text() {
            "name" => node.get("kind").map_or_else(|| kind_of(field), |kind| kind.text().to_owned()),
            key => key.strip_suffix("Name").map(kind_of).unwrap_or_default(),
        };
        if value.is_mapping() || value.is_sequence() {
            gather(key.text(), value, found);
        } else if !kind.is_empty() {
            found.push((kind, value.text().to_owned()));
        }
    }
}

/// The kind that a field speaks of: `configMapKeyRef` and `configMap` of a ConfigMap.
fn kind_of(field: &str) -> String {
    let stem = ["KeyRef", "Refs", "Ref"].iter().find_map(|suffix| field.strip_suffix(suffix)).unwrap_or(field);
    match stem {
        "claim" => "PersistentVolumeClaim".to_owned(),
        "volume" => "PersistentVolume".to_owned(),
        "imagePullSecrets" | "secrets" => "Secret".to_owned(),
        _ => {
            let mut letters = stem.chars();
            letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
        }
    }
}
