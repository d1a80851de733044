//! The recorded builds: kustomize's own suite, examples, probes, and public trees.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use longshore_overlay::{LoadRestrictions, RenderOptions, Reorder, render};
use longshore_source::{Disk, Entry, EntryKind, FilePath, Files, FilesError, Memory};
use longshore_testkit::{Run, folder};
use serde_json::Value;

/// Runs every recorded build that lies in the folders, a suite for each prefix of their names.
pub(crate) fn corpus(run: &mut Run) {
    builds(run);
    real_world(run);
}

fn builds(run: &mut Run) {
    let Some(folder) = folder("kustomize") else { return };
    let listing = std::fs::read_dir(&folder).expect("the corpus is a folder");
    let mut cases: Vec<PathBuf> = listing.map(|entry| entry.expect("it can be listed").path()).collect();
    cases.retain(|case| case.join("case.json").exists());
    cases.sort_by_key(|case| (prefix(case), case.clone()));
    for group in cases.chunk_by(|a, b| prefix(a) == prefix(b)) {
        let mut suite = run.suite(&format!("kustomize/{}", prefix(&group[0])));
        for case in group {
            let name = case.file_name().unwrap_or_default().to_string_lossy().into_owned();
            suite.check(&name, check_case(case));
        }
    }
}

fn prefix(case: &Path) -> String {
    let name = case.file_name().unwrap_or_default().to_string_lossy().into_owned();
    name.split_once("__").map_or("krusty".to_owned(), |(prefix, _)| match prefix {
        "probe" | "plugin" | "target" | "examples" => prefix.to_owned(),
        _ => "krusty".to_owned(),
    })
}

