//! From a layer back to files, with limits.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use tar::{Archive, EntryType};

use super::tree::{Tree, TreeError};

/// What becomes of links in an archive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Links {
    /// A link is an error.
    #[default]
    Refuse,
    /// Links are left out.
    Skip,
}

/// How much is unpacked before it is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnpackLimits {
    /// Bytes of the uncompressed archive.
    pub max_bytes: u64,
    /// Files and folders.
    pub max_entries: usize,
    /// Bytes of one path.
    pub max_path: usize,
    /// Folders above one file.
    pub max_depth: usize,
    /// What becomes of links.
    pub links: Links,
}

impl Default for UnpackLimits {
    /// 100 MiB as in Flux, 100,000 entries, paths of 4096 bytes and 128 folders.
    fn default() -> Self {
        UnpackLimits {
            max_bytes: 100 << 20,
            max_entries: 100_000,
            max_path: 4096,
            max_depth: 128,
            links: Links::default(),
        }
    }
}

impl UnpackLimits {
    pub(super) fn check_path(&self, path: &str) -> Result<(), UnpackError> {
        let over = |what, limit: usize| Err(UnpackError::Limit { what, limit: limit as u64 });
        if path.len() > self.max_path {
            return over("bytes in a path", self.max_path);
        }
        if path.split('/').count() > self.max_depth + 1 {
            return over("folders above a file", self.max_depth);
        }
        Ok(())
    }

    pub(super) fn check_entries(&self, tree: &Tree) -> Result<(), UnpackError> {
        let limit = self.max_entries;
        if tree.len() > limit { Err(UnpackError::Limit { what: "entries", limit: limit as u64 }) } else { Ok(()) }
    }
}

/// Why an archive is not unpacked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnpackError {
    /// A limit is reached.
    #[error("archive has more than {limit} {what}")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// How much is let through.
        limit: u64,
    },
    /// A path that leads out, or stands twice.
    #[error("archive entry {path:?} is refused")]
    Path {
        /// The path.
        path: String,
        /// Why.
        source: TreeError,
    },
    /// A path that is not UTF-8.
    #[error("archive entry {0:?} has a name that is not UTF-8")]
    Name(String),
    /// A link.
    #[error("archive entry {0:?} is a link, which is not allowed here")]
    Link(String),
    /// A device, a pipe, or a kind no one knows.
    #[error("archive entry {0:?} is neither a file nor a folder")]
    Kind(String),
    /// Not one archive, and not titled files.
    #[error("{0} is not an artifact of files")]
    NotFiles(&'static str),
    /// A layer that is not at hand, or not what its descriptor says.
    #[error("layer {digest} is refused")]
    Fetch {
        /// Its digest, as it is written.
        digest: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Not an archive, or a broken one.
    #[error("not a readable archive")]
    Read(#[from] io::Error),
}

/// Unpacks a tar, gzipped or not, into a tree in memory.
///
/// Nothing is written anywhere: a path that would lead out of a folder is an error, as are links unless they are to be
/// skipped, and anything that is neither file nor folder.
pub fn unpack(bytes: &[u8], limits: &UnpackLimits) -> Result<Tree, UnpackError> {
    let limit = Limited { left: limits.max_bytes, over: false };
    if bytes.starts_with(&[0x1f, 0x8b]) {
        read(LimitedReader { inner: MultiGzDecoder::new(bytes), limit }, limits)
    } else {
        read(LimitedReader { inner: bytes, limit }, limits)
    }
}

fn read<R: Read>(reader: LimitedReader<R>, limits: &UnpackLimits) -> Result<Tree, UnpackError> {
    let mut archive = Archive::new(reader);
    let outcome = read_entries(&mut archive, limits);
    let reader = archive.into_inner();
    match outcome {
        // The tar reader wraps what the limit said: say it again in our words.
        Err(UnpackError::Read(_)) if reader.limit.over => {
            Err(UnpackError::Limit { what: "bytes", limit: limits.max_bytes })
        }
        outcome => outcome,
    }
}

fn read_entries<R: Read>(archive: &mut Archive<R>, limits: &UnpackLimits) -> Result<Tree, UnpackError> {
    let mut tree = Tree::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        let kind = entry.header().entry_type();
        if kind == EntryType::XGlobalHeader {
            continue;
        }
        // Of records that cannot be read the path would silently be the one that was cut short.
        if let Some(mut records) = entry.pax_extensions()? {
            records.try_for_each(|record| record.map(drop))?;
        }
        let name = entry.path_bytes().into_owned();
        let path = match String::from_utf8(name) {
            Ok(path) => path,
            Err(error) => return Err(UnpackError::Name(String::from_utf8_lossy(error.as_bytes()).into_owned())),
        };
        limits.check_path(&path)?;
        match kind {
            EntryType::Regular | EntryType::Continuous => {
                let executable = entry.header().mode().is_ok_and(|mode| mode & 0o111 != 0);
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes)?;
                if bytes.len() as u64 != entry.size() {
                    return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
                }
                tree.insert(&path, bytes, executable).map_err(|source| UnpackError::Path { path, source })?;
            }
            EntryType::Directory if is_root(&path) => {}
            EntryType::Directory => {
                tree.insert_folder(&path).map_err(|source| UnpackError::Path { path, source })?;
            }
            EntryType::Symlink | EntryType::Link => match limits.links {
                Links::Refuse => return Err(UnpackError::Link(path)),
                Links::Skip => {}
            },
            _ => return Err(UnpackError::Kind(path)),
        }
        limits.check_entries(&tree)?;
    }
    Ok(tree)
}

fn is_root(path: &str) -> bool {
    !path.starts_with('/') && path.split('/').all(|segment| matches!(segment, "" | "."))
}

struct Limited {
    left: u64,
    over: bool,
}

/// Reads up to a limit, and then fails instead of ending: an archive cut short is not an archive.
struct LimitedReader<R> {
    inner: R,
    limit: Limited,
}

impl<R: Read> Read for LimitedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        match self.limit.left.checked_sub(read as u64) {
            Some(left) => self.limit.left = left,
            None => {
                self.limit.over = true;
                return Err(io::Error::other("more bytes than are let through"));
            }
        }
        Ok(read)
    }
}
