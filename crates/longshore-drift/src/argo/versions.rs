//! API versions that servers no longer have, but whose objects are still found: how they differ from their successors.

use longshore_manifest::GroupVersionKind;
use longshore_yaml::{Document, NodeId};

use super::gvk_of;
use crate::defaults;

/// The version of today with the same fields.
pub(super) fn successor(gvk: &GroupVersionKind) -> Option<GroupVersionKind> {
    let (group, kinds): (&str, &[&str]) = match (gvk.group.as_str(), gvk.version.as_str()) {
        ("apps", "v1beta1") => ("apps", &["Deployment", "StatefulSet", "ControllerRevision"]),
        ("apps", "v1beta2") => {
            ("apps", &["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ControllerRevision"])
        }
        ("extensions", "v1beta1") => ("apps", &["Deployment", "DaemonSet", "ReplicaSet"]),
        ("batch", "v1beta1") => ("batch", &["CronJob"]),
        ("policy", "v1beta1") => ("policy", &["PodDisruptionBudget"]),
        ("rbac.authorization.k8s.io", "v1beta1" | "v1alpha1") => {
            ("rbac.authorization.k8s.io", &["Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"])
        }
        ("admissionregistration.k8s.io", "v1beta1") => {
            ("admissionregistration.k8s.io", &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"])
        }
        ("storage.k8s.io", "v1beta1") => {
            ("storage.k8s.io", &["StorageClass", "VolumeAttachment", "CSIDriver", "CSINode"])
        }
        ("scheduling.k8s.io", "v1beta1" | "v1alpha1") => ("scheduling.k8s.io", &["PriorityClass"]),
        ("coordination.k8s.io", "v1beta1") => ("coordination.k8s.io", &["Lease"]),
        _ => return None,
    };
    let is_same = kinds.contains(&gvk.kind.as_str());
    is_same.then(|| GroupVersionKind { group: group.to_owned(), version: "v1".to_owned(), kind: gvk.kind.clone() })
}

/// Removes what only the version of today writes where it is empty: the selector, which was not required once.
pub(super) fn drop_what_is_new(doc: &mut Document) {
    let gvk = gvk_of(doc.root());
    if !matches!((gvk.group.as_str(), gvk.version.as_str()), ("apps" | "extensions", "v1beta1")) {
        return;
    }
    let spec = doc.root().get("spec").filter(|spec| spec.get("selector").is_some_and(|selector| selector.is_null()));
    if let Some(spec) = spec.map(|spec| spec.resolved().id()) {
        doc.map_remove(spec, "selector");
    }
}

/// Completes an object with the defaults of its version, as the type alone decides them.
pub(super) fn complete(doc: &mut Document, gvk: &GroupVersionKind) {
    let mut old = Old { doc };
    match (gvk.group.as_str(), gvk.version.as_str(), gvk.kind.as_str()) {
        ("apps", "v1beta1", "Deployment") => old.deployment(2, 600, "25%"),
        ("extensions", "v1beta1", "Deployment") => old.deployment(i64::from(i32::MAX), i64::from(i32::MAX), "1"),
        ("apps", "v1beta1", "StatefulSet") => old.stateful_set(),
        ("extensions", "v1beta1", "DaemonSet") => old.daemon_set(),
        ("extensions", "v1beta1", "ReplicaSet") => old.labels_of_template(),
        ("admissionregistration.k8s.io", "v1beta1", _) => old.webhooks(),
        _ => {}
    }
    defaults::fill_scheme(doc, &successor(gvk).unwrap_or_else(|| gvk.clone()));
}

struct Old<'d> {
    doc: &'d mut Document,
}

impl Old<'_> {
    fn at(&self, path: &[&str]) -> Option<NodeId> {
        let node = self.doc.root().at(path.iter().copied())?;
        Some(node.resolved().id()).filter(|id| self.doc.node(*id).is_mapping())
    }

    fn set(&mut self, map: NodeId, key: &str, value: impl FnOnce(&mut Document) -> NodeId) {
        if self.doc.node(map).get(key).is_none_or(|node| node.is_null()) {
            let value = value(self.doc);
            self.doc.map_set(map, key, value);
        }
    }

    fn map(&mut self, map: NodeId, key: &str) -> NodeId {
        self.set(map, key, Document::add_mapping);
        self.doc.node(map).get(key).map_or(map, |node| node.resolved().id())
    }

    /// Labels and selector were those of the template where nothing else was said.
    fn labels_of_template(&mut self) {
        let Some(labels) = self.at(&["spec", "template", "metadata", "labels"]) else { return };
        if self.doc.node(labels).is_empty() {
            return;
        }
        if let (Some(spec), None) = (self.at(&["spec"]), self.at(&["spec", "selector"])) {
            let selector = self.map(spec, "selector");
            self.copy(selector, "matchLabels", labels);
        }
        if let Some(metadata) = self.at(&["metadata"]) {
            self.copy(metadata, "labels", labels);
        }
    }

    fn copy(&mut self, map: NodeId, key: &str, from: NodeId) {
        if self.doc.node(map).get(key).is_none_or(|node| node.is_null() || node.is_empty()) {
            let copy = Document::from_node(self.doc.node(from));
            let copy = self.doc.import(copy.root());
            self.doc.map_set(map, key, copy);
        }
    }

    fn deployment(&mut self, history: i64, deadline: i64, at_once: &str) {
        self.labels_of_template();
        let Some(spec) = self.at(&["spec"]) else { return };
        self.set(spec, "revisionHistoryLimit", |doc| doc.add_int(history));
        self.set(spec, "progressDeadlineSeconds", |doc| doc.add_int(deadline));
        let strategy = self.map(spec, "strategy");
        self.set(strategy, "type", |doc| doc.add_str("RollingUpdate"));
        if self.doc.node(strategy).get("type").is_some_and(|kind| kind.text() == "RollingUpdate") {
            let rolling = self.map(strategy, "rollingUpdate");
            for key in ["maxUnavailable", "maxSurge"] {
                self.set(rolling, key, |doc| match at_once.parse() {
                    Ok(count) => doc.add_int(count),
                    Err(_) => doc.add_str(at_once),
                });
            }
        }
    }

    fn stateful_set(&mut self) {
        self.labels_of_template();
        let Some(spec) = self.at(&["spec"]) else { return };
        let strategy = self.map(spec, "updateStrategy");
        self.set(strategy, "type", |doc| doc.add_str("OnDelete"));
    }

    fn daemon_set(&mut self) {
        self.labels_of_template();
        let Some(spec) = self.at(&["spec"]) else { return };
        let strategy = self.map(spec, "updateStrategy");
        self.set(strategy, "type", |doc| doc.add_str("OnDelete"));
    }

    fn webhooks(&mut self) {
        let hooks = self.doc.root().get("webhooks").into_iter().flat_map(|hooks| hooks.items());
        let hooks: Vec<NodeId> =
            hooks.map(|hook| hook.resolved()).filter(|hook| hook.is_mapping()).map(|hook| hook.id()).collect();
        for hook in hooks {
            for (key, value) in [("failurePolicy", "Ignore"), ("matchPolicy", "Exact"), ("sideEffects", "Unknown")] {
                self.set(hook, key, |doc| doc.add_str(value));
            }
            self.set(hook, "timeoutSeconds", |doc| doc.add_int(30));
            self.set(hook, "admissionReviewVersions", |doc| {
                let (list, version) = (doc.add_sequence(), doc.add_str("v1beta1"));
                doc.seq_push(list, version);
                list
            });
        }
    }
}
