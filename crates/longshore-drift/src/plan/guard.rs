//! What holds a prune back: the object's own word, others who have it too, and what would go with it.

use longshore_manifest::{Resource, ResourceSet};
use longshore_yaml::Node;

use super::draft::{Draft, metadata};
use super::step::{Action, Guard};
use super::tie::Providers;
use super::{Policy, draft};
use crate::assess::Key;
use crate::report::ResourceReport;
use crate::sync::{is_hook, option};

/// What to do with an object that nobody declares, its guards, and why.
pub(crate) fn prune(report: &ResourceReport, live: Option<&Resource>, policy: &Policy) -> (Action, Vec<Guard>, String) {
    let keep = |guard: Guard, reason: &str| (Action::Keep, vec![guard], reason.to_owned());
    if !report.ours {
        return keep(Guard::NotOurs, "not declared, and not ours");
    }
    if live.is_some_and(|live| is_hook(live.root())) {
        return keep(Guard::Hook, "a hook, which goes by its delete policies");
    }
    if report.keep {
        return keep(Guard::Keep, "no longer declared, but it asks to be kept");
    }
    if let Some(other) = live.and_then(|live| sharer(live, policy)) {
        let reason = format!("no longer declared, but {other} has it too");
        return (Action::Keep, vec![Guard::Shared(other)], reason);
    }
    if !policy.prune {
        return keep(Guard::PruneOff, "no longer declared, and pruning is off");
    }
    match live.and_then(|live| finalizers(live.root())) {
        Some(finalizers) => (Action::Wait, Vec::new(), format!("being deleted, held by {finalizers}")),
        None => {
            let guards = delete_guards(live, policy);
            let reason = reason(&guards);
            (Action::Delete, guards, reason.to_owned())
        }
    }
}

fn delete_guards(live: Option<&Resource>, policy: &Policy) -> Vec<Guard> {
    let says = |word: &str| live.is_some_and(|live| option(live.root(), word));
    let confirm = !policy.prune_confirmed && (policy.ask_before_prune || says("Prune=confirm"));
    let last = policy.prune_last || says("PruneLast=true");
    confirm.then_some(Guard::Confirm).into_iter().chain(last.then_some(Guard::Last)).collect()
}

fn reason(guards: &[Guard]) -> &'static str {
    if guards.contains(&Guard::Confirm) { "no longer declared; somebody must confirm it" } else { "no longer declared" }
}

/// The finalizers of an object on its way out.
fn finalizers(object: Node<'_>) -> Option<String> {
    metadata(object, "deletionTimestamp").filter(|at| !at.text().is_empty())?;
    let names: Vec<&str> = metadata(object, "finalizers").into_iter().flat_map(Node::items).map(Node::text).collect();
    Some(if names.is_empty() { "its controller".to_owned() } else { names.join(", ") })
}

/// Which other application, or which other manager, has an object too.
fn sharer(live: &Resource, policy: &Policy) -> Option<String> {
    let application = policy.application.as_deref().and_then(|ours| application(live).filter(|theirs| *theirs != ours));
    application.map(str::to_owned).or_else(|| manager(live, policy))
}

/// The application that an object says it belongs to; the first of these words that it knows counts.
fn application(live: &Resource) -> Option<&str> {
    let annotation = |key: &str| live.annotations().and_then(|all| all.get(key)).map(Node::text);
    let label = |key: &str| live.labels().and_then(|all| all.get(key)).map(Node::text);
    let tracking = annotation("argocd.argoproj.io/tracking-id").and_then(|id| tracked(id, live));
    tracking
        .or_else(|| label("kustomize.toolkit.fluxcd.io/name"))
        .or_else(|| annotation("meta.helm.sh/release-name"))
        .or_else(|| label("app.kubernetes.io/instance"))
        .filter(|name| !name.is_empty())
}