fn read(path: &Path) -> String {
    #[expect(clippy::disallowed_methods, reason = "the recorded cases are files")]
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn check_case(folder: &Path) -> Result<(), String> {
    let case: Value = serde_json::from_str(&read(&folder.join("case.json"))).expect("a case is JSON");
    let options = &case["options"];
    let restrictions = match options["loadRestrictions"].as_str() {
        Some("LoadRestrictionsNone") => LoadRestrictions::None,
        _ => LoadRestrictions::RootOnly,
    };
    let reorder = match options["reorder"].as_str() {
        Some("none") => Reorder::None,
        Some("legacy") => Reorder::Legacy,
        _ => Reorder::Unspecified,
    };
    let options = RenderOptions::new()
        .load_restrictions(restrictions)
        .managed_by_label(options["addManagedbyLabel"].as_bool().unwrap_or(false));
    let build = |reorder: Reorder| outcome(&folder.join("fs"), &case, &options.clone().reorder(reorder));
    let built = build(reorder);
    if case["expect"] == "error" {
        return check_error(&case, built);
    }
    let (text, warnings) = built.map_err(|error| format!("refused: {error}"))?;
    same_text(&version(&read(&folder.join("expected.yaml"))), &text)?;
    let cli = folder.join("expected.cli.yaml");
    if cli.exists() {
        let (text, _) = build(Reorder::Unspecified).map_err(|error| format!("refused: {error}"))?;
        same_text(&version(&read(&cli)), &text).map_err(|difference| format!("default order: {difference}"))?;
    }
    match case["stderr"].as_str() {
        Some(expected) if expected.lines().all(|line| warnings.iter().any(|warning| warning == line)) => Ok(()),
        Some(expected) => Err(format!("warnings: expected {expected:?}, found {warnings:?}")),
        None => Ok(()),
    }
}

/// The label of managed objects holds the version of the program that made the case.
fn version(text: &str) -> String {
    let line = |line: &str| match line.split_once("managed-by: kustomize-") {
        Some((indent, _)) => format!("{indent}managed-by: kustomize-(devel)\n"),
        None => format!("{line}\n"),
    };
    text.split_inclusive('\n').map(|text| line(text.trim_end_matches('\n'))).collect()
}

fn outcome(files: &Path, case: &Value, options: &RenderOptions) -> Result<(String, Vec<String>), String> {
    // A tree without files is not kept.
    let tree: Box<dyn Files> = match Disk::new(files) {
        Ok(disk) => Box::new(Top(disk)),
        Err(_) => Box::new(Memory::new()),
    };
    let path = case["path"].as_str().unwrap_or_default();
    let root: FilePath = path.trim_start_matches('/').parse().map_err(|error| format!("{path}: {error}"))?;
    let rendered = render(&*tree, &root, options).map_err(|error| error.to_string())?;
    let text = rendered.to_yaml().map_err(|error| error.to_string())?;
    Ok((text, rendered.warnings.iter().map(|warning| warning.message.clone()).collect()))
}

/// A recorded tree stands for a whole file system: above its root there is nothing, and `..` stays there.
struct Top(Disk);

impl Files for Top {
    fn read(&self, path: &FilePath) -> Result<Arc<[u8]>, FilesError> {
        self.0.read(path)
    }

    fn list(&self, folder: &FilePath) -> Result<Vec<Entry>, FilesError> {
        self.0.list(folder)
    }

    fn kind(&self, path: &FilePath) -> Result<Option<EntryKind>, FilesError> {
        self.0.kind(path)
    }

    fn canonical(&self, path: &FilePath) -> Result<FilePath, FilesError> {
        self.0.canonical(path)
    }

    fn display(&self, path: &FilePath) -> String {
        format!("/{}", path.as_str())
    }

    fn is_whole(&self) -> bool {
        true
    }
}

/// An error must name the culprit that the original names: one of the files, objects and fields in its text.
fn check_error(case: &Value, built: Result<(String, Vec<String>), String>) -> Result<(), String> {
    let expected = case["error"].as_str().unwrap_or_default();
    let Err(found) = built else { return Err(format!("accepted, the original says {expected}")) };
    let culprits = culprits(expected);
    let named = culprits.iter().any(|culprit| found.contains(culprit.as_str()));
    if named || culprits.is_empty() {
        return Ok(());
    }
    Err(format!("the original says {expected:?}, not {found:?}"))
}

/// Names in an error's text: what is quoted, the last part of paths, and ids of objects.
fn culprits(text: &str) -> Vec<String> {
    let quoted = ['\'', '"', '`'].into_iter().flat_map(|quote| text.split(quote).skip(1).step_by(2));
    let words = text.split([' ', '\'', '"', '`', '\n', ',', ':', '(', ')', '[', ']', '{', '}']);
    let words = words.filter(|word| word.contains('.') || word.contains('/') || word.contains('-'));
    let quoted = quoted.filter(|name| name.len() < 80).flat_map(|name| name.split([' ', '{', '}']));
    let last = |word: &str| word.trim_matches('.').rsplit('/').next().unwrap_or_default().to_owned();
    let mut names: Vec<String> = quoted.map(last).chain(words.map(last)).collect();
    let fields: Vec<String> = names.iter().filter_map(|name| Some(name.rsplit_once('.')?.1.to_owned())).collect();
    names.extend(fields.into_iter().filter(|field| field.len() > 4));
    names.retain(|name| name.len() > 1 && !matches!(name.as_str(), "yaml" | "json"));
    names
}

fn real_world(run: &mut Run) {
    let (Some(index), Some(trees)) = (folder("realworld-index.json"), folder("realworld")) else { return };
    let Some(expected) = folder("realworld-expected") else { return };
    let roots: Vec<Value> = serde_json::from_str(&read(&index)).expect("the index is a list");
    let mut suite = run.suite("kustomize/realworld");
    for root in &roots {
        let (repo, dir) = (root["repo"].as_str().unwrap_or_default(), root["dir"].as_str().unwrap_or_default());
        let restrictions = match root["load_restrictor"].as_str() {
            Some("LoadRestrictionsNone") => LoadRestrictions::None,
            _ => LoadRestrictions::RootOnly,
        };
        let text = read(&expected.join(repo).join(format!("{dir}.yaml")));
        let case = serde_json::json!({ "path": dir });
        let options = RenderOptions::new().load_restrictions(restrictions);
        let built = outcome(&trees.join(repo), &case, &options).map_err(|error| format!("refused: {error}"));
        suite.check(&format!("{repo} {dir}"), built.and_then(|(found, _)| same_text(&text, &found)));
    }
}

/// The first line that differs.
fn same_text(expected: &str, found: &str) -> Result<(), String> {
    if expected == found {
        return Ok(());
    }
    let mut lines = expected.lines().zip(found.lines()).enumerate();
    match lines.find(|(_, (a, b))| a != b) {
        Some((line, (a, b))) => Err(format!("line {}: expected {a:?}, found {b:?}", line + 1)),
        None => Err(format!("expected {} lines, found {}", expected.lines().count(), found.lines().count())),
    }
}
