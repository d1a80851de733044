//! `vars`: `$(NAME)` in the fields that `varReference` names.

use std::borrow::Cow;
use std::collections::HashMap;

use longshore_yaml::{Kind, Node, NodeId, Scalar, Style, Tag};

use crate::entries::Entries;
use crate::entry::Entry;
use crate::filter::edit::{Edit, FilterError, Origin, Traces};
use crate::filter::fieldspec::{FieldSpec, FieldSpecs};
use crate::filter::path::Piece;
use crate::filter::{lookup, path};

/// The value of a variable, which keeps its type where it is the whole of a string.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum VarValue {
    /// A string.
    Str(String),
    /// An integer.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// A boolean.
    Bool(bool),
}

impl VarValue {
    /// The value of a scalar; `None` for anything else, which no variable can hold.
    pub(crate) fn of(node: Node<'_>) -> Option<Self> {
        match node.scalar()? {
            Scalar::Str(text) => Some(VarValue::Str(text.to_owned())),
            Scalar::Int(value) => Some(VarValue::Int(value)),
            Scalar::Float(value) => Some(VarValue::Float(value)),
            Scalar::Bool(value) => Some(VarValue::Bool(value)),
            Scalar::Null | Scalar::Uint(_) => None,
        }
    }

    /// Its text inside a longer string.
    fn text(&self) -> String {
        match self {
            VarValue::Str(text) => text.clone(),
            VarValue::Int(value) => value.to_string(),
            VarValue::Float(value) => go_general(*value),
            VarValue::Bool(value) => value.to_string(),
        }
    }
}

/// A float as Go's `%v` writes it.
fn go_general(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 || (1e-4..1e21).contains(&size) {
        return format!("{value}");
    }
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((digits, power)) => match power.strip_prefix('-') {
            Some(power) => format!("{digits}e-{power:0>2}"),
            None => format!("{digits}e+{power:0>2}"),
        },
        None => text,
    }
}

/// Values by name, each with the place of the variable, and which of them were used.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vars {
    values: HashMap<String, (Option<VarValue>, Origin)>,
    used: HashMap<String, usize>,
}

impl Vars {
    /// Adds a variable. Without a value its references stay as they are.
    pub(crate) fn insert(&mut self, name: &str, value: Option<VarValue>, origin: Origin) {
        self.values.insert(name.to_owned(), (value, origin));
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Whether a variable was used by now.
    pub(crate) fn is_used(&self, name: &str) -> bool {
        self.used.contains_key(name)
    }

    /// Expands the references in every field of the document that the specs name.
    pub(crate) fn apply(&mut self, edit: &mut Edit<'_>, specs: &FieldSpecs) -> Result<(), FilterError> {
        specs.apply(edit, None, &mut |edit, id| self.expand_node(edit, id))
    }

    fn expand_node(&mut self, edit: &mut Edit<'_>, id: NodeId) -> Result<(), FilterError> {
        let node = edit.node(id);
        if node.tag() == Tag::Null {
            return Ok(());
        }
        let strings: Vec<NodeId> = match node.kind() {
            Kind::Mapping => {
                if let Some((key, _)) = node.entries().find(|(key, _)| key.tag() != Tag::Str) {
                    return Err(FilterError::at(key, format!("invalid map key: value='{}'", key.text())));
                }
                node.entries().map(|(_, value)| value.resolved()).filter(is_string).map(Node::id).collect()
            }
            Kind::Sequence => {
                if let Some(item) = node.items().find(|item| !is_string(&item.resolved())) {
                    return Err(FilterError::at(item, "invalid value type expect a string"));
                }
                node.items().map(|item| item.resolved().id()).collect()
            }
            _ => vec![id],
        };
        for id in strings {
            self.expand_scalar(edit, id);
        }
        Ok(())
    }

    fn expand_scalar(&mut self, edit: &mut Edit<'_>, id: NodeId) {
        let node = edit.node(id);
        // Any string in such a field loses its quotes, whether or not it holds a reference; its type stays.
        if !is_string(&node) || !node.text().contains('$') {
            return;
        }
        let text = node.text().to_owned();
        let (value, origin) = self.expand(&text);
        let (text, tag) = match &value {
            VarValue::Str(expanded) if *expanded == text => return,
            VarValue::Str(expanded) => (expanded.clone(), Tag::Str),
            VarValue::Int(value) => (value.to_string(), Tag::Int),
            VarValue::Bool(value) => (value.to_string(), Tag::Bool),
            VarValue::Float(value) => (format!("{value}"), Tag::Float),
        };
        edit.with(&origin.unwrap_or_default(), |edit| {
            let new = edit.doc.add_scalar(&text, tag, Style::Plain);
            edit.put(id, new);
        });
    }

    /// The text with its references expanded, and the place of the first variable in it.
    fn expand(&mut self, text: &str) -> (VarValue, Option<Origin>) {
        let (mut out, mut origin) = (String::with_capacity(text.len()), None);
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let behind = &rest[at + 1..];
            let Some(next) = behind.chars().next() else {
                out.push('$');
                return (VarValue::Str(out), origin);
            };
            let reference = behind.strip_prefix('(').and_then(|behind| behind.split_once(')'));
            rest = match (next, reference) {
                ('$', _) => {
                    out.push('$');
                    &behind[1..]
                }
                (_, Some((name, after))) => {
                    match self.value(name) {
                        Some((value, place)) => {
                            if text.len() == name.len() + 3 {
                                return (value, Some(place));
                            }
                            out.push_str(&value.text());
                            origin.get_or_insert(place);
                        }
                        None => out.extend(["$(", name, ")"]),
                    }
                    after
                }
                _ => {
                    out.extend(['$', next]);
                    &behind[next.len_utf8()..]
                }
            };
        }
        out.push_str(rest);
        (VarValue::Str(out), origin)
    }

