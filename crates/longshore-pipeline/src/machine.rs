//! The machine that runs a pipeline: events in, actions out, no clock and no I/O of its own.
//!
//! Whoever embeds it starts and stops the jobs it asks for and tells it what happened and when. The same pipeline, policy and
//! events give the same actions, so a log of events is the state: [`Machine::replay`] rebuilds it, at any point.

mod event;
mod groups;
mod processing;
mod status;
mod workers;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

pub(crate) use event::mixed;
pub use event::{Action, Event, EventError, JobResult, JobState, Policy, ProcessMode, Time, Why};
use groups::Groups;
pub use processing::Processing;
pub use status::Status;
use workers::Workers;

use crate::model::{JobId, JobSpec, OnNewCommit, Pipeline};

/// A pipeline on its way.
#[derive(Clone, Debug)]
pub struct Machine<'p> {
    pipeline: &'p Pipeline,
    policy: Policy,
    now: Time,
    begun: bool,
    /// Whether the end was reported.
    done: bool,
    processing: Processing<'p>,
    jobs: Vec<Progress>,
    /// Who approved the jobs that wait for that.
    approvals: BTreeMap<JobId, BTreeSet<String>>,
    workers: Workers,
    groups: Groups,
    timers: BinaryHeap<Reverse<(Time, JobId, u32, TimerKind)>>,
    /// The wake-up last asked for.
    wake: Option<Time>,
}

/// How far a job is, besides its status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Progress {
    attempt: u32,
    /// Attempts that ended because a worker was lost.
    lost: u32,
    worker: Option<u32>,
    /// It waits for approvals.
    blocked: bool,
    /// Nothing but its needs and a worker stand before it, and no timeout behind it.
    plain: bool,
}

