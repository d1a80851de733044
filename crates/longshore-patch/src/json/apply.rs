//! Applying a JSON Patch: all operations or none.

use longshore_yaml::{Document, Kind, Node, NodeId, Scalar};

use super::{Operation, Patch};
use crate::error::ApplyError;
use crate::pointer::{Pointer, index};
use crate::undo::Draft;

/// Whose rules apply where programs differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// RFC 6902 to the letter.
    #[default]
    Rfc6902,
    /// evanphx/json-patch v4.13, which Kustomize uses: an index may be negative and counts from the end then, may have
    /// leading zeros or a plus sign; `replace` of an entry that is absent adds it; `copy` of one gives null, and
    /// `test` finds null there; only `replace` and `test` may mean the root.
    Evanphx,
}

/// Applies all operations in order, or leaves the document as it was. Takes time in proportion to the operations and
/// the lists and mappings they touch.
///
/// # Errors
/// The first operation that fails: its index, its pointer and the place where it is written.
pub fn apply(doc: &mut Document, patch: &Patch) -> Result<(), ApplyError> {
    apply_with(doc, patch, Dialect::Rfc6902)
}

/// Applies all operations by the rules of a dialect, or leaves the document as it was.
///
/// # Errors
/// As [`apply`].
pub fn apply_with(doc: &mut Document, patch: &Patch, dialect: Dialect) -> Result<(), ApplyError> {
    let mut apply = Apply { root: doc.root_id(), draft: Draft::new(doc), dialect };
    for (at, operation) in patch.operations().iter().enumerate() {
        apply.operation(operation).map_err(|reason| {
            ApplyError::of_operation(at, operation.name(), operation.path(), patch.origin(at), reason)
        })?;
    }
    let Apply { root, draft, .. } = apply;
    draft.keep(root);
    Ok(())
}

struct Apply<'d> {
    draft: Draft<'d>,
    root: NodeId,
    dialect: Dialect,
}

/// Why an operation fails.
type Outcome<T> = Result<T, String>;

impl Apply<'_> {
    fn operation(&mut self, operation: &Operation) -> Outcome<()> {
        let only_below = matches!(operation, Operation::Replace { .. } | Operation::Test { .. });
        if self.dialect == Dialect::Evanphx && operation.path().is_root() && !only_below {
            return Err("the root cannot be changed so: missing value".to_owned());
        }
        match operation {
            Operation::Add { path, value } => {
                let value = self.draft.doc.import(value.root());
                self.add(path, value)
            }
            Operation::Remove { path } => self.remove(path).map(drop),
            Operation::Replace { path, value } => {
                let value = self.draft.doc.import(value.root());
                self.replace(path, value)
            }
            Operation::Move { from, path } if from == path => self.find(from).map(drop),
            Operation::Move { from, path } if from.is_prefix_of(path) => {
                Err(format!("{from} cannot be moved into itself"))
            }
            Operation::Move { from, path } => {
                let value = self.remove(from)?;
                self.add(path, value)
            }
            Operation::Copy { from, path } => {
                let copy = self.copy(from)?;
                self.add(path, copy)
            }
            Operation::Test { path, value } => self.test(path, value.root()),
        }
    }

    fn copy(&mut self, from: &Pointer) -> Outcome<NodeId> {
        match self.find(from) {
            Ok(found) => {
                let copy = Document::from_node(self.draft.node(found));
                Ok(self.draft.doc.import(copy.root()))
            }
            Err(_) if self.dialect == Dialect::Evanphx && self.is_absent_entry(from) => Ok(self.draft.doc.add_null()),
            Err(reason) => Err(reason),
        }
    }

    /// Whether a place that holds nothing is one in a mapping.
    fn is_absent_entry(&self, path: &Pointer) -> bool {
        let parent = path.split_last().and_then(|(parents, _)| self.walk(parents).ok());
        parent.is_some_and(|parent| self.draft.node(parent).is_mapping())
    }

    fn test(&self, path: &Pointer, value: Node<'_>) -> Outcome<()> {
        let found = match self.find(path) {
            Ok(found) => found,
            Err(_) if self.dialect == Dialect::Evanphx && value.is_null() && self.is_absent_entry(path) => {
                return Ok(());
            }
            Err(reason) => return Err(reason),
        };
        match same_value(self.draft.node(found), value) {
            true => Ok(()),
            false => Err("another value is there: testing value failed".to_owned()),
        }
    }

    /// The node at a place.
    fn find(&self, path: &Pointer) -> Outcome<NodeId> {
        self.walk(path.steps())
    }

    fn walk(&self, steps: &[String]) -> Outcome<NodeId> {
        let mut node = self.draft.node(self.root);
        for (depth, step) in steps.iter().enumerate() {
            let next = match node.resolved().kind() {
                Kind::Sequence => self.index(step, node.len()).and_then(|at| node.item(at)),
                _ => node.get(step),
            };
            node = next.ok_or_else(|| missing(&steps[..=depth], node))?;
        }
        Ok(node.resolved().id())
    }

    /// The item that a step names in a list of this length.
    fn index(&self, step: &str, len: usize) -> Option<usize> {
        if self.dialect == Dialect::Rfc6902 {
            return index(step);
        }
        let at: i64 = step.parse().ok()?;
        if at < 0 { len.checked_sub(at.unsigned_abs() as usize) } else { usize::try_from(at).ok() }
    }

    fn add(&mut self, path: &Pointer, value: NodeId) -> Outcome<()> {
        let Some((parents, last)) = path.split_last() else {
            self.root = value;
            return Ok(());
        };
        let parent = self.walk(parents)?;
        let node = self.draft.node(parent);
        match node.kind() {
            Kind::Mapping => {
                self.draft.map_set(parent, last, value);
                Ok(())
            }
            Kind::Sequence => {
                let len = node.len();
                // One more place than items: behind the last.
                let at = if last == "-" { Some(len) } else { self.index(last, len + 1) };
                match at.filter(|&at| at <= len) {
                    Some(at) => {
                        self.draft.seq_insert(parent, at, value);
                        Ok(())
                    }
                    None => Err(format!("'{last}' is no place in a list of {len} items")),
                }
            }
            _ => Err(format!("{} is a scalar, nothing can be added to it", Pointer::from_iter(parents))),
        }
    }

    fn remove(&mut self, path: &Pointer) -> Outcome<NodeId> {
        let Some((parents, last)) = path.split_last() else {
            let null = self.draft.doc.add_null();
            return Ok(std::mem::replace(&mut self.root, null));
        };
        let parent = self.walk(parents)?;
        let node = self.draft.node(parent);
        let (is_list, at) = (node.is_sequence(), self.index(last, node.len()));
        let gone = if is_list {
            at.and_then(|at| self.draft.seq_remove(parent, at))
        } else {
            self.draft.map_remove(parent, last)
        };
        gone.ok_or_else(|| missing(path.steps(), self.draft.node(parent)))
    }

    fn replace(&mut self, path: &Pointer, value: NodeId) -> Outcome<()> {
        let Some((parents, last)) = path.split_last() else {
            self.root = value;
            return Ok(());
        };
        let parent = self.walk(parents)?;
        let node = self.draft.node(parent);
        if node.is_sequence() {
            let at = self.index(last, node.len()).filter(|&at| at < node.len());
            let at = at.ok_or_else(|| missing(path.steps(), node))?;
            self.draft.seq_remove(parent, at);
            self.draft.seq_insert(parent, at, value);
            return Ok(());
        }
        let lenient = self.dialect == Dialect::Evanphx && node.is_mapping();
        if !lenient && node.get(last).is_none() {
            return Err(missing(path.steps(), node));
        }
        self.draft.map_set(parent, last, value);
        Ok(())
    }
}

