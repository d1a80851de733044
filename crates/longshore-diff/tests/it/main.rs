//! Integration tests of longshore-diff.

mod conformance;
mod laws;
mod lists;
mod merging;
mod renderings;
mod resources;

use longshore_diff::{ChangeKind, Changes};
use longshore_manifest::{Resource, ResourceSet};
use longshore_yaml::{Document, ReadOptions, SourceFile, read};

/// The only document of a text.
#[track_caller]
fn doc(name: &str, text: &str) -> Document {
    let mut docs = read(&SourceFile::new(name, text), &ReadOptions::default()).expect("the text is YAML");
    assert_eq!(docs.len(), 1, "one document in {name}");
    docs.remove(0)
}

/// The resources of a text.
#[track_caller]
fn set(name: &str, text: &str) -> ResourceSet {
    let docs = read(&SourceFile::new(name, text), &ReadOptions::default()).expect("the text is YAML");
    docs.into_iter().map(|doc| Resource::new(doc).expect("a resource")).collect()
}

/// Changes as short lines: `+ path`, `- path`, `~ path`, `> path 0 1`.
fn lines(changes: &Changes<'_>) -> Vec<String> {
    let line = |change: &longshore_diff::Change<'_>| match change.kind {
        ChangeKind::Added => format!("+ {}", change.path),
        ChangeKind::Removed => format!("- {}", change.path),
        ChangeKind::Changed => format!("~ {}", change.path),
        ChangeKind::Moved { from, to } => format!("> {} {from} {to}", change.path),
    };
    changes.iter().map(line).collect()
}
