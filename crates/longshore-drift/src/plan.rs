//! What to do about a report, in which order.

use std::fmt;

use longshore_manifest::ResourceId;
use serde::Serialize;

use crate::order::rank;
use crate::path::FieldPath;
use crate::report::{Class, Report, ResourceReport, Verdict, as_text};

/// What a plan may do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// Whether resources of ours that nobody declares any more are deleted. Default true.
    pub prune: bool,
    /// Whether fields that others added are removed. Default true; otherwise they stay and the resource stays out of sync.
    pub remove_foreign: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Policy { prune: true, remove_foreign: true }
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
}

/// What to do to one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[non_exhaustive]
pub enum Action {
    /// Make it.
    Create,
    /// Apply what is declared, then remove [`Step::remove`].
    Update,
    /// Delete it.
    Delete,
    /// Leave it alone though nobody declares it: it asks to be kept, or is not ours.
    Keep,
}

/// One step of a [`Plan`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What to do.
    pub action: Action,
    /// To which resource.
    #[serde(serialize_with = "as_text")]
    pub id: ResourceId,
    /// Fields that an update sets.
    pub set: Vec<FieldPath>,
    /// Fields that an update removes.
    pub remove: Vec<FieldPath>,
    /// Why, in words.
    pub reason: String,
}

/// Steps in order. It holds no values, so it may be shown to anybody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The steps, first to last.
    pub steps: Vec<Step>,
}

impl Plan {
    /// Whether nothing is to be done; what is kept does not count.
    pub fn is_empty(&self) -> bool {
        self.steps.iter().all(|step| step.action == Action::Keep)
    }

    /// How many steps have an action.
    pub fn count(&self, action: Action) -> usize {
        self.steps.iter().filter(|step| step.action == action).count()
    }
}

/// The steps that make the cluster what is declared.
///
/// Creations and updates come first, in the order in which kinds need each other: namespaces, definitions, configuration,
/// access, services, workloads, what exposes them, webhooks last. Deletions follow in the reverse of that order. The order is
/// total: it depends on identities only.
pub fn plan(report: &Report, policy: &Policy) -> Plan {
    let mut steps: Vec<Step> = report.resources.iter().filter_map(|resource| step(resource, policy)).collect();
    steps.sort_by(|a, b| {
        let late = |step: &Step| matches!(step.action, Action::Delete | Action::Keep);
        late(a).cmp(&late(b)).then_with(|| {
            let order = rank(&a.id).cmp(&rank(&b.id));
            if late(a) { order.reverse() } else { order }
        })
    });
    Plan { steps }
}

fn step(resource: &ResourceReport, policy: &Policy) -> Option<Step> {
    let id = resource.id.clone();
    let bare =
        |action, reason: &str| Step { action, id, set: Vec::new(), remove: Vec::new(), reason: reason.to_owned() };
    match resource.verdict {
        Verdict::InSync => None,
        Verdict::Missing => Some(bare(Action::Create, "declared, not in the cluster")),
        Verdict::OutOfSync => update(resource, policy),
        Verdict::Extra if !resource.ours => Some(bare(Action::Keep, "not declared, and not ours")),
        Verdict::Extra if resource.keep => Some(bare(Action::Keep, "no longer declared, but it asks to be kept")),
        Verdict::Extra if !policy.prune => Some(bare(Action::Keep, "no longer declared, and pruning is off")),
        Verdict::Extra => Some(bare(Action::Delete, "no longer declared")),
    }
}

fn update(resource: &ResourceReport, policy: &Policy) -> Option<Step> {
    let paths = |wanted: fn(Class) -> bool| -> Vec<FieldPath> {
        resource.fields.iter().filter(|field| wanted(field.class)).map(|field| field.path.clone()).collect()
    };
    let set = paths(|class| matches!(class, Class::DeclaredChanged | Class::DeclaredMissing));
    let mut remove = paths(|class| class == Class::OwnedUndeclared);
    if policy.remove_foreign {
        remove.extend(paths(|class| class == Class::ForeignAddition));
    }
    if set.is_empty() && remove.is_empty() {
        return None;
    }
    let reason = match set.len() + remove.len() {
        1 => "1 field differs".to_owned(),
        count => format!("{count} fields differ"),
    };
    Some(Step { action: Action::Update, id: resource.id.clone(), set, remove, reason })
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Action::Create => "create",
            Action::Update => "update",
            Action::Delete => "delete",
            Action::Keep => "keep",
        })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<6} {}  ({})", self.action.to_string(), self.id, self.reason)
    }
}

impl fmt::Display for Plan {
    /// A line for each step, in order.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            writeln!(f, "{step}")?;
            for path in &step.set {
                writeln!(f, "       set    {path}")?;
            }
            for path in &step.remove {
                writeln!(f, "       remove {path}")?;
            }
        }
        Ok(())
    }
}
