//! The files of one commit, straight from the object database.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gix::ObjectId;
use gix::object::tree::EntryKind as Mode;
use longshore_source::{Entry, EntryKind, FilePath, Files, FilesError, FilesErrorKind};

/// Symbolic links followed on the way to one path, as Linux allows.
const MAX_LINKS: usize = 40;

/// One commit as a file tree. It reads objects on demand and keeps the folders it has seen.
///
/// Symbolic links are followed as long as they stay in the tree. A submodule is an error that says so: its files lie in
/// another repository. Paths are shown as they are in the repository.
///
/// Threads may share it; they take turns at the object database.
pub struct Revision {
    git: Mutex<gix::Repository>,
    commit: ObjectId,
    tree: ObjectId,
    folders: Mutex<HashMap<ObjectId, Arc<[Item]>>>,
}

/// One entry of a Git tree.
#[derive(Clone)]
struct Item {
    name: String,
    mode: Mode,
    id: ObjectId,
}

/// Where a path leads once links are followed.
struct Place {
    path: FilePath,
    mode: Mode,
    id: ObjectId,
}

impl Revision {
    pub(crate) fn new(git: gix::Repository, commit: ObjectId, tree: ObjectId) -> Self {
        Revision { git: Mutex::new(git), commit, tree, folders: Mutex::default() }
    }

    /// The commit.
    pub fn id(&self) -> ObjectId {
        self.commit
    }

    /// The id of its tree: two revisions with one tree hold the same files.
    pub fn tree(&self) -> ObjectId {
        self.tree
    }

    fn folder(&self, id: ObjectId, shown: &FilePath) -> Result<Arc<[Item]>, FilesError> {
        if let Some(items) = lock(&self.folders).get(&id) {
            return Ok(Arc::clone(items));
        }
        let broken = |error: &dyn fmt::Display| self.other(shown, format!("cannot read its Git tree: {error}"));
        let git = lock(&self.git);
        let tree = git.find_tree(id).map_err(|error| broken(&error))?;
        let mut items = Vec::new();
        for entry in tree.iter() {
            let entry = entry.map_err(|error| broken(&error))?;
            let name = entry.filename().to_string();
            items.push(Item { name, mode: entry.mode().kind(), id: entry.object_id() });
        }
        // Git sorts a folder as if its name ended in `/`.
        items.sort_by(|a, b| a.name.cmp(&b.name));
        let items: Arc<[Item]> = items.into();
        lock(&self.folders).insert(id, Arc::clone(&items));
        Ok(items)
    }

    fn blob(&self, id: ObjectId, shown: &FilePath) -> Result<Vec<u8>, FilesError> {
        let git = lock(&self.git);
        let blob = git.find_blob(id);
        let mut blob = blob.map_err(|error| self.other(shown, format!("cannot read its Git blob: {error}")))?;
        Ok(blob.take_data())
    }

    /// Follows a path, and links on the way.
    fn place(&self, path: &FilePath) -> Result<Place, FilesError> {
        let mut wanted = path.clone();
        for _ in 0..=MAX_LINKS {
            match self.walk(&wanted, path)? {
                Step::There(place) => return Ok(place),
                Step::Link(target) => wanted = target,
            }
        }
        Err(FilesError::new(self.display(path), FilesErrorKind::Link, "too many symbolic links"))
    }

