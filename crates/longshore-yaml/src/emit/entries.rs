//! The entries of a mapping as Go's decoder makes a map of them: merge keys resolved, keys that are no strings refused.

use std::collections::{HashMap, HashSet};

use crate::emit::EmitError;
use crate::emit::build::{Entry, Printer, Stop, error};
use crate::node::{Kind, Node, Tag};

/// Up to this many keys are compared each with each; beyond, through a set.
const FEW_KEYS: usize = 8;

impl<'d> Printer<'_, 'd> {
    /// Pushes the entries of a mapping, merge keys resolved.
    pub(crate) fn collect(&mut self, node: Node<'d>, root: bool, merges_left: usize) -> Result<(), Stop> {
        let first = self.entries.len();
        let mut merges = None;
        for (key, value) in node.entries() {
            let key = key.resolved();
            match key.tag() {
                Tag::Str if key.kind() == Kind::Scalar => self.entries.push(entry(key, value)),
                Tag::Merge if merges.is_none() => merges = Some(value),
                Tag::Merge => reject_duplicates(node)?,
                _ => self.odd_key(node, key, value, root)?,
            }
        }
        if let Some(value) = merges {
            reject_duplicates(node)?;
            self.merge(value, first, merges_left)?;
        }
        Ok(())
    }

    /// The outermost map of an object has string keys by its Go type: numbers and booleans become text there.
    fn odd_key(&mut self, map: Node<'d>, key: Node<'d>, value: Node<'d>, root: bool) -> Result<(), Stop> {
        let scalar = key.kind() == Kind::Scalar;
        if root && scalar {
            let null = key.tag() == Tag::Null && (!key.text().is_empty() || self.settled);
            if !null {
                self.entries.push(entry(key, value));
            }
            return Ok(());
        }
        reject_duplicates(map)?;
        let message = match key.kind() {
            Kind::Mapping if root => "cannot unmarshal !!map into string",
            Kind::Sequence if root => "cannot unmarshal !!seq into string",
            Kind::Mapping => "invalid map key: a mapping",
            Kind::Sequence => "invalid map key: a sequence",
            _ => "json: unsupported type: map[interface {}]interface {}",
        };
        Err(error(key, message).into())
    }

    /// Adds the entries of a merged map, or of several, whose keys are not there yet.
    fn merge(&mut self, value: Node<'d>, first: usize, merges_left: usize) -> Result<(), Stop> {
        let value = value.resolved();
        let wrong = || error(value, "map merge requires map or sequence of maps as the value");
        let Some(merges_left) = merges_left.checked_sub(1) else {
            return Err(error(value, "merge keys are nested too deep").into());
        };
        match value.kind() {
            Kind::Mapping => {
                let own = self.entries.len();
                self.collect(value, false, merges_left)?;
                let merged = self.entries.split_off(own);
                self.add_new(merged, first);
                Ok(())
            }
            Kind::Sequence => value.items().try_for_each(|item| match item.is_mapping() {
                true => self.merge(item, first, merges_left),
                false => Err(wrong().into()),
            }),
            _ => Err(wrong().into()),
        }
    }

    fn add_new(&mut self, merged: Vec<Entry<'d>>, first: usize) {
        if self.entries.len() - first + merged.len() <= FEW_KEYS {
            for entry in merged {
                if !self.entries[first..].iter().any(|have| have.name == entry.name) {
                    self.entries.push(entry);
                }
            }
            return;
        }
        let mut have: HashSet<&str> = self.entries[first..].iter().map(|entry| entry.name).collect();
        self.entries.extend(merged.into_iter().filter(|entry| have.insert(entry.name)));
    }
}

fn entry<'d>(key: Node<'d>, value: Node<'d>) -> Entry<'d> {
    Entry { name: key.text(), key: key.id(), value: value.id() }
}

/// Fails at the first key that stands again further down. Keys are one when kind and text are.
#[cold]
pub(crate) fn reject_duplicates(map: Node<'_>) -> Result<(), EmitError> {
    let mut lines: HashMap<(Kind, &str), Node<'_>> = HashMap::new();
    let mut found: Option<(Node<'_>, Node<'_>)> = None;
    for (key, _) in map.entries() {
        let Some(&first) = lines.get(&(key.kind(), key_text(key))) else {
            lines.insert((key.kind(), key_text(key)), key);
            continue;
        };
        if found.is_none_or(|(earlier, _)| first.id() < earlier.id()) {
            found = Some((first, key));
        }
    }
    let Some((first, later)) = found else { return Ok(()) };
    let at = first.location().map_or(String::new(), |first| format!(" at line {}", first.line));
    Err(error(later, format!("mapping key {:?} already defined{at}", key_text(later))))
}

fn key_text(key: Node<'_>) -> &str {
    if key.kind() == Kind::Alias { key.anchor().unwrap_or_default() } else { key.text() }
}
