//! Which jobs a context has, and with what their rules leave them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::normalise::{Instance, Instances, Wanted};
use crate::clause::{self, Clause, Scope, Tree, World};
use crate::compiled::{ClauseTrace, Decision, Excluded, Job, Need, Outcome, Reason, RuleTrace, When, Workflow};
use crate::context::Context;
use crate::entry::job::Inherit;
use crate::entry::policy::Policy;
use crate::entry::root::WorkflowEntry;
use crate::entry::rules::Rule;
use crate::entry::variables::Written;
use crate::error::{Failure, Problem};
use crate::load::EDGE_STAGES;
use crate::value::{At, Data, Node, Sources};
use crate::variables::{CircularVariables, Undefined, Variable, Variables};

/// What came of the jobs.
pub(crate) struct Seeded {
    pub(crate) jobs: Vec<Job>,
    pub(crate) excluded: Vec<Excluded>,
    pub(crate) workflow: Workflow,
    pub(crate) variables: Vec<Variable>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) outcome: Outcome,
}

pub(crate) struct Seeder<'s> {
    context: &'s Context,
    tree: &'s Tree<'s>,
    trace: bool,
    predefined: Variables,
}

/// A decision while it is made.
struct Verdict<'r> {
    reason: Reason,
    rule: Option<&'r Rule>,
    traces: Vec<(&'static str, At, Option<String>, Vec<Clause>)>,
}

impl Verdict<'_> {
    fn includes(&self) -> bool {
        matches!(self.reason, Reason::Unconditional | Reason::Rule(_) | Reason::Policy)
    }
}

impl<'s> Seeder<'s> {
    pub(crate) fn new(context: &'s Context, tree: &'s Tree<'s>, trace: bool) -> Self {
        Seeder { context, tree, trace, predefined: context.predefined() }
    }

    pub(crate) fn run(
        &self,
        root: &[Written],
        workflow: &WorkflowEntry,
        jobs: &Instances,
        stages: &[String],
        sources: &Sources,
    ) -> Seeded {
        let world = World::new(self.context, self.tree, &self.predefined);
        let mut failures = Vec::new();
        let (workflow, root_and_workflow) = self.workflow(&world, root, workflow, sources, &mut failures);
        let mut pass = Pass { seeder: self, world: &world, root: &root_and_workflow, sources, failures, order: 0 };
        let mut kept = Vec::with_capacity(jobs.list.len());
        let mut excluded = Vec::new();
        for job in by_stage(jobs, stages) {
            pass.order = kept.len();
            match pass.job(job) {
                Ok(job) => kept.push(job),
                Err(job) => excluded.push(job),
            }
        }
        excluded.sort_by_key(|job: &Excluded| jobs.index.get(job.name.as_str()).copied());
        let mut failures = pass.failures;
        missing_needs(self.context, &kept, &mut failures);
        let only_edges = kept.iter().all(|job| EDGE_STAGES.contains(&job.stage.as_str()));
        let outcome = match (workflow.passes, failures.is_empty(), only_edges) {
            (false, ..) => Outcome::Filtered,
            (_, false, _) => Outcome::Refused,
            (_, _, true) => Outcome::Empty,
            _ => Outcome::Created,
        };
        failures.sort_by_key(|fault| (fault.job, fault.kind));
        Seeded {
            jobs: kept,
            excluded,
            workflow,
            variables: root.iter().map(variable).collect(),
            problems: failures.into_iter().map(|fault| fault.problem).collect(),
            outcome,
        }
    }

    /// What the workflow says, and the variables of the configuration with those it adds.
    fn workflow(
        &self,
        world: &World<'_>,
        root: &[Written],
        entry: &WorkflowEntry,
        sources: &Sources,
        faults: &mut Vec<Fault>,
    ) -> (Workflow, Vec<Variable>) {
        let mut variables: Vec<Variable> = root.iter().map(variable).collect();
        let mut workflow = Workflow { passes: true, name: entry.name.clone(), ..Workflow::default() };
        workflow.auto_cancel.clone_from(&entry.auto_cancel);
        let Some(rules) = &entry.rules else {
            return (workflow, variables);
        };
        let own = variables.iter().map(own).collect();
        let scope = Scope::new(world, own);
        let verdict = match decide(world, &scope, rules, self.trace) {
            Ok(verdict) => verdict,
            Err(failure) => {
                faults.push(Fault { job: 0, kind: FaultKind::Rule, problem: Problem::locate(failure, sources) });
                workflow.passes = false;
                return (workflow, variables);
            }
        };
        workflow.passes = verdict.includes();
        if let Some(rule) = verdict.rule {
            workflow.variables = rule.variables.iter().map(variable).collect();
            if let Some(own) = &rule.auto_cancel {
                workflow.auto_cancel = Some(own.clone());
            }
        }
        if self.trace {
            workflow.decision = Some(located(&verdict, sources));
        }
        merge(&mut variables, &workflow.variables);
        (workflow, variables)
    }
}

