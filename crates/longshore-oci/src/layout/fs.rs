//! The files of a layout: the only part that touches the disk.

#![expect(clippy::disallowed_methods, reason = "this room is named for the medium it reads and writes")]

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::{BLOBS, INDEX_FILE, LAYOUT_FILE, LAYOUT_JSON, Layout, LayoutError, LayoutErrorKind};
use crate::digest::{Algorithm, Digest};
use crate::hasher::{Hasher, Verifier};

/// How much of a blob passes through at once.
const CHUNK: usize = 64 * 1024;

/// Holds a layout for one writer until it is dropped.
pub(super) struct WriteLock {
    _file: File,
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> LayoutError {
    let path = path.to_owned();
    move |error| LayoutError::new(path, error)
}

impl Layout {
    pub(super) fn check_version(&self) -> Result<(), LayoutError> {
        let path = self.root.join(LAYOUT_FILE);
        let error = |reason: String| Err(LayoutError::new(&path, LayoutErrorKind::NotLayout(reason)));
        let text = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(found) => return error(found.to_string()),
        };
        match crate::document::check(crate::document::DocumentKind::Layout, &text) {
            Ok(()) => Ok(()),
            Err(found) => error(found.to_string()),
        }
    }

    /// Makes the three parts, each only if it is missing: two that make one layout at once both succeed.
    pub(super) fn make(&self) -> Result<(), LayoutError> {
        if self.root.join(LAYOUT_FILE).exists() {
            return self.check_version();
        }
        if self.root.is_dir() && !self.has_only_own_files()? {
            let reason = "the folder holds other files; choose an empty one".to_owned();
            return Err(LayoutError::new(&self.root, LayoutErrorKind::NotLayout(reason)));
        }
        let blobs = self.root.join(BLOBS).join(Algorithm::Sha256.as_str());
        fs::create_dir_all(&blobs).map_err(at(&blobs))?;
        self.place(&self.root.join(INDEX_FILE), super::index::EMPTY.as_bytes())?;
        self.place(&self.root.join(LAYOUT_FILE), LAYOUT_JSON.as_bytes())
    }

    /// Whether the folder is empty, or holds what another maker of the same layout has put there so far.
    fn has_only_own_files(&self) -> Result<bool, LayoutError> {
        let names = fs::read_dir(&self.root).map_err(at(&self.root))?;
        for name in names {
            let name = name.map_err(at(&self.root))?.file_name();
            let own = name == BLOBS || name == INDEX_FILE || name.to_string_lossy().starts_with(".tmp-");
            if !own {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn lock(&self) -> Result<WriteLock, LayoutError> {
        let path = self.root.join(LAYOUT_FILE);
        let file = File::open(&path).map_err(at(&path))?;
        file.lock().map_err(at(&path))?;
        Ok(WriteLock { _file: file })
    }

    /// A small file as it is.
    pub(super) fn read_file(&self, path: &Path, limit: u64) -> Result<Vec<u8>, LayoutError> {
        let file = File::open(path).map_err(at(path))?;
        let mut bytes = Vec::new();
        file.take(limit + 1).read_to_end(&mut bytes).map_err(at(path))?;
        if bytes.len() as u64 > limit {
            return Err(LayoutError::new(path, LayoutErrorKind::TooLarge { size: bytes.len() as u64, limit }));
        }
        Ok(bytes)
    }

    /// A blob in memory, hashed while it is read.
    pub(super) fn read_verified(&self, digest: &Digest, size: Option<u64>, limit: u64) -> Result<Vec<u8>, LayoutError> {
        let path = self.blob_path(digest);
        let too_large = |size| LayoutError::new(&path, LayoutErrorKind::TooLarge { size, limit });
        if let Some(size) = size.filter(|&size| size > limit) {
            return Err(too_large(size));
        }
        let mut bytes = Vec::new();
        self.stream(digest, size, |chunk| match bytes.len() as u64 + chunk.len() as u64 {
            size if size > limit => Err(too_large(size)),
            _ => {
                bytes.extend_from_slice(chunk);
                Ok(())
            }
        })?;
        Ok(bytes)
    }

    /// Passes a blob through in pieces. Only when this has returned are they known to be what the digest says.
    pub(super) fn stream(
        &self,
        digest: &Digest,
        size: Option<u64>,
        mut take: impl FnMut(&[u8]) -> Result<(), LayoutError>,
    ) -> Result<(), LayoutError> {
        let path = self.blob_path(digest);
        let mut file = File::open(&path).map_err(at(&path))?;
        let mut verifier = Verifier::new(digest, size);
        let mut buffer = vec![0; CHUNK];
        loop {
            let read = match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(LayoutError::new(path, error)),
            };
            verifier.update(&buffer[..read]).map_err(|error| LayoutError::new(&path, error))?;
            take(&buffer[..read])?;
        }
        verifier.finish().map_err(|error| LayoutError::new(path, error))
    }

    /// Writes a blob from a stream, and says what it is. A blob that is there already is written again, whole.
    pub(super) fn store(&self, mut source: impl Read, algorithm: Algorithm) -> Result<(Digest, u64), LayoutError> {
        let folder = self.root.join(BLOBS).join(algorithm.as_str());
        fs::create_dir_all(&folder).map_err(at(&folder))?;
        let mut draft = Draft::new(&self.root)?;
        let mut hasher = Hasher::new(algorithm);
        let mut size = 0;
        let mut buffer = vec![0; CHUNK];
        loop {
            let read = match source.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(LayoutError::new(&draft.path, error)),
            };
            hasher.update(&buffer[..read]);
            draft.write(&buffer[..read])?;
            size += read as u64;
        }
        let digest = hasher.finish();
        draft.publish(&self.blob_path(&digest))?;
        Ok((digest, size))
    }

    /// Writes a file beside its place and moves it there: others see the old one or the new one.
    pub(super) fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), LayoutError> {
        let mut draft = Draft::new(&self.root)?;
        draft.write(bytes)?;
        draft.publish(path)
    }

