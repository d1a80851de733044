//! Files at one consistent revision: read and list paths, in memory or on disk.
//!
//! [`Files`] is the door through which every core of the workspace reads. [`Memory`] serves tests and embedded trees,
//! `Disk` (feature `fs`) a folder; `longshore-git` serves a revision straight from the object database.
//!
//! A [`FilePath`] is parsed once and then cannot lead out of its tree. What this crate is not: a virtual file system. It
//! neither writes nor watches, and it knows nothing about Git, YAML or Kubernetes.
//!
//! ```
//! use longshore_source::{FilePath, Files, Memory};
//!
//! let mut files = Memory::new();
//! files.insert("overlays/prod/kustomization.yaml", *b"resources: [../../base]\n")?;
//! let overlay: FilePath = "overlays/prod".parse()?;
//! assert_eq!(overlay.join("../../base")?.as_str(), "base");
//! assert!(overlay.join("../../../elsewhere").is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//! - `fs`: `Disk`, the only room of this crate that touches a medium.

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

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
