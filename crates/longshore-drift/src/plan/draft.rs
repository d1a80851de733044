//! Steps before they are in order, each with the objects it is about.

use std::collections::HashMap;

use longshore_manifest::{Resource, ResourceSet};
use longshore_yaml::Node;

use super::step::{Action, Guard, Step};
use super::{Finding, Policy, guard};
use crate::assess::Key;
use crate::health::argo;
use crate::path::FieldPath;
use crate::report::{Class, Report, ResourceReport, Verdict};
use crate::sync::{Phase, delete_policies, is_hook, phases, skips, wave};

/// A step, with its resource as it is declared and as it is.
pub(crate) struct Draft<'a> {
    pub(crate) key: Key,
    pub(crate) step: Step,
    pub(crate) desired: Option<&'a Resource>,
    pub(crate) live: Option<&'a Resource>,
}

impl Draft<'_> {
    /// When it happens, as far as anybody said.
    pub(crate) fn place(&self) -> (Phase, i64) {
        (self.step.phase, self.step.wave)
    }

    /// Whether what it applies becomes healthy only after a while, as far as its kind tells.
    pub(crate) fn is_watched(&self) -> bool {
        self.step.applies() && self.desired.is_some_and(|desired| argo::health(desired.root(), None).is_some())
    }
}

/// The declared and the live objects by identity; of two declared with one identity, the first counts.
struct Objects<'a> {
    desired: HashMap<Key, &'a Resource>,
    live: HashMap<Key, &'a Resource>,
}

impl<'a> Objects<'a> {
    fn new(desired: &'a ResourceSet, live: &'a ResourceSet) -> Self {
        let mut objects = Objects { desired: HashMap::new(), live: HashMap::new() };
        for resource in desired {
            objects.desired.entry(Key::of(resource)).or_insert(resource);
        }
        for resource in live {
            objects.live.entry(Key::of(resource)).or_insert(resource);
        }
        objects
    }
}

/// The resources of a set by identity, each once, so that nothing depends on their order.
pub(crate) fn in_order(set: &ResourceSet) -> Vec<&Resource> {
    let mut keyed: Vec<(Key, &Resource)> = set.iter().map(|resource| (Key::of(resource), resource)).collect();
    keyed.sort_by(|a, b| a.0.cmp(&b.0));
    keyed.dedup_by(|b, a| a.0 == b.0);
    keyed.into_iter().map(|(_, resource)| resource).collect()
}

/// A value below `metadata`.
pub(crate) fn metadata<'a>(object: Node<'a>, key: &str) -> Option<Node<'a>> {
    object.get("metadata")?.get(key)
}

/// The steps of a report, ordered by identity, with their own waves and guards.
pub(crate) fn drafts<'a>(
    report: &Report,
    desired: &'a ResourceSet,
    live: &'a ResourceSet,
    policy: &Policy,
    findings: &mut Vec<Finding>,
) -> Vec<Draft<'a>> {
    let objects = Objects::new(desired, live);
    let mut resources: Vec<(Key, &ResourceReport)> =
        report.resources.iter().map(|resource| (Key::new(&resource.id), resource)).collect();
    resources.sort_by(|a, b| a.0.cmp(&b.0));
    resources.dedup_by(|b, a| {
        let twice = a.0 == b.0;
        if twice {
            findings.push(Finding::Duplicate { id: b.1.id.clone() });
        }
        twice
    });
    let refused = resources.iter().filter_map(|(_, resource)| Some((resource, resource.unappliable.first()?)));
    findings
        .extend(refused.map(|(resource, reason)| Finding::Refused { id: resource.id.clone(), reason: reason.clone() }));
    resources.into_iter().filter_map(|(key, resource)| draft(key, resource, &objects, policy)).collect()
}

fn draft<'a>(key: Key, resource: &ResourceReport, objects: &Objects<'a>, policy: &Policy) -> Option<Draft<'a>> {
    let live = objects.live.get(&key).copied();
    let desired = objects.desired.get(&key).copied().filter(|_| resource.verdict != Verdict::Extra);
    if desired.is_some_and(|desired| is_hook(desired.root())) {
        return None;
    }
    let mut step = match resource.verdict {
        Verdict::InSync => return None,
        Verdict::Missing | Verdict::OutOfSync if desired.is_some_and(|desired| skips(desired.root())) => {
            let step = Step::new(Action::Keep, resource.id.clone(), "declared not to be applied");
            Step { guards: vec![Guard::Skip], ..step }
        }
        Verdict::Missing => Step::new(Action::Create, resource.id.clone(), "declared, not in the cluster"),
        Verdict::OutOfSync => update(resource, policy)?,
        Verdict::Extra => {
            let (action, guards, reason) = guard::prune(resource, live, policy);
            Step { guards, ..Step::new(action, resource.id.clone(), reason) }
        }
    };
    step.wave = desired.or(live).map_or(0, |object| wave(object.root()));
    Some(Draft { key, step, desired, live })
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
    Some(Step { set, remove, ..Step::new(Action::Update, resource.id.clone(), reason) })
}

/// A step for each hook in each of its phases, where there is anything to do besides.
pub(crate) fn add_hooks<'a>(drafts: &mut Vec<Draft<'a>>, desired: &'a ResourceSet) {
    let works = |draft: &Draft<'_>| draft.step.applies() || draft.step.action == Action::Delete;
    if !drafts.iter().any(works) {
        return;
    }
    for hook in in_order(desired).into_iter().filter(|resource| is_hook(resource.root())) {
        for phase in phases(hook.root()) {
            let reason = if phase == Phase::SyncFail { "hook, runs only if a step fails" } else { "hook" };
            let step = Step {
                phase,
                wave: wave(hook.root()),
                delete_policies: delete_policies(hook.root()),
                ..Step::new(Action::Hook, hook.id(), reason)
            };
            drafts.push(Draft { key: Key::of(hook), step, desired: Some(hook), live: None });
        }
    }
}
