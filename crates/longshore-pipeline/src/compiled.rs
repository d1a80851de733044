//! A configuration compiled for a context: its jobs, why they are there, and why others are not.

use serde::Serialize;
use serde_json::Value;

use longshore_yaml::Location;

use crate::clause::ClauseKind;
use crate::error::Problem;
use crate::value::{Node, Sources};
use crate::variables::Variable;

/// When a job runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Once all before it has succeeded.
    #[default]
    OnSuccess,
    /// Once something before it has failed.
    OnFailure,
    /// Whatever happened before it.
    Always,
    /// When somebody plays it.
    Manual,
    /// Some time after it could run.
    Delayed,
}

impl When {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "on_success" => When::OnSuccess,
            "on_failure" => When::OnFailure,
            "always" => When::Always,
            "manual" => When::Manual,
            "delayed" => When::Delayed,
            _ => return None,
        })
    }

    /// As configuration spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            When::OnSuccess => "on_success",
            When::OnFailure => "on_failure",
            When::Always => "always",
            When::Manual => "manual",
            When::Delayed => "delayed",
        }
    }
}

/// A job that another waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Need {
    /// Its name.
    pub name: String,
    /// Whether its artifacts are fetched.
    pub artifacts: bool,
    /// Whether it may be missing from the pipeline.
    pub optional: bool,
    /// Where the need is written.
    #[serde(skip)]
    pub location: Option<Location>,
}

/// One job of the pipeline.
#[derive(Clone, Debug, Serialize)]
pub struct Job {
    /// Its name, `build: [linux, debug]` for one of a matrix.
    pub name: String,
    /// Its name in the file, the same for all jobs of a matrix.
    pub base: String,
    /// Its stage.
    pub stage: String,
    /// When it runs.
    pub when: When,
    /// How long it waits, as it is written, where `when` is delayed.
    pub start_in: Option<String>,
    /// Whether the pipeline goes on where it fails.
    pub allow_failure: bool,
    /// The jobs it waits for instead of all earlier stages; none written is `None`, `[]` waits for nothing.
    pub needs: Option<Vec<Need>>,
    /// Jobs whose artifacts it fetches, where that is written.
    pub dependencies: Option<Vec<String>>,
    /// Tags of the runners that may take it.
    pub tags: Option<Vec<String>>,
    /// The environment it deploys to, variables not filled in.
    pub environment: Option<String>,
    /// Whether a newer pipeline may cancel it.
    pub interruptible: Option<bool>,
    /// The lock it holds while it runs, variables not filled in.
    pub resource_group: Option<String>,
    /// Whether it triggers another pipeline instead of running a script.
    pub bridge: bool,
    /// Its variables from the configuration, in order of definition.
    #[serde(serialize_with = "variables_as_map")]
    pub variables: Vec<Variable>,
    /// Pattern that finds the coverage in its log.
    pub coverage: Option<String>,
    /// Which one it is of those that `parallel` makes, from 1.
    pub instance: Option<u32>,
    /// Everything else by keyword, as a runner gets it.
    pub(crate) options: Node,
    /// Tokens by name.
    pub(crate) id_tokens: Option<Node>,
    /// Where its name is written.
    #[serde(skip)]
    pub location: Option<Location>,
    /// Why it is in the pipeline; filled in when the compiler traces.
    #[serde(skip)]
    pub decision: Option<Decision>,
}

fn variables_as_map<S: serde::Serializer>(variables: &[Variable], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(variables.iter().map(|variable| (&variable.key, variable.value.as_deref())))
}

impl Job {
    /// A keyword's value as a runner gets it: `script`, `image`, `services`, `artifacts`, `cache`, `retry`, `trigger`, …
    pub fn option(&self, keyword: &str) -> Option<Value> {
        self.options.get(keyword).map(Node::to_json)
    }

    /// All keywords' values as a runner gets them.
    pub fn options(&self) -> Value {
        self.options.to_json()
    }

    /// The tokens it asks for, by name.
    pub fn id_tokens(&self) -> Option<Value> {
        self.id_tokens.as_ref().map(Node::to_json)
    }

    /// How often it is retried at most, from `retry`.
    pub fn retries(&self) -> u32 {
        let max = self.options.get("retry").and_then(|retry| retry.get("max")?.as_int());
        max.and_then(|max| u32::try_from(max).ok()).unwrap_or(0)
    }

    /// How long it may run, in seconds, where `timeout` is written.
    pub fn timeout(&self) -> Option<u64> {
        self.options.get("job_timeout")?.as_int().and_then(|seconds| u64::try_from(seconds).ok())
    }

    /// Exit codes of a failure that is allowed, where they are written.
    pub fn allowed_exit_codes(&self) -> Vec<i64> {
        let codes = self.options.get("allow_failure_criteria").and_then(|criteria| criteria.get("exit_codes"));
        codes.and_then(Node::as_list).into_iter().flatten().filter_map(Node::as_int).collect()
    }

    /// How long it waits before it runs, in seconds, where `when` is delayed.
    pub fn delay(&self) -> Option<u64> {
        self.start_in.as_deref().and_then(crate::duration::parse).map(|seconds| seconds as u64)
    }
}

