//! Taking a commit back.

use gix::ObjectId;
use gix::merge::tree::TreatAsUnresolved;
use longshore_source::FilePath;

use crate::commit::Signature;
use crate::error::{GitError, GitErrorKind, Tried};
use crate::repository::Repository;

/// A commit that could not be taken back; the branch is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RevertError {
    /// Later commits changed the same places.
    #[error("cannot revert {commit}: later commits changed the same places of {}", list(paths))]
    Conflict {
        /// The commit to take back.
        commit: ObjectId,
        /// The files where both changed the same, in order, each once.
        paths: Vec<FilePath>,
    },
    /// A merge has several parents, so what it changed is not one thing.
    #[error("cannot revert {commit}: it is a merge; revert the commits it brought in")]
    Merge {
        /// The merge.
        commit: ObjectId,
    },
    /// The branch no longer holds anything of the commit.
    #[error("cannot revert {commit}: nothing of it is left on the branch")]
    Nothing {
        /// The commit to take back.
        commit: ObjectId,
    },
    /// The repository failed.
    #[error(transparent)]
    Git(#[from] GitError),
}

fn list(paths: &[FilePath]) -> String {
    paths.iter().map(FilePath::as_str).collect::<Vec<_>>().join(", ")
}

impl Repository {
    /// Takes back what a commit changed, as a new commit on the branch: the three-way merge of the branch with the
    /// commit's parent, the commit being their base. The message is the one `git revert` writes.
    ///
    /// # Errors
    /// Conflicts are data: [`RevertError::Conflict`] lists the paths, and nothing is committed.
    pub fn revert(&self, branch: &str, commit: ObjectId, by: &Signature) -> Result<ObjectId, RevertError> {
        let described = self.describe(commit)?;
        let before = match described.parents[..] {
            [] => self.git.empty_tree().id,
            [parent] => self.tree_of(parent)?,
            _ => return Err(RevertError::Merge { commit }),
        };
        let tip = self.tip(branch)?;
        let tip = tip.ok_or_else(|| GitError::new(GitErrorKind::NotFound, format!("there is no branch '{branch}'")))?;
        let (ours, base) = (self.tree_of(tip)?, self.tree_of(commit)?);
        let tree = self.merge(commit, base, ours, before)?;
        if tree == ours {
            return Err(RevertError::Nothing { commit });
        }
        let message = format!("Revert \"{}\"\n\nThis reverts commit {commit}.", described.subject());
        Ok(self.commit_tree(branch, tree, Some(tip), &message, by)?)
    }

    fn merge(
        &self,
        commit: ObjectId,
        base: ObjectId,
        ours: ObjectId,
        theirs: ObjectId,
    ) -> Result<ObjectId, RevertError> {
        let options = self.git.tree_merge_options().tried_to("read the options of a merge")?;
        let merged = self.git.merge_trees(base, ours, theirs, Default::default(), options);
        let mut merged = merged.tried_to("merge trees")?;
        let how = TreatAsUnresolved::git();
        let unresolved = merged.conflicts.iter().filter(|conflict| conflict.is_unresolved(how));
        let located = unresolved.filter_map(|conflict| conflict.ours.location().to_string().parse().ok());
        let mut paths: Vec<FilePath> = located.collect();
        if merged.has_unresolved_conflicts(how) {
            paths.sort();
            paths.dedup();
            return Err(RevertError::Conflict { commit, paths });
        }
        Ok(merged.tree.write().tried_to("write a tree")?.detach())
    }
}
