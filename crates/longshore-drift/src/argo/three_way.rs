//! What a live object would be after `kubectl apply`.

use longshore_manifest::schema::TypeRef;
use longshore_patch::merge;
use longshore_patch::strategic::apimachinery::{self, OnConflict, ThreeWayError};
use longshore_yaml::{Document, Node, NodeId};

use super::go::{self, Unknown};
use super::{LAST_APPLIED, StateDiff, gvk_of, versions};

/// The configuration that `kubectl apply` last wrote down on an object; `None` where there is none, or it is no object.
pub fn last_applied(live: Node<'_>) -> Option<Document> {
    let text = live.at(["metadata", "annotations", LAST_APPLIED])?.as_str()?;
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    value.is_object().then(|| Document::from_json(&value))
}

/// Compares a live object with what applying `config` would make of it, knowing what was applied before.
///
/// Kinds that client-go knows are patched strategically, and both sides completed with the defaults of the type. Of others, only
/// the fields that `original` has are compared, so that what a server or a controller added is no difference.
///
/// # Errors
/// Lists that cannot be merged: items without their key, or of different types.
pub fn three_way(original: &Document, config: &Document, live: &Document) -> Result<StateDiff, ThreeWayError> {
    let (original, config) = (bare(original), bare(config));
    let gvk = gvk_of(original.root());
    let Some(kind) = go::root(&gvk) else { return unknown(&original, &config, live) };
    let claims = gvk.kind == "StatefulSet" && matches!(gvk.group.as_str(), "apps" | "extensions");
    let current = if claims { without_added_claims(&original, live) } else { live.clone() };
    let patch =
        apimachinery::three_way(original.root(), config.root(), current.root(), Some(kind), OnConflict::Overwrite)?;
    let mut predicted = live.clone();
    apimachinery::apply(&mut predicted, patch.root(), Some(kind))?;
    let complete = |mut doc: Document, kind: TypeRef<'_>| {
        if go::fits(doc.root(), kind, Unknown::Pass) {
            versions::complete(&mut doc, &gvk);
        }
        doc
    };
    Ok(StateDiff::between(complete(live.clone(), kind), complete(predicted, kind)))
}

fn unknown(original: &Document, config: &Document, live: &Document) -> Result<StateDiff, ThreeWayError> {
    let current = common(original.root(), live.root());
    let patch = merge::three_way(original.root(), config.root(), current.root());
    let mut predicted = live.clone();
    merge::apply(&mut predicted, patch.root())?;
    Ok(StateDiff::between(live.clone(), predicted))
}

/// Without the namespace, which need not be declared, and without annotations where there are none.
fn bare(doc: &Document) -> Document {
    let mut doc = doc.clone();
    let metadata = doc.root().get("metadata").filter(|node| node.is_mapping()).map(|node| node.resolved().id());
    let Some(metadata) = metadata else { return doc };
    doc.map_remove(metadata, "namespace");
    let is_empty = |node: Node<'_>| node.is_null() || (node.is_mapping() && node.is_empty());
    if doc.node(metadata).get("annotations").is_some_and(is_empty) {
        doc.map_remove(metadata, "annotations");
    }
    doc
}

/// A server completes claims in a stateful set in ways that no client can know: what only it says does not count.
fn without_added_claims(original: &Document, live: &Document) -> Document {
    const PATH: [&str; 2] = ["spec", "volumeClaimTemplates"];
    let lists = original.root().at(PATH).zip(live.root().at(PATH));
    let Some((ours, theirs)) = lists.filter(|(a, b)| a.is_sequence() && b.is_sequence()) else { return live.clone() };
    let kept = common(ours, theirs);
    let mut live = live.clone();
    if let Some(id) = live.root().at(PATH).map(|node| node.resolved().id()) {
        let kept = live.import(kept.root());
        live.replace(id, kept);
    }
    live
}

/// Of `live`, what `config` has, too: entries by key, items by place. Items beyond those of `config` stay.
pub(super) fn common(config: Node<'_>, live: Node<'_>) -> Document {
    let mut doc = Document::new();
    let root = keep(&mut doc, config, live);
    doc.set_root(root);
    doc
}

fn keep(doc: &mut Document, config: Node<'_>, live: Node<'_>) -> NodeId {
    let (config, live) = (config.resolved(), live.resolved());
    if config.is_mapping() && live.is_mapping() {
        let map = doc.add_mapping();
        for (key, value) in config.entries() {
            if let Some(live) = live.get(key.text()) {
                let value = keep(doc, value, live);
                doc.map_set(map, key.text(), value);
            }
        }
        return map;
    }
    if config.is_sequence() && live.is_sequence() {
        let list = doc.add_sequence();
        for (index, live) in live.items().enumerate() {
            let item = match config.item(index) {
                Some(config) => keep(doc, config, live),
                None => doc.import(live),
            };
            doc.seq_push(list, item);
        }
        return list;
    }
    doc.import(live)
}

/// Reads an object into its type and out again, so that both sides are spelled alike. What `doc` did not say is not added; an
/// object that is not of its type stays as it is.
pub(super) fn remarshal(doc: &Document) -> Document {
    match go::root(&gvk_of(doc.root())).filter(|kind| go::fits(doc.root(), *kind, Unknown::Refuse)) {
        Some(kind) => {
            let mut written = go::rewrite(doc.root(), kind);
            versions::drop_what_is_new(&mut written);
            common(doc.root(), written.root())
        }
        None => doc.clone(),
    }
}
