//! `replacements`: the value of one field, or a part of it, copied into others.

use longshore_yaml::{Document, Kind, Node, NodeId, Tag};

use crate::filter::edit::{Edit, FilterError, Typed};
use crate::filter::lookup::{self, Found};
use crate::filter::path;
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
        fields: &[String],
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
