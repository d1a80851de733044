//! Fields that the API server and its controllers allocate.

use longshore_manifest::GroupVersionKind;

/// Whether a field of a kind, given by the field names on its path, is allocated by the server when nobody declares it.
pub(crate) fn is_allocated(gvk: &GroupVersionKind, names: &[&str]) -> bool {
    match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("", "Service") => matches!(
            names,
            ["spec", "clusterIP" | "clusterIPs" | "ipFamilies" | "ipFamilyPolicy" | "healthCheckNodePort"]
                | ["spec", "ports", "nodePort"]
        ),
        ("", "Namespace") => {
            matches!(names, ["spec", "finalizers"] | ["metadata", "labels", "kubernetes.io/metadata.name"])
        }
        ("", "ServiceAccount") => matches!(names, ["secrets", ..]),
        ("", "PersistentVolumeClaim") => match names {
            ["spec", "volumeName" | "storageClassName" | "volumeAttributesClassName"] | ["metadata", "finalizers"] => {
                true
            }
            ["metadata", "annotations", name] => name.starts_with("pv.kubernetes.io/") || name.starts_with("volume."),
            _ => false,
        },
        ("", "PersistentVolume") => matches!(names, ["spec", "claimRef", ..] | ["metadata", "finalizers"]),
        ("", "Pod") => {
            matches!(names, ["spec", "nodeName" | "serviceAccount" | "serviceAccountName" | "tolerations" | "priority"])
        }
        ("batch", "Job") => match names {
            ["spec", "selector", ..] => true,
            ["spec", "template", "metadata", "labels", name] | ["metadata", "labels", name] => {
                name.ends_with("controller-uid") || name.ends_with("job-name")
            }
            ["metadata", "annotations", "batch.kubernetes.io/job-tracking"] => true,
            _ => false,
        },
        ("apps", "DaemonSet") => {
            matches!(names, ["metadata", "annotations", "deprecated.daemonset.template.generation"])
        }
        ("", "Node") => matches!(names, ["spec", "podCIDR" | "podCIDRs" | "providerID" | "taints"]),
        ("certificates.k8s.io", "CertificateSigningRequest") => {
            matches!(names, ["spec", "username" | "uid" | "groups" | "extra", ..])
        }
        ("networking.k8s.io", "ServiceCIDR") => matches!(names, ["metadata", "finalizers"]),
        ("flowcontrol.apiserver.k8s.io", _) => {
            matches!(names, ["metadata", "annotations", "apf.kubernetes.io/autoupdate-spec"])
        }
        _ => false,
    }
}
