//! Kinds that configure a cluster rather than run in it: admission, flow control, storage, devices, classes.
//!
//! Source: `pkg/apis/*/v1/defaults.go` of Kubernetes and the descriptions in its published API.

use longshore_manifest::GroupVersionKind;
use longshore_yaml::NodeId;

use super::Filler;

impl Filler<'_> {
    /// Completes an object of such a kind; objects of other kinds stay.
    pub(super) fn cluster_kind(&mut self, root: NodeId, gvk: &GroupVersionKind) {
        let Some(spec) = self.get(root, "spec") else { return };
        match (gvk.group.as_str(), gvk.kind.as_str()) {
            ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy" | "MutatingAdmissionPolicy") => {
                self.text(spec, "failurePolicy", "Fail");
                self.match_resources(spec, "matchConstraints");
            }
            ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding" | "MutatingAdmissionPolicyBinding") => {
                self.match_resources(spec, "matchResources")
            }
            ("flowcontrol.apiserver.k8s.io", "FlowSchema") => self.int(spec, "matchingPrecedence", 1_000),
            ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration") => self.priority_level(spec),
            ("networking.k8s.io", "IngressClass") => {
                if let Some(parameters) = self.get(spec, "parameters") {
                    self.text(parameters, "scope", "Cluster");
                }
            }
            ("storage.k8s.io", "CSIDriver") => self.csi_driver(spec),
            ("resource.k8s.io", "ResourceClaim") => self.resource_claim(spec),
            ("resource.k8s.io", "ResourceClaimTemplate") => {
                if let Some(spec) = self.get(spec, "spec") {
                    self.resource_claim(spec);
                }
            }
            _ => {}
        }
    }

    fn match_resources(&mut self, spec: NodeId, key: &str) {
        let Some(resources) = self.get(spec, key) else { return };
        self.text(resources, "matchPolicy", "Equivalent");
        self.empty_map(resources, "namespaceSelector");
        self.empty_map(resources, "objectSelector");
        for list in ["resourceRules", "excludeResourceRules"] {
            for rule in self.items(resources, list) {
                self.text(rule, "scope", "*");
            }
        }
    }

    fn priority_level(&mut self, spec: NodeId) {
        if let Some(exempt) = self.get(spec, "exempt") {
            self.int(exempt, "nominalConcurrencyShares", 0);
            self.int(exempt, "lendablePercent", 0);
        }
        let Some(limited) = self.get(spec, "limited") else { return };
        self.int(limited, "nominalConcurrencyShares", 30);
        self.int(limited, "lendablePercent", 0);
        if let Some(queuing) = self.at(limited, &["limitResponse", "queuing"]) {
            self.int(queuing, "handSize", 8);
            self.int(queuing, "queues", 64);
            self.int(queuing, "queueLengthLimit", 50);
        }
    }

    fn csi_driver(&mut self, spec: NodeId) {
        self.bool(spec, "attachRequired", true);
        for key in ["podInfoOnMount", "storageCapacity", "requiresRepublish", "seLinuxMount"] {
            self.bool(spec, key, false);
        }
        self.text(spec, "fsGroupPolicy", "ReadWriteOnceWithFSType");
        if self.absent(spec, "volumeLifecycleModes") {
            let (list, persistent) = (self.doc.add_sequence(), self.doc.add_str("Persistent"));
            self.doc.seq_push(list, persistent);
            self.doc.map_set(spec, "volumeLifecycleModes", list);
        }
    }

    fn resource_claim(&mut self, spec: NodeId) {
        let Some(devices) = self.get(spec, "devices") else { return };
        for request in self.items(devices, "requests") {
            if let Some(exactly) = self.get(request, "exactly") {
                self.device_request(exactly);
            }
            for alternative in self.items(request, "firstAvailable") {
                self.device_request(alternative);
            }
        }
    }

    fn device_request(&mut self, request: NodeId) {
        self.text(request, "allocationMode", "ExactCount");
        if self.str_at(request, "allocationMode") == "ExactCount" {
            self.int(request, "count", 1);
        }
        for toleration in self.items(request, "tolerations") {
            self.text(toleration, "operator", "Equal");
        }
    }
}
