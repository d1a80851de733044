//! `replacements`: the value of one field, or a part of it, copied into others.

use std::sync::Arc;

use longshore_yaml::{Document, Kind, Node, NodeId, Tag};

use crate::entries::{Entries, Selected};
use crate::entry::{Entry, Id};
use crate::filter::edit::{Edit, FilterError, Origin, Traces, Typed};
use crate::filter::fieldspec::{Gvk, describe_id};
use crate::filter::lookup::{self, Found};
use crate::filter::path::{self, Piece};
use crate::filter::selector::{Selector, SelectorMatch};
use crate::filter::structured;

/// The field that is read and written where a replacement names none.
pub(crate) const DEFAULT_FIELD: &str = "metadata.name";

/// Options of a source or a target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldOptions {
    /// Splits the value into parts; empty for the whole value.
    pub(crate) delimiter: String,
    /// The part, from 0. In a target, a negative number is a new first part, one past the end a new last part.
    pub(crate) index: i64,
    /// In a target: whether a missing field is made.
    pub(crate) create: bool,
}

impl std::fmt::Display for FieldOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.delimiter.is_empty() && !self.create {
            return Ok(());
        }
        write!(f, "{}({}), create={}", self.delimiter, self.index, self.create)
    }
}

/// Where a value is read: one field of one object.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source {
    /// Group, version and kind, as they are.
    pub(crate) gvk: Gvk,
    /// The name, as it is or was.
    pub(crate) name: String,
    /// The namespace.
    pub(crate) namespace: String,
    /// The field; [`DEFAULT_FIELD`] where empty.
    pub(crate) field_path: String,
    /// Which part of it.
    pub(crate) options: FieldOptions,
    /// Where it is written.
    pub(crate) origin: Origin,
}

/// Where a value is put: fields of all objects that are selected and not rejected.
#[derive(Clone, Debug, Default)]
pub(crate) struct Target {
    /// The objects; without it the target is wrong.
    pub(crate) select: Option<Selector>,
    /// Objects that are left out.
    pub(crate) reject: Vec<Selector>,
    /// The fields, each with its place; [`DEFAULT_FIELD`] where empty.
    pub(crate) field_paths: Vec<(String, Origin)>,
    /// Which part of them, and whether they are made.
    pub(crate) options: FieldOptions,
    /// Where it is written.
    pub(crate) origin: Origin,
}

/// One entry of `replacements`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replacement {
    /// Where the value is read.
    pub(crate) source: Option<Source>,
    /// The value itself.
    pub(crate) source_value: Option<String>,
    /// Where it is put.
    pub(crate) targets: Vec<Target>,
    /// Where it is written.
    pub(crate) origin: Origin,
}

impl FieldOptions {
    /// Reads `{delimiter, index, create}`.
    pub(crate) fn of(node: Option<Node<'_>>) -> Self {
        let get = |key: &str| node.and_then(|node| node.get(key));
        FieldOptions {
            delimiter: get("delimiter").map_or("", Node::text).to_owned(),
            index: get("index").and_then(Node::as_i64).unwrap_or(0),
            create: get("create").and_then(Node::as_bool).unwrap_or(false),
        }
    }
}

impl Replacement {
    /// Reads one entry; fields that are unknown are left to the caller.
    pub(crate) fn of(node: Node<'_>) -> Self {
        let value = node.get("sourceValue").filter(|value| !value.is_null());
        Replacement {
            source: node.get("source").filter(|source| source.is_mapping()).map(Source::of),
            source_value: value.map(|value| value.text().to_owned()),
            targets: node.get("targets").into_iter().flat_map(Node::items).map(Target::of).collect(),
            origin: Origin::of(node),
        }
    }

    fn value(&self, entries: &mut Entries) -> Result<Value, FilterError> {
        match (&self.source, &self.source_value) {
            _ if self.targets.is_empty() => Err(incomplete()),
            (Some(_), Some(_)) => Err(FilterError::new("value and resource selectors are mutually exclusive")),
            (None, Some(text)) => Ok(Value::literal(text)),
            (Some(source), None) => source.value(entries).map_err(|error| error.or_at(&source.origin)),
            (None, None) => Err(incomplete()),
        }
    }
}

fn incomplete() -> FilterError {
    FilterError::new("replacements must specify a source and at least one target")
}

impl Source {
    fn of(node: Node<'_>) -> Self {
        let text = |key: &str| node.get(key).map_or("", Node::text).to_owned();
        Source {
            gvk: Gvk::new(&text("group"), &text("version"), &text("kind")),
            name: text("name"),
            namespace: text("namespace"),
            field_path: text("fieldPath"),
            options: FieldOptions::of(node.get("options")),
            origin: Origin::of(node),
        }
    }

