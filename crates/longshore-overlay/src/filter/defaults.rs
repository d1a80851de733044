//! The field specs that hold unless a kustomization says otherwise: the facts of kustomize's `builtinpluginconsts`.

mod references;

use std::borrow::Cow;

use crate::filter::fieldspec::{FieldSpec, Gvk};

pub(super) use references::NAME_REFERENCE;

/// Fields of one type of object. The type is `group/version` (either may be absent: `apps`, `/v1`) and a kind.
pub(super) struct Rows {
    api: &'static str,
    kind: &'static str,
    paths: &'static [&'static str],
    create: bool,
}

/// Names of one type of object, and the fields that refer to it.
pub(super) struct Referred {
    pub(super) group: &'static str,
    pub(super) version: &'static str,
    pub(super) kind: &'static str,
    pub(super) by: &'static [Rows],
}

const fn at(api: &'static str, kind: &'static str, paths: &'static [&'static str]) -> Rows {
    Rows { api, kind, paths, create: false }
}

const fn make(api: &'static str, kind: &'static str, paths: &'static [&'static str]) -> Rows {
    Rows { api, kind, paths, create: true }
}

const fn referred(group: &'static str, version: &'static str, kind: &'static str, by: &'static [Rows]) -> Referred {
    Referred { group, version, kind, by }
}

/// The rows as field specs, in their order.
pub(super) fn specs(rows: &[Rows]) -> Vec<FieldSpec> {
    let spec = |row: &Rows, path: &'static str| {
        let (group, version) = row.api.split_once('/').unwrap_or((row.api, ""));
        let gvk = Gvk { group: group.into(), version: version.into(), kind: row.kind.into() };
        FieldSpec { gvk, path: Cow::Borrowed(path), create: row.create }
    };
    rows.iter().flat_map(|row| row.paths.iter().map(move |path| spec(row, path))).collect()
}

pub(super) const NAME_PREFIX: &[Rows] = &[at("", "", &["metadata/name"])];

pub(super) const NAME_SUFFIX: &[Rows] = &[at("", "", &["metadata/name"])];

pub(super) const NAMESPACE: &[Rows] = &[
    make("", "Namespace", &["metadata/name"]),
    at("apiextensions.k8s.io", "CustomResourceDefinition", &["spec/conversion/webhook/clientConfig/service/namespace"]),
    make("apiregistration.k8s.io", "APIService", &["spec/service/namespace"]),
];

pub(super) const COMMON_LABELS: &[Rows] = &[
    make("/v1", "Service", &["spec/selector"]),
    at(
        "apps",
        "Deployment",
        &[
            "spec/template/spec/affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
            "spec/template/spec/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
            "spec/template/spec/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
            "spec/template/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
            "spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels",
        ],
    ),
    make("", "Deployment", &["spec/template/metadata/labels", "spec/selector/matchLabels"]),
    make("apps", "StatefulSet", &["spec/selector/matchLabels"]),
    at(
        "apps",
        "StatefulSet",
        &[
            "spec/template/spec/affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
            "spec/template/spec/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
            "spec/template/spec/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
            "spec/template/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
            "spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels",
        ],
    ),
    make("apps", "StatefulSet", &["spec/volumeClaimTemplates[]/metadata/labels", "spec/template/metadata/labels"]),
    make("batch", "CronJob", &["spec/jobTemplate/metadata/labels", "spec/jobTemplate/spec/template/metadata/labels"]),
    at("batch", "CronJob", &["spec/jobTemplate/spec/selector/matchLabels"]),
    at("policy", "PodDisruptionBudget", &["spec/selector/matchLabels"]),
    at("batch", "Job", &["spec/selector/matchLabels"]),
    make("batch", "Job", &["spec/template/metadata/labels"]),
    at(
        "networking.k8s.io",
        "NetworkPolicy",
        &[
            "spec/egress/to/podSelector/matchLabels",
            "spec/ingress/from/podSelector/matchLabels",
            "spec/podSelector/matchLabels",
        ],
    ),
    make("/v1", "ReplicationController", &["spec/template/metadata/labels", "spec/selector"]),
    make("", "DaemonSet", &["spec/template/metadata/labels", "spec/selector/matchLabels"]),
    make("", "ReplicaSet", &["spec/template/metadata/labels", "spec/selector/matchLabels"]),
    make("", "", &["metadata/labels"]),
];

pub(super) const TEMPLATE_LABELS: &[Rows] = &[
    make("", "Deployment", &["spec/template/metadata/labels"]),
    make("apps", "StatefulSet", &["spec/template/metadata/labels"]),
    make("batch", "CronJob", &["spec/jobTemplate/metadata/labels", "spec/jobTemplate/spec/template/metadata/labels"]),
    make("batch", "Job", &["spec/template/metadata/labels"]),
    make("/v1", "ReplicationController", &["spec/template/metadata/labels"]),
    make("", "DaemonSet", &["spec/template/metadata/labels"]),
    make("", "ReplicaSet", &["spec/template/metadata/labels"]),
    make("", "", &["metadata/labels"]),
];

pub(super) const VOLUME_CLAIM_TEMPLATE_LABELS: &[Rows] =
    &[make("apps", "StatefulSet", &["spec/volumeClaimTemplates[]/metadata/labels"])];

