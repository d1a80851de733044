//! One object with what another sets.

use std::collections::{BTreeMap, BTreeSet};

use longshore_yaml::{Document, Node, NodeId};

use super::atom::{Atom, ListAtom, MapAtom, ScalarType, UNDECLARED, check_scalar};
use super::{DEPTH, ObjectType, TypeError, with_root};
use crate::equal::zip;
use crate::path::PathElement;

/// The live object with everything that `applied` sets. Nothing is removed; list items that both have are merged and
/// stand as in `applied`, the others keep their place.
///
/// Every node of the result keeps the origin that it had. Refuses a list of `applied` that has one item twice.
pub fn merge(live: Node<'_>, applied: Node<'_>, ty: ObjectType<'_>) -> Result<Document, TypeError> {
    let mut walk = Walk { doc: Document::new(), path: Vec::new() };
    let root = walk.node(Some(live), Some(applied), ty)?;
    Ok(with_root(walk.doc, root))
}

type Side<'a> = Option<Node<'a>>;
type Out = Result<Option<NodeId>, TypeError>;
/// Items of a list in order, and by identity.
type Items<'a> = (Vec<(PathElement, Node<'a>)>, BTreeMap<PathElement, Side<'a>>);

struct Walk {
    doc: Document,
    path: Vec<PathElement>,
}

impl Walk {
    fn node(&mut self, live: Side<'_>, applied: Side<'_>, ty: ObjectType<'_>) -> Out {
        if self.path.len() > DEPTH {
            return Err(TypeError::new(&self.path, applied.or(live), format!("nested deeper than {DEPTH}")));
        }
        let atom = Atom::of(ty);
        match (live, applied) {
            (_, None) => self.atom(atom.deduce(live), live, applied),
            (None, _) => self.atom(atom.deduce(applied), live, applied),
            _ => self.atom(atom.deduce(applied), live, applied),
        }
    }

    fn atom(&mut self, atom: Atom<'_>, live: Side<'_>, applied: Side<'_>) -> Out {
        match atom {
            Atom { map: Some(map), .. } => self.mapping(map, live, applied),
            Atom { scalar: Some(scalar), .. } => self.scalar(scalar, live, applied),
            Atom { list: Some(list), .. } => self.list(list, live, applied),
            _ => self.leaf(live, applied),
        }
    }

    fn leaf(&mut self, live: Side<'_>, applied: Side<'_>) -> Out {
        Ok(applied.or(live).map(|node| self.doc.import(node)))
    }

    fn scalar(&mut self, ty: ScalarType, live: Side<'_>, applied: Side<'_>) -> Out {
        if let (Err(_), Err(message)) = (check_scalar(ty, live), check_scalar(ty, applied)) {
            return Err(TypeError::new(&self.path, applied, message));
        }
        self.leaf(live, applied)
    }

    fn mapping(&mut self, map: MapAtom<'_>, live: Side<'_>, applied: Side<'_>) -> Out {
        let full = |side: Side<'_>| side.is_some_and(|node| node.is_mapping() && !node.is_empty());
        if map.atomic || !(full(live) || full(applied)) {
            return self.leaf(live, applied);
        }
        let mut children = Vec::new();
        let mut failed = None;
        let mut entry = |walk: &mut Self, key: &str, left: Side<'_>, right: Side<'_>| {
            walk.path.push(PathElement::Field(key.to_owned()));
            let result = match map.entry(key) {
                Some((ty, _)) => walk.node(left, right, ty),
                None => Err(TypeError::new(&walk.path, right.or(left), UNDECLARED)),
            };
            walk.path.pop();
            match result {
                Ok(Some(value)) => children.push((key.to_owned(), value)),
                Ok(None) => {}
                Err(error) => failed = failed.take().or(Some(error)),
            }
        };
        let maps = (live.filter(|node| node.is_mapping()), applied.filter(|node| node.is_mapping()));
        match maps {
            (Some(live), Some(applied)) => zip(live, applied, |key, left, right| entry(self, key, left, right)),
            (Some(live), None) => live.entries().for_each(|(key, value)| entry(self, key.text(), Some(value), None)),
            (None, Some(applied)) => {
                applied.entries().for_each(|(key, value)| entry(self, key.text(), None, Some(value)));
            }
            (None, None) => {}
        }
        if let Some(error) = failed {
            return Err(error);
        }
        if children.is_empty() {
            return Ok(None);
        }
        let map = self.doc.add_mapping();
        let holder = maps.1.or(maps.0);
        let mut ids = Vec::with_capacity(2 * children.len());
        for (key, value) in children {
            let written = maps.1.and_then(|node| node.entry(&key)).or_else(|| maps.0.and_then(|node| node.entry(&key)));
            ids.push(match written {
                Some((node, _)) => self.doc.import(node),
                None => self.doc.add_str(&key),
            });
            ids.push(value);
        }
        self.doc.set_children(map, &ids);
        holder.into_iter().for_each(|node| self.doc.set_origin_of(map, node));
        Ok(Some(map))
    }

