//! The built-in checks of Argo CD.
//!
//! Source: `gitops-engine/pkg/health` of argo-cd.

use longshore_yaml::{Node, ReadOptions, SourceFile, read};

use super::{Health, HealthCheck, HealthStatus, conditions, group, int, items, text};
use HealthStatus::{Degraded, Healthy, Progressing, Suspended, Unknown};

/// How well an object is. `None` where Argo CD has no check for its kind: such an object does not count.
///
/// An object that is being deleted is `Progressing`; then `custom` is asked, then the built-in check.
pub fn health(object: Node<'_>, custom: Option<&dyn HealthCheck>) -> Option<Health> {
    let finalizers = items(object, &["metadata", "finalizers"]);
    let mut hooks = finalizers.filter(|name| name.text() == "argocd.argoproj.io/hook-finalizer");
    if !text(object, &["metadata", "deletionTimestamp"]).is_empty() && hooks.next().is_none() {
        return Some(Health::new(Progressing, "Pending deletion"));
    }
    custom.and_then(|custom| custom.check(object)).or_else(|| built_in(object))
}

fn built_in(object: Node<'_>) -> Option<Health> {
    let health = match (group(object), text(object, &["kind"])) {
        ("apps", "Deployment") => deployment(object),
        ("apps", "StatefulSet") => stateful_set(object),
        ("apps", "ReplicaSet") => replica_set(object),
        ("apps", "DaemonSet") => daemon_set(object),
        ("extensions" | "networking.k8s.io", "Ingress") => has_address(object),
        ("", "Service") if text(object, &["spec", "type"]) == "LoadBalancer" => has_address(object),
        ("", "Service") => Health::new(Healthy, ""),
        ("", "PersistentVolumeClaim") => claim(object),
        ("", "Pod") => pod(object),
        ("batch", "Job") => job(object),
        ("autoscaling", "HorizontalPodAutoscaler") => autoscaler(object),
        ("apiregistration.k8s.io", "APIService") => api_service(object),
        ("argoproj.io", "Workflow") => workflow(object),
        _ => return None,
    };
    Some(health)
}

fn status(object: Node<'_>, key: &str) -> i64 {
    int(object, &["status", key]).unwrap_or(0)
}

fn is_observed(object: Node<'_>) -> bool {
    int(object, &["metadata", "generation"]).unwrap_or(0) <= status(object, "observedGeneration")
}

fn waiting(message: String) -> Health {
    Health::new(Progressing, format!("Waiting for rollout to finish: {message}"))
}

fn deployment(object: Node<'_>) -> Health {
    if object.at(["spec", "paused"]).and_then(Node::as_bool) == Some(true) {
        return Health::new(Suspended, "Deployment is paused");
    }
    if !is_observed(object) {
        return waiting("observed deployment generation less than desired generation".to_owned());
    }
    let progressing = conditions(object).find(|[kind, ..]| *kind == "Progressing");
    if progressing.is_some_and(|[_, _, reason, _]| reason == "ProgressDeadlineExceeded") {
        let name = text(object, &["metadata", "name"]);
        return Health::new(Degraded, format!("Deployment \"{name}\" exceeded its progress deadline"));
    }
    let updated = status(object, "updatedReplicas");
    let (total, available) = (status(object, "replicas"), status(object, "availableReplicas"));
    match int(object, &["spec", "replicas"]) {
        Some(wanted) if updated < wanted => {
            waiting(format!("{updated} out of {wanted} new replicas have been updated..."))
        }
        _ if total > updated => waiting(format!("{} old replicas are pending termination...", total - updated)),
        _ if available < updated => waiting(format!("{available} of {updated} updated replicas are available...")),
        _ => Health::new(Healthy, ""),
    }
}

fn stateful_set(object: Node<'_>) -> Health {
    if status(object, "observedGeneration") == 0 || !is_observed(object) {
        return Health::new(Progressing, "Waiting for statefulset spec update to be observed...");
    }
    let (wanted, ready) = (int(object, &["spec", "replicas"]), status(object, "readyReplicas"));
    if let Some(wanted) = wanted.filter(|wanted| ready < *wanted) {
        return Health::new(Progressing, format!("Waiting for {} pods to be ready...", wanted - ready));
    }
    let (strategy, updated) = (text(object, &["spec", "updateStrategy", "type"]), status(object, "updatedReplicas"));
    let rolling = object.at(["spec", "updateStrategy", "rollingUpdate"]).filter(|rolling| rolling.is_mapping());
    if let Some(rolling) = rolling.filter(|_| strategy == "RollingUpdate") {
        let partition = int(rolling, &["partition"]);
        return match wanted.zip(partition).map(|(wanted, partition)| wanted - partition) {
            Some(wanted) if updated < wanted => Health::new(
                Progressing,
                format!(
                    "Waiting for partitioned roll out to finish: {updated} out of {wanted} new pods have been updated..."
                ),
            ),
            _ => {
                Health::new(Healthy, format!("partitioned roll out complete: {updated} new pods have been updated..."))
            }
        };
    }
    if strategy == "OnDelete" {
        return Health::new(Healthy, format!("statefulset has {ready} ready pods"));
    }
    let (next, current) = (text(object, &["status", "updateRevision"]), text(object, &["status", "currentRevision"]));
    if next != current {
        let message =
            format!("waiting for statefulset rolling update to complete {updated} pods at revision {next}...");
        return Health::new(Progressing, message);
    }
    let count = status(object, "currentReplicas");
    Health::new(Healthy, format!("statefulset rolling update complete {count} pods at revision {current}..."))
}