/// The jobs stage by stage, those of one stage in the order of the file: so GitLab creates them.
fn by_stage<'j>(jobs: &'j Instances, stages: &[String]) -> Vec<&'j Instance> {
    let mut order: HashMap<&str, usize> = HashMap::new();
    for (at, stage) in stages.iter().enumerate() {
        order.entry(stage).or_insert(at);
    }
    let mut sorted: Vec<&Instance> = jobs.list.iter().collect();
    sorted.sort_by_key(|job| order.get(&*job.entry.stage).copied());
    sorted
}

fn variable(written: &Written) -> Variable {
    Variable { raw: written.raw.unwrap_or(false), ..Variable::new(&written.key, &written.value) }
}

fn own(variable: &Variable) -> (&str, &str, bool) {
    (&variable.key, variable.value.as_deref().unwrap_or_default(), variable.raw)
}

/// Sets variables over others; one that is there keeps its place.
fn merge(variables: &mut Vec<Variable>, over: &[Variable]) {
    for variable in over {
        match variables.iter_mut().find(|own| own.key == variable.key) {
            Some(own) => *own = variable.clone(),
            None => variables.push(variable.clone()),
        }
    }
}

/// The first rule that holds.
fn decide<'r>(world: &World<'_>, scope: &Scope<'_>, rules: &'r [Rule], trace: bool) -> Result<Verdict<'r>, Failure> {
    let mut traces = Vec::new();
    for (at, rule) in rules.iter().enumerate() {
        if trace {
            traces.push(("rules", rule.at, rule.when.clone(), clause::rule_trace(world, scope, rule)?));
        }
        if clause::rule_holds(world, scope, rule)? {
            let never = rule.when.as_deref() == Some("never");
            let reason = if never { Reason::Never(at) } else { Reason::Rule(at) };
            return Ok(Verdict { reason, rule: Some(rule), traces });
        }
    }
    Ok(Verdict { reason: Reason::NoRule, rule: None, traces })
}

fn policies<'r>(
    world: &World<'_>,
    scope: &Scope<'_>,
    only: Option<&Policy>,
    except: Option<&Policy>,
    trace: bool,
) -> Verdict<'r> {
    let mut verdict = Verdict { reason: Reason::Policy, rule: None, traces: Vec::new() };
    if let Some(policy) = only {
        let clauses = clause::policy_trace(world, scope, policy);
        if !clauses.iter().all(|clause| clause.holds) {
            verdict.reason = Reason::NotOnly;
        }
        verdict.traces.push(("only", policy.at, None, clauses));
    }
    if let Some(policy) = except {
        let clauses = clause::policy_trace(world, scope, policy);
        if verdict.reason == Reason::Policy && clauses.iter().any(|clause| clause.holds) {
            verdict.reason = Reason::Except;
        }
        verdict.traces.push(("except", policy.at, None, clauses));
    }
    if !trace {
        verdict.traces.clear();
    }
    verdict
}

fn located(verdict: &Verdict<'_>, sources: &Sources) -> Decision {
    let place = |at: At| sources.location(at).filter(|_| at != At::default());
    let clause = |clause: &Clause| ClauseTrace {
        kind: clause.kind,
        text: clause.text.clone(),
        holds: clause.holds,
        operands: clause.operands.clone(),
        location: place(clause.at),
    };
    let rules = verdict.traces.iter().map(|(keyword, at, when, clauses)| RuleTrace {
        keyword,
        holds: match *keyword {
            "except" => clauses.iter().any(|clause| clause.holds),
            _ => clauses.iter().all(|clause| clause.holds),
        },
        when: when.clone(),
        clauses: clauses.iter().map(clause).collect(),
        location: place(*at),
    });
    Decision { reason: verdict.reason, rules: rules.collect() }
}

/// What kind of fault of a job comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum FaultKind {
    Rule,
    Needs,
    Variables,
}

/// Why the pipeline is refused: the job's place, then the kind, is their order.
struct Fault {
    job: usize,
    kind: FaultKind,
    problem: Problem,
}

