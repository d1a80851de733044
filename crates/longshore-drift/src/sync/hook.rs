//! Hooks, phases and waves, as annotations of Argo CD and of Helm say them.

use longshore_yaml::Node;
use serde::{Deserialize, Serialize};

/// What a hook is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum HookType {
    /// Runs before anything else.
    PreSync,
    /// Runs together with everything else.
    Sync,
    /// Runs after everything else is well.
    PostSync,
    /// Runs if the sync fails.
    SyncFail,
    /// Runs after the application is deleted.
    PostDelete,
    /// Does not run at all.
    Skip,
}

/// In which part of a sync something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Phase {
    /// Before anything else.
    PreSync,
    /// The objects themselves.
    Sync,
    /// After everything is well.
    PostSync,
    /// After a failure.
    SyncFail,
}

impl Phase {
    /// As annotations spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Phase::PreSync => "PreSync",
            Phase::Sync => "Sync",
            Phase::PostSync => "PostSync",
            Phase::SyncFail => "SyncFail",
        }
    }
}

/// When a hook is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum DeletePolicy {
    /// Once it has succeeded.
    HookSucceeded,
    /// Once it has failed.
    HookFailed,
    /// Before it is made again.
    BeforeHookCreation,
}

const HOOK: &str = "argocd.argoproj.io/hook";
const HELM_HOOK: &str = "helm.sh/hook";
const DELETE_POLICY: &str = "argocd.argoproj.io/hook-delete-policy";
const HELM_DELETE_POLICY: &str = "helm.sh/hook-delete-policy";
const WAVE: &str = "argocd.argoproj.io/sync-wave";
const HELM_WEIGHT: &str = "helm.sh/hook-weight";
const OPTIONS: &str = "argocd.argoproj.io/sync-options";

fn annotation<'n>(object: Node<'n>, key: &str) -> Option<Node<'n>> {
    object.get("metadata")?.get("annotations")?.get(key)
}

/// The parts of an annotation between commas.
fn parts<'n>(object: Node<'n>, key: &str) -> impl Iterator<Item = &'n str> {
    let text = annotation(object, key).map(|node| node.text()).unwrap_or_default();
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

/// What an object is a hook for: Argo CD's word counts, Helm's only where Argo CD says nothing it knows.
pub fn hook_types(object: Node<'_>) -> Vec<HookType> {
    let own: Vec<HookType> = parts(object, HOOK).filter_map(argo_type).collect();
    if own.is_empty() { parts(object, HELM_HOOK).filter_map(helm_type).collect() } else { own }
}

fn argo_type(text: &str) -> Option<HookType> {
    Some(match text {
        "PreSync" => HookType::PreSync,
        "Sync" => HookType::Sync,
        "PostSync" => HookType::PostSync,
        "SyncFail" => HookType::SyncFail,
        "PostDelete" => HookType::PostDelete,
        "Skip" => HookType::Skip,
        _ => return None,
    })
}

fn helm_type(text: &str) -> Option<HookType> {
    Some(match text {
        "pre-install" | "pre-upgrade" => HookType::PreSync,
        "post-install" | "post-upgrade" => HookType::PostSync,
        "post-delete" => HookType::PostDelete,
        _ => return None,
    })
}

/// Whether an object does not run at all: `Skip` is all it says.
pub(crate) fn skips(object: Node<'_>) -> bool {
    hook_types(object) == [HookType::Skip]
}

/// Whether an object is a hook. Helm marks definitions of custom resources as hooks too, which they are not.
pub fn is_hook(object: Node<'_>) -> bool {
    match annotation(object, HOOK) {
        Some(_) => !skips(object),
        None => annotation(object, HELM_HOOK).is_some_and(|value| value.text() != "crd-install"),
    }
}

/// The phases in which an object is applied, first to last.
pub fn phases(object: Node<'_>) -> Vec<Phase> {
    if skips(object) {
        return Vec::new();
    }
    if !is_hook(object) {
        return vec![Phase::Sync];
    }
    let phase = |kind: HookType| match kind {
        HookType::PreSync => Some(Phase::PreSync),
        HookType::Sync => Some(Phase::Sync),
        HookType::PostSync => Some(Phase::PostSync),
        HookType::SyncFail => Some(Phase::SyncFail),
        HookType::PostDelete | HookType::Skip => None,
    };
    let mut phases: Vec<Phase> = hook_types(object).into_iter().filter_map(phase).collect();
    phases.sort_unstable();
    phases.dedup();
    phases
}

/// When a hook is deleted; before it is made again, where nothing is said.
pub fn delete_policies(object: Node<'_>) -> Vec<DeletePolicy> {
    let argo = |text: &str| match text {
        "HookSucceeded" => Some(DeletePolicy::HookSucceeded),
        "HookFailed" => Some(DeletePolicy::HookFailed),
        "BeforeHookCreation" => Some(DeletePolicy::BeforeHookCreation),
        _ => None,
    };
    let helm = |text: &str| match text {
        "hook-succeeded" => Some(DeletePolicy::HookSucceeded),
        "hook-failed" => Some(DeletePolicy::HookFailed),
        "before-hook-creation" => Some(DeletePolicy::BeforeHookCreation),
        _ => None,
    };
    let mut policies: Vec<DeletePolicy> = parts(object, DELETE_POLICY).filter_map(argo).collect();
    policies.extend(parts(object, HELM_DELETE_POLICY).filter_map(helm));
    if policies.is_empty() {
        policies.push(DeletePolicy::BeforeHookCreation);
    }
    policies
}

/// The wave of an object: waves of a phase follow each other from low to high.
pub fn wave(object: Node<'_>) -> i64 {
    // A value that is not a text is no annotation to Kubernetes.
    let number = |key: &str| {
        let value = annotation(object, key)?;
        value.text().parse().ok()
    };
    number(WAVE).or_else(|| number(HELM_WEIGHT)).unwrap_or(0)
}

/// Whether an object asks for an option such as `Prune=false`.
pub(crate) fn option(object: Node<'_>, option: &str) -> bool {
    parts(object, OPTIONS).any(|own| own == option)
}
