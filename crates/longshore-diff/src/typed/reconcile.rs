//! A field set that was recorded under another schema: what became atomic or granular since.

use longshore_yaml::Node;

use super::atom::Atom;
use super::{ObjectType, TypeError, field_set};
use crate::fields::FieldSet;
use crate::path::PathElement;

/// The set as it would be under the type of today: fields below what is atomic now become that field, an atomic field
/// that is granular now becomes the fields that the live object has there.
pub(crate) fn reconcile(set: &FieldSet, live: Node<'_>, ty: ObjectType<'_>) -> Result<FieldSet, TypeError> {
    if ty == ObjectType::Deduced {
        return Ok(set.clone());
    }
    let mut walk = Walk { live, ty, path: Vec::new(), gone: FieldSet::new(), new: FieldSet::new() };
    walk.node(Some(set), false, ty)?;
    Ok(set.recursive_difference(&walk.gone).union(&walk.new))
}

struct Walk<'a, 's> {
    live: Node<'a>,
    ty: ObjectType<'s>,
    path: Vec<PathElement>,
    gone: FieldSet,
    new: FieldSet,
}

impl<'s> Walk<'_, 's> {
    /// `whole`: the set has the field and nothing below it.
    fn node(&mut self, set: Option<&FieldSet>, whole: bool, ty: ObjectType<'s>) -> Result<(), TypeError> {
        let atom = Atom::of(ty);
        // A mapping that the schema calls granular in so many words never was atomic: its owner set it to nothing.
        let (atomic, is_list, granular) = match atom {
            Atom { map: Some(map), .. } => (map.atomic, false, !map.stated),
            Atom { scalar: Some(_), .. } => return Ok(()),
            Atom { list: Some(list), .. } => (list.atomic, true, !list.atomic),
            _ => return Ok(()),
        };
        if !whole && atomic {
            if is_list || set.is_some_and(|set| !set.is_empty()) {
                self.gone.insert(&self.path);
                self.new.insert(&self.path);
            }
            return Ok(());
        }
        if whole && granular {
            self.granular()?;
        }
        let Some(set) = set else { return Ok(()) };
        let below = set.children().map(|(element, _)| element).filter(|element| !has(set, element));
        for element in below.chain(set.members()) {
            let ty = match (element, atom) {
                (PathElement::Field(name), Atom { map: Some(map), .. }) => {
                    map.entry(name).map_or(ObjectType::Deduced, |(ty, _)| ty)
                }
                (_, Atom { list: Some(list), .. }) => list.items,
                _ => ObjectType::Deduced,
            };
            let child = set.child(element);
            self.path.push(element.clone());
            let result = match ty {
                ObjectType::Deduced => Ok(()),
                known => self.node(child, has(set, element) && child.is_none(), known),
            };
            self.path.pop();
            result?;
        }
        Ok(())
    }

    /// Adds what the live object has below the path.
    fn granular(&mut self) -> Result<(), TypeError> {
        let all = field_set(self.live, self.ty)?;
        let below = self.path.iter().try_fold(&all, |set, element| set.child(element));
        for path in below.map(FieldSet::paths).unwrap_or_default() {
            let path: Vec<PathElement> = self.path.iter().cloned().chain(path.elements).collect();
            self.new.insert(&path);
        }
        Ok(())
    }
}

fn has(set: &FieldSet, element: &PathElement) -> bool {
    set.contains(std::slice::from_ref(element))
}
