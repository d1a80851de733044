//! Where includes come from that are not files of the repository itself.

use std::sync::Arc;

/// What an `include` asks for outside of the repository.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Locator {
    /// A file of another project, at `HEAD` or at a ref.
    Project {
        /// Full path of the project, in lower case.
        project: String,
        /// Branch, tag or commit; `HEAD` where none is written.
        reference: String,
        /// Path in that project, without a leading slash.
        file: String,
    },
    /// A file at a URL.
    Remote(String),
    /// One of the templates that GitLab ships.
    Template(String),
    /// A component of the catalog, `host/project/component@version`.
    Component(String),
    /// A file that a job of the parent pipeline produces.
    Artifact {
        /// Path in the artifact.
        file: String,
        /// The job.
        job: String,
    },
}

/// What there is at a locator.
#[derive(Clone, Debug)]
pub enum Fetched {
    /// The file.
    File(Arc<[u8]>),
    /// The project is there, the file is not.
    NoFile,
    /// No such project, or no access to it.
    NoProject,
    /// The project has no such ref.
    NoReference,
    /// It could not be fetched; the words end up in the error.
    Failed(String),
}

/// Whoever can fetch what includes ask for. Without one every such include is an error that says so.
pub trait Includes {
    /// Fetches one file.
    fn fetch(&self, locator: &Locator) -> Fetched;
}