impl Progress {
    fn of(job: &JobSpec) -> Self {
        let plain = job.approvals == 0 && job.resource_group.is_none() && job.timeout.is_none();
        Progress { plain, ..Progress::default() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum TimerKind {
    Delay,
    Retry,
    Timeout,
}

impl<'p> Machine<'p> {
    /// A pipeline that has not begun.
    pub fn new(pipeline: &'p Pipeline, policy: Policy) -> Self {
        let priorities = match &policy.priorities {
            Some(priorities) => priorities.clone(),
            None => pipeline.graph().levels(&vec![1; pipeline.jobs.len()]).bottom,
        };
        Machine {
            pipeline,
            now: 0,
            begun: false,
            done: false,
            processing: Processing::new(pipeline),
            jobs: pipeline.jobs.iter().map(Progress::of).collect(),
            approvals: BTreeMap::new(),
            workers: Workers::new(pipeline, priorities),
            groups: Groups::new(pipeline, &policy),
            timers: BinaryHeap::new(),
            wake: None,
            policy,
        }
    }

    /// The machine after these events; events that it refuses change nothing.
    pub fn replay<'e>(
        pipeline: &'p Pipeline,
        policy: Policy,
        events: impl IntoIterator<Item = &'e (Time, Event)>,
    ) -> Self {
        let mut machine = Machine::new(pipeline, policy);
        for (at, event) in events {
            let _ = machine.handle(*at, event);
        }
        machine
    }

    /// Takes in what happened; gives what to do, in order.
    ///
    /// Time never goes back: an earlier time counts as the last one.
    ///
    /// # Errors
    /// An event that does not fit the state, which then is as before.
    pub fn handle(&mut self, at: Time, event: &Event) -> Result<Vec<Action>, EventError> {
        let mut out = Vec::new();
        self.handle_into(at, event, &mut out)?;
        Ok(out)
    }

    /// As [`Machine::handle`], adding what to do to `out`.
    ///
    /// # Errors
    /// As [`Machine::handle`].
    pub fn handle_into(&mut self, at: Time, event: &Event, out: &mut Vec<Action>) -> Result<(), EventError> {
        self.check(event)?;
        self.now = self.now.max(at);
        let fired = self.fire_timers(out);
        // A timer may have settled what the event is about.
        if !fired || self.check(event).is_ok() {
            self.apply(event, out);
        }
        self.settle(out);
        Ok(())
    }

    /// The last time of an event, in milliseconds.
    pub fn now(&self) -> Time {
        self.now
    }

    /// The status of a job.
    pub fn status(&self, job: JobId) -> Status {
        self.processing.status(job)
    }

    /// How often a job was started.
    pub fn attempt(&self, job: JobId) -> u32 {
        self.jobs[job as usize].attempt
    }

    /// The status of the pipeline.
    pub fn pipeline_status(&self) -> Status {
        self.processing.pipeline_status()
    }

    /// The state of all jobs, for showing and comparing.
    pub fn states(&self) -> Vec<JobState> {
        let state = |(id, job): (usize, &Progress)| JobState {
            status: self.status(id as JobId),
            attempt: job.attempt,
            worker: job.worker,
            approvals: self.approvals.get(&(id as JobId)).into_iter().flatten().cloned().collect(),
        };
        self.jobs.iter().enumerate().map(state).collect()
    }

    /// The processing underneath, for checks.
    pub fn processing(&self) -> &Processing<'p> {
        &self.processing
    }

    /// Jobs that wait for a worker although no worker that is there could ever take them.
    pub fn stuck(&self) -> Vec<JobId> {
        let pending = (0..self.jobs.len() as JobId).filter(|&job| self.status(job) == Status::Pending);
        pending.filter(|&job| !self.workers.could_run(job)).collect()
    }

    fn check(&self, event: &Event) -> Result<(), EventError> {
        let status = |job: JobId| {
            let known = (job as usize) < self.jobs.len();
            known.then(|| self.status(job)).ok_or(EventError::NoSuchJob(job))
        };
        let wrong = |job: JobId, status: Status, what: &'static str| Err(EventError::Status { job, status, what });
        match *event {
            Event::Begin if self.begun => Err(EventError::Begun),
            Event::Begin | Event::NewCommit | Event::Tick | Event::Canceled { job: None, .. } => Ok(()),
            Event::WorkerJoined { worker, .. } if self.workers.contains(worker) => {
                Err(EventError::Worker(worker, "is here"))
            }
            Event::WorkerLeft { worker } if !self.workers.contains(worker) => {
                Err(EventError::Worker(worker, "is not here"))
            }
            Event::WorkerJoined { .. } | Event::WorkerLeft { .. } => Ok(()),
            Event::Finished { job, attempt, .. } => match status(job)? {
                Status::Running if self.jobs[job as usize].attempt == attempt => Ok(()),
                status => wrong(job, status, "does not run that attempt"),
            },
            Event::Played { job, .. } => match status(job)? {
                Status::Manual if !self.jobs[job as usize].blocked => Ok(()),
                Status::Scheduled => Ok(()),
                status => wrong(job, status, "cannot be played"),
            },
            Event::Approved { job, .. } | Event::Rejected { job, .. } => match status(job)? {
                Status::Manual if self.jobs[job as usize].blocked => Ok(()),
                status => wrong(job, status, "does not wait for approval"),
            },
            Event::Canceled { job: Some(job), .. } => match status(job)? {
                status if status.is_cancelable() => Ok(()),
                status => wrong(job, status, "is over"),
            },
            Event::Retried { job, .. } => match status(job)? {
                Status::Success | Status::Failed | Status::Canceled => Ok(()),
                status => wrong(job, status, "cannot be retried"),
            },
        }
    }

    fn apply(&mut self, event: &Event, out: &mut Vec<Action>) {
        match event {
            Event::Begin => self.begun = true,
            Event::WorkerJoined { worker, slots, tags } => self.workers.join(*worker, *slots, tags),
            Event::WorkerLeft { worker } => self.worker_left(*worker, out),
            Event::Finished { job, result, .. } => self.finished(*job, result, out),
            Event::Played { job, actor } => {
                self.processing.reset_skipped(*job);
                self.admit(*job, Why::Played(actor.clone()), out);
            }
            Event::Approved { job, actor } => self.approved(*job, actor, out),
            Event::Rejected { job, actor } => {
                self.jobs[*job as usize].blocked = false;
                self.set(*job, Status::Failed, Why::Rejected(actor.clone()), out);
            }
            Event::Canceled { job: Some(job), actor } => self.cancel(*job, Why::Canceled(actor.clone()), out),
            Event::Canceled { job: None, actor } => self.cancel_all(|_| true, &Why::Canceled(actor.clone()), out),
            Event::Retried { job, actor } => {
                self.done = false;
                self.processing.excuse(*job, false);
                self.processing.reset_skipped(*job);
                self.admit(*job, Why::Retried(actor.clone()), out);
            }
            Event::NewCommit => self.new_commit(out),
            Event::Tick => {}
        }
    }

    fn set(&mut self, job: JobId, status: Status, why: Why, out: &mut Vec<Action>) {
        let from = self.status(job);
        self.processing.set(job, status);
        if from != status {
            out.push(Action::State { job, from, to: status, why });
        }
    }

    /// Processes until nothing changes, hands out jobs, asks for the next wake-up.
    fn settle(&mut self, out: &mut Vec<Action>) {
        if !self.begun {
            return;
        }
        loop {
            let changes = self.processing.process();
            if changes.is_empty() {
                break;
            }
            for (job, status) in changes {
                self.react(job, status, out);
            }
        }
        self.dispatch(out);
        self.arm(out);
        let status = self.processing.pipeline_status();
        if !status.is_complete() {
            self.done = false;
        } else if !std::mem::replace(&mut self.done, true) {
            out.push(Action::Done { status });
        }
    }

    /// What follows from a status that processing gave a job.
    fn react(&mut self, job: JobId, status: Status, out: &mut Vec<Action>) {
        let why = Why::Before(self.processing.status_before(job));
        let status = if status == Status::Pending { self.admitted(job) } else { status };
        self.processing.set(job, status);
        out.push(Action::State { job, from: Status::Created, to: status, why });
        match status {
            Status::Pending => self.workers.ready(job),
            Status::Scheduled => {
                let at = self.now.saturating_add(self.pipeline.jobs[job as usize].delay);
                self.timers.push(Reverse((at, job, self.jobs[job as usize].attempt, TimerKind::Delay)));
            }
            _ => {}
        }
    }

    /// A job may run as far as its needs go.
    fn admit(&mut self, job: JobId, why: Why, out: &mut Vec<Action>) {
        let status = self.admitted(job);
        self.set(job, status, why, out);
        if status == Status::Pending {
            self.workers.ready(job);
        }
    }

    /// What still stands before a job that may run: approvals, then its resource group, then a worker.
    fn admitted(&mut self, job: JobId) -> Status {
        if self.jobs[job as usize].plain {
            return Status::Pending;
        }
        let given = self.approvals.get(&job).map_or(0, BTreeSet::len) as u32;
        if given < self.pipeline.jobs[job as usize].approvals {
            self.jobs[job as usize].blocked = true;
            return Status::Manual;
        }
        if self.groups.acquire(job) { Status::Pending } else { Status::WaitingForResource }
    }

    fn approved(&mut self, job: JobId, actor: &str, out: &mut Vec<Action>) {
        let given = self.approvals.entry(job).or_default();
        given.insert(actor.to_owned());
        if given.len() as u32 >= self.pipeline.jobs[job as usize].approvals {
            self.jobs[job as usize].blocked = false;
            self.processing.reset_skipped(job);
            self.admit(job, Why::Approved(actor.to_owned()), out);
        }
    }

    fn dispatch(&mut self, out: &mut Vec<Action>) {
        while let Some((job, worker)) = self.workers.next(|job| self.processing.status(job) == Status::Pending) {
            let progress = &mut self.jobs[job as usize];
            progress.attempt += 1;
            progress.worker = Some(worker);
            let attempt = progress.attempt;
            self.set(job, Status::Running, Why::Assigned, out);
            out.push(Action::Start { job, attempt, worker });
            if !self.jobs[job as usize].plain
                && let Some(timeout) = self.pipeline.jobs[job as usize].timeout
            {
                let at = self.now.saturating_add(timeout);
                self.timers.push(Reverse((at, job, attempt, TimerKind::Timeout)));
            }
        }
    }

    fn finished(&mut self, job: JobId, result: &JobResult, out: &mut Vec<Action>) {
        self.release(job, out);
        match result {
            JobResult::Succeeded => self.set(job, Status::Success, Why::Finished, out),
            JobResult::Failed { exit_code, reason } => self.failed(job, *exit_code, reason, out),
        }
    }

    /// Gives back the worker and the resource; the next in line gets the resource.
    fn release(&mut self, job: JobId, out: &mut Vec<Action>) {
        if let Some(worker) = self.jobs[job as usize].worker.take() {
            self.workers.free(worker);
        }
        if self.jobs[job as usize].plain {
            return;
        }
        if let Some(next) = self.groups.release(job, |job| self.processing.status(job) == Status::WaitingForResource) {
            self.set(next, Status::Pending, Why::Resource, out);
            self.workers.ready(next);
        }
    }

    fn failed(&mut self, job: JobId, exit_code: Option<i64>, reason: &str, out: &mut Vec<Action>) {
        let spec = &self.pipeline.jobs[job as usize];
        let retry = &spec.retry;
        let by_code = exit_code.is_some_and(|code| retry.exit_codes.contains(&code));
        let any = retry.when.is_empty() && retry.exit_codes.is_empty();
        let by_reason = any || retry.when.iter().any(|when| when == "always" || when == reason);
        let used = self.jobs[job as usize].attempt - self.jobs[job as usize].lost;
        if used <= retry.max && (by_code || by_reason) {
            return self.try_again(job, used, Why::Failed(reason.to_owned()), out);
        }
        let excused = exit_code.is_some_and(|code| spec.allowed_exit_codes.contains(&code));
        self.processing.excuse(job, excused);
        self.set(job, Status::Failed, Why::Failed(reason.to_owned()), out);
        if self.pipeline.cancel_on_failure && !spec.allow_failure && !excused {
            self.cancel_all(|_| true, &Why::JobFailed(job), out);
        }
    }

    /// The next attempt, after a wait that grows with each.
    fn try_again(&mut self, job: JobId, used: u32, why: Why, out: &mut Vec<Action>) {
        let wait = self.policy.backoff(job, used);
        if wait == 0 {
            return self.admit(job, why, out);
        }
        self.set(job, Status::Preparing, why, out);
        let at = self.now.saturating_add(wait);
        self.timers.push(Reverse((at, job, self.jobs[job as usize].attempt, TimerKind::Retry)));
    }

    fn worker_left(&mut self, worker: u32, out: &mut Vec<Action>) {
        self.workers.leave(worker);
        let lost: Vec<JobId> =
            (0..self.jobs.len() as JobId).filter(|&job| self.jobs[job as usize].worker == Some(worker)).collect();
        for job in lost {
            self.jobs[job as usize].worker = None;
            self.release(job, out);
            self.jobs[job as usize].lost += 1;
            let lost = self.jobs[job as usize].lost;
            if lost <= self.policy.lost_retries {
                self.try_again(job, lost, Why::Lost(worker), out);
            } else {
                self.failed(job, None, "runner_system_failure", out);
            }
        }
    }

    fn cancel(&mut self, job: JobId, why: Why, out: &mut Vec<Action>) {
        let progress = &mut self.jobs[job as usize];
        progress.blocked = false;
        if let (Some(worker), attempt) = (progress.worker, progress.attempt) {
            out.push(Action::Stop { job, attempt, worker });
        }
        let was = self.status(job);
        self.set(job, Status::Canceled, why, out);
        if matches!(was, Status::Running | Status::Pending) {
            self.release(job, out);
        }
    }

    fn cancel_all(&mut self, which: impl Fn(JobId) -> bool, why: &Why, out: &mut Vec<Action>) {
        let jobs = (0..self.jobs.len() as JobId).filter(|&job| which(job) && self.status(job).is_cancelable());
        // All are canceled before a resource that one of them held is handed on.
        let jobs: Vec<JobId> = jobs.collect();
        let (waiting, held): (Vec<JobId>, Vec<JobId>) =
            jobs.into_iter().partition(|&job| self.status(job) == Status::WaitingForResource);
        waiting.into_iter().chain(held).for_each(|job| self.cancel(job, why.clone(), out));
    }

    fn new_commit(&mut self, out: &mut Vec<Action>) {
        let interruptible = |job: JobId| self.pipeline.jobs[job as usize].interruptible;
        match self.pipeline.on_new_commit {
            OnNewCommit::None => {}
            OnNewCommit::Interruptible => {
                let pipeline = self.pipeline;
                self.cancel_all(|job| pipeline.jobs[job as usize].interruptible, &Why::NewCommit, out);
            }
            OnNewCommit::Conservative => {
                let started = (0..self.jobs.len() as JobId).filter(|&job| self.jobs[job as usize].attempt > 0);
                if started.into_iter().all(interruptible) {
                    self.cancel_all(|_| true, &Why::NewCommit, out);
                }
            }
        }
    }

    /// Whether a timer was due.
    fn fire_timers(&mut self, out: &mut Vec<Action>) -> bool {
        let mut fired = false;
        while let Some(&Reverse((at, job, attempt, kind))) = self.timers.peek() {
            if at > self.now {
                break;
            }
            self.timers.pop();
            fired = true;
            if self.jobs[job as usize].attempt == attempt {
                self.fire(job, kind, out);
            }
        }
        fired
    }

    fn fire(&mut self, job: JobId, kind: TimerKind, out: &mut Vec<Action>) {
        match (kind, self.status(job)) {
            (TimerKind::Delay, Status::Scheduled) | (TimerKind::Retry, Status::Preparing) => {
                self.admit(job, Why::Time, out);
            }
            (TimerKind::Timeout, Status::Running) => {
                let attempt = self.jobs[job as usize].attempt;
                if let Some(worker) = self.jobs[job as usize].worker {
                    out.push(Action::Stop { job, attempt, worker });
                }
                self.release(job, out);
                self.failed(job, None, "job_execution_timeout", out);
            }
            _ => {}
        }
    }

    /// Asks to be woken for the next timer, once for each time.
    fn arm(&mut self, out: &mut Vec<Action>) {
        let next = self.timers.peek().map(|Reverse((at, ..))| *at);
        if next.is_some() && next != self.wake {
            out.extend(next.map(|at| Action::WakeAt { at }));
        }
        self.wake = next;
    }
}
