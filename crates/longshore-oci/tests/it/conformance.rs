//! What the Go programs do with references, digests, versions, policies and documents, recorded.

mod digests;
mod documents;
mod pinning;
mod platforms;
mod policies;
mod references;
mod regclient;
mod versions;

use std::path::Path;

use longshore_testkit::{Run, folder};
use serde_json::Value;

#[test]
fn conformance() {
    let mut run = Run::new(include_str!("known_failures.txt"));
    if let Some(folder) = folder("oci") {
        references::run(&mut run, &folder);
        regclient::run(&mut run, &folder);
        digests::run(&mut run, &folder);
        versions::run(&mut run, &folder);
        platforms::run(&mut run, &folder);
        policies::run(&mut run, &folder);
        pinning::run(&mut run, &folder);
        documents::run(&mut run, &folder);
    }
    run.finish();
}

/// What a recorded case came to: `Err` says how it differs.
type Outcome = Result<(), String>;

#[expect(clippy::disallowed_methods, reason = "the recorded cases are files")]
fn load(folder: &Path, file: &str) -> Value {
    let text = std::fs::read_to_string(folder.join(file)).expect("the recorded file is there");
    serde_json::from_str(&text).expect("a recorded file is JSON")
}

/// Runs each of a table's rows as one case of the suite `oci/FILE/TABLE`.
fn table(run: &mut Run, file: &str, doc: &Value, name: &str, check: impl Fn(&Value) -> Outcome) {
    let rows = doc[name].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut suite = run.suite(&format!("oci/{file}/{name}"));
    for (index, row) in rows.iter().enumerate() {
        suite.check(&format!("{index}"), check(row).map_err(|reason| format!("{reason} in {}", shown(row))));
    }
}

fn shown(row: &Value) -> String {
    row.to_string().chars().take(300).collect()
}

fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or_default()
}

fn same<T: PartialEq + std::fmt::Debug>(expected: T, found: T) -> Outcome {
    if expected == found { Ok(()) } else { Err(format!("expected {expected:?}, not {found:?}")) }
}

fn accepted<T, E: std::fmt::Display>(outcome: Result<T, E>) -> Outcome {
    outcome.map(drop).map_err(|error| format!("refused: {error}"))
}

fn refused<T: std::fmt::Debug, E>(outcome: Result<T, E>) -> Outcome {
    match outcome {
        Ok(value) => Err(format!("accepted as {value:?}")),
        Err(_) => Ok(()),
    }
}
