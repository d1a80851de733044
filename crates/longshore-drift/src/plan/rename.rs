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

/// Names that an object refers to others by: `secretName`, `configMapRef.name`, `roleRef.name` and their like.
///
/// Which kind is meant is not looked at, and what stands behind an alias is seen where it stands.
pub(crate) fn references<'a>(object: Node<'a>, found: &mut Vec<&'a str>) {
    for (key, value) in object.entries() {
        if !matches!(key.text(), "metadata" | "status") {
            gather(key.text(), "", value, found);
        }
    }
}

fn gather<'a>(key: &str, above: &str, node: Node<'a>, found: &mut Vec<&'a str>) {
    if node.is_mapping() {
        node.entries().for_each(|(name, value)| gather(name.text(), key, value, found));
    } else if node.is_sequence() {
        node.items().filter(|item| item.is_mapping()).for_each(|item| gather(key, above, item, found));
    } else if is_reference(key, above) {
        found.push(node.text());
    }
}

fn is_reference(key: &str, above: &str) -> bool {
    const HOLDERS: [&str; 5] = ["configMap", "secret", "service", "imagePullSecrets", "subjects"];
    if key == "name" { above.ends_with("Ref") || HOLDERS.contains(&above) } else { key.ends_with("Name") }
}
