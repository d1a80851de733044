//! kstatus, the profile of Flux and cli-utils.
//!
//! Source: `pkg/kstatus/status` of kubernetes-sigs/cli-utils.

use longshore_yaml::Node;
use serde::Serialize;

use super::{conditions, group, int, items, text};

/// What the controllers made of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Status {
    /// All done.
    Current,
    /// Under way.
    InProgress,
    /// Stuck, and not getting further by itself.
    Failed,
    /// Being deleted.
    Terminating,
}

/// A status with the standard condition that would say so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The status.
    pub status: Status,
    /// Why: a word for machines; empty for what is current.
    pub reason: String,
    /// Why, for people; may be empty.
    pub message: String,
}

impl Outcome {
    /// The standard condition that is true: `Reconciling`, `Stalled`, or none.
    pub fn condition(&self) -> Option<&'static str> {
        match self.status {
            Status::InProgress => Some("Reconciling"),
            Status::Failed => Some("Stalled"),
            Status::Current | Status::Terminating => None,
        }
    }
}

fn outcome(status: Status, reason: &str, message: impl Into<String>) -> Outcome {
    Outcome { status, reason: reason.to_owned(), message: message.into() }
}

fn current(message: impl Into<String>) -> Outcome {
    outcome(Status::Current, "", message)
}

fn progress(reason: &str, message: impl Into<String>) -> Outcome {
    outcome(Status::InProgress, reason, message)
}

fn failed(reason: &str, message: impl Into<String>) -> Outcome {
    outcome(Status::Failed, reason, message)
}

/// The status of an object. `age` is how many seconds ago it was created, where that is known: a pod has 15 seconds to be
/// scheduled.
pub fn status(object: Node<'_>, age: Option<u64>) -> Outcome {
    generic(object).unwrap_or_else(|| match (group(object), text(object, &["kind"])) {
        ("", "Service") => service(object),
        ("", "Pod") => pod(object, age),
        ("", "Secret" | "ConfigMap") | ("batch", "CronJob") => current("Resource is always ready"),
        ("", "PersistentVolumeClaim") => claim(object),
        ("apps", "StatefulSet") => stateful_set(object),
        ("apps" | "extensions", "DaemonSet") => daemon_set(object),
        ("apps" | "extensions", "Deployment") => deployment(object),
        ("apps" | "extensions", "ReplicaSet") => replica_set(object),
        ("policy", "PodDisruptionBudget") => current("AllowedDisruptions has been computed."),
        ("batch", "Job") => job(object),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definition(object),
        _ => custom(object),
    })
}

fn generic(object: Node<'_>) -> Option<Outcome> {
    if !text(object, &["metadata", "deletionTimestamp"]).is_empty() {
        return Some(outcome(Status::Terminating, "", "Resource scheduled for deletion"));
    }
    let generation = int(object, &["metadata", "generation"]);
    let observed = int(object, &["status", "observedGeneration"]);
    if let Some((generation, observed)) = generation.zip(observed).filter(|(a, b)| a != b) {
        let kind = text(object, &["kind"]);
        let message = format!("{kind} generation is {generation}, but latest observed generation is {observed}");
        return Some(progress("LatestGenerationNotObserved", message));
    }
    conditions(object).find_map(|[kind, status, reason, message]| match (kind, status) {
        ("Reconciling", "True") => Some(progress(reason, message)),
        ("Stalled", "True") => Some(failed(reason, message)),
        _ => None,
    })
}

fn custom(object: Node<'_>) -> Outcome {
    match conditions(object).find(|[kind, ..]| *kind == "Ready") {
        Some([_, "True", ..]) => current("Resource is Ready"),
        Some([_, "False" | "Unknown", reason, message]) => progress(reason, message),
        _ => current("Resource is current"),
    }
}

fn status_of(object: Node<'_>, key: &str) -> i64 {
    int(object, &["status", key]).unwrap_or(0)
}

fn replicas(object: Node<'_>) -> i64 {
    int(object, &["spec", "replicas"]).unwrap_or(1)
}

/// Progress while one count is below another.
fn below(have: i64, want: i64, reason: &str, label: &str) -> Option<Outcome> {
    (want > have).then(|| progress(reason, format!("{label}: {have}/{want}")))
}

