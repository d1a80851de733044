//! Desired against live: pairing resources, and the verdict on each.

use std::collections::HashMap;

use longshore_manifest::schema::Schema;
use longshore_manifest::{Resource, ResourceId, ResourceSet};
use longshore_yaml::{Document, Node};

use crate::argo::known;
use crate::compare::{Context, compare};
use crate::defaults;
use crate::definitions::{self, Definitions};
use crate::health::{Health, HealthStatus, argo};
use crate::last_applied::LastApplied;
use crate::lists::is_builtin;
use crate::normalise;
use crate::owner::Records;
use crate::report::{Report, ResourceReport, Verdict};
use crate::rules::{Ignored, Rules};
use crate::sync::is_hook;
use crate::unappliable::unappliable;

/// Compares what is declared with what the cluster has.
///
/// The comparison is three-way: whether what nobody declares any more was ours, `managedFields` say where they hold an apply
/// of [`Rules::manager`], else the last applied configuration that clients leave in an annotation; where there is neither, all
/// of it is taken as added by others.
///
/// The answer depends on the two sets and the rules alone. Resources are paired by group, kind, namespace and name, whatever
/// their version; no namespace and `default` are one. Of the cluster's resources that nobody declares, those with an owner
/// reference to a controller (the pods of a replica set) are left out: their owner answers for them. So are declared
/// hooks: they come and go with a sync.
pub fn assess(desired: &ResourceSet, live: &ResourceSet, rules: &Rules) -> Report {
    assess_with(desired, live, rules, &Options::default())
}

/// What is known beside the resources themselves.
#[derive(Clone, Copy, Default)]
#[non_exhaustive]
pub struct Options<'s> {
    /// Types of custom resources whose definitions are in neither set, and of kinds that are built in elsewhere.
    pub schema: Option<&'s dyn Schema>,
}

impl<'s> Options<'s> {
    /// With types of custom resources: their defaults are no drift, their lists are compared by their keys, quantities,
    /// integers in strings and durations by value.
    pub fn schema(mut self, schema: &'s dyn Schema) -> Self {
        self.schema = Some(schema);
        self
    }
}

/// As [`assess`], with more knowledge.
///
/// Definitions of custom resources among the resources are used by themselves, by either function; what [`Options::schema`]
/// says goes before them.
pub fn assess_with(desired: &ResourceSet, live: &ResourceSet, rules: &Rules, options: &Options<'_>) -> Report {
    let run = Run { rules, definitions: Definitions::of(options.schema, desired, live) };
    let mut left: HashMap<Key, &Resource> = live.iter().map(|resource| (Key::of(resource), resource)).collect();
    let mut report = Report::default();
    for resource in desired {
        let found = left.remove(&Key::of(resource));
        if is_hook(resource.root()) {
            continue;
        }
        let mut part = match found {
            Some(live) => run.pair(resource, live),
            None => missing(resource),
        };
        part.unappliable = unappliable(resource, run.definitions.applied(&part.id.gvk));
        report.resources.push(part);
    }
    let extra = left.into_values().filter(|resource| !is_controlled(resource.root()));
    let mut extra: Vec<ResourceReport> = extra.map(|resource| undeclared(resource, rules)).collect();
    extra.sort_by(|a, b| a.id.cmp(&b.id));
    report.resources.extend(extra);
    report
}

/// What makes two resources one, whatever their version.
#[derive(PartialEq, Eq, Hash, PartialOrd, Ord, Clone, Debug)]
pub(crate) struct Key(pub(crate) [String; 4]);

impl Key {
    pub(crate) fn of(resource: &Resource) -> Self {
        Key::new(&resource.id())
    }

    pub(crate) fn new(id: &ResourceId) -> Self {
        let namespace = id.namespace.as_deref().filter(|namespace| *namespace != "default").unwrap_or_default();
        Key([id.gvk.group.clone(), id.gvk.kind.clone(), namespace.to_owned(), id.name.clone()])
    }
}

/// What holds for all resources of an assessment.
struct Run<'r> {
    rules: &'r Rules,
    definitions: Definitions<'r>,
}

