//! The entries of a mapping as a decoder sees them: `<<` replaced by what it names.

use std::collections::HashSet;

use crate::node::{Kind, Node, Tag};

/// Up to this many keys are compared each with each; beyond, through a set.
const FEW_KEYS: usize = 8;

/// How often a merged mapping may itself merge.
const MERGES: usize = 100;

impl<'a> Node<'a> {
    /// The entries of a mapping with those that its merge keys (`<<: *name`) bring in behind them.
    ///
    /// Its own keys win over merged ones, and of several merged mappings the one named first. Without a merge key these
    /// are [`Node::entries`].
    ///
    /// An error is the value of a merge key that names no mapping, or merges more than 100 deep.
    pub(crate) fn merged_entries(self) -> Result<Vec<(Node<'a>, Node<'a>)>, Node<'a>> {
        self.merged(MERGES)
    }

    fn merged(self, left: usize) -> Result<Vec<(Node<'a>, Node<'a>)>, Node<'a>> {
        let merges = |key: Node<'a>| key.tag() == Tag::Merge;
        if !self.entries().any(|(key, _)| merges(key)) {
            return Ok(self.entries().collect());
        }
        let mut out: Vec<_> = self.entries().filter(|(key, _)| !merges(*key)).collect();
        for (_, value) in self.entries().filter(|(key, _)| merges(*key)) {
            add_merged(&mut out, value, left)?;
        }
        Ok(out)
    }
}

fn add_merged<'a>(out: &mut Vec<(Node<'a>, Node<'a>)>, value: Node<'a>, left: usize) -> Result<(), Node<'a>> {
    let left = left.checked_sub(1).ok_or(value)?;
    match value.resolved().kind() {
        Kind::Mapping => {
            add_new(out, value.resolved().merged(left)?);
            Ok(())
        }
        Kind::Sequence => value.items().try_for_each(|item| match item.is_mapping() {
            true => add_merged(out, item, left),
            false => Err(item),
        }),
        _ => Err(value),
    }
}

/// Adds those entries whose keys are not there yet.
fn add_new<'a>(out: &mut Vec<(Node<'a>, Node<'a>)>, more: Vec<(Node<'a>, Node<'a>)>) {
    if out.len() + more.len() <= FEW_KEYS {
        for entry in more {
            if !out.iter().any(|have| have.0.text() == entry.0.text()) {
                out.push(entry);
            }
        }
        return;
    }
    let mut have: HashSet<&str> = out.iter().map(|entry| entry.0.text()).collect();
    out.extend(more.into_iter().filter(|entry| have.insert(entry.0.text())));
}