fn surplus(have: i64, want: i64) -> Option<Outcome> {
    (have > want).then(|| progress("ExtraPods", format!("Pending termination: {}", have - want)))
}

fn stateful_set(object: Node<'_>) -> Outcome {
    if text(object, &["spec", "updateStrategy", "type"]) == "OnDelete" {
        return current("StatefulSet is using the ondelete update strategy");
    }
    let (want, total) = (replicas(object), status_of(object, "replicas"));
    let updated = status_of(object, "updatedReplicas");
    let shortage = below(total, want, "LessReplicas", "Replicas")
        .or_else(|| below(status_of(object, "readyReplicas"), want, "LessReady", "Ready"))
        .or_else(|| surplus(total, want));
    if let Some(shortage) = shortage {
        return shortage;
    }
    if let Some(partition) =
        int(object, &["spec", "updateStrategy", "rollingUpdate", "partition"]).filter(|at| *at != -1)
    {
        return below(updated, want - partition, "PartitionRollout", "updated")
            .unwrap_or_else(|| current(format!("Partition rollout complete. updated: {updated}")));
    }
    if let Some(shortage) = below(status_of(object, "currentReplicas"), want, "LessCurrent", "current") {
        return shortage;
    }
    if text(object, &["status", "currentRevision"]) != text(object, &["status", "updateRevision"]) {
        return progress("RevisionMismatch", "Waiting for updated revision to match current");
    }
    current(format!("All replicas scheduled as expected. Replicas: {total}"))
}

fn deployment(object: Node<'_>) -> Outcome {
    // Without a deadline the controller writes no condition about progress.
    let deadline = int(object, &["spec", "progressDeadlineSeconds"]).filter(|at| *at != i64::from(i32::MAX));
    let (mut progressing, mut available) = (deadline.is_none(), false);
    for [kind, status, reason, _] in conditions(object) {
        match kind {
            "Progressing" if reason == "ProgressDeadlineExceeded" => {
                return failed(reason, "Progress deadline exceeded");
            }
            "Progressing" if status == "True" && reason == "NewReplicaSetAvailable" => progressing = true,
            "Available" if status == "True" => available = true,
            _ => {}
        }
    }
    let (want, total, updated) =
        (replicas(object), status_of(object, "replicas"), status_of(object, "updatedReplicas"));
    let shortage = below(total, want, "LessReplicas", "Replicas")
        .or_else(|| below(updated, want, "LessUpdated", "Updated"))
        .or_else(|| surplus(total, want))
        .or_else(|| below(status_of(object, "availableReplicas"), updated, "LessAvailable", "Available"))
        .or_else(|| below(status_of(object, "readyReplicas"), want, "LessReady", "Ready"));
    match shortage {
        Some(shortage) => shortage,
        None if !progressing => progress("ReplicaSetNotAvailable", "ReplicaSet not Available"),
        None if !available => progress("DeploymentNotAvailable", "Deployment not Available"),
        None => current(format!("Deployment is available. Replicas: {total}")),
    }
}

fn replica_set(object: Node<'_>) -> Outcome {
    if conditions(object).any(|[kind, status, ..]| kind == "ReplicaFailure" && status == "True") {
        return progress("ReplicaFailure", "Replica Failure condition. Check Pods");
    }
    let (want, total) = (replicas(object), status_of(object, "replicas"));
    below(status_of(object, "fullyLabeledReplicas"), want, "LessLabelled", "Labelled")
        .or_else(|| below(status_of(object, "availableReplicas"), want, "LessAvailable", "Available"))
        .or_else(|| below(status_of(object, "readyReplicas"), want, "LessReady", "Ready"))
        .or_else(|| surplus(total, want))
        .unwrap_or_else(|| current(format!("ReplicaSet is available. Replicas: {total}")))
}

fn daemon_set(object: Node<'_>) -> Outcome {
    let kind = text(object, &["kind"]);
    if int(object, &["metadata", "generation"]).is_none() {
        return progress("NoGeneration", format!("{kind} metadata.generation not found"));
    }
    if int(object, &["status", "observedGeneration"]).is_none() {
        return progress("NoObservedGeneration", format!("{kind} status.observedGeneration not found"));
    }
    let Some(want) = int(object, &["status", "desiredNumberScheduled"]).filter(|want| *want != -1) else {
        return progress("NoDesiredNumber", "Missing .status.desiredNumberScheduled");
    };
    below(status_of(object, "currentNumberScheduled"), want, "LessCurrent", "Current")
        .or_else(|| below(status_of(object, "updatedNumberScheduled"), want, "LessUpdated", "Updated"))
        .or_else(|| below(status_of(object, "numberAvailable"), want, "LessAvailable", "Available"))
        .or_else(|| below(status_of(object, "numberReady"), want, "LessReady", "Ready"))
        .unwrap_or_else(|| current(format!("All replicas scheduled as expected. Replicas: {want}")))
}

