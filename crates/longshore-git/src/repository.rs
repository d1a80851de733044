//! A repository on disk: opening it and naming its revisions.

use std::fmt;
use std::path::Path;

use gix::ObjectId;

use crate::error::{GitError, GitErrorKind, Tried};
use crate::revision::Revision;

/// A repository on disk.
///
/// Only its own configuration counts: neither the environment nor the user's or the system's files are read, so the same
/// repository gives the same answers to everybody.
#[derive(Clone)]
pub struct Repository {
    pub(crate) git: gix::Repository,
}

impl Repository {
    /// Opens the repository in `folder`: a worktree with `.git`, or a bare repository.
    ///
    /// # Errors
    /// [`GitErrorKind::NotFound`] where there is none.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, GitError> {
        let folder = folder.as_ref();
        let git = gix::open::Options::isolated().open(folder);
        let git = git.tried(GitErrorKind::NotFound, || format!("{}: not a Git repository", folder.display()))?;
        Ok(Repository { git: git.to_thread_local() })
    }

    /// Makes an empty bare repository in `folder`, which must be empty or absent; its branch is `main`.
    ///
    /// Bare, because commits made here reach no worktree and no index.
    pub fn init(folder: impl AsRef<Path>) -> Result<Self, GitError> {
        let folder = folder.as_ref();
        let kind = gix::create::Kind::Bare;
        let (create, open) = (gix::create::Options::default(), gix::open::Options::isolated());
        let git = gix::ThreadSafeRepository::init_opts(folder, kind, create, open);
        let git = git.tried(GitErrorKind::Other, || format!("{}: cannot make a Git repository", folder.display()))?;
        Ok(Repository { git: git.to_thread_local() })
    }

    /// The commit that a name means: a branch, a tag, an abbreviated id, `HEAD~2` and all else that `git rev-parse` reads.
    ///
    /// # Errors
    /// [`GitErrorKind::NotFound`] where no commit has this name.
    pub fn resolve(&self, name: &str) -> Result<ObjectId, GitError> {
        let unknown = || format!("no revision is named '{name}'");
        let id = self.git.rev_parse_single(name).tried(GitErrorKind::NotFound, unknown)?;
        let object = id.object().tried(GitErrorKind::NotFound, unknown)?;
        let commit = object.peel_to_kind(gix::object::Kind::Commit);
        Ok(commit.tried(GitErrorKind::NotFound, || format!("'{name}' does not name a commit"))?.id)
    }

    /// The files of the commit that a name means.
    ///
    /// # Errors
    /// As [`Repository::resolve`].
    pub fn revision(&self, name: &str) -> Result<Revision, GitError> {
        self.revision_of(self.resolve(name)?)
    }

    /// The files of a commit.
    ///
    /// # Errors
    /// [`GitErrorKind::NotFound`] where there is no such commit.
    pub fn revision_of(&self, commit: ObjectId) -> Result<Revision, GitError> {
        Ok(Revision::new(self.git.clone(), commit, self.tree_of(commit)?))
    }

    pub(crate) fn tree_of(&self, commit: ObjectId) -> Result<ObjectId, GitError> {
        let found = self.git.find_commit(commit);
        let found = found.tried(GitErrorKind::NotFound, || format!("there is no commit {commit}"))?;
        Ok(found.tree_id().tried_to("read a commit")?.detach())
    }
}

impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repository").field("path", &self.git.path()).finish()
    }
}
