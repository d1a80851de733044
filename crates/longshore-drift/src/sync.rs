//! Brings a cluster to what is declared, step by step, as Argo CD does: phases, waves, hooks, prunes; what it asks for and what
//! came of it are values.
//!
//! [`Sync::advance`] looks at the world and says what to do next, as [`Request`]s. Whoever embeds it carries them out,
//! [reports](Sync::report) what came of each, and calls it again, with the live objects as they are then. The state
//! serialises, so a crash in the middle loses nothing: what was reported is not asked for again.
//!
//! Source: Argo CD, `gitops-engine/pkg/sync`.

mod heal;
mod hook;
mod step;
mod task;

use std::collections::BTreeMap;
use std::fmt;

use longshore_manifest::Resource;
use serde::{Deserialize, Serialize};

pub use heal::{Fight, HealDecision, HealPolicy, Healer};
pub use hook::{DeletePolicy, HookType, Phase, delete_policies, hook_types, is_hook, phases, wave};
pub(crate) use hook::{option, skips};
use task::Work;
pub(crate) use task::defined_kind;
pub use task::{ResourceKey, Task, TaskKey, sort};

use crate::health::HealthCheck;

/// An object as it is declared, as it is, or both.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'w> {
    /// As it is declared; `None` is to be pruned.
    pub target: Option<&'w Resource>,
    /// As it is; `None` is to be made.
    pub live: Option<&'w Resource>,
}

/// What a sync looks at.
#[derive(Clone, Debug, Default)]
pub struct World<'w> {
    /// All objects of the application.
    pub resources: Vec<Pair<'w>>,
    /// Hooks as they are declared.
    pub hooks: Vec<&'w Resource>,
}

/// Pairs what is declared with what is: hooks apart, live objects that nobody declares last.
///
/// `namespaced` says of a group and a kind whether its objects live in namespaces; `namespace` is that of objects which name none.
pub fn reconcile<'w>(
    targets: impl IntoIterator<Item = &'w Resource>,
    live: impl IntoIterator<Item = &'w Resource>,
    namespace: &str,
    namespaced: impl Fn(&str, &str) -> bool,
) -> World<'w> {
    let mut live: BTreeMap<ResourceKey, &Resource> =
        live.into_iter().map(|object| (ResourceKey::of(object), object)).collect();
    let mut world = World::default();
    for target in targets {
        if is_hook(target.root()) {
            world.hooks.push(target);
            continue;
        }
        let mut key = ResourceKey::of(target);
        if !namespaced(&key.group, &key.kind) {
            key.namespace.clear();
        } else if key.namespace.is_empty() {
            namespace.clone_into(&mut key.namespace);
        }
        world.resources.push(Pair { target: Some(target), live: live.remove(&key) });
    }
    world.resources.extend(live.into_values().map(|live| Pair { target: None, live: Some(live) }));
    world
}

/// How a sync goes about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SyncOptions {
    /// The namespace of objects that name none.
    pub namespace: String,
    /// Only try, change nothing.
    pub dry_run: bool,
    /// Delete what nobody declares any more.
    pub prune: bool,
    /// Prune after everything else.
    pub prune_last: bool,
    /// Every prune asks for confirmation, not only objects with `Prune=confirm`.
    pub ask_before_prune: bool,
    /// Somebody confirmed the prunes that ask for it.
    pub prune_confirmed: bool,
    /// Leave the hooks out.
    pub skip_hooks: bool,
    /// Leave out objects that are as declared.
    pub out_of_sync_only: bool,
    /// Do not try objects whose kind the server does not know yet.
    pub skip_dry_run_on_missing: bool,
    /// Only these; empty means all.
    pub only: Vec<ResourceKey>,
    /// The namespace itself is made, or changed, before everything else.
    pub create_namespace: bool,
    /// Ask behind each wave whether to go on.
    pub confirm_waves: bool,
    /// What stands in the names of hooks that have none.
    pub revision: String,
    /// When the sync began, in seconds since 1970: it stands in the names of hooks that have none.
    pub started: i64,
    /// Milliseconds after which a sync is given up.
    pub timeout: Option<u64>,
    /// How often a failed sync is tried again.
    pub retries: u32,
    /// Milliseconds before the first retry; each further one waits twice as long.
    pub backoff: u64,
    /// Milliseconds that a retry waits at most.
    pub backoff_limit: u64,
}

impl Default for SyncOptions {
    fn default() -> Self {
        SyncOptions {
            namespace: String::new(),
            dry_run: false,
            prune: false,
            prune_last: false,
            ask_before_prune: false,
            prune_confirmed: false,
            skip_hooks: false,
            out_of_sync_only: false,
            skip_dry_run_on_missing: false,
            only: Vec::new(),
            create_namespace: false,
            confirm_waves: false,
            revision: String::new(),
            started: 0,
            timeout: None,
            retries: 0,
            backoff: 5_000,
            backoff_limit: 180_000,
        }
    }
}

/// How far a sync, or one object of it, is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Progress {
    /// Not begun.
    #[default]
    Pending,
    /// On its way.
    Running,
    /// Well done.
    Succeeded,
    /// Not done.
    Failed,
    /// Something went wrong that has nothing to do with what was declared.
    Error,
}

impl Progress {
    /// Whether nothing more happens to it.
    pub fn is_complete(self) -> bool {
        matches!(self, Progress::Succeeded | Progress::Failed | Progress::Error)
    }
}

