//! A Git revision as files, and commits made from them, through gix.
//!
//! [`Repository`] opens or makes a repository on disk. A [`Revision`] of it is a [`Files`](longshore_source::Files) that
//! reads straight from the object database: no checkout, no worktree, and nobody can change it while it is read.
//! [`Repository::commit`] writes changes onto a branch, [`Repository::revert`] takes one commit back by a three-way
//! merge of trees, [`Repository::changes`] lists what differs between two revisions, and [`Repository::last_change`]
//! names the commit that wrote a line.
//!
//! What this crate is not: a client. It neither clones, fetches nor pushes, touches no worktree and no index, and reads
//! no configuration but the repository's own. Who commits and when are arguments ([`Signature`]): nothing here reads a
//! clock. This whole crate is a room that touches disk, through gix.
//!
//! ```
//! use longshore_git::{Change, Repository, Signature};
//! use longshore_source::Files;
//!
//! let folder = tempfile::tempdir()?;
//! let repository = Repository::init(folder.path())?;
//! let ada = Signature::new("Ada", "ada@example.com", 1_700_000_000);
//! let first = repository.commit("main", [Change::write("app/replicas", *b"3\n")?], "Three replicas", &ada)?;
//! let second = repository.commit("main", [Change::write("app/replicas", *b"5\n")?], "Five replicas", &ada)?;
//! assert_eq!(repository.changes(first, second)?[0].path.as_str(), "app/replicas");
//!
//! repository.revert("main", second, &ada)?;
//! assert_eq!(&*repository.revision("main")?.read(&"app/replicas".parse()?)?, b"3\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod changes;
mod commit;
mod error;
mod repository;
mod revert;
mod revision;
mod trace;

pub use changes::{ChangedPath, Status};
pub use commit::{Change, Commit, Log, Signature};
pub use error::{GitError, GitErrorKind};
pub use gix::ObjectId;
pub use repository::Repository;
pub use revert::RevertError;
pub use revision::Revision;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
