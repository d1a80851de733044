//! Objects without what rules say to overlook: both sides lose it, so that it cannot differ.

use longshore_patch::json::{self, Dialect, Operation, Patch};
use longshore_yaml::Document;

use super::gvk_of;
use crate::rules::IgnoreRule;

/// Removes what the rules for an object name by JSON pointer or, with the feature `jq`, by expression.
///
/// An expression `E` is the program `del(E)`. One that fails, or gives more than one object, changes nothing; and so does a
/// pointer to what is not there. Managers are for [`trusted`](super::trusted).
pub(super) fn remove(doc: &mut Document, rules: &[IgnoreRule]) {
    let gvk = gvk_of(doc.root());
    let rules: Vec<&IgnoreRule> = rules.iter().filter(|rule| rule.covers(&gvk, doc.root())).collect();
    for rule in rules {
        for pointer in &rule.json_pointers {
            remove_pointer(doc, pointer);
        }
        #[cfg(feature = "jq")]
        for expression in &rule.jq_path_expressions {
            if let Some(without) = crate::jq::without(doc.root(), expression) {
                *doc = Document::from_json(&without);
            }
        }
    }
}

fn remove_pointer(doc: &mut Document, pointer: &str) {
    let Ok(path) = pointer.parse() else { return };
    let mut patch = Patch::new();
    patch.push(Operation::Remove { path });
    // What is not there cannot be removed; that is no fault of the object.
    let _ = json::apply_with(doc, &patch, Dialect::Evanphx);
}