/// What was done to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ResultCode {
    /// It was applied.
    Synced,
    /// It could not be applied, or not be pruned.
    SyncFailed,
    /// It was deleted.
    Pruned,
    /// It was left, although nobody declares it.
    PruneSkipped,
}

/// What came of one object in one phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskResult {
    /// What was done; nothing yet.
    pub status: Option<ResultCode>,
    /// How far it is.
    pub progress: Progress,
    /// In the server's words, or those of its health.
    pub message: String,
    /// Its place in the order of results, from 1.
    pub order: u32,
}

/// Something to do, or to find out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Request {
    /// What.
    pub operation: Operation,
    /// With which object, in which phase.
    pub task: TaskKey,
}

/// What to do with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Operation {
    /// Find out whether the server knows the kind and the object is permitted.
    Check,
    /// Try to apply it, changing nothing.
    DryRun,
    /// Apply it.
    Apply,
    /// Delete it, because nobody declares it.
    Prune,
    /// Delete it: a hook of an earlier sync, or one that is done.
    DeleteHook,
    /// Take the finalizer `argocd.argoproj.io/hook-finalizer` from a hook.
    RemoveFinalizer,
    /// Find out whether it is there.
    Look,
    /// Find out whether the sync may go on behind the wave of this object; asked with `confirm_waves` only.
    ConfirmWave,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It was done; the server's words, if any.
    Done(String),
    /// There is no such object, or no such kind; the server's words.
    NotFound(String),
    /// It was not done; why.
    Failed(String),
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Advance {
    /// Carry these out, in this order or at once, and report each; then advance again.
    Do(Vec<Request>),
    /// Wait for the world to change, then advance again with what it is then.
    Wait,
    /// Advance again at that time, in milliseconds.
    Until(u64),
    /// The sync is over.
    Over,
}

/// A sync on its way. It serialises.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sync {
    options: SyncOptions,
    state: SyncState,
    /// When it began, in milliseconds.
    started: Option<u64>,
    /// Failed attempts so far.
    attempts: u32,
    retry_at: Option<u64>,
    /// What the step that is going on found, while its questions are open.
    seen: Option<Vec<Work>>,
    /// What was reported since the last finished step.
    answers: Vec<(Request, Outcome)>,
}

/// How far a sync is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncState {
    /// The phase of the whole.
    pub progress: Progress,
    /// What it waits for, or why it failed.
    pub message: String,
    /// What came of each object in each phase.
    pub results: BTreeMap<String, TaskResult>,
}

impl Sync {
    /// A sync that has not begun.
    pub fn new(options: SyncOptions) -> Self {
        Sync::resume(options, SyncState::default())
    }

    /// A sync that goes on from a state.
    pub fn resume(options: SyncOptions, state: SyncState) -> Self {
        Sync { options, state, started: None, attempts: 0, retry_at: None, seen: None, answers: Vec::new() }
    }

    /// How far it is.
    pub fn state(&self) -> &SyncState {
        &self.state
    }

    /// The tasks in order, with what came of them so far. Kinds are not asked about.
    pub fn tasks<'w>(&self, world: &World<'w>) -> Vec<Task<'w>> {
        step::tasks(&self.options, &self.state, world)
    }

    /// What to do next, as things are. `now` is in milliseconds and never goes back. `modified` says whether an object differs
    /// from what is declared, and counts only for `out_of_sync_only`.
    pub fn advance(
        &mut self,
        now: u64,
        world: &World<'_>,
        health: &dyn HealthCheck,
        modified: &dyn Fn(&ResourceKey) -> bool,
    ) -> Advance {
        let started = *self.started.get_or_insert(now);
        if let Some(at) = self.retry_at {
            if now < at {
                return Advance::Until(at);
            }
            self.retry_at = None;
            self.state = SyncState::default();
            self.seen = None;
            self.answers.clear();
        }
        if self.state.progress.is_complete() {
            return Advance::Over;
        }
        if let Some(timeout) = self.options.timeout
            && now >= started.saturating_add(timeout)
        {
            self.state.progress = Progress::Failed;
            self.state.message = format!("given up after {timeout} ms: {}", self.state.message);
            return Advance::Over;
        }
        let view = step::View { options: &self.options, world, health, modified };
        let work = self.seen.get_or_insert_with(|| step::look(&view, &self.state));
        match step::step(&self.options, work, &self.answers, &self.state) {
            Err(requests) => Advance::Do(requests),
            Ok(state) => {
                self.state = state;
                self.seen = None;
                self.answers.clear();
                self.after_step(now, started)
            }
        }
    }

    fn after_step(&mut self, now: u64, started: u64) -> Advance {
        match self.state.progress {
            Progress::Failed | Progress::Error if self.attempts < self.options.retries => {
                let wait =
                    self.options.backoff.saturating_mul(1 << self.attempts.min(32)).min(self.options.backoff_limit);
                self.attempts += 1;
                self.retry_at = Some(now.saturating_add(wait));
                Advance::Until(now.saturating_add(wait))
            }
            progress if progress.is_complete() => Advance::Over,
            _ => match self.options.timeout {
                Some(timeout) if self.state.progress != Progress::Running => {
                    Advance::Until(started.saturating_add(timeout))
                }
                _ => Advance::Wait,
            },
        }
    }

    /// Says what came of a request. The last word on one counts.
    pub fn report(&mut self, request: Request, outcome: Outcome) {
        match self.answers.iter_mut().find(|(own, _)| *own == request) {
            Some((_, own)) => *own = outcome,
            None => self.answers.push((request, outcome)),
        }
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
