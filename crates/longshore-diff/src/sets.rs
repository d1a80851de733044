//! The comparison of two sets of resources.

use std::collections::HashMap;

use longshore_manifest::{Resource, ResourceId, ResourceSet};

use crate::change::Changes;
use crate::options::DiffOptions;
use crate::rename::pair_renamed;
use crate::structural::diff;

/// What became of one resource.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SetChange<'a> {
    /// Only the set after has it.
    Added {
        /// The resource.
        after: &'a Resource,
    },
    /// Only the set before has it.
    Removed {
        /// The resource.
        before: &'a Resource,
    },
    /// Both have it, and they differ.
    Changed {
        /// The resource before.
        before: &'a Resource,
        /// The resource after.
        after: &'a Resource,
        /// The differences.
        changes: Changes<'a>,
    },
    /// One that is gone and one that is new are the same by their content: a ConfigMap whose name carries another hash,
    /// a resource in another namespace or API version.
    Renamed {
        /// The resource before.
        before: &'a Resource,
        /// The resource after.
        after: &'a Resource,
        /// How much of the content is common, in percent, identity not counted.
        score: u8,
        /// The differences, those of the identity too.
        changes: Changes<'a>,
    },
}

impl<'a> SetChange<'a> {
    /// The resource before.
    pub fn before(&self) -> Option<&'a Resource> {
        match *self {
            SetChange::Added { .. } => None,
            SetChange::Removed { before } | SetChange::Changed { before, .. } | SetChange::Renamed { before, .. } => {
                Some(before)
            }
        }
    }

    /// The resource after.
    pub fn after(&self) -> Option<&'a Resource> {
        match *self {
            SetChange::Removed { .. } => None,
            SetChange::Added { after } | SetChange::Changed { after, .. } | SetChange::Renamed { after, .. } => {
                Some(after)
            }
        }
    }

    /// The differences, where both sides have the resource.
    pub fn changes(&self) -> Option<&Changes<'a>> {
        match self {
            SetChange::Changed { changes, .. } | SetChange::Renamed { changes, .. } => Some(changes),
            SetChange::Added { .. } | SetChange::Removed { .. } => None,
        }
    }

    /// The identity of the resource: after, else before.
    pub fn id(&self) -> ResourceId {
        self.after().or(self.before()).map(Resource::id).unwrap_or_default()
    }
}

/// All differences between two sets: resources of the set after in its order, then the removed in theirs.
#[derive(Clone, Debug, Default)]
pub struct SetChanges<'a> {
    pub(crate) list: Vec<SetChange<'a>>,
    pub(crate) same: usize,
}

impl<'a> SetChanges<'a> {
    /// Whether the sets hold the same resources with the same content; their order does not count.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Number of resources that were added, removed, changed or renamed.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Number of resources that are the same in both sets.
    pub fn unchanged(&self) -> usize {
        self.same
    }

    /// The changes in order.
    pub fn iter(&self) -> std::slice::Iter<'_, SetChange<'a>> {
        self.list.iter()
    }

    /// Resources that only the set after has.
    pub fn added(&self) -> impl Iterator<Item = &'a Resource> {
        self.list.iter().filter_map(|change| match change {
            SetChange::Added { after } => Some(*after),
            _ => None,
        })
    }

    /// Resources that only the set before has.
    pub fn removed(&self) -> impl Iterator<Item = &'a Resource> {
        self.list.iter().filter_map(|change| match change {
            SetChange::Removed { before } => Some(*before),
            _ => None,
        })
    }

    /// Resources that both sets have and that differ.
    pub fn changed(&self) -> impl Iterator<Item = &SetChange<'a>> {
        self.list.iter().filter(|change| matches!(change, SetChange::Changed { .. }))
    }

    /// Resources that go by another identity now.
    pub fn renamed(&self) -> impl Iterator<Item = &SetChange<'a>> {
        self.list.iter().filter(|change| matches!(change, SetChange::Renamed { .. }))
    }
}

impl<'a, 'c> IntoIterator for &'c SetChanges<'a> {
    type Item = &'c SetChange<'a>;
    type IntoIter = std::slice::Iter<'c, SetChange<'a>>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}

/// Compares two sets of resources.
///
/// Resources are the same when API version, kind, namespace and name are; of several with one identity the first is
/// paired with the first. Of the rest, those of one group and kind are paired by content, best first, when they share
/// at least [`DiffOptions::rename_score`] percent of it; names that differ only in a hash suffix need share nothing.
/// Linear in the size of the sets.
pub fn diff_sets<'a>(before: &'a ResourceSet, after: &'a ResourceSet, options: &DiffOptions<'_>) -> SetChanges<'a> {
    let mut places: HashMap<Identity<'a>, Vec<usize>> = HashMap::with_capacity(before.len());
    let left: Vec<&Resource> = before.iter().collect();
    for (at, resource) in left.iter().enumerate().rev() {
        places.entry(identity(resource)).or_default().push(at);
    }
    let mut partner: Vec<Option<(usize, Option<u8>)>> = Vec::with_capacity(after.len());
    let mut taken = vec![false; left.len()];
    for resource in after {
        let found = places.get_mut(&identity(resource)).and_then(Vec::pop);
        found.iter().for_each(|&at| taken[at] = true);
        partner.push(found.map(|at| (at, None)));
    }
    let right: Vec<&Resource> = after.iter().collect();
    let gone: Vec<usize> = (0..left.len()).filter(|&at| !taken[at]).collect();
    let new: Vec<usize> = (0..right.len()).filter(|&at| partner[at].is_none()).collect();
    for (from, to, score) in pair_renamed(&left, &right, &gone, &new, options) {
        partner[to] = Some((from, Some(score)));
        taken[from] = true;
    }
    assemble(&left, &right, &partner, &taken, options)
}

fn assemble<'a>(
    left: &[&'a Resource],
    right: &[&'a Resource],
    partner: &[Option<(usize, Option<u8>)>],
    taken: &[bool],
    options: &DiffOptions<'_>,
) -> SetChanges<'a> {
    let mut found = SetChanges::default();
    for (&after, partner) in right.iter().zip(partner) {
        let Some((from, score)) = *partner else {
            found.list.push(SetChange::Added { after });
            continue;
        };
        let before = left[from];
        let changes = diff(before.root(), after.root(), options);
        match score {
            Some(score) => found.list.push(SetChange::Renamed { before, after, score, changes }),
            None if changes.is_empty() => found.same += 1,
            None => found.list.push(SetChange::Changed { before, after, changes }),
        }
    }
    let gone = left.iter().zip(taken).filter(|(_, taken)| !**taken);
    found.list.extend(gone.map(|(&before, _)| SetChange::Removed { before }));
    found
}

/// API version, kind, namespace and name, borrowed.
type Identity<'a> = [&'a str; 4];

fn identity(resource: &Resource) -> Identity<'_> {
    [resource.api_version(), resource.kind(), resource.namespace().unwrap_or_default(), resource.name()]
}
