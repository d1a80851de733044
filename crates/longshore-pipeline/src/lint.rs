//! What is suspicious in a configuration, each with its place: what GitLab says only when it is too late, or never.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use longshore_yaml::Location;
use serde::Serialize;

use crate::compile::Compiler;
use crate::compiled::{Compiled, Job, Outcome, When};
use crate::context::Context;
use crate::entry::job::JobEntry;
use crate::entry::root::RootEntry;
use crate::entry::rules::Rule;
use crate::error::Problem;
use crate::graph::Graph;
use crate::value::{At, Sources};

/// What kind of thing a lint found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LintKind {
    /// GitLab refuses the configuration.
    Invalid,
    /// A need is missing from the pipeline in some contexts, which GitLab then refuses.
    AbsentNeed,
    /// A rule after one that always holds.
    UnreachableRule,
    /// A condition that never holds.
    ConstantCondition,
    /// A job that no context has.
    NeverRuns,
    /// A job that runs on failure, with nothing before it that could fail.
    NothingToFail,
    /// A job that is skipped for as long as nobody plays the optional manual job that it needs.
    ManualNeed,
    /// A condition reads a variable that nothing defines.
    UndefinedVariable,
    /// A need that follows from another.
    RedundantNeed,
    /// A key that is written twice in one mapping: the last wins.
    DuplicateKey,
    /// A job for which alone a whole stage waits.
    StageBarrier,
    /// What GitLab itself warns about.
    Warning,
}

impl LintKind {
    /// Its name, as reports spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            LintKind::Invalid => "invalid",
            LintKind::AbsentNeed => "absent-need",
            LintKind::UnreachableRule => "unreachable-rule",
            LintKind::ConstantCondition => "constant-condition",
            LintKind::NeverRuns => "never-runs",
            LintKind::NothingToFail => "nothing-to-fail",
            LintKind::ManualNeed => "manual-need",
            LintKind::UndefinedVariable => "undefined-variable",
            LintKind::RedundantNeed => "redundant-need",
            LintKind::DuplicateKey => "duplicate-key",
            LintKind::StageBarrier => "stage-barrier",
            LintKind::Warning => "warning",
        }
    }
}

/// One thing that is suspicious.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lint {
    /// What kind it is.
    pub kind: LintKind,
    /// What is suspicious, and what to do about it.
    pub message: String,
    /// Where.
    #[serde(serialize_with = "text")]
    pub location: Option<Location>,
}

fn text<S: serde::Serializer>(location: &Option<Location>, serializer: S) -> Result<S::Ok, S::Error> {
    location.as_ref().map(ToString::to_string).serialize(serializer)
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(location) = &self.location {
            write!(f, "{location}: ")?;
        }
        write!(f, "{} [{}]", self.message, self.kind.as_str())
    }
}

/// The contexts that a configuration meets as a rule: pushes to the default branch and to another, a merge request, a tag, a
/// schedule.
pub fn usual_contexts() -> Vec<(&'static str, Context)> {
    vec![
        ("push to the default branch", Context::branch("main")),
        ("push to another branch", Context::branch("topic")),
        ("merge request", Context::merge_request("topic").variable("CI_MERGE_REQUEST_IID", "1")),
        ("tag", Context::tag("v1.0.0")),
        ("schedule", Context::schedule("main")),
    ]
}

/// Looks through the configuration at `path`. `contexts` are those in which it must work, each with its name;
/// [`usual_contexts`] is a good start. `durations` in milliseconds by job name tell what a stage barrier costs; without them it
/// is told in jobs that run one after the other.
pub fn lint(
    compiler: &Compiler<'_>,
    path: &str,
    contexts: &[(&str, Context)],
    durations: &HashMap<String, u64>,
) -> Vec<Lint> {
    let mut lints = Lints::default();
    let mut compiled = Vec::new();
    for (name, context) in contexts {
        match compiler.compile(path, context) {
            Ok(result) => compiled.push((*name, result)),
            Err(error) => lints.problems(LintKind::Invalid, error.problems()),
        }
    }
    if let Some((_, context)) = contexts.first() {
        let mut sources = Sources::default();
        if let Some(root) = compiler.entries(path, context, &mut sources) {
            Written { root: &root, sources: &sources, contexts }.look(&mut lints);
        }
    }
    for (_, result) in &compiled {
        lints.problems(LintKind::Warning, result.warnings());
        in_context(result, durations, &mut lints);
    }
    absent_needs(&compiled, &mut lints);
    lints.finish()
}

#[derive(Default)]
struct Lints {
    found: Vec<Lint>,
    seen: HashSet<(LintKind, String, Option<String>)>,
}

impl Lints {
    /// Each thing once, however many contexts have it.
    fn add(&mut self, kind: LintKind, message: impl Into<String>, location: Option<Location>) {
        let message = message.into();
        let place = location.as_ref().map(ToString::to_string);
        if self.seen.insert((kind, message.clone(), place)) {
            self.found.push(Lint { kind, message, location });
        }
    }

    fn problems(&mut self, kind: LintKind, problems: &[Problem]) {
        for problem in problems {
            self.add(kind, problem.message.clone(), problem.location.clone());
        }
    }

