//! When two trees are equal. The comparison keeps its own stack: no depth of a tree is too much for it.

use std::collections::HashMap;

use crate::node::{Kind, Node, Tag};

/// Up to this many keys are looked for one by one; beyond, through a map.
const FEW_KEYS: usize = 8;

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        same_trees(*self, *other, pair_values)
    }
}

/// Whether two trees are equal, the entries of every mapping in one order.
pub(crate) fn same_in_order(a: Node<'_>, b: Node<'_>) -> bool {
    same_trees(a, b, |a, b, pairs| {
        for ((key, value), (other, found)) in a.entries().zip(b.entries()) {
            pairs.extend([(key, other), (value, found)]);
        }
        true
    })
}

type Pairs<'a> = Vec<(Node<'a>, Node<'a>)>;

/// `pair` adds what must be equal for two mappings of one length to be, or says that they are not.
fn same_trees<'a>(a: Node<'a>, b: Node<'a>, pair: impl Fn(Node<'a>, Node<'a>, &mut Pairs<'a>) -> bool) -> bool {
    let mut pairs = vec![(a, b)];
    while let Some((a, b)) = pairs.pop() {
        let (a, b) = (a.resolved(), b.resolved());
        if a.kind() != b.kind() || a.len() != b.len() {
            return false;
        }
        let same = match a.kind() {
            Kind::Mapping => pair(a, b, &mut pairs),
            Kind::Sequence => {
                pairs.extend(a.items().zip(b.items()));
                true
            }
            _ => same_scalar(a, b),
        };
        if !same {
            return false;
        }
    }
    true
}

fn same_scalar(a: Node<'_>, b: Node<'_>) -> bool {
    let custom = (a.tag() == Tag::Custom, b.tag() == Tag::Custom);
    a.scalar() == b.scalar() && custom.0 == custom.1 && (!custom.0 || a.explicit_tag() == b.explicit_tag())
}

/// Pairs each value with that under the same key; false where a key is missing.
///
/// A walk in step serves mappings with their keys in one order; keys that are collections must stand in one order.
fn pair_values<'a>(a: Node<'a>, b: Node<'a>, pairs: &mut Pairs<'a>) -> bool {
    let mut in_step = true;
    let mut others = b.entries();
    let mut places = None;
    for (key, value) in a.entries() {
        let key = key.resolved();
        let other = others.next().map(|(other, found)| (other.resolved(), found));
        match other {
            Some((other, found)) if key.kind() != Kind::Scalar => pairs.extend([(key, other), (value, found)]),
            Some((other, found)) if other.kind() == Kind::Scalar && same_scalar(key, other) => {
                pairs.push((value, found));
            }
            _ => match find(key, b, &mut places) {
                Some(found) => {
                    in_step = false;
                    pairs.push((value, found));
                }
                None => return false,
            },
        }
    }
    // Where one mapping has a key twice, the other may have one that it lacks.
    in_step || has_keys(a, b)
}

/// Whether `a` has every scalar key of `b`.
fn has_keys<'a>(a: Node<'a>, b: Node<'a>) -> bool {
    let mut places = None;
    let mut keys = b.entries().map(|(key, _)| key.resolved()).filter(|key| key.kind() == Kind::Scalar);
    keys.all(|key| find(key, a, &mut places).is_some())
}

type Places<'a> = HashMap<&'a str, (Node<'a>, Node<'a>)>;

/// The value under a scalar key, first by its text, then by its value: `1` and `01` are one.
fn find<'a>(key: Node<'a>, map: Node<'a>, places: &mut Option<Places<'a>>) -> Option<Node<'a>> {
    let same = |other: Node<'a>| other.kind() == Kind::Scalar && same_scalar(key, other);
    if map.len() > FEW_KEYS {
        let places = places.get_or_insert_with(|| {
            let entries = map.entries().map(|(name, value)| (name.resolved(), value));
            entries.map(|(name, value)| (name.text(), (name, value))).collect()
        });
        if let Some((_, found)) = places.get(key.text()).filter(|(name, _)| same(*name)) {
            return Some(*found);
        }
    }
    map.entries().find(|(name, _)| same(name.resolved())).map(|(_, value)| value)
}