    fn list(&mut self, list: ListAtom<'_>, live: Side<'_>, applied: Side<'_>) -> Out {
        let full = |side: Side<'_>| side.is_some_and(|node| node.is_sequence() && !node.is_empty());
        if list.atomic || !(full(live) || full(applied)) {
            return self.leaf(live, applied);
        }
        let items = self.items(list, live, applied)?;
        if items.is_empty() {
            return Ok(None);
        }
        let id = self.doc.add_sequence();
        self.doc.set_children(id, &items);
        let holder = applied.filter(|node| node.is_sequence()).or(live);
        holder.into_iter().for_each(|node| self.doc.set_origin_of(id, node));
        Ok(Some(id))
    }

    /// Items of both lists in one order: shared ones as `applied` has them, others where they stood before the next
    /// shared one.
    fn items(&mut self, list: ListAtom<'_>, live: Side<'_>, applied: Side<'_>) -> Result<Vec<NodeId>, TypeError> {
        let (right, new) = self.index(list, applied, false)?;
        let (left, old) = self.index(list, live, true)?;
        let mut shared = right.iter().map(|(element, _)| element).filter(|element| old.contains_key(element));
        let mut next = shared.next();
        let mut merged = BTreeSet::new();
        let mut out = Vec::with_capacity(left.len().max(right.len()));
        let (mut l, mut r) = (0, 0);
        while l < left.len() || r < right.len() {
            if l < left.len() && r < right.len() {
                let element = &left[l].0;
                if *element == right[r].0 {
                    merged.insert(element);
                    out.extend(self.item(list, element, old[element], Some(right[r].1))?);
                    (l, r) = (l + 1, r + 1);
                    next = shared.next();
                    continue;
                }
                if new.contains_key(element) && next.is_some_and(|next| next != element) {
                    // Shared, but it is another one's turn.
                    l += 1;
                    continue;
                }
            }
            if let Some((element, item)) = left.get(l) {
                if !new.contains_key(element) {
                    out.extend(self.item(list, element, Some(*item), None)?);
                    l += 1;
                    continue;
                } else if merged.contains(element) {
                    l += 1;
                }
            }
            if let Some((element, item)) = right.get(r) {
                merged.insert(element);
                out.extend(self.item(list, element, old.get(element).copied().flatten(), Some(*item))?);
                r += 1;
                if next == Some(element) {
                    next = shared.next();
                }
            }
        }
        Ok(out)
    }

    fn item(&mut self, list: ListAtom<'_>, element: &PathElement, live: Side<'_>, applied: Side<'_>) -> Out {
        self.path.push(element.clone());
        let out = self.node(live, applied, list.items);
        self.path.pop();
        out
    }

    /// The items in order, and by identity; one that the list has twice is not merged with anything.
    fn index<'a>(&self, list: ListAtom<'_>, side: Side<'a>, twice: bool) -> Result<Items<'a>, TypeError> {
        let (mut order, mut index) = (Vec::new(), BTreeMap::new());
        for item in side.into_iter().flat_map(Node::items) {
            let fail = |message: String| TypeError::new(&self.path, Some(item), message);
            let element = list.element(item).map_err(|message| fail(message.to_owned()))?;
            let known = index.insert(element.clone(), Some(item)).is_some();
            if known && !twice {
                return Err(fail(format!("duplicate entries for key {element}")));
            }
            if known {
                index.insert(element.clone(), None);
            }
            order.push((element, item));
        }
        Ok((order, index))
    }
}
