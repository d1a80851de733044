//! Walks recorded cases and holds the list of known failures, which may only shrink.

#![expect(clippy::disallowed_methods, reason = "the recorded cases lie in a folder that the environment names")]

use std::path::PathBuf;

/// The folder of one area (`yaml`, `kustomize`, …) below `$LONGSHORE_CONFORMANCE`; says so where it is absent.
pub fn folder(area: &str) -> Option<PathBuf> {
    let Ok(root) = std::env::var("LONGSHORE_CONFORMANCE") else {
        println!("conformance {area}: LONGSHORE_CONFORMANCE is not set, no recorded cases were run");
        return None;
    };
    // The tests of a package run in its own folder, two below the root: a relative path means the root's.
    let root = PathBuf::from(root);
    let root = if root.is_relative() && !root.exists() { PathBuf::from("../..").join(root) } else { root };
    let path = root.join(area);
    if path.exists() {
        return Some(path);
    }
    println!("conformance {area}: {} is absent, no recorded cases were run", path.display());
    None
}

/// All suites of one crate's conformance test.
///
/// `known` lists failures that are accepted for now, a line each: `AREA/SUITE CASE  # reason`.
pub struct Run {
    known: Vec<String>,
    trouble: Vec<String>,
}

impl Run {
    /// A run with its list of known failures.
    pub fn new(known: &str) -> Self {
        let known = known.lines().map(|line| line.split("  #").next().unwrap_or_default().trim().to_owned());
        Run { known: known.filter(|line| !line.is_empty() && !line.starts_with('#')).collect(), trouble: Vec::new() }
    }

    /// Begins a suite, named `AREA/SUITE`.
    pub fn suite(&mut self, name: &str) -> Suite<'_> {
        Suite { run: self, name: name.to_owned(), passed: 0, failures: Vec::new() }
    }

    /// Fails the test if a case failed that is not known, or a known failure passes and must leave the list.
    ///
    /// # Panics
    /// In those two cases.
    pub fn finish(self) {
        assert!(self.trouble.is_empty(), "{}", self.trouble.join("\n"));
    }
}

/// One suite: cases are checked one by one, the count is printed at its end.
pub struct Suite<'r> {
    run: &'r mut Run,
    name: String,
    passed: usize,
    failures: Vec<(String, String)>,
}

impl Suite<'_> {
    /// Records one case.
    pub fn check(&mut self, case: &str, outcome: Result<(), String>) {
        let known = self.run.known.contains(&format!("{} {case}", self.name));
        match outcome {
            Ok(()) => {
                self.passed += 1;
                if known {
                    self.run.trouble.push(format!("{} {case}: passes now, take it off the list", self.name));
                }
            }
            Err(reason) => {
                if !known {
                    self.run.trouble.push(format!("{} {case}: failed", self.name));
                }
                self.failures.push((case.to_owned(), reason));
            }
        }
    }
}

impl Drop for Suite<'_> {
    fn drop(&mut self) {
        println!("conformance {}: {}/{}", self.name, self.passed, self.passed + self.failures.len());
        for (case, reason) in &self.failures {
            println!("  failed: {case}: {}", reason.lines().next().unwrap_or_default());
        }
    }
}
