//! A pipeline as a schedule sees it: jobs, stages, what waits for what. Independent of who wrote the configuration.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::compiled::When;
use crate::graph::{Graph, Rows};

/// A job by its place in the pipeline.
pub type JobId = u32;

/// A job as a schedule sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSpec {
    /// Its name, unique in the pipeline.
    pub name: String,
    /// The place of its stage.
    pub stage: u32,
    /// The jobs it waits for by name; `None` waits for all earlier stages.
    pub needs: Option<Vec<NeedSpec>>,
    /// When it runs.
    pub when: When,
    /// Milliseconds it waits where `when` is delayed.
    pub delay: u64,
    /// Whether the pipeline goes on where it fails.
    pub allow_failure: bool,
    /// Exit codes with which it may fail, besides `allow_failure`.
    pub allowed_exit_codes: Vec<i64>,
    /// How it is retried.
    pub retry: RetrySpec,
    /// Milliseconds it may run.
    pub timeout: Option<u64>,
    /// The lock that it holds while it runs.
    pub resource_group: Option<String>,
    /// Whether a newer commit may cancel it.
    pub interruptible: bool,
    /// Tags that a worker must have to take it.
    pub tags: Vec<String>,
    /// Approvals that it needs before it runs.
    pub approvals: u32,
}

/// A job that another waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeedSpec {
    /// Its name.
    pub name: String,
    /// Whether its artifacts are fetched, so that it is an edge of data and not only of order.
    pub artifacts: bool,
    /// Whether it may be missing from the pipeline.
    pub optional: bool,
}

/// How a job is retried.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetrySpec {
    /// How often at most.
    pub max: u32,
    /// Reasons of failure that count, as `retry:when` spells them; none means all.
    pub when: Vec<String>,
    /// Exit codes that count, besides the reasons.
    pub exit_codes: Vec<i64>,
}

impl JobSpec {
    /// A job that runs once all earlier stages succeeded.
    pub fn new(name: impl Into<String>, stage: u32) -> Self {
        JobSpec {
            name: name.into(),
            stage,
            needs: None,
            when: When::OnSuccess,
            delay: 0,
            allow_failure: false,
            allowed_exit_codes: Vec::new(),
            retry: RetrySpec::default(),
            timeout: None,
            resource_group: None,
            interruptible: false,
            tags: Vec::new(),
            approvals: 0,
        }
    }

    /// The same job waiting for these instead of all earlier stages.
    #[must_use]
    pub fn needs<'n>(mut self, names: impl IntoIterator<Item = &'n str>) -> Self {
        let need = |name: &str| NeedSpec { name: name.to_owned(), artifacts: true, optional: false };
        self.needs = Some(names.into_iter().map(need).collect());
        self
    }
}

/// What cancels the jobs of a pipeline without anybody asking for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnNewCommit {
    /// Everything, unless a job that is not interruptible has started.
    #[default]
    Conservative,
    /// The interruptible jobs.
    Interruptible,
    /// Nothing.
    None,
}

/// Jobs with what waits for what, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipeline {
    pub(crate) stages: Vec<String>,
    pub(crate) jobs: Vec<JobSpec>,
    /// For each job the jobs it needs that are there; `None` waits for earlier stages.
    pub(crate) needs: Vec<Option<Vec<JobId>>>,
    /// The jobs that need a job.
    pub(crate) dependents: Rows,
    /// In which order GitLab looks at jobs: by stage, then by how deep in needs.
    pub(crate) rank: Vec<u32>,
    /// Whether a failure cancels all other jobs.
    pub(crate) cancel_on_failure: bool,
    pub(crate) on_new_commit: OnNewCommit,
}

/// Jobs that do not make a pipeline.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PipelineError {
    /// A stage that is not there.
    #[error("job {job}: there is no stage {stage}, only {count}")]
    Stage {
        /// The job.
        job: String,
        /// The place it names.
        stage: u32,
        /// How many there are.
        count: usize,
    },
    /// Two jobs of one name.
    #[error("two jobs are called {0}: give one of them another name")]
    Twice(String),
    /// A need of a job that is not there.
    #[error("job {job} needs {need}, which is not in the pipeline: add it, or make the need optional")]
    Need {
        /// The job.
        job: String,
        /// What it needs.
        need: String,
    },
    /// Jobs that wait for each other: the shortest such circle.
    #[error("jobs wait for each other in a circle: {}", .0.join(" -> "))]
    Circle(Vec<String>),
    /// More jobs than ids.
    #[error("a pipeline has at most {} jobs", u32::MAX / 2)]
    TooMany,
}

