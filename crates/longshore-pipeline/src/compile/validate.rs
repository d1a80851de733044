//! What must hold between jobs: stages, dependencies, needs, `on_stop`. The first fault ends it, as in GitLab.

use std::collections::{HashMap, HashSet};

use super::normalise::{Instance, Instances, Wanted};
use crate::error::Failure;
use crate::graph::Graph;
use crate::value::{At, Node};

pub(crate) fn validate(jobs: &Instances, stages: &[String]) -> Result<(), Failure> {
    let mut order: HashMap<&str, usize> = HashMap::new();
    for (at, stage) in stages.iter().enumerate() {
        order.entry(stage).or_insert(at);
    }
    let validator = Validator { jobs, stages, order };
    jobs.list.iter().try_for_each(|job| validator.job(job))?;
    acyclic(jobs)
}

struct Validator<'v> {
    jobs: &'v Instances,
    stages: &'v [String],
    order: HashMap<&'v str, usize>,
}

impl Validator<'_> {
    fn job(&self, job: &Instance) -> Result<(), Failure> {
        self.stage(job)?;
        for (name, at) in job.dependencies.iter().flatten() {
            self.dependency(job, name, "dependency", false, *at)?;
        }
        if let Some(needs) = &job.needs {
            self.needs(job, needs)?;
        }
        for rule in job.entry.rules.iter().flatten() {
            if let Some(needs) = &rule.needs {
                self.needs(job, &needs.iter().map(Wanted::from).collect::<Vec<_>>())?;
            }
        }
        for (name, at) in &job.entry.artifact_jobs {
            self.dependency(job, name, "dependency", false, *at)?;
        }
        self.environment(job)?;
        self.publish(job)
    }

    fn stage(&self, job: &Instance) -> Result<(), Failure> {
        let stage = &*job.entry.stage;
        if self.order.contains_key(stage) {
            return Ok(());
        }
        let available = self.stages.join(", ");
        let words = format!("{} job: chosen stage {stage} does not exist; available stages are {available}", job.name);
        Err(Failure::new(words, job.entry.stage_at))
    }

    fn dependency(&self, job: &Instance, name: &str, kind: &str, optional: bool, at: At) -> Result<(), Failure> {
        let Some(&found) = self.jobs.index.get(name) else {
            let words = format!("{} job: undefined {kind}: {name}", job.name);
            return if optional { Ok(()) } else { Err(Failure::new(words, at)) };
        };
        if kind == "need" && name.chars().count() > 255 {
            let words = format!("{} job: need `{name}` name is too long (maximum is 255 characters)", job.name);
            return Err(Failure::new(words, at));
        }
        let index = |job: &Instance| self.order.get(&*job.entry.stage);
        match (index(&self.jobs.list[found]), index(job)) {
            (Some(theirs), Some(own)) if theirs <= own => Ok(()),
            _ => {
                let words = format!("{} job: {kind} {name} is not defined in current or prior stages", job.name);
                Err(Failure::new(words, at))
            }
        }
    }

    fn needs(&self, job: &Instance, needs: &[Wanted]) -> Result<(), Failure> {
        for need in needs {
            self.dependency(job, &need.name, "need", need.optional, need.at)?;
        }
        let mut seen = HashSet::new();
        let mut twice: Vec<&Wanted> = Vec::new();
        for need in needs {
            if !seen.insert(&need.name) && !twice.iter().any(|other| other.name == need.name) {
                twice.push(need);
            }
        }
        let Some(first) = twice.first() else {
            return Ok(());
        };
        let names: Vec<&str> = twice.iter().map(|need| need.name.as_str()).collect();
        Err(Failure::new(format!("{} has the following needs duplicated: {}.", job.name, names.join(", ")), first.at))
    }

    fn environment(&self, job: &Instance) -> Result<(), Failure> {
        let Some(environment) = &job.entry.environment else {
            return Ok(());
        };
        let Some(on_stop) = environment.get("on_stop") else {
            return Ok(());
        };
        let stop = on_stop.to_text();
        let fail = |why: &str| Err(Failure::new(format!("{} job: on_stop job {stop} {why}", job.name), on_stop.at));
        let Some(&found) = self.jobs.index.get(stop.as_str()) else {
            return fail("is not defined");
        };
        let Some(theirs) = &self.jobs.list[found].entry.environment else {
            return fail("does not have environment defined");
        };
        let text = |node: &Node, key: &str| node.get(key).map(Node::to_text);
        if text(theirs, "name") != text(environment, "name") {
            return fail("have different environment name");
        }
        if text(theirs, "action").as_deref() != Some("stop") {
            return fail("needs to have action stop defined");
        }
        Ok(())
    }

    fn publish(&self, job: &Instance) -> Result<(), Failure> {
        let options = &job.entry.options;
        let both = options.get("publish").is_some()
            && options.get("pages").is_some_and(|pages| pages.get("publish").is_some());
        if !both {
            return Ok(());
        }
        let name = &job.name;
        Err(Failure::new(format!("{name} job: use either {name}:publish or {name}:pages:publish"), job.entry.at))
    }
}

/// No job may need itself, however many others are between.
fn acyclic(jobs: &Instances) -> Result<(), Failure> {
    let needs = |job: &Instance| job.needs.as_deref().unwrap_or_default().to_vec();
    let mut children: Vec<Vec<usize>> = Vec::with_capacity(jobs.list.len());
    for (at, job) in jobs.list.iter().enumerate() {
        let own: Vec<usize> =
            job.needs.iter().flatten().filter_map(|need| jobs.index.get(need.name.as_str()).copied()).collect();
        if own.contains(&at) {
            let place = needs(job).iter().find(|need| *need.name == *job.name).map_or(job.entry.at, |need| need.at);
            let words = format!("The pipeline has circular dependencies: self-dependency: {}", job.name);
            return Err(Failure::new(words, place));
        }
        children.push(own);
    }
    let mut circle: Option<Vec<usize>> = None;
    crate::order::components(
        children.len(),
        |at| &children[at],
        |component| {
            if component.len() > 1 && circle.is_none() {
                circle = Some(component.to_vec());
            }
        },
    );
    let Some(circle) = circle else {
        return Ok(());
    };
    let names: Vec<&str> = circle.iter().map(|&at| &*jobs.list[at].name).collect();
    let words = format!("The pipeline has circular dependencies: topological sort failed: {names:?}");
    Err(Failure::new(words, jobs.list[circle[0]].entry.at).with_notes(shortest_circle(jobs, &children)))
}

/// The shortest circle, need by need: GitLab's own words name all jobs that circles have to do with.
fn shortest_circle(jobs: &Instances, children: &[Vec<usize>]) -> Vec<(String, At)> {
    let rows = children.iter().zip(0_u32..);
    let edges: Vec<(u32, u32)> = rows.flat_map(|(row, at)| row.iter().map(move |&need| (at, need as u32))).collect();
    let circle = Graph::new(children.len() as u32, &edges).shortest_circle().unwrap_or_default();
    let note = |pair: &[u32]| {
        let (job, other) = (&jobs.list[pair[0] as usize], &jobs.list[pair[1] as usize]);
        let need = job.needs.iter().flatten().find(|need| *need.name == *other.name);
        (format!("{} needs {}", job.name, other.name), need.map_or(job.entry.at, |need| need.at))
    };
    circle.windows(2).map(note).collect()
}
