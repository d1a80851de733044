//! How long a pipeline takes on a fleet: the machine driven by durations instead of the world.

mod gantt;
mod list;
mod planner;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use serde::{Deserialize, Serialize};

pub(crate) use gantt::clock;
pub use list::{Schedule, schedule};
pub use planner::{Plan, plan};

use crate::graph::Levels;
use crate::machine::{Action, Event, JobResult, Machine, Policy, Status, Time};
use crate::model::{JobId, Pipeline};

/// Workers that run jobs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fleet {
    /// Each worker: jobs that it runs at a time, and what it can do.
    pub workers: Vec<FleetWorker>,
}

/// One worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetWorker {
    /// Jobs that it runs at a time.
    pub slots: u32,
    /// What it can do.
    pub tags: Vec<String>,
}

impl Fleet {
    /// So many workers with one slot each that can do whatever the pipeline's jobs ask for.
    pub fn uniform(pipeline: &Pipeline, workers: u32) -> Self {
        let mut tags: Vec<String> = pipeline.jobs().iter().flat_map(|job| job.tags.clone()).collect();
        tags.sort();
        tags.dedup();
        Fleet { workers: vec![FleetWorker { slots: 1, tags }; workers as usize] }
    }

    /// Jobs that all workers together run at a time.
    pub fn slots(&self) -> u64 {
        self.workers.iter().map(|worker| u64::from(worker.slots)).sum()
    }
}

/// One run of one job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The job.
    pub job: JobId,
    /// The worker it ran on.
    pub worker: u32,
    /// When it started.
    pub start: Time,
    /// When it ended.
    pub end: Time,
}

/// How a pipeline went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Simulation {
    /// When the last job ended.
    pub makespan: Time,
    /// All runs, in order of their start.
    pub rows: Vec<Row>,
    /// How the pipeline ended.
    pub status: Status,
    /// Jobs that never ran, because they are manual, skipped, or no worker can do what they ask for.
    pub not_run: Vec<JobId>,
    /// A longest chain of jobs that wait for each other: what no fleet shortens.
    pub critical_path: Vec<JobId>,
    /// Milliseconds that nothing can beat: the critical path, or all work spread evenly.
    pub lower_bound: Time,
    /// Part of the fleet's time in which it worked, from 0 to 1.
    pub utilisation: f64,
}

impl Simulation {
    /// How far the makespan is above what nothing can beat: 0 is optimal, 0.1 is a tenth more.
    pub fn gap(&self) -> f64 {
        if self.lower_bound == 0 { 0.0 } else { self.makespan as f64 / self.lower_bound as f64 - 1.0 }
    }
}

/// Runs a pipeline with a duration in milliseconds for each job; jobs without one take no time. Every job succeeds; nobody
/// plays manual jobs.
pub fn simulate(pipeline: &Pipeline, durations: &[Time], fleet: &Fleet, policy: &Policy) -> Simulation {
    let graph = pipeline.graph();
    let levels = graph.levels(durations);
    let mut policy = policy.clone();
    policy.priorities.get_or_insert_with(|| levels.bottom.clone());
    let mut run = Run {
        machine: Machine::new(pipeline, policy),
        durations,
        rows: Vec::new(),
        ends: BinaryHeap::new(),
        wake: None,
        actions: Vec::new(),
    };
    for (worker, own) in fleet.workers.iter().enumerate() {
        let (worker, slots, tags) = (worker as u32, own.slots, own.tags.clone());
        run.feed(0, &Event::WorkerJoined { worker, slots, tags });
    }
    run.feed(0, &Event::Begin);
    run.run_out();
    let critical_path =
        graph.critical_path(&levels).into_iter().filter(|&node| (node as usize) < pipeline.jobs().len());
    summary(pipeline, run, &levels, critical_path.collect(), fleet.slots())
}

struct Run<'r> {
    machine: Machine<'r>,
    durations: &'r [Time],
    rows: Vec<Row>,
    /// Ends to come: when, and which row.
    ends: BinaryHeap<Reverse<(Time, u32)>>,
    wake: Option<Time>,
    /// What the last event asked for, kept for its room.
    actions: Vec<Action>,
}

impl Run<'_> {
    fn feed(&mut self, at: Time, event: &Event) {
        self.actions.clear();
        self.machine.handle_into(at, event, &mut self.actions).expect("a simulation only says what happened");
        for action in &self.actions {
            match *action {
                Action::Start { job, worker, .. } => {
                    let end = at.saturating_add(self.durations.get(job as usize).copied().unwrap_or(0));
                    self.ends.push(Reverse((end, self.rows.len() as u32)));
                    self.rows.push(Row { job, worker, start: at, end });
                }
                Action::WakeAt { at } => self.wake = Some(at),
                Action::Stop { .. } | Action::State { .. } | Action::Done { .. } => {}
            }
        }
    }

    fn run_out(&mut self) {
        loop {
            let end = self.ends.peek().map(|Reverse((at, _))| *at);
            match (end, self.wake) {
                (None, None) => break,
                (end, Some(wake)) if end.is_none_or(|end| wake < end) => {
                    self.wake = None;
                    self.feed(wake, &Event::Tick);
                }
                _ => self.next_end(),
            }
        }
    }

    fn next_end(&mut self) {
        let Some(Reverse((at, row))) = self.ends.pop() else {
            return;
        };
        let job = self.rows[row as usize].job;
        let attempt = self.machine.attempt(job);
        // A timeout may have ended it before.
        if self.machine.status(job) == Status::Running {
            self.feed(at, &Event::Finished { job, attempt, result: JobResult::Succeeded });
        }
    }
}

fn summary(pipeline: &Pipeline, run: Run<'_>, levels: &Levels, critical_path: Vec<JobId>, slots: u64) -> Simulation {
    let makespan = run.rows.iter().map(|row| row.end).max().unwrap_or(0);
    let work: u64 = run.rows.iter().map(|row| row.end - row.start).sum();
    let mut ran = vec![false; pipeline.jobs().len()];
    run.rows.iter().for_each(|row| ran[row.job as usize] = true);
    let all = ran.iter().all(|&ran| ran);
    // Where jobs did not run, the longest chain may not have been one.
    let chain = if all { levels.length } else { 0 };
    Simulation {
        makespan,
        status: run.machine.pipeline_status(),
        not_run: (0..ran.len() as JobId).filter(|&job| !ran[job as usize]).collect(),
        critical_path,
        lower_bound: chain.max(work.div_ceil(slots.max(1))),
        utilisation: if makespan == 0 { 0.0 } else { work as f64 / (makespan as f64 * slots.max(1) as f64) },
        rows: run.rows,
    }
}

/// The makespan for each size of a uniform fleet: what more workers would bring.
pub fn what_if(
    pipeline: &Pipeline,
    durations: &[Time],
    sizes: impl IntoIterator<Item = u32>,
    policy: &Policy,
) -> Vec<(u32, Simulation)> {
    let run = |workers| (workers, simulate(pipeline, durations, &Fleet::uniform(pipeline, workers), policy));
    sizes.into_iter().map(run).collect()
}

/// Durations with those jobs cached: they take no time.
pub fn cached(durations: &[Time], jobs: impl IntoIterator<Item = JobId>) -> Vec<Time> {
    let mut durations = durations.to_vec();
    for job in jobs {
        if let Some(duration) = durations.get_mut(job as usize) {
            *duration = 0;
        }
    }
    durations
}
