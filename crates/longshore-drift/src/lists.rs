//! How the lists of built-in kinds are merged: by keys, as a set, or as one value.

/// What makes an item of a list itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListKind {
    /// These keys, with the value that a missing key has.
    Map(&'static [(&'static str, &'static str)]),
    /// Its value.
    Set,
    /// Nothing: the list is one value.
    Atomic,
}

const NAME: ListKind = ListKind::Map(&[("name", "")]);
const TYPE: ListKind = ListKind::Map(&[("type", "")]);

/// The list `field` of an object that is itself under `parent`; other groups than those of Kubernetes have atomic lists.
///
/// Source: `x-kubernetes-list-type` and `x-kubernetes-list-map-keys` of the API's published schema.
pub(crate) fn list_kind(builtin: bool, parent: &str, field: &str) -> ListKind {
    if parent == "metadata" {
        return match field {
            "finalizers" => ListKind::Set,
            "ownerReferences" => ListKind::Map(&[("uid", "")]),
            _ => ListKind::Atomic,
        };
    }
    if !builtin {
        return ListKind::Atomic;
    }
    match field {
        "containers"
        | "initContainers"
        | "ephemeralContainers"
        | "env"
        | "volumes"
        | "imagePullSecrets"
        | "webhooks"
        | "schedulingGates"
        | "resourceClaims"
        | "validations"
        | "matchConditions" => NAME,
        "claims" if parent == "resources" => NAME,
        "secrets" => NAME,
        "volumeMounts" => ListKind::Map(&[("mountPath", "")]),
        "volumeDevices" => ListKind::Map(&[("devicePath", "")]),
        "hostAliases" => ListKind::Map(&[("ip", "")]),
        "topologySpreadConstraints" => ListKind::Map(&[("topologyKey", ""), ("whenUnsatisfiable", "")]),
        "conditions" => TYPE,
        "ports" if parent == "spec" => ListKind::Map(&[("port", ""), ("protocol", "\"TCP\"")]),
        "ports" if matches!(parent, "containers" | "initContainers" | "ephemeralContainers") => {
            ListKind::Map(&[("containerPort", ""), ("protocol", "\"TCP\"")])
        }
        _ => ListKind::Atomic,
    }
}

/// Whether a group belongs to Kubernetes itself.
pub(crate) fn is_builtin(group: &str) -> bool {
    !group.contains('.')
        || matches!(group.strip_suffix(".k8s.io"), Some(name) if !name.contains('.') || name.starts_with("rbac"))
}
