//! Laws of the machine, whatever happens to it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use longshore_pipeline::When;
use longshore_pipeline::machine::{Action, Event, JobResult, Machine, Policy, ProcessMode, Processing, Status, Time};
use longshore_pipeline::model::{JobId, JobSpec, OnNewCommit, Pipeline, PipelineError, RetrySpec};
use proptest::prelude::*;

/// Small pipelines in which everything may occur. A job needs only jobs before it.
pub(crate) fn pipelines() -> impl Strategy<Value = Pipeline> {
    let job = (0..3_u32, any::<u64>(), any::<u64>());
    let flags = (any::<bool>(), 0..3_u8);
    (prop::collection::vec(job, 1..14), flags).prop_map(|(rows, (cancel, commit))| {
        let mut jobs: Vec<JobSpec> = Vec::new();
        for (at, (stage, shape, needs)) in rows.into_iter().enumerate() {
            let mut job = JobSpec::new(format!("job-{at}"), stage);
            shape_job(&mut job, shape);
            if shape % 3 > 0 {
                let earlier =
                    jobs.iter().enumerate().filter(|(at, other)| other.stage <= stage && needs >> at & 3 == 3);
                let names: Vec<String> = earlier.map(|(_, other)| other.name.clone()).collect();
                job = job.needs(names.iter().map(String::as_str));
            }
            jobs.push(job);
        }
        let stages = ["build", "test", "deploy"].map(str::to_owned).to_vec();
        let commit = [OnNewCommit::Conservative, OnNewCommit::Interruptible, OnNewCommit::None][commit as usize];
        Pipeline::new(stages, jobs).expect("needs go backwards").cancel_on_failure(cancel).on_new_commit(commit)
    })
}

fn shape_job(job: &mut JobSpec, shape: u64) {
    let bit = |at: u32| shape >> at & 1 == 1;
    let rare = |at: u32| shape >> at & 7 == 7;
    job.when = match shape >> 2 & 15 {
        0 => When::Manual,
        1 => When::Delayed,
        2 => When::OnFailure,
        3 => When::Always,
        _ => When::OnSuccess,
    };
    job.delay = 50;
    job.allow_failure = bit(6);
    job.retry = RetrySpec { max: u32::from(bit(7)), ..RetrySpec::default() };
    job.timeout = rare(8).then_some(40);
    job.resource_group = rare(11).then(|| format!("lock-{}", shape >> 14 & 1));
    job.interruptible = bit(15);
    job.tags = if bit(16) { vec!["large".to_owned()] } else { Vec::new() };
    job.approvals = u32::from(rare(17));
    job.allowed_exit_codes = if rare(20) { vec![2] } else { Vec::new() };
}

/// Somebody who runs a machine, does chance's bidding, and checks everything on the way.
struct World<'w> {
    pipeline: &'w Pipeline,
    machine: Machine<'w>,
    policy: Policy,
    log: Vec<(Time, Event)>,
    actions: Vec<Action>,
    running: BTreeMap<JobId, (u32, u32)>,
    workers: BTreeMap<u32, (u32, Vec<String>)>,
    now: Time,
    wake: Option<Time>,
    /// Jobs that had all they wait for since they were created. They stay ready, as in GitLab, when
    /// one before them is played or run again later.
    admitted: BTreeSet<JobId>,
}

impl<'w> World<'w> {
    fn new(pipeline: &'w Pipeline, seed: u64) -> Self {
        let process_modes = BTreeMap::from([("lock-1".to_owned(), ProcessMode::NewestFirst)]);
        let policy = Policy { seed, backoff: seed % 3 * 20, process_modes, ..Policy::default() };
        World {
            pipeline,
            machine: Machine::new(pipeline, policy.clone()),
            policy,
            log: Vec::new(),
            actions: Vec::new(),
            running: BTreeMap::new(),
            workers: BTreeMap::new(),
            now: 0,
            wake: None,
            admitted: BTreeSet::new(),
        }
    }

    fn send(&mut self, event: Event) {
        let Ok(actions) = self.machine.handle(self.now, &event) else {
            return;
        };
        match &event {
            Event::WorkerJoined { worker, slots, tags } => drop(self.workers.insert(*worker, (*slots, tags.clone()))),
            Event::WorkerLeft { worker } => {
                self.workers.remove(worker);
                self.running.retain(|_, (_, own)| own != worker);
            }
            Event::Finished { job, .. } => drop(self.running.remove(job)),
            // Whoever retries a job wants it now, even one that was canceled before its turn.
            Event::Retried { job, .. } => drop(self.admitted.insert(*job)),
            _ => {}
        }
        for action in &actions {
            self.follow(action);
        }
        self.log.push((self.now, event));
        self.actions.extend(actions);
        let admitted = self.check();
        self.admitted.extend(admitted);
    }

