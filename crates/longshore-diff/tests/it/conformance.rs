//! What structured-merge-diff and dyff answer, recorded.

use std::collections::BTreeMap;
use std::path::Path;

use longshore_diff::{
    ApplyError, FieldSet, Force, KeyFields, ManagedFields, Managers, ObjectType, Operation, StructuredSchema, Versions,
    Writer, apply, compare, extract, field_set, merge, remove, update,
};
use longshore_testkit::{Run, folder};
use longshore_yaml::{Document, Node, ReadOptions, SourceFile, read};
use serde_json::Value;

mod dyff;

#[test]
fn conformance() {
    let mut run = Run::new(include_str!("known_failures.txt"));
    if let Some(folder) = folder("diff") {
        structured_merge_diff(&mut run, &folder.join("smd"));
        dyff::reports(&mut run, &folder.join("dyff/api"));
    }
    run.finish();
}

#[expect(clippy::disallowed_methods, reason = "the recorded cases are files")]
fn text(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

type Check = fn(&Value, &Schemas) -> Result<(), String>;

fn structured_merge_diff(run: &mut Run, folder: &Path) {
    let schemas = Schemas::load(&folder.join("schemas"));
    let suites: [(&str, Check); 6] = [
        ("toset", check_to_set),
        ("compare", check_compare),
        ("merge", check_merge),
        ("remove", check_remove),
        ("extract", check_extract),
        ("apply", check_apply),
    ];
    for (name, check) in suites {
        let Some(cases) = text(&folder.join(format!("{name}.jsonl"))) else { continue };
        let mut suite = run.suite(&format!("diff/smd-{name}"));
        let mut skipped = 0;
        for (line, case) in cases.lines().enumerate() {
            let case: Value = serde_json::from_str(case).expect("a case is JSON");
            if ignores_fields(&case) {
                skipped += 1;
                continue;
            }
            suite.check(&format!("line-{}", line + 1), check(&case, &schemas));
        }
        if skipped > 0 {
            println!("diff/smd-{name}: {skipped} cases left out: which fields nobody owns was not recorded");
        }
    }
}

/// Whether a case depends on a list of fields that its upstream test holds and the record does not.
fn ignores_fields(case: &Value) -> bool {
    let test = case["provenance"]["test"].as_str().unwrap_or_default();
    case["op"].is_string() && (test.contains("Ignore") || test.contains("Filtered"))
}

struct Schemas {
    by_name: BTreeMap<String, StructuredSchema>,
}

impl Schemas {
    fn load(folder: &Path) -> Self {
        let mut by_name = BTreeMap::new();
        for entry in folder.read_dir().into_iter().flatten().flatten() {
            let path = entry.path();
            let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            let source = SourceFile::new(name.as_str(), text(&path).expect("a schema is a text"));
            let docs = read(&source, &ReadOptions::default()).expect("a schema is YAML");
            by_name.insert(name, StructuredSchema::new(docs[0].root()).expect("a schema has types"));
        }
        Schemas { by_name }
    }

    fn of(&self, case: &Value) -> ObjectType<'_> {
        self.named(case, case["type"]["type"].as_str().expect("a type has a name"))
    }

    fn named(&self, case: &Value, name: &str) -> ObjectType<'_> {
        if name == "__untyped_deduced_" {
            return ObjectType::Deduced;
        }
        let schema = &self.by_name[case["type"]["schema"].as_str().expect("a schema is named")];
        schema.object_type(name).expect("the type is in the schema")
    }
}

fn doc(case: &Value, field: &str) -> Document {
    Document::from_json(&case[field])
}

fn set(value: &Value) -> FieldSet {
    FieldSet::from_json(value).expect("FieldsV1")
}

fn same(expected: &Value, found: &Value) -> Result<(), String> {
    if expected == found { Ok(()) } else { Err(format!("expected {expected}, found {found}")) }
}

