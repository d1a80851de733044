//! Pipelines run step by step: the status of every job after every event.

use std::path::Path;

use longshore_pipeline::When;
use longshore_pipeline::machine::{Processing, Status};
use longshore_pipeline::model::{JobSpec, Pipeline};
use longshore_testkit::Run;
use serde_json::Value;

pub(super) fn run(run: &mut Run, folder: &Path) {
    for (name, text) in super::files(folder, "jsonl") {
        let rows = super::rows(&text);
        let mut jobs = run.suite(&format!("pipeline/processing-{name}-jobs"));
        let mut stages = Vec::new();
        for row in &rows {
            let id = row["id"].as_str().unwrap_or("?");
            for (at, (job, stage)) in steps(row).into_iter().enumerate() {
                jobs.check(&format!("{id} step {at}"), job);
                if !lags(row, at) {
                    stages.push((format!("{id} step {at}"), stage));
                }
            }
        }
        drop(jobs);
        let mut suite = run.suite(&format!("pipeline/processing-{name}-stages"));
        stages.into_iter().for_each(|(id, outcome)| suite.check(&id, outcome));
    }
}

/// Whether GitLab's status of stages and pipeline, as recorded, lags one update behind: right after a play or a retry.
fn lags(row: &Value, step: usize) -> bool {
    let event = step.checked_sub(1).map(|at| &row["transitions"][at]["event"]);
    row["provenance"].is_string() && event.is_some_and(|event| event == "play" || event == "retry")
}

type Outcome = Result<(), String>;

fn steps(row: &Value) -> Vec<(Outcome, Outcome)> {
    let pipeline = pipeline(row);
    let mut processing = Processing::new(&pipeline);
    processing.process();
    let mut out = vec![compare(&processing, &pipeline, &row["init"])];
    for transition in row["transitions"].as_array().into_iter().flatten() {
        let event = transition["event"].as_str().unwrap_or_default();
        for name in transition["jobs"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            apply(&mut processing, &pipeline, row, event, name);
        }
        processing.process();
        out.push(compare(&processing, &pipeline, &transition["expect"]));
    }
    out
}

fn pipeline(row: &Value) -> Pipeline {
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let stages = texts(&row["stages"]);
    let job = |job: &Value| {
        let stage = stages.iter().position(|stage| Some(stage.as_str()) == job["stage"].as_str());
        let mut spec = JobSpec::new(job["name"].as_str().unwrap_or_default(), stage.unwrap_or(0) as u32);
        if job["needs"].is_array() {
            let needs = texts(&job["needs"]);
            spec = spec.needs(needs.iter().map(String::as_str));
            spec.needs.iter_mut().flatten().for_each(|need| need.optional = true);
        }
        spec.when = serde_json::from_value::<When>(job["when"].clone()).unwrap_or_default();
        spec.allow_failure = job["allow_failure"].as_bool().unwrap_or(false);
        spec
    };
    let jobs = row["jobs"].as_array().into_iter().flatten().map(job).collect();
    Pipeline::new(stages, jobs).expect("the jobs of a case make a pipeline")
}

fn apply(processing: &mut Processing<'_>, pipeline: &Pipeline, row: &Value, event: &str, name: &str) {
    let job = pipeline.job(name).expect("the job of an event is there");
    match event {
        "run" => processing.set(job, Status::Running),
        "success" => processing.set(job, Status::Success),
        "cancel" => processing.set(job, Status::Canceled),
        "enqueue" => processing.set(job, Status::Pending),
        "play" | "retry" => processing.enqueue(job),
        "drop" => {
            processing.set(job, Status::Failed);
            if row["auto_cancel_on_job_failure"] == "all" && !pipeline.jobs()[job as usize].allow_failure {
                processing.cancel_all();
            }
        }
        other => panic!("unknown event {other}"),
    }
}

fn compare(processing: &Processing<'_>, pipeline: &Pipeline, expected: &Value) -> (Outcome, Outcome) {
    let texts = |map: &Value| -> Vec<(String, String)> {
        let entries = map.as_object().into_iter().flatten();
        entries.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
    };
    let same = |what: &str, expected: &str, found: Status| {
        if expected == found.as_str() { Ok(()) } else { Err(format!("{what}: expected {expected}, found {found}")) }
    };
    let jobs = texts(&expected["jobs"]).into_iter().try_for_each(|(name, status)| {
        let job = pipeline.job(&name).expect("the job of an answer is there");
        same(&name, &status, processing.status(job))
    });
    let stages = texts(&expected["stages"]).into_iter().try_for_each(|(name, status)| {
        let stage = pipeline.stages().iter().position(|stage| *stage == name).expect("the stage of an answer is there");
        same(&name, &status, processing.stage_status(stage as u32))
    });
    let whole = expected["pipeline"].as_str().unwrap_or_default();
    (jobs, stages.and_then(|()| same("pipeline", whole, processing.pipeline_status())))
}
