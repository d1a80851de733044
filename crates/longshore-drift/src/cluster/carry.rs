//! Carrying out a plan.

use std::collections::HashMap;

use longshore_manifest::{Resource, ResourceId, ResourceSet};

use super::{ApiError, Cluster};
use crate::fields::remove;
use crate::plan::{Action, Plan, Step};
use crate::sync::DeletePolicy;

impl Cluster {
    /// Carries out a plan under the name of `manager`, taking what is to be made from `desired`. Stops at the first refusal;
    /// then the hooks for failures run.
    ///
    /// Nothing is waited for: what is made is taken to be healthy, and hooks to be through. Deletions that somebody must
    /// confirm are left out, and what is gone already is no refusal. Hooks that ask for it are deleted at the end.
    ///
    /// # Errors
    /// That refusal; the steps before it are done.
    pub fn carry_out(&mut self, plan: &Plan, desired: &ResourceSet, manager: &str) -> Result<(), ApiError> {
        let index = desired.index();
        let carrier = Carrier { desired, index, manager };
        let mut steps = plan.steps.iter().filter(|step| !step.is_on_failure());
        let outcome = steps.try_for_each(|step| carrier.step(self, step));
        if outcome.is_err() {
            // The refusal is what is told, whatever comes of these.
            let _ = plan.steps.iter().filter(|step| step.is_on_failure()).try_for_each(|step| carrier.step(self, step));
            return outcome;
        }
        let through = |step: &&Step| step.delete_policies.contains(&DeletePolicy::HookSucceeded);
        let hooks = plan.steps.iter().filter(|step| step.action == Action::Hook && !step.is_on_failure());
        hooks.filter(through).try_for_each(|step| self.delete_if_there(&step.id))
    }

    fn delete_if_there(&mut self, id: &ResourceId) -> Result<(), ApiError> {
        match self.delete(id) {
            Err(ApiError::NotFound(_)) => Ok(()),
            outcome => outcome,
        }
    }
}

struct Carrier<'c> {
    desired: &'c ResourceSet,
    index: HashMap<ResourceId, usize>,
    manager: &'c str,
}

impl<'c> Carrier<'c> {
    fn declared(&self, id: &ResourceId) -> Result<&'c Resource, ApiError> {
        let found = self.index.get(id).and_then(|&at| self.desired.as_slice().get(at));
        found.ok_or_else(|| ApiError::not_found(id))
    }

    fn step(&self, cluster: &mut Cluster, step: &Step) -> Result<(), ApiError> {
        match step.action {
            Action::Keep | Action::Wait => Ok(()),
            Action::Delete if step.needs_confirmation() => Ok(()),
            Action::Delete => cluster.delete_if_there(&step.id),
            Action::Hook => {
                if step.delete_policies.contains(&DeletePolicy::BeforeHookCreation) {
                    cluster.delete_if_there(&step.id)?;
                }
                cluster.apply(self.declared(&step.id)?, self.manager, true)
            }
            Action::Create | Action::Update => {
                cluster.apply(self.declared(&step.id)?, self.manager, true)?;
                if step.remove.is_empty() {
                    return Ok(());
                }
                cluster.edit(&step.id, self.manager, |doc| step.remove.iter().for_each(|path| remove(doc, path)))
            }
        }
    }
}
