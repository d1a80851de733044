//! Whole configurations: what GitLab accepts, in what words it refuses, and which jobs come of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use longshore_pipeline::variables::Variable;
use longshore_pipeline::{
    CompileError, Compiled, Compiler, Context, Fetched, Includes, Job, Locator, Outcome, Problem,
};
use longshore_source::Memory;
use longshore_testkit::Run;
use serde_json::{Map, Value, json};

pub(super) fn run(run: &mut Run, folder: &Path) {
    for (name, text) in super::files(folder, "jsonl") {
        let rows = super::rows(&text);
        let results: Vec<_> =
            rows.iter().map(|row| (row["id"].as_str().unwrap_or("?"), compile(folder, row))).collect();
        let cases: Vec<_> =
            rows.iter().zip(&results).map(|(row, (id, result))| (*id, &row["gitlab"], result)).collect();
        for (part, check) in PARTS {
            let mut suite = run.suite(&format!("pipeline/config-{name}-{part}"));
            for (id, expected, result) in &cases {
                if let Some(outcome) = check(expected, result) {
                    suite.check(id, outcome);
                }
            }
        }
    }
}

type Outcomes = Option<Result<(), String>>;
type Check = fn(&Value, &Result<Compiled, CompileError>) -> Outcomes;

/// What is compared, each on its own so that the counts say what is missing.
const PARTS: [(&str, Check); 9] = [
    ("accept", accept),
    ("errors", errors),
    ("warnings", warnings),
    ("merged", merged),
    ("stages", stages),
    ("jobs", jobs),
    ("excluded", excluded),
    ("created", created),
    ("details", details),
];

/// Other projects, as the case has them.
struct Projects<'p>(&'p Value);

impl Includes for Projects<'_> {
    fn fetch(&self, locator: &Locator) -> Fetched {
        let Locator::Project { project, file, .. } = locator else {
            return Fetched::NoFile;
        };
        match self.0.get(project).map(|files| files.get(file)) {
            None => Fetched::NoProject,
            Some(Some(Value::String(text))) => Fetched::File(text.as_bytes().into()),
            Some(_) => Fetched::NoFile,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the recorded cases are files")]
fn compile(folder: &Path, row: &Value) -> Result<Compiled, CompileError> {
    let input = &row["input"];
    let mut files: BTreeMap<String, String> = match &input["files"] {
        Value::String(name) => {
            let text = std::fs::read_to_string(folder.join(name)).expect("the files of a case are there");
            serde_json::from_str(&text).expect("the files of a case are JSON")
        }
        other => serde_json::from_value(other.clone()).unwrap_or_default(),
    };
    let present: Vec<String> = files.keys().cloned().collect();
    const ROOT: &str = ".gitlab-ci.yml";
    if let Some(text) = input["yaml"].as_str() {
        files.insert(ROOT.to_owned(), text.to_owned());
    }
    let mut memory = Memory::new();
    for (path, text) in &files {
        memory.insert(path, Arc::<[u8]>::from(text.as_bytes())).expect("the paths of a case are paths");
    }
    Compiler::new(&memory).includes(&Projects(&input["projects"])).compile(ROOT, &context(input, present))
}

fn context(input: &Value, present: Vec<String>) -> Context {
    let reference = input["ref"].as_str().unwrap_or("main");
    let source = input["source"].as_str();
    let mut context = match (input["tag"].as_bool(), source) {
        (Some(true), _) => Context::tag(reference),
        (_, Some("merge_request_event")) => Context::merge_request(reference),
        _ => Context::branch(reference),
    };
    context = context.source(source.unwrap_or("push")).present(present);
    if let Some(changed) = input["changed"].as_array() {
        context = context.changed(changed.iter().filter_map(Value::as_str));
    }
    for (key, value) in input["variables"].as_object().into_iter().flatten() {
        context = context.variable(key, &value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    }
    for (key, value) in input["inputs"].as_object().into_iter().flatten() {
        context = context.input(key, value.clone());
    }
    context
}

/// The first difference with its place: whole configurations are long.
fn same(expected: &Value, found: &Value) -> Result<(), String> {
    difference("", expected, found).map_or(Ok(()), Err)
}

fn difference(place: &str, expected: &Value, found: &Value) -> Option<String> {
    match (expected, found) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            let none = Value::Null;
            let pair = |key| (a.get(key).unwrap_or(&none), b.get(key).unwrap_or(&none));
            keys.into_iter().find_map(|key| difference(&format!("{place}/{key}"), pair(key).0, pair(key).1))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(at, (a, b))| difference(&format!("{place}/{at}"), a, b))
        }
        _ if expected == found => None,
        _ => Some(format!("{place}: expected {}, found {}", short(expected), short(found))),
    }
}

fn short(value: &Value) -> String {
    value.to_string().chars().take(300).collect()
}

fn words(problems: &[Problem]) -> Value {
    problems.iter().map(|problem| problem.message.as_str()).collect()
}

