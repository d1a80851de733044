//! Commits: what they say, and making them.

use std::fmt;
use std::sync::Arc;

use gix::ObjectId;
use gix::object::tree::EntryKind as Mode;
use longshore_source::{FilePath, FilePathError};

use crate::error::{GitError, GitErrorKind, Tried};
use crate::repository::Repository;

/// Who did something, and when.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signature {
    /// Name, without `<`, `>` and line breaks.
    pub name: String,
    /// Address of mail, without `<`, `>` and line breaks.
    pub email: String,
    /// Seconds since 1970-01-01T00:00:00Z.
    pub seconds: i64,
    /// Offset of the local time from UTC in seconds.
    pub offset: i32,
}

impl Signature {
    /// A signature in UTC.
    pub fn new(name: impl Into<String>, email: impl Into<String>, seconds: i64) -> Self {
        Signature { name: name.into(), email: email.into(), seconds, offset: 0 }
    }

    fn from_git(actor: gix::actor::SignatureRef<'_>) -> Self {
        let time = actor.time().unwrap_or_default();
        let (name, email) = (actor.name.to_string(), actor.email.to_string());
        Signature { name, email, seconds: time.seconds, offset: time.offset }
    }

    fn to_git(&self) -> Result<gix::actor::Signature, GitError> {
        let forbidden = |text: &str| text.contains(['<', '>', '\n', '\0']);
        if forbidden(&self.name) || forbidden(&self.email) {
            let message = format!("'{self}' cannot sign: a name and an address hold no '<', '>' and no line break");
            return Err(GitError::new(GitErrorKind::Invalid, message));
        }
        let time = gix::date::Time { seconds: self.seconds, offset: self.offset };
        Ok(gix::actor::Signature { name: self.name.as_str().into(), email: self.email.as_str().into(), time })
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} <{}>", self.name, self.email)
    }
}

/// What a commit says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its id.
    pub id: ObjectId,
    /// Its parents: none for a first commit, more than one for a merge.
    pub parents: Vec<ObjectId>,
    /// The whole message.
    pub message: String,
    /// Who wrote the change.
    pub author: Signature,
    /// Who put it on the branch.
    pub committer: Signature,
}

impl Commit {
    /// The first line of the message.
    pub fn subject(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }
}

/// What becomes of one path in a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The file holds these bytes; folders above it appear as needed. An executable file stays one.
    Write(FilePath, Arc<[u8]>),
    /// The file, or the folder with all below it, is gone.
    Remove(FilePath),
}

impl Change {
    /// Writes a file.
    pub fn write(path: &str, bytes: impl Into<Arc<[u8]>>) -> Result<Self, FilePathError> {
        Ok(Change::Write(path.parse()?, bytes.into()))
    }

    /// Removes a file, or a folder.
    pub fn remove(path: &str) -> Result<Self, FilePathError> {
        Ok(Change::Remove(path.parse()?))
    }
}

impl Repository {
    /// Commits changes onto a branch, which appears with its first commit. Gives the new commit.
    ///
    /// The message gets a line break at its end where it has none. `by` is author and committer.
    ///
    /// # Errors
    /// [`GitErrorKind::Moved`] where another commit reached the branch meanwhile, [`GitErrorKind::NotFound`] where a path to
    /// remove is not there, [`GitErrorKind::Invalid`] for a name that Git does not allow.
    pub fn commit(
        &self,
        branch: &str,
        changes: impl IntoIterator<Item = Change>,
        message: &str,
        by: &Signature,
    ) -> Result<ObjectId, GitError> {
        let parent = self.tip(branch)?;
        let base = match parent {
            Some(parent) => self.tree_of(parent)?,
            None => self.git.empty_tree().id,
        };
        let tree = self.edit(base, changes)?;
        self.commit_tree(branch, tree, parent, message, by)
    }

    /// The commit at the end of a branch; `None` while it has none.
    pub(crate) fn tip(&self, branch: &str) -> Result<Option<ObjectId>, GitError> {
        let name = full_name(branch)?;
        let reference = self.git.try_find_reference(&name).tried_to("read a branch")?;
        let Some(mut reference) = reference else {
            return Ok(None);
        };
        Ok(Some(reference.peel_to_id().tried_to("read a branch")?.detach()))
    }

