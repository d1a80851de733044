//! Sets of fields, as `managedFields` records who owns what.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use longshore_manifest::PathElementError;
use serde_json::{Map, Value};

use crate::path::{FieldPath, PathElement};

/// A set of paths: which fields a manager owns.
///
/// The set of a mapping's entry does not contain the mapping itself unless that is a member too. Read from, and printed
/// as, `FieldsV1`: an object whose keys are path elements (`f:name`, `k:{"name":"web"}`, `v:"a"`, `i:0`), `.` for a
/// member that has members below it, in the order of [`PathElement`].
///
/// ```
/// use longshore_diff::FieldSet;
///
/// let set: FieldSet = r#"{"f:spec":{"f:replicas":{},"f:containers":{"k:{\"name\":\"web\"}":{".":{},"f:image":{}}}}}"#.parse()?;
/// let paths: Vec<String> = set.paths().iter().map(|path| path.to_string()).collect();
/// assert_eq!(paths, ["spec.containers[name=\"web\"]", "spec.containers[name=\"web\"].image", "spec.replicas"]);
/// assert_eq!(set.to_string().parse::<FieldSet>()?, set);
/// # Ok::<(), longshore_diff::FieldsError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSet {
    members: BTreeSet<PathElement>,
    children: BTreeMap<PathElement, FieldSet>,
}

/// A text or value that is not `FieldsV1`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not FieldsV1: {message}")]
pub struct FieldsError {
    message: String,
}

/// How deep paths of a set may be.
const DEPTH: usize = 1_000;

impl FieldSet {
    /// The empty set.
    pub fn new() -> Self {
        FieldSet::default()
    }

