//! A mirror as a plan: what would have to be copied, before anything is.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::digest::Digest;
use crate::lock::Lock;
use crate::reference::Reference;

/// A piece of content in the source: its size, and what it points to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// Bytes.
    pub size: u64,
    /// Whether it is a manifest or an index, which registries keep apart from blobs.
    pub document: bool,
    /// What it points to.
    pub children: Vec<Digest>,
}

/// What is known of the two sides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Content of the source, by digest.
    pub source: BTreeMap<Digest, Node>,
    /// What each repository of the target has, by name.
    pub target: BTreeMap<String, BTreeSet<Digest>>,
}

/// One step of a plan, about one digest in one repository of the target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MirrorStep {
    /// The repository to write to.
    pub repository: String,
    /// What to write.
    pub digest: Digest,
    /// Its bytes.
    pub size: u64,
    /// Whether it is a manifest or an index.
    pub document: bool,
    /// How it gets there.
    #[serde(flatten)]
    pub action: MirrorAction,
}

/// How content gets to its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "action", rename_all = "lowercase")]
pub enum MirrorAction {
    /// From the source.
    Copy,
    /// From another repository of the target, which has the blob, or will have it by an earlier step.
    Mount {
        /// That repository.
        from: String,
    },
    /// It is there already.
    Skip,
}

/// Content that the source lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MirrorGap {
    /// The image it belongs to.
    pub image: Reference,
    /// What is not there.
    pub digest: Digest,
}

/// What a mirror would do: in this order, every step finds what it needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MirrorPlan {
    /// All content of all images.
    pub steps: Vec<MirrorStep>,
    /// Content that the source lacks; an image with a gap cannot be mirrored whole.
    pub missing: Vec<MirrorGap>,
    /// Names to set when everything is there, with what they point to.
    pub tags: Vec<Reference>,
    /// Bytes to copy.
    pub bytes: u64,
}

impl MirrorPlan {
    /// How many steps copy, mount and skip.
    pub fn counts(&self) -> (usize, usize, usize) {
        let count = |wanted: fn(&MirrorAction) -> bool| self.steps.iter().filter(|step| wanted(&step.action)).count();
        (
            count(|action| matches!(action, MirrorAction::Copy)),
            count(|action| matches!(action, MirrorAction::Mount { .. })),
            count(|action| matches!(action, MirrorAction::Skip)),
        )
    }
}

/// Plans a mirror of every locked image, under the name that `rename` gives it in the target.
///
/// What is copied for one repository is mounted for the next. Documents follow what they point to, so that a registry
/// accepts each step, and none is mounted, since registries mount blobs only.
pub fn plan_mirror(lock: &Lock, inventory: &Inventory, rename: impl Fn(&Reference) -> Reference) -> MirrorPlan {
    let mut planner = Planner { inventory, plan: MirrorPlan::default(), there: BTreeMap::new() };
    for (repository, digests) in &inventory.target {
        for digest in digests {
            planner.there.entry(digest.clone()).or_default().insert(repository.clone());
        }
    }
    for entry in lock.entries() {
        let target = rename(entry.pinned());
        let gaps = planner.plan.missing.len();
        planner.image(entry.pinned(), &target, &entry.digest());
        if planner.plan.missing.len() == gaps {
            planner.plan.tags.push(target);
        }
    }
    planner.plan
}

struct Planner<'i> {
    inventory: &'i Inventory,
    plan: MirrorPlan,
    /// Which repositories of the target have a digest, or will have it by the plan so far.
    there: BTreeMap<Digest, BTreeSet<String>>,
}

impl Planner<'_> {
    fn image(&mut self, image: &Reference, target: &Reference, root: &Digest) {
        let mut seen = BTreeSet::new();
        // Each digest is met twice: on the way down, to open what it points to, and then to plan it after that.
        let mut open = vec![(root.clone(), false)];
        while let Some((digest, opened)) = open.pop() {
            if opened {
                self.content(target.name(), &digest);
                continue;
            }
            if !seen.insert(digest.clone()) {
                continue;
            }
            let Some(node) = self.inventory.source.get(&digest) else {
                self.plan.missing.push(MirrorGap { image: image.clone(), digest });
                continue;
            };
            open.push((digest, true));
            open.extend(node.children.iter().rev().map(|child| (child.clone(), false)));
        }
    }

    fn content(&mut self, repository: &str, digest: &Digest) {
        let node = &self.inventory.source[digest];
        let holders = self.there.entry(digest.clone()).or_default();
        let other = || holders.iter().find(|other| registry(other) == registry(repository));
        let action = if holders.contains(repository) {
            MirrorAction::Skip
        } else if let Some(from) = other().filter(|_| !node.document) {
            MirrorAction::Mount { from: from.clone() }
        } else {
            MirrorAction::Copy
        };
        holders.insert(repository.to_owned());
        if action == MirrorAction::Copy {
            self.plan.bytes += node.size;
        }
        let (repository, digest) = (repository.to_owned(), digest.clone());
        self.plan.steps.push(MirrorStep { repository, digest, size: node.size, document: node.document, action });
    }
}

/// The host that a repository's name begins with: blobs are mounted within one.
fn registry(name: &str) -> &str {
    name.split('/').next().unwrap_or_default()
}
