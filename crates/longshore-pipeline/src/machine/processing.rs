//! GitLab's processing of a pipeline: which jobs become ready, manual or skipped when another changes.
//!
//! What a job waits for counts only as a set of classes, so each job that has `needs` keeps four counts of its needs, and each
//! stage the counts of its jobs. One change costs the jobs that need the changed one and the stages behind it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::status::{Class, Classes, Status};
use crate::compiled::When;
use crate::model::{JobId, Pipeline};

/// How many of a job's needs are in which condition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct NeedCounts {
    /// Skipped, or manual and not needed.
    barred: u32,
    /// Not done.
    open: u32,
    failed: u32,
    canceled: u32,
}

/// In which of the counts a class is, if in any.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Slot {
    Barred,
    Open,
    Failed,
    Canceled,
}

impl Slot {
    fn of(class: Class) -> Option<Self> {
        const SUCCESS: usize = Status::Success as usize;
        const FAILED: usize = Status::Failed as usize;
        const CANCELED: usize = Status::Canceled as usize;
        const SKIPPED: usize = Status::Skipped as usize;
        match class.index() {
            _ if class == Class::WARNING => None,
            _ if class == Class::IGNORED => Some(Slot::Barred),
            SUCCESS => None,
            FAILED => Some(Slot::Failed),
            CANCELED => Some(Slot::Canceled),
            SKIPPED => Some(Slot::Barred),
            _ => Some(Slot::Open),
        }
    }
}

impl NeedCounts {
    fn at(&mut self, slot: Slot) -> &mut u32 {
        match slot {
            Slot::Barred => &mut self.barred,
            Slot::Open => &mut self.open,
            Slot::Failed => &mut self.failed,
            Slot::Canceled => &mut self.canceled,
        }
    }

    fn status(self) -> Status {
        match self {
            NeedCounts { barred: 1.., .. } => Status::Skipped,
            NeedCounts { open: 1.., .. } => Status::Pending,
            NeedCounts { failed: 1.., .. } => Status::Failed,
            NeedCounts { canceled: 1.., .. } => Status::Canceled,
            _ => Status::Success,
        }
    }
}

/// The statuses of all jobs, kept as GitLab keeps them.
#[derive(Clone, Debug)]
pub struct Processing<'p> {
    pipeline: &'p Pipeline,
    statuses: Vec<Status>,
    /// Jobs whose failure is allowed because of the exit code.
    excused: Vec<bool>,
    needs: Vec<NeedCounts>,
    /// Jobs that need a job, in rows.
    dependents_at: Vec<u32>,
    dependents: Vec<JobId>,
    stage_counts: Vec<[u32; Class::COUNT]>,
    /// Classes of all jobs before a stage.
    before: Vec<Classes>,
    /// Jobs without `needs` by stage.
    by_stage: Vec<Vec<JobId>>,
    /// In which order GitLab looks at jobs: by stage, then by how deep in needs.
    rank: Vec<u32>,
    open: BinaryHeap<Reverse<(u32, JobId)>>,
    queued: Vec<bool>,
    changes: Vec<(JobId, Status)>,
}

impl<'p> Processing<'p> {
    /// All jobs created, nothing looked at yet: call [`Processing::process`].
    pub fn new(pipeline: &'p Pipeline) -> Self {
        let count = pipeline.jobs.len();
        let stages = pipeline.stages.len();
        let (dependents_at, dependents) = dependents(pipeline);
        let mut by_stage = vec![Vec::new(); stages];
        let mut stage_counts = vec![[0; Class::COUNT]; stages];
        for (id, job) in pipeline.jobs.iter().enumerate() {
            stage_counts[job.stage as usize][Status::Created as usize] += 1;
            if pipeline.needs[id].is_none() {
                by_stage[job.stage as usize].push(id as JobId);
            }
        }
        let counts = |needs: &Option<Vec<JobId>>| NeedCounts {
            open: needs.as_ref().map_or(0, |needs| needs.len() as u32),
            ..NeedCounts::default()
        };
        let mut processing = Processing {
            pipeline,
            statuses: vec![Status::Created; count],
            excused: vec![false; count],
            needs: pipeline.needs.iter().map(counts).collect(),
            dependents_at,
            dependents,
            stage_counts,
            before: vec![Classes::default(); stages],
            by_stage,
            rank: ranks(pipeline),
            open: BinaryHeap::new(),
            queued: vec![false; count],
            changes: Vec::new(),
        };
        (0..count as JobId).for_each(|id| processing.look_at(id));
        processing.refresh_before(0);
        processing
    }

    /// The status of a job.
    pub fn status(&self, job: JobId) -> Status {
        self.statuses[job as usize]
    }