pub(super) const COMMON_ANNOTATIONS: &[Rows] = &[
    make("", "Deployment", &["spec/template/metadata/annotations"]),
    make("", "StatefulSet", &["spec/template/metadata/annotations"]),
    make(
        "batch",
        "CronJob",
        &["spec/jobTemplate/metadata/annotations", "spec/jobTemplate/spec/template/metadata/annotations"],
    ),
    make("batch", "Job", &["spec/template/metadata/annotations"]),
    make("/v1", "ReplicationController", &["spec/template/metadata/annotations"]),
    make("", "DaemonSet", &["spec/template/metadata/annotations"]),
    make("", "ReplicaSet", &["spec/template/metadata/annotations"]),
    make("", "", &["metadata/annotations"]),
];

pub(super) const VAR_REFERENCE: &[Rows] = &[
    at("", "Service", &["spec/ports/port", "spec/ports/targetPort"]),
    at("", "PersistentVolume", &["spec/nfs/server"]),
    at(
        "",
        "Deployment",
        &[
            "spec/template/spec/initContainers/volumeMounts/mountPath",
            "spec/template/spec/initContainers/env/value",
            "spec/template/spec/initContainers/command",
            "spec/template/spec/initContainers/args",
            "spec/template/spec/containers/volumeMounts/mountPath",
            "spec/template/spec/containers/env/value",
            "spec/template/spec/volumes/nfs/server",
            "spec/template/metadata/annotations",
            "spec/template/spec/containers/command",
            "spec/template/spec/containers/args",
        ],
    ),
    at(
        "",
        "StatefulSet",
        &[
            "spec/template/spec/containers/volumeMounts/mountPath",
            "spec/template/spec/containers/env/value",
            "spec/template/spec/initContainers/args",
            "spec/volumeClaimTemplates/spec/nfs/server",
            "spec/template/spec/initContainers/command",
            "spec/template/spec/containers/command",
            "spec/template/spec/containers/args",
            "spec/template/spec/initContainers/volumeMounts/mountPath",
            "spec/template/spec/initContainers/env/value",
        ],
    ),
    at(
        "",
        "CronJob",
        &[
            "spec/jobTemplate/spec/template/spec/initContainers/env/value",
            "spec/jobTemplate/spec/template/spec/initContainers/command",
            "spec/jobTemplate/spec/template/spec/initContainers/args",
            "spec/jobTemplate/spec/template/spec/containers/volumeMounts/mountPath",
            "spec/jobTemplate/spec/template/spec/containers/env/value",
            "spec/jobTemplate/spec/template/spec/containers/command",
            "spec/jobTemplate/spec/template/spec/initContainers/volumeMounts/mountPath",
            "spec/jobTemplate/spec/template/volumes/nfs/server",
            "spec/jobTemplate/spec/template/spec/containers/args",
        ],
    ),
    at(
        "",
        "DaemonSet",
        &[
            "spec/template/spec/containers/command",
            "spec/template/spec/volumes/nfs/server",
            "spec/template/spec/initContainers/volumeMounts/mountPath",
            "spec/template/spec/initContainers/env/value",
            "spec/template/spec/initContainers/command",
            "spec/template/spec/initContainers/args",
            "spec/template/spec/containers/volumeMounts/mountPath",
            "spec/template/spec/containers/env/value",
            "spec/template/spec/containers/args",
        ],
    ),
    at("", "Ingress", &["spec/tls/secretName", "spec/tls/hosts", "spec/rules/host"]),
    at(
        "",
        "Job",
        &[
            "spec/template/spec/initContainers/command",
            "spec/template/spec/volumes/nfs/server",
            "spec/template/spec/containers/args",
            "spec/template/spec/containers/command",
            "spec/template/spec/containers/env/value",
            "spec/template/spec/containers/volumeMounts/mountPath",
            "spec/template/spec/initContainers/args",
            "spec/template/spec/initContainers/env/value",
            "spec/template/spec/initContainers/volumeMounts/mountPath",
        ],
    ),
    at(
        "",
        "Pod",
        &[
            "spec/containers/volumeMounts/mountPath",
            "spec/containers/args",
            "spec/initContainers/command",
            "spec/initContainers/env/value",
            "spec/initContainers/volumeMounts/mountPath",
            "spec/volumes/nfs/server",
            "spec/initContainers/args",
            "spec/containers/env/value",
            "spec/containers/command",
        ],
    ),
    at(
        "",
        "ReplicaSet",
        &[
            "spec/template/spec/volumes/nfs/server",
            "spec/template/spec/containers/volumeMounts/mountPath",
            "spec/template/spec/containers/env/value",
            "spec/template/spec/containers/command",
            "spec/template/spec/containers/args",
            "spec/template/spec/initContainers/args",
            "spec/template/spec/initContainers/volumeMounts/mountPath",
            "spec/template/spec/initContainers/env/value",
            "spec/template/spec/initContainers/command",
        ],
    ),
    at("", "", &["metadata/labels", "metadata/annotations"]),
];

pub(super) const IMAGES: &[Rows] = &[make(
    "",
    "",
    &[
        "spec/containers[]/image",
        "spec/initContainers[]/image",
        "spec/volumes[]/image/reference",
        "spec/template/spec/containers[]/image",
        "spec/template/spec/initContainers[]/image",
        "spec/template/spec/volumes[]/image/reference",
    ],
)];

pub(super) const REPLICAS: &[Rows] = &[
    make("", "Deployment", &["spec/replicas"]),
    make("", "StatefulSet", &["spec/replicas"]),
    make("", "ReplicaSet", &["spec/replicas"]),
    make("", "ReplicationController", &["spec/replicas"]),
];
