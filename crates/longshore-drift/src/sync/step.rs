//! One step of a sync: from the world and what was reported to the next state, or to what must be done first.
//!
//! A step looks at the world once. It then runs from the beginning each time, with what was reported so far; where an answer is
//! missing it ends with the question. So the state in between is what it saw and the answers.

use std::collections::BTreeMap;

use longshore_manifest::Resource;

use super::hook::{self, DeletePolicy, Phase};
use super::task::{ResourceKey, Task, Work, defined_kind, sort};
use super::{Operation, Outcome, Progress, Request, ResultCode, SyncOptions, SyncState, TaskResult, World};
use crate::health::{HealthCheck, HealthStatus};

/// What a step looks at once, at its beginning.
pub(crate) struct View<'v> {
    pub(crate) options: &'v SyncOptions,
    pub(crate) world: &'v World<'v>,
    pub(crate) health: &'v dyn HealthCheck,
    pub(crate) modified: &'v dyn Fn(&ResourceKey) -> bool,
}

/// The tasks as things are, for a step to work on.
pub(crate) fn look(view: &View<'_>, state: &SyncState) -> Vec<Work> {
    let declared = view.world.resources.iter().filter_map(|pair| pair.target).chain(view.world.hooks.iter().copied());
    let defined: Vec<String> = declared.filter_map(|object| defined_kind(object.root())).collect();
    tasks(view.options, state, view.world).iter().map(|task| work(view, &defined, task)).collect()
}

fn work(view: &View<'_>, defined: &[String], task: &Task<'_>) -> Work {
    let of_live = |option: &str| task.live.is_some_and(|live| hook::option(live.root(), option));
    let unknown = |object: &Resource| hook::option(object.root(), "SkipDryRunOnMissingResource=true");
    let kind = format!("{}/{}", task.key.resource.group, task.key.resource.kind);
    let running = task.progress == Progress::Running;
    Work {
        key: task.key.clone(),
        wave: task.wave,
        hook: task.hook,
        prune: task.is_prune(),
        both: task.target.is_some() && task.live.is_some(),
        live: task.live.is_some(),
        deleted: task.live.is_some_and(is_deleted),
        finalizer: task.live.is_some_and(has_finalizer),
        keep: of_live("Prune=false"),
        confirm: of_live("Prune=confirm"),
        modified: (view.modified)(&task.key.resource),
        may_be_unknown: view.options.skip_dry_run_on_missing
            || task.target.is_some_and(unknown)
            || defined.contains(&kind),
        policies: task.object().map(hook::delete_policies).unwrap_or_default(),
        health: task.live.filter(|_| running).and_then(|live| view.health.check(live.root())),
        skip_dry_run: false,
        status: task.status,
        progress: task.progress,
        message: task.message.clone(),
    }
}

/// What a group of tasks came to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Run {
    Successful,
    Pending,
    Failed,
}

/// Questions without an answer.
type Missing = Vec<Request>;

/// The state after the step, or what must be done first.
pub(crate) fn step(
    options: &SyncOptions,
    work: &[Work],
    answers: &[(Request, Outcome)],
    state: &SyncState,
) -> Result<SyncState, Missing> {
    let mut step = Step { options, answers, state: state.clone() };
    step.run(work.to_vec())?;
    Ok(step.state)
}

/// The tasks in order with what came of them, kinds unchecked.
pub(crate) fn tasks<'w>(options: &SyncOptions, state: &SyncState, world: &World<'w>) -> Vec<Task<'w>> {
    let mut tasks = all_tasks(options, world);
    adjust_waves(options, &mut tasks);
    sort(&mut tasks);
    for task in &mut tasks {
        if let Some(result) = state.results.get(&task.key.to_string()) {
            task.status = result.status;
            task.progress = result.progress;
            task.message.clone_from(&result.message);
        }
    }
    tasks
}