impl Pipeline {
    /// Checks jobs and what they wait for.
    ///
    /// # Errors
    /// See [`PipelineError`].
    pub fn new(stages: Vec<String>, jobs: Vec<JobSpec>) -> Result<Self, PipelineError> {
        if jobs.len() > (u32::MAX / 2) as usize {
            return Err(PipelineError::TooMany);
        }
        let mut index: HashMap<&str, JobId> = HashMap::with_capacity(jobs.len());
        for (id, job) in jobs.iter().enumerate() {
            if job.stage as usize >= stages.len() {
                return Err(PipelineError::Stage { job: job.name.clone(), stage: job.stage, count: stages.len() });
            }
            if index.insert(&job.name, id as JobId).is_some() {
                return Err(PipelineError::Twice(job.name.clone()));
            }
        }
        let needs = jobs.iter().map(|job| resolve(job, &index)).collect::<Result<Vec<_>, _>>()?;
        let pairs = needs.iter().zip(0..).flat_map(|(needs, id)| needs.iter().flatten().map(move |&need| (need, id)));
        let dependents = Rows::new(jobs.len() as u32, pairs);
        let mut pipeline = Pipeline {
            stages,
            jobs,
            needs,
            dependents,
            rank: Vec::new(),
            cancel_on_failure: false,
            on_new_commit: OnNewCommit::default(),
        };
        let graph = pipeline.graph();
        let Some(order) = graph.order() else {
            let circle = graph.shortest_circle().unwrap_or_default();
            return Err(PipelineError::Circle(circle.iter().map(|&node| pipeline.node_name(node)).collect()));
        };
        pipeline.rank = pipeline.ranks(&order);
        Ok(pipeline)
    }

    fn ranks(&self, order: &[u32]) -> Vec<u32> {
        let mut depth = vec![0_u32; self.jobs.len()];
        for &node in order.iter().filter(|&&node| (node as usize) < self.jobs.len()) {
            let needs = self.needs[node as usize].iter().flatten();
            depth[node as usize] = needs.map(|&need| depth[need as usize] + 1).max().unwrap_or(0);
        }
        let mut jobs: Vec<JobId> = (0..self.jobs.len() as JobId).collect();
        jobs.sort_by_key(|&id| (self.jobs[id as usize].stage, depth[id as usize], id));
        let mut rank = vec![0; jobs.len()];
        jobs.iter().enumerate().for_each(|(at, &id)| rank[id as usize] = at as u32);
        rank
    }

    /// The same pipeline, in which a failure cancels all other jobs (`auto_cancel: {on_job_failure: all}`).
    #[must_use]
    pub fn cancel_on_failure(mut self, cancel: bool) -> Self {
        self.cancel_on_failure = cancel;
        self
    }

    /// The same pipeline with what a newer commit cancels.
    #[must_use]
    pub fn on_new_commit(mut self, what: OnNewCommit) -> Self {
        self.on_new_commit = what;
        self
    }

    /// The stages in order.
    pub fn stages(&self) -> &[String] {
        &self.stages
    }

    /// The jobs; a job's place is its id.
    pub fn jobs(&self) -> &[JobSpec] {
        &self.jobs
    }

    /// The id of the job of that name.
    pub fn job(&self, name: &str) -> Option<JobId> {
        self.jobs.iter().position(|job| job.name == name).map(|id| id as JobId)
    }

    /// What waits for what. Behind the jobs stand the barriers, one before each stage but the first: a job without `needs`
    /// waits for the barrier of its stage, and that for all jobs of the stage before and the barrier before.
    pub fn graph(&self) -> Graph {
        let jobs = self.jobs.len() as u32;
        let barriers = (self.stages.len() as u32).saturating_sub(1);
        let barrier = |stage: u32| jobs + stage - 1;
        let mut edges = Vec::with_capacity(self.jobs.len() * 2);
        for (id, job) in self.jobs.iter().enumerate() {
            match &self.needs[id] {
                Some(needs) => edges.extend(needs.iter().map(|&need| (need, id as u32))),
                None if job.stage > 0 => edges.push((barrier(job.stage), id as u32)),
                None => {}
            }
            if job.stage + 1 < self.stages.len() as u32 {
                edges.push((id as u32, barrier(job.stage + 1)));
            }
        }
        edges.extend((2..=barriers).map(|stage| (barrier(stage - 1), barrier(stage))));
        Graph::new(jobs + barriers, &edges)
    }

    /// What a node of the graph is called.
    fn node_name(&self, node: u32) -> String {
        match self.jobs.get(node as usize) {
            Some(job) => job.name.clone(),
            None => format!("stage {}", self.stages[node as usize - self.jobs.len() + 1]),
        }
    }
}

fn resolve(job: &JobSpec, index: &HashMap<&str, JobId>) -> Result<Option<Vec<JobId>>, PipelineError> {
    let Some(needs) = &job.needs else {
        return Ok(None);
    };
    let mut out = Vec::with_capacity(needs.len());
    for need in needs {
        match index.get(need.name.as_str()) {
            Some(&id) if !out.contains(&id) => out.push(id),
            Some(_) => {}
            None if need.optional => {}
            None => return Err(PipelineError::Need { job: job.name.clone(), need: need.name.clone() }),
        }
    }
    Ok(Some(out))
}