/// Names what is missing, what is there instead, and the nearest name.
fn missing(steps: &[String], parent: Node<'_>) -> String {
    let path = Pointer::from_iter(steps);
    let last = steps.last().map_or("", String::as_str);
    match parent.resolved().kind() {
        Kind::Mapping => {
            let near = parent.entries().map(|(key, _)| key.text()).find(|name| name.eq_ignore_ascii_case(last));
            let hint = near.map(|name| format!(", but there is '{name}'")).unwrap_or_default();
            format!("{path} does not exist: missing value{hint}")
        }
        Kind::Sequence => format!("{path} does not exist: missing value, the list has {} items", parent.len()),
        _ => format!("{path} does not exist: missing value, what is above it is a scalar"),
    }
}

/// Equality by RFC 6902 §4.6: numbers by value, mappings whatever their order.
pub(crate) fn same_value(a: Node<'_>, b: Node<'_>) -> bool {
    let (a, b) = (a.resolved(), b.resolved());
    match (a.kind(), b.kind()) {
        (Kind::Mapping, Kind::Mapping) => a.len() == b.len() && same_entries(a, b),
        (Kind::Sequence, Kind::Sequence) => {
            a.len() == b.len() && a.items().zip(b.items()).all(|(a, b)| same_value(a, b))
        }
        (Kind::Scalar, Kind::Scalar) => match (a.scalar(), b.scalar()) {
            (Some(Scalar::Float(x)), Some(y)) | (Some(y), Some(Scalar::Float(x))) => match y {
                Scalar::Int(y) => x == y as f64 && x as i64 == y,
                Scalar::Uint(y) => x == y as f64 && x as u64 == y,
                y => Scalar::Float(x) == y,
            },
            (x, y) => x == y,
        },
        _ => false,
    }
}

/// Whether two mappings of one length hold the same; a walk in step serves those with their keys in one order.
fn same_entries(a: Node<'_>, b: Node<'_>) -> bool {
    let same_key = |a: Node<'_>, b: Node<'_>| match (a.resolved().kind(), b.resolved().kind()) {
        (Kind::Scalar, Kind::Scalar) => a.text() == b.text(),
        _ => a == b,
    };
    let mut others = b.entries();
    a.entries().all(|(key, value)| {
        let in_step = others.next().filter(|(other, _)| same_key(key, *other));
        let found = in_step.or_else(|| b.entries().find(|(other, _)| same_key(key, *other)));
        found.is_some_and(|(_, other)| same_value(value, other))
    })
}