/// A job that is not in the pipeline.
#[derive(Clone, Debug)]
pub struct Excluded {
    /// Its name.
    pub name: String,
    /// Its stage.
    pub stage: String,
    /// Where its name is written.
    pub location: Option<Location>,
    /// Why it is not in the pipeline; filled in when the compiler traces.
    pub decision: Option<Decision>,
}

/// Why a job is in the pipeline or not.
#[derive(Clone, Debug, Serialize)]
pub struct Decision {
    /// What settled it.
    pub reason: Reason,
    /// The rules that were looked at, in order, up to the one that settled it; for `only` and `except` one each.
    pub rules: Vec<RuleTrace>,
}

/// What settled whether a job is in the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It has neither rules nor `only` nor `except`.
    Unconditional,
    /// The rule of that number, from 0, holds, and includes it.
    Rule(usize),
    /// The rule of that number, from 0, holds, and says `when: never`.
    Never(usize),
    /// No rule holds.
    NoRule,
    /// `only` holds and `except` does not.
    Policy,
    /// `only` does not hold.
    NotOnly,
    /// `except` holds.
    Except,
}

/// A rule with what its clauses were.
#[derive(Clone, Debug, Serialize)]
pub struct RuleTrace {
    /// `rules`, `only` or `except`.
    pub keyword: &'static str,
    /// Whether all clauses hold; none at all hold.
    pub holds: bool,
    /// What it says about `when`, if anything.
    pub when: Option<String>,
    /// Its clauses, those after the first that fails included.
    pub clauses: Vec<ClauseTrace>,
    /// Where it stands.
    #[serde(serialize_with = "location_text")]
    pub location: Option<Location>,
}

/// A clause with what it was made of.
#[derive(Clone, Debug, Serialize)]
pub struct ClauseTrace {
    /// What kind it is.
    pub kind: ClauseKind,
    /// As it is written.
    pub text: String,
    /// Whether it holds.
    pub holds: bool,
    /// Its parts and the values they had; for paths the pattern and the path that met.
    pub operands: Vec<(String, String)>,
    /// Where it stands.
    #[serde(serialize_with = "location_text")]
    pub location: Option<Location>,
}

fn location_text<S: serde::Serializer>(location: &Option<Location>, serializer: S) -> Result<S::Ok, S::Error> {
    location.as_ref().map(ToString::to_string).serialize(serializer)
}

/// What `workflow` says about the pipeline as a whole.
#[derive(Clone, Debug, Default)]
pub struct Workflow {
    /// Whether its rules let the pipeline be created.
    pub passes: bool,
    /// Its name, variables not filled in.
    pub name: Option<String>,
    /// Variables that the rule which holds adds.
    pub variables: Vec<Variable>,
    /// `auto_cancel`, of the rule that holds before that of the workflow.
    pub(crate) auto_cancel: Option<Node>,
    /// Why; filled in when the compiler traces.
    pub decision: Option<Decision>,
}

impl Workflow {
    /// What a newer commit or a failed job cancels, `on_new_commit` and `on_job_failure`.
    pub fn auto_cancel(&self) -> Option<Value> {
        self.auto_cancel.as_ref().map(Node::to_json)
    }
}

/// Whether GitLab would create the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It would.
    Created,
    /// `workflow:rules` leave it out.
    Filtered,
    /// There is no job, or only some of the stages `.pre` and `.post`.
    Empty,
    /// Jobs contradict each other in this context: [`Compiled::problems`] says how.
    Refused,
}

/// A configuration compiled for a context.
#[derive(Clone, Debug)]
pub struct Compiled {
    pub(crate) stages: Vec<String>,
    pub(crate) jobs: Vec<Job>,
    pub(crate) excluded: Vec<Excluded>,
    pub(crate) workflow: Workflow,
    pub(crate) variables: Vec<Variable>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) warnings: Vec<Problem>,
    pub(crate) outcome: Outcome,
    pub(crate) merged: Node,
    pub(crate) sources: Sources,
    pub(crate) includes: Vec<String>,
}

impl Compiled {
    /// Whether the pipeline would be created.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// The stages in order, `.pre` and `.post` among them.
    pub fn stages(&self) -> &[String] {
        &self.stages
    }

    /// The jobs of the pipeline, in the order of the file.
    pub fn jobs(&self) -> &[Job] {
        &self.jobs
    }

    /// The job of that name.
    pub fn job(&self, name: &str) -> Option<&Job> {
        self.jobs.iter().find(|job| job.name == name)
    }

    /// The jobs that this context leaves out.
    pub fn excluded(&self) -> &[Excluded] {
        &self.excluded
    }

    /// What `workflow` says.
    pub fn workflow(&self) -> &Workflow {
        &self.workflow
    }

    /// The variables of the whole configuration.
    pub fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// Why the pipeline is refused in this context.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// What is only suspicious.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// The configuration with all includes, `extends` and references taken in.
    pub fn merged(&self) -> Value {
        self.merged.to_json()
    }

    /// The same as text that is JSON and YAML, with all keys in the order in which they stand.
    pub fn merged_text(&self) -> String {
        serde_json::to_string_pretty(&self.merged).expect("a tree can be written") + "\n"
    }

    /// What was included, in order, each as it is named.
    pub fn includes(&self) -> &[String] {
        &self.includes
    }

    /// The names of all files that were read, the root configuration first.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.sources.names()
    }
}
