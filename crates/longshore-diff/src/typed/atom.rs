//! What a type allows a value to be.

use longshore_manifest::schema::{ListType, MapType, Shape, TypeRef};
use longshore_yaml::{Kind, Node, Scalar};

use super::ObjectType;
use crate::align::value_of;
use crate::path::PathElement;

/// Which scalars a type allows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ScalarType {
    Any,
    Number,
    String,
    Boolean,
}

/// How a list is merged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ListAtom<'s> {
    pub(super) atomic: bool,
    list: Option<TypeRef<'s>>,
    pub(super) items: ObjectType<'s>,
}

/// How a mapping is merged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct MapAtom<'s> {
    pub(super) atomic: bool,
    /// The schema says how it is merged.
    pub(super) stated: bool,
    map: Option<TypeRef<'s>>,
}

/// What a type allows a value to be; a type of unknown shape allows all three.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Atom<'s> {
    pub(super) map: Option<MapAtom<'s>>,
    pub(super) scalar: Option<ScalarType>,
    pub(super) list: Option<ListAtom<'s>>,
}

impl<'s> Atom<'s> {
    pub(super) fn of(ty: ObjectType<'s>) -> Self {
        let ObjectType::Known(ty) = ty else {
            return Atom {
                map: Some(MapAtom { atomic: false, stated: false, map: None }),
                scalar: Some(ScalarType::Any),
                list: Some(ListAtom { atomic: true, list: None, items: ObjectType::Deduced }),
            };
        };
        let stated = ty.stated_map_type();
        let map = Some(MapAtom { atomic: stated == Some(MapType::Atomic), stated: stated.is_some(), map: Some(ty) });
        let list = || {
            let atomic = !matches!(ty.list_type(), Some(ListType::Map | ListType::Set));
            Some(ListAtom { atomic, list: Some(ty), items: ty.items().into() })
        };
        let scalar = |scalar| Atom { scalar: Some(scalar), ..Atom::default() };
        match ty.shape() {
            Shape::Map => Atom { map, ..Atom::default() },
            Shape::List => Atom { list: list(), ..Atom::default() },
            Shape::String => scalar(ScalarType::String),
            Shape::Integer | Shape::Number => scalar(ScalarType::Number),
            Shape::Boolean => scalar(ScalarType::Boolean),
            Shape::Any if ty.format().is_some() => scalar(ScalarType::Any),
            Shape::Any => {
                let (has_map, has_list) = (ty.values().is_some() || ty.fields().len() > 0, ty.items().is_some());
                if !has_map && !has_list {
                    return Atom::of(ObjectType::Deduced);
                }
                Atom { map: map.filter(|_| has_map), scalar: Some(ScalarType::Any), list: list().filter(|_| has_list) }
            }
        }
    }

    /// What it is for this value. `null`, and a value that it does not allow, leave it open.
    pub(super) fn deduce(self, value: Option<Node<'_>>) -> Self {
        let Some(value) = value.map(Node::resolved) else { return self };
        match value.kind() {
            Kind::Mapping if self.map.is_some() => Atom { map: self.map, ..Atom::default() },
            Kind::Sequence if self.list.is_some() => Atom { list: self.list, ..Atom::default() },
            Kind::Scalar if self.scalar.is_some() && !value.is_null() => {
                Atom { scalar: self.scalar, ..Atom::default() }
            }
            _ => self,
        }
    }
}

/// A key of a mapping whose type does not have it.
pub(super) const UNDECLARED: &str = "field not declared in schema";

impl<'s> MapAtom<'s> {
    /// The type of an entry, and whether it is a declared field and no key of a free mapping. `None`: not allowed.
    pub(super) fn entry(self, key: &str) -> Option<(ObjectType<'s>, bool)> {
        let Some(ty) = self.map else {
            return Some((ObjectType::Deduced, false));
        };
        if let Some(declared) = ty.declared(key) {
            return Some((ObjectType::Known(declared), true));
        }
        match ty.values() {
            Some(values) => Some((ObjectType::Known(values), false)),
            None if ty.is_closed() => None,
            None => Some((ObjectType::Deduced, ty.fields().len() > 0)),
        }
    }
}

