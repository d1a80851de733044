//! Secrets with their values hidden, so that they may be shown side by side and still be told apart.

use std::collections::{BTreeMap, BTreeSet};

use longshore_yaml::{Document, NodeId, Style, Tag};

use super::three_way::last_applied;
use super::{LAST_APPLIED, normalise};

/// What stands for a value; each further value of a key has four characters more.
const HIDDEN: &str = "++++++++";

/// A Secret whose data, or annotations, are no mapping.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} of the Secret is no mapping")]
pub struct HideError {
    field: &'static str,
}

/// Hides the values of a Secret, as it is declared and as it is, those of its last applied configurations included, and those of
/// the annotations named.
///
/// Equal values of one key are hidden by equal texts, different ones by different: what differs still does.
///
/// # Errors
/// Data or annotations that are no mapping.
pub fn hide(
    target: Option<&Document>,
    live: Option<&Document>,
    annotations: &BTreeSet<String>,
) -> Result<(Option<Document>, Option<Document>), HideError> {
    let applied = |object: Option<&Document>| object.and_then(|object| last_applied(object.root()));
    let mut objects = [target.cloned(), live.cloned(), applied(live), applied(target)];
    objects.iter_mut().flatten().for_each(normalise::secret);
    let data = objects.iter().flatten().filter_map(|doc| doc.root().get("data"));
    let keys: BTreeSet<String> = data.flat_map(|data| data.entries()).map(|(key, _)| key.text().to_owned()).collect();
    hide_keys(&mut objects, &keys, "data", &["data"])?;
    hide_keys(&mut objects, annotations, "metadata.annotations", &["metadata", "annotations"])?;
    let [mut target, mut live, live_applied, target_applied] = objects;
    for (object, applied) in [(&mut live, live_applied), (&mut target, target_applied)] {
        if let (Some(object), Some(applied)) = (object, applied) {
            let whole = annotations.contains(LAST_APPLIED);
            let text = if whole { HIDDEN.to_owned() } else { go_json(&applied) };
            annotate(object, &text);
        }
    }
    Ok((target, live))
}

fn hide_keys(
    objects: &mut [Option<Document>],
    keys: &BTreeSet<String>,
    field: &'static str,
    path: &[&str],
) -> Result<(), HideError> {
    for key in keys {
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        for doc in objects.iter_mut().flatten() {
            let Some(map) = doc.root().at(path.iter().copied()).filter(|node| !node.is_null()) else { continue };
            if !map.is_mapping() {
                return Err(HideError { field });
            }
            let (id, found) = (map.resolved().id(), map.get(key));
            let Some(value) = found.map(|value| if value.is_null() { String::new() } else { value.text().to_owned() })
            else {
                continue;
            };
            let next = HIDDEN.to_owned() + &"++++".repeat(seen.len());
            let hidden = doc.add_str(seen.entry(value).or_insert(next));
            doc.map_set(id, key, hidden);
        }
    }
    Ok(())
}

fn annotate(doc: &mut Document, text: &str) {
    let annotations: Option<NodeId> = doc.root().at(["metadata", "annotations"]).map(|node| node.resolved().id());
    if let Some(annotations) = annotations {
        let text = doc.add_scalar(text, Tag::Str, Style::DoubleQuoted);
        doc.map_set(annotations, LAST_APPLIED, text);
    }
}

/// JSON as Go writes it: keys sorted, and `<`, `>` and `&` escaped.
fn go_json(doc: &Document) -> String {
    let text = doc.root().to_json().map_or_else(|_| "{}".to_owned(), |value| value.to_string());
    text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}
