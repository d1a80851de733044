//! A file tree on disk.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::files::{Entry, EntryKind, Files, FilesError, FilesErrorKind};
use crate::path::FilePath;

/// Files below a folder on disk. Symbolic links are followed as long as they stay below it.
///
/// It reads what is there at the moment of the call: a folder that changes meanwhile is not one revision.
#[derive(Clone, Debug)]
pub struct Disk {
    root: PathBuf,
    shown: PathBuf,
    /// Paths below this one are shown without it.
    here: Option<PathBuf>,
}

impl Disk {
    /// The tree below `root`, which must exist. Paths are shown in errors as `root` joined with the path.
    pub fn new(root: impl AsRef<Path>) -> Result<Self, FilesError> {
        let root = root.as_ref();
        let shown = root.to_path_buf();
        let root = root.canonicalize().map_err(|error| from_io(&shown.to_string_lossy(), &error))?;
        Ok(Disk { root, shown, here: None })
    }

    /// The whole file system, and where `place` lies in it: for a tree that refers to folders beside itself.
    ///
    /// Paths below the current folder are shown as they are written there, all others from the root.
    pub fn whole(place: impl AsRef<Path>) -> Result<(Self, FilePath), FilesError> {
        let place = place.as_ref();
        let error = |error: &io::Error| from_io(&place.to_string_lossy(), error);
        let found = place.canonicalize().map_err(|e| error(&e))?;
        let path = found.to_string_lossy().parse().map_err(|_| error(&io::ErrorKind::InvalidInput.into()))?;
        let here = std::env::current_dir().and_then(|here| here.canonicalize()).ok();
        Ok((Disk { root: PathBuf::from("/"), shown: PathBuf::from("/"), here }, path))
    }

    /// A place on disk as a path of this tree.
    fn below(&self, path: &FilePath, place: &Path) -> Result<FilePath, FilesError> {
        let below = place.strip_prefix(&self.root).unwrap_or(place).to_string_lossy().into_owned();
        below.parse().map_err(|_| FilesError::not_found(self.display(path)))
    }

    /// Where a file really lies, and its bytes.
    fn read_at_place(&self, path: &FilePath) -> Result<(PathBuf, Vec<u8>), FilesError> {
        let (place, length) = match self.without_links(path) {
            Some(found) => found,
            None => (self.through_links(path)?, 0),
        };
        let bytes = read_file(&place, length).map_err(|error| from_io(&self.display(path), &error))?;
        Ok((place, bytes))
    }

    /// The place of a path on which no link lies, as nearly always, and the length of the file. The folders around the
    /// root are known to be no links.
    fn without_links(&self, path: &FilePath) -> Option<(PathBuf, u64)> {
        // Elsewhere one file may have several spellings, and its own is asked for.
        if !cfg!(target_os = "linux") {
            return None;
        }
        let (mut place, mut length) = (self.root.clone(), 0);
        for part in Path::new(path.as_str()).components() {
            place.push(matches!(part, Component::Normal(_)).then_some(part)?);
            let found = place.symlink_metadata().ok()?;
            if found.is_symlink() {
                return None;
            }
            length = found.len();
        }
        Some((place, length))
    }

    fn place(&self, path: &FilePath) -> Result<PathBuf, FilesError> {
        if let Some((place, _)) = self.without_links(path) {
            return Ok(place);
        }
        self.through_links(path)
    }

    fn through_links(&self, path: &FilePath) -> Result<PathBuf, FilesError> {
        let joined = self.root.join(path.as_str());
        let found = joined.canonicalize().map_err(|error| from_io(&self.display(path), &error))?;
        if found.starts_with(&self.root) {
            return Ok(found);
        }
        Err(FilesError::new(self.display(path), FilesErrorKind::Link, "a symbolic link leads out of the file tree"))
    }
}

/// Longer files are not read into room made for them, as a length is only what the file system says.
const ROOM: u64 = 1 << 20;

/// All bytes of a file that is likely of this length: then it takes one read.
fn read_file(place: &Path, length: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(place)?;
    if length == 0 || length > ROOM {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    let mut bytes = vec![0; length as usize + 1];
    let read = loop {
        match file.read(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => break outcome?,
        }
    };
    bytes.truncate(read);
    if read as u64 != length {
        file.read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

fn from_io(path: &str, error: &io::Error) -> FilesError {
    let kind = match error.kind() {
        io::ErrorKind::NotFound => return FilesError::not_found(path),
        io::ErrorKind::IsADirectory => FilesErrorKind::IsDirectory,
        io::ErrorKind::NotADirectory => FilesErrorKind::NotDirectory,
        _ => FilesErrorKind::Other,
    };
    FilesError::new(path, kind, error.to_string())
}

impl Files for Disk {
    fn read(&self, path: &FilePath) -> Result<Arc<[u8]>, FilesError> {
        Ok(self.read_at_place(path)?.1.into())
    }

    fn list(&self, folder: &FilePath) -> Result<Vec<Entry>, FilesError> {
        let error = |error: io::Error| from_io(&self.display(folder), &error);
        let mut entries = Vec::new();
        for entry in self.place(folder)?.read_dir().map_err(error)? {
            let entry = entry.map_err(error)?;
            let directory = entry.path().is_dir();
            entries.push(Entry { name: entry.file_name().to_string_lossy().into_owned(), directory });
        }
        entries.sort();
        Ok(entries)
    }

    fn kind(&self, path: &FilePath) -> Result<Option<EntryKind>, FilesError> {
        match self.place(path) {
            Ok(place) => Ok(Some(if place.is_dir() { EntryKind::Directory } else { EntryKind::File })),
            Err(error) if matches!(error.kind, FilesErrorKind::NotFound | FilesErrorKind::NotDirectory) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn canonical(&self, path: &FilePath) -> Result<FilePath, FilesError> {
        self.below(path, &self.place(path)?)
    }

    fn read_canonical(&self, path: &FilePath) -> Result<(FilePath, Arc<[u8]>), FilesError> {
        let (place, bytes) = self.read_at_place(path)?;
        Ok((self.below(path, &place)?, bytes.into()))
    }

    fn is_whole(&self) -> bool {
        self.root == Path::new("/")
    }

    fn display(&self, path: &FilePath) -> String {
        let path = self.shown.join(path.as_str());
        let below = self.here.as_ref().and_then(|here| path.strip_prefix(here).ok());
        below.filter(|below| *below != Path::new("")).unwrap_or(&path).to_string_lossy().into_owned()
    }
}
