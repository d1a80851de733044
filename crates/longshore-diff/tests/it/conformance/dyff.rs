//! Every change that dyff reports is reported, and none where it reports none.

use std::path::Path;

use longshore_diff::{Change, ChangeKind, Changes, DiffOptions, SetChange, diff, diff_sets};
use longshore_manifest::{Resource, ResourceSet};
use longshore_testkit::Run;
use longshore_yaml::{Document, Node, ReadOptions, SourceFile, read};
use serde_json::Value;

use super::text;

pub(super) fn reports(run: &mut Run, folder: &Path) {
    let mut files: Vec<_> = folder.read_dir().into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    files.sort();
    if files.is_empty() {
        return;
    }
    let mut suite = run.suite("diff/dyff-api");
    for file in files {
        let case: Value = serde_json::from_str(&text(&file).expect("a case is a text")).expect("a case is JSON");
        // dyff refuses to compare other than as many documents with as many.
        if case["error"].is_null() {
            let name = file.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            suite.check(&name, check(&case));
        }
    }
}

fn check(case: &Value) -> Result<(), String> {
    let (before, after) = (docs(&case["from"])?, docs(&case["to"])?);
    let found = Found::of(&before, &after)?;
    let expected = case["diffs"].as_array().cloned().unwrap_or_default();
    for report in &expected {
        let path = report["path"].as_str().unwrap_or_default();
        let kinds = report["details"].as_array().into_iter().flatten();
        let kinds: Vec<&str> = kinds.filter_map(|detail| detail["kind"].as_str()).collect();
        for kind in &kinds {
            if !found.has(&before, &after, path, kind, kinds.contains(&"+") && kinds.contains(&"-")) {
                return Err(format!("dyff reports {kind} at {path}, we report {:?}", found.lines()));
            }
        }
    }
    let settings = &case["settings"];
    let lenient = settings["IgnoreOrderChanges"] == true || settings["IgnoreWhitespaceChanges"] == true;
    // A string that is JSON, spelled otherwise, is another string.
    let lenient = lenient || settings["FormatStrings"] == true;
    match expected.is_empty() && !lenient && !found.lines().is_empty() {
        true => Err(format!("dyff reports nothing, we report {:?}", found.lines())),
        false => Ok(()),
    }
}

fn docs(texts: &Value) -> Result<Vec<Document>, String> {
    let mut docs = Vec::new();
    for text in texts.as_array().into_iter().flatten() {
        let source = SourceFile::new("doc", text.as_str().unwrap_or_default());
        docs.extend(read(&source, &ReadOptions::default()).map_err(|error| error.to_string())?);
    }
    Ok(docs)
}

/// What we report: kind, and the pointer on the side that has the value.
struct Found {
    changes: Vec<(char, String, String)>,
}

impl Found {
    fn of(before: &[Document], after: &[Document]) -> Result<Self, String> {
        let resources = |docs: &[Document]| -> Option<ResourceSet> {
            docs.iter().map(|doc| Resource::new(doc.clone()).ok()).collect()
        };
        let options = DiffOptions::default();
        let mut found = Found { changes: Vec::new() };
        match (resources(before), resources(after)) {
            (Some(before), Some(after)) => {
                for change in &diff_sets(&before, &after, &options) {
                    match change {
                        SetChange::Added { .. } => found.changes.push(('+', String::new(), String::new())),
                        SetChange::Removed { .. } => found.changes.push(('-', String::new(), String::new())),
                        other => found.add(other.changes().expect("both sides have it")),
                    }
                }
            }
            _ => before.iter().zip(after).for_each(|(before, after)| {
                found.add(&diff(before.root(), after.root(), &options));
            }),
        }
        Ok(found)
    }

    fn add(&mut self, changes: &Changes<'_>) {
        let line = |change: &Change<'_>| {
            let sign = match change.kind {
                ChangeKind::Added => '+',
                ChangeKind::Removed => '-',
                ChangeKind::Changed => '±',
                ChangeKind::Moved { .. } => '⇆',
            };
            (sign, change.before_pointer().to_owned(), change.after_pointer().to_owned())
        };
        self.changes.extend(changes.iter().map(line));
    }

    fn lines(&self) -> Vec<String> {
        self.changes.iter().map(|(sign, before, after)| format!("{sign} {before} {after}")).collect()
    }

    /// Whether a report of dyff is covered: a change at its path, or below it, of its kind. A value that dyff removes
    /// and adds (`swapped`) may be one that changed inside, and one that it changes may be removed and added with us.
    fn has(&self, before: &[Document], after: &[Document], path: &str, kind: &str, swapped: bool) -> bool {
        let kinds: &[char] = match kind {
            "+" | "-" if swapped => &['+', '-', '±', '⇆'],
            "+" => &['+', '±'],
            "-" => &['-', '±'],
            "⇆" => &['⇆'],
            _ => &['±', '+', '-'],
        };
        let places = |docs: &[Document]| docs.iter().filter_map(|doc| pointer(doc.root(), path)).collect::<Vec<_>>();
        let (old, new) = (places(before), places(after));
        let at = |pointer: &String, places: &[String]| places.iter().any(|place| pointer.starts_with(place.as_str()));
        let fits = |(sign, before, after): &(char, String, String)| {
            kinds.contains(sign) && (at(before, &old) || at(after, &new))
        };
        self.changes.iter().any(fits)
    }
}

/// The JSON Pointer of a path of dyff in a document: keys, indexes, and items as `name=value`.
fn pointer(root: Node<'_>, path: &str) -> Option<String> {
    let (mut node, mut out) = (root, String::new());
    let mut steps = path.split('/').filter(|step| !step.is_empty());
    while let Some(step) = steps.next() {
        let (found, next) = match step.split_once('=') {
            // The identity of a resource spans steps: version, kind, namespace where there is one, name.
            Some(("resource", _)) => {
                let mut taken = String::new();
                loop {
                    let name = steps.next()?;
                    let at = node.items().position(|item| is(item, "metadata.name", name));
                    if let Some(at) = at.filter(|_| !taken.is_empty()) {
                        break (at.to_string(), node.item(at)?);
                    }
                    taken.push_str(name);
                }
            }
            Some((key, value)) if node.is_sequence() => {
                let (at, item) = node.items().enumerate().find(|(_, item)| is(*item, key, value))?;
                (at.to_string(), item)
            }
            _ if node.is_sequence() => (step.to_owned(), node.item(step.parse().ok()?)?),
            _ => (step.replace('~', "~0"), node.get(step)?),
        };
        out.push('/');
        out.push_str(&found);
        node = next;
    }
    Some(out)
}

fn is(item: Node<'_>, key: &str, value: &str) -> bool {
    item.at(key.split('.')).is_some_and(|found| found.text() == value)
}
