//! Which fields an object sets.

use longshore_yaml::Node;

use super::atom::{Atom, ListAtom, MapAtom, UNDECLARED};
use super::{DEPTH, ObjectType, TypeError};
use crate::fields::FieldSet;
use crate::path::PathElement;

/// The fields that an object sets: its leaves, atomic lists and mappings as a whole, items of other lists, keys of free
/// mappings.
///
/// Of items that a list has twice only their identity is a member.
pub fn field_set(object: Node<'_>, ty: ObjectType<'_>) -> Result<FieldSet, TypeError> {
    let mut walk = Walk { set: FieldSet::new(), path: Vec::new() };
    walk.node(object, ty)?;
    Ok(walk.set)
}

struct Walk {
    set: FieldSet,
    path: Vec<PathElement>,
}

impl Walk {
    fn node(&mut self, node: Node<'_>, ty: ObjectType<'_>) -> Result<(), TypeError> {
        if self.path.len() > DEPTH {
            return Err(TypeError::new(&self.path, Some(node), format!("nested deeper than {DEPTH}")));
        }
        let atom = Atom::of(ty).deduce(Some(node));
        match atom {
            Atom { map: Some(map), .. } => self.mapping(node, map),
            Atom { scalar: Some(_), .. } => {
                self.set.insert(&self.path);
                Ok(())
            }
            Atom { list: Some(list), .. } => self.list(node, list),
            _ => Ok(()),
        }
    }

    fn mapping(&mut self, node: Node<'_>, map: MapAtom<'_>) -> Result<(), TypeError> {
        if map.atomic {
            self.set.insert(&self.path);
            return Ok(());
        }
        for (key, value) in node.entries() {
            let key = key.text();
            self.path.push(PathElement::Field(key.to_owned()));
            let Some((ty, declared)) = map.entry(key) else {
                return Err(TypeError::new(&self.path, Some(value), UNDECLARED));
            };
            self.node(value, ty)?;
            if !declared || value.is_null() || (value.is_mapping() && value.is_empty()) {
                self.set.insert(&self.path);
            }
            self.path.pop();
        }
        Ok(())
    }

    fn list(&mut self, node: Node<'_>, list: ListAtom<'_>) -> Result<(), TypeError> {
        if list.atomic {
            self.set.insert(&self.path);
            return Ok(());
        }
        let mut items = Vec::with_capacity(node.len());
        let mut count = std::collections::BTreeMap::new();
        for item in node.items() {
            let element = list.element(item).map_err(|message| TypeError::new(&self.path, Some(item), message))?;
            *count.entry(element.clone()).or_insert(0) += 1;
            items.push((element, item));
        }
        for (element, item) in items {
            let once = count[&element] == 1;
            self.path.push(element);
            if once {
                self.node(item, list.items)?;
            }
            self.set.insert(&self.path);
            self.path.pop();
        }
        Ok(())
    }
}

/// The set with the declared fields that have members below them as members too.
pub(crate) fn with_named_fields(set: &FieldSet, ty: ObjectType<'_>) -> FieldSet {
    let atom = Atom::of(ty);
    let mut out = FieldSet::new();
    set.members().for_each(|element| out.put_member(element.clone()));
    for (element, child) in set.children() {
        let below = match (element, atom.map, atom.list) {
            (PathElement::Field(name), Some(map), _) => {
                let entry = map.entry(name);
                if entry.is_some_and(|(_, declared)| declared) {
                    out.put_member(element.clone());
                }
                entry.map_or(ObjectType::Deduced, |(ty, _)| ty)
            }
            (_, _, Some(list)) => list.items,
            _ => ObjectType::Deduced,
        };
        out.put_child(element.clone(), with_named_fields(child, below));
    }
    out
}