    fn follow(&mut self, action: &Action) {
        match action {
            Action::Start { job, attempt, worker } => {
                let ready = self.machine.processing().status_before(*job).is_complete();
                assert!(ready || self.admitted.contains(job), "job {job} starts before its needs");
                assert!(self.running.insert(*job, (*attempt, *worker)).is_none(), "job {job} starts twice");
                let (_, tags) = &self.workers[worker];
                assert!(
                    self.pipeline.jobs()[*job as usize].tags.iter().all(|tag| tags.contains(tag)),
                    "job {job}: tags"
                );
            }
            // A timeout may stop a job in the very moment in which its end or its worker's is reported.
            Action::Stop { job, attempt, worker } => {
                let stopped = self.running.remove(job);
                assert!(stopped.is_none_or(|own| own == (*attempt, *worker)), "job {job} does not run there");
            }
            Action::WakeAt { at } => self.wake = Some(*at),
            Action::State { job, to: Status::Created, .. } => drop(self.admitted.remove(job)),
            Action::State { .. } | Action::Done { .. } => {}
        }
    }

    /// Checks the state between two events, and gives the jobs that have all they wait for.
    fn check(&self) -> BTreeSet<JobId> {
        let mut admitted = BTreeSet::new();
        let mut busy: HashMap<u32, u32> = HashMap::new();
        let mut locks: HashMap<&str, u32> = HashMap::new();
        for (job, (_, worker)) in &self.running {
            *busy.entry(*worker).or_default() += 1;
            assert_eq!(self.machine.status(*job), Status::Running);
            if let Some(group) = &self.pipeline.jobs()[*job as usize].resource_group {
                *locks.entry(group).or_default() += 1;
            }
        }
        assert!(busy.iter().all(|(worker, count)| *count <= self.workers[worker].0), "more jobs than slots");
        assert!(locks.values().all(|&count| count <= 1), "a lock is held twice");
        let processing = self.machine.processing();
        for job in 0..self.pipeline.jobs().len() as JobId {
            let before = processing.status_before(job);
            assert_eq!(before, processing.status_before_slowly(job), "job {job}");
            if before.is_complete() {
                admitted.insert(job);
            }
            let runs = self.running.contains_key(&job);
            assert_eq!(self.machine.status(job) == Status::Running, runs, "job {job}");
        }
        admitted
    }

    fn any_running(&self, chance: u64) -> Option<(JobId, u32)> {
        let at = chance as usize % self.running.len().max(1);
        self.running.iter().nth(at).map(|(job, (attempt, _))| (*job, *attempt))
    }

    fn step(&mut self, chance: u64) {
        let job = (chance >> 8) as JobId % self.pipeline.jobs().len() as JobId;
        let actor = format!("person-{}", chance >> 16 & 1);
        self.now += chance >> 24 & 31;
        let event = match chance & 31 {
            0 => Event::Begin,
            1..=3 => {
                let tags = if chance >> 32 & 1 == 1 { vec!["large".to_owned()] } else { Vec::new() };
                Event::WorkerJoined { worker: (chance >> 33 & 3) as u32, slots: (chance >> 35 & 3) as u32, tags }
            }
            4 => Event::WorkerLeft { worker: (chance >> 33 & 3) as u32 },
            5..=18 => match self.any_running(chance >> 32) {
                Some((job, attempt)) => Event::Finished { job, attempt, result: result(chance) },
                None => Event::Tick,
            },
            19 | 20 => Event::Played { job, actor },
            21 | 22 => Event::Approved { job, actor },
            23 => Event::Rejected { job, actor },
            24 => Event::Canceled { job: (chance >> 40 & 7 > 0).then_some(job), actor },
            25 | 26 => Event::Retried { job, actor },
            27 => Event::NewCommit,
            _ => Event::Tick,
        };
        self.send(event);
    }

    /// Everything that can end ends well from now on.
    fn drain(&mut self) {
        self.send(Event::Begin);
        self.send(Event::WorkerJoined { worker: 99, slots: 2, tags: vec!["large".to_owned()] });
        for _ in 0..10_000 {
            if let Some((job, attempt)) = self.any_running(0) {
                self.send(Event::Finished { job, attempt, result: JobResult::Succeeded });
            } else if let Some(wake) = self.wake.take() {
                self.now = self.now.max(wake);
                self.send(Event::Tick);
            } else {
                return;
            }
        }
        panic!("it does not end");
    }
}

fn result(chance: u64) -> JobResult {
    let failed = |exit_code, reason: &str| JobResult::Failed { exit_code, reason: reason.to_owned() };
    match chance >> 40 & 7 {
        0 => failed(Some(1), "script_failure"),
        1 => failed(Some(2), "script_failure"),
        2 => failed(None, "runner_system_failure"),
        _ => JobResult::Succeeded,
    }
}

