//! Conditions and variables.

use std::collections::BTreeMap;
use std::path::Path;

use longshore_pipeline::expression::{Expression, Lookup, Value as Given};
use longshore_pipeline::variables::{Undefined, Variable, Variables, references};
use longshore_testkit::Run;
use serde_json::{Value, json};

pub(super) fn run(run: &mut Run, folder: &Path) {
    let files: Vec<_> =
        super::files(folder, "jsonl").into_iter().map(|(name, text)| (name, super::rows(&text))).collect();
    // The list of disagreements repeats rows of the other files without their inputs.
    let with_inputs = files.iter().flat_map(|(_, rows)| rows).filter(|row| row["inputs"].is_object());
    let inputs: BTreeMap<&str, &Value> =
        with_inputs.map(|row| (row["expr"].as_str().unwrap_or_default(), &row["inputs"])).collect();
    for (name, rows) in &files {
        let mut suite = run.suite(&format!("pipeline/expressions-{name}"));
        for (at, case) in rows.iter().enumerate() {
            let expression = case["expr"].as_str().expect("a case has a condition");
            let inputs = inputs.get(expression).copied().unwrap_or(&Value::Null);
            suite.check(&format!("{} {expression:?}", at + 1), check(case, expression, inputs));
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The variables and inputs of a case.
struct Context {
    variables: BTreeMap<String, String>,
    inputs: BTreeMap<String, String>,
}

impl Lookup for Context {
    fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    fn input(&self, name: &str) -> Option<&str> {
        self.inputs.get(name).map(String::as_str)
    }
}

fn texts(map: &Value) -> BTreeMap<String, String> {
    let entries = map.as_object().into_iter().flatten();
    entries.filter(|(_, value)| !value.is_null()).map(|(key, value)| (key.clone(), text(value))).collect()
}

fn check(case: &Value, expression: &str, inputs: &Value) -> Result<(), String> {
    let variables = Context { variables: texts(&case["variables"]), inputs: texts(inputs) };
    let parsed = Expression::parse(expression);
    if let Some(expected) = case.get("gitlab") {
        let holds = parsed.ok().map(|parsed| parsed.holds(&variables));
        let valid = expected.as_bool();
        return same(&json!(valid), &json!(holds));
    }
    if case["valid"] == json!(false) {
        let error = parsed.err().map(|error| error.to_string());
        return same(&case["error"], &json!(error));
    }
    let parsed = parsed.map_err(|error| format!("refused: {error}"))?;
    let value = match parsed.evaluate(&variables) {
        Given::Null => Value::Null,
        Given::Bool(value) => json!(value),
        Given::Text(text) => json!(text),
        Given::Pattern(pattern) => json!(format!("{pattern:?}")),
    };
    same(&case["truthy"], &json!(parsed.holds(&variables)))?;
    let whole = parsed.trace(&variables).pop().expect("a condition has a value").span;
    let spans_all = expression.get(whole.start as usize..whole.end as usize).is_some();
    if !spans_all {
        return Err("the trace leaves the text".to_owned());
    }
    if matches!(parsed.evaluate(&variables), Given::Pattern(_)) { Ok(()) } else { same(&case["value"], &value) }
}

fn same(expected: &Value, found: &Value) -> Result<(), String> {
    if expected == found { Ok(()) } else { Err(format!("GitLab says {expected}, not {found}")) }
}

pub(super) fn variables(run: &mut Run, folder: &Path) {
    for (name, text) in super::files(folder, "jsonl") {
        let mut suite = run.suite(&format!("pipeline/variables-{name}"));
        for case in super::rows(&text) {
            suite.check(case["id"].as_str().unwrap_or_default(), check_variables(&case));
        }
    }
}

fn check_variables(case: &Value) -> Result<(), String> {
    let given = case["variables"].as_array().into_iter().flatten();
    let variables: Variables = given
        .map(|variable| Variable {
            key: text(&variable["key"]),
            value: variable.get("value").filter(|value| !value.is_null()).map(text),
            raw: variable["raw"] == json!(true),
            file: variable["file"] == json!(true),
        })
        .collect();
    let source = case["text"].as_str().unwrap_or_default();
    same(&case["expand"], &json!(variables.expand(source, Undefined::Empty)))?;
    same(&case["expand_existing"], &json!(variables.expand(source, Undefined::Keep)))?;
    for (field, undefined) in [("expanded", Undefined::Empty), ("expanded_keep_undefined", Undefined::Keep)] {
        match variables.expanded(undefined) {
            Ok(found) => {
                let found: Vec<Value> = found.iter().map(|variable| json!([variable.key, variable.value])).collect();
                same(&case[field], &json!(found))?;
                same(&Value::Null, &case["error"])?;
            }
            Err(error) => same(&case["error"], &json!(error.to_string()))?,
        }
    }
    let _ = references(source).count();
    Ok(())
}
