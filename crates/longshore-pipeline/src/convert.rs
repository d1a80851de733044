//! From a compiled configuration to a pipeline that a machine runs.

use std::collections::HashMap;

use crate::compiled::{Compiled, Job, When};
use crate::model::{JobSpec, NeedSpec, OnNewCommit, Pipeline, PipelineError, RetrySpec};
use crate::value::Node;

impl Compiled {
    /// The jobs as a schedule sees them, in the order of [`Compiled::jobs`]: a job's id is its place there.
    ///
    /// # Errors
    /// Needs that this context leaves out, where GitLab refuses the pipeline too.
    pub fn pipeline(&self) -> Result<Pipeline, PipelineError> {
        let mut stages: Vec<String> = Vec::new();
        for stage in self.stages() {
            if !stages.contains(stage) {
                stages.push(stage.clone());
            }
        }
        let places: HashMap<&str, u32> = stages.iter().zip(0..).map(|(stage, at)| (stage.as_str(), at)).collect();
        let jobs = self.jobs().iter().map(|job| spec(job, places[job.stage.as_str()])).collect();
        let cancel = self.workflow().auto_cancel.as_ref();
        let choice = |key: &str| cancel.and_then(|cancel| cancel.get(key)).and_then(Node::as_str);
        let on_new_commit = match choice("on_new_commit") {
            Some("interruptible") => OnNewCommit::Interruptible,
            Some("none") => OnNewCommit::None,
            _ => OnNewCommit::Conservative,
        };
        let pipeline = Pipeline::new(stages, jobs)?;
        Ok(pipeline.on_new_commit(on_new_commit).cancel_on_failure(choice("on_job_failure") == Some("all")))
    }
}

fn spec(job: &Job, stage: u32) -> JobSpec {
    let need = |need: &crate::compiled::Need| NeedSpec {
        name: need.name.clone(),
        artifacts: need.artifacts,
        optional: need.optional,
    };
    JobSpec {
        name: job.name.clone(),
        stage,
        needs: job.needs.as_ref().map(|needs| needs.iter().map(need).collect()),
        when: job.when,
        delay: if job.when == When::Delayed { job.delay().unwrap_or(0).saturating_mul(1000) } else { 0 },
        allow_failure: job.allow_failure,
        allowed_exit_codes: job.allowed_exit_codes(),
        retry: retry(job),
        timeout: job.timeout().map(|seconds| seconds.saturating_mul(1000)),
        resource_group: job.resource_group.clone().filter(|group| !group.is_empty()),
        interruptible: job.interruptible.unwrap_or(false),
        tags: job.tags.clone().unwrap_or_default(),
        approvals: 0,
    }
}

fn retry(job: &Job) -> RetrySpec {
    let Some(own) = job.options.get("retry") else {
        return RetrySpec::default();
    };
    let codes = own.get("exit_codes").and_then(Node::as_list).unwrap_or_default();
    RetrySpec {
        max: job.retries(),
        when: own.get("when").map(Node::texts).unwrap_or_default(),
        exit_codes: codes.iter().filter_map(Node::as_int).collect(),
    }
}