/// A task for each object and hook in each of its phases.
fn all_tasks<'w>(options: &SyncOptions, world: &World<'w>) -> Vec<Task<'w>> {
    let in_namespace = |mut key: ResourceKey| {
        if key.namespace.is_empty() {
            key.namespace.clone_from(&options.namespace);
        }
        key
    };
    let mut tasks = Vec::new();
    for pair in &world.resources {
        let Some(object) = pair.target.or(pair.live) else {
            continue;
        };
        let own = ResourceKey::of(pair.live.unwrap_or(object));
        let wanted = options.only.is_empty() || options.only.contains(&own);
        if !wanted || hook::is_hook(object.root()) {
            continue;
        }
        let key = ResourceKey::of(object);
        let key = if pair.target.is_some() { in_namespace(key) } else { key };
        tasks.extend(
            hook::phases(object.root()).into_iter().map(|phase| Task::new(phase, pair.target, pair.live, key.clone())),
        );
    }
    if !options.skip_hooks {
        for &object in &world.hooks {
            for phase in hook::phases(object.root()) {
                let mut key = in_namespace(ResourceKey::of(object));
                if key.name.is_empty() {
                    key.name = generated_name(options, object.root(), phase);
                }
                tasks.push(Task::new(phase, Some(object), None, key));
            }
        }
    }
    if options.create_namespace && !options.namespace.is_empty() {
        add_namespace(options, world, &mut tasks);
    }
    for task in tasks.iter_mut().filter(|task| task.target.is_some() && task.live.is_none()) {
        task.live = live_object(world, &task.key.resource);
    }
    tasks
}

/// The name of a hook that has none: the same for one sync, revision and phase.
fn generated_name(options: &SyncOptions, object: longshore_yaml::Node<'_>, phase: Phase) -> String {
    let prefix = object.get("metadata").and_then(|metadata| metadata.get("generateName")).map(|node| node.text());
    let revision = if options.revision.len() >= 8 { options.revision.get(..7) } else { None };
    let postfix =
        format!("{}-{}-{}", revision.unwrap_or(&options.revision), phase.as_str(), options.started).to_lowercase();
    format!("{}{postfix}", prefix.unwrap_or_default())
}

fn add_namespace<'w>(options: &SyncOptions, world: &World<'w>, tasks: &mut Vec<Task<'w>>) {
    let key = ResourceKey { kind: "Namespace".to_owned(), name: options.namespace.clone(), ..ResourceKey::default() };
    let declared = world.resources.iter().filter_map(|pair| pair.target).any(|target| {
        let own = ResourceKey::of(target);
        own.group.is_empty() && own.kind == key.kind && own.name == key.name
    });
    if !declared {
        let live = live_object(world, &key);
        let mut task = Task::new(Phase::PreSync, None, live, key);
        (task.made_up, task.hook, task.wave) = (true, false, 0);
        tasks.push(task);
    }
}

/// The live object of a key; objects of the whole cluster have no namespace, whatever their manifests say.
fn live_object<'w>(world: &World<'w>, key: &ResourceKey) -> Option<&'w Resource> {
    let same = |own: &ResourceKey| {
        own.group == key.group
            && own.kind == key.kind
            && own.name == key.name
            && (own.namespace.is_empty() || own.namespace == key.namespace)
    };
    world
        .resources
        .iter()
        .find(|pair| pair.live.or(pair.target).is_some_and(|object| same(&ResourceKey::of(object))))?
        .live
}

/// Prunes go in the reverse order of waves, or after everything else.
fn adjust_waves(options: &SyncOptions, tasks: &mut [Task<'_>]) {
    let mut waves: Vec<i64> = tasks.iter().filter(|task| task.is_prune()).map(|task| task.wave).collect();
    waves.sort_unstable();
    waves.dedup();
    let mirrored: BTreeMap<i64, i64> = waves.iter().copied().zip(waves.iter().rev().copied()).collect();
    for task in tasks.iter_mut().filter(|task| task.is_prune()) {
        task.wave = mirrored[&task.wave];
    }
    let last =
        tasks.iter().filter(|task| task.key.phase == Phase::Sync).map(|task| task.wave).max().unwrap_or(0).max(0);
    for task in tasks.iter_mut().filter(|task| task.is_prune()) {
        let asks = task.live.is_some_and(|live| hook::option(live.root(), "PruneLast=true"));
        if options.prune_last || asks {
            task.wave = last + 1;
        }
    }
}

struct Step<'s> {
    options: &'s SyncOptions,
    answers: &'s [(Request, Outcome)],
    state: SyncState,
}

