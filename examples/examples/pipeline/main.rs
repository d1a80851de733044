//! Compiles GitLab CI configuration, and says what it would do and how long that takes.
//!
//! ```text
//! cargo run --release --example pipeline -- COMMAND FILE [FLAGS]
//!   compile FILE                  the jobs of the pipeline; the folder of the file is the repository
//!   lint FILE                     what is suspicious, in the usual contexts
//!   explain FILE [JOB…]           why jobs are in the pipeline or not
//!   diff FILE FILE                what the second changes
//!   affected FILE PATH…           which jobs run when these paths change
//!   plan FILE                     the schedule on a fleet, and what more workers would bring
//!   --branch B, --tag T, --merge-request B, --schedule B
//!                                 what the pipeline runs for (--branch main is the default)
//!   --changed A,B                 the files that changed (without it, changes clauses hold)
//!   --var KEY=VALUE               a variable of the project or of whoever starts it
//!   --workers N                   workers of the fleet (4)
//!   --durations FILE              seconds by job as JSON (without it, each job takes a minute)
//!   --svg FILE                    the schedule as a picture
//!   --json                        machine-readable output
//! ```
//! The exit status is 0 where all is well, 1 where lint or diff found something or no pipeline is created, 2 where there was
//! trouble.

#![expect(clippy::disallowed_methods, reason = "a command-line program reads its arguments and files")]

mod arguments;

use std::collections::HashMap;
use std::path::Path;
use std::process::ExitCode;

use arguments::{Command, Failure, Request, request};
use longshore::pipeline::machine::Policy;
use longshore::pipeline::simulate::{Fleet, Simulation, simulate, what_if};
use longshore::pipeline::{CompileError, Compiled, Compiler, Job, Outcome, affected, compare, lint, usual_contexts};
use longshore::source::Disk;
use serde_json::{Value, json};

fn main() -> ExitCode {
    match request(std::env::args().skip(1)).and_then(|request| run(&request)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(failure) => {
            eprintln!("Error: {failure}");
            ExitCode::from(2)
        }
    }
}

/// Whether all is well.
fn run(request: &Request) -> Result<bool, Failure> {
    let (files, path) = repository(&request.file)?;
    let compiler = Compiler::new(&files).trace(true);
    match &request.command {
        Command::Compile => Ok(compile(request, &compiler.compile(&path, &request.context)?)),
        Command::Lint => lints(request, &compiler, &path),
        Command::Explain(jobs) => explain(&compiler.compile(&path, &request.context)?, jobs),
        Command::Diff(other) => {
            let (files, second) = repository(other)?;
            let after = Compiler::new(&files).compile(&second, &request.context)?;
            Ok(difference(request, &compiler.compile(&path, &request.context)?, &after))
        }
        Command::Affected(paths) => affected_jobs(request, &compiler, &path, paths),
        Command::Plan => plan(request, &compiler.compile(&path, &request.context)?),
    }
}

/// The folder of a file as a repository, and the file in it.
fn repository(file: &Path) -> Result<(Disk, String), Failure> {
    let name = file.file_name().ok_or("expected a file")?.to_string_lossy().into_owned();
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok((Disk::new(folder)?, name))
}

fn print_json(value: &impl serde::Serialize) {
    println!("{}", serde_json::to_string_pretty(value).expect("the value is a tree"));
}

fn compile(request: &Request, compiled: &Compiled) -> bool {
    for warning in compiled.warnings() {
        eprintln!("Warning: {warning}");
    }
    if request.json {
        print_json(&json!({
            "created": compiled.outcome() == Outcome::Created,
            "stages": compiled.stages(),
            "jobs": compiled.jobs(),
            "excluded": compiled.excluded().iter().map(|job| &job.name).collect::<Vec<_>>(),
            "problems": compiled.problems().iter().map(ToString::to_string).collect::<Vec<_>>(),
        }));
    } else {
        print!("{}", listing(compiled));
    }
    compiled.outcome() == Outcome::Created
}

fn listing(compiled: &Compiled) -> String {
    let mut text = String::new();
    for stage in compiled.stages() {
        let jobs: Vec<&Job> = compiled.jobs().iter().filter(|job| job.stage == *stage).collect();
        if !jobs.is_empty() {
            text.push_str(&format!("{stage}\n"));
            jobs.iter().for_each(|job| text.push_str(&format!("  {}\n", line(job))));
        }
    }
    match compiled.outcome() {
        Outcome::Created => {}
        Outcome::Filtered => text.push_str("no pipeline: workflow:rules leave it out\n"),
        Outcome::Empty => text.push_str("no pipeline: it has no jobs, or only .pre and .post\n"),
        Outcome::Refused => {
            compiled.problems().iter().for_each(|problem| text.push_str(&format!("{problem}\n")));
        }
    }
    text
}

