//! Manifests that an API server refuses before it compares anything.

use std::collections::HashSet;
use std::rc::Rc;

use longshore_manifest::schema::{Format, ListType, Shape, TypeRef};
use longshore_manifest::{IntOrString, Quantity, Resource};
use longshore_yaml::{Kind, Location, Node, Scalar};
use serde::Serialize;

use crate::path::{FieldPath, json_scalar};
use crate::report::location;
use crate::step::{Keys, Step, identity, keys_of};

/// A reason why a server-side apply of a manifest is refused, whatever is live.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Unappliable {
    /// The field.
    pub path: FieldPath,
    /// What is wrong with it; no value is repeated.
    pub reason: String,
    /// Where it is declared.
    #[serde(serialize_with = "location")]
    pub declared_at: Option<Location>,
}

/// Nesting that a server reads.
const DEPTH: usize = 1_000;

/// Everything for which a server refuses to apply a manifest of this type; of a type that is not known only what holds for
/// every resource.
///
/// That is: no name or type, `managedFields`, a field that the type does not have, a value of another kind, a quantity that is
/// none, and items of a list or set that are there twice or have no key. Rules beyond the type are not looked at.
pub(crate) fn unappliable(manifest: &Resource, ty: Option<TypeRef<'_>>) -> Vec<Unappliable> {
    let mut walk = Walk { path: Vec::new(), found: Vec::new() };
    walk.identity(manifest);
    if let Some(ty) = ty {
        walk.object(manifest.root(), ty);
    }
    walk.found
}

struct Walk<'a> {
    path: Vec<Step<'a>>,
    found: Vec<Unappliable>,
}

impl<'a> Walk<'a> {
    fn refuse(&mut self, at: Node<'a>, reason: impl Into<String>) {
        let path = FieldPath(self.path.iter().map(Step::to_segment).collect());
        self.found.push(Unappliable { path, reason: reason.into(), declared_at: at.location() });
    }

    fn below(&mut self, step: Step<'a>, inside: impl FnOnce(&mut Self)) {
        self.path.push(step);
        inside(self);
        self.path.pop();
    }

    fn field(&mut self, name: &'a str, inside: impl FnOnce(&mut Self)) {
        self.below(Step::Field(name), inside);
    }

    fn identity(&mut self, manifest: &'a Resource) {
        let root = manifest.root();
        for (path, text) in [("apiVersion", manifest.api_version()), ("kind", manifest.kind())] {
            if text.is_empty() {
                self.field(path, |walk| walk.refuse(root, "is missing"));
            }
        }
        self.field("metadata", |walk| {
            if manifest.name().is_empty() {
                walk.field("name", |walk| walk.refuse(root, "is missing"));
            }
            if let Some(fields) = root.at(["metadata", "managedFields"]).filter(|fields| !fields.is_empty()) {
                walk.field("managedFields", |walk| walk.refuse(fields, "is the server's to write"));
            }
        });
    }

    /// Type and name are looked at before; what else the root has is typed.
    fn object(&mut self, root: Node<'a>, ty: TypeRef<'a>) {
        for (key, value) in root.entries().filter(|(key, _)| !matches!(key.text(), "apiVersion" | "kind")) {
            self.entry(key, value, ty);
        }
    }

    fn entry(&mut self, key: Node<'a>, value: Node<'a>, ty: TypeRef<'a>) {
        match ty.field(key.text()) {
            Some(ty) => self.field(key.text(), |walk| walk.value(value.resolved(), ty)),
            None if ty.is_closed() => {
                self.field(key.text(), |walk| walk.refuse(key, "the type has no such field"));
            }
            None => {}
        }
    }

    fn value(&mut self, value: Node<'a>, ty: TypeRef<'a>) {
        if value.is_null() || self.path.len() > DEPTH {
            return;
        }
        if let Some(expected) = mismatch(value, ty) {
            return self.refuse(value, format!("expected {expected}, found {}", kind(value)));
        }
        match value.kind() {
            Kind::Mapping => value.entries().for_each(|(key, value)| self.entry(key, value, ty)),
            Kind::Sequence => self.list(value, ty),
            _ if ty.format() == Some(Format::Quantity) && Quantity::of(value).is_err() => {
                self.refuse(value, "is no quantity");
            }
            _ => {}
        }
    }