    /// The status of a stage.
    pub fn stage_status(&self, stage: u32) -> Status {
        self.stage_classes(stage as usize).composite()
    }

    /// The status of the whole.
    pub fn pipeline_status(&self) -> Status {
        let stages = 0..self.stage_counts.len();
        stages.fold(Classes::default(), |all, stage| all.and(self.stage_classes(stage))).composite()
    }

    /// Looks at all jobs that what happened may concern; gives the changes, in order.
    pub fn process(&mut self) -> Vec<(JobId, Status)> {
        while let Some(Reverse((_, job))) = self.open.pop() {
            self.queued[job as usize] = false;
            self.update(job);
        }
        std::mem::take(&mut self.changes)
    }

    /// Sets a job's status as whoever runs it reports it. Follow with [`Processing::process`].
    pub fn set(&mut self, job: JobId, status: Status) {
        let before = self.class(job);
        self.statuses[job as usize] = status;
        self.moved(job, before);
    }

    /// Excuses a failure, or takes that back: it then counts as if the job were allowed to fail.
    pub fn excuse(&mut self, job: JobId, excused: bool) {
        let before = self.class(job);
        self.excused[job as usize] = excused;
        self.moved(job, before);
    }

    /// Lets a job run that was manual, or runs one again: what was skipped because of it is looked at again.
    pub fn enqueue(&mut self, job: JobId) {
        self.set(job, Status::Pending);
        self.reset_skipped(job);
    }

    /// Cancels all that are not complete; gives them.
    pub fn cancel_all(&mut self) -> Vec<JobId> {
        let jobs: Vec<JobId> =
            (0..self.statuses.len() as JobId).filter(|&job| self.status(job).is_cancelable()).collect();
        jobs.iter().for_each(|&job| self.set(job, Status::Canceled));
        jobs
    }

    /// The status of what a job waits for, from scratch. For checks.
    pub fn status_before_slowly(&self, job: JobId) -> Status {
        let class = |job: &JobId| self.class(*job);
        let all = |jobs: &[JobId]| jobs.iter().map(class).fold(Classes::default(), Classes::with);
        match &self.pipeline.needs[job as usize] {
            Some(needs) => all(needs).composite_of_needs(),
            None => {
                let stage = self.pipeline.jobs[job as usize].stage;
                let earlier =
                    (0..self.statuses.len() as JobId).filter(|&id| self.pipeline.jobs[id as usize].stage < stage);
                all(&earlier.collect::<Vec<_>>()).composite()
            }
        }
    }

    /// The status of what a job waits for.
    pub fn status_before(&self, job: JobId) -> Status {
        match self.pipeline.needs[job as usize] {
            Some(_) => self.needs[job as usize].status(),
            None => self.before[self.pipeline.jobs[job as usize].stage as usize].composite(),
        }
    }

    fn class(&self, job: JobId) -> Class {
        let allowed = self.pipeline.jobs[job as usize].allow_failure || self.excused[job as usize];
        Class::of(self.statuses[job as usize], allowed)
    }

    fn stage_classes(&self, stage: usize) -> Classes {
        classes(&self.stage_counts[stage])
    }

    fn look_at(&mut self, job: JobId) {
        if self.statuses[job as usize] == Status::Created && !std::mem::replace(&mut self.queued[job as usize], true) {
            self.open.push(Reverse((self.rank[job as usize], job)));
        }
    }

    fn update(&mut self, job: JobId) {
        let before = self.status_before(job);
        if self.statuses[job as usize] != Status::Created || !before.is_complete() {
            return;
        }
        let spec = &self.pipeline.jobs[job as usize];
        let dag = self.pipeline.needs[job as usize].is_some();
        let runs = match spec.when {
            When::OnSuccess | When::Manual | When::Delayed => {
                before == Status::Success || (before == Status::Skipped && !dag)
            }
            When::OnFailure => before == Status::Failed,
            When::Always => matches!(before, Status::Success | Status::Failed | Status::Skipped),
        };
        let status = match spec.when {
            _ if !runs => Status::Skipped,
            When::Manual => Status::Manual,
            When::Delayed => Status::Scheduled,
            _ => Status::Pending,
        };
        self.set(job, status);
        self.changes.push((job, status));
    }

    /// Carries a job's change of class to those that wait for it.
    fn moved(&mut self, job: JobId, before: Class) {
        let after = self.class(job);
        if after == before {
            if self.statuses[job as usize] == Status::Created {
                self.look_at(job);
            }
            return;
        }
        let (from, to) = (Slot::of(before), Slot::of(after));
        if from != to {
            self.recount(job, from, to);
        }
        let stage = self.pipeline.jobs[job as usize].stage as usize;
        let old = self.stage_classes(stage);
        self.stage_counts[stage][before.index()] -= 1;
        self.stage_counts[stage][after.index()] += 1;
        if self.stage_classes(stage) != old {
            self.refresh_before(stage);
        }
        if self.statuses[job as usize] == Status::Created {
            self.look_at(job);
        }
    }

