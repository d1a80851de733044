//! Resource groups: of all jobs that name one, a single one runs.

use std::collections::HashMap;

use super::event::{Policy, ProcessMode};
use crate::model::{JobId, Pipeline};

#[derive(Clone, Debug)]
struct Group {
    mode: ProcessMode,
    holder: Option<JobId>,
    /// Who waits, in order of arrival. Those that stopped waiting are passed over.
    waiting: Vec<JobId>,
}

#[derive(Clone, Debug)]
pub(crate) struct Groups {
    groups: Vec<Group>,
    /// The group of a job.
    of: Vec<Option<u32>>,
}

impl Groups {
    pub(crate) fn new(pipeline: &Pipeline, policy: &Policy) -> Self {
        let mut index: HashMap<&str, u32> = HashMap::new();
        let mut groups = Vec::new();
        let mut of = Vec::with_capacity(pipeline.jobs.len());
        for job in &pipeline.jobs {
            of.push(job.resource_group.as_deref().map(|name| {
                *index.entry(name).or_insert_with(|| {
                    let mode = policy.process_modes.get(name).copied().unwrap_or_default();
                    groups.push(Group { mode, holder: None, waiting: Vec::new() });
                    groups.len() as u32 - 1
                })
            }));
        }
        Groups { groups, of }
    }

    /// Takes the resource of a job if it is free, else lines up. A job without a group always has it.
    pub(crate) fn acquire(&mut self, job: JobId) -> bool {
        let Some(group) = self.of[job as usize] else {
            return true;
        };
        let group = &mut self.groups[group as usize];
        match group.holder {
            None => group.holder = Some(job),
            Some(holder) if holder == job => {}
            Some(_) => group.waiting.push(job),
        }
        group.holder == Some(job)
    }

    /// Gives the resource of a job back; gives who has it now. `waits` says who still wants it.
    pub(crate) fn release(&mut self, job: JobId, waits: impl Fn(JobId) -> bool) -> Option<JobId> {
        let group = &mut self.groups[self.of[job as usize]? as usize];
        if group.holder != Some(job) {
            return None;
        }
        group.waiting.retain(|&job| waits(job));
        let places = 0..group.waiting.len();
        let next = match group.mode {
            ProcessMode::Unordered => places.min_by_key(|&at| at),
            ProcessMode::OldestFirst => places.min_by_key(|&at| group.waiting[at]),
            ProcessMode::NewestFirst => places.max_by_key(|&at| group.waiting[at]),
            ProcessMode::NewestReadyFirst => places.max(),
        };
        group.holder = next.map(|at| group.waiting.remove(at));
        group.holder
    }
}
