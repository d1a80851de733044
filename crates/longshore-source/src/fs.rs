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
    fn read_at_place(&self, path: &FilePath) -> Result<(FilePath, Arc<[u8]>), FilesError> {
        let error = |error: io::Error| from_io(&self.display(path), &error);
        if let Some(file) = open_without_links(&self.root.join(path.as_str())) {
            return Ok((path.clone(), read_file(file).map_err(error)?));
        }
        let place = self.place(path)?;
        let bytes = File::open(&place).and_then(read_file).map_err(error)?;
        Ok((self.below(path, &place)?, bytes))
    }

    /// The place of a path on which no link lies, as nearly always. The folders around the root are known to be no
    /// links.
    fn without_links(&self, path: &FilePath) -> Option<PathBuf> {
        // Elsewhere one file may have several spellings, and its own is asked for.
        if !cfg!(target_os = "linux") {
            return None;
        }
        let mut place = self.root.clone();
        for part in Path::new(path.as_str()).components() {
            place.push(matches!(part, Component::Normal(_)).then_some(part)?);
            if place.symlink_metadata().ok()?.is_symlink() {
                return None;
            }
        }
        Some(place)
    }

    fn place(&self, path: &FilePath) -> Result<PathBuf, FilesError> {
        self.without_links(path).map_or_else(|| self.through_links(path), Ok)
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

/// Opens a place if no link lies on the way to it. `None` says only that it has to be opened with more care.
#[cfg(target_os = "linux")]
fn open_without_links(place: &Path) -> Option<File> {
    use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};

    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    openat2(CWD, place, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS).ok().map(File::from)
}

/// Nowhere else does one call open a file and refuse links.
#[cfg(not(target_os = "linux"))]
fn open_without_links(_place: &Path) -> Option<File> {
    None
}

/// Most manifests are shorter. Their bytes are stored once, without asking for their number before.
const ROOM: usize = 4 << 10;

fn read_file(mut file: File) -> io::Result<Arc<[u8]>> {
    let (mut room, mut filled) = ([0; ROOM], 0);
    while filled < ROOM {
        match file.read(&mut room[filled..]) {
            Ok(0) => return Ok(room[..filled].into()),
            Ok(more) => filled += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let mut bytes = room.to_vec();
    file.read_to_end(&mut bytes)?;
    Ok(bytes.into())
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
        Ok(self.read_at_place(path)?.1)
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
        self.read_at_place(path)
    }

    fn is_whole(&self) -> bool {
        self.root == Path::new("/")
    }

    fn display(&self, path: &FilePath) -> String {
        let path = self.shown.join(path.as_str());
        let below = self.here.as_ref().and_then(|here| path.strip_prefix(here).ok());
        match below.filter(|below| *below != Path::new("")) {
            Some(below) => below.to_string_lossy().into_owned(),
            None => path.into_os_string().into_string().unwrap_or_else(|odd| odd.to_string_lossy().into_owned()),
        }
    }
}
