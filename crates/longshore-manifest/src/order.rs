//! In which order resources are applied, so that each finds what it needs.

use std::cmp::Ordering;

use crate::gvk::GroupVersionKind;
use crate::id::ResourceId;

/// Kinds that others need, first to last; what is not here comes between these and the last ones.
const FIRST: [&str; 31] = [
    "Namespace",
    "CustomResourceDefinition",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
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

/// Kinds that stand in the way of everything applied after them.
const LAST: [&str; 6] = [
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

/// Place of a kind in the order of applying: lower first. Deleting goes the other way.
///
/// Namespaces and definitions come before what is in them, configuration before workloads, workloads before what
/// exposes them; custom resources and other unknown kinds after the known ones; admission policies and webhooks last.
pub fn apply_rank(gvk: &GroupVersionKind) -> usize {
    let place = |list: &[&str]| list.iter().position(|kind| *kind == gvk.kind);
    let last = || place(&LAST).map(|at| FIRST.len() + 1 + at);
    place(&FIRST).or_else(last).unwrap_or(FIRST.len())
}

/// The order of applying: by [`apply_rank`], then by kind, group, namespace and name. It is total, so that the result does not
/// depend on the order of input.
pub fn apply_order(a: &ResourceId, b: &ResourceId) -> Ordering {
    let key = |id: &ResourceId| apply_rank(&id.gvk);
    let rest = |id: &ResourceId| {
        let GroupVersionKind { group, version, kind } = &id.gvk;
        [kind.clone(), group.clone(), id.namespace.clone().unwrap_or_default(), id.name.clone(), version.clone()]
    };
    key(a).cmp(&key(b)).then_with(|| rest(a).cmp(&rest(b)))
}