/// The answer of a verb that may fail: as recorded, or an error where one is recorded.
fn answer<E: std::fmt::Display>(case: &Value, field: &str, found: Result<Value, E>) -> Result<(), String> {
    match (case["error"].as_str(), found) {
        (None, Ok(found)) => same(&case[field], &found),
        (Some(_), Err(_)) => Ok(()),
        (Some(expected), Ok(found)) => Err(format!("expected the error {expected}, found {found}")),
        (None, Err(error)) => Err(format!("refused: {error}")),
    }
}

fn json(doc: Document) -> Value {
    doc.root().to_json().expect("recorded objects are JSON")
}

fn check_to_set(case: &Value, schemas: &Schemas) -> Result<(), String> {
    answer(case, "set", field_set(doc(case, "in").root(), schemas.of(case)).map(|set| set.to_json()))
}

fn check_compare(case: &Value, schemas: &Schemas) -> Result<(), String> {
    let found = compare(doc(case, "lhs").root(), doc(case, "rhs").root(), schemas.of(case));
    match (case["error"].as_str(), found) {
        (Some(_), Err(_)) => Ok(()),
        (Some(expected), Ok(_)) => Err(format!("expected the error {expected}")),
        (None, Err(error)) => Err(format!("refused: {error}")),
        (None, Ok(found)) => {
            same(&case["added"], &found.added.to_json()).map_err(|text| format!("added: {text}"))?;
            same(&case["removed"], &found.removed.to_json()).map_err(|text| format!("removed: {text}"))?;
            same(&case["modified"], &found.modified.to_json()).map_err(|text| format!("modified: {text}"))
        }
    }
}

fn check_merge(case: &Value, schemas: &Schemas) -> Result<(), String> {
    answer(case, "out", merge(doc(case, "lhs").root(), doc(case, "rhs").root(), schemas.of(case)).map(json))
}

fn check_remove(case: &Value, schemas: &Schemas) -> Result<(), String> {
    same(&case["out"], &json(remove(doc(case, "in").root(), &set(&case["set"]), schemas.of(case))))
}

fn check_extract(case: &Value, schemas: &Schemas) -> Result<(), String> {
    let keys = if case["appendKeyFields"] == true { KeyFields::Always } else { KeyFields::AsListed };
    same(&case["out"], &json(extract(doc(case, "in").root(), &set(&case["set"]), schemas.of(case), keys)))
}

/// The versions of one case, brought into each other as the upstream test does that it was recorded from.
struct Recorded<'c> {
    case: &'c Value,
    schemas: &'c Schemas,
    conversion: Conversion,
}

#[derive(Clone, Copy)]
enum Conversion {
    /// Versions differ in nothing; all are served.
    Same,
    /// A type for each version, whose fields end in its name.
    Suffix,
    /// Keys repeat their letter as often as the version says.
    Repeat,
    /// A field has another name in each of two versions.
    Names,
    /// Only this many versions are served, up to the writer's.
    Served(usize),
}

impl<'c> Recorded<'c> {
    fn new(case: &'c Value, schemas: &'c Schemas) -> Self {
        let test = case["provenance"]["test"].as_str().unwrap_or_default();
        let conversion = match test.split('.').next().unwrap_or_default() {
            name if name.contains("FieldUnsetting") || name.contains("FieldRenaming") => Conversion::Suffix,
            "TestMultipleAppliersRealConversion" | "TestFilteredFieldsUsesVersions" => Conversion::Repeat,
            "TestMultipleAppliersReliantFieldsConversions" => Conversion::Names,
            "TestObsoleteVersions" => Conversion::Served(2),
            "TestApplyObsoleteVersion" => Conversion::Served(1),
            _ => Conversion::Same,
        };
        Recorded { case, schemas, conversion }
    }

    fn rename(&self, key: &str, to: &str) -> String {
        let names = ["field_foo_rely_on_bar", "required_field_bar"];
        match self.conversion {
            Conversion::Suffix => match key.rsplit_once("_v") {
                Some((stem, _)) => format!("{stem}_{to}"),
                None => key.to_owned(),
            },
            Conversion::Repeat if key != "mapOfMapsRecursive" => key[..1].repeat(number(to)),
            Conversion::Names if names.contains(&key) => names[number(to) - 1].to_owned(),
            _ => key.to_owned(),
        }
    }