fn line(job: &Job) -> String {
    let mut line = job.name.clone();
    if job.when.as_str() != "on_success" {
        line.push_str(&format!(" ({})", job.when.as_str()));
    }
    if let Some(needs) = job.needs.as_ref().filter(|needs| !needs.is_empty()) {
        let names: Vec<&str> = needs.iter().map(|need| need.name.as_str()).collect();
        line.push_str(&format!(" <- {}", names.join(", ")));
    }
    line
}

fn lints(request: &Request, compiler: &Compiler<'_>, path: &str) -> Result<bool, Failure> {
    let durations = match &request.durations {
        Some(file) => seconds(file)?.into_iter().map(|(job, seconds)| (job, seconds * 1000)).collect(),
        None => HashMap::new(),
    };
    let found = lint(compiler, path, &usual_contexts(), &durations);
    if request.json {
        print_json(&found);
    } else {
        found.iter().for_each(|lint| println!("{lint}"));
    }
    Ok(found.is_empty())
}

fn explain(compiled: &Compiled, jobs: &[String]) -> Result<bool, Failure> {
    if let Some(workflow) = compiled.explain_workflow() {
        println!("{workflow}");
    }
    let all = compiled.jobs().iter().map(|job| &job.name).chain(compiled.excluded().iter().map(|job| &job.name));
    let names: Vec<&String> = if jobs.is_empty() { all.collect() } else { jobs.iter().collect() };
    for name in names {
        let explanation = compiled.explain(name).ok_or_else(|| format!("there is no job {name}"))?;
        println!("{explanation}");
    }
    Ok(true)
}

fn difference(request: &Request, before: &Compiled, after: &Compiled) -> bool {
    let changes = compare(before, after);
    if request.json {
        print_json(&changes);
    } else {
        println!("{changes}");
    }
    changes.is_empty()
}

fn affected_jobs(request: &Request, compiler: &Compiler<'_>, path: &str, paths: &[String]) -> Result<bool, Failure> {
    let jobs: Result<_, CompileError> = affected(compiler, path, &request.context, paths);
    let jobs = jobs?;
    if request.json {
        print_json(&jobs);
    } else {
        jobs.iter().for_each(|job| println!("{job}"));
    }
    Ok(true)
}

/// Seconds by job.
fn seconds(file: &Path) -> Result<HashMap<String, u64>, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?)
}

fn plan(request: &Request, compiled: &Compiled) -> Result<bool, Failure> {
    let pipeline = compiled.pipeline()?;
    let known = request.durations.as_deref().map(seconds).transpose()?.unwrap_or_default();
    let duration = |job: &Job| known.get(&job.name).or(known.get(&job.base)).copied().unwrap_or(60) * 1000;
    let durations: Vec<u64> = compiled.jobs().iter().map(duration).collect();
    let fleet = Fleet::uniform(&pipeline, request.workers);
    let run = simulate(&pipeline, &durations, &fleet, &Policy::default());
    if let Some(file) = &request.svg {
        std::fs::write(file, run.to_svg(&pipeline)).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    let sizes = [1, 2, 4, 8, 16, 32, 64];
    let fleets = what_if(&pipeline, &durations, sizes, &Policy::default());
    if request.json {
        print_json(&json!({ "plan": run, "fleets": fleets.iter().map(row).collect::<Vec<_>>() }));
        return Ok(true);
    }
    print!("{}", run.to_text(&pipeline, 110));
    for (workers, run) in &fleets {
        println!(
            "{workers:>3} workers: {:>6} s, {:>5.1} % in use, {:.1} % above the lower bound",
            run.makespan / 1000,
            run.utilisation * 100.0,
            run.gap() * 100.0
        );
    }
    Ok(true)
}

fn row((workers, run): &(u32, Simulation)) -> Value {
    json!({ "workers": workers, "makespan": run.makespan, "utilisation": run.utilisation, "gap": run.gap() })
}

/// The example's own promise: the configurations that ship with it are right.
#[cfg(test)]
mod tests {
    use super::*;
    use longshore::pipeline::Context;

    #[test]
    fn the_seed_and_the_monorepo_compile() {
        for (folder, count) in [("ci/seed", 5), ("ci/monorepo", 156)] {
            let files = Disk::new(folder).expect("the folder is there");
            let compiled =
                Compiler::new(&files).compile(".gitlab-ci.yml", &Context::branch("main")).expect("it is right");
            assert_eq!((compiled.outcome(), compiled.jobs().len()), (Outcome::Created, count), "{folder}");
        }
    }
}