    fn value(&self, entries: &mut Entries) -> Result<Value, FilterError> {
        let name = Some(self.name.as_str()).filter(|name| !name.is_empty());
        let found = entries.find(name, |entry| {
            let of_type = entry.only_type().is_none_or(|gvk| self.gvk.selects(&gvk.group, &gvk.version, &gvk.kind));
            of_type && entry.ids().any(|id| self.matches(&id))
        });
        let [first] = found[..] else {
            let problem = if found.is_empty() { "nothing selected by" } else { "multiple matches for selector" };
            return Err(FilterError::new(format!("{problem} {self}")));
        };
        let field = if self.field_path.is_empty() { DEFAULT_FIELD } else { &self.field_path };
        let value = Value::read(entries.get(first).root(), field, &self.options)?;
        value.ok_or_else(|| {
            let id = describe_id(&self.gvk, &self.name, &self.namespace);
            FilterError::new(format!("fieldPath `{field}` is missing for replacement source {id}"))
        })
    }

    fn matches(&self, id: &Id<'_>) -> bool {
        let namespace = || if self.namespace.is_empty() { "default" } else { &self.namespace };
        (self.name.is_empty() || self.name == id.name)
            && self.gvk.selects(id.group, id.version, id.kind)
            && (self.namespace.is_empty() || namespace() == id.effective_namespace())
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&describe_id(&self.gvk, &self.name, &self.namespace))?;
        if !self.field_path.is_empty() {
            write!(f, ":{}", self.field_path)?;
        }
        match self.options.to_string().as_str() {
            "" => Ok(()),
            options => write!(f, ":{options}"),
        }
    }
}

impl Target {
    fn of(node: Node<'_>) -> Self {
        let paths = node.get("fieldPaths").into_iter().flat_map(Node::items);
        Target {
            select: node.get("select").filter(|select| select.is_mapping()).map(Selector::of),
            reject: node.get("reject").into_iter().flat_map(Node::items).map(Selector::of).collect(),
            field_paths: paths.map(|path| (path.text().to_owned(), Origin::of(path))).collect(),
            options: FieldOptions::of(node.get("options")),
            origin: Origin::of(node),
        }
    }

    fn put(&self, value: &Value, entries: &mut Entries, traces: &mut Option<&mut Traces>) -> Result<(), FilterError> {
        let places = self.places(entries).map_err(|error| error.or_at(&self.origin))?;
        let default;
        let paths = if self.field_paths.is_empty() {
            default = [(DEFAULT_FIELD.to_owned(), self.origin.clone())];
            &default[..]
        } else {
            &self.field_paths
        };
        // Most paths lead to fields that have no part in who an object is.
        let apart = |path: &str| path.starts_with("spec") || path.starts_with("data");
        let renames = !paths.iter().all(|(path, _)| apart(path));
        for place in places {
            let trace = traces.as_deref_mut().map(|traces| traces.of(place));
            let put = |entry: &mut Entry| {
                entry.document().prefetch();
                let mut edit = entry.edit(&self.origin, trace, renames);
                paths.iter().try_for_each(|(path, origin)| {
                    let put = edit.with(origin, |edit| value.put(edit, path, &self.options));
                    put.map_err(|error| error.or_at(origin))
                })
            };
            if renames { entries.edit(place, put)? } else { put(&mut entries.as_mut_slice()[place])? }
        }
        Ok(())
    }

    fn places(&self, entries: &mut Entries) -> Result<Selected, FilterError> {
        let Some(select) = &self.select else {
            return Err(FilterError::new("target must specify resources to select"));
        };
        let wrong = |error: FilterError| error.context("error creating target selector");
        let select = SelectorMatch::new(select).map_err(wrong)?;
        let reject = self.reject.iter().map(|reject| Ok((reject, SelectorMatch::new(reject)?)));
        let reject: Vec<(&Selector, SelectorMatch)> = reject.collect::<Result<_, _>>().map_err(wrong)?;
        let rejected = |entry: &Entry| {
            reject.iter().any(|(selector, reject)| {
                let by_metadata = !selector.annotations.is_empty() || !selector.labels.is_empty();
                (by_metadata && reject.matches_metadata(entry))
                    || (!selector.names_nothing() && entry.ids().any(|id| reject.matches_id(&id)))
            })
        };
        Ok(entries.find(select.plain_name(), |entry| select.matches(entry) && !rejected(entry)))
    }
}

/// Applies replacements to the objects of a build, one after another. `traces` are told of the changes.
///
/// # Errors
/// The first that cannot be applied.
pub(crate) fn apply(
    entries: &mut Entries,
    replacements: &[Arc<Replacement>],
    mut traces: Option<&mut Traces>,
) -> Result<(), FilterError> {
    for replacement in replacements {
        let value = replacement.value(entries).map_err(|error| error.or_at(&replacement.origin))?;
        for target in &replacement.targets {
            target.put(&value, entries, &mut traces)?;
        }
    }
    Ok(())
}

/// The value that a replacement copies.
#[derive(Clone, Debug)]
pub(crate) struct Value(Document);