impl Run<'_> {
    fn pair(&self, resource: &Resource, live: &Resource) -> ResourceReport {
        let (gvk, rules) = (resource.gvk(), self.rules);
        let mut declared = resource.document().clone();
        let has_known_types = rules.known_types.iter().any(|known| known.is_for(&gvk));
        let rewritten = (has_known_types || normalise::needs_secret(&gvk, live.root()))
            .then(|| normalised(live.document().clone(), &gvk, rules));
        declared = normalised(declared, &gvk, rules);
        let ty = self.definitions.stored(&gvk);
        let mark = match ty {
            Some(ty) => definitions::fill(&mut declared, ty),
            None => defaults::fill(&mut declared, &gvk),
        };
        let live_root = rewritten.as_ref().map_or(live.root(), Document::root);
        let records = Records::of(live_root);
        let ignored = Ignored::new(rules, resource, declared.root(), live_root);
        let applies = records.has_apply(&rules.manager);
        let (last_applied, notes) = last_applied(live.root(), applies);
        let context = Context {
            gvk: &gvk,
            builtin: ty.is_none() && is_builtin(&gvk.group),
            ty,
            records,
            applies,
            last_applied: last_applied.as_ref(),
            mark,
            rules,
            ignored: &ignored,
        };
        let fields = compare(declared.root(), live_root, &context);
        let drift = fields.iter().any(|field| field.is_drift());
        ResourceReport {
            id: resource.id(),
            verdict: if drift { Verdict::OutOfSync } else { Verdict::InSync },
            declared_at: place(resource),
            ours: records.has(&rules.manager),
            keep: false,
            health: argo::health(live.root(), None),
            fields,
            unappliable: Vec::new(),
            notes,
        }
    }
}

/// What was applied last, where the records hold no apply of ours that says it better; and what is wrong with it.
fn last_applied(live: Node<'_>, applies: bool) -> (Option<LastApplied>, Vec<String>) {
    let read = if applies { None } else { LastApplied::of(live) };
    match read {
        None => (None, Vec::new()),
        Some(Ok(last)) => (Some(last), Vec::new()),
        Some(Err(note)) => (None, vec![note]),
    }
}

/// A Secret without `stringData`; a custom resource with its known types spelled as Kubernetes does.
fn normalised(mut doc: Document, gvk: &longshore_manifest::GroupVersionKind, rules: &Rules) -> Document {
    normalise::secret(&mut doc, gvk);
    known::rewrite(&mut doc, &rules.known_types);
    doc
}

fn missing(resource: &Resource) -> ResourceReport {
    let declared_at = place(resource);
    ResourceReport {
        id: resource.id(),
        verdict: Verdict::Missing,
        declared_at,
        ours: false,
        keep: false,
        health: Some(Health::new(HealthStatus::Missing, "")),
        fields: Vec::new(),
        unappliable: Vec::new(),
        notes: Vec::new(),
    }
}

fn undeclared(resource: &Resource, rules: &Rules) -> ResourceReport {
    ResourceReport {
        id: resource.id(),
        verdict: Verdict::Extra,
        declared_at: None,
        ours: Records::of(resource.root()).has(&rules.manager),
        keep: keeps(resource.root()),
        health: argo::health(resource.root(), None),
        fields: Vec::new(),
        unappliable: Vec::new(),
        notes: Vec::new(),
    }
}

/// Where a resource is declared: its name, else its root.
fn place(resource: &Resource) -> Option<longshore_yaml::Location> {
    let root = resource.root();
    let name = root.at(["metadata", "name"]).and_then(Node::location);
    name.or_else(|| root.location()).or_else(|| resource.document().location())
}

fn is_controlled(object: Node<'_>) -> bool {
    let owners = object.at(["metadata", "ownerReferences"]);
    owners
        .is_some_and(|owners| owners.items().any(|owner| owner.get("controller").and_then(Node::as_bool) == Some(true)))
}

/// Whether an object asks to survive pruning, in the words of Argo CD, Helm or Flux.
fn keeps(object: Node<'_>) -> bool {
    let Some(annotations) = object.at(["metadata", "annotations"]) else {
        return false;
    };
    let says = |key: &str, word: &str| {
        annotations.get(key).is_some_and(|value| value.text().split(',').any(|option| option.trim() == word))
    };
    says("argocd.argoproj.io/sync-options", "Prune=false")
        || says("helm.sh/resource-policy", "keep")
        || says("kustomize.toolkit.fluxcd.io/prune", "disabled")
}