impl ListAtom<'_> {
    /// The path element of an item of a list that is not atomic.
    pub(super) fn element(self, item: Node<'_>) -> Result<PathElement, &'static str> {
        let item = item.resolved();
        let list = self.list.filter(|list| !list.list_keys().is_empty());
        match (list, item.kind()) {
            (Some(list), Kind::Mapping) => {
                let key = |key: &str| match item.get(key) {
                    Some(value) => Some((key.to_owned(), json(value))),
                    None => list.key_default(key).map(|value| (key.to_owned(), value.clone())),
                };
                let mut keys: Vec<_> = list.list_keys().iter().filter_map(|name| key(name)).collect();
                keys.sort_by(|a, b| a.0.cmp(&b.0));
                match keys.is_empty() {
                    true => Err("an item of a list with keys omits all of them"),
                    false => Ok(PathElement::Key(keys)),
                }
            }
            (Some(_), _) => Err("a list with keys may only have mappings as items"),
            (None, Kind::Scalar) if !item.is_null() => Ok(PathElement::Value(value_of(item))),
            (None, _) => Err("a set may only have scalars as items"),
        }
    }
}

fn json(node: Node<'_>) -> serde_json::Value {
    node.to_json().unwrap_or_default()
}

/// Why a scalar is not of its type.
pub(super) fn check_scalar(ty: ScalarType, value: Option<Node<'_>>) -> Result<(), String> {
    let Some(value) = value.map(Node::resolved) else { return Ok(()) };
    let expected = match (ty, value.scalar()) {
        (_, Some(Scalar::Null)) | (ScalarType::Any, Some(_)) => return Ok(()),
        (ScalarType::Number, Some(Scalar::Int(_) | Scalar::Uint(_) | Scalar::Float(_))) => return Ok(()),
        (ScalarType::String, Some(Scalar::Str(_))) | (ScalarType::Boolean, Some(Scalar::Bool(_))) => return Ok(()),
        (ScalarType::Any, None) => "any scalar",
        (ScalarType::Number, _) => "a number",
        (ScalarType::String, _) => "a string",
        (ScalarType::Boolean, _) => "a boolean",
    };
    Err(format!("expected {expected}, found {}", found(value)))
}

fn found(value: Node<'_>) -> &'static str {
    match (value.kind(), value.scalar()) {
        (Kind::Mapping, _) => "a mapping",
        (Kind::Sequence, _) => "a list",
        (_, Some(Scalar::Bool(_))) => "a boolean",
        (_, Some(Scalar::Str(_))) => "a string",
        (_, Some(Scalar::Null)) => "null",
        _ => "a number",
    }
}

/// Whether two values are the same: numbers by value, whatever their kind.
pub(super) fn same(a: Node<'_>, b: Node<'_>, depth: usize) -> bool {
    let (a, b) = (a.resolved(), b.resolved());
    if depth > super::DEPTH {
        return false;
    }
    match (a.kind(), b.kind()) {
        (Kind::Mapping, Kind::Mapping) => {
            let entry = |(key, value): (Node<'_>, Node<'_>)| {
                b.get(key.text()).is_some_and(|other| same(value, other, depth + 1))
            };
            a.len() == b.len() && a.entries().all(entry)
        }
        (Kind::Sequence, Kind::Sequence) => {
            a.len() == b.len() && a.items().zip(b.items()).all(|(a, b)| same(a, b, depth + 1))
        }
        (Kind::Scalar, Kind::Scalar) => match (number(a), number(b)) {
            (Some(left), Some(right)) => left == right || a.scalar() == b.scalar(),
            _ => crate::equal::scalar_equal(a, b),
        },
        _ => false,
    }
}

fn number(node: Node<'_>) -> Option<f64> {
    match node.scalar()? {
        Scalar::Int(value) => Some(value as f64),
        Scalar::Uint(value) => Some(value as f64),
        Scalar::Float(value) => Some(value),
        _ => None,
    }
}
