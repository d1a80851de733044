//! One document being changed, with the place in a kustomization that changes it.

use std::fmt;
use std::sync::Arc;

use longshore_yaml::{
    Document, Kind, Location, NewScalar, Node, NodeId, Position, Schema, SourceFile, Span, Style, Tag, resolve_plain,
};

use crate::filter::fieldspec::Gvk;

/// Where a value was written, if it was written anywhere. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin(Option<(Arc<SourceFile>, Span)>);

impl Origin {
    /// Where a node came from.
    pub(crate) fn of(node: Node<'_>) -> Self {
        Origin(node.file().cloned().zip(node.span()))
    }

    /// File, line and column.
    pub(crate) fn location(&self) -> Option<Location> {
        let (file, span) = self.0.as_ref()?;
        let at = file.position(span.start);
        Some(Location { file: file.name().to_owned(), line: at.line, column: at.column })
    }

    /// Where the text of a scalar begins: below the header of a block scalar, behind the quote of a quoted one.
    pub(crate) fn text_start(&self) -> Option<Position> {
        let (file, span) = self.0.as_ref()?;
        let (text, at) = (file.slice(*span), file.position(span.start));
        match text.as_bytes().first()? {
            b'|' | b'>' => {
                let rest = text.split_once('\n')?.1;
                let blank = |line: &&str| line.trim_start_matches(' ').is_empty();
                let indent =
                    rest.lines().find(|line| !blank(line)).map_or(0, |line| line.len() - line.trim_start().len());
                Some(Position { line: at.line + 1, column: indent as u32 + 1 })
            }
            b'"' | b'\'' => Some(Position { line: at.line, column: at.column + 1 }),
            _ => Some(at),
        }
    }

    pub(crate) fn stamp(&self, doc: &mut Document, id: NodeId) {
        if let Some((file, span)) = &self.0 {
            doc.set_origin(id, file, *span);
        }
    }

    /// The bytes of a file where it was written.
    pub(crate) fn place(&self) -> Option<(&Arc<SourceFile>, Span)> {
        self.0.as_ref().map(|(file, span)| (file, *span))
    }
}

/// One value that was set: where its node's value came from before, and where it comes from now.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// The node, which stays the same node.
    pub(crate) node: NodeId,
    /// Origin of the value that is gone.
    pub(crate) before: Origin,
    /// Origin of the value that stands there now.
    pub(crate) after: Origin,
    /// Which part of the step made it, from 0, where a step has several.
    pub(crate) part: usize,
}

/// All changes that were made to one document while someone listened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace {
    /// The changes in the order they were made.
    pub(crate) changes: Vec<Change>,
}

/// The traces of those objects of a build that one step changed.
#[derive(Debug, Default)]
pub(crate) struct Traces {
    changed: Vec<(usize, Trace)>,
}

impl Traces {
    /// The trace of the object at a place, to be told of the next changes.
    pub(crate) fn of(&mut self, place: usize) -> &mut Trace {
        // Of an object that was not changed after all nothing is kept.
        let unused = self.changed.pop_if(|(last, trace)| *last != place && trace.changes.is_empty());
        if self.changed.last().is_none_or(|(last, _)| *last != place) {
            self.changed.push((place, unused.map_or(Trace::default(), |(_, trace)| trace)));
        }
        let at = self.changed.len() - 1;
        &mut self.changed[at].1
    }
}

impl IntoIterator for Traces {
    type Item = (usize, Trace);
    type IntoIter = std::vec::IntoIter<(usize, Trace)>;

    fn into_iter(self) -> Self::IntoIter {
        self.changed.into_iter()
    }
}

/// A document that a filter changes. What it sets bears the origin of the kustomization field that asked for it.
pub(crate) struct Edit<'a> {
    /// The document.
    pub(crate) doc: &'a mut Document,
    origin: &'a Origin,
    trace: Option<&'a mut Trace>,
    part: usize,
    gvk: Option<&'a Arc<Gvk>>,
}

/// How the type of a scalar is found when it is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    /// From its text, as the printer and reader of the original would, unless the scalar is quoted.
    Plain,
    /// It is a string whatever its text.
    Str,
}

impl<'a> Edit<'a> {
    /// Changes `doc` on behalf of the field at `origin`.
    pub(crate) fn new(doc: &'a mut Document, origin: &'a Origin, trace: Option<&'a mut Trace>) -> Self {
        Edit { doc, origin, trace, part: 0, gvk: None }
    }

    /// Says of what type the document is, so that no one need look.
    pub(crate) fn of_type(self, gvk: Option<&'a Arc<Gvk>>) -> Self {
        Edit { gvk, ..self }
    }