    /// Moves a need from one count to another in all jobs that have it.
    fn recount(&mut self, job: JobId, from: Option<Slot>, to: Option<Slot>) {
        let range = self.dependents_at[job as usize] as usize..self.dependents_at[job as usize + 1] as usize;
        for at in range {
            let dependent = self.dependents[at];
            let counts = &mut self.needs[dependent as usize];
            if let Some(from) = from {
                *counts.at(from) -= 1;
            }
            if let Some(to) = to {
                *counts.at(to) += 1;
            }
            if counts.status().is_complete() {
                self.look_at(dependent);
            }
        }
    }

    /// Sums up again what is before the stages behind one; where that is complete now, their jobs are looked at.
    fn refresh_before(&mut self, stage: usize) {
        let mut all = self.before[stage].and(self.stage_classes(stage));
        for later in stage + 1..self.before.len() {
            if self.before[later] != all {
                self.before[later] = all;
                if all.composite().is_complete() {
                    for at in 0..self.by_stage[later].len() {
                        self.look_at(self.by_stage[later][at]);
                    }
                }
            }
            all = all.and(self.stage_classes(later));
        }
    }

    /// What is skipped behind a job is created again: later stages, and whoever needs it, through however many.
    pub(crate) fn reset_skipped(&mut self, job: JobId) {
        let stage = self.pipeline.jobs[job as usize].stage;
        let later = |id: &JobId| self.pipeline.jobs[*id as usize].stage > stage;
        let skipped = |id: &JobId| self.statuses[*id as usize] == Status::Skipped;
        let mut reset: Vec<JobId> = (0..self.statuses.len() as JobId).filter(later).filter(skipped).collect();
        let mut open = vec![job];
        let mut seen = vec![false; self.statuses.len()];
        while let Some(id) = open.pop() {
            let range = self.dependents_at[id as usize] as usize..self.dependents_at[id as usize + 1] as usize;
            for &dependent in &self.dependents[range] {
                if !std::mem::replace(&mut seen[dependent as usize], true) {
                    open.push(dependent);
                    reset.extend(Some(dependent).filter(skipped));
                }
            }
        }
        reset.into_iter().for_each(|id| self.set(id, Status::Created));
    }
}

fn classes(counts: &[u32; Class::COUNT]) -> Classes {
    let present = |all: Classes, (index, &count): (usize, &u32)| {
        let class = match super::status::STATUSES.get(index) {
            Some(&status) => Class::of(status, false),
            None if index == Class::WARNING.index() => Class::WARNING,
            None => Class::IGNORED,
        };
        if count > 0 { all.with(class) } else { all }
    };
    counts.iter().enumerate().fold(Classes::default(), present)
}

/// Who needs a job, in rows.
fn dependents(pipeline: &Pipeline) -> (Vec<u32>, Vec<JobId>) {
    let mut at = vec![0_u32; pipeline.jobs.len() + 1];
    let needs = || {
        pipeline
            .needs
            .iter()
            .enumerate()
            .flat_map(|(id, needs)| needs.iter().flatten().map(move |&need| (need, id as JobId)))
    };
    needs().for_each(|(need, _)| at[need as usize + 1] += 1);
    for id in 0..pipeline.jobs.len() {
        at[id + 1] += at[id];
    }
    let mut fill = at.clone();
    let mut row = vec![0; at[pipeline.jobs.len()] as usize];
    for (need, id) in needs() {
        row[fill[need as usize] as usize] = id;
        fill[need as usize] += 1;
    }
    (at, row)
}

/// By stage, then by depth in needs.
fn ranks(pipeline: &Pipeline) -> Vec<u32> {
    let graph = pipeline.graph();
    let order = graph.order().expect("a pipeline has no circle");
    let mut depth = vec![0_u32; pipeline.jobs.len()];
    for &node in order.iter().filter(|&&node| (node as usize) < pipeline.jobs.len()) {
        let needs = pipeline.needs[node as usize].iter().flatten();
        depth[node as usize] = needs.map(|&need| depth[need as usize] + 1).max().unwrap_or(0);
    }
    let mut jobs: Vec<JobId> = (0..pipeline.jobs.len() as JobId).collect();
    jobs.sort_by_key(|&id| (pipeline.jobs[id as usize].stage, depth[id as usize], id));
    let mut rank = vec![0; jobs.len()];
    jobs.iter().enumerate().for_each(|(at, &id)| rank[id as usize] = at as u32);
    rank
}