fn accept(expected: &Value, result: &Result<Compiled, CompileError>) -> Outcomes {
    let found = result.as_ref().err().map_or(json!([]), |error| words(error.problems()));
    let valid = expected["valid"].as_bool() == Some(result.is_ok());
    Some(if valid { Ok(()) } else { Err(format!("expected {}, found {found}", expected["errors"])) })
}

fn errors(expected: &Value, result: &Result<Compiled, CompileError>) -> Outcomes {
    let error = result.as_ref().err().filter(|_| expected["valid"] == json!(false))?;
    Some(same(&expected["errors"], &words(error.problems())))
}

fn warnings(expected: &Value, result: &Result<Compiled, CompileError>) -> Outcomes {
    let found = match result {
        Ok(compiled) => compiled.warnings(),
        Err(error) => error.warnings(),
    };
    Some(same(&expected["warnings"], &words(found)))
}

fn both<'r>(expected: &Value, result: &'r Result<Compiled, CompileError>) -> Option<&'r Compiled> {
    result.as_ref().ok().filter(|_| expected["valid"] == json!(true))
}

fn merged(expected: &Value, result: &Result<Compiled, CompileError>) -> Outcomes {
    let compiled = both(expected, result)?;
    expected.get("merged").filter(|merged| merged.is_object()).map(|merged| same(merged, &compiled.merged()))
}

fn stages(expected: &Value, result: &Result<Compiled, CompileError>) -> Outcomes {
    let compiled = both(expected, result)?;
    Some(same(&expected["stages"], &json!(compiled.stages())))
}

fn expected_jobs(expected: &Value) -> Vec<&Map<String, Value>> {
    expected["jobs"].as_array().into_iter().flatten().filter_map(Value::as_object).collect()
}

fn jobs(expected: &Value, result: &Result<Compiled, CompileError>) -> Outcomes {
    let compiled = both(expected, result)?;
    let keys = ["name", "stage", "when", "needs", "allow_failure"];
    let pick = |job: &Map<String, Value>| keys.map(|key| job.get(key).cloned().unwrap_or(Value::Null)).to_vec();
    let expected: Vec<_> = expected_jobs(expected).into_iter().map(pick).collect();
    let found: Vec<_> = compiled.jobs().iter().map(|job| pick(shown(job).as_object().expect("a mapping"))).collect();
    Some(same(&json!(expected), &json!(found)))
}

/// A job in the form of the recorded answers.
fn shown(job: &Job) -> Value {
    let needs = job.needs.as_ref().filter(|needs| !needs.is_empty());
    json!({
        "name": job.name, "stage": job.stage, "when": job.when, "needs": needs, "allow_failure": job.allow_failure,
        "start_in": job.start_in, "tags": job.tags, "environment": job.environment, "interruptible": job.interruptible,
        "scheduling_type": if job.needs.is_some() { "dag" } else { "stage" }, "variables": variables(&job.variables),
        "resource_group": job.resource_group, "bridge": job.bridge, "options": job.options(),
    })
}

fn variables(variables: &[Variable]) -> Value {
    variables.iter().map(|variable| (variable.key.clone(), json!(variable.value))).collect::<Map<_, _>>().into()
}

fn details(expected: &Value, result: &Result<Compiled, CompileError>) -> Outcomes {
    let compiled = both(expected, result)?;
    let expected: Vec<Value> = expected_jobs(expected).into_iter().cloned().map(Value::from).collect();
    let mut expected = json!(expected);
    let mut found: Value = compiled.jobs().iter().map(shown).collect();
    drop_file_keys(&mut expected, &mut found);
    Some(same(&expected, &found))
}

/// A cache key from files is a digest of Git objects, which the server makes.
fn drop_file_keys(expected: &mut Value, found: &mut Value) {
    let jobs = found.as_array_mut().into_iter().flatten().zip(expected.as_array_mut().into_iter().flatten());
    for (found, expected) in jobs {
        let caches = found["options"]["cache"].as_array_mut().into_iter().flatten();
        for (at, cache) in caches.enumerate().filter(|(_, cache)| cache["key"].is_object()) {
            cache["key"] = expected["options"]["cache"][at]["key"].clone();
        }
    }
}

fn excluded(expected: &Value, result: &Result<Compiled, CompileError>) -> Outcomes {
    let compiled = both(expected, result)?;
    let names: Vec<&str> = compiled.excluded().iter().map(|job| job.name.as_str()).collect();
    Some(same(&expected["excluded"], &json!(names)))
}

fn created(expected: &Value, result: &Result<Compiled, CompileError>) -> Outcomes {
    let compiled = both(expected, result).filter(|_| expected["created"].is_boolean())?;
    let created = compiled.outcome() == Outcome::Created;
    let messages = expected["pipeline_errors"].as_array().into_iter().flatten().filter_map(Value::as_str);
    // The two without a message of GitLab's own are told apart by the outcome.
    let own = ["no jobs / only .pre/.post", "workflow:rules filtered"];
    let messages: Vec<&str> = messages.filter(|message| !own.contains(message)).collect();
    let expected = json!([expected["created"], messages]);
    Some(same(&expected, &json!([created, words(compiled.problems())])))
}
