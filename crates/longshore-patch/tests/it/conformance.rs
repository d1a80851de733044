//! What others do with a patch, recorded.

#![expect(clippy::disallowed_methods, reason = "the recorded cases are files")]

use std::path::Path;

use longshore_manifest::schema::{PatchStrategy, Shape, TypeBuilder, TypeGraph, TypeId, TypeRef, kustomize};
use longshore_patch::strategic::apimachinery::{self, OnConflict, ThreeWayError};
use longshore_patch::strategic::kyaml::{self, Options, Outcome};
use longshore_patch::{json, merge};
use longshore_testkit::{Run, folder};
use longshore_yaml::{Document, ListIndent, ReadOptions, SourceFile, emit_kyaml, read};
use serde_json::Value;

#[test]
fn conformance() {
    let mut run = Run::new(include_str!("known_failures.txt"));
    if let Some(folder) = folder("kustomize-units") {
        strategic_kyaml(&mut run, &folder);
    }
    if let Some(folder) = folder("diff") {
        rfc6902(&mut run, &folder);
        rfc7396(&mut run, &folder);
        json_merge_patch(&mut run, &folder);
        strategic(&mut run, &folder);
    }
    run.finish();
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).expect("the suite's file is there")).expect("the suite is JSON")
}

fn yaml(name: &str, text: &str) -> Vec<Document> {
    read(&SourceFile::new(name, text), &ReadOptions::default()).expect("the case is YAML")
}

/// Kustomize's own cases of its strategic merge.
fn strategic_kyaml(run: &mut Run, folder: &Path) {
    let cases = json(&folder.join("filters.json"));
    let mut suite = run.suite("kustomize-units/patchstrategicmerge");
    for (at, case) in cases.as_array().expect("cases").iter().enumerate() {
        if case["filter_type"] == "patchstrategicmerge.Filter" {
            suite.check(&at.to_string(), check_strategic_kyaml(case));
        }
    }
}

fn check_strategic_kyaml(case: &Value) -> Result<(), String> {
    let patch = case["filter"]["patch"].as_str().expect("a patch");
    let patches = yaml("patch", patch);
    let patch = patches.first().expect("a patch has a document");
    let mut docs = yaml("input", case["input"].as_str().expect("an input"));
    let mut kept = Vec::new();
    for mut doc in docs.drain(..) {
        let outcome = kyaml::apply(&mut doc, patch.root(), kustomize(), &Options::default());
        if outcome.map_err(|error| error.to_string())? == Outcome::Kept {
            kept.push(doc);
        }
    }
    let printed = emit_kyaml(&kept, ListIndent::Compact);
    let expected = case["result"].as_str().unwrap_or_default();
    if printed == expected { Ok(()) } else { Err(format!("expected {expected:?}, not {printed:?}")) }
}

fn same(expected: &Value, found: &Document) -> Result<(), String> {
    let found = found.root().to_json().map_err(|error| error.to_string())?;
    if *expected == found { Ok(()) } else { Err(format!("expected {expected}, not {found}")) }
}

fn rfc6902(run: &mut Run, folder: &Path) {
    for name in ["spec_tests", "tests"] {
        let cases = json(&folder.join(format!("rfc6902/{name}.json")));
        let cases = cases.as_array().or(cases["cases"].as_array()).cloned().expect("cases");
        let mut suite = run.suite(&format!("diff/rfc6902-{name}"));
        for (at, case) in cases.iter().enumerate() {
            if case["disabled"] != true && case["patch"].is_array() {
                suite.check(&at.to_string(), check_rfc6902(case));
            }
        }
    }
}

