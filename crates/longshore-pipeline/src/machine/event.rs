//! What happens to a machine, what it asks for, and how it decides: values that serialise.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::status::Status;
use crate::model::JobId;

/// Milliseconds since whatever the embedder counts from.
pub type Time = u64;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The pipeline was created.
    Begin,
    /// A worker is there and takes so many jobs at a time.
    WorkerJoined {
        /// Its number, of the embedder's choice.
        worker: u32,
        /// Jobs that it runs at a time.
        slots: u32,
        /// What it can do; it takes a job if it has all of the job's tags.
        tags: Vec<String>,
    },
    /// A worker is gone, with whatever it ran.
    WorkerLeft {
        /// Its number.
        worker: u32,
    },
    /// A job ended.
    Finished {
        /// The job.
        job: JobId,
        /// Which attempt, as [`Action::Start`] numbered it.
        attempt: u32,
        /// How.
        result: JobResult,
    },
    /// Somebody started a manual job, or a delayed one before its time.
    Played {
        /// The job.
        job: JobId,
        /// Who.
        actor: String,
    },
    /// Somebody approved a job that waits for approval.
    Approved {
        /// The job.
        job: JobId,
        /// Who; each counts once.
        actor: String,
    },
    /// Somebody rejected a job that waits for approval.
    Rejected {
        /// The job.
        job: JobId,
        /// Who.
        actor: String,
    },
    /// Somebody canceled a job, or all.
    Canceled {
        /// The job; `None` is all that is not over.
        job: Option<JobId>,
        /// Who.
        actor: String,
    },
    /// Somebody wants a job that is over to run again.
    Retried {
        /// The job.
        job: JobId,
        /// Who.
        actor: String,
    },
    /// A newer commit makes the pipeline redundant.
    NewCommit,
    /// Time passed: what [`Action::WakeAt`] asked for.
    Tick,
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobResult {
    /// It succeeded.
    Succeeded,
    /// It failed.
    Failed {
        /// The exit code of its script, if it came so far.
        exit_code: Option<i64>,
        /// Why, as `retry:when` spells it: `script_failure`, `runner_system_failure`, …
        reason: String,
    },
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Start a job on a worker.
    Start {
        /// The job.
        job: JobId,
        /// Which attempt it is, from 1.
        attempt: u32,
        /// The worker.
        worker: u32,
    },
    /// Stop a job that runs; its end need not be reported.
    Stop {
        /// The job.
        job: JobId,
        /// Which attempt.
        attempt: u32,
        /// The worker.
        worker: u32,
    },
    /// A job has another status: for showing.
    State {
        /// The job.
        job: JobId,
        /// What it was.
        from: Status,
        /// What it is.
        to: Status,
        /// Why.
        why: Why,
    },
    /// Send [`Event::Tick`] at that time.
    WakeAt {
        /// When.
        at: Time,
    },
    /// The pipeline is over.
    Done {
        /// How.
        status: Status,
    },
}

/// Why a job has another status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// What came before it has that status.
    Before(Status),
    /// A worker took it.
    Assigned,
    /// It ended well.
    Finished,
    /// It ended badly, for that reason.
    Failed(String),
    /// Its worker was lost.
    Lost(u32),
    /// Its time has come.
    Time,
    /// Its resource is free.
    Resource,
    /// That person started it.
    Played(String),
    /// That person approved it, as the last one needed.
    Approved(String),
    /// That person rejected it.
    Rejected(String),
    /// That person canceled it.
    Canceled(String),
    /// That person wants it again.
    Retried(String),
    /// A newer commit makes it redundant.
    NewCommit,
    /// That job failed, and a failure cancels all others.
    JobFailed(JobId),
}

/// An event that does not fit the state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// There is no such job.
    #[error("there is no job {0}")]
    NoSuchJob(JobId),
    /// The pipeline has begun.
    #[error("the pipeline has begun already")]
    Begun,
    /// A worker that is there joins, or one that is not there leaves.
    #[error("worker {0} {1}")]
    Worker(u32, &'static str),
    /// The job's status does not allow it.
    #[error("job {job} is {status}: it {what}")]
    Status {
        /// The job.
        job: JobId,
        /// Its status.
        status: Status,
        /// What is not possible.
        what: &'static str,
    },
}

/// The state of one job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobState {
    /// Its status.
    pub status: Status,
    /// Attempts so far.
    pub attempt: u32,
    /// The worker it runs on.
    pub worker: Option<u32>,
    /// Who approved it.
    pub approvals: Vec<String>,
}

/// Who gets a resource group next, as GitLab's process modes have it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProcessMode {
    /// Whoever came first.
    #[default]
    Unordered,
    /// Whichever comes first in the pipeline.
    OldestFirst,
    /// Whichever comes last in the pipeline.
    NewestFirst,
    /// Whichever was the last to become ready.
    NewestReadyFirst,
}

/// How a machine decides what the configuration leaves open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Of what chance is made: the same seed waits the same times.
    pub seed: u64,
    /// Milliseconds before the first retry; each further one waits twice as long. 0 retries at once, as GitLab does.
    pub backoff: Time,
    /// Milliseconds that a retry waits at most.
    pub backoff_limit: Time,
    /// How often a job is started again because its worker was lost.
    pub lost_retries: u32,
    /// How each resource group is handed on; those not named are unordered.
    pub process_modes: BTreeMap<String, ProcessMode>,
    /// What runs first, higher first, a value a job and barrier; by default the longest path behind it.
    pub priorities: Option<Vec<u64>>,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            seed: 0,
            backoff: 0,
            backoff_limit: 5 * 60_000,
            lost_retries: 2,
            process_modes: BTreeMap::new(),
            priorities: None,
        }
    }
}

impl Policy {
    /// Milliseconds before the next attempt, `used` being those so far: between half and all of a doubling wait.
    pub(crate) fn backoff(&self, job: JobId, used: u32) -> Time {
        if self.backoff == 0 {
            return 0;
        }
        let doubled = self.backoff.saturating_mul(1 << used.saturating_sub(1).min(32));
        let whole = doubled.min(self.backoff_limit).max(1);
        let half = whole / 2;
        half + mixed(self.seed ^ u64::from(job) << 32 ^ u64::from(used)) % (whole - half + 1)
    }
}

/// SplitMix64: one number well mixed.
pub(crate) fn mixed(seed: u64) -> u64 {
    let mut value = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 31
}