fn bytes(actions: &[Action]) -> String {
    serde_json::to_string(actions).expect("actions serialise")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Needs, slots, tags and locks hold at every step, the counts equal a recomputation, and every run ends.
    #[test]
    fn nothing_starts_too_early_and_every_run_ends(pipeline in pipelines(), chances in prop::collection::vec(any::<u64>(), 0..60), seed in any::<u64>()) {
        let mut world = World::new(&pipeline, seed);
        chances.iter().for_each(|&chance| world.step(chance));
        world.drain();
        for job in 0..pipeline.jobs().len() as JobId {
            let status = world.machine.status(job);
            prop_assert!(status.is_complete() || matches!(status, Status::Manual | Status::Created), "job {} is {}", job, status);
            // A job that is still created waits for one that is manual.
            prop_assert!(status != Status::Created || !world.machine.processing().status_before(job).is_complete());
        }
    }

    /// An event log is the state, at every point, and the same log gives the same actions.
    #[test]
    fn a_replay_equals_what_it_replays(pipeline in pipelines(), chances in prop::collection::vec(any::<u64>(), 0..40), seed in any::<u64>()) {
        let mut world = World::new(&pipeline, seed);
        let mut states = vec![world.machine.states()];
        for chance in chances {
            let before = world.log.len();
            world.step(chance);
            if world.log.len() > before {
                states.push(world.machine.states());
            }
        }
        let text = serde_json::to_string(&world.log).expect("events serialise");
        let log: Vec<(Time, Event)> = serde_json::from_str(&text).expect("and back");
        for (cut, state) in states.iter().enumerate() {
            let replayed = Machine::replay(&pipeline, world.policy.clone(), &log[..cut]);
            prop_assert_eq!(&replayed.states(), state, "after {} events", cut);
        }
        let mut again = Machine::new(&pipeline, world.policy.clone());
        let actions: Vec<Action> =
            log.iter().flat_map(|(at, event)| again.handle(*at, event).expect("it fitted before")).collect();
        prop_assert_eq!(bytes(&actions), bytes(&world.actions));
    }

    /// Canceling at any point leaves nothing that runs.
    #[test]
    fn canceling_stops_everything(pipeline in pipelines(), chances in prop::collection::vec(any::<u64>(), 0..40)) {
        let mut world = World::new(&pipeline, 1);
        chances.iter().for_each(|&chance| world.step(chance));
        world.send(Event::Begin);
        world.send(Event::Canceled { job: None, actor: "somebody".to_owned() });
        prop_assert!(world.running.is_empty());
        prop_assert!(world.machine.pipeline_status().is_complete());
    }
}

fn two_jobs() -> Pipeline {
    let mut second = JobSpec::new("second", 1);
    second.retry = RetrySpec { max: 2, when: vec!["script_failure".to_owned()], exit_codes: Vec::new() };
    let jobs = vec![JobSpec::new("first", 0), second];
    Pipeline::new(vec!["one".to_owned(), "two".to_owned()], jobs).expect("it is a pipeline")
}

/// Runs both jobs up to the second one's first attempt.
fn second_runs(machine: &mut Machine<'_>) {
    machine.handle(0, &Event::WorkerJoined { worker: 0, slots: 1, tags: Vec::new() }).expect("it joins");
    machine.handle(0, &Event::Begin).expect("it begins");
    machine.handle(5, &Event::Finished { job: 0, attempt: 1, result: JobResult::Succeeded }).expect("it ran");
    assert_eq!(machine.status(1), Status::Running);
}

fn fail(reason: &str, attempt: u32) -> Event {
    Event::Finished { job: 1, attempt, result: JobResult::Failed { exit_code: Some(1), reason: reason.to_owned() } }
}

#[test]
fn a_retry_waits_longer_each_time() {
    let pipeline = two_jobs();
    let mut machine = Machine::new(&pipeline, Policy { backoff: 1000, ..Policy::default() });
    second_runs(&mut machine);
    let mut waits = Vec::new();
    for attempt in 1..=2 {
        let now = machine.now();
        let actions = machine.handle(now, &fail("script_failure", attempt)).expect("it ran");
        let wake = actions.iter().find_map(|action| match action {
            Action::WakeAt { at } => Some(*at),
            _ => None,
        });
        let wake = wake.expect("a retry waits");
        waits.push(wake - now);
        assert_eq!(machine.status(1), Status::Preparing);
        machine.handle(wake, &Event::Tick).expect("time passes");
    }
    assert!((500..=1000).contains(&waits[0]) && (1000..=2000).contains(&waits[1]), "{waits:?}");
    machine.handle(machine.now(), &fail("script_failure", 3)).expect("it ran");
    assert_eq!(machine.status(1), Status::Failed);
}

