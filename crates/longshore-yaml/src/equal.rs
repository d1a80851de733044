//! When two trees are equal. The comparison keeps its own stack: no depth of a tree is too much for it.

use std::collections::HashMap;

use crate::node::{Kind, Node, Tag};

/// Up to this many keys are looked for one by one; beyond, through a map.
const FEW_KEYS: usize = 8;

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        let mut pairs = vec![(*self, *other)];
        while let Some((a, b)) = pairs.pop() {
            let (a, b) = (a.resolved(), b.resolved());
            if a.kind() != b.kind() || a.len() != b.len() {
                return false;
            }
            let same = match a.kind() {
                Kind::Mapping => pair_values(a, b, &mut pairs),
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
}

fn same_scalar(a: Node<'_>, b: Node<'_>) -> bool {
    let custom = (a.tag() == Tag::Custom, b.tag() == Tag::Custom);
    a.scalar() == b.scalar() && custom.0 == custom.1 && (!custom.0 || a.explicit_tag() == b.explicit_tag())
}

/// Pairs each value with that under the same key; false where a key is missing.
///
/// A walk in step serves mappings with their keys in one order; keys that are collections must stand in one order.
fn pair_values<'a>(a: Node<'a>, b: Node<'a>, pairs: &mut Vec<(Node<'a>, Node<'a>)>) -> bool {
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
                Some(found) => pairs.push((value, found)),
                None => return false,
            },
        }
    }
    true
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