impl<'s> Step<'s> {
    fn run(&mut self, mut tasks: Vec<Work>) -> Result<(), Missing> {
        if !self.check(&mut tasks)? {
            let words = distinct(&failed(&tasks)).join(", ");
            self.set(Progress::Failed, format!("one or more synchronization tasks are not valid: {words}"));
            return Ok(());
        }
        if self.state.results.is_empty() && !self.try_all(&mut tasks)? {
            return Ok(());
        }
        self.update_running(&mut tasks);
        if self.waits(&mut tasks)? {
            return Ok(());
        }
        self.go_on(tasks)
    }

    fn set(&mut self, progress: Progress, message: impl Into<String>) {
        self.state.progress = progress;
        self.state.message = message.into();
    }

    fn answer(&self, operation: Operation, task: &Work) -> Result<&'s Outcome, Request> {
        let request = Request { operation, task: task.key.clone() };
        match self.answers.iter().find(|(own, _)| *own == request) {
            Some((_, outcome)) => Ok(outcome),
            None => Err(request),
        }
    }

    /// The answers about all tasks, or all questions that are still open.
    fn answers<'t>(
        &self,
        operation: Operation,
        tasks: impl Iterator<Item = &'t Work>,
    ) -> Result<Vec<&'s Outcome>, Missing> {
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for task in tasks {
            match self.answer(operation, task) {
                Ok(outcome) => found.push(outcome),
                Err(request) => missing.push(request),
            }
        }
        if missing.is_empty() { Ok(found) } else { Err(missing) }
    }

    /// Writes down what came of a task. The last message that says something stays.
    fn record(&mut self, task: &mut Work, status: Option<ResultCode>, progress: Progress, message: &str) {
        task.status = status;
        task.progress = progress;
        if !message.is_empty() {
            message.clone_into(&mut task.message);
        }
        let order = self.state.results.len() as u32 + 1;
        let result = TaskResult { status, progress, message: task.message.clone(), order };
        let entry = self.state.results.entry(task.key.to_string());
        entry.and_modify(|own| *own = TaskResult { order: own.order, ..result.clone() }).or_insert(result);
    }

    /// Whether the server knows and permits all tasks.
    fn check(&mut self, tasks: &mut [Work]) -> Result<bool, Missing> {
        let outcomes = self.answers(Operation::Check, tasks.iter())?;
        let mut good = true;
        for (task, outcome) in tasks.iter_mut().zip(outcomes) {
            match outcome {
                Outcome::Done(_) => {}
                Outcome::NotFound(_) if task.may_be_unknown => task.skip_dry_run = true,
                Outcome::NotFound(message) | Outcome::Failed(message) => {
                    self.record(task, Some(ResultCode::SyncFailed), Progress::Pending, message);
                    good = false;
                }
            }
        }
        Ok(good)
    }

    /// Tries everything before anything is changed; the namespace is made first. Whether the sync goes on.
    fn try_all(&mut self, tasks: &mut [Work]) -> Result<bool, Missing> {
        let namespace = &self.options.namespace;
        let made = tasks.iter().position(|task| !task.live && !task.prune && task.is_namespace(namespace));
        if let Some(at) = made
            && self.run_tasks(&mut tasks[at..=at], false)? == Run::Failed
        {
            let reason = reasons("the namespace failed to apply", &tasks[at..=at]);
            self.set(Progress::Failed, reason);
            return Ok(false);
        }
        let mut tried: Vec<Work> = tasks
            .iter()
            .enumerate()
            .filter(|(at, task)| Some(*at) != made && self.is_due(task))
            .map(|(_, task)| task.clone())
            .collect();
        let run = self.run_tasks(&mut tried, true)?;
        for task in tried {
            if let Some(own) = tasks.iter_mut().find(|own| own.key == task.key) {
                *own = task;
            }
        }
        if run == Run::Failed {
            self.set(Progress::Failed, "one or more objects failed to apply (dry run)");
        }
        Ok(run != Run::Failed)
    }

    /// Objects that are as declared are left out, where that is asked for.
    fn is_due(&self, task: &Work) -> bool {
        task.hook || !self.options.out_of_sync_only || !task.both || task.modified
    }

    /// Asks the health of running tasks.
    fn update_running(&mut self, tasks: &mut [Work]) {
        for task in tasks.iter_mut().filter(|task| task.is_running() && task.live) {
            let status = task.status;
            match task.health.take().map(|health| (health.status, health.message)) {
                None if task.hook => {
                    let message = format!("{} created", task.key.resource.name);
                    self.record(task, status, Progress::Succeeded, &message);
                }
                None => self.record(task, status, Progress::Succeeded, ""),
                Some((HealthStatus::Healthy, message)) => self.record(task, status, Progress::Succeeded, &message),
                Some((HealthStatus::Degraded, message)) => self.record(task, status, Progress::Failed, &message),
                Some((HealthStatus::Unknown, message)) if task.hook => {
                    self.record(task, status, Progress::Failed, &message);
                }
                Some((_, message)) if task.hook => self.record(task, status, Progress::Running, &message),
                Some(_) => {}
            }
        }
    }

    /// Whether something that runs, or that is being deleted, must end first.
    fn waits(&mut self, tasks: &mut [Work]) -> Result<bool, Missing> {
        let steps = |task: &Work| (task.key.phase, task.wave);
        let several = tasks.first().map(steps) != tasks.last().map(steps);
        let running = |task: &Work| (several || task.hook) && task.is_running();
        if tasks.iter().any(running) {
            let absent = tasks.iter().filter(|task| running(task) && !task.live);
            let looked = self.answers(Operation::Look, absent)?;
            let message = waiting(&tasks.iter().filter(|task| running(task)).collect::<Vec<_>>(), false);
            let absent = tasks.iter_mut().filter(|task| running(task) && !task.live);
            for (task, outcome) in absent.zip(looked) {
                self.missing(task, outcome);
            }
            self.set(Progress::Running, message);
            return Ok(true);
        }
        let deleting: Vec<&Work> =
            tasks.iter().filter(|task| task.status == Some(ResultCode::Pruned) && task.deleted).collect();
        if deleting.is_empty() {
            return Ok(false);
        }
        let message = waiting(&deleting, true);
        self.set(Progress::Running, message);
        Ok(true)
    }

    fn missing(&mut self, task: &mut Work, outcome: &Outcome) {
        match outcome {
            Outcome::Done(_) => {}
            Outcome::Failed(words) => {
                let message = format!("Failed to get live resource {words}");
                self.record(task, task.status, Progress::Error, &message);
            }
            Outcome::NotFound(_) => {
                let message = format!("Resource {} is missing, it might have been deleted", task.short_name());
                self.record(task, Some(ResultCode::SyncFailed), Progress::Error, &message);
            }
        }
    }

    /// Nothing runs: the next wave, or the end.
    fn go_on(&mut self, mut tasks: Vec<Work>) -> Result<(), Missing> {
        self.remove_finalizers(&mut tasks, |task| task.progress.is_complete())?;
        let (mut on_failure, mut tasks): (Vec<_>, Vec<_>) =
            tasks.into_iter().partition(|task| task.key.phase == Phase::SyncFail);
        if tasks.iter().any(|task| matches!(task.progress, Progress::Failed | Progress::Error)) {
            let all: Vec<Work> = tasks.iter().chain(&on_failure).cloned().collect();
            self.delete_hooks(&all, DeletePolicy::HookFailed)?;
            let failed = failed(&tasks);
            self.fail(&mut on_failure, &failed, "one or more synchronization tasks completed unsuccessfully")?;
            return Ok(());
        }
        let done: Vec<Work> = tasks.iter().chain(&on_failure).cloned().collect();
        tasks.retain(|task| task.is_pending() && self.is_due(task));
        let Some(first) = tasks.first() else {
            self.delete_hooks(&done, DeletePolicy::HookSucceeded)?;
            self.set(Progress::Succeeded, "successfully synced (no more tasks)");
            return Ok(());
        };
        let (phase, wave) = (first.key.phase, first.wave);
        let (mut now, later): (Vec<_>, Vec<_>) =
            tasks.into_iter().partition(|task| task.key.phase == phase && task.wave == wave);
        self.set(Progress::Running, "one or more tasks are running");
        let run = self.run_tasks(&mut now, false)?;
        if self.options.confirm_waves && run != Run::Failed && !self.confirm_wave(&mut now)? {
            return Ok(());
        }
        match run {
            Run::Failed => self.failed_wave(&now, &mut on_failure, &done),
            Run::Successful if later.is_empty() && !now.iter().any(|task| task.hook) => {
                self.delete_hooks(&done, DeletePolicy::HookSucceeded)?;
                self.set(Progress::Succeeded, "successfully synced (all tasks run)");
                Ok(())
            }
            Run::Successful => {
                let message = waiting(&now.iter().collect::<Vec<_>>(), false);
                self.set(Progress::Running, message);
                Ok(())
            }
            Run::Pending if now.iter().any(|task| self.is_unconfirmed(task)) => {
                let held: Vec<&Work> = now.iter().filter(|task| self.is_unconfirmed(task)).collect();
                let message = waiting_for("pruning confirmation of", &held);
                self.set(Progress::Running, message);
                Ok(())
            }
            Run::Pending => {
                let held =
                    now.iter().filter(|task| task.deletes_before_creation() || (task.prune && task.is_pending()));
                let message = waiting(&held.collect::<Vec<_>>(), true);
                self.set(Progress::Running, message);
                Ok(())
            }
        }
    }

    /// Asks whether the sync may go on behind a wave. If not, hooks that run are ended.
    fn confirm_wave(&mut self, now: &mut [Work]) -> Result<bool, Missing> {
        let outcomes = self.answers(Operation::ConfirmWave, now.iter().take(1))?;
        let Some(Outcome::Failed(words)) = outcomes.first() else {
            return Ok(true);
        };
        let running = |task: &Work| task.hook && task.is_running();
        let looked = self.answers(Operation::Look, now.iter().filter(|task| running(task)))?;
        let there = |outcome: &Outcome| !matches!(outcome, Outcome::NotFound(_));
        let present: Vec<bool> = looked.into_iter().map(there).collect();
        let stopped = now.iter().filter(|task| running(task)).zip(&present).filter(|(_, there)| **there);
        self.answers(Operation::DeleteHook, stopped.map(|(task, _)| task))?;
        for (task, there) in now.iter_mut().filter(|task| running(task)).zip(present) {
            let progress = if there { Progress::Failed } else { Progress::Succeeded };
            self.record(task, task.status, progress, "Terminated");
        }
        self.set(Progress::Error, format!("SyncWaveHook failed: {words}"));
        Ok(false)
    }

    /// An object could not be applied: hooks for failures start, and hooks that run end first.
    fn failed_wave(&mut self, now: &[Work], on_failure: &mut [Work], done: &[Work]) -> Result<(), Missing> {
        let failed = failed(now);
        let running: Vec<Work> = now.iter().filter(|task| task.is_running()).cloned().collect();
        let message = "one or more objects failed to apply";
        if running.is_empty() {
            if self.fail(on_failure, &failed, message)? {
                self.delete_hooks(done, DeletePolicy::HookFailed)?;
            }
            return Ok(());
        }
        let mut awaited = running;
        if !on_failure.is_empty() && !self.fail(on_failure, &failed, message)? {
            awaited.extend(on_failure.iter().cloned());
        }
        let words = waiting(&awaited.iter().collect::<Vec<_>>(), false);
        self.set(Progress::Running, words);
        Ok(())
    }

    /// Runs the hooks for failures. Whether the sync is over.
    fn fail(&mut self, on_failure: &mut [Work], failed: &[Work], message: &str) -> Result<bool, Missing> {
        let words = reasons(message, failed);
        if on_failure.iter().all(|task| task.progress.is_complete()) {
            let broken = self::failed(on_failure);
            let more = reasons("one or more SyncFail hooks failed", &broken);
            self.set(Progress::Failed, if broken.is_empty() { words } else { format!("{words}\n{more}") });
            return Ok(true);
        }
        let mut pending: Vec<Work> = on_failure.iter().filter(|task| task.is_pending()).cloned().collect();
        self.run_tasks(&mut pending, false)?;
        for task in &pending {
            if let Some(own) = on_failure.iter_mut().find(|own| own.key == task.key) {
                *own = task.clone();
            }
        }
        let message = waiting(&pending.iter().collect::<Vec<_>>(), false);
        self.set(Progress::Running, message);
        Ok(false)
    }

    fn remove_finalizers(&mut self, tasks: &mut [Work], which: impl Fn(&Work) -> bool) -> Result<bool, Missing> {
        let wanted = |task: &Work| task.hook && task.finalizer && which(task);
        let outcomes = self.answers(Operation::RemoveFinalizer, tasks.iter().filter(|task| wanted(task)))?;
        let mut good = true;
        for (task, outcome) in tasks.iter_mut().filter(|task| wanted(task)).zip(outcomes) {
            if let Outcome::Failed(words) = outcome {
                good = false;
                let message = format!("failed to remove hook finalizer: {words}");
                self.record(task, task.status, Progress::Error, &message);
            }
        }
        Ok(good)
    }

    fn delete_hooks(&mut self, tasks: &[Work], policy: DeletePolicy) -> Result<(), Missing> {
        let wanted: Vec<&Work> = tasks.iter().filter(|task| task.deletes_on(policy)).collect();
        let outcomes = self.answers(Operation::DeleteHook, wanted.iter().copied())?;
        for (task, outcome) in wanted.into_iter().zip(outcomes) {
            if let Outcome::Failed(words) = outcome {
                let message = format!("failed to delete resource: {words}");
                self.record(&mut task.clone(), task.status, Progress::Error, &message);
            }
        }
        Ok(())
    }

    /// Prunes first, then hooks of earlier syncs go, then the rest is applied, one kind after the other.
    fn run_tasks(&mut self, tasks: &mut [Work], trying: bool) -> Result<Run, Missing> {
        let dry = trying || self.options.dry_run;
        if !dry && !self.remove_finalizers(tasks, |task| task.is_pending())? {
            return Ok(Run::Failed);
        }
        if tasks.iter().any(|task| self.is_unconfirmed(task)) {
            return Ok(Run::Pending);
        }
        let mut run = self.prune(tasks, dry)?;
        if run == Run::Successful && !dry {
            run = self.delete_earlier_hooks(tasks)?;
        }
        if run != Run::Successful {
            return Ok(run);
        }
        let mut from = 0;
        let mut creates: Vec<&mut Work> = tasks.iter_mut().filter(|task| !task.prune).collect();
        while from < creates.len() {
            let kind = creates[from].key.resource.kind.clone();
            let count = creates[from..].iter().take_while(|task| task.key.resource.kind == kind).count();
            run = run.max(self.apply(&mut creates[from..from + count], dry)?);
            from += count;
        }
        Ok(run)
    }

    /// Whether somebody must confirm first that an object is pruned.
    fn is_unconfirmed(&self, task: &Work) -> bool {
        let options = self.options;
        let asks = options.ask_before_prune || task.confirm;
        task.prune && options.prune && !options.prune_confirmed && asks
    }

    fn prune(&mut self, tasks: &mut [Work], dry: bool) -> Result<Run, Missing> {
        let options = self.options;
        let asked = |task: &Work| task.prune && options.prune && !task.keep && !dry && !task.deleted;
        let mut outcomes = self.answers(Operation::Prune, tasks.iter().filter(|task| asked(task)))?.into_iter();
        let mut run = Run::Successful;
        for task in tasks.iter_mut().filter(|task| task.prune) {
            let (code, message) = if !options.prune {
                (ResultCode::PruneSkipped, "ignored (requires pruning)")
            } else if task.keep {
                (ResultCode::PruneSkipped, "ignored (no prune)")
            } else if dry {
                (ResultCode::Pruned, "pruned (dry run)")
            } else {
                match if asked(task) { outcomes.next() } else { None } {
                    Some(Outcome::Failed(words) | Outcome::NotFound(words)) => (ResultCode::SyncFailed, words.as_str()),
                    _ => (ResultCode::Pruned, "pruned"),
                }
            };
            let failed = code == ResultCode::SyncFailed;
            run = run.max(if failed { Run::Failed } else { Run::Successful });
            if !dry || options.dry_run || failed {
                let progress = if failed { Progress::Failed } else { Progress::Succeeded };
                self.record(task, Some(code), progress, message);
            }
        }
        Ok(run)
    }

    fn delete_earlier_hooks(&mut self, tasks: &mut [Work]) -> Result<Run, Missing> {
        let wanted = |task: &Work| !task.prune && task.deletes_before_creation();
        let outcomes = self.answers(Operation::DeleteHook, tasks.iter().filter(|task| wanted(task)))?;
        let mut run = Run::Successful;
        for (task, outcome) in tasks.iter_mut().filter(|task| wanted(task)).zip(outcomes) {
            match outcome {
                // Gone in the meantime: it can be made at once.
                Outcome::NotFound(_) => task.live = false,
                Outcome::Done(_) => run = run.max(Run::Pending),
                Outcome::Failed(words) => {
                    run = Run::Failed;
                    let message = format!("failed to delete resource: {words}");
                    self.record(task, task.status, Progress::Error, &message);
                }
            }
        }
        Ok(run)
    }

    fn apply(&mut self, tasks: &mut [&mut Work], dry: bool) -> Result<Run, Missing> {
        let operation = if dry { Operation::DryRun } else { Operation::Apply };
        let wanted = |task: &Work| !(dry && task.skip_dry_run);
        let outcomes = self.answers(operation, tasks.iter().map(|task| &**task).filter(|task| wanted(task)))?;
        let mut run = Run::Successful;
        let trying_all = self.options.dry_run;
        for (task, outcome) in tasks.iter_mut().filter(|task| wanted(task)).zip(outcomes) {
            match outcome {
                Outcome::Done(_) if dry && !trying_all => {}
                Outcome::Done(words) => {
                    let progress = if trying_all { Progress::Succeeded } else { Progress::Running };
                    self.record(task, Some(ResultCode::Synced), progress, words);
                }
                Outcome::Failed(words) | Outcome::NotFound(words) => {
                    run = Run::Failed;
                    self.record(task, Some(ResultCode::SyncFailed), Progress::Failed, words);
                }
            }
        }
        Ok(run)
    }
}

