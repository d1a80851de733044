//! When two trees are the same, and a hash that agrees with it.

use std::cell::{Cell, OnceCell};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use longshore_yaml::{Kind, Node, Scalar, Tag};

use crate::options::Limits;

/// What is left of the work that a comparison may be.
#[derive(Debug)]
pub(crate) struct Budget {
    depth: usize,
    nodes: Cell<usize>,
    spent: Cell<bool>,
}

impl Budget {
    pub(crate) fn new(limits: Limits) -> Self {
        Budget { depth: limits.depth, nodes: Cell::new(limits.nodes), spent: Cell::new(false) }
    }

    /// Pays for one node at this depth; `false` where a limit is reached, which is remembered.
    pub(crate) fn visit(&self, depth: usize) -> bool {
        let left = self.nodes.get();
        if left == 0 || depth > self.depth {
            self.spent.set(true);
            return false;
        }
        self.nodes.set(left - 1);
        true
    }

    /// Whether a limit was reached.
    pub(crate) fn is_spent(&self) -> bool {
        self.spent.get()
    }
}

/// Whether two trees are the same. Past a limit they are not: what was not looked at is never called equal.
pub(crate) fn equal(a: Node<'_>, b: Node<'_>, depth: usize, budget: &Budget) -> bool {
    if !budget.visit(depth) {
        return false;
    }
    let (a, b) = (a.resolved(), b.resolved());
    match (a.kind(), b.kind()) {
        (Kind::Scalar, Kind::Scalar) => scalar_equal(a, b),
        (Kind::Sequence, Kind::Sequence) => {
            a.len() == b.len() && a.items().zip(b.items()).all(|(a, b)| equal(a, b, depth + 1, budget))
        }
        (Kind::Mapping, Kind::Mapping) if a.len() == b.len() => {
            let mut others = b.entries();
            let lookup = Lookup::new(b);
            a.entries().all(|(key, value)| match others.next() {
                Some((other, found)) if other.text() == key.text() => equal(value, found, depth + 1, budget),
                _ => lookup.get(key.text()).is_some_and(|found| equal(value, found, depth + 1, budget)),
            })
        }
        _ => false,
    }
}

/// Whether two scalars are the same in type and value. NaN is the same as itself.
pub(crate) fn scalar_equal(a: Node<'_>, b: Node<'_>) -> bool {
    let custom = |node: Node<'_>| node.tag() == Tag::Custom;
    if custom(a) || custom(b) {
        return custom(a) == custom(b) && a.explicit_tag() == b.explicit_tag() && a.text() == b.text();
    }
    if a.tag() == b.tag() && a.text() == b.text() {
        return true;
    }
    match (a.scalar(), b.scalar()) {
        (Some(Scalar::Float(a)), Some(Scalar::Float(b))) => a == b || (a.is_nan() && b.is_nan()),
        (a, b) => a == b,
    }
}

/// A hash that is the same for trees that are [`equal`].
pub(crate) fn hash(node: Node<'_>, depth: usize, budget: &Budget) -> u64 {
    let mut hasher = DefaultHasher::new();
    if !budget.visit(depth) {
        return 0;
    }
    let node = node.resolved();
    match node.kind() {
        Kind::Mapping => {
            let entry = |(key, value): (Node<'_>, Node<'_>)| {
                let mut hasher = DefaultHasher::new();
                (key.text(), hash(value, depth + 1, budget)).hash(&mut hasher);
                hasher.finish()
            };
            (1u8, node.len(), node.entries().map(entry).fold(0u64, u64::wrapping_add)).hash(&mut hasher);
        }
        Kind::Sequence => {
            2u8.hash(&mut hasher);
            node.items().for_each(|item| hash(item, depth + 1, budget).hash(&mut hasher));
        }
        _ => match node.scalar() {
            Some(Scalar::Bool(value)) => (3u8, value).hash(&mut hasher),
            Some(Scalar::Int(value)) => (4u8, value).hash(&mut hasher),
            Some(Scalar::Uint(value)) => (5u8, value).hash(&mut hasher),
            Some(Scalar::Float(value)) if value == 0.0 || value.is_nan() => (6u8, value.is_nan()).hash(&mut hasher),
            Some(Scalar::Float(value)) => (7u8, value.to_bits()).hash(&mut hasher),
            Some(Scalar::Str(text)) => (8u8, text).hash(&mut hasher),
            _ => 9u8.hash(&mut hasher),
        },
    }
    hasher.finish()
}

/// Above this many entries a mapping is searched through an index.
const LINEAR: usize = 16;

/// Values of one mapping by key: searched as they lie while they are few, by an index when they are many.
pub(crate) struct Lookup<'a> {
    map: Node<'a>,
    index: OnceCell<HashMap<&'a str, Node<'a>>>,
}

impl<'a> Lookup<'a> {
    pub(crate) fn new(map: Node<'a>) -> Self {
        Lookup { map, index: OnceCell::new() }
    }

    pub(crate) fn get(&self, key: &str) -> Option<Node<'a>> {
        if self.map.len() <= LINEAR {
            return self.map.entries().find(|(name, _)| name.text() == key).map(|(_, value)| value);
        }
        let index = self.index.get_or_init(|| {
            let mut index = HashMap::with_capacity(self.map.len());
            for (name, value) in self.map.entries() {
                // The first of equal keys counts, as it does in a search.
                index.entry(name.text()).or_insert(value);
            }
            index
        });
        index.get(key).copied()
    }
}

/// The entries of two mappings side by side: those of `before` in order, then those that only `after` has.
pub(crate) fn zip<'a>(
    before: Node<'a>,
    after: Node<'a>,
    mut each: impl FnMut(&'a str, Option<Node<'a>>, Option<Node<'a>>),
) {
    let (left, right) = (Lookup::new(before), Lookup::new(after));
    let mut others = after.entries();
    for (key, value) in before.entries() {
        let found = match others.next() {
            Some((other, found)) if other.text() == key.text() => Some(found),
            _ => right.get(key.text()),
        };
        each(key.text(), Some(value), found);
    }
    let mut others = before.entries();
    for (key, value) in after.entries() {
        let known = others.next().is_some_and(|(other, _)| other.text() == key.text());
        if !known && left.get(key.text()).is_none() {
            each(key.text(), None, Some(value));
        }
    }
}
