//! The floors table of ARCHITECTURE.md, held against what cargo says the crates import.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// A row of the table: the floor, and the crates that may be imported.
struct Row {
    floor: u32,
    may_import: Vec<String>,
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn backticked(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Rows look like ``| `longshore-patch` | 2 | `longshore-yaml`, `longshore-manifest` | … |``.
fn table(text: &str) -> BTreeMap<String, Row> {
    let rows = text.lines().filter(|line| line.starts_with("| `longshore"));
    rows.map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let floor = cells[1].parse().unwrap_or_else(|_| panic!("no floor in: {line}"));
        (backticked(cells[0]).remove(0), Row { floor, may_import: backticked(cells[2]) })
    })
    .collect()
}

/// Crate name → the crates of this workspace that it imports when it is used, not when it is tested.
fn imports(metadata: &Value) -> BTreeMap<String, Vec<String>> {
    let packages = metadata["packages"].as_array().expect("cargo metadata lists packages");
    let library = |package: &&Value| package["manifest_path"].as_str().is_some_and(|path| path.contains("/crates/"));
    packages
        .iter()
        .filter(library)
        .map(|package| {
            let dependencies = package["dependencies"].as_array().expect("a package lists its dependencies");
            let used = dependencies.iter().filter(|dependency| dependency["kind"].as_str() != Some("dev"));
            let names = used.filter_map(|dependency| dependency["name"].as_str());
            let ours = names.filter(|name| name.starts_with("longshore")).map(str::to_owned);
            (package["name"].as_str().unwrap_or_default().to_owned(), ours.collect())
        })
        .collect()
}

/// Every breach of the table, in words.
fn breaches(table: &BTreeMap<String, Row>, imports: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let mut found = Vec::new();
    for (name, row) in table {
        if !imports.contains_key(name) {
            found.push(format!("{name} stands in the table and is no crate of the workspace"));
        }
        for target in &row.may_import {
            match table.get(target) {
                Some(below) if below.floor < row.floor => {}
                Some(_) => found.push(format!("the table lets {name} import {target}, which is not below it")),
                None => found.push(format!("the table lets {name} import {target}, which is not in the table")),
            }
        }
    }
    for (name, targets) in imports {
        let Some(row) = table.get(name) else {
            found.push(format!("{name} does not stand in the table"));
            continue;
        };
        let against = targets.iter().filter(|target| !row.may_import.contains(target));
        found.extend(against.map(|target| format!("{name} imports {target} against the table")));
    }
    found
}

#[test]
fn crates_import_only_what_the_floors_table_allows() {
    let text = include_str!("../../../../ARCHITECTURE.md");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs, it is running this test");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata = serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    let found = breaches(&table(text), &imports(&metadata));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn an_import_against_the_floors_is_found() {
    let table = table("| `longshore-a` | 0 | – |\n| `longshore-b` | 1 | `longshore-a` |\n");
    let imports = |a: &[&str], b: &[&str]| {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        BTreeMap::from([("longshore-a".to_owned(), owned(a)), ("longshore-b".to_owned(), owned(b))])
    };
    assert_eq!(breaches(&table, &imports(&[], &["longshore-a"])), Vec::<String>::new());
    assert_eq!(
        breaches(&table, &imports(&["longshore-b"], &[])),
        ["longshore-a imports longshore-b against the table"]
    );
}

#[test]
fn a_table_that_points_up_is_found() {
    let table = table("| `longshore-a` | 0 | `longshore-b` |\n| `longshore-b` | 0 | – |\n");
    let imports = BTreeMap::from([("longshore-a".to_owned(), vec![]), ("longshore-b".to_owned(), vec![])]);
    assert_eq!(breaches(&table, &imports), ["the table lets longshore-a import longshore-b, which is not below it"]);
}