    /// Writes a file where none is; one that is there stays.
    fn place(&self, path: &Path, bytes: &[u8]) -> Result<(), LayoutError> {
        let mut draft = Draft::new(&self.root)?;
        draft.write(bytes)?;
        draft.publish_new(path)
    }

    /// Names in a folder; none where it is missing.
    pub(super) fn names(&self, folder: &Path) -> Result<Vec<String>, LayoutError> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(LayoutError::new(folder, error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            names.push(entry.map_err(at(folder))?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }

    pub(super) fn size_of(&self, path: &Path) -> Result<u64, LayoutError> {
        fs::symlink_metadata(path).map(|meta| meta.len()).map_err(at(path))
    }

    pub(super) fn exists(&self, path: &Path) -> bool {
        fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file())
    }

    pub(super) fn remove(&self, path: &Path) -> Result<(), LayoutError> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(LayoutError::new(path, error)),
            _ => Ok(()),
        }
    }
}

/// A file under a name of its own until it is whole; gone if it never is.
struct Draft {
    file: File,
    path: PathBuf,
    published: bool,
}

/// Drafts of one process differ by this, those of different processes by their process ids.
static DRAFTS: AtomicU64 = AtomicU64::new(0);

impl Draft {
    fn new(root: &Path) -> Result<Self, LayoutError> {
        let number = DRAFTS.fetch_add(1, Ordering::Relaxed);
        let path = root.join(format!(".tmp-{}-{number}", std::process::id()));
        let file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(at(&path))?;
        Ok(Draft { file, path, published: false })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), LayoutError> {
        self.file.write_all(bytes).map_err(at(&self.path))
    }

    fn publish(mut self, to: &Path) -> Result<(), LayoutError> {
        self.file.sync_all().map_err(at(&self.path))?;
        fs::rename(&self.path, to).map_err(at(to))?;
        self.published = true;
        sync_folder(to);
        Ok(())
    }

    /// Unlike a rename, a link does not take the place of what another put there first.
    fn publish_new(self, to: &Path) -> Result<(), LayoutError> {
        self.file.sync_all().map_err(at(&self.path))?;
        match fs::hard_link(&self.path, to) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(LayoutError::new(to, error)),
            _ => {
                sync_folder(to);
                Ok(())
            }
        }
    }
}

/// Makes a new name last through a crash, where the system lets folders be synchronised.
fn sync_folder(path: &Path) {
    if let Some(folder) = path.parent().and_then(|folder| File::open(folder).ok()) {
        let _ = folder.sync_all();
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.published {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Writes a tree into a folder that does not exist yet, or is empty.
///
/// The files are written beside the folder and moved there when all are: an error leaves nothing behind.
pub fn write_tree(tree: &crate::artifact::Tree, folder: &Path) -> io::Result<()> {
    let draft = folder.with_file_name(format!(
        ".{}.tmp-{}",
        folder.file_name().unwrap_or_default().to_string_lossy(),
        std::process::id()
    ));
    fs::create_dir(&draft)?;
    let outcome = write_files(tree, &draft).and_then(|()| {
        if folder.is_dir() {
            fs::remove_dir(folder)?;
        }
        fs::rename(&draft, folder)
    });
    if outcome.is_err() {
        let _ = fs::remove_dir_all(&draft);
    }
    outcome
}

/// The path, if this system reads it as one below a folder: `C:` is a name elsewhere and a drive on Windows.
fn inside(path: &str) -> io::Result<&Path> {
    let path = Path::new(path);
    if path.components().all(|part| matches!(part, Component::Normal(_))) {
        return Ok(path);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{} leads out of the folder", path.display())))
}

fn write_files(tree: &crate::artifact::Tree, folder: &Path) -> io::Result<()> {
    for (path, entry) in tree.iter() {
        let place = folder.join(inside(&path)?);
        match entry {
            None => fs::create_dir(&place)?,
            Some(file) => {
                let mut out = OpenOptions::new().write(true).create_new(true).open(&place)?;
                out.write_all(&file.bytes)?;
                if file.executable {
                    set_executable(&out)?;
                }
            }
        }
    }
    Ok(())
}

#[cfg(unix)]
fn set_executable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn set_executable(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn is_executable(meta: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    meta.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    false
}

/// Reads a folder as a tree. Symbolic links are left out, as Flux leaves them; devices and pipes are errors.
pub fn read_tree(folder: &Path) -> io::Result<crate::artifact::Tree> {
    let mut tree = crate::artifact::Tree::new();
    let mut folders = vec![(folder.to_owned(), String::new())];
    while let Some((place, path)) = folders.pop() {
        for entry in fs::read_dir(&place)? {
            let entry = entry?;
            let name = entry.file_name().into_string().map_err(|name| {
                io::Error::new(io::ErrorKind::InvalidData, format!("{name:?} in {} is not UTF-8", place.display()))
            })?;
            let path = if path.is_empty() { name } else { format!("{path}/{name}") };
            let meta = fs::symlink_metadata(entry.path())?;
            let invalid = |error| io::Error::new(io::ErrorKind::InvalidData, error);
            if meta.is_dir() {
                tree.insert_folder(&path).map_err(invalid)?;
                folders.push((entry.path(), path));
            } else if meta.is_file() {
                tree.insert(&path, fs::read(entry.path())?, is_executable(&meta)).map_err(invalid)?;
            } else if !meta.is_symlink() {
                let reason = format!("{} is neither a file nor a folder", entry.path().display());
                return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
            }
        }
    }
    Ok(tree)
}