impl Value {
    /// A value that the replacement states itself.
    pub(crate) fn literal(text: &str) -> Self {
        let mut doc = Document::new();
        let root = doc.root_id();
        doc.set_scalar(root, text, crate::filter::edit::plain_tag(text));
        Value(doc)
    }

    /// The value of a field of an object; `None` where there is none, or nothing in it.
    pub(crate) fn read(root: Node<'_>, field: &str, options: &FieldOptions) -> Result<Option<Self>, FilterError> {
        let found = lookup::get(root, &path::split_smart(field))
            .map_err(|error| error.context("error looking up replacement source"))?;
        let Some(node) = found.filter(|node| !is_nothing(*node)) else { return Ok(None) };
        let mut doc = Document::from_node(node);
        if !options.delimiter.is_empty() {
            let part = part_of(node, options)?;
            let (root, tag) = (doc.root_id(), doc.root().tag());
            doc.set_scalar(root, part, tag);
        }
        Ok(Some(Value(doc)))
    }

    /// Puts the value into every field of a document that a path names.
    ///
    /// # Errors
    /// No such field, unless it may be made; a field of the wrong kind.
    pub(crate) fn put(&self, edit: &mut Edit<'_>, field: &str, options: &FieldOptions) -> Result<(), FilterError> {
        let fields = path::split_smart(field);
        let make = options.create.then(|| self.0.root().kind());
        let root = edit.doc.root_id();
        let missing = |found: bool| {
            let or_create = if options.create { " or create" } else { "" };
            let end = if found { ": " } else { "" };
            format!("unable to find{or_create} field {field:?} in replacement target{end}")
        };
        let put = match structured::field_of(edit.node(root), &fields) {
            Some(at) => structured::change(edit, at, &fields, |edit, rest| {
                let root = edit.doc.root_id();
                self.put_at(edit, root, rest, make, options)
            }),
            None => self.put_at(edit, root, &fields, make, options),
        };
        match put {
            Ok(0) => Err(FilterError::at(edit.doc.root(), missing(false))),
            Ok(_) => Ok(()),
            Err(Refused::Search(error)) => {
                Err(FilterError { message: format!("{}{}", missing(true), error.message), ..error })
            }
            Err(Refused::Value(error)) => Err(error),
        }
    }

    fn put_at(
        &self,
        edit: &mut Edit<'_>,
        from: NodeId,
        fields: &[Piece<'_>],
        make: Option<Kind>,
        options: &FieldOptions,
    ) -> Result<usize, Refused> {
        let found = lookup::find_all(edit, from, fields, make).map_err(Refused::Search)?;
        for target in &found {
            self.set(edit, *target, options).map_err(Refused::Value)?;
        }
        Ok(found.len())
    }

    fn set(&self, edit: &mut Edit<'_>, target: Found, options: &FieldOptions) -> Result<(), FilterError> {
        let (value, node) = (self.0.root(), edit.node(target.id));
        let scalar = node.kind() == Kind::Scalar;
        let joined = match options.delimiter.as_str() {
            "" => None,
            _ if !scalar => return Err(no_scalar(node)),
            _ => Some(join(node.text(), value.text(), options)),
        };
        let text = joined.as_deref().unwrap_or(if value.kind() == Kind::Scalar { value.text() } else { "" });
        match (scalar, target.made) {
            (true, true) => edit.set_text(target.id, text, Typed::Plain),
            // Type and style stay: a string in a number's place is an error once it is printed.
            (true, false) => edit.set_value(target.id, text),
            (false, _) => {
                let new = edit.doc.import(value);
                edit.put(target.id, new);
            }
        }
        Ok(())
    }
}

/// Why a value was not put: no such field, or no such value.
pub(crate) enum Refused {
    /// The path leads nowhere.
    Search(FilterError),
    /// The field cannot take the value.
    Value(FilterError),
}

/// Null, an empty map or an empty list.
fn is_nothing(node: Node<'_>) -> bool {
    node.tag() == Tag::Null || (node.kind() != Kind::Scalar && node.is_empty())
}

fn no_scalar(node: Node<'_>) -> FilterError {
    FilterError::at(node, "delimiter option can only be used with scalar nodes")
}

fn part_of<'a>(node: Node<'a>, options: &FieldOptions) -> Result<&'a str, FilterError> {
    if node.kind() != Kind::Scalar {
        return Err(no_scalar(node));
    }
    let part = usize::try_from(options.index).ok().and_then(|index| node.text().split(&options.delimiter).nth(index));
    part.ok_or_else(|| {
        let message = format!("options.index {} is out of bounds for value {}", options.index, node.text());
        FilterError::at(node, message)
    })
}

/// The target's text with the value as one of its parts.
fn join(text: &str, value: &str, options: &FieldOptions) -> String {
    let mut parts: Vec<&str> = text.split(&options.delimiter).collect();
    match usize::try_from(options.index) {
        Err(_) => parts.insert(0, value),
        Ok(index) if index >= parts.len() => parts.push(value),
        Ok(index) => parts[index] = value,
    }
    parts.join(&options.delimiter)
}