    /// Whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty() && self.children.values().all(FieldSet::is_empty)
    }

    /// Number of members.
    pub fn len(&self) -> usize {
        self.members.len() + self.children.values().map(FieldSet::len).sum::<usize>()
    }

    /// Adds a path; what lies above it does not become a member. The root is never a member.
    pub fn insert(&mut self, path: &[PathElement]) {
        match path {
            [] => {}
            [last] => drop(self.members.insert(last.clone())),
            [first, rest @ ..] => self.children.entry(first.clone()).or_default().insert(rest),
        }
    }

    /// Whether the path is a member.
    pub fn contains(&self, path: &[PathElement]) -> bool {
        match path {
            [] => false,
            [last] => self.members.contains(last),
            [first, rest @ ..] => self.children.get(first).is_some_and(|child| child.contains(rest)),
        }
    }

    /// The members below a path element, with it taken off; `None` where there is none.
    pub fn child(&self, element: &PathElement) -> Option<&FieldSet> {
        self.children.get(element)
    }

    /// Path elements that are members themselves, in order.
    pub fn members(&self) -> impl Iterator<Item = &PathElement> {
        self.members.iter()
    }

    /// Path elements that have members below them, in order, with those.
    pub fn children(&self) -> impl Iterator<Item = (&PathElement, &FieldSet)> {
        self.children.iter()
    }

    pub(crate) fn put_child(&mut self, element: PathElement, set: FieldSet) {
        if !set.is_empty() {
            self.children.insert(element, set);
        }
    }

    pub(crate) fn put_member(&mut self, element: PathElement) {
        self.members.insert(element);
    }

    /// Paths in either set.
    pub fn union(&self, other: &FieldSet) -> FieldSet {
        let mut out = self.clone();
        out.members.extend(other.members.iter().cloned());
        for (element, set) in &other.children {
            match out.children.get_mut(element) {
                Some(mine) => *mine = mine.union(set),
                None => drop(out.children.insert(element.clone(), set.clone())),
            }
        }
        out
    }

    /// Paths in both sets.
    pub fn intersection(&self, other: &FieldSet) -> FieldSet {
        let mut out = FieldSet { members: &self.members & &other.members, children: BTreeMap::new() };
        for (element, set) in &self.children {
            if let Some(theirs) = other.children.get(element) {
                out.put_child(element.clone(), set.intersection(theirs));
            }
        }
        out
    }

    /// Paths in this set and not in the other. Members below a path of the other stay.
    pub fn difference(&self, other: &FieldSet) -> FieldSet {
        let mut out = FieldSet { members: &self.members - &other.members, children: BTreeMap::new() };
        for (element, set) in &self.children {
            match other.children.get(element) {
                Some(theirs) => out.put_child(element.clone(), set.difference(theirs)),
                None => out.put_child(element.clone(), set.clone()),
            }
        }
        out
    }

    /// Paths in this set that are neither in the other nor below one of its paths.
    pub fn recursive_difference(&self, other: &FieldSet) -> FieldSet {
        let mut out = FieldSet { members: &self.members - &other.members, children: BTreeMap::new() };
        for (element, set) in self.children.iter().filter(|(element, _)| !other.members.contains(element)) {
            match other.children.get(element) {
                Some(theirs) => out.put_child(element.clone(), set.recursive_difference(theirs)),
                None => out.put_child(element.clone(), set.clone()),
            }
        }
        out
    }

    /// Members that have no members below them.
    pub fn leaves(&self) -> FieldSet {
        let leaf = |element: &&PathElement| self.children.get(element).is_none_or(FieldSet::is_empty);
        let mut out = FieldSet { members: self.members.iter().filter(leaf).cloned().collect(), ..FieldSet::new() };
        self.children.iter().for_each(|(element, set)| out.put_child(element.clone(), set.leaves()));
        out
    }

    /// All members, in order: what lies above before what lies below.
    pub fn paths(&self) -> Vec<FieldPath> {
        let mut paths = Vec::with_capacity(self.len());
        self.gather(&mut Vec::new(), &mut paths);
        paths.sort();
        paths
    }

    fn gather(&self, at: &mut Vec<PathElement>, paths: &mut Vec<FieldPath>) {
        for element in &self.members {
            paths.push(at.iter().chain([element]).cloned().collect());
        }
        for (element, set) in &self.children {
            at.push(element.clone());
            set.gather(at, paths);
            at.pop();
        }
    }

    /// Reads `FieldsV1`.
    pub fn from_json(value: &Value) -> Result<Self, FieldsError> {
        FieldSet::read(value, 0).map(|(set, _)| set)
    }

    /// The set below a key, and whether the key itself is a member.
    fn read(value: &Value, depth: usize) -> Result<(Self, bool), FieldsError> {
        let error = |message: String| FieldsError { message };
        let map = value.as_object().ok_or_else(|| error(format!("expected an object, found {value}")))?;
        if depth > DEPTH {
            return Err(error(format!("paths are deeper than {DEPTH}")));
        }
        let (mut set, mut member) = (FieldSet::new(), map.is_empty());
        for (key, below) in map {
            if key == "." {
                member = true;
                continue;
            }
            let element: PathElement = key.parse().map_err(|problem: PathElementError| error(problem.to_string()))?;
            let (child, is_member) = FieldSet::read(below, depth + 1)?;
            if is_member {
                set.members.insert(element.clone());
            }
            set.put_child(element, child);
        }
        Ok((set, member))
    }

    /// The set as `FieldsV1`.
    pub fn to_json(&self) -> Value {
        let mut map = Map::new();
        for element in &self.members {
            map.insert(element.to_fields_v1(), Value::Object(Map::new()));
        }
        for (element, set) in self.children.iter().filter(|(_, set)| !set.is_empty()) {
            let mut below = set.to_json();
            if let (true, Value::Object(below)) = (self.members.contains(element), &mut below) {
                below.insert(".".to_owned(), Value::Object(Map::new()));
            }
            map.insert(element.to_fields_v1(), below);
        }
        Value::Object(map)
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, member: bool) -> fmt::Result {
        f.write_str("{")?;
        let mut separator = "";
        if member && !self.is_empty() {
            f.write_str(r#"".":{}"#)?;
            separator = ",";
        }
        let below: BTreeSet<&PathElement> = self.members.iter().chain(self.children.keys()).collect();
        for element in below {
            let (member, set) = (self.members.contains(element), self.children.get(element));
            if !member && set.is_none_or(FieldSet::is_empty) {
                continue;
            }
            write!(f, "{separator}{}:", Value::String(element.to_fields_v1()))?;
            set.unwrap_or(&FieldSet::new()).write(f, member)?;
            separator = ",";
        }
        f.write_str("}")
    }
}

impl fmt::Display for FieldSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, false)
    }
}

impl std::str::FromStr for FieldSet {
    type Err = FieldsError;

    fn from_str(text: &str) -> Result<Self, FieldsError> {
        let value = serde_json::from_str(text).map_err(|error| FieldsError { message: error.to_string() })?;
        FieldSet::from_json(&value)
    }
}

impl<'p> FromIterator<&'p FieldPath> for FieldSet {
    fn from_iter<I: IntoIterator<Item = &'p FieldPath>>(paths: I) -> Self {
        let mut set = FieldSet::new();
        paths.into_iter().for_each(|path| set.insert(&path.elements));
        set
    }
}