    fn value(&mut self, name: &str) -> Option<(VarValue, Origin)> {
        let (value, origin) = self.values.get(name)?.clone();
        *self.used.entry(name.to_owned()).or_default() += 1;
        Some((value?, origin))
    }
}

/// One variable: the field of an object that it takes its value from.
#[derive(Clone, Debug)]
pub(crate) struct VarField<'v> {
    /// Its name.
    pub(crate) name: &'v str,
    /// The field, with dots, and `[0]` or `.0` for an item.
    pub(crate) field_path: &'v str,
    /// Where it is written.
    pub(crate) origin: &'v Origin,
}

/// The value of a field; a map or a list is none, and its references stay as they are.
///
/// # Errors
/// There is no such field.
pub(crate) fn value_at(root: Node<'_>, field_path: &str) -> Result<Option<VarValue>, FilterError> {
    let node = lookup::get(root, &with_indexes(field_path))?;
    let node = node.ok_or_else(|| FilterError::at(root, format!("no field named '{field_path}'")))?;
    Ok(VarValue::of(node))
}

/// The parts of a path; an index in brackets is a part of its own.
fn with_indexes(path: &str) -> Vec<Piece<'_>> {
    let mut parts = Vec::new();
    for part in path::split_smart(path) {
        let index = part.strip_suffix(']').and_then(|part| part.rsplit_once('['));
        match index.filter(|(_, index)| !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit())) {
            Some((name, index)) => {
                parts.extend((!name.is_empty()).then(|| Cow::Owned(name.to_owned())));
                parts.push(Cow::Owned(index.to_owned()));
            }
            None => parts.push(part),
        }
    }
    parts
}

/// Gives all variables their values and expands the references to them. Gives the names of those that nothing refers
/// to, in the order of `vars`. `traces` are told of the changes.
///
/// `owner` finds the object of a variable.
///
/// # Errors
/// A variable without an object or a field; a field of the wrong kind.
pub(crate) fn expand<'v>(
    entries: &mut Entries,
    vars: &[VarField<'v>],
    owner: impl Fn(&Entry, &str) -> bool,
    specs: &[FieldSpec],
    mut traces: Option<&mut Traces>,
) -> Result<Vec<&'v str>, FilterError> {
    let mut values = Vars::default();
    for var in vars {
        let entry = entries.iter().find(|entry| owner(entry, var.name)).ok_or_else(|| {
            let message = format!("var '{}' cannot be mapped to a field in the set of known resources", var.name);
            FilterError::new(message).or_at(var.origin)
        })?;
        let value = value_at(entry.root(), var.field_path).map_err(|_| {
            let what = format!("field '{}' specified in var '{}'", var.field_path, var.name);
            let message = format!("{what} not found in corresponding resource {}", entry.id());
            FilterError::new(message).or_at(var.origin)
        })?;
        values.insert(var.name, value, var.origin.clone());
    }
    if values.is_empty() {
        return Ok(Vec::new());
    }
    let (specs, origin) = (FieldSpecs::new(specs), Origin::default());
    for (index, entry) in entries.iter_mut().enumerate() {
        let trace = traces.as_deref_mut().map(|traces| traces.of(index));
        values.apply(&mut Edit::new(entry.document_mut(), &origin, trace), &specs)?;
    }
    Ok(vars.iter().map(|var| var.name).filter(|name| !values.is_used(name)).collect())
}

fn is_string(node: &Node<'_>) -> bool {
    node.kind() == Kind::Scalar && node.tag() == Tag::Str
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: VarValue) {
        let mut vars = Vars::default();
        vars.insert("A", Some(VarValue::Str("a".into())), Origin::default());
        vars.insert("N", Some(VarValue::Int(3)), Origin::default());
        vars.insert("GONE", None, Origin::default());
        assert_eq!(vars.expand(text).0, expect);
    }

    fn text(text: &str) -> VarValue {
        VarValue::Str(text.into())
    }

    #[test]
    fn references_are_expanded() {
        check("x$(A)y$(N)", text("xay3"));
        check("$(A)", text("a"));
        check("$(N)", VarValue::Int(3));
    }

    #[test]
    fn brackets_hold_indexes() {
        assert_eq!(with_indexes("spec.ports[0].port"), ["spec", "ports", "0", "port"]);
        assert_eq!(with_indexes("a.[1].b[x]"), ["a", "1", "b[x]"]);
    }

    #[test]
    fn what_is_no_reference_stays() {
        check("$(NONE)", text("$(NONE)"));
        check("$(GONE)", text("$(GONE)"));
        check("$$(A)", text("$(A)"));
        check("$(A", text("$(A"));
        check("$", text("$"));
        check("a$b", text("a$b"));
        check("$é$(A)", text("$éa"));
    }
}