fn replica_set(object: Node<'_>) -> Health {
    if !is_observed(object) {
        return waiting("observed replica set generation less than desired generation".to_owned());
    }
    let failed = conditions(object).find(|[kind, status, ..]| *kind == "ReplicaFailure" && *status == "True");
    if let Some([.., message]) = failed {
        return Health::new(Degraded, message);
    }
    let available = status(object, "availableReplicas");
    match int(object, &["spec", "replicas"]) {
        Some(wanted) if available < wanted => {
            waiting(format!("{available} out of {wanted} new replicas are available..."))
        }
        _ => Health::new(Healthy, ""),
    }
}

fn daemon_set(object: Node<'_>) -> Health {
    if !is_observed(object) {
        return waiting("observed daemon set generation less than desired generation".to_owned());
    }
    let (wanted, updated) = (status(object, "desiredNumberScheduled"), status(object, "updatedNumberScheduled"));
    if text(object, &["spec", "updateStrategy", "type"]) == "OnDelete" {
        return Health::new(Healthy, format!("daemon set {updated} out of {wanted} new pods have been updated"));
    }
    let (name, available) = (text(object, &["metadata", "name"]), status(object, "numberAvailable"));
    let waiting = |message: String| {
        Health::new(Progressing, format!("Waiting for daemon set \"{name}\" rollout to finish: {message}..."))
    };
    if updated < wanted {
        return waiting(format!("{updated} out of {wanted} new pods have been updated"));
    }
    if available < wanted {
        return waiting(format!("{available} of {wanted} updated pods are available"));
    }
    Health::new(Healthy, "")
}

fn has_address(object: Node<'_>) -> Health {
    let assigned = items(object, &["status", "loadBalancer", "ingress"]).next().is_some();
    Health::new(if assigned { Healthy } else { Progressing }, "")
}

fn claim(object: Node<'_>) -> Health {
    let provisioner = ["metadata", "annotations", "volume.beta.kubernetes.io/storage-provisioner"];
    let status = match text(object, &["status", "phase"]) {
        "Lost" => Degraded,
        // Without a provisioner at work it waits for a pod that wants it.
        "Pending" if object.at(provisioner).is_none() => Healthy,
        "Pending" => Progressing,
        "Bound" => Healthy,
        _ => Unknown,
    };
    Health::new(status, "")
}

fn pod(object: Node<'_>) -> Health {
    let restarts = is_restarted(object);
    let containers = || items(object, &["status", "containerStatuses"]);
    if restarts {
        let stuck =
            |reason: &str| reason.starts_with("Err") || reason.ends_with("Error") || reason.ends_with("BackOff");
        let waiting = containers().filter_map(|container| container.at(["state", "waiting"]));
        let stuck: Vec<&str> =
            waiting.filter(|at| stuck(text(*at, &["reason"]))).map(|at| text(at, &["message"])).collect();
        if !stuck.is_empty() {
            return Health::new(Degraded, stuck.join(", "));
        }
    }
    let message = text(object, &["status", "message"]);
    match text(object, &["status", "phase"]) {
        "Pending" => Health::new(Progressing, message),
        "Succeeded" => Health::new(Healthy, message),
        "Failed" if !message.is_empty() => Health::new(Degraded, message),
        "Failed" => {
            let all = items(object, &["status", "initContainerStatuses"]).chain(containers());
            Health::new(Degraded, all.filter_map(failure).next().unwrap_or_default())
        }
        "Running" if !restarts => Health::new(Progressing, message),
        "Running" => {
            let ready = conditions(object).any(|[kind, status, ..]| kind == "Ready" && status == "True");
            let mut ended = containers().filter(|container| container.at(["lastState", "terminated"]).is_some());
            let status = match ready {
                true => Healthy,
                false if ended.next().is_some() => Degraded,
                false => Progressing,
            };
            Health::new(status, message)
        }
        _ => Health::new(Unknown, message),
    }
}

