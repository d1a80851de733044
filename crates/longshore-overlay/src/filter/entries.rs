//! `labels` and `annotations`: entries that are set in the maps that field specs name.

use std::collections::BTreeMap;

use longshore_yaml::{Kind, NewScalar, NodeId, Style, Tag};

use crate::filter::edit::{Edit, FilterError, Origin, Typed, plain_tag, string_style};
use crate::filter::fieldspec::{FieldSpecs, need_mapping, need_scalar};

/// Keys and values to set, each with the place it is written at.
pub(crate) type Pairs = BTreeMap<String, (String, Origin)>;

/// Pairs made ready to be set in many maps.
#[derive(Debug, Default)]
pub(crate) struct PairSetters<'p> {
    setters: Vec<PairSetter<'p>>,
}

/// A pair, and how it is written.
#[derive(Debug)]
struct PairSetter<'p> {
    key: NewScalar<'p>,
    value: NewScalar<'p>,
    origin: &'p Origin,
}

impl<'p> PairSetters<'p> {
    /// Finds out how each pair is written.
    pub(crate) fn new(pairs: &'p Pairs) -> Self {
        let setter = |(key, (value, origin)): (&'p String, &'p (String, Origin))| PairSetter {
            key: NewScalar { text: key, tag: plain_tag(key), style: Style::Plain },
            value: NewScalar { text: value, tag: Tag::Str, style: string_style(value) },
            origin,
        };
        PairSetters { setters: pairs.iter().map(setter).collect() }
    }

    /// Sets all pairs in every map of the document that the specs name; values become strings.
    pub(crate) fn apply(&self, edit: &mut Edit<'_>, specs: &FieldSpecs) -> Result<(), FilterError> {
        if self.setters.is_empty() {
            return Ok(());
        }
        specs.apply(edit, Some(Kind::Mapping), &mut |edit, id| {
            self.setters.iter().try_for_each(|setter| edit.with(setter.origin, |edit| setter.set(edit, id)))
        })
    }
}

impl PairSetter<'_> {
    fn set(&self, edit: &mut Edit<'_>, map: NodeId) -> Result<(), FilterError> {
        // An empty key names the node itself for the original.
        if self.key.text.is_empty() {
            need_scalar(edit.node(map))?;
            edit.set_text(map, self.value.text, Typed::Str);
            return Ok(());
        }
        need_mapping(edit.node(map))?;
        match edit.node(map).get(self.key.text).map(|found| found.resolved().id()) {
            Some(found) => edit.set_text(found, self.value.text, Typed::Str),
            None => edit.add_scalar_entry(map, self.key, self.value),
        }
        Ok(())
    }
}