#[test]
fn only_reasons_that_count_are_retried() {
    let pipeline = two_jobs();
    let mut machine = Machine::new(&pipeline, Policy::default());
    second_runs(&mut machine);
    machine.handle(6, &fail("runner_system_failure", 1)).expect("it ran");
    assert_eq!(machine.status(1), Status::Failed);
    assert_eq!(machine.pipeline_status(), Status::Failed);
}

#[test]
fn a_lost_worker_costs_no_retry() {
    let pipeline = two_jobs();
    let mut machine = Machine::new(&pipeline, Policy::default());
    second_runs(&mut machine);
    machine.handle(6, &Event::WorkerLeft { worker: 0 }).expect("it was there");
    assert_eq!((machine.status(1), machine.stuck()), (Status::Pending, vec![1]));
    let actions = machine.handle(7, &Event::WorkerJoined { worker: 1, slots: 1, tags: Vec::new() }).expect("it joins");
    assert!(actions.contains(&Action::Start { job: 1, attempt: 2, worker: 1 }), "{actions:?}");
}

#[test]
fn a_job_that_needs_approval_waits_for_all_who_must_give_it() {
    let mut job = JobSpec::new("deploy", 0);
    job.approvals = 2;
    let pipeline = Pipeline::new(vec!["deploy".to_owned()], vec![job]).expect("it is a pipeline");
    let mut machine = Machine::new(&pipeline, Policy::default());
    machine.handle(0, &Event::Begin).expect("it begins");
    for actor in ["ann", "ann", "ben"] {
        assert_eq!(machine.status(0), Status::Manual);
        machine.handle(1, &Event::Approved { job: 0, actor: actor.to_owned() }).expect("it waits for that");
    }
    assert_eq!(machine.status(0), Status::Pending);
    assert_eq!(machine.states()[0].approvals, ["ann", "ben"]);
    assert!(machine.handle(2, &Event::Approved { job: 0, actor: "cleo".to_owned() }).is_err());
}

#[test]
fn a_timeout_stops_the_job() {
    let mut job = JobSpec::new("slow", 0);
    job.timeout = Some(100);
    let pipeline = Pipeline::new(vec!["one".to_owned()], vec![job]).expect("it is a pipeline");
    let mut machine = Machine::new(&pipeline, Policy::default());
    machine.handle(0, &Event::WorkerJoined { worker: 0, slots: 1, tags: Vec::new() }).expect("it joins");
    machine.handle(0, &Event::Begin).expect("it begins");
    let actions = machine.handle(100, &Event::Tick).expect("time passes");
    assert!(actions.contains(&Action::Stop { job: 0, attempt: 1, worker: 0 }), "{actions:?}");
    assert_eq!(machine.pipeline_status(), Status::Failed);
}

#[test]
fn an_event_that_does_not_fit_changes_nothing() {
    let pipeline = two_jobs();
    let mut machine = Machine::new(&pipeline, Policy::default());
    let before = machine.states();
    for event in [
        Event::Finished { job: 0, attempt: 1, result: JobResult::Succeeded },
        Event::Played { job: 1, actor: "ann".to_owned() },
        Event::Canceled { job: Some(9), actor: "ann".to_owned() },
        Event::WorkerLeft { worker: 3 },
    ] {
        machine.handle(3, &event).expect_err("it does not fit");
    }
    assert_eq!(machine.states(), before);
}

#[test]
fn jobs_in_a_circle_are_no_pipeline() {
    let jobs = vec![JobSpec::new("a", 0).needs(["b"]), JobSpec::new("b", 0).needs(["a"])];
    let error = Pipeline::new(vec!["one".to_owned()], jobs).expect_err("they wait for each other");
    assert!(matches!(&error, PipelineError::Circle(names) if names.len() == 3), "{error}");
    let error = Pipeline::new(vec!["one".to_owned()], vec![JobSpec::new("a", 0).needs(["x"])]);
    assert!(matches!(error, Err(PipelineError::Need { .. })));
}

#[test]
fn playing_a_manual_job_wakes_what_was_skipped_behind_it() {
    let mut gate = JobSpec::new("gate", 0);
    (gate.when, gate.allow_failure) = (When::Manual, true);
    let jobs = vec![gate, JobSpec::new("deploy", 0).needs(["gate"])];
    let pipeline = Pipeline::new(vec!["one".to_owned()], jobs).expect("it is a pipeline");
    let mut processing = Processing::new(&pipeline);
    processing.process();
    assert_eq!((processing.status(0), processing.status(1)), (Status::Manual, Status::Skipped));
    processing.enqueue(0);
    processing.process();
    assert_eq!((processing.status(0), processing.status(1)), (Status::Pending, Status::Created));
}
