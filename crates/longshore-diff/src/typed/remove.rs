//! An object without some fields, or with those alone.

use longshore_yaml::{Document, Node, NodeId};

use super::atom::{Atom, ListAtom, MapAtom};
use super::{DEPTH, ObjectType, field_set, with_root};
use crate::fields::FieldSet;
use crate::path::PathElement;

/// The object without the fields of a set. Lists and mappings that lose all they held become `null`.
pub fn remove(object: Node<'_>, fields: &FieldSet, ty: ObjectType<'_>) -> Document {
    let mut walk = Walk { doc: Document::new(), extract: false };
    let root = walk.node(object, fields, ty, 0);
    with_root(walk.doc, root)
}

/// Whether the fields that identify list items come along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyFields {
    /// Only where the set has them.
    #[default]
    AsListed,
    /// Always: an object that can be applied again.
    Always,
}

/// The object with the fields of a set alone.
pub fn extract(object: Node<'_>, fields: &FieldSet, ty: ObjectType<'_>, keys: KeyFields) -> Document {
    let mut walk = Walk { doc: Document::new(), extract: true };
    let with_keys = match keys {
        KeyFields::AsListed => None,
        KeyFields::Always => field_set(object, ty).ok().map(|all| fields.union(&key_fields(fields, &all))),
    };
    let root = walk.node(object, with_keys.as_ref().unwrap_or(fields), ty, 0);
    with_root(walk.doc, root)
}

/// The key fields of all list items on the paths that the object has.
fn key_fields(fields: &FieldSet, all: &FieldSet) -> FieldSet {
    let mut found = FieldSet::new();
    for path in fields.paths().iter().filter(|path| all.contains(&path.elements)) {
        for (at, element) in path.elements.iter().enumerate() {
            if let PathElement::Key(keys) = element {
                for (name, _) in keys {
                    let mut path = path.elements[..=at].to_vec();
                    path.push(PathElement::Field(name.clone()));
                    found.insert(&path);
                }
            }
        }
    }
    found
}

struct Walk {
    doc: Document,
    extract: bool,
}

impl Walk {
    fn node(&mut self, node: Node<'_>, fields: &FieldSet, ty: ObjectType<'_>, depth: usize) -> Option<NodeId> {
        let node = node.resolved();
        if depth > DEPTH {
            return Some(self.doc.import(node));
        }
        match Atom::of(ty).deduce(Some(node)) {
            Atom { map: Some(map), .. } => self.mapping(node, fields, map, depth),
            Atom { scalar: Some(_), .. } => Some(self.doc.import(node)),
            Atom { list: Some(list), .. } => self.list(node, fields, list, depth),
            _ => None,
        }
    }

    /// A value below a path of the set; `null` where nothing of it is left.
    fn below(&mut self, node: Node<'_>, fields: &FieldSet, ty: ObjectType<'_>, depth: usize) -> NodeId {
        self.node(node, fields, ty, depth + 1).unwrap_or_else(|| self.doc.add_null())
    }

    fn whole(&mut self, node: Node<'_>) -> Option<NodeId> {
        self.extract.then(|| self.doc.import(node))
    }

    fn mapping(&mut self, node: Node<'_>, fields: &FieldSet, map: MapAtom<'_>, depth: usize) -> Option<NodeId> {
        if !node.is_mapping() {
            return None;
        }
        if node.is_empty() || map.atomic {
            return self.whole(node);
        }
        let mut children = Vec::new();
        for (key, value) in node.entries() {
            let element = PathElement::Field(key.text().to_owned());
            let ty = map.entry(key.text()).map_or(ObjectType::Deduced, |(ty, _)| ty);
            let listed = fields.contains(std::slice::from_ref(&element));
            let child = fields.child(&element).filter(|child| !child.is_empty());
            let value = match (listed, child) {
                (true, _) if self.extract => self.below(value, fields, ty, depth),
                (true, _) => continue,
                (false, Some(child)) => self.below(value, child, ty, depth),
                (false, None) if self.extract => continue,
                (false, None) => self.doc.import(value),
            };
            children.extend([self.doc.import(key), value]);
        }
        if children.is_empty() {
            return None;
        }
        let id = self.doc.add_mapping();
        self.doc.set_children(id, &children);
        self.doc.set_origin_of(id, node);
        Some(id)
    }

    fn list(&mut self, node: Node<'_>, fields: &FieldSet, list: ListAtom<'_>, depth: usize) -> Option<NodeId> {
        if !node.is_sequence() {
            return None;
        }
        if node.is_empty() || list.atomic {
            return self.whole(node);
        }
        let mut items = Vec::new();
        for item in node.items() {
            let element = list.element(item).ok();
            let listed = element.as_ref().is_some_and(|element| fields.contains(std::slice::from_ref(element)));
            let child = element.and_then(|element| fields.child(&element)).filter(|child| !child.is_empty());
            match (listed, child) {
                (true, _) if !self.extract => {}
                (_, Some(child)) => items.push(self.below(item, child, list.items, depth)),
                (listed, None) if listed || !self.extract => items.push(self.doc.import(item)),
                _ => {}
            }
        }
        if items.is_empty() {
            return None;
        }
        let id = self.doc.add_sequence();
        self.doc.set_children(id, &items);
        self.doc.set_origin_of(id, node);
        Some(id)
    }
}