    /// The document's type as it was when the change began, if the caller told.
    pub(crate) fn gvk(&self) -> Option<&'a Arc<Gvk>> {
        self.gvk
    }

    /// The node with this id.
    pub(crate) fn node(&self, id: NodeId) -> Node<'_> {
        self.doc.node(id).resolved()
    }

    /// Runs `edit` with another origin.
    pub(crate) fn with<R>(&mut self, origin: &Origin, edit: impl FnOnce(&mut Edit<'_>) -> R) -> R {
        edit(&mut Edit { doc: self.doc, origin, trace: self.trace.as_deref_mut(), part: self.part, gvk: self.gvk })
    }

    /// Runs `edit` as this part of a step, with the origin of the part.
    pub(crate) fn as_part<R>(&mut self, part: usize, origin: &Origin, edit: impl FnOnce(&mut Edit<'_>) -> R) -> R {
        edit(&mut Edit { doc: self.doc, origin, trace: self.trace.as_deref_mut(), part, gvk: self.gvk })
    }

    /// Gives a scalar another text; its style stays, its comments go.
    pub(crate) fn set_text(&mut self, id: NodeId, text: &str, typed: Typed) {
        let style = match self.node(id).kind() {
            Kind::Scalar => self.node(id).style(),
            _ => Style::Plain,
        };
        let tag = if typed == Typed::Str || style != Style::Plain { Tag::Str } else { plain_tag(text) };
        self.watch(id);
        self.doc.reset_scalar(id, text, tag, style);
        self.origin.stamp(self.doc, id);
    }

    /// Gives a scalar another text; type, style and comments stay.
    pub(crate) fn set_value(&mut self, id: NodeId, text: &str) {
        let tag = self.node(id).tag();
        self.watch(id);
        self.doc.set_scalar(id, text, tag);
        self.origin.stamp(self.doc, id);
    }

    /// Puts what `new` is in the place of `id`.
    pub(crate) fn put(&mut self, id: NodeId, new: NodeId) {
        self.watch(id);
        self.doc.replace(id, new);
        self.origin.stamp(self.doc, id);
    }

    /// Adds an entry to a mapping and gives the value's id.
    pub(crate) fn add_entry(&mut self, map: NodeId, key: &str, value: NodeId) -> NodeId {
        let key = NewScalar { text: key, tag: plain_tag(key), style: Style::Plain };
        let key = self.doc.add_new(key, self.origin.place());
        self.origin.stamp(self.doc, value);
        self.doc.map_insert(map, usize::MAX, key, value);
        self.watch_new(value);
        value
    }

    /// Adds an entry with a new value and gives the value's id.
    pub(crate) fn add_scalar_entry(&mut self, map: NodeId, key: NewScalar<'_>, value: NewScalar<'_>) -> NodeId {
        let value = self.doc.map_add(map, key, value, self.origin.place());
        self.watch_new(value);
        value
    }

    /// Adds an entry with a value that was added elsewhere and stays there.
    pub(crate) fn add_entry_again(&mut self, map: NodeId, key: NewScalar<'_>, value: NodeId) {
        let key = self.doc.add_new(key, self.origin.place());
        self.doc.map_insert(map, usize::MAX, key, value);
    }

    /// Adds an item at the end of a sequence and gives its id.
    pub(crate) fn add_item(&mut self, seq: NodeId, item: NodeId) -> NodeId {
        self.origin.stamp(self.doc, item);
        self.doc.seq_push(seq, item);
        self.watch_new(item);
        item
    }

    /// A new string, quoted where YAML 1.1 would read another type.
    pub(crate) fn string(&mut self, text: &str) -> NodeId {
        self.doc.add_scalar(text, Tag::Str, string_style(text))
    }

    /// An empty node of this kind: a mapping, a sequence, or a scalar without text.
    pub(crate) fn empty(&mut self, kind: Kind) -> NodeId {
        match kind {
            Kind::Mapping => self.doc.add_mapping(),
            Kind::Sequence => self.doc.add_sequence(),
            Kind::Scalar | Kind::Alias => self.doc.add_scalar("", Tag::Null, Style::Plain),
        }
    }

    fn watch(&mut self, id: NodeId) {
        if self.trace.is_some() {
            let before = Origin::of(self.doc.node(id));
            self.record(id, before);
        }
    }

    fn watch_new(&mut self, id: NodeId) {
        self.record(id, Origin::default());
    }

    fn record(&mut self, node: NodeId, before: Origin) {
        let (after, part) = (self.origin, self.part);
        if let Some(trace) = self.trace.as_deref_mut() {
            trace.changes.push(Change { node, before, after: after.clone(), part });
        }
    }
}

/// How a new string is written: in quotes where YAML 1.1 would read another type.
pub(crate) fn string_style(text: &str) -> Style {
    if text.contains('\n') { Style::Plain } else { Style::of_go_string(text) }
}

/// The type that an unquoted scalar with this text has once it is printed and read.
pub(crate) fn plain_tag(text: &str) -> Tag {
    match resolve_plain(text, Schema::V3) {
        // `<<` is a merge key only where it is read as one.
        Tag::Merge => Tag::Str,
        tag => tag,
    }
}

/// A document that a filter cannot change as it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FilterError {
    /// What the problem is.
    pub(crate) message: String,
    /// The place of the node that stands in the way, or of the field that asked for the change.
    pub(crate) location: Option<Location>,
}

impl FilterError {
    /// An error with a message alone.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        FilterError { message: message.into(), location: None }
    }

    /// An error about a node.
    pub(crate) fn at(node: Node<'_>, message: impl Into<String>) -> Self {
        FilterError { message: message.into(), location: node.location() }
    }

    /// Puts what was being done before the message.
    pub(crate) fn context(self, doing: impl fmt::Display) -> Self {
        FilterError { message: format!("{doing}: {}", self.message), ..self }
    }

    /// Names a place, if none is named yet.
    pub(crate) fn or_at(self, origin: &Origin) -> Self {
        FilterError { location: self.location.or_else(|| origin.location()), ..self }
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.location {
            Some(location) => write!(f, "{location}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_are_kept_of_what_changed() {
        let (mut doc, origin, mut traces) = (Document::new(), Origin::default(), Traces::default());
        let root = doc.root_id();
        for (place, texts) in [(0, &[][..]), (4, &["a"]), (4, &["b"]), (5, &[]), (2, &["c", "d"]), (3, &[])] {
            let mut edit = Edit::new(&mut doc, &origin, Some(traces.of(place)));
            texts.iter().for_each(|text| edit.set_text(root, text, Typed::Str));
        }
        let kept = traces.into_iter().map(|(place, trace)| (place, trace.changes.len()));
        assert_eq!(kept.filter(|(_, changes)| *changes > 0).collect::<Vec<_>>(), [(4, 2), (2, 2)]);
    }
}
