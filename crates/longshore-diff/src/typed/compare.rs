//! Which fields two objects of one type set differently.

use std::collections::BTreeMap;

use longshore_yaml::Node;

use super::atom::{Atom, ListAtom, MapAtom, ScalarType, UNDECLARED, check_scalar, same};
use super::{DEPTH, ObjectType, TypeError};
use crate::equal::zip;
use crate::fields::FieldSet;
use crate::path::PathElement;

/// Fields by what happened to them; no field is in two of the sets unless its value became one of another kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Fields that only the object before sets.
    pub removed: FieldSet,
    /// Fields that both set, to different values.
    pub modified: FieldSet,
    /// Fields that only the object after sets.
    pub added: FieldSet,
}

impl Comparison {
    /// Whether the objects are the same; the order of list items does not count.
    pub fn is_same(&self) -> bool {
        self.removed.is_empty() && self.modified.is_empty() && self.added.is_empty()
    }
}

/// Compares two objects of one type field by field.
pub fn compare(before: Node<'_>, after: Node<'_>, ty: ObjectType<'_>) -> Result<Comparison, TypeError> {
    let mut walk = Walk { found: Comparison::default(), path: Vec::new() };
    walk.node(Some(before), Some(after), ty)?;
    Ok(walk.found)
}

type Side<'a> = Option<Node<'a>>;

struct Walk {
    found: Comparison,
    path: Vec<PathElement>,
}

impl Walk {
    fn node(&mut self, before: Side<'_>, after: Side<'_>, ty: ObjectType<'_>) -> Result<(), TypeError> {
        if self.path.len() > DEPTH {
            return Err(TypeError::new(&self.path, after.or(before), format!("nested deeper than {DEPTH}")));
        }
        let atom = Atom::of(ty);
        let (left, right) = (atom.deduce(before), atom.deduce(after));
        let leaf = if after.is_none() {
            self.atom(left, before, after)?
        } else if before.is_none() || left == right {
            self.atom(right, before, after)?
        } else {
            self.atom(left, before, after)?;
            self.atom(right, before, after)?
        };
        match (leaf, before, after) {
            (false, None, _) => self.found.added.insert(&self.path),
            (false, _, None) => self.found.removed.insert(&self.path),
            _ => {}
        }
        Ok(())
    }

    /// Whether it was a leaf.
    fn atom(&mut self, atom: Atom<'_>, before: Side<'_>, after: Side<'_>) -> Result<bool, TypeError> {
        match atom {
            Atom { map: Some(map), .. } => self.mapping(map, before, after),
            Atom { scalar: Some(scalar), .. } => self.scalar(scalar, before, after),
            Atom { list: Some(list), .. } => self.list(list, before, after),
            _ => Ok(true),
        }
    }

    fn leaf(&mut self, before: Side<'_>, after: Side<'_>) -> Result<bool, TypeError> {
        match (before, after) {
            (None, _) => self.found.added.insert(&self.path),
            (_, None) => self.found.removed.insert(&self.path),
            (Some(before), Some(after)) if !same(before, after, self.path.len()) => {
                self.found.modified.insert(&self.path);
            }
            _ => {}
        }
        Ok(true)
    }

    fn scalar(&mut self, ty: ScalarType, before: Side<'_>, after: Side<'_>) -> Result<bool, TypeError> {
        if let (Err(_), Err(message)) = (check_scalar(ty, before), check_scalar(ty, after)) {
            return Err(TypeError::new(&self.path, after, message));
        }
        self.leaf(before, after)
    }

    fn mapping(&mut self, map: MapAtom<'_>, before: Side<'_>, after: Side<'_>) -> Result<bool, TypeError> {
        let only = |side: Side<'_>| side.is_none_or(|node| !node.is_mapping() || node.is_empty());
        if map.atomic || (only(before) && only(after)) {
            return self.leaf(before, after);
        }
        let mut failed = None;
        let mut entry = |walk: &mut Self, key: &str, left: Side<'_>, right: Side<'_>| {
            walk.path.push(PathElement::Field(key.to_owned()));
            let result = match map.entry(key) {
                Some((ty, _)) => walk.node(left, right, ty),
                None => Err(TypeError::new(&walk.path, right.or(left), UNDECLARED)),
            };
            walk.path.pop();
            failed = failed.take().or(result.err());
        };
        match (before.filter(|node| node.is_mapping()), after.filter(|node| node.is_mapping())) {
            (Some(before), Some(after)) => zip(before, after, |key, left, right| entry(self, key, left, right)),
            (Some(before), None) => {
                before.entries().for_each(|(key, value)| entry(self, key.text(), Some(value), None));
            }
            (None, Some(after)) => {
                after.entries().for_each(|(key, value)| entry(self, key.text(), None, Some(value)));
            }
            (None, None) => {}
        }
        failed.map_or(Ok(false), Err)
    }

    fn list(&mut self, list: ListAtom<'_>, before: Side<'_>, after: Side<'_>) -> Result<bool, TypeError> {
        let only = |side: Side<'_>| side.is_none_or(|node| !node.is_sequence() || node.is_empty());
        if list.atomic || (only(before) && only(after)) {
            return self.leaf(before, after);
        }
        let (left, right) = (self.index(list, before)?, self.index(list, after)?);
        let none = Vec::new();
        let mut elements: Vec<&PathElement> = left.keys().chain(right.keys()).collect();
        elements.sort();
        elements.dedup();
        for element in elements {
            let (left, right) = (left.get(element).unwrap_or(&none), right.get(element).unwrap_or(&none));
            self.path.push(element.clone());
            self.items(list, left, right)?;
            self.path.pop();
        }
        Ok(false)
    }

    /// Items of one identity. Where one side has it more than once, those are one value that comes, goes or changes.
    fn items(&mut self, list: ListAtom<'_>, left: &[Node<'_>], right: &[Node<'_>]) -> Result<(), TypeError> {
        match (left.len(), right.len()) {
            (0..=1, 0..=1) => self.node(left.first().copied(), right.first().copied(), list.items),
            (2.., 2..) => {
                let pairs = left.iter().zip(right);
                if left.len() != right.len() || !pairs.into_iter().all(|(&a, &b)| same(a, b, self.path.len())) {
                    self.found.modified.insert(&self.path);
                }
                Ok(())
            }
            (2.., _) => {
                let single = right.first().map_or(Ok(()), |&item| self.node(None, Some(item), list.items));
                self.found.removed.insert(&self.path);
                single
            }
            _ => {
                let single = left.first().map_or(Ok(()), |&item| self.node(Some(item), None, list.items));
                self.found.added.insert(&self.path);
                single
            }
        }
    }

    fn index<'a>(&self, list: ListAtom<'_>, side: Side<'a>) -> Result<BTreeMap<PathElement, Vec<Node<'a>>>, TypeError> {
        let mut index: BTreeMap<PathElement, Vec<Node<'a>>> = BTreeMap::new();
        for item in side.into_iter().flat_map(Node::items) {
            let element = list.element(item).map_err(|message| TypeError::new(&self.path, Some(item), message))?;
            index.entry(element).or_default().push(item);
        }
        Ok(index)
    }
}
