//! What the example works on: a repository, a cluster, and how one becomes the other.

use std::error::Error;

use longshore::drift::{Cluster, Plan, Policy, Report, Rules, assess, plan};
use longshore::git::{Change, ObjectId, Repository, Revision, Signature};
use longshore::manifest::{Resource, ResourceSet};
use longshore::overlay::{RenderOptions, render};
use longshore::source::{Disk, FilePath, Files};
use tempfile::TempDir;

/// The folder that production is rendered from.
pub(crate) const OVERLAY: &str = "overlays/production";
/// The name under which this program applies.
pub(crate) const MANAGER: &str = "longshore";
const BRANCH: &str = "main";
/// Every run commits at the same times, so every run has the same commits.
const FIRST_COMMIT: i64 = 1_767_254_400;

pub(crate) struct World {
    pub(crate) repository: Repository,
    pub(crate) cluster: Cluster,
    commits: i64,
    /// The folder goes when the world does.
    _folder: TempDir,
}

impl World {
    /// A repository with the shop as its first commit, and an empty cluster.
    pub(crate) fn new() -> Result<Self, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let repository = Repository::init(folder.path())?;
        let mut world = World { repository, cluster: Cluster::new(), commits: 0, _folder: folder };
        world.cluster.set_time("2026-01-01T08:00:00Z");
        world.commit(shop()?, "Open the shop")?;
        Ok(world)
    }

    pub(crate) fn commit(&mut self, changes: Vec<Change>, message: &str) -> Result<ObjectId, Box<dyn Error>> {
        let by = self.next_signature();
        Ok(self.repository.commit(BRANCH, changes, message, &by)?)
    }

    pub(crate) fn revert(&mut self, commit: ObjectId) -> Result<ObjectId, Box<dyn Error>> {
        let by = self.next_signature();
        Ok(self.repository.revert(BRANCH, commit, &by)?)
    }

    fn next_signature(&mut self) -> Signature {
        self.commits += 1;
        Signature::new("Ada", "ada@example.com", FIRST_COMMIT + 3600 * self.commits)
    }

    /// The files at the end of the branch.
    pub(crate) fn files(&self) -> Result<Revision, Box<dyn Error>> {
        Ok(self.repository.revision(BRANCH)?)
    }

    /// What production is to be, by the end of the branch.
    pub(crate) fn desired(&self) -> Result<ResourceSet, Box<dyn Error>> {
        let rendered = render(&self.files()?, &OVERLAY.parse()?, &RenderOptions::default())?;
        Ok(rendered.resources)
    }

    pub(crate) fn assess(&self, desired: &ResourceSet) -> Report {
        assess(desired, &self.cluster.list(), &rules())
    }

    pub(crate) fn plan(&self, report: &Report, desired: &ResourceSet) -> Plan {
        plan(report, desired, &self.cluster.list(), &Policy::default())
    }

    /// Carries a plan out, as the manager of this program.
    pub(crate) fn carry_out(&mut self, plan: &Plan, desired: &ResourceSet) -> Result<(), Box<dyn Error>> {
        Ok(self.cluster.carry_out(plan, desired, MANAGER)?)
    }

    /// A resource of the cluster by kind and the beginning of its name: generated names end in a hash.
    pub(crate) fn find(&self, kind: &str, name: &str) -> Result<Resource, Box<dyn Error>> {
        let live = self.cluster.list();
        let found = live.iter().find(|resource| resource.kind() == kind && resource.name().starts_with(name));
        found.cloned().ok_or_else(|| format!("the cluster has no {kind} {name}").into())
    }
}

fn rules() -> Rules {
    Rules::for_manager(MANAGER)
}

/// All files of `examples/shop`.
fn shop() -> Result<Vec<Change>, Box<dyn Error>> {
    let disk = Disk::new(concat!(env!("CARGO_MANIFEST_DIR"), "/shop"))?;
    let mut changes = Vec::new();
    let mut folders = vec![FilePath::root()];
    while let Some(folder) = folders.pop() {
        for entry in disk.list(&folder)? {
            let path = folder.join(&entry.name)?;
            if entry.directory {
                folders.push(path);
            } else {
                changes.push(Change::Write(path.clone(), disk.read(&path)?));
            }
        }
    }
    Ok(changes)
}

/// The first digits of an id.
pub(crate) fn short(id: ObjectId) -> String {
    id.to_hex_with_len(8).to_string()
}