    fn renamed(&self, value: &Value, to: &str) -> Value {
        match value {
            Value::Object(map) => {
                map.iter().map(|(key, value)| (self.rename(key, to), self.renamed(value, to))).collect()
            }
            Value::Array(items) => items.iter().map(|item| self.renamed(item, to)).collect(),
            other => other.clone(),
        }
    }
}

/// The number of a version such as `v2`.
fn number(version: &str) -> usize {
    version.trim_start_matches('v').parse().expect("a version has a number")
}

impl Versions for Recorded<'_> {
    fn object_type(&self, api_version: &str) -> Option<ObjectType<'_>> {
        match self.conversion {
            Conversion::Suffix | Conversion::Names => {
                let schema = self.schemas.by_name.get(self.case["type"]["schema"].as_str()?)?;
                schema.object_type(api_version)
            }
            Conversion::Served(count) => {
                let newest = number(self.case["version"].as_str()?);
                let served = (newest + 1).saturating_sub(count)..=newest;
                served.contains(&number(api_version)).then(|| self.schemas.of(self.case))
            }
            _ => Some(self.schemas.of(self.case)),
        }
    }

    fn convert(&self, object: Node<'_>, _from: &str, to: &str) -> Result<Document, String> {
        let value = object.to_json().map_err(|error| error.to_string())?;
        Ok(Document::from_json(&self.renamed(&value, to)))
    }
}

fn managers(value: &Value) -> Managers {
    let entries = value.as_object().into_iter().flatten();
    let managed = |entry: &Value| ManagedFields {
        api_version: entry["apiVersion"].as_str().unwrap_or_default().to_owned(),
        operation: if entry["applied"] == true { Operation::Apply } else { Operation::Update },
        fields: set(&entry["fields"]),
    };
    entries.map(|(name, entry)| (name.clone(), managed(entry))).collect()
}

fn managers_json(managers: &Managers) -> Value {
    let entry = |managed: &ManagedFields| {
        serde_json::json!({
            "apiVersion": managed.api_version,
            "applied": managed.operation == Operation::Apply,
            "fields": managed.fields.to_json(),
        })
    };
    managers.iter().map(|(name, managed)| (name.clone(), entry(managed))).collect::<serde_json::Map<_, _>>().into()
}

fn check_apply(case: &Value, schemas: &Schemas) -> Result<(), String> {
    let object = doc(case, "object");
    let before = managers(&case["managersBefore"]);
    let (manager, api_version) = (case["manager"].as_str(), case["version"].as_str());
    let writer = Writer { manager: manager.expect("a manager"), api_version: api_version.expect("a version") };
    let versions = Recorded::new(case, schemas);
    // The live object is recorded in the version of the last writer.
    let live = Document::from_json(&versions.renamed(&case["liveBefore"], writer.api_version));
    let found = if case["op"] == "apply" {
        let force = if case["force"] == true { Force::Yes } else { Force::No };
        apply(live.root(), object.root(), writer, &before, force, &versions)
            .map(|applied| (json(applied.object), applied.managers))
    } else {
        update(live.root(), object.root(), writer, &before, &versions).map(|managers| (json(object), managers))
    };
    match (case["error"].as_str(), found) {
        (None, Ok((object, after))) => {
            same(&case["managersAfter"], &managers_json(&after)).map_err(|text| format!("managers: {text}"))?;
            same(&case["liveAfter"], &object)
        }
        (Some(expected), Err(error @ ApplyError::Conflicts(_))) => same(&expected.into(), &error.to_string().into()),
        (Some(expected), Ok(_)) => Err(format!("expected the error {expected}")),
        (_, Err(error)) => Err(format!("refused: {error}")),
    }
}
