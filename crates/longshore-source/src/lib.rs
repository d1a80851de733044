//! Files at one consistent revision: read and list paths, in memory or on disk.

mod files;
#[cfg(feature = "fs")]
mod fs;
mod memory;
mod path;

pub use files::{Entry, EntryKind, Files, FilesError, FilesErrorKind};
#[cfg(feature = "fs")]
pub use fs::Disk;
pub use memory::Memory;
pub use path::{FilePath, FilePathError};
