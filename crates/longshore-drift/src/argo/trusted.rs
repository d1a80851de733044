//! Objects without what managers that are trusted changed: `managedFieldsManagers` of Argo CD.

use longshore_diff::{FieldSet, ObjectType, compare, remove};
use longshore_yaml::{Document, Node};

use super::{go, gvk_of};

/// Removes from both sides what they set differently and what a trusted manager owns.
///
/// Only what both sides set goes: a field that the manager added or removed stays a difference, as in Argo CD. Lists are told
/// apart by the kind's schema where it is known, else they are atomic. `None` where there is nothing to compare or nobody to
/// trust.
pub fn trusted(live: &Document, config: &Document, managers: &[String]) -> Option<(Document, Document)> {
    if managers.is_empty() {
        return None;
    }
    let known = ObjectType::from(go::root(&gvk_of(config.root())));
    let (kind, comparison) = match compare(live.root(), config.root(), known) {
        Ok(comparison) => (known, comparison),
        Err(_) => (ObjectType::Deduced, compare(live.root(), config.root(), ObjectType::Deduced).ok()?),
    };
    let owned = owned_by(live.root(), managers);
    let (mut live, mut config) = (live.clone(), config.clone());
    for owned in owned {
        let ignored = owned.intersection(&comparison.modified);
        if !ignored.is_empty() {
            live = remove(live.root(), &ignored, kind);
            config = remove(config.root(), &ignored, kind);
        }
    }
    Some((live, config))
}

/// The fields of each entry of managed fields under one of these names; entries that cannot be read own nothing.
fn owned_by(object: Node<'_>, managers: &[String]) -> Vec<FieldSet> {
    let entries = object.at(["metadata", "managedFields"]).into_iter().flat_map(Node::items);
    let ours =
        entries.filter(|entry| entry.get("manager").is_some_and(|name| managers.iter().any(|m| m == name.text())));
    let fields = ours.filter_map(|entry| entry.get("fieldsV1")?.to_json().ok());
    fields.filter_map(|fields| FieldSet::from_json(&fields).ok()).collect()
}
