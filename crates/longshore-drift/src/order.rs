//! In which order kinds are applied.

use longshore_manifest::ResourceId;

/// Kinds that others need, first to last; what is not here comes between `Workload` kinds and the last ones.
const FIRST: &[&str] = &[
    "Namespace",
    "CustomResourceDefinition",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodDisruptionBudget",
    "PriorityClass",
    "ServiceAccount",
    "Secret",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
];

/// Kinds that get in the way of everything applied after them.
const LAST: &[&str] = &[
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

/// Where a resource stands in the order of applying: kind, group, namespace, name. Total, so ties do not depend on input.
pub(crate) fn rank(id: &ResourceId) -> (usize, &str, &str, &str, &str) {
    let kind = id.gvk.kind.as_str();
    let first = FIRST.iter().position(|name| *name == kind);
    let last = || LAST.iter().position(|name| *name == kind).map(|at| FIRST.len() + 1 + at);
    let place = first.or_else(last).unwrap_or(FIRST.len());
    (place, kind, &id.gvk.group, id.namespace.as_deref().unwrap_or_default(), &id.name)
}

/// Whether a resource, once applied, may refuse what is applied after it.
pub(crate) fn is_last(id: &ResourceId) -> bool {
    LAST.contains(&id.gvk.kind.as_str())
}