/// The application of a tracking id `app:group/kind:namespace/name`. One that speaks of another object came by a copy.
fn tracked<'t>(id: &'t str, live: &Resource) -> Option<&'t str> {
    let (application, object) = id.split_once(':')?;
    let (kind, place) = object.split_once(':')?;
    let gvk = live.gvk();
    let name = place.split_once('/').map_or(place, |(_, name)| name);
    let same_kind = kind.split_once('/') == Some((gvk.group.as_str(), gvk.kind.as_str()));
    (same_kind && name == live.name()).then_some(application)
}

/// A manager other than ours that applies the object. Where nobody says who we are, one of several is.
fn manager(live: &Resource, policy: &Policy) -> Option<String> {
    let mut appliers: Vec<&str> = metadata(live.root(), "managedFields")
        .into_iter()
        .flat_map(Node::items)
        .filter(|entry| {
            let text = |key: &str| entry.get(key).map_or("", Node::text);
            text("operation") == "Apply" && text("subresource").is_empty()
        })
        .filter_map(|entry| entry.get("manager").map(Node::text))
        .collect();
    appliers.sort_unstable();
    appliers.dedup();
    match &policy.manager {
        Some(ours) => appliers.into_iter().find(|manager| manager != ours).map(str::to_owned),
        None if appliers.len() > 1 => Some(appliers.join(" or ")),
        None => None,
    }
}

/// Keeps what would take along something that stays, and asks for confirmation where that does.
///
/// Deleting a namespace deletes what lives in it, a definition what is of its kind, an owner what it owns.
pub(crate) fn protect(drafts: &mut [Draft<'_>], desired: &ResourceSet) {
    let doomed = drafts.iter().enumerate().filter(|(_, draft)| draft.step.action == Action::Delete);
    let providers = Providers::new(doomed.filter_map(|(at, draft)| Some((at, draft.live?))));
    if providers.is_empty() {
        return;
    }
    let mut raised: Vec<usize> = Vec::new();
    for resource in draft::in_order(desired) {
        for (at, _) in providers.of(resource) {
            raise(&mut drafts[at], &Guard::InUse(resource.id()), &mut raised, at);
        }
    }
    let held = |draft: &Draft<'_>| draft.step.action == Action::Keep || draft.step.needs_confirmation();
    let mut queue: Vec<usize> = (0..drafts.len()).filter(|&at| held(&drafts[at])).collect();
    queue.reverse();
    queue.extend(raised);
    while let Some(at) = queue.pop() {
        let draft = &drafts[at];
        let Some(live) = draft.live.filter(|_| !is_server_made(&draft.key)) else { continue };
        let keeps = draft.step.action == Action::Keep;
        let guard = if keeps { Guard::InUse(draft.step.id.clone()) } else { Guard::Confirm };
        for (holder, _) in providers.of(live) {
            raise(&mut drafts[holder], &guard, &mut queue, holder);
        }
    }
}

/// Holds a deletion back by one guard more. Each is raised twice at most: to be confirmed, to be kept.
fn raise(draft: &mut Draft<'_>, guard: &Guard, queue: &mut Vec<usize>, at: usize) {
    let step = &mut draft.step;
    if step.action != Action::Delete || step.guards.contains(guard) {
        return;
    }
    match guard {
        Guard::InUse(id) => {
            step.action = Action::Keep;
            step.guards = vec![guard.clone()];
            step.reason = format!("no longer declared, but {id} stays and would go with it");
        }
        _ => {
            step.guards.insert(0, guard.clone());
            step.reason = "no longer declared; what goes with it must be confirmed".to_owned();
        }
    }
    queue.push(at);
}

/// Whether the server, or one of its controllers, makes this object in every namespace.
fn is_server_made(key: &Key) -> bool {
    let [group, kind, _, name] = &key.0;
    match (group.as_str(), kind.as_str()) {
        ("", "ConfigMap") => name == "kube-root-ca.crt",
        ("", "ServiceAccount") => name == "default",
        ("", "Event" | "Endpoints") | ("events.k8s.io", "Event") | ("discovery.k8s.io", "EndpointSlice") => true,
        _ => false,
    }
}
