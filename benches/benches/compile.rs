//! CI configuration compiled: five stages, two needs a job, rules, variables and a template that all jobs extend.
//!
//! `cargo bench -p longshore-benches --bench compile [-- --smoke]`. The peers are serde_yaml, which only reads the same file,
//! and gitlab-ci-local as a whole process where it is on PATH.

#![expect(clippy::disallowed_methods, reason = "a benchmark starts its peer and reads the clock")]

use std::fmt::Write;
use std::process::{Command, Stdio};
use std::time::Instant;

use longshore::pipeline::{Compiler, Context, Outcome, compile};
use longshore::source::Memory;
use longshore_benches::{Group, smoke};

const STAGES: usize = 5;

/// A configuration of so many jobs.
fn configuration(jobs: usize) -> String {
    let mut text = String::from("stages: [s0, s1, s2, s3, s4]\nvariables: {LEVEL: info, IMAGE: \"alpine:3\"}\n");
    text.push_str(".base:\n  image: $IMAGE\n  tags: [docker]\n  retry: 1\n  rules:\n");
    text.push_str("  - if: $CI_COMMIT_TAG\n    when: never\n  - if: $CI_COMMIT_BRANCH == \"main\"\n");
    let width = jobs.div_ceil(STAGES);
    for job in 0..jobs {
        let (stage, place) = (job / width, job % width);
        write!(
            text,
            "job-{job}:\n  extends: .base\n  stage: s{stage}\n  script:\n  - echo {job}\n  - make target-{job}\n"
        )
        .expect("texts take anything");
        if stage > 0 {
            let before = (stage - 1) * width;
            let (a, b) = (before + place, before + (place + 1) % width);
            writeln!(text, "  needs: [job-{a}, job-{b}]").expect("texts take anything");
        }
        writeln!(text, "  variables: {{SHARD: \"{job}\"}}").expect("texts take anything");
    }
    text
}

fn memory(text: &str) -> Memory {
    let mut memory = Memory::new();
    memory.insert(".gitlab-ci.yml", text.as_bytes()).expect("the path is one");
    memory
}

fn check(files: &Memory, context: &Context, jobs: usize) {
    let compiled = compile(files, ".gitlab-ci.yml", context).expect("the configuration is right");
    assert_eq!((compiled.outcome(), compiled.jobs().len()), (Outcome::Created, jobs));
    let last = compiled.jobs().last().expect("there are jobs");
    assert_eq!(last.needs.as_ref().map(Vec::len), Some(2));
    assert_eq!(last.option("image"), Some(serde_json::json!({"name": "$IMAGE"})));
    let tagged = compile(files, ".gitlab-ci.yml", &Context::tag("v1")).expect("the configuration is right");
    assert_eq!(tagged.jobs().len(), 0);
}

fn against_reading(jobs: usize) {
    let text = configuration(jobs);
    let files = memory(&text);
    let context = Context::branch("main");
    check(&files, &context, jobs);
    Group::new(format!("{jobs} jobs, {} KB", text.len() / 1000), text.len())
        .add("compile", || compile(&files, ".gitlab-ci.yml", &context))
        .add("compile, traced", || Compiler::new(&files).trace(true).compile(".gitlab-ci.yml", &context))
        .add("serde_yaml, only reading", || serde_yaml::from_str::<serde_yaml::Value>(&text))
        .run();
}

/// The exponent of time over size: 1 is linear.
fn growth(sizes: &[usize]) {
    let context = Context::branch("main");
    println!("\nGrowth");
    let mut first: Option<(usize, f64)> = None;
    for &jobs in sizes {
        let files = memory(&configuration(jobs));
        let runs = (0..3).map(|_| {
            let start = Instant::now();
            let compiled = compile(&files, ".gitlab-ci.yml", &context).expect("the configuration is right");
            assert_eq!(compiled.jobs().len(), jobs);
            start.elapsed().as_secs_f64()
        });
        let seconds = runs.fold(f64::INFINITY, f64::min);
        let exponent = first.map(|(size, time)| (seconds / time).ln() / (jobs as f64 / size as f64).ln());
        let exponent = exponent.map_or(String::new(), |exponent| format!("exponent {exponent:.2}"));
        println!(
            "  {jobs:>7} jobs {:>9.2} ms {:>7.2} us a job  {exponent}",
            seconds * 1e3,
            seconds * 1e6 / jobs as f64
        );
        first = first.or(Some((jobs, seconds)));
    }
}

/// One listing by gitlab-ci-local, process and all.
fn peer(jobs: usize) {
    let Ok(output) = Command::new("gitlab-ci-local").arg("--version").output() else {
        return println!("\ngitlab-ci-local is not on PATH: not compared");
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join(".gitlab-ci.yml"), configuration(jobs)).expect("it can be written to");
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let start = Instant::now();
    let run = Command::new("gitlab-ci-local").arg("--list").current_dir(folder.path()).stdout(Stdio::null()).status();
    match run {
        Ok(status) if status.success() => {
            println!("\ngitlab-ci-local {version} --list, {jobs} jobs: {:.2} s", start.elapsed().as_secs_f64());
        }
        other => println!("\ngitlab-ci-local {version} fails: {other:?}"),
    }
}

fn main() {
    against_reading(1_000);
    if smoke() {
        return growth(&[100, 1_000]);
    }
    against_reading(5_000);
    growth(&[1_000, 10_000, 100_000]);
    peer(1_000);
}
