//! Which commit wrote a line.

use std::ops::RangeInclusive;

use gix::ObjectId;
use longshore_source::FilePath;

use crate::commit::Commit;
use crate::error::{GitError, GitErrorKind, Tried};
use crate::repository::Repository;

impl Repository {
    /// The commit that gave a line of a file its present text, as seen from the commit `at`. Lines count from 1.
    ///
    /// # Errors
    /// [`GitErrorKind::NotFound`] where the commit has no such file, or the file no such line.
    pub fn last_change(&self, at: ObjectId, path: &FilePath, line: u32) -> Result<Commit, GitError> {
        let no_line = || GitError::new(GitErrorKind::NotFound, format!("{path} has no line {line} in {at}"));
        let lines = self.line_count(at, path)?;
        if line == 0 || line > lines {
            return Err(no_line());
        }
        let ranges = gix::blame::BlameRanges::from_one_based_inclusive_range(RangeInclusive::new(line, line));
        let options = gix::repository::blame_file::Options { ranges: ranges.tried_to("trace")?, ..Default::default() };
        let blamed = self.git.blame_file(path.as_str().into(), at, options);
        let blamed = blamed.tried(GitErrorKind::Other, || format!("cannot trace {path}:{line}"))?;
        let entry = blamed.entries.iter().find(|entry| {
            let start = entry.start_in_blamed_file + 1;
            (start..start + entry.len.get()).contains(&line)
        });
        self.describe(entry.ok_or_else(no_line)?.commit_id)
    }

    fn line_count(&self, at: ObjectId, path: &FilePath) -> Result<u32, GitError> {
        let missing = || GitError::new(GitErrorKind::NotFound, format!("{path}: no such file in {at}"));
        let tree = self.git.find_tree(self.tree_of(at)?).tried_to("read a tree")?;
        let entry = tree.lookup_entry(path.segments()).tried_to("read a tree")?.ok_or_else(missing)?;
        let blob = self.git.find_blob(entry.object_id()).map_err(|_| missing())?;
        let breaks = blob.data.iter().filter(|&&byte| byte == b'\n').count();
        let open = blob.data.last().is_some_and(|&byte| byte != b'\n');
        Ok(u32::try_from(breaks).unwrap_or(u32::MAX).saturating_add(open.into()))
    }
}