/// One pass over the jobs.
struct Pass<'p> {
    seeder: &'p Seeder<'p>,
    world: &'p World<'p>,
    root: &'p [Variable],
    sources: &'p Sources,
    failures: Vec<Fault>,
    /// How many jobs are in the pipeline so far.
    order: usize,
}

impl Pass<'_> {
    fn job(&mut self, job: &Instance) -> Result<Job, Excluded> {
        let variables = self.variables(job);
        let index = job.parallel.as_ref().map(|(at, _)| at.to_string());
        let total = job.parallel.as_ref().and_then(|(_, node)| Some(node.get("total")?.to_text()));
        let mut layers = vec![("CI_JOB_NAME", &*job.name, false), ("CI_JOB_STAGE", &*job.entry.stage, false)];
        layers.extend(index.as_deref().map(|index| ("CI_NODE_INDEX", index, false)));
        layers.extend(total.as_deref().map(|total| ("CI_NODE_TOTAL", total, false)));
        layers.extend(variables.iter().map(own));
        let scope = Scope::new(self.world, layers);
        let verdict = self.verdict(job, &scope);
        let decision = self.seeder.trace.then(|| located(&verdict, self.sources));
        if !verdict.includes() {
            let location = self.sources.location(job.entry.at);
            let (name, stage) = (job.name.to_string(), job.entry.stage.to_string());
            return Err(Excluded { name, stage, location, decision });
        }
        self.check_variables(job, &scope, &variables);
        Ok(self.build(job, &scope, verdict.rule, variables.clone(), decision))
    }

    /// Those of the configuration that it inherits, its own, those of its combination.
    fn variables(&self, job: &Instance) -> Vec<Variable> {
        let entry = &job.entry;
        let mut variables: Vec<Variable> = match &entry.inherit {
            Inherit::All => self.root.to_vec(),
            inherit => self.root.iter().filter(|variable| inherit.takes(&variable.key)).cloned().collect(),
        };
        merge(&mut variables, &entry.variables.iter().map(variable).collect::<Vec<_>>());
        let matrix: Vec<Variable> = job.variables.iter().map(|(key, value)| Variable::new(key, value)).collect();
        merge(&mut variables, &matrix);
        variables
    }

    fn verdict<'j>(&mut self, job: &'j Instance, scope: &Scope<'_>) -> Verdict<'j> {
        let entry = &job.entry;
        let nothing = |reason| Verdict { reason, rule: None, traces: Vec::new() };
        if let Some(rules) = &entry.rules {
            return decide(self.world, scope, rules, self.seeder.trace).unwrap_or_else(|failure| {
                let words = format!("Failed to parse rule for {}: {}", job.name, failure.message);
                self.fail(FaultKind::Rule, Failure::new(words, failure.at));
                nothing(Reason::NoRule)
            });
        }
        match (&entry.only, &entry.except) {
            (None, None) => nothing(Reason::Unconditional),
            (only, except) => policies(self.world, scope, only.as_ref(), except.as_ref(), self.seeder.trace),
        }
    }

    fn fail(&mut self, kind: FaultKind, failure: Failure) {
        self.failures.push(Fault { job: self.order, kind, problem: Problem::locate(failure, self.sources) });
    }

    /// Variables must not go round in a circle. Without a reference among them they cannot.
    fn check_variables(&mut self, job: &Instance, scope: &Scope<'_>, variables: &[Variable]) {
        let refers = |variable: &Variable| variable.value.as_deref().is_some_and(|value| value.contains(['$', '%']));
        if !variables.iter().any(refers) && !self.seeder.context.variables.iter().any(refers) {
            return;
        }
        if let Err(circle) = scope.collection().expanded(Undefined::Keep) {
            let at = circle_place(job, &circle);
            self.fail(FaultKind::Variables, Failure::new(format!("{}: {circle}", job.name), at));
        }
    }

    fn build(
        &self,
        job: &Instance,
        scope: &Scope<'_>,
        rule: Option<&Rule>,
        mut variables: Vec<Variable>,
        decision: Option<Decision>,
    ) -> Job {
        let entry = &job.entry;
        let by_rule = rule.and_then(|rule| rule.when.as_deref());
        let when = by_rule.or(entry.when.as_deref()).and_then(When::parse).unwrap_or_default();
        let start_in = rule.and_then(|rule| rule.start_in.clone()).or_else(|| entry.start_in.clone());
        let needs = match rule.and_then(|rule| rule.needs.as_ref()) {
            Some(needs) => Some(needs.iter().map(Wanted::from).collect()),
            None => job.needs.clone(),
        };
        if let Some(rule) = rule {
            merge(&mut variables, &rule.variables.iter().map(variable).collect::<Vec<_>>());
        }
        let tags = entry.tags.as_ref().map(|tags| tags.iter().map(|tag| expand_tag(scope, tag)).collect());
        Job {
            name: job.name.to_string(),
            base: entry.name.to_string(),
            stage: entry.stage.to_string(),
            when,
            start_in,
            allow_failure: rule.and_then(|rule| rule.allow_failure).unwrap_or(entry.allow_failure),
            needs: needs.map(|needs: Vec<Wanted>| needs.iter().map(|need| self.need(need)).collect()),
            dependencies: job.dependencies.as_ref().map(|names| names.iter().map(|(name, _)| name.clone()).collect()),
            tags,
            environment: entry.environment.as_ref().and_then(|node| node.get("name")).map(Node::to_text),
            interruptible: rule.and_then(|rule| rule.interruptible).or(entry.interruptible),
            resource_group: entry.resource_group.clone(),
            bridge: entry.bridge,
            variables,
            coverage: entry.coverage.clone(),
            instance: job.parallel.as_ref().map(|(at, _)| *at),
            options: options(job, rule),
            id_tokens: entry.id_tokens.clone(),
            location: self.sources.location(entry.at),
            decision,
        }
    }

    fn need(&self, need: &Wanted) -> Need {
        Need {
            name: need.name.clone(),
            artifacts: need.artifacts,
            optional: need.optional,
            location: self.sources.location(need.at),
        }
    }
}