fn claim(object: Node<'_>) -> Outcome {
    match text(object, &["status", "phase"]) {
        "Bound" => current("PVC is Bound"),
        phase => {
            let phase = if phase.is_empty() { "unknown" } else { phase };
            progress("NotBound", format!("PVC is not Bound. phase: {phase}"))
        }
    }
}

fn pod(object: Node<'_>, age: Option<u64>) -> Outcome {
    match text(object, &["status", "phase"]) {
        "Succeeded" => current("Pod has completed successfully"),
        "Failed" => current("Pod has completed, but not successfully"),
        "Running" => running(object),
        "Pending" => {
            let unscheduled = |[kind, status, reason, _]: [&str; 4]| {
                kind == "PodScheduled" && status == "False" && reason == "Unschedulable"
            };
            match conditions(object).any(unscheduled) {
                false => progress("PodPending", "Pod is in the Pending phase"),
                true if age.is_some_and(|age| age < 15) => progress("PodNotScheduled", "Pod has not been scheduled"),
                true => failed("PodUnschedulable", "Pod could not be scheduled"),
            }
        }
        "" => progress("PodNotObserved", "Pod phase not available"),
        phase => progress("PodPhaseUnknown", format!("unknown phase {phase}")),
    }
}

fn running(object: Node<'_>) -> Outcome {
    if conditions(object).any(|[kind, status, ..]| kind == "Ready" && status == "True") {
        return current("Pod is Ready");
    }
    let crashing: Vec<&str> = items(object, &["status", "containerStatuses"])
        .filter(|container| text(*container, &["state", "waiting", "reason"]) == "CrashLoopBackOff")
        .map(|container| text(container, &["name"]))
        .collect();
    if crashing.is_empty() {
        return progress("PodRunningNotReady", "Pod is running but is not Ready");
    }
    failed("ContainerCrashLooping", format!("Containers in CrashLoop state: {}", crashing.join(",")))
}

fn job(object: Node<'_>) -> Outcome {
    let parallelism = int(object, &["spec", "parallelism"]).unwrap_or(1);
    let completions = int(object, &["spec", "completions"]).unwrap_or(parallelism);
    let [succeeded, active, lost] = ["succeeded", "active", "failed"].map(|key| status_of(object, key));
    let suspend = object.at(["spec", "suspend"]).and_then(Node::as_bool);
    for [kind, status, ..] in conditions(object) {
        match (kind, status) {
            ("Complete", "True") => return current(format!("Job Completed. succeeded: {succeeded}/{completions}")),
            ("Failed", "True") => return failed("JobFailed", format!("Job Failed. failed: {lost}/{completions}")),
            // The condition may be left over from before the job was resumed.
            ("Suspended", "True") if suspend == Some(true) => return current("Job is suspended"),
            _ => {}
        }
    }
    if text(object, &["status", "startTime"]).is_empty() {
        return progress("JobNotStarted", "Job not started");
    }
    current(format!("Job in progress. success:{succeeded}, active: {active}, failed: {lost}"))
}

fn service(object: Node<'_>) -> Outcome {
    let balanced = text(object, &["spec", "type"]) == "LoadBalancer";
    if balanced && text(object, &["spec", "clusterIP"]).is_empty() {
        return progress("NoIPAssigned", "ClusterIP not set. Service type: LoadBalancer");
    }
    current("Service is ready")
}

fn definition(object: Node<'_>) -> Outcome {
    for [kind, status, reason, message] in conditions(object) {
        match (kind, status) {
            ("NamesAccepted", "False") => return failed(reason, message),
            ("Established", "False") if reason != "Installing" => return failed(reason, message),
            ("Established", "True") => return current("CRD is established"),
            _ => {}
        }
    }
    progress("Installing", "Install in progress")
}