    fn edit(&self, base: ObjectId, changes: impl IntoIterator<Item = Change>) -> Result<ObjectId, GitError> {
        let mut editor = self.git.edit_tree(base).tried_to("read a tree")?;
        for change in changes {
            match change {
                Change::Write(path, bytes) => {
                    let executable = editor.get(path.as_str()).is_some_and(|entry| entry.mode().is_executable());
                    let mode = if executable { Mode::BlobExecutable } else { Mode::Blob };
                    let blob = self.git.write_blob(&bytes).tried_to("write a blob")?;
                    let edited = editor.upsert(path.as_str(), mode, blob);
                    edited.tried(GitErrorKind::Invalid, || format!("{path}: not a path that Git allows"))?;
                }
                Change::Remove(path) => {
                    let tree = editor.write().tried_to("write a tree")?.detach();
                    let tree = self.git.find_tree(tree).tried_to("read a tree")?;
                    if path.is_root() || tree.lookup_entry(path.segments()).tried_to("read a tree")?.is_none() {
                        return Err(GitError::new(GitErrorKind::NotFound, format!("{path}: no such file to remove")));
                    }
                    editor.remove(path.as_str()).tried_to("edit a tree")?;
                }
            }
        }
        let written = editor.write();
        Ok(written.tried(GitErrorKind::Invalid, || "a path to write is not one that Git allows".to_owned())?.detach())
    }

    pub(crate) fn commit_tree(
        &self,
        branch: &str,
        tree: ObjectId,
        parent: Option<ObjectId>,
        message: &str,
        by: &Signature,
    ) -> Result<ObjectId, GitError> {
        let signature = by.to_git()?;
        let mut time = gix::date::parse::TimeBuf::default();
        let signature = signature.to_ref(&mut time);
        let message = format!("{}\n", message.trim_end());
        let committed = self.git.commit_as(signature, signature, full_name(branch)?, message, tree, parent);
        match committed {
            Ok(id) => Ok(id.detach()),
            Err(_) if self.tip(branch)? != parent => {
                Err(GitError::new(GitErrorKind::Moved, format!("branch '{branch}' moved meanwhile: read it again")))
            }
            Err(error) => {
                Err(GitError::new(GitErrorKind::Other, format!("cannot commit to '{branch}'")).because(error))
            }
        }
    }

    /// What a commit says.
    ///
    /// # Errors
    /// [`GitErrorKind::NotFound`] where there is no such commit.
    pub fn describe(&self, commit: ObjectId) -> Result<Commit, GitError> {
        let found = self.git.find_commit(commit);
        let found = found.tried(GitErrorKind::NotFound, || format!("there is no commit {commit}"))?;
        let decoded = found.decode().tried_to("read a commit")?;
        Ok(Commit {
            id: commit,
            parents: decoded.parents().collect(),
            message: decoded.message.to_string(),
            author: Signature::from_git(decoded.author().tried_to("read a commit")?),
            committer: Signature::from_git(decoded.committer().tried_to("read a commit")?),
        })
    }

    /// The history of the commit that a name means, that commit first, newer before older.
    ///
    /// # Errors
    /// As [`Repository::resolve`]; each step may fail on a damaged repository.
    pub fn log(&self, name: &str) -> Result<Log<'_>, GitError> {
        let tip = self.resolve(name)?;
        let sorting = gix::revision::walk::Sorting::ByCommitTime(Default::default());
        let walk = self.git.rev_walk([tip]).sorting(sorting).all().tried_to("walk the history")?;
        Ok(Log { repository: self, walk })
    }
}

fn full_name(branch: &str) -> Result<gix::refs::FullName, GitError> {
    let name = if branch.starts_with("refs/") { branch.to_owned() } else { format!("refs/heads/{branch}") };
    let full = gix::refs::FullName::try_from(name);
    full.tried(GitErrorKind::Invalid, || format!("'{branch}' cannot name a branch"))
}

/// A history, see [`Repository::log`].
pub struct Log<'r> {
    repository: &'r Repository,
    walk: gix::revision::Walk<'r>,
}

impl Iterator for Log<'_> {
    type Item = Result<Commit, GitError>;

    fn next(&mut self) -> Option<Self::Item> {
        let info = self.walk.next()?.tried_to("walk the history");
        Some(info.and_then(|info| self.repository.describe(info.id)))
    }
}
