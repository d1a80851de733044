//! One step of a plan: what it does, when, after what, and what holds it back.

use longshore_manifest::ResourceId;
use serde::Serialize;

use crate::path::FieldPath;
use crate::report::as_text;
use crate::sync::{DeletePolicy, Phase};

/// What to do to one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[non_exhaustive]
pub enum Action {
    /// Make it.
    Create,
    /// Apply what is declared, then remove [`Step::remove`].
    Update,
    /// Run a hook and wait until it is through. One of an earlier run goes first, and this one afterwards, as
    /// [`Step::delete_policies`] say. Hooks of the phase `SyncFail` run only if another step fails.
    Hook,
    /// Wait until it is healthy, or, where it is on its way out, gone.
    Wait,
    /// Delete it.
    Delete,
    /// Leave it alone: [`Step::guards`] say why.
    Keep,
}

/// What holds a prune back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[non_exhaustive]
pub enum Guard {
    /// It is not ours.
    NotOurs,
    /// It asks to be kept: `Prune=false` of Argo CD, `helm.sh/resource-policy: keep`, Flux's `prune: disabled`.
    Keep,
    /// Pruning is off: [`Policy::prune`](crate::Policy::prune).
    PruneOff,
    /// This application, or this manager, has it too.
    Shared(String),
    /// This resource stays, and would go with it: it lives in the namespace, is of the kind, or is owned.
    InUse(#[serde(serialize_with = "as_text")] ResourceId),
    /// It is deleted only once somebody confirmed it: `Prune=confirm`, or it takes something along that asks for it.
    Confirm,
    /// It is deleted after everything else: `PruneLast=true`.
    Last,
    /// It is a hook: those go by their delete policies.
    Hook,
    /// It is declared not to be applied: `argocd.argoproj.io/hook: Skip`.
    Skip,
}

/// An earlier step that must be through before this one begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct After {
    /// Its place in [`Plan::steps`](crate::Plan::steps), from 0.
    pub step: usize,
    /// Why.
    pub why: Dependency,
}

/// Why one step follows another; what the other one's resource is to this one's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[non_exhaustive]
pub enum Dependency {
    /// The namespace it lives in.
    Namespace,
    /// The definition of its kind.
    Definition,
    /// Its owner.
    Owner,
    /// What is waited for.
    Awaited,
    /// What it refers to by its new name.
    NewName,
    /// What takes its place under another name.
    Successor,
    /// What referred to it.
    Referrer,
    /// What lives in it.
    Content,
    /// What is of the kind it defines.
    Instance,
    /// What it owns.
    Owned,
}

impl Dependency {
    /// In words: `after step 1, the namespace it lives in`.
    pub fn words(self) -> &'static str {
        match self {
            Dependency::Namespace => "the namespace it lives in",
            Dependency::Definition => "the definition of its kind",
            Dependency::Owner => "its owner",
            Dependency::Awaited => "what is waited for",
            Dependency::NewName => "what it refers to by its new name",
            Dependency::Successor => "what takes its place",
            Dependency::Referrer => "what referred to it",
            Dependency::Content => "what lives in it",
            Dependency::Instance => "what is of the kind it defines",
            Dependency::Owned => "what it owns",
        }
    }

    /// Whether only an owner reference says so.
    pub(crate) fn is_ownership(self) -> bool {
        matches!(self, Dependency::Owner | Dependency::Owned)
    }
}

/// One step of a [`Plan`](crate::Plan).
///
/// Steps follow each other in order. Who carries out several at once finishes all steps of a phase and wave before the next
/// ones, and those that a step is [`after`](Step::after) before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Step {
    /// What to do.
    pub action: Action,
    /// To which resource.
    #[serde(serialize_with = "as_text")]
    pub id: ResourceId,
    /// In which phase: `Sync`, unless it is a hook or a hook needs it.
    pub phase: Phase,
    /// In which wave: its own, unless others need it earlier, or it is deleted.
    pub wave: i64,
    /// Fields that an update sets.
    pub set: Vec<FieldPath>,
    /// Fields that an update removes.
    pub remove: Vec<FieldPath>,
    /// Steps that must be through first, by their places.
    pub after: Vec<After>,
    /// What holds a prune back.
    pub guards: Vec<Guard>,
    /// When a hook is deleted.
    pub delete_policies: Vec<DeletePolicy>,
    /// The other name of what is renamed: of a creation the one before, of a deletion the one after.
    #[serde(serialize_with = "optional")]
    pub renamed: Option<ResourceId>,
    /// Why, in words.
    pub reason: String,
}

impl Step {
    pub(crate) fn new(action: Action, id: ResourceId, reason: impl Into<String>) -> Self {
        Step {
            action,
            id,
            phase: Phase::Sync,
            wave: 0,
            set: Vec::new(),
            remove: Vec::new(),
            after: Vec::new(),
            guards: Vec::new(),
            delete_policies: Vec::new(),
            renamed: None,
            reason: reason.into(),
        }
    }

    /// Whether it is a deletion that somebody must confirm first.
    pub fn needs_confirmation(&self) -> bool {
        self.action == Action::Delete && self.guards.contains(&Guard::Confirm)
    }

    /// Whether it runs only if another step fails.
    pub fn is_on_failure(&self) -> bool {
        self.phase == Phase::SyncFail
    }

    /// Whether it writes what is declared.
    pub(crate) fn applies(&self) -> bool {
        matches!(self.action, Action::Create | Action::Update)
    }
}

fn optional<S: serde::Serializer>(id: &Option<ResourceId>, serializer: S) -> Result<S::Ok, S::Error> {
    match id {
        Some(id) => serializer.collect_str(id),
        None => serializer.serialize_none(),
    }
}
