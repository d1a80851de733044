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

/// What processing looks at in a job, apart from the rest so that it stays close together.
#[derive(Clone, Copy, Debug)]
struct Brief {
    stage: u32,
    when: When,
    status: Status,
    /// Whether it names what it needs.
    dag: bool,
    allow_failure: bool,
    /// Its failure is allowed because of the exit code.
    excused: bool,
    /// It is in line to be looked at.
    queued: bool,
}

/// The statuses of all jobs, kept as GitLab keeps them.
#[derive(Clone, Debug)]
pub struct Processing<'p> {
    pipeline: &'p Pipeline,
    jobs: Vec<Brief>,
    needs: Vec<NeedCounts>,
    stage_counts: Vec<[u32; Class::COUNT]>,
    /// Classes of the jobs of a stage.
    stage_classes: Vec<Classes>,
    /// Classes of all jobs before a stage.
    before: Vec<Classes>,
    /// Jobs without `needs` by stage.
    by_stage: Vec<Vec<JobId>>,
    open: BinaryHeap<Reverse<(u32, JobId)>>,
    changes: Vec<(JobId, Status)>,
}

impl<'p> Processing<'p> {
    /// All jobs created, nothing looked at yet: call [`Processing::process`].
    pub fn new(pipeline: &'p Pipeline) -> Self {
        let count = pipeline.jobs.len();
        let stages = pipeline.stages.len();
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
        let brief = |(id, job): (usize, &crate::model::JobSpec)| Brief {
            stage: job.stage,
            when: job.when,
            status: Status::Created,
            dag: pipeline.needs[id].is_some(),
            allow_failure: job.allow_failure,
            excused: false,
            queued: false,
        };
        let mut processing = Processing {
            pipeline,
            jobs: pipeline.jobs.iter().enumerate().map(brief).collect(),
            needs: pipeline.needs.iter().map(counts).collect(),
            stage_classes: stage_counts.iter().map(classes).collect(),
            stage_counts,
            before: vec![Classes::default(); stages],
            by_stage,
            open: BinaryHeap::new(),
            changes: Vec::new(),
        };
        (0..count as JobId).for_each(|id| processing.look_at(id));
        if stages > 0 {
            processing.refresh_before(0);
        }
        processing
    }

    /// The status of a job.
    pub fn status(&self, job: JobId) -> Status {
        self.jobs[job as usize].status
    }

    /// The status of a stage.
    pub fn stage_status(&self, stage: u32) -> Status {
        self.stage_classes[stage as usize].composite()
    }

    /// The status of the whole.
    pub fn pipeline_status(&self) -> Status {
        self.stage_classes.iter().fold(Classes::default(), |all, &classes| all.and(classes)).composite()
    }

    /// Looks at all jobs that what happened may concern; gives the changes, in order.
    pub fn process(&mut self) -> Vec<(JobId, Status)> {
        while let Some(Reverse((_, job))) = self.open.pop() {
            self.jobs[job as usize].queued = false;
            self.update(job);
        }
        std::mem::take(&mut self.changes)
    }

    /// Sets a job's status as whoever runs it reports it. Follow with [`Processing::process`].
    pub fn set(&mut self, job: JobId, status: Status) {
        let before = self.class(job);
        self.jobs[job as usize].status = status;
        self.moved(job, before);
    }

    /// Excuses a failure, or takes that back: it then counts as if the job were allowed to fail.
    pub fn excuse(&mut self, job: JobId, excused: bool) {
        let before = self.class(job);
        self.jobs[job as usize].excused = excused;
        self.moved(job, before);
    }

    /// Lets a job run that was manual, or runs one again: what was skipped because of it is looked at again.
    pub fn enqueue(&mut self, job: JobId) {
        self.set(job, Status::Pending);
        self.reset_skipped(job);
    }

    /// Cancels all that are not complete; gives them.
    pub fn cancel_all(&mut self) -> Vec<JobId> {
        let jobs: Vec<JobId> = (0..self.jobs.len() as JobId).filter(|&job| self.status(job).is_cancelable()).collect();
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
                let earlier = (0..self.jobs.len() as JobId).filter(|&id| self.pipeline.jobs[id as usize].stage < stage);
                all(&earlier.collect::<Vec<_>>()).composite()
            }
        }
    }

    /// The status of what a job waits for.
    pub fn status_before(&self, job: JobId) -> Status {
        let brief = &self.jobs[job as usize];
        if brief.dag { self.needs[job as usize].status() } else { self.before[brief.stage as usize].composite() }
    }

    fn class(&self, job: JobId) -> Class {
        let brief = &self.jobs[job as usize];
        Class::of(brief.status, brief.allow_failure || brief.excused)
    }

    fn look_at(&mut self, job: JobId) {
        let brief = &mut self.jobs[job as usize];
        if brief.status == Status::Created && !std::mem::replace(&mut brief.queued, true) {
            self.open.push(Reverse((self.pipeline.rank[job as usize], job)));
        }
    }

    fn update(&mut self, job: JobId) {
        let before = self.status_before(job);
        let Brief { status, when, dag, .. } = self.jobs[job as usize];
        if status != Status::Created || !before.is_complete() {
            return;
        }
        let runs = match when {
            When::OnSuccess | When::Manual | When::Delayed => {
                before == Status::Success || (before == Status::Skipped && !dag)
            }
            When::OnFailure => before == Status::Failed,
            When::Always => matches!(before, Status::Success | Status::Failed | Status::Skipped),
        };
        let status = match when {
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
        if after != before {
            let (from, to) = (Slot::of(before), Slot::of(after));
            if from != to {
                self.recount(job, from, to);
            }
            self.recount_stage(self.jobs[job as usize].stage as usize, before, after);
        }
        self.look_at(job);
    }

    /// Moves a job from one count of its stage to another.
    fn recount_stage(&mut self, stage: usize, before: Class, after: Class) {
        let counts = &mut self.stage_counts[stage];
        counts[before.index()] -= 1;
        counts[after.index()] += 1;
        if counts[before.index()] == 0 || counts[after.index()] == 1 {
            self.stage_classes[stage] = classes(counts);
            self.refresh_before(stage);
        }
    }

    /// Moves a need from one count to another in all jobs that have it.
    fn recount(&mut self, job: JobId, from: Option<Slot>, to: Option<Slot>) {
        for &dependent in self.pipeline.dependents.row(job) {
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
        let mut all = self.before[stage].and(self.stage_classes[stage]);
        for later in stage + 1..self.before.len() {
            if self.before[later] != all {
                self.before[later] = all;
                if all.composite().is_complete() {
                    for at in 0..self.by_stage[later].len() {
                        self.look_at(self.by_stage[later][at]);
                    }
                }
            }
            all = all.and(self.stage_classes[later]);
        }
    }

    /// What is skipped behind a job is created again: later stages, and whoever needs it, through however many.
    pub(crate) fn reset_skipped(&mut self, job: JobId) {
        let stage = self.jobs[job as usize].stage;
        let later = |id: &JobId| self.jobs[*id as usize].stage > stage;
        let skipped = |id: &JobId| self.jobs[*id as usize].status == Status::Skipped;
        let mut reset: Vec<JobId> = (0..self.jobs.len() as JobId).filter(later).filter(skipped).collect();
        let mut open = vec![job];
        let mut seen = vec![false; self.jobs.len()];
        while let Some(id) = open.pop() {
            for &dependent in self.pipeline.dependents.row(id) {
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