fn check_rfc6902(case: &Value) -> Result<(), String> {
    let mut doc = Document::from_json(&case["doc"]);
    let patch = json::Patch::read(Document::from_json(&case["patch"]).root());
    let outcome = match patch {
        Ok(patch) => json::apply(&mut doc, &patch).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match (case.get("error"), outcome) {
        (Some(_), Err(_)) => same(&case["doc"], &doc),
        (Some(error), Ok(())) => Err(format!("applied, but {error}")),
        (None, Err(error)) => Err(error),
        (None, Ok(())) => same(case.get("expected").unwrap_or(&case["doc"]), &doc),
    }
}

fn rfc7396(run: &mut Run, folder: &Path) {
    let cases = json(&folder.join("rfc7396/appendix-a.json"));
    let mut suite = run.suite("diff/rfc7396");
    for (at, case) in cases["cases"].as_array().expect("cases").iter().enumerate() {
        let mut doc = Document::from_json(&case["original"]);
        let outcome = merge::apply(&mut doc, Document::from_json(&case["patch"]).root());
        suite.check(
            &at.to_string(),
            outcome.map_err(|error| error.to_string()).and_then(|()| same(&case["result"], &doc)),
        );
    }
}

/// The three-way patch, what it makes of the current document, and its two halves.
fn json_merge_patch(run: &mut Run, folder: &Path) {
    let cases = json(&folder.join("jsonmergepatch/cases.json"));
    let mut suite = run.suite("diff/jsonmergepatch");
    let document = |value: &Value| Document::from_json(if value.is_null() { &EMPTY } else { value });
    for case in cases["threeWay"].as_array().expect("cases") {
        let part = |name: &str| document(&case[name]);
        let mut current = part("Current");
        let patch = merge::three_way(part("Original").root(), part("Modified").root(), current.root());
        let outcome = same(&case["ThreeWay"], &patch).and_then(|()| {
            merge::apply(&mut current, patch.root()).map_err(|error| error.to_string())?;
            same(&case["Result"], &current)
        });
        suite.check(case["Description"].as_str().unwrap_or_default(), outcome);
    }
    for case in cases["keepOrDeleteNull"].as_array().expect("cases") {
        // With nothing there, all that is no removal; with the same there as last applied, all that is one.
        let part = |name: &str| document(&case[name]);
        let (nothing, patch) = (document(&Value::Null), part("OriginalObj"));
        let outcome = same(&case["ExpectedWithoutNull"], &merge::changes(patch.root()))
            .and_then(|()| same(&case["ExpectedWithNull"], &merge::removals(patch.root())))
            .and_then(|()| same(&serde_json::json!({}), &merge::changes(nothing.root())));
        suite.check(case["Description"].as_str().unwrap_or_default(), outcome);
    }
}

static EMPTY: std::sync::LazyLock<Value> = std::sync::LazyLock::new(|| serde_json::json!({}));

/// The types of the recorded cases; `recursive` names one of the two structs.
fn schema(facts: &Value) -> (TypeGraph, TypeId, TypeId) {
    let mut graph = TypeGraph::new();
    let (merge, precision) = (graph.add(TypeBuilder::default()), graph.add(TypeBuilder::default()));
    for (id, name) in [(merge, "mergeItem"), (precision, "precisionItem")] {
        let kind = kind(&mut graph, &facts[name], merge);
        graph.set(id, kind);
    }
    (graph, merge, precision)
}

fn kind(graph: &mut TypeGraph, fact: &Value, merge: TypeId) -> TypeBuilder {
    let mut add = |fact: &Value| {
        let kind = kind(graph, fact, merge);
        graph.add(kind)
    };
    let pointers = fact["recursive"].is_string() && fact["patchMergeKey"].is_string();
    let empty = serde_json::Map::new();
    let fields = fact["fields"].as_object().unwrap_or(&empty);
    let fields = fields.iter().map(|(name, fact)| (name.as_str().into(), add(fact))).collect();
    TypeBuilder {
        fields,
        // A list of pointers is recorded without its list.
        items: if pointers { Some(merge) } else { fact["items"].is_object().then(|| add(&fact["items"])) },
        values: fact["values"].is_object().then(|| add(&fact["values"])),
        of: (fact["recursive"].is_string() && !pointers).then_some(merge),
        shape: if fact["type"] == "list" { Shape::List } else { Shape::Any },
        patch_strategy: fact["patchStrategy"].as_str().map(PatchStrategy::parse),
        patch_merge_key: fact["patchMergeKey"].as_str().map(Into::into),
        ..TypeBuilder::default()
    }
}

fn strategic(run: &mut Run, folder: &Path) {
    let cases = json(&folder.join("strategicpatch/cases.json"));
    let (graph, merge, precision) = schema(&cases["schema"]);
    let mut suites: Vec<&str> = Vec::new();
    let list = cases["cases"].as_array().expect("cases");
    for case in list {
        let table = case["table"].as_str().unwrap_or_default();
        if !suites.contains(&table) {
            suites.push(table);
        }
    }
    for table in suites {
        let mut suite = run.suite(&format!("diff/strategicpatch-{table}"));
        for (at, case) in list.iter().enumerate().filter(|(_, case)| case["table"] == table) {
            let precise = case["schema"].as_str().is_some_and(|name| name.contains("recision"));
            let root = graph.node(if precise { precision } else { merge });
            let name = format!("{at} {}", case["description"].as_str().unwrap_or_default());
            suite.check(&name, check_strategic(table, case, root));
        }
    }
}

fn check_strategic(table: &str, case: &Value, schema: TypeRef<'_>) -> Result<(), String> {
    let part = |name: &str| match &case[name] {
        Value::Null => Document::from_json(&EMPTY),
        value => Document::from_json(value),
    };
    // Where a case is not raw, the order of merged lists does not count: both sides are brought into one.
    let sorted = |value: &Value| if table.ends_with("raw") { value.clone() } else { sort(value, Some(schema)) };
    let equal = |name: &str, found: &Document| {
        let found = found.root().to_json().map_err(|error| error.to_string())?;
        let (expected, found) = (sorted(&case[name]), sorted(&found));
        if expected == found { Ok(()) } else { Err(format!("{name}: expected {expected}, not {found}")) }
    };
    let expected_error = case["expectedError"].as_str().filter(|text| !text.is_empty());
    let applied = |base: &str, patch: &Document| {
        let mut doc = part(base);
        apimachinery::apply(&mut doc, patch.root(), Some(schema)).map(|()| doc).map_err(|error| error.to_string())
    };
    if table == "sort" {
        let (found, expected) = (sort(&case["original"], Some(schema)), &case["sorted"]);
        return if found == *expected { Ok(()) } else { Err(format!("expected {expected}, not {found}")) };
    }
    if table.starts_with("apply") {
        return match (expected_error, applied("original", &part("twoWay"))) {
            (Some(text), Err(error)) if error.contains(text) => Ok(()),
            (Some(text), other) => Err(format!("expected an error with {text:?}, not {other:?}")),
            (None, found) => equal("modified", &found?),
        };
    }
    let (original, modified, current) = (part("original"), part("modified"), part("current"));
    let patch =
        apimachinery::two_way(original.root(), modified.root(), Some(schema)).map_err(|error| error.to_string())?;
    equal("twoWay", &patch)?;
    let result = if case.get("twoWayResult").is_some() { "twoWayResult" } else { "modified" };
    equal(result, &applied("original", &patch)?)?;
    if case.get("threeWay").is_none() && expected_error.is_none() {
        return Ok(());
    }
    let three_way = |on_conflict| {
        apimachinery::three_way(original.root(), modified.root(), current.root(), Some(schema), on_conflict)
    };
    let conflict = case["description"].as_str().unwrap_or_default().contains("conflict");
    match (three_way(OnConflict::Report), conflict) {
        (Err(ThreeWayError::Conflicts(_)), true) | (Ok(_), false) => {}
        (found, _) => return Err(format!("conflict expected: {conflict}, but {found:?}")),
    }
    let patch = three_way(OnConflict::Overwrite).map_err(|error| error.to_string())?;
    equal("threeWay", &patch)?;
    equal("result", &applied("current", &patch)?)
}

/// Sorts the lists that are merged, by merge key or by text, as the recorded program does before it compares.
fn sort(value: &Value, schema: Option<TypeRef<'_>>) -> Value {
    let Value::Object(map) = value else { return value.clone() };
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let by_text = |list: &Value| {
        let mut list = list.as_array().cloned().unwrap_or_default();
        list.sort_by_key(text);
        Value::Array(list)
    };
    let entry = |(name, value): (&String, &Value)| {
        let field = schema.and_then(|schema| schema.field(name));
        let merged = field.is_some_and(|field| field.patch_strategy().merge) && value.is_array();
        let value = if name == "$retainKeys" || name.starts_with("$deleteFromPrimitiveList") {
            by_text(value)
        } else if merged && value.as_array().is_some_and(|list| list.iter().all(Value::is_object)) {
            let key = field.and_then(TypeRef::patch_merge_key).unwrap_or_default();
            let items = field.and_then(TypeRef::items);
            let mut list: Vec<Value> = value.as_array().into_iter().flatten().map(|item| sort(item, items)).collect();
            list.sort_by_key(|item| text(&item[key]));
            Value::Array(list)
        } else if merged {
            by_text(value)
        } else {
            sort(value, field)
        };
        (name.clone(), value)
    };
    Value::Object(map.iter().map(entry).collect())
}
