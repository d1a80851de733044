//! What the API server fills in where a manifest of a built-in kind is silent.

mod cluster;

use longshore_manifest::GroupVersionKind;
use longshore_yaml::{Document, NodeId, Scalar};

/// Completes an object of a built-in kind with the API server's defaults. Gives a mark: nodes with a later id were added.
///
/// Only what the type alone decides: what the server allocates (addresses, ports) and what admission adds is not here.
pub(crate) fn fill(doc: &mut Document, gvk: &GroupVersionKind) -> NodeId {
    let mark = doc.add_null();
    fill_as(Filler { doc, server: true }, gvk);
    mark
}

/// Completes an object as a client can: without what the server's admission, conversion and storage add.
pub(crate) fn fill_scheme(doc: &mut Document, gvk: &GroupVersionKind) {
    fill_as(Filler { doc, server: false }, gvk);
}

fn fill_as(mut filler: Filler<'_>, gvk: &GroupVersionKind) {
    let root = filler.doc.root_id();
    match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("apps", "Deployment") => filler.deployment(root),
        ("apps", "ReplicaSet") => filler.replica_set(root),
        ("apps", "StatefulSet") => filler.stateful_set(root),
        ("apps", "DaemonSet") => filler.daemon_set(root),
        ("batch", "Job") => filler.job_object(root),
        ("batch", "CronJob") => filler.cron_job(root),
        ("autoscaling", "HorizontalPodAutoscaler") => filler.autoscaler(root, &gvk.version),
        ("networking.k8s.io", "NetworkPolicy") => filler.network_policy(root),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => filler.role_binding(root),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration") => filler.webhooks(root, true),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration") => filler.webhooks(root, false),
        ("apiregistration.k8s.io", "APIService") => filler.service_reference(root, &["spec", "service"]),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => filler.definition(root),
        ("discovery.k8s.io", "EndpointSlice") => filler.endpoint_slice(root),
        ("storage.k8s.io", "StorageClass") => {
            filler.text(root, "reclaimPolicy", "Delete");
            filler.text(root, "volumeBindingMode", "Immediate");
        }
        ("scheduling.k8s.io", "PriorityClass") => filler.text(root, "preemptionPolicy", "PreemptLowerPriority"),
        ("", "Pod") => filler.pod(root),
        ("", "ReplicationController") => filler.replication_controller(root),
        ("", "Service") => filler.service(root),
        ("", "Secret") => filler.text(root, "type", "Opaque"),
        ("", "LimitRange") => filler.limit_range(root),
        ("", "PersistentVolumeClaim") => filler.claim_spec(root),
        ("", "PersistentVolume") => filler.volume_object(root),
        ("", "Namespace") => filler.namespace(root),
        ("", "PodTemplate") => filler.template(root),
        ("", "Endpoints") => filler.endpoints(root),
        _ => filler.cluster_kind(root, gvk),
    }
}

struct Filler<'d> {
    doc: &'d mut Document,
    /// Whether to add what only a server does.
    server: bool,
}

