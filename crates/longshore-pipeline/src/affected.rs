//! Which jobs a set of changed paths affects: those whose `changes` meet, and those that use what they make.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;

use serde::Serialize;

use crate::clause::ClauseKind;
use crate::compile::Compiler;
use crate::compiled::{Compiled, Decision, Job, Reason};
use crate::context::Context;
use crate::error::CompileError;

/// A job that runs for a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Affected {
    /// Its name.
    pub name: String,
    /// Why it runs.
    pub cause: Cause,
}

/// Why a job runs for a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A changed path meets one of its patterns.
    Path {
        /// The pattern.
        pattern: String,
        /// The path.
        path: String,
    },
    /// It uses what an affected job makes: that job.
    Artifacts(String),
    /// It runs whatever changes.
    Always,
}

impl fmt::Display for Affected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Path { pattern, path } => write!(f, "{}: {path} meets {pattern}", self.name),
            Cause::Artifacts(job) => write!(f, "{}: it uses what {job} makes", self.name),
            Cause::Always => write!(f, "{}: it runs whatever changes", self.name),
        }
    }
}

/// The jobs that run when just these paths change, in the order of the pipeline, each with its cause.
///
/// A path is a job's cause if the rule that includes it has a `changes` clause. Over `needs` and `dependencies` that fetch
/// artifacts, a job is affected by those it uses. All others that are in the pipeline run always.
///
/// # Errors
/// As [`crate::compile`].
pub fn affected<S: Into<String>>(
    compiler: &Compiler<'_>,
    path: &str,
    context: &Context,
    changed: impl IntoIterator<Item = S>,
) -> Result<Vec<Affected>, CompileError> {
    let context = context.clone().changed(changed);
    let compiled = compiler.tracing().compile(path, &context)?;
    let mut causes: HashMap<&str, Cause> = HashMap::new();
    for job in compiled.jobs() {
        if let Some(cause) = job.decision.as_ref().and_then(by_path) {
            causes.insert(&job.name, cause);
        }
    }
    spread(&compiled, &mut causes);
    let cause = |job: &Job| causes.get(job.name.as_str()).cloned().unwrap_or(Cause::Always);
    Ok(compiled.jobs().iter().map(|job| Affected { name: job.name.clone(), cause: cause(job) }).collect())
}

/// The path for which the rule that settled it holds.
fn by_path(decision: &Decision) -> Option<Cause> {
    let rules = match decision.reason {
        Reason::Rule(at) => decision.rules.get(at..=at)?,
        Reason::Policy => &decision.rules,
        _ => return None,
    };
    let mut clauses = rules.iter().filter(|rule| rule.keyword != "except").flat_map(|rule| &rule.clauses);
    let clause = clauses.find(|clause| clause.kind == ClauseKind::Changes && clause.holds)?;
    let (pattern, path) = clause.operands.first()?.clone();
    Some(Cause::Path { pattern, path })
}

/// Breadth first over the jobs that fetch artifacts.
fn spread<'c>(compiled: &'c Compiled, causes: &mut HashMap<&'c str, Cause>) {
    let mut users: HashMap<&str, Vec<&'c Job>> = HashMap::new();
    for job in compiled.jobs() {
        for source in sources(job) {
            users.entry(source).or_default().push(job);
        }
    }
    let mut open: VecDeque<&str> = compiled.jobs().iter().map(|job| job.name.as_str()).collect();
    open.retain(|name| causes.contains_key(name));
    let mut done: HashSet<&str> = open.iter().copied().collect();
    while let Some(name) = open.pop_front() {
        for user in users.get(name).into_iter().flatten() {
            if done.insert(&user.name) {
                causes.insert(&user.name, Cause::Artifacts(name.to_owned()));
                open.push_back(&user.name);
            }
        }
    }
}

/// The jobs whose artifacts a job fetches, as far as it names them.
fn sources(job: &Job) -> Vec<&str> {
    let needs = job.needs.iter().flatten().filter(|need| need.artifacts).map(|need| need.name.as_str());
    needs.chain(job.dependencies.iter().flatten().map(String::as_str)).collect()
}
