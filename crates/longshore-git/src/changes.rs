//! What differs between two revisions.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use gix::ObjectId;
use gix::object::tree::EntryKind as Mode;
use longshore_source::FilePath;

use crate::error::{GitError, Tried};
use crate::repository::Repository;

/// How a path changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// It is new.
    Added,
    /// Its bytes or its mode differ.
    Modified,
    /// It is gone.
    Removed,
}

/// A file that two revisions do not have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChangedPath {
    /// The file.
    pub path: FilePath,
    /// How it changed. A file that became a link, or a submodule, is modified.
    pub status: Status,
}

/// The entries of one folder, by name.
type Folder = BTreeMap<String, (Mode, ObjectId)>;

impl Repository {
    /// The files that differ between two commits, ordered by path. Renames are a removal and an addition.
    ///
    /// Folders that both have in common are not looked into: the cost is that of the difference.
    ///
    /// # Errors
    /// [`GitErrorKind::NotFound`](crate::GitErrorKind::NotFound) where one is not there.
    pub fn changes(&self, before: ObjectId, after: ObjectId) -> Result<Vec<ChangedPath>, GitError> {
        let mut changed = Vec::new();
        let mut open = vec![(FilePath::root(), Some(self.tree_of(before)?), Some(self.tree_of(after)?))];
        while let Some((folder, before, after)) = open.pop() {
            if before == after {
                continue;
            }
            let (before, after) = (self.folder(before)?, self.folder(after)?);
            for (name, old, new) in pair(&before, &after) {
                let path = folder.join(name).tried_to("read a tree: a name in it is not one")?;
                compare(path, old, new, &mut open, &mut changed);
            }
        }
        changed.sort();
        Ok(changed)
    }

    fn folder(&self, tree: Option<ObjectId>) -> Result<Folder, GitError> {
        let mut items = Folder::new();
        let Some(tree) = tree else {
            return Ok(items);
        };
        for entry in self.git.find_tree(tree).tried_to("read a tree")?.iter() {
            let entry = entry.tried_to("read a tree")?;
            items.insert(entry.filename().to_string(), (entry.mode().kind(), entry.object_id()));
        }
        Ok(items)
    }
}

type Side = Option<(Mode, ObjectId)>;
type Open = Vec<(FilePath, Option<ObjectId>, Option<ObjectId>)>;

fn compare(path: FilePath, old: Side, new: Side, open: &mut Open, changed: &mut Vec<ChangedPath>) {
    if old == new {
        return;
    }
    let split = |side: Side| match side {
        Some((Mode::Tree, id)) => (Some(id), None),
        other => (None, other),
    };
    let ((old_folder, old_file), (new_folder, new_file)) = (split(old), split(new));
    if old_folder.is_some() || new_folder.is_some() {
        open.push((path.clone(), old_folder, new_folder));
    }
    let status = match (old_file, new_file) {
        (None, None) => return,
        (None, Some(_)) => Status::Added,
        (Some(_), None) => Status::Removed,
        (Some(_), Some(_)) => Status::Modified,
    };
    changed.push(ChangedPath { path, status });
}

/// Both folders in step by name.
fn pair<'f>(before: &'f Folder, after: &'f Folder) -> Vec<(&'f str, Side, Side)> {
    let (mut old, mut new) = (before.iter().peekable(), after.iter().peekable());
    let mut pairs = Vec::with_capacity(before.len().max(after.len()));
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return pairs,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((a, _)), Some((b, _))) => a.cmp(b),
        };
        let left = if order.is_le() { old.next() } else { None };
        let right = if order.is_ge() { new.next() } else { None };
        let name = left.or(right).map_or("", |(name, _)| name.as_str());
        pairs.push((name, left.map(|(_, side)| *side), right.map(|(_, side)| *side)));
    }
}
