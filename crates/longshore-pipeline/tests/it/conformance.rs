//! Cases recorded from GitLab's own code, from its processing tests, and published optima of scheduling.

mod configs;
mod expressions;
mod processing;
mod scheduling;

use std::path::Path;

use longshore_testkit::{Run, folder};
use serde_json::Value;

#[test]
fn conformance() {
    let Some(folder) = folder("pipeline") else {
        return;
    };
    let mut run = Run::new(include_str!("known_failures.txt"));
    expressions::run(&mut run, &folder.join("expressions"));
    expressions::variables(&mut run, &folder.join("variables"));
    configs::run(&mut run, &folder.join("config"));
    processing::run(&mut run, &folder.join("processing"));
    scheduling::run(&mut run, &folder.join("scheduling"));
    run.finish();
}

/// The files of a folder with that extension, by name.
#[expect(clippy::disallowed_methods, reason = "the recorded cases are files")]
fn files(folder: &Path, extension: &str) -> Vec<(String, String)> {
    let entries = folder.read_dir().into_iter().flatten().flatten().map(|entry| entry.path());
    let mut paths: Vec<_> = entries.filter(|path| path.extension().is_some_and(|end| end == extension)).collect();
    paths.sort();
    let name = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    paths.iter().map(|path| (name(path), std::fs::read_to_string(path).expect("the recorded cases are text"))).collect()
}

/// The rows of a text with one JSON value a line.
fn rows(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a case is JSON")).collect()
}
