//! Places that two changes of one document treat differently.

use std::collections::HashMap;
use std::fmt;

use longshore_manifest::FieldPath;
use longshore_manifest::PathElement;
use longshore_manifest::schema::TypeRef;
use longshore_yaml::{Kind, Location, Node};

use super::{DIRECTIVE, Items, RETAIN_KEYS, field, items_of, key_of};
use crate::error::ApplyError;
use crate::json::same_value;

/// What becomes of places that both sides have changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnConflict {
    /// They are an error that lists them all.
    #[default]
    Report,
    /// The patch wins.
    Overwrite,
}

/// A place that both sides have changed since the last apply, in different ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Where.
    pub path: FieldPath,
    /// Where the patch's value is written, where that is known.
    pub modified: Option<Location>,
    /// Where the current value is written, where that is known.
    pub current: Option<Location>,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path)?;
        match (&self.modified, &self.current) {
            (Some(modified), Some(current)) => write!(f, " ({modified} against {current})"),
            (Some(at), None) | (None, Some(at)) => write!(f, " ({at})"),
            (None, None) => Ok(()),
        }
    }
}

/// A three-way patch that cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ThreeWayError {
    /// Both sides changed the same places.
    #[error("{} of the fields to apply were changed by someone else: {}", .0.len(), list(.0))]
    Conflicts(Vec<Conflict>),
    /// A document that cannot be compared.
    #[error(transparent)]
    Apply(#[from] ApplyError),
}

fn list(conflicts: &[Conflict]) -> String {
    conflicts.iter().map(Conflict::to_string).collect::<Vec<_>>().join(", ")
}

/// All places where two patches contradict each other.
pub(super) fn find(left: Node<'_>, right: Node<'_>, schema: Option<TypeRef<'_>>) -> Result<Vec<Conflict>, ApplyError> {
    let mut finder = Finder { path: FieldPath::root(), found: Vec::new() };
    finder.maps(left, right, schema)?;
    Ok(finder.found)
}

struct Finder {
    path: FieldPath,
    found: Vec<Conflict>,
}

impl Finder {
    fn conflict(&mut self, left: Node<'_>, right: Node<'_>) {
        let (modified, current) = (left.location(), right.location());
        self.found.push(Conflict { path: self.path.clone(), modified, current });
    }

    fn below<T>(&mut self, step: PathElement, run: impl FnOnce(&mut Self) -> T) -> T {
        self.path.elements.push(step);
        let out = run(self);
        self.path.elements.pop();
        out
    }

    fn maps(&mut self, left: Node<'_>, right: Node<'_>, schema: Option<TypeRef<'_>>) -> Result<(), ApplyError> {
        let directive = |node: Node<'_>| node.get(DIRECTIVE).map(|value| value.text().to_owned());
        if directive(left) != directive(right) {
            self.conflict(left, right);
            return Ok(());
        }
        let theirs: HashMap<&str, Node<'_>> = right.entries().map(|(key, value)| (key.text(), value)).collect();
        for (key, value) in left.entries() {
            let name = key.text();
            if let Some(&other) = theirs.get(name).filter(|_| name != DIRECTIVE && name != RETAIN_KEYS) {
                let (field_type, merge_key) = field(schema, name);
                let step = PathElement::Field(name.to_owned());
                self.below(step, |finder| finder.values(value, other, field_type, merge_key))?;
            }
        }
        Ok(())
    }

    fn values(
        &mut self,
        left: Node<'_>,
        right: Node<'_>,
        schema: Option<TypeRef<'_>>,
        merge_key: &str,
    ) -> Result<(), ApplyError> {
        let strategy = schema.map(TypeRef::patch_strategy).unwrap_or_default();
        match (left.resolved().kind(), right.resolved().kind()) {
            (Kind::Mapping, Kind::Mapping) if strategy.replace => Ok(()),
            (Kind::Mapping, Kind::Mapping) => self.maps(left, right, schema),
            (Kind::Sequence, Kind::Sequence) if strategy.merge => {
                match items_of(left.items().chain(right.items()))? {
                    // Sets of scalars never contradict each other.
                    Some(Items::Scalars) | None => Ok(()),
                    Some(Items::Maps) => self.keyed(left, right, schema.and_then(TypeRef::items), merge_key),
                }
            }
            _ => {
                if !same_value(left, right) && !same_set(left, right) {
                    self.conflict(left, right);
                }
                Ok(())
            }
        }
    }

    fn keyed(
        &mut self,
        left: Node<'_>,
        right: Node<'_>,
        schema: Option<TypeRef<'_>>,
        merge_key: &str,
    ) -> Result<(), ApplyError> {
        let mut theirs: HashMap<&str, Node<'_>> = HashMap::new();
        for item in right.items() {
            theirs.insert(key_of(item, merge_key)?.text(), item);
        }
        for item in left.items() {
            let name = key_of(item, merge_key)?;
            if let Some(&other) = theirs.get(name.text()) {
                let value = name.to_json().unwrap_or_default();
                let step = PathElement::Key(vec![(merge_key.to_owned(), value)]);
                self.below(step, |finder| finder.maps(item, other, schema))?;
            }
        }
        Ok(())
    }
}

/// Lists of scalars whose order does not matter.
fn same_set(left: Node<'_>, right: Node<'_>) -> bool {
    let sorted = |list: Node<'_>| {
        let mut texts: Vec<String> = list.items().map(super::token).collect();
        texts.sort_unstable();
        texts.dedup();
        texts
    };
    let scalars = |list: Node<'_>| list.is_sequence() && list.items().all(|item| item.kind() == Kind::Scalar);
    scalars(left) && scalars(right) && left.len() == right.len() && sorted(left) == sorted(right)
}