    fn list(&mut self, list: Node<'a>, ty: TypeRef<'a>) {
        let keys = keys_of(ty);
        let mut seen = HashSet::new();
        for (index, item) in list.items().map(Node::resolved).enumerate() {
            let (step, name) = match element(item, index, ty, &keys) {
                Ok(found) => found,
                Err(reason) => {
                    self.below(Step::Index(index), |walk| walk.refuse(item, reason));
                    continue;
                }
            };
            let twice = name.is_some_and(|name| !seen.insert(name));
            self.below(step, |walk| {
                if twice {
                    walk.refuse(item, "is there twice");
                }
                ty.items().into_iter().for_each(|ty| walk.value(item, ty));
            });
        }
    }
}

/// The way to an item of a list, and what no other item may be named too.
fn element<'a>(
    item: Node<'a>,
    index: usize,
    ty: TypeRef<'a>,
    keys: &Keys<'a>,
) -> Result<(Step<'a>, Option<String>), String> {
    match ty.list_type() {
        Some(ListType::Map) if !item.is_mapping() => Err(format!("expected a mapping, found {}", kind(item))),
        Some(ListType::Map) if keys.iter().all(|(key, default)| default.is_empty() && item.get(key).is_none()) => {
            let names: Vec<&str> = keys.iter().map(|(key, _)| &**key).collect();
            Err(format!("has no key ({})", names.join(", ")))
        }
        Some(ListType::Map) => Ok((Step::Key(Rc::clone(keys), item), Some(identity(item, keys)))),
        Some(ListType::Set) if item.scalar().is_none() || item.is_null() => {
            Err(format!("expected a scalar, found {}", kind(item)))
        }
        Some(ListType::Set) => Ok((Step::Value(item), Some(json_scalar(item)))),
        _ => Ok((Step::Index(index), None)),
    }
}

/// What the type expects, where the value is of another kind.
fn mismatch(value: Node<'_>, ty: TypeRef<'_>) -> Option<&'static str> {
    let scalar = value.scalar();
    let (fits, expected) = match ty.shape() {
        Shape::Map => (value.is_mapping(), "a mapping"),
        Shape::List => (value.is_sequence(), "a list"),
        Shape::String => (matches!(scalar, Some(Scalar::Str(_))), "a string"),
        Shape::Boolean => (matches!(scalar, Some(Scalar::Bool(_))), "a boolean"),
        Shape::Number => (matches!(scalar, Some(Scalar::Int(_) | Scalar::Uint(_) | Scalar::Float(_))), "a number"),
        Shape::Integer => (is_whole(scalar), "an integer"),
        Shape::Any => match ty.format() {
            Some(Format::Quantity) => {
                let fits = matches!(scalar, Some(Scalar::Str(_) | Scalar::Int(_) | Scalar::Uint(_) | Scalar::Float(_)));
                (fits, "a quantity")
            }
            Some(Format::IntOrString) => (IntOrString::of(value).is_some(), "an integer or a string"),
            _ => (true, ""),
        },
    };
    (!fits).then_some(expected)
}

/// A server takes `2.0` for an integer.
fn is_whole(scalar: Option<Scalar<'_>>) -> bool {
    match scalar {
        Some(Scalar::Int(_) | Scalar::Uint(_)) => true,
        Some(Scalar::Float(value)) => value.fract() == 0.0,
        _ => false,
    }
}

fn kind(value: Node<'_>) -> &'static str {
    match (value.kind(), value.scalar()) {
        (Kind::Mapping, _) => "a mapping",
        (Kind::Sequence, _) => "a list",
        (_, Some(Scalar::Bool(_))) => "a boolean",
        (_, Some(Scalar::Str(_))) => "a string",
        (_, Some(Scalar::Null) | None) => "null",
        _ => "a number",
    }
}