/// Whether a pod is to run for ever: the policy says so, or an annotation says to overlook the policy, unless it is a hook.
fn is_restarted(object: Node<'_>) -> bool {
    let annotation = |name: &str| text(object, &["metadata", "annotations", name]);
    let hook = !annotation("argocd.argoproj.io/hook").is_empty() || !annotation("helm.sh/hook").is_empty();
    text(object, &["spec", "restartPolicy"]) == "Always"
        || (annotation("argocd.argoproj.io/ignore-restart-policy") == "true" && !hook)
}

fn failure(container: Node<'_>) -> Option<String> {
    let ended = container.at(["state", "terminated"])?;
    let (message, reason) = (text(ended, &["message"]), text(ended, &["reason"]));
    if !message.is_empty() {
        return Some(message.to_owned());
    }
    if reason == "OOMKilled" {
        return Some(reason.to_owned());
    }
    let code = int(ended, &["exitCode"]).filter(|code| *code != 0)?;
    Some(format!("container \"{}\" failed with exit code {code}", text(container, &["name"])))
}

fn job(object: Node<'_>) -> Health {
    let (mut failed, mut complete, mut suspended, mut message) = (None, false, None, "");
    for [kind, status, _, said] in conditions(object) {
        match kind {
            "Failed" => failed = Some(said),
            "Complete" => (complete, message) = (true, said),
            "Suspended" => {
                (complete, message) = (true, said);
                suspended = (status == "True").then_some(said).or(suspended);
            }
            _ => {}
        }
    }
    match (failed, suspended) {
        (Some(failed), _) => Health::new(Degraded, failed),
        _ if !complete => Health::new(Progressing, message),
        (None, Some(suspended)) => Health::new(Suspended, suspended),
        (None, None) => Health::new(Healthy, message),
    }
}

fn autoscaler(object: Node<'_>) -> Health {
    const ANNOTATION: &str = "autoscaling.alpha.kubernetes.io/conditions";
    if text(object, &["apiVersion"]) != "autoscaling/v1" {
        let conditions: Vec<_> = conditions(object).collect();
        return scaling(&conditions);
    }
    let annotation = text(object, &["metadata", "annotations", ANNOTATION]);
    let file = SourceFile::new(ANNOTATION, annotation);
    let Ok(docs) = read(&file, &ReadOptions::default()) else {
        return Health::new(Unknown, format!("the annotation {ANNOTATION} is not JSON"));
    };
    let list = docs.first().map(|doc| doc.root());
    let keys = ["type", "status", "reason", "message"];
    let conditions: Vec<_> =
        list.into_iter().flat_map(Node::items).map(|item| keys.map(|key| text(item, &[key]))).collect();
    scaling(&conditions)
}

fn scaling(conditions: &[[&str; 4]]) -> Health {
    let degraded = |[kind, _, reason, _]: &&[&str; 4]| {
        matches!(
            (*kind, *reason),
            ("AbleToScale", "FailedGetScale" | "FailedUpdateScale")
                | (
                    "ScalingActive",
                    "FailedGetResourceMetric"
                        | "FailedGetContainerResourceMetric"
                        | "FailedGetPodsMetric"
                        | "FailedGetObjectMetric"
                        | "FailedGetExternalMetric"
                        | "InvalidSelector"
                        | "InvalidMetricSourceType"
                )
        )
    };
    let healthy =
        |[kind, status, ..]: &&[&str; 4]| matches!(*kind, "AbleToScale" | "ScalingLimited") && *status == "True";
    let found = |status, [.., message]: &[&str; 4]| Health::new(status, *message);
    conditions
        .iter()
        .find(degraded)
        .map(|condition| found(Degraded, condition))
        .or_else(|| conditions.iter().find(healthy).map(|condition| found(Healthy, condition)))
        .unwrap_or_else(|| Health::new(Progressing, "Waiting to Autoscale"))
}

fn api_service(object: Node<'_>) -> Health {
    match conditions(object).find(|[kind, ..]| *kind == "Available") {
        Some([_, status, reason, message]) => {
            let status = if status == "True" { Healthy } else { Progressing };
            Health::new(status, format!("{reason}: {message}"))
        }
        None => Health::new(Progressing, "Waiting to be processed"),
    }
}

fn workflow(object: Node<'_>) -> Health {
    let status = match text(object, &["status", "phase"]) {
        "" | "Pending" | "Running" => Progressing,
        "Succeeded" => Healthy,
        "Failed" | "Error" => Degraded,
        _ => Unknown,
    };
    Health::new(status, text(object, &["status", "message"]))
}