fn failed(tasks: &[Work]) -> Vec<Work> {
    tasks.iter().filter(|task| task.status == Some(ResultCode::SyncFailed)).cloned().collect()
}

fn is_deleted(live: &Resource) -> bool {
    let metadata = live.root().get("metadata");
    metadata.and_then(|metadata| metadata.get("deletionTimestamp")).is_some_and(|at| !at.text().is_empty())
}

fn has_finalizer(live: &Resource) -> bool {
    let finalizers = live.root().get("metadata").and_then(|metadata| metadata.get("finalizers"));
    finalizers.is_some_and(|all| all.items().any(|name| name.text() == "argocd.argoproj.io/hook-finalizer"))
}

/// A message with the reasons of those that failed, each once.
fn reasons(message: &str, failed: &[Work]) -> String {
    let words = distinct(failed);
    if words.is_empty() { message.to_owned() } else { format!("{message}, reason: {}", words.join(",")) }
}

fn distinct(failed: &[Work]) -> Vec<String> {
    let mut words: Vec<String> = failed.iter().map(|task| task.message.clone()).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// What a sync waits for, in Argo CD's words.
fn waiting(tasks: &[&Work], deletion: bool) -> String {
    let hooks = tasks.iter().any(|task| task.hook);
    let reason = match (deletion, hooks) {
        (false, true) => "completion of hook",
        (false, false) => "healthy state of",
        (true, true) => "deletion of hook",
        (true, false) => "deletion of",
    };
    waiting_for(reason, tasks)
}

fn waiting_for(reason: &str, tasks: &[&Work]) -> String {
    let Some(first) = tasks.iter().find(|task| task.hook).or(tasks.first()) else {
        return String::new();
    };
    let kind = if tasks.iter().all(|task| task.hook) { "hooks" } else { "resources" };
    let more = tasks.len() - 1;
    let tail = if more > 0 { format!(" and {more} more {kind}") } else { String::new() };
    format!("waiting for {reason} {}{tail}", first.short_name())
}