impl Filler<'_> {
    // Deciding and setting

    fn get(&self, map: NodeId, key: &str) -> Option<NodeId> {
        self.doc.node(map).get(key).filter(|node| !node.is_null()).map(|node| node.resolved().id())
    }

    fn at(&self, map: NodeId, path: &[&str]) -> Option<NodeId> {
        path.iter().try_fold(map, |node, key| self.get(node, key))
    }

    fn str_at(&self, map: NodeId, key: &str) -> &str {
        self.get(map, key).map_or("", |id| self.doc.node(id).text())
    }

    fn items(&self, map: NodeId, key: &str) -> Vec<NodeId> {
        self.get(map, key)
            .map_or(Vec::new(), |list| self.doc.node(list).items().map(|item| item.resolved().id()).collect())
    }

    fn absent(&self, map: NodeId, key: &str) -> bool {
        self.doc.node(map).is_mapping() && self.get(map, key).is_none()
    }

    fn text(&mut self, map: NodeId, key: &str, value: &str) {
        if self.absent(map, key) {
            let value = self.doc.add_str(value);
            self.doc.map_set(map, key, value);
        }
    }

    fn int(&mut self, map: NodeId, key: &str, value: i64) {
        if self.absent(map, key) {
            let value = self.doc.add_int(value);
            self.doc.map_set(map, key, value);
        }
    }

    fn bool(&mut self, map: NodeId, key: &str, value: bool) {
        if self.absent(map, key) {
            let value = self.doc.add_bool(value);
            self.doc.map_set(map, key, value);
        }
    }

    /// The mapping under a key, made where there is none.
    fn map(&mut self, map: NodeId, key: &str) -> NodeId {
        if let Some(found) = self.get(map, key) {
            return found;
        }
        let made = self.doc.add_mapping();
        self.doc.map_set(map, key, made);
        made
    }

    /// An empty mapping for a struct, which every server writes and no client has to.
    fn empty_struct(&mut self, map: NodeId, key: &str) {
        if self.server {
            self.empty_map(map, key);
        }
    }

    fn empty_map(&mut self, map: NodeId, key: &str) {
        if self.absent(map, key) {
            self.map(map, key);
        }
    }

    fn copy(&mut self, map: NodeId, key: &str, from: NodeId) {
        if self.absent(map, key) {
            let copy = self.copy_of(from);
            self.doc.map_set(map, key, copy);
        }
    }

    fn copy_of(&mut self, from: NodeId) -> NodeId {
        let node = self.doc.node(from);
        let (text, tag, style) = (node.text().to_owned(), node.tag(), node.style());
        self.doc.add_scalar(&text, tag, style)
    }

    // Workloads

    fn deployment(&mut self, root: NodeId) {
        let Some(spec) = self.get(root, "spec") else { return };
        self.int(spec, "replicas", 1);
        self.template(spec);
        let strategy = self.map(spec, "strategy");
        self.text(strategy, "type", "RollingUpdate");
        if self.str_at(strategy, "type") == "RollingUpdate" {
            let rolling = self.map(strategy, "rollingUpdate");
            self.text(rolling, "maxUnavailable", "25%");
            self.text(rolling, "maxSurge", "25%");
        }
        self.int(spec, "revisionHistoryLimit", 10);
        self.int(spec, "progressDeadlineSeconds", 600);
    }

    fn replica_set(&mut self, root: NodeId) {
        let Some(spec) = self.get(root, "spec") else { return };
        self.int(spec, "replicas", 1);
        self.template(spec);
    }

    /// Labels and selector of the oldest of workloads come from its template.
    fn replication_controller(&mut self, root: NodeId) {
        self.replica_set(root);
        let Some(labels) = self.at(root, &["spec", "template", "metadata", "labels"]) else { return };
        for (path, key) in [("metadata", "labels"), ("spec", "selector")] {
            if let Some(map) = self.get(root, path).filter(|map| self.absent(*map, key)) {
                let copy = Document::from_node(self.doc.node(labels));
                let copy = self.doc.import(copy.root());
                self.doc.map_set(map, key, copy);
            }
        }
    }

    fn stateful_set(&mut self, root: NodeId) {
        let Some(spec) = self.get(root, "spec") else { return };
        self.int(spec, "replicas", 1);
        self.template(spec);
        for claim in self.items(spec, "volumeClaimTemplates") {
            if self.server {
                self.text(claim, "kind", "PersistentVolumeClaim");
                self.text(claim, "apiVersion", "v1");
            }
            self.claim_spec(claim);
            let status = self.map(claim, "status");
            self.text(status, "phase", "Pending");
        }
        self.text(spec, "podManagementPolicy", "OrderedReady");
        let strategy = self.map(spec, "updateStrategy");
        self.text(strategy, "type", "RollingUpdate");
        if self.str_at(strategy, "type") == "RollingUpdate" {
            let rolling = self.map(strategy, "rollingUpdate");
            self.int(rolling, "partition", 0);
        }
        self.int(spec, "revisionHistoryLimit", 10);
        let retention = self.map(spec, "persistentVolumeClaimRetentionPolicy");
        self.text(retention, "whenDeleted", "Retain");
        self.text(retention, "whenScaled", "Retain");
    }

    fn daemon_set(&mut self, root: NodeId) {
        let Some(spec) = self.get(root, "spec") else { return };
        self.template(spec);
        let strategy = self.map(spec, "updateStrategy");
        self.text(strategy, "type", "RollingUpdate");
        if self.str_at(strategy, "type") == "RollingUpdate" {
            let rolling = self.map(strategy, "rollingUpdate");
            self.int(rolling, "maxUnavailable", 1);
            self.int(rolling, "maxSurge", 0);
        }
        self.int(spec, "revisionHistoryLimit", 10);
    }

    fn job_object(&mut self, root: NodeId) {
        if let Some(spec) = self.get(root, "spec") {
            self.job(spec);
            self.text(spec, "completionMode", "NonIndexed");
            self.bool(spec, "suspend", false);
            if self.server {
                self.bool(spec, "manualSelector", false);
            }
            let replace = if self.get(spec, "podFailurePolicy").is_some() { "Failed" } else { "TerminatingOrFailed" };
            self.text(spec, "podReplacementPolicy", replace);
        }
    }

    fn job(&mut self, spec: NodeId) {
        if self.get(spec, "completions").is_none() && self.get(spec, "parallelism").is_none() {
            self.int(spec, "completions", 1);
        }
        self.int(spec, "parallelism", 1);
        let unlimited = self.get(spec, "backoffLimitPerIndex").is_some();
        self.int(spec, "backoffLimit", if unlimited { i64::from(i32::MAX) } else { 6 });
        for rule in self.at(spec, &["podFailurePolicy"]).map_or(Vec::new(), |policy| self.items(policy, "rules")) {
            for condition in self.items(rule, "onPodConditions") {
                self.text(condition, "status", "True");
            }
        }
        self.template(spec);
    }

    fn cron_job(&mut self, root: NodeId) {
        let Some(spec) = self.get(root, "spec") else { return };
        self.text(spec, "concurrencyPolicy", "Allow");
        self.bool(spec, "suspend", false);
        self.int(spec, "successfulJobsHistoryLimit", 3);
        self.int(spec, "failedJobsHistoryLimit", 1);
        if let Some(template) = self.at(spec, &["jobTemplate", "spec", "template"]) {
            self.pod_template(template);
        }
    }

    fn template(&mut self, spec: NodeId) {
        if let Some(template) = self.get(spec, "template") {
            self.pod_template(template);
        }
    }

    fn pod_template(&mut self, template: NodeId) {
        if let Some(spec) = self.get(template, "spec") {
            self.pod_spec(spec);
        }
    }

    fn pod(&mut self, root: NodeId) {
        let Some(spec) = self.get(root, "spec") else { return };
        for list in ["containers", "initContainers"] {
            for container in self.items(spec, list) {
                self.requests_from_limits(container);
            }
        }
        self.pod_spec(spec);
        self.bool(spec, "enableServiceLinks", true);
        if self.server {
            self.text(spec, "preemptionPolicy", "PreemptLowerPriority");
            self.int(spec, "priority", 0);
        }
    }

    fn requests_from_limits(&mut self, container: NodeId) {
        let Some(resources) = self.get(container, "resources") else { return };
        let Some(limits) = self.get(resources, "limits") else { return };
        let entries: Vec<(String, NodeId)> =
            self.doc.node(limits).entries().map(|(key, value)| (key.text().to_owned(), value.id())).collect();
        let requests = self.map(resources, "requests");
        for (key, value) in entries {
            self.copy(requests, &key, value);
        }
    }

    fn pod_spec(&mut self, spec: NodeId) {
        self.text(spec, "restartPolicy", "Always");
        self.int(spec, "terminationGracePeriodSeconds", 30);
        self.text(spec, "dnsPolicy", "ClusterFirst");
        self.empty_map(spec, "securityContext");
        self.text(spec, "schedulerName", "default-scheduler");
        let host = self.get(spec, "hostNetwork").is_some_and(|id| self.doc.node(id).as_bool() == Some(true));
        for list in ["containers", "initContainers", "ephemeralContainers"] {
            for container in self.items(spec, list) {
                self.container(container, host);
            }
        }
        for volume in self.items(spec, "volumes") {
            self.volume(volume);
        }
        if let Some(account) = self.get(spec, "serviceAccountName").filter(|_| self.server) {
            self.copy(spec, "serviceAccount", account);
        }
    }

    fn container(&mut self, container: NodeId, host: bool) {
        for port in self.items(container, "ports") {
            self.text(port, "protocol", "TCP");
            if let Some(number) = self.get(port, "containerPort").filter(|_| host) {
                self.copy(port, "hostPort", number);
            }
        }
        for env in self.items(container, "env") {
            if let Some(field) = self.at(env, &["valueFrom", "fieldRef"]) {
                self.text(field, "apiVersion", "v1");
            }
            if let Some(field) = self.at(env, &["valueFrom", "resourceFieldRef"]) {
                self.text(field, "divisor", "0");
            }
        }
        self.empty_struct(container, "resources");
        for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
            if let Some(probe) = self.get(container, probe) {
                self.probe(probe);
            }
        }
        for hook in ["postStart", "preStop"] {
            if let Some(get) = self.at(container, &["lifecycle", hook, "httpGet"]) {
                self.http_get(get);
            }
        }
        self.text(container, "terminationMessagePath", "/dev/termination-log");
        self.text(container, "terminationMessagePolicy", "File");
        let policy = if is_latest(self.str_at(container, "image")) { "Always" } else { "IfNotPresent" };
        self.text(container, "imagePullPolicy", policy);
    }

    fn probe(&mut self, probe: NodeId) {
        if let Some(get) = self.get(probe, "httpGet") {
            self.http_get(get);
        }
        if let Some(grpc) = self.get(probe, "grpc") {
            self.text(grpc, "service", "");
        }
        for (key, value) in
            [("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)]
        {
            // A zero, too, means "not said".
            if self.get(probe, key).is_some_and(|id| self.doc.node(id).as_i64() == Some(0)) {
                self.doc.map_remove(probe, key);
            }
            self.int(probe, key, value);
        }
    }

    fn http_get(&mut self, get: NodeId) {
        self.text(get, "path", "/");
        self.text(get, "scheme", "HTTP");
    }

    fn volume(&mut self, volume: NodeId) {
        if self.doc.node(volume).len() == 1 {
            self.empty_map(volume, "emptyDir");
        }
        for source in ["secret", "configMap", "downwardAPI", "projected"] {
            if let Some(source) = self.get(volume, source) {
                self.int(source, "defaultMode", 420);
                self.field_references(source);
                for source in self.items(source, "sources") {
                    if let Some(token) = self.get(source, "serviceAccountToken") {
                        self.int(token, "expirationSeconds", 3600);
                    }
                    if let Some(downward) = self.get(source, "downwardAPI") {
                        self.field_references(downward);
                    }
                }
            }
        }
        if let Some(path) = self.get(volume, "hostPath") {
            self.text(path, "type", "");
        }
        self.volume_source(volume);
        if let Some(claim) = self.at(volume, &["ephemeral", "volumeClaimTemplate"]) {
            self.claim_spec(claim);
        }
    }

    /// What volumes of pods and persistent volumes have in common.
    fn volume_source(&mut self, volume: NodeId) {
        if let Some(iscsi) = self.get(volume, "iscsi") {
            self.text(iscsi, "iscsiInterface", "default");
        }
        if let Some(rbd) = self.get(volume, "rbd") {
            self.text(rbd, "pool", "rbd");
            self.text(rbd, "user", "admin");
            self.text(rbd, "keyring", "/etc/ceph/keyring");
        }
        if let Some(azure) = self.get(volume, "azureDisk") {
            self.text(azure, "cachingMode", "ReadWrite");
            self.text(azure, "kind", "Shared");
            self.text(azure, "fsType", "ext4");
            self.bool(azure, "readOnly", false);
        }
        if let Some(scale) = self.get(volume, "scaleIO") {
            self.text(scale, "storageMode", "ThinProvisioned");
            self.text(scale, "fsType", "xfs");
        }
        if let Some(image) = self.get(volume, "image") {
            let policy = if is_latest(self.str_at(image, "reference")) { "Always" } else { "IfNotPresent" };
            self.text(image, "pullPolicy", policy);
        }
    }

    fn field_references(&mut self, source: NodeId) {
        for item in self.items(source, "items") {
            if let Some(field) = self.get(item, "fieldRef") {
                self.text(field, "apiVersion", "v1");
            }
        }
    }

    fn claim_spec(&mut self, claim: NodeId) {
        if let Some(spec) = self.get(claim, "spec") {
            self.text(spec, "volumeMode", "Filesystem");
        }
    }

    fn volume_object(&mut self, root: NodeId) {
        if let Some(spec) = self.get(root, "spec") {
            self.text(spec, "persistentVolumeReclaimPolicy", "Retain");
            self.text(spec, "volumeMode", "Filesystem");
            if let Some(path) = self.get(spec, "hostPath") {
                self.text(path, "type", "");
            }
            self.volume_source(spec);
        }
    }

    // Everything else

    /// A namespace has its name as a label. From a server it counts as allocated.
    fn namespace(&mut self, root: NodeId) {
        if self.server {
            return;
        }
        let name = self.get(root, "metadata").map(|metadata| (metadata, self.str_at(metadata, "name").to_owned()));
        if let Some((metadata, name)) = name.filter(|(_, name)| !name.is_empty()) {
            let labels = self.map(metadata, "labels");
            self.text(labels, "kubernetes.io/metadata.name", &name);
        }
    }

    fn service(&mut self, root: NodeId) {
        let Some(spec) = self.get(root, "spec") else { return };
        self.text(spec, "sessionAffinity", "None");
        self.text(spec, "type", "ClusterIP");
        if self.str_at(spec, "sessionAffinity") == "ClientIP" {
            let config = self.map(spec, "sessionAffinityConfig");
            let client = self.map(config, "clientIP");
            self.int(client, "timeoutSeconds", 10_800);
        }
        let kind = self.str_at(spec, "type").to_owned();
        let external = kind == "ExternalName";
        for port in self.items(spec, "ports") {
            self.text(port, "protocol", "TCP");
            if let Some(number) = self.get(port, "port") {
                self.copy(port, "targetPort", number);
            }
        }
        if !external {
            self.text(spec, "internalTrafficPolicy", "Cluster");
        }
        if matches!(kind.as_str(), "NodePort" | "LoadBalancer") {
            self.text(spec, "externalTrafficPolicy", "Cluster");
        }
        if kind == "LoadBalancer" {
            self.bool(spec, "allocateLoadBalancerNodePorts", true);
        }
    }

    fn autoscaler(&mut self, root: NodeId, version: &str) {
        let Some(spec) = self.get(root, "spec") else { return };
        self.int(spec, "minReplicas", 1);
        if version == "v1" {
            return;
        }
        if self.items(spec, "metrics").is_empty() {
            self.default_metric(spec);
        }
        let Some(behavior) = self.get(spec, "behavior") else { return };
        let up = self.map(behavior, "scaleUp");
        let down = self.map(behavior, "scaleDown");
        self.int(up, "stabilizationWindowSeconds", 0);
        self.text(up, "selectPolicy", "Max");
        self.text(down, "selectPolicy", "Max");
        self.policies(up, &[("Pods", 4, 15), ("Percent", 100, 15)]);
        self.policies(down, &[("Percent", 100, 15)]);
    }

    fn policies(&mut self, rules: NodeId, policies: &[(&str, i64, i64)]) {
        if !self.absent(rules, "policies") {
            return;
        }
        let list = self.doc.add_sequence();
        for (kind, value, period) in policies {
            let policy = self.doc.add_mapping();
            self.text(policy, "type", kind);
            self.int(policy, "value", *value);
            self.int(policy, "periodSeconds", *period);
            self.doc.seq_push(list, policy);
        }
        self.doc.map_set(rules, "policies", list);
    }

    fn default_metric(&mut self, spec: NodeId) {
        let (list, metric) = (self.doc.add_sequence(), self.doc.add_mapping());
        self.text(metric, "type", "Resource");
        let resource = self.map(metric, "resource");
        self.text(resource, "name", "cpu");
        let target = self.map(resource, "target");
        self.text(target, "type", "Utilization");
        self.int(target, "averageUtilization", 80);
        self.doc.seq_push(list, metric);
        self.doc.map_set(spec, "metrics", list);
    }

    fn network_policy(&mut self, root: NodeId) {
        let Some(spec) = self.get(root, "spec") else { return };
        for list in ["ingress", "egress"] {
            for rule in self.items(spec, list) {
                for port in self.items(rule, "ports") {
                    self.text(port, "protocol", "TCP");
                }
            }
        }
        if self.absent(spec, "policyTypes") {
            let list = self.doc.add_sequence();
            let ingress = self.doc.add_str("Ingress");
            self.doc.seq_push(list, ingress);
            if !self.items(spec, "egress").is_empty() {
                let egress = self.doc.add_str("Egress");
                self.doc.seq_push(list, egress);
            }
            self.doc.map_set(spec, "policyTypes", list);
        }
    }

    fn role_binding(&mut self, root: NodeId) {
        const GROUP: &str = "rbac.authorization.k8s.io";
        for subject in self.items(root, "subjects") {
            if matches!(self.str_at(subject, "kind"), "User" | "Group") {
                self.text(subject, "apiGroup", GROUP);
            }
        }
        if let Some(role) = self.get(root, "roleRef") {
            self.text(role, "apiGroup", GROUP);
        }
    }

    fn webhooks(&mut self, root: NodeId, mutating: bool) {
        for hook in self.items(root, "webhooks") {
            for rule in self.items(hook, "rules") {
                self.text(rule, "scope", "*");
            }
            self.service_reference(hook, &["clientConfig", "service"]);
            self.text(hook, "failurePolicy", "Fail");
            self.text(hook, "matchPolicy", "Equivalent");
            self.empty_map(hook, "namespaceSelector");
            self.empty_map(hook, "objectSelector");
            self.int(hook, "timeoutSeconds", 10);
            if mutating {
                self.text(hook, "reinvocationPolicy", "Never");
            }
        }
    }

    fn service_reference(&mut self, map: NodeId, path: &[&str]) {
        if let Some(service) = self.at(map, path) {
            self.int(service, "port", 443);
        }
    }

    fn definition(&mut self, root: NodeId) {
        let Some(spec) = self.get(root, "spec") else { return };
        if let Some(names) = self.get(spec, "names") {
            let kind = self.str_at(names, "kind").to_owned();
            self.text(names, "singular", &kind.to_lowercase());
            self.text(names, "listKind", &format!("{kind}List"));
        }
        let conversion = self.map(spec, "conversion");
        self.text(conversion, "strategy", "None");
    }

    fn endpoints(&mut self, root: NodeId) {
        for subset in self.items(root, "subsets") {
            for port in self.items(subset, "ports") {
                self.text(port, "protocol", "TCP");
            }
        }
    }

    fn endpoint_slice(&mut self, root: NodeId) {
        for endpoint in self.items(root, "endpoints") {
            self.empty_struct(endpoint, "conditions");
        }
        for port in self.items(root, "ports") {
            self.text(port, "name", "");
            self.text(port, "protocol", "TCP");
        }
    }

    fn limit_range(&mut self, root: NodeId) {
        let Some(spec) = self.get(root, "spec") else { return };
        for limit in self.items(spec, "limits") {
            if self.str_at(limit, "type") != "Container" {
                continue;
            }
            for (into, from) in [("default", "max"), ("defaultRequest", "default"), ("defaultRequest", "min")] {
                let Some(from) = self.get(limit, from) else { continue };
                let entries: Vec<(String, NodeId)> =
                    self.doc.node(from).entries().map(|(key, value)| (key.text().to_owned(), value.id())).collect();
                let into = self.map(limit, into);
                for (key, value) in entries {
                    self.copy(into, &key, value);
                }
            }
        }
    }
}

/// Whether an image is pulled each time: no tag and no digest, or the tag `latest`.
fn is_latest(image: &str) -> bool {
    if image.contains('@') {
        return false;
    }
    let name = image.rsplit('/').next().unwrap_or(image);
    name.split_once(':').is_none_or(|(_, tag)| tag == "latest")
}

/// Whether a node says nothing: null, an empty collection, or a mapping of nothing but such.
pub(crate) fn is_blank(node: longshore_yaml::Node<'_>) -> bool {
    match node.scalar() {
        Some(Scalar::Null) => true,
        Some(_) => false,
        None => node.is_empty() || (node.is_mapping() && node.entries().all(|(_, value)| is_blank(value))),
    }
}
