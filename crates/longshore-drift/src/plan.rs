//! What to do about a report, in which order.

mod draft;
mod graph;
mod guard;
mod print;
mod rename;
mod rollback;
mod sequence;
mod step;
mod tie;

use longshore_manifest::{ResourceId, ResourceSet};
use serde::{Serialize, Serializer};

pub use rollback::rollback;
pub use step::{Action, After, Dependency, Guard, Step};
pub(crate) use tie::{OwnerReference, owner_references};

use crate::report::{Report, as_text};
use crate::unappliable::Unappliable;

/// What a plan may do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// Whether resources of ours that nobody declares any more are deleted. Default true.
    pub prune: bool,
    /// Whether fields that others added are removed. Default true; otherwise they stay and the resource stays out of sync.
    pub remove_foreign: bool,
    /// Whether everything is pruned after everything else, not only objects with `PruneLast=true`. Default false.
    pub prune_last: bool,
    /// Whether every prune asks for confirmation, not only objects with `Prune=confirm`. Default false.
    pub ask_before_prune: bool,
    /// Whether somebody confirmed the prunes that ask for it. Default false.
    pub prune_confirmed: bool,
    /// Whether hooks run. Default true.
    pub hooks: bool,
    /// The name of our application. Objects that say they belong to another one (`argocd.argoproj.io/tracking-id`, Flux's
    /// and Helm's names, `app.kubernetes.io/instance`) are not pruned. Default none: nothing they say counts.
    pub application: Option<String>,
    /// The name under which we apply. Objects that another manager applies too are not pruned. Default none: of several
    /// managers that apply, one is taken to be us.
    pub manager: Option<String>,
    /// From which share of common content, in percent, what is deleted and what is created are one that was renamed. Above
    /// 100 no renames are looked for. Default 60.
    pub rename_score: u8,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            prune: true,
            remove_foreign: true,
            prune_last: false,
            ask_before_prune: false,
            prune_confirmed: false,
            hooks: true,
            application: None,
            manager: None,
            rename_score: 60,
        }
    }
}

impl Policy {
    /// Whether to prune.
    pub fn prune(mut self, prune: bool) -> Self {
        self.prune = prune;
        self
    }

    /// Whether to remove what others added.
    pub fn remove_foreign(mut self, remove: bool) -> Self {
        self.remove_foreign = remove;
        self
    }

    /// Whether to prune everything after everything else.
    pub fn prune_last(mut self, last: bool) -> Self {
        self.prune_last = last;
        self
    }

    /// Whether every prune asks for confirmation.
    pub fn ask_before_prune(mut self, ask: bool) -> Self {
        self.ask_before_prune = ask;
        self
    }

    /// Whether somebody confirmed the prunes that ask for it.
    pub fn prune_confirmed(mut self, confirmed: bool) -> Self {
        self.prune_confirmed = confirmed;
        self
    }

    /// Whether hooks run.
    pub fn hooks(mut self, hooks: bool) -> Self {
        self.hooks = hooks;
        self
    }

    /// Names our application.
    pub fn application(mut self, name: impl Into<String>) -> Self {
        self.application = Some(name.into());
        self
    }

    /// Names the manager under which we apply.
    pub fn manager(mut self, name: impl Into<String>) -> Self {
        self.manager = Some(name.into());
        self
    }

    /// From which share of common content, in percent, two resources are one that was renamed.
    pub fn rename_score(mut self, percent: u8) -> Self {
        self.rename_score = percent;
        self
    }
}

/// What a plan could not honour.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[non_exhaustive]
pub enum Finding {
    /// Resources that need each other in a circle, each before the next one and the last before the first. One of the
    /// constraints was dropped, an owner reference where there was one.
    Cycle {
        /// The circle, from its smallest identity on.
        #[serde(serialize_with = "as_texts")]
        path: Vec<ResourceId>,
    },
    /// A manifest that a server refuses: its step fails.
    Refused {
        /// The resource.
        #[serde(serialize_with = "as_text")]
        id: ResourceId,
        /// The first reason.
        reason: Unappliable,
    },
    /// A resource that is declared a second time.
    Duplicate {
        /// The second one.
        #[serde(serialize_with = "as_text")]
        id: ResourceId,
    },
}

fn as_texts<S: Serializer>(ids: &[ResourceId], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(ids.iter().map(ResourceId::to_string))
}

/// Steps in order. It holds no values, so it may be shown to anybody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Plan {
    /// The steps, first to last.
    pub steps: Vec<Step>,
    /// What could not be honoured.
    pub findings: Vec<Finding>,
}

impl Plan {
    /// Whether nothing is to be done; what is kept, or on its way out already, does not count.
    pub fn is_empty(&self) -> bool {
        self.steps.iter().all(|step| matches!(step.action, Action::Keep | Action::Wait))
    }

    /// How many steps have an action.
    pub fn count(&self, action: Action) -> usize {
        self.steps.iter().filter(|step| step.action == action).count()
    }

    /// Deletions that somebody must confirm first: [`Policy::prune_confirmed`].
    pub fn unconfirmed(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.needs_confirmation())
    }
}

/// The steps that make the cluster what is declared. `report` is what [`assess`](crate::assess()) says about the two sets.
///
/// The order is total and depends on the resources alone, not on the order in which they come:
///
/// 1. Phases, and waves in them, as annotations of Argo CD and Helm say; a wave begins once what the one before applied is
///    healthy. What something needs is lifted into its phase and wave: the namespace it lives in, the definition of its
///    kind, which is waited for, its owners.
/// 2. In a wave, what is applied: in the order in which kinds need each other (namespaces, definitions, configuration, access,
///    services, workloads, what exposes them), admission webhooks and policies last.
/// 3. Then what is deleted, in reverse: waves, kinds, what lives in a namespace before it, what a definition defines before
///    it, what is owned before its owner.
///
/// A deleted and a created resource of one kind and namespace that share their content, or their name up to Kustomize's hash,
/// are renamed: the new one is created and waited for, those that refer to the old one are updated and waited for, then the old
/// one is deleted.
///
/// Hooks run where there is anything else to do. What is left alone comes last, with its [`Guard`]: not ours, asks to be kept,
/// shared with others, or something that stays would go with it. Deletions that ask for it carry [`Guard::Confirm`].
///
/// Resources that need each other in a circle are a [`Finding`]. Takes time in proportion to the resources, but for such
/// circles.
pub fn plan(report: &Report, desired: &ResourceSet, live: &ResourceSet, policy: &Policy) -> Plan {
    let mut findings = Vec::new();
    let mut drafts = draft::drafts(report, desired, live, policy, &mut findings);
    guard::protect(&mut drafts, desired);
    let renames = rename::pair(&mut drafts, policy.rename_score);
    if policy.hooks {
        draft::add_hooks(&mut drafts, desired);
    }
    sequence::sequence(drafts, &renames, findings)
}
