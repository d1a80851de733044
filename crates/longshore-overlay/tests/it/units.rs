//! The recorded unit cases of kustomize's filters.

use std::path::Path;

use longshore_overlay::{RenderOptions, Reorder, recorded, render};
use longshore_source::{FilePath, Memory};
use longshore_testkit::{Run, folder};
use longshore_yaml::{ReadOptions, SourceFile};
use serde_json::{Value, json};

/// Runs every suite that lies in the folder.
pub(crate) fn units(run: &mut Run) {
    let Some(folder) = folder("kustomize-units") else { return };
    suite(run, &folder, "pathsplit", path_split);
    suite(run, &folder, "selector", selector);
    suite(run, &folder, "filters", filter);
    suite(run, &folder, "builtin-plugins", plugin);
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
        // It passes the object through JSON, so the order of keys is lost.
        (None, Ok(found)) if text(case, "filter_type") == "patchjson6902.Filter" => {
            same(trees(text(case, "result")), trees(&found))
        }
        (None, Ok(found)) => same(text(case, "result").trim(), found.trim()),
        (Some(expected), Err(found)) => same_error(expected, &found),
        (None, Err(found)) => Err(format!("failed: {found}")),
        (Some(expected), Ok(_)) => Err(format!("succeeded, expected {expected}")),
    })
}

fn trees(text: &str) -> Vec<Value> {
    let docs = longshore_yaml::read(&SourceFile::new("text", text), &ReadOptions::default()).expect("it is YAML");
    docs.iter().map(|doc| doc.root().to_json().expect("it is JSON")).collect()
}

/// The original goes on to print the objects it names, which may be secrets: its first line counts.
fn same_error(expected: &str, found: &str) -> Result<(), String> {
    let line = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    same(line(expected), line(found))
}

/// Runs a plugin as a build with nothing else in it.
fn plugin(case: &Value) -> Option<Result<(), String>> {
    let mut files = Memory::new();
    for (path, content) in case["files"].as_object()? {
        // The folder is that of the configuration.
        files.insert(path.rsplit('/').next()?, content.as_str()?.as_bytes()).ok()?;
    }
    // A plugin alone makes its object; that there is nothing to merge it into is found by the build.
    let config = text(case, "config").replace("\nbehavior: merge\n", "\n");
    files.insert("config.yaml", config.as_bytes()).ok()?;
    files.insert("input.yaml", text(case, "input").as_bytes()).ok()?;
    files.insert("kustomization.yaml", kustomization(case, &config).to_string().into_bytes()).ok()?;
    let options = RenderOptions::new().reorder(Reorder::None);
    let found = render(&files, &FilePath::root(), &options).and_then(|rendered| rendered.to_yaml());
    Some(match (text(case, "expect"), found) {
        ("error", Err(_)) => Ok(()),
        ("error", Ok(_)) => Err(format!("succeeded, expected {}", case["error"])),
        (_, Err(error)) => Err(format!("failed: {error}")),
        (_, Ok(found)) if case["type"] == "generator" => {
            same(text(case, "expected").trim(), without_hash(&found).trim())
        }
        (_, Ok(found)) => same(text(case, "expected").trim(), found.trim()).or_else(|difference| {
            // A build goes on to mend name references.
            let alone = (case["plugin"] == "namespacetransformer").then(|| namespace_alone(case, &config));
            alone.unwrap_or(Err(difference))
        }),
    })
}

fn namespace_alone(case: &Value, config: &str) -> Result<(), String> {
    let mut config = trees(config).remove(0);
    config["namespace"] = config["metadata"]["namespace"].take();
    let found = recorded::filter("namespace.Filter", &config.to_string(), text(case, "input"));
    let found = found.expect("it is a known filter")?;
    same(trees(text(case, "expected")), trees(&found))
}

fn kustomization(case: &Value, config: &str) -> Value {
    if case["type"] == "generator" {
        return json!({"generators": ["config.yaml"]});
    }
    if case["plugin"] == "sortordertransformer" {
        // The one plugin that no file can configure, but a field.
        let file = SourceFile::new("config.yaml", config);
        let docs = longshore_yaml::read(&file, &ReadOptions::default()).expect("a recorded configuration is YAML");
        let config = docs[0].root().to_json().expect("it is JSON");
        return json!({"resources": ["input.yaml"], "sortOptions": config["sortOptions"]});
    }
    json!({"resources": ["input.yaml"], "transformers": ["config.yaml"]})
}

/// A plugin alone puts no hash behind the name, a build does.
fn without_hash(text: &str) -> String {
    let name = |line: &str| match line.strip_prefix("  name: ").and_then(|name| name.rsplit_once('-')) {
        Some((name, hash)) if hash.len() == 10 => format!("  name: {name}\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(name).collect()
}
