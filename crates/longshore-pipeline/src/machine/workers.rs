//! Who runs what: jobs that are ready by the tags they ask for, workers that are free by the tags they have.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};

use crate::model::{JobId, Pipeline};

#[derive(Clone, Debug)]
struct Worker {
    kind: usize,
    slots: u32,
    busy: u32,
}

/// Workers of the same tags.
#[derive(Clone, Debug)]
struct Kind {
    tags: Vec<String>,
    /// Those with a free slot.
    free: BTreeSet<u32>,
    /// How many there are.
    count: u32,
}

/// Jobs of the same tags that are ready.
#[derive(Clone, Debug)]
struct Class {
    tags: Vec<String>,
    ready: BinaryHeap<(u64, Reverse<JobId>)>,
    /// The kinds of workers that may take them, those with the fewest tags first.
    kinds: Vec<usize>,
}

#[derive(Clone, Debug)]
pub(crate) struct Workers {
    workers: BTreeMap<u32, Worker>,
    kinds: Vec<Kind>,
    classes: Vec<Class>,
    class_of: Vec<u32>,
    priorities: Vec<u64>,
}

fn normal(tags: &[String]) -> Vec<String> {
    let mut tags = tags.to_vec();
    tags.sort();
    tags.dedup();
    tags
}

impl Workers {
    pub(crate) fn new(pipeline: &Pipeline, priorities: Vec<u64>) -> Self {
        let mut index: HashMap<Vec<String>, u32> = HashMap::new();
        let mut classes = Vec::new();
        let mut class_of = Vec::with_capacity(pipeline.jobs.len());
        let mut last: Option<(&[String], u32)> = None;
        for job in &pipeline.jobs {
            // Neighbours mostly ask for the same.
            if let Some((tags, class)) = last
                && tags == job.tags
            {
                class_of.push(class);
                continue;
            }
            let tags = normal(&job.tags);
            class_of.push(*index.entry(tags.clone()).or_insert_with(|| {
                classes.push(Class { tags, ready: BinaryHeap::new(), kinds: Vec::new() });
                classes.len() as u32 - 1
            }));
            last = class_of.last().map(|&class| (job.tags.as_slice(), class));
        }
        Workers { workers: BTreeMap::new(), kinds: Vec::new(), classes, class_of, priorities }
    }

    pub(crate) fn contains(&self, worker: u32) -> bool {
        self.workers.contains_key(&worker)
    }

    pub(crate) fn join(&mut self, worker: u32, slots: u32, tags: &[String]) {
        let tags = normal(tags);
        let kind = match self.kinds.iter().position(|kind| kind.tags == tags) {
            Some(kind) => kind,
            None => self.add_kind(tags),
        };
        self.kinds[kind].count += 1;
        if slots > 0 {
            self.kinds[kind].free.insert(worker);
        }
        self.workers.insert(worker, Worker { kind, slots, busy: 0 });
    }

    fn add_kind(&mut self, tags: Vec<String>) -> usize {
        let kind = self.kinds.len();
        self.kinds.push(Kind { tags, free: BTreeSet::new(), count: 0 });
        for class in &mut self.classes {
            if class.tags.iter().all(|tag| self.kinds[kind].tags.binary_search(tag).is_ok()) {
                class.kinds.push(kind);
                class.kinds.sort_by_key(|&kind| (self.kinds[kind].tags.len(), kind));
            }
        }
        kind
    }

    pub(crate) fn leave(&mut self, worker: u32) {
        if let Some(gone) = self.workers.remove(&worker) {
            self.kinds[gone.kind].free.remove(&worker);
            self.kinds[gone.kind].count -= 1;
        }
    }

    /// Gives back a slot of a worker, if it is still there.
    pub(crate) fn free(&mut self, worker: u32) {
        if let Some(own) = self.workers.get_mut(&worker) {
            own.busy -= 1;
            self.kinds[own.kind].free.insert(worker);
        }
    }

    /// Lines a job up for a worker.
    pub(crate) fn ready(&mut self, job: JobId) {
        let priority = self.priorities.get(job as usize).copied().unwrap_or(0);
        self.classes[self.class_of[job as usize] as usize].ready.push((priority, Reverse(job)));
    }

    /// Whether a worker that is there could take a job once it is free.
    pub(crate) fn could_run(&self, job: JobId) -> bool {
        let class = &self.classes[self.class_of[job as usize] as usize];
        class.kinds.iter().any(|&kind| self.kinds[kind].count > 0)
    }

    /// The next job and who takes it: of all that are ready and have a free worker, the one of the highest priority, and of its
    /// workers one that can do the least besides. `waits` says which jobs still want one.
    pub(crate) fn next(&mut self, waits: impl Fn(JobId) -> bool) -> Option<(JobId, u32)> {
        let mut best: Option<((u64, Reverse<JobId>), usize, usize)> = None;
        for (at, class) in self.classes.iter_mut().enumerate() {
            let Some(kind) = class.kinds.iter().copied().find(|&kind| !self.kinds[kind].free.is_empty()) else {
                continue;
            };
            while class.ready.peek().is_some_and(|&(_, Reverse(job))| !waits(job)) {
                class.ready.pop();
            }
            if let Some(&head) = class.ready.peek()
                && best.is_none_or(|(other, ..)| head > other)
            {
                best = Some((head, at, kind));
            }
        }
        let ((_, Reverse(job)), class, kind) = best?;
        self.classes[class].ready.pop();
        let worker = *self.kinds[kind].free.first().expect("the kind has a free worker");
        let own = self.workers.get_mut(&worker).expect("free workers are here");
        own.busy += 1;
        if own.busy == own.slots {
            self.kinds[kind].free.remove(&worker);
        }
        Some((job, worker))
    }
}