    /// By place, so that a reader goes through the file once.
    fn finish(mut self) -> Vec<Lint> {
        let key = |lint: &Lint| lint.location.as_ref().map(|place| (place.file.clone(), place.line, place.column));
        self.found.sort_by_key(|lint| (key(lint), lint.kind));
        self.found
    }
}

/// What can be seen in the file alone.
struct Written<'w> {
    root: &'w RootEntry,
    sources: &'w Sources,
    contexts: &'w [(&'w str, Context)],
}

impl Written<'_> {
    fn look(&self, lints: &mut Lints) {
        for &at in &self.sources.duplicates {
            let words = "this key is written twice in one mapping: the last one wins, remove the other";
            lints.add(LintKind::DuplicateKey, words, self.sources.location(at));
        }
        if let Some(rules) = &self.root.workflow.rules {
            self.rules("workflow", rules, lints);
        }
        for job in &self.root.jobs {
            if let Some(rules) = &job.rules {
                self.rules(&job.name, rules, lints);
                self.never(job, rules, lints);
            }
            self.undefined(job, lints);
        }
    }

    fn place(&self, at: At) -> Option<Location> {
        self.sources.location(at)
    }

    fn rules(&self, name: &str, rules: &[Rule], lints: &mut Lints) {
        for rule in rules {
            if let Some((condition, at)) = &rule.condition
                && let Some(value) = condition.constant()
            {
                let verdict = if value { "always holds: leave it out" } else { "never holds" };
                let message = format!("{name}: the condition `{}` {verdict}", condition.text());
                lints.add(LintKind::ConstantCondition, message, self.place(*at));
            }
        }
        let Some(last) = rules.iter().position(holds_always) else {
            return;
        };
        for rule in &rules[last + 1..] {
            let message =
                format!("{name}: this rule is never reached, because rule {} before it always holds", last + 1);
            lints.add(LintKind::UnreachableRule, message, self.place(rule.at));
        }
    }

    /// No rule can include the job.
    fn never(&self, job: &JobEntry, rules: &[Rule], lints: &mut Lints) {
        let excludes = |rule: &Rule| rule.when.as_deref() == Some("never") || holds_never(rule);
        let reached = rules.iter().position(holds_always).map_or(rules, |last| &rules[..=last]);
        if reached.iter().all(excludes) {
            let message = format!("{}: no rule ever includes this job", job.name);
            lints.add(LintKind::NeverRuns, message, self.place(job.at));
        }
    }

    fn undefined(&self, job: &JobEntry, lints: &mut Lints) {
        let defined = |name: &str| {
            is_predefined(name)
                || self.root.variables.iter().chain(&job.variables).any(|variable| variable.key == name)
                || self.root.workflow.rules.iter().flatten().any(|rule| sets(rule, name))
                || matrix_sets(job, name)
                || self.contexts.iter().any(|(_, context)| context.outer().get(name).is_some())
        };
        for rule in job.rules.iter().flatten() {
            let Some((condition, at)) = &rule.condition else {
                continue;
            };
            for name in condition.variables().into_iter().filter(|name| !defined(name)) {
                let message = format!(
                    "{}: nothing in the configuration defines ${name}: it is empty unless the project's settings or whoever \
                     starts the pipeline set it",
                    job.name
                );
                lints.add(LintKind::UndefinedVariable, message, self.place(*at));
            }
        }
    }
}

fn sets(rule: &Rule, name: &str) -> bool {
    rule.variables.iter().any(|variable| variable.key == name)
}

fn matrix_sets(job: &JobEntry, name: &str) -> bool {
    match &job.parallel {
        Some(crate::entry::parallel::Parallel::Matrix(matrices)) => {
            matrices.iter().flatten().any(|(key, _)| key == name)
        }
        _ => false,
    }
}

