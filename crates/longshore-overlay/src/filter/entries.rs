//! `labels` and `annotations`: entries that are set in the maps that field specs name.

use std::collections::BTreeMap;

use longshore_yaml::{Kind, NodeId};

use crate::filter::edit::{Edit, FilterError, Origin, Typed};
use crate::filter::fieldspec::{FieldSpecs, need_mapping, need_scalar};

/// Keys and values to set, each with the place it is written at.
pub(crate) type Pairs = BTreeMap<String, (String, Origin)>;

/// Sets all pairs in every map of the document that the specs name; values become strings.
pub(crate) fn apply(edit: &mut Edit<'_>, specs: &FieldSpecs, pairs: &Pairs) -> Result<(), FilterError> {
    if pairs.is_empty() {
        return Ok(());
    }
    specs.apply(edit, Some(Kind::Mapping), &mut |edit, id| {
        pairs.iter().try_for_each(|(key, (value, origin))| edit.with(origin, |edit| set(edit, id, key, value)))
    })
}

fn set(edit: &mut Edit<'_>, map: NodeId, key: &str, value: &str) -> Result<(), FilterError> {
    // An empty key names the node itself for the original.
    if key.is_empty() {
        need_scalar(edit.node(map))?;
        edit.set_text(map, value, Typed::Str);
        return Ok(());
    }
    need_mapping(edit.node(map))?;
    match edit.node(map).get(key).map(|found| found.resolved().id()) {
        Some(found) => edit.set_text(found, value, Typed::Str),
        None => {
            let new = edit.string(value);
            edit.add_entry(map, key, new);
        }
    }
    Ok(())
}
