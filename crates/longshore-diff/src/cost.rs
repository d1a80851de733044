//! What operations of a JSON Patch cost, in number and in bytes of compact JSON.

use std::ops::{AddAssign, Sub};

use longshore_yaml::{Kind, Node, Scalar};

use crate::equal::{Budget, scalar_equal, zip};

/// Number and bytes of operations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(crate) ops: usize,
    pub(crate) bytes: usize,
}

impl Cost {
    /// Bytes of an operation without its path and value, the comma behind it counted.
    pub(crate) const ADD: usize = r#"{"op":"add","path":"","value":},"#.len();
    pub(crate) const REMOVE: usize = r#"{"op":"remove","path":""},"#.len();
    pub(crate) const REPLACE: usize = r#"{"op":"replace","path":"","value":},"#.len();
    pub(crate) const MOVE: usize = r#"{"op":"move","from":"","path":""},"#.len();

    fn covers(self, other: Cost) -> bool {
        self.ops >= other.ops && self.bytes >= other.bytes
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Cost) {
        self.ops += other.ops;
        self.bytes += other.bytes;
    }
}

impl Sub for Cost {
    type Output = Cost;

    fn sub(self, other: Cost) -> Cost {
        Cost { ops: self.ops - other.ops, bytes: self.bytes - other.bytes }
    }
}

/// Bytes of a text inside JSON quotes.
pub(crate) fn text_bytes(text: &str) -> usize {
    let escaped = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 1,
        0..0x20 => 5,
        _ => 0,
    };
    text.len() + text.bytes().map(escaped).sum::<usize>()
}

/// Bytes of a key as a step of a JSON Pointer inside JSON quotes.
fn key_bytes(key: &str) -> usize {
    1 + text_bytes(key) + key.bytes().filter(|byte| matches!(byte, b'~' | b'/')).count()
}

fn index_bytes(index: usize) -> usize {
    2 + index.checked_ilog10().unwrap_or(0) as usize
}

/// Bytes of a tree as compact JSON; counting ends, with a number above `most`, where it exceeds that.
pub(crate) fn json_bytes(node: Node<'_>, most: usize) -> usize {
    let mut meter = Meter { bytes: 0, most };
    meter.node(node);
    meter.bytes
}

struct Meter {
    bytes: usize,
    most: usize,
}

impl Meter {
    fn node(&mut self, node: Node<'_>) {
        if self.bytes > self.most {
            return;
        }
        let node = node.resolved();
        match node.kind() {
            Kind::Mapping => {
                self.bytes += 2 + node.len().saturating_sub(1);
                for (key, value) in node.entries() {
                    self.bytes += 3 + text_bytes(key.text());
                    self.node(value);
                }
            }
            Kind::Sequence => {
                self.bytes += 2 + node.len().saturating_sub(1);
                node.items().for_each(|item| self.node(item));
            }
            _ => self.bytes += scalar_bytes(node),
        }
    }
}

fn scalar_bytes(node: Node<'_>) -> usize {
    match node.scalar() {
        Some(Scalar::Bool(value)) => {
            if value {
                4
            } else {
                5
            }
        }
        Some(Scalar::Int(value)) => {
            value.unsigned_abs().checked_ilog10().unwrap_or(0) as usize + 1 + usize::from(value < 0)
        }
        Some(Scalar::Uint(value)) => value.checked_ilog10().unwrap_or(0) as usize + 1,
        Some(Scalar::Float(value)) => serde_json::Number::from_f64(value).map_or(4, |number| number.to_string().len()),
        Some(Scalar::Str(text)) => 2 + text_bytes(text),
        _ => 4,
    }
}

/// Whether comparing two lists position by position, all the way down, takes at least as many operations and bytes.
///
/// `path` is the length of the pointer to the lists. The count ends as soon as the answer is yes.
pub(crate) fn positional_is_dearer(
    left: &[Node<'_>],
    right: &[Node<'_>],
    path: usize,
    than: Cost,
    depth: usize,
    budget: &Budget,
) -> bool {
    let mut count = Positional { cost: Cost::default(), than, budget };
    count.items(left, right, path, depth);
    count.cost.covers(than)
}

struct Positional<'b> {
    cost: Cost,
    than: Cost,
    budget: &'b Budget,
}

impl Positional<'_> {
    fn add(&mut self, bytes: usize) {
        self.cost += Cost { ops: 1, bytes };
    }

    fn node(&mut self, before: Node<'_>, after: Node<'_>, path: usize, depth: usize) {
        if self.cost.covers(self.than) || !self.budget.visit(depth) {
            return;
        }
        let (before, after) = (before.resolved(), after.resolved());
        match (before.kind(), after.kind()) {
            (Kind::Mapping, Kind::Mapping) => zip(before, after, |key, left, right| {
                let path = path + key_bytes(key);
                match (left, right) {
                    (Some(left), Some(right)) => self.node(left, right, path, depth + 1),
                    (None, Some(right)) => self.add(Cost::ADD + path + json_bytes(right, usize::MAX)),
                    (_, None) => self.add(Cost::REMOVE + path),
                }
            }),
            (Kind::Sequence, Kind::Sequence) => {
                let (left, right): (Vec<_>, Vec<_>) = (before.items().collect(), after.items().collect());
                self.items(&left, &right, path, depth + 1);
            }
            (Kind::Scalar, Kind::Scalar) if scalar_equal(before, after) => {}
            _ => self.add(Cost::REPLACE + path + json_bytes(after, usize::MAX)),
        }
    }

    fn items(&mut self, left: &[Node<'_>], right: &[Node<'_>], path: usize, depth: usize) {
        for at in 0..left.len().max(right.len()) {
            if self.cost.covers(self.than) {
                return;
            }
            match (left.get(at), right.get(at)) {
                (Some(&left), Some(&right)) => self.node(left, right, path + index_bytes(at), depth),
                (None, Some(&right)) => self.add(Cost::ADD + path + index_bytes(at) + json_bytes(right, usize::MAX)),
                // Each removal lets the next item move up.
                (_, None) => self.add(Cost::REMOVE + path + index_bytes(right.len())),
            }
        }
    }
}
