//! The recorded unit cases of kustomize's filters.

use std::path::Path;

use longshore_overlay::recorded;
use longshore_testkit::{Run, folder};
use serde_json::Value;

/// Runs every suite that lies in the folder.
pub(crate) fn units(run: &mut Run) {
    let Some(folder) = folder("kustomize-units") else { return };
    suite(run, &folder, "pathsplit", path_split);
    suite(run, &folder, "selector", selector);
    suite(run, &folder, "filters", filter);
}

/// A case's outcome; `None` for one that is no case of this crate.
type Check = fn(&Value) -> Option<Result<(), String>>;

#[expect(clippy::disallowed_methods, reason = "the recorded cases are files")]
fn suite(run: &mut Run, folder: &Path, name: &str, check: Check) {
    let Ok(text) = std::fs::read_to_string(folder.join(format!("{name}.json"))) else { return };
    let cases: Vec<Value> = serde_json::from_str(&text).expect("a suite is a list of cases");
    let mut suite = run.suite(&format!("kustomize-units/{name}"));
    for (index, case) in cases.iter().enumerate() {
        let what = ["filter_type", "func", "plugin"].iter().find_map(|key| case[key].as_str()).unwrap_or_default();
        let label = format!("{}#{index} {what}", case["test"].as_str().unwrap_or_default());
        if let Some(outcome) = check(case) {
            suite.check(&label, outcome);
        }
    }
}

fn text<'a>(case: &'a Value, key: &str) -> &'a str {
    case[key].as_str().unwrap_or_default()
}

fn same<T: PartialEq + std::fmt::Debug>(expected: T, found: T) -> Result<(), String> {
    if expected == found { Ok(()) } else { Err(format!("expected {expected:?}, found {found:?}")) }
}

fn path_split(case: &Value) -> Option<Result<(), String>> {
    let delimiter = text(case, "delimiter").chars().next()?;
    let found = recorded::split_path(text(case, "func"), text(case, "path"), delimiter);
    Some(same(&case["result"], &Value::from(found)))
}

fn selector(case: &Value) -> Option<Result<(), String>> {
    let (mut patterns, mut texts) = ([""; 5], [""; 5]);
    match text(case, "func") {
        "MatchGvk" => {
            for (index, key) in ["group", "version", "kind"].into_iter().enumerate() {
                patterns[index] = text(&case["selector"], key);
                texts[index] = text(&case["gvk"], key);
            }
        }
        "MatchName" => (patterns[3], texts[3]) = (text(case, "selector"), text(case, "value")),
        "MatchNamespace" => (patterns[4], texts[4]) = (text(case, "selector"), text(case, "value")),
        _ => return None,
    }
    Some(recorded::select(patterns, texts).and_then(|found| same(&case["result"], &Value::from(found))))
}

fn filter(case: &Value) -> Option<Result<(), String>> {
    let config = match &case["filter"] {
        Value::String(text) => text.clone(),
        tree => tree.to_string(),
    };
    let found = recorded::filter(text(case, "filter_type"), &config, text(case, "input"))?;
    Some(match (case["error"].as_str(), found) {
        (None, Ok(found)) => same(text(case, "result").trim(), found.trim()),
        (Some(expected), Err(found)) => same_error(expected, &found),
        (None, Err(found)) => Err(format!("failed: {found}")),
        (Some(expected), Ok(_)) => Err(format!("succeeded, expected {expected}")),
    })
}

/// The original goes on to print the objects it names, which may be secrets: its first line counts.
fn same_error(expected: &str, found: &str) -> Result<(), String> {
    let line = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    same(line(expected), line(found))
}