fn expand_tag(scope: &Scope<'_>, tag: &str) -> String {
    use crate::expression::Lookup;
    crate::variables::expand(tag, Undefined::Keep, |name| scope.variable(name).map(Some))
}

/// Where the first variable of a circle that the job itself sets is written.
fn circle_place(job: &Instance, circle: &CircularVariables) -> At {
    let written = job.entry.variables.iter().find(|variable| circle.0.contains(&variable.key));
    written.map_or(job.entry.at, |variable| variable.at)
}

/// The options with what this one job adds to them.
fn options(job: &Instance, rule: Option<&Rule>) -> Node {
    let entry = &job.entry;
    let mut map = entry.options.clone();
    if let Some((at, parallel)) = &job.parallel {
        map.set("parallel", parallel.clone());
        map.set("instance", Node::new(Data::Int(i64::from(*at)), entry.at));
    }
    if let Some(names) = job.dependencies.as_ref().filter(|_| map.contains("dependencies")) {
        let names = names.iter().map(|(name, at)| Node::text(name.as_str(), *at)).collect();
        map.set("dependencies", Node::list(names, entry.at));
    }
    if let Some(start) = rule.and_then(|rule| rule.start_in.as_ref()) {
        map.set("start_in", Node::text(start.as_str(), entry.at));
    }
    // Exit codes would go against what the rule says about failures.
    if rule.is_some_and(|rule| rule.allow_failure.is_some()) {
        map.remove("allow_failure_criteria");
    }
    Node::new(Data::Map(Arc::new(map)), entry.at)
}

/// Too many needs, and needs of jobs that this context leaves out.
fn missing_needs(context: &Context, jobs: &[Job], faults: &mut Vec<Fault>) {
    let names: HashSet<&str> = jobs.iter().map(|job| job.name.as_str()).collect();
    let limit = context.limits.needs;
    for (job, own) in jobs.iter().enumerate() {
        let needs = own.needs.as_deref().unwrap_or_default();
        let name = &own.name;
        if needs.len() > limit {
            let message = format!(
                "{name}: one job can only need {limit} others, but you have listed {}. See needs keyword documentation \
                 for more details",
                needs.len()
            );
            let problem = Problem::new(message, needs[limit].location.clone());
            faults.push(Fault { job, kind: FaultKind::Needs, problem });
            continue;
        }
        for need in needs.iter().filter(|need| !need.optional && !names.contains(need.name.as_str())) {
            let other = &need.name;
            let message = format!(
                "'{name}' job needs '{other}' job, but '{other}' does not exist in the pipeline. This might be because of \
                 the only, except, or rules keywords. To need a job that sometimes does not exist in the pipeline, use \
                 needs:optional."
            );
            let problem = Problem::new(message, need.location.clone());
            faults.push(Fault { job, kind: FaultKind::Needs, problem });
        }
    }
}