/// Variables that GitLab or its runner defines.
fn is_predefined(name: &str) -> bool {
    const PREFIXES: [&str; 6] = ["CI_", "GITLAB_", "CHAT_", "FF_", "KUBE", "TRIGGER_"];
    matches!(name, "CI" | "HOME" | "PATH" | "USER" | "PWD") || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

fn holds_always(rule: &Rule) -> bool {
    let condition = rule.condition.as_ref().is_none_or(|(condition, _)| condition.constant() == Some(true));
    condition && rule.changes.is_none() && rule.exists.is_none()
}

fn holds_never(rule: &Rule) -> bool {
    rule.condition.as_ref().is_some_and(|(condition, _)| condition.constant() == Some(false))
}

/// What can be seen in one context.
fn in_context(compiled: &Compiled, durations: &HashMap<String, u64>, lints: &mut Lints) {
    let by_name: HashMap<&str, &Job> = compiled.jobs().iter().map(|job| (job.name.as_str(), job)).collect();
    let first = compiled.jobs().first().map(|job| job.stage.as_str());
    for job in compiled.jobs() {
        let nothing = job.needs.as_ref().map_or(Some(job.stage.as_str()) == first, Vec::is_empty);
        if job.when == When::OnFailure && nothing {
            let message = format!("{}: it runs on failure, but nothing runs before it that could fail", job.name);
            lints.add(LintKind::NothingToFail, message, job.location.clone());
        }
        for need in job.needs.iter().flatten() {
            if let Some(other) = by_name.get(need.name.as_str()).filter(|other| other.when == When::Manual)
                && other.allow_failure
            {
                let message = format!(
                    "{}: it is skipped for as long as nobody plays {}, which is manual and optional; give {} \
                     `allow_failure: false` to make it wait",
                    job.name, other.name, other.name
                );
                lints.add(LintKind::ManualNeed, message, need.location.clone());
            }
        }
    }
    redundant_needs(compiled, lints);
    barriers(compiled, durations, lints);
}

/// Needs that other needs of the same job wait for anyway, and whose artifacts are not fetched.
fn redundant_needs(compiled: &Compiled, lints: &mut Lints) {
    let index: HashMap<&str, u32> = compiled.jobs().iter().zip(0..).map(|(job, id)| (job.name.as_str(), id)).collect();
    let edges = compiled.jobs().iter().zip(0..).flat_map(|(job, id)| {
        let needs = job.needs.iter().flatten().filter_map(|need| index.get(need.name.as_str()));
        needs.map(move |&need| (need, id)).collect::<Vec<_>>()
    });
    let graph = Graph::new(compiled.jobs().len() as u32, &edges.collect::<Vec<_>>());
    if graph.order().is_none() {
        return;
    }
    for (need, job) in graph.redundant_edges() {
        let (job, other) = (&compiled.jobs()[job as usize], &compiled.jobs()[need as usize].name);
        let written = job.needs.iter().flatten().find(|need| need.name == *other && !need.artifacts);
        if let Some(written) = written {
            let message = format!("{}: the need of {other} follows from its other needs: leave it out", job.name);
            lints.add(LintKind::RedundantNeed, message, written.location.clone());
        }
    }
}

/// For each stage that waits for the one before: how much later it starts because of a single job.
fn barriers(compiled: &Compiled, durations: &HashMap<String, u64>, lints: &mut Lints) {
    let Ok(pipeline) = compiled.pipeline() else {
        return;
    };
    let unit = durations.is_empty();
    let time =
        |job: &Job| if unit { 1 } else { durations.get(&job.base).or(durations.get(&job.name)).copied().unwrap_or(0) };
    let weights: Vec<u64> = compiled.jobs().iter().map(time).collect();
    let levels = pipeline.graph().levels(&weights);
    let mut by_stage: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (id, job) in pipeline.jobs().iter().enumerate() {
        by_stage.entry(job.stage).or_default().push(id);
    }
    let waits = |stage: u32| {
        by_stage
            .range(stage + 1..)
            .next()
            .is_some_and(|(_, jobs)| jobs.iter().any(|&id| pipeline.jobs()[id].needs.is_none()))
    };
    for (&stage, jobs) in by_stage.iter().filter(|(stage, jobs)| jobs.len() > 1 && waits(**stage)) {
        let mut ends: Vec<(u64, usize)> = jobs.iter().map(|&id| (levels.top[id] + weights[id], id)).collect();
        ends.sort_unstable();
        let (last, rest) = (ends[ends.len() - 1], ends[ends.len() - 2]);
        let cost = last.0 - rest.0;
        // In jobs, one more is how needs look; in time, a tenth of it all is worth a word.
        if (unit && cost < 2) || (!unit && cost * 10 < levels.length) || cost == 0 {
            continue;
        }
        let job = &compiled.jobs()[last.1];
        let cost = if unit { format!("{cost} jobs in a row") } else { crate::simulate::clock(cost) };
        let message = format!(
            "{}: stage {} ends {cost} later because of this job alone; let the jobs behind it name what they need",
            job.name,
            pipeline.stages()[stage as usize]
        );
        lints.add(LintKind::StageBarrier, message, job.location.clone());
    }
}

/// Needs that some contexts leave out although they have the job.
fn absent_needs(compiled: &[(&str, Compiled)], lints: &mut Lints) {
    // By job and need: the contexts, and where the need is written.
    type Absent<'c> = BTreeMap<(String, String), (Vec<&'c str>, Option<Location>)>;
    let mut missing = Absent::new();
    for (context, result) in compiled.iter().filter(|(_, result)| result.outcome() == Outcome::Refused) {
        let names: HashSet<&str> = result.jobs().iter().map(|job| job.name.as_str()).collect();
        for job in result.jobs() {
            let absent =
                job.needs.iter().flatten().filter(|need| !need.optional && !names.contains(need.name.as_str()));
            for need in absent {
                let entry = missing.entry((job.name.clone(), need.name.clone()));
                entry.or_insert_with(|| (Vec::new(), need.location.clone())).0.push(context);
            }
        }
    }
    for ((job, need), (contexts, location)) in missing {
        let message = format!(
            "{job}: it needs {need}, which is not in the pipeline for: {}; give both the same rules, or add `optional: true`",
            contexts.join(", ")
        );
        lints.add(LintKind::AbsentNeed, message, location);
    }
}
