//! Integration tests of longshore-git.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod agreement;
mod commit;
mod laws;
mod revert;
mod revision;

use longshore_git::{Change, ObjectId, Repository, Signature};
use tempfile::TempDir;

/// A repository that goes away with its folder.
struct Place {
    folder: TempDir,
    repository: Repository,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let repository = Repository::init(folder.path()).expect("an empty folder takes a repository");
        Place { folder, repository }
    }

    /// Commits files, given as path and text; an empty text removes the path.
    #[track_caller]
    fn commit(&self, seconds: i64, files: &[(&str, &str)]) -> ObjectId {
        let change = |(path, text): &(&str, &str)| match *text {
            "" => Change::remove(path).expect("a path"),
            text => Change::write(path, text.as_bytes()).expect("a path"),
        };
        let changes: Vec<Change> = files.iter().map(change).collect();
        let message = format!("Change at {seconds}");
        self.repository.commit("main", changes, &message, &ada(seconds)).expect("the changes fit the branch")
    }
}

fn ada(seconds: i64) -> Signature {
    Signature::new("Ada Lovelace", "ada@example.com", 1_700_000_000 + seconds)
}
