//! `labels` and `annotations`: entries that are set in the maps that field specs name.

use std::collections::BTreeMap;

use longshore_yaml::{Kind, NewScalar, NodeId, Span, Style, Tag};
use smallvec::{SmallVec, smallvec};

use crate::filter::edit::{Edit, FilterError, Origin, Typed, plain_tag, string_style};
use crate::filter::fieldspec::{FieldSpecs, need_mapping, need_scalar};

/// Keys and values to set, each with the place it is written at.
pub(crate) type Pairs = BTreeMap<String, (String, Origin)>;

/// Pairs made ready to be set in many maps.
#[derive(Debug, Default)]
pub(crate) struct PairSetters<'p> {
    setters: Vec<PairSetter<'p>>,
}

/// A place of a value that was added in several maps of one object: it is one node in all of them.
///
/// So it is for the original: who changes it later in one place, be it other labels or a strategic merge patch, changes
/// it in all. What passes an object through JSON ends that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SharedValue {
    pub(crate) map: NodeId,
    pub(crate) value: NodeId,
    /// Whether it is the first place of this value.
    pub(crate) first: bool,
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
        let setter = |(key, (value, origin)): (&'p String, &'p (String, Origin))| {
            let (written_key, written_value) = as_written(key, value, origin);
            PairSetter {
                key: NewScalar { text: written_key, tag: plain_tag(key), style: Style::Plain },
                value: NewScalar { text: written_value, tag: Tag::Str, style: string_style(value) },
                origin,
            }
        };
        PairSetters { setters: pairs.iter().map(setter).collect() }
    }

    /// Sets all pairs in every map of the document that the specs name; values become strings. Tells of those values that
    /// were added in several maps.
    pub(crate) fn apply(
        &self,
        edit: &mut Edit<'_>,
        specs: &FieldSpecs,
        shared: &mut Vec<SharedValue>,
    ) -> Result<(), FilterError> {
        if self.setters.is_empty() {
            return Ok(());
        }
        let mut added: SmallVec<[Added; 4]> = smallvec![Added::Nowhere; self.setters.len()];
        specs.apply(edit, Some(Kind::Mapping), &mut |edit, id| {
            let mut setters = self.setters.iter().zip(&mut added);
            setters.try_for_each(|(setter, added)| edit.with(setter.origin, |edit| setter.set(edit, id, added, shared)))
        })
    }
}

/// Where the value of a pair was added to an object so far.
#[derive(Clone, Copy)]
enum Added {
    Nowhere,
    Once(SharedValue),
    More(NodeId),
}

/// Key and value as parts of the file they are written in, where they stand there as they are: no object then needs a
/// copy. The origin is that of the value.
fn as_written<'p>(key: &'p str, value: &'p str, origin: &'p Origin) -> (&'p str, &'p str) {
    let Some((file, span)) = origin.place() else { return (key, value) };
    let quotes = ["", "\"", "'"];
    let written = file.slice(span);
    let mut own = quotes.iter().filter_map(|quote| written.strip_prefix(quote)?.strip_suffix(quote));
    let before = file.slice(Span { start: 0, end: span.start }).trim_end();
    let before = before.strip_suffix(':').unwrap_or_default().trim_end();
    let mut keys = quotes.iter().filter_map(|quote| {
        let before = before.strip_suffix(quote)?;
        before.ends_with(key).then(|| &before[before.len() - key.len()..])
    });
    (keys.next().unwrap_or(key), own.find(|own| *own == value).unwrap_or(value))
}

impl PairSetter<'_> {
    fn set(
        &self,
        edit: &mut Edit<'_>,
        map: NodeId,
        added: &mut Added,
        shared: &mut Vec<SharedValue>,
    ) -> Result<(), FilterError> {
        // An empty key names the node itself for the original.
        if self.key.text.is_empty() {
            need_scalar(edit.node(map))?;
            edit.set_text(map, self.value.text, Typed::Str);
            return Ok(());
        }
        need_mapping(edit.node(map))?;
        match (edit.node(map).get(self.key.text).map(|found| found.resolved().id()), *added) {
            (Some(found), _) => edit.set_text(found, self.value.text, Typed::Str),
            (None, Added::Nowhere) => {
                let value = edit.add_scalar_entry(map, self.key, self.value);
                *added = Added::Once(SharedValue { map, value, first: true });
            }
            (None, Added::Once(first)) => {
                shared.push(first);
                *added = Added::More(first.value);
                self.add_again(edit, map, first.value, shared);
            }
            (None, Added::More(value)) => self.add_again(edit, map, value, shared),
        }
        Ok(())
    }

    fn add_again(&self, edit: &mut Edit<'_>, map: NodeId, value: NodeId, shared: &mut Vec<SharedValue>) {
        edit.add_entry_again(map, self.key, value);
        shared.push(SharedValue { map, value, first: false });
    }
}

#[cfg(test)]
mod tests {
    use longshore_yaml::{Node, ReadOptions, SourceFile, read};

    use super::*;

    /// Whether key and value are found in the text of the file.
    #[track_caller]
    fn check(text: &str, expect: (bool, bool)) {
        let docs = read(&SourceFile::new("f", text), &ReadOptions::default()).expect("it is YAML");
        let (key, value) = docs[0].root().entries().last().expect("it has an entry");
        let origin = Origin::of(value);
        let (own_key, own_value) = (key.text().to_owned(), value.text().to_owned());
        let written = as_written(&own_key, &own_value, &origin);
        assert_eq!(written, (&*own_key, &*own_value));
        let lies_in = |node: Node<'_>, part: &str| {
            node.file().is_some_and(|file| file.text().as_bytes().as_ptr_range().contains(&part.as_ptr()))
        };
        assert_eq!((lies_in(key, written.0), lies_in(value, written.1)), expect, "{text:?}");
    }

    #[test]
    fn pairs_are_found_where_they_are_written() {
        check("a: b\n", (true, true));
        check("{x: y, a: b}\n", (true, true));
        check("'a' : \"b\"\n", (true, true));
        check("\"a\":\n  'b'\n", (true, true));
        check("a: \"\\x62\"\n", (true, false));
        check("\"\\x61\": b\n", (false, true));
        check("a: |\n  b\n", (true, false));
        check("a: &x b\n", (true, false));
        check("? a\n: b\n", (true, true));
        check("a: ''\n", (true, true));
    }
}
