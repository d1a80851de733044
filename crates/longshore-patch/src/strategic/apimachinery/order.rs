//! The order of a merged list.

use std::collections::HashMap;

use longshore_yaml::Node;

/// Places of items by their identity.
pub(super) struct Places {
    places: HashMap<String, usize>,
}

impl Places {
    /// Of repeated items the first counts.
    pub(super) fn of(tokens: impl Iterator<Item = String>) -> Self {
        let mut places = HashMap::new();
        for (at, token) in tokens.enumerate() {
            places.entry(token).or_insert(at);
        }
        Places { places }
    }

    pub(super) fn get(&self, token: &str) -> Option<usize> {
        self.places.get(token).copied()
    }
}

/// Brings items into one order: those in `wanted` as there, the others as in `server`, interleaved so that an item of
/// the others comes before the first wanted one that stands behind it in `server`.
pub(super) fn arrange<T: Copy>(
    merged: Vec<T>,
    wanted: &Places,
    server: &Places,
    token: impl Fn(T) -> String,
    goes_last: impl Fn(T) -> bool,
) -> Vec<T> {
    let (mut first, mut others, mut last) = (Vec::new(), Vec::new(), Vec::new());
    for item in merged {
        let name = token(item);
        let place = (wanted.get(&name), server.get(&name));
        match place.0 {
            _ if goes_last(item) => last.push((place.0.is_some(), item)),
            Some(at) => first.push((at, place.1, item)),
            None => others.push((place.1, item)),
        }
    }
    first.sort_by_key(|(at, ..)| *at);
    others.sort_by_key(|(at, _)| *at);
    // Deletions stand behind the items of their own side.
    let mut wanted: Vec<(Option<usize>, T)> = first.into_iter().map(|(_, server, item)| (server, item)).collect();
    for (is_wanted, item) in last {
        let side = if is_wanted { &mut wanted } else { &mut others };
        side.push((server.get(&token(item)), item));
    }
    interleave(&others, &wanted)
}

fn interleave<T: Copy>(left: &[(Option<usize>, T)], right: &[(Option<usize>, T)]) -> Vec<T> {
    let mut out = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    while let (Some((l, item)), Some((r, other))) = (left.peek(), right.peek()) {
        if matches!((l, r), (Some(l), Some(r)) if l < r) {
            out.push(*item);
            left.next();
        } else {
            out.push(*other);
            right.next();
        }
    }
    out.extend(left.chain(right).map(|(_, item)| *item));
    out
}

/// Whether the items come in the order of `wanted`, each of them there.
pub(super) fn follows<'a>(
    items: impl Iterator<Item = Node<'a>>,
    wanted: &[String],
    token: impl Fn(Node<'a>) -> String,
) -> bool {
    let mut at = 0;
    for item in items {
        let name = token(item);
        match wanted[at..].iter().position(|other| *other == name) {
            Some(found) => at += found + 1,
            None => return false,
        }
    }
    true
}