    /// Goes down from the root, up to the first link.
    fn walk(&self, wanted: &FilePath, asked: &FilePath) -> Result<Step, FilesError> {
        let mut place = Place { path: FilePath::root(), mode: Mode::Tree, id: self.tree };
        let segments: Vec<&str> = wanted.segments().collect();
        for (index, name) in segments.iter().enumerate() {
            match place.mode {
                Mode::Tree => {}
                Mode::Commit => return Err(self.submodule(&place.path, asked)),
                _ => {
                    let message = format!("{} is a file", place.path);
                    return Err(FilesError::new(self.display(asked), FilesErrorKind::NotDirectory, message));
                }
            }
            let items = self.folder(place.id, asked)?;
            let found = items.binary_search_by(|item| item.name.as_str().cmp(name));
            let item = found.map(|at| &items[at]).map_err(|_| FilesError::not_found(self.display(asked)))?;
            if item.mode == Mode::Link {
                return Ok(Step::Link(self.target(&place.path, item, &segments[index + 1..], asked)?));
            }
            let path = place.path.join(name).map_err(|error| self.other(asked, error.to_string()))?;
            place = Place { path, mode: item.mode, id: item.id };
        }
        Ok(Step::There(place))
    }

    /// Where a link in `folder` leads, with the rest of the path behind it.
    fn target(&self, folder: &FilePath, link: &Item, rest: &[&str], asked: &FilePath) -> Result<FilePath, FilesError> {
        let target = self.blob(link.id, asked)?;
        let target = String::from_utf8_lossy(&target);
        let outside = || {
            let message = format!("the symbolic link '{}' leads out of the file tree", link.name);
            FilesError::new(self.display(asked), FilesErrorKind::Link, message)
        };
        if target.starts_with('/') {
            return Err(outside());
        }
        let path = folder.join(&target).map_err(|_| outside())?;
        path.join(&rest.join("/")).map_err(|_| outside())
    }

    fn submodule(&self, path: &FilePath, asked: &FilePath) -> FilesError {
        self.other(asked, format!("{path} is a submodule, its files lie in another repository: render them from there"))
    }

    fn other(&self, path: &FilePath, message: String) -> FilesError {
        FilesError::new(self.display(path), FilesErrorKind::Other, message)
    }
}

/// What is locked is only read or added to: a panic elsewhere leaves it whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

enum Step {
    There(Place),
    Link(FilePath),
}

impl Files for Revision {
    fn read(&self, path: &FilePath) -> Result<Arc<[u8]>, FilesError> {
        let place = self.place(path)?;
        match place.mode {
            Mode::Tree => Err(FilesError::new(self.display(path), FilesErrorKind::IsDirectory, "is a directory")),
            Mode::Commit => Err(self.submodule(&place.path, path)),
            _ => Ok(self.blob(place.id, path)?.into()),
        }
    }

    fn list(&self, folder: &FilePath) -> Result<Vec<Entry>, FilesError> {
        let place = self.place(folder)?;
        match place.mode {
            Mode::Tree => {}
            Mode::Commit => return Err(self.submodule(&place.path, folder)),
            _ => {
                let kind = FilesErrorKind::NotDirectory;
                return Err(FilesError::new(self.display(folder), kind, "is not a directory"));
            }
        }
        let items = self.folder(place.id, folder)?;
        let entry = |item: &Item| {
            let directory = match item.mode {
                Mode::Tree | Mode::Commit => true,
                Mode::Link => place.path.join(&item.name).is_ok_and(|path| self.is_directory(&path)),
                _ => false,
            };
            Entry { name: item.name.clone(), directory }
        };
        Ok(items.iter().map(entry).collect())
    }

    fn kind(&self, path: &FilePath) -> Result<Option<EntryKind>, FilesError> {
        match self.place(path) {
            Ok(Place { mode: Mode::Tree | Mode::Commit, .. }) => Ok(Some(EntryKind::Directory)),
            Ok(_) => Ok(Some(EntryKind::File)),
            Err(error) if matches!(error.kind, FilesErrorKind::NotFound | FilesErrorKind::NotDirectory) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn canonical(&self, path: &FilePath) -> Result<FilePath, FilesError> {
        Ok(self.place(path)?.path)
    }
}

impl Revision {
    fn is_directory(&self, path: &FilePath) -> bool {
        matches!(self.kind(path), Ok(Some(EntryKind::Directory)))
    }
}

impl fmt::Debug for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revision").field("commit", &self.commit).finish()
    }
}
