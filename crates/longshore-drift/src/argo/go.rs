//! An object read into the type that the programs of Kubernetes have for it, and written out again.
//!
//! What comes out is what `kubectl` or Argo CD show of an object: empty fields left out, quantities in their canonical
//! spelling, unknown fields refused or kept, as asked.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use longshore_manifest::schema::{Format, Schema, Shape, TypeRef, WhenEmpty, kubernetes};
use longshore_manifest::{Duration, GroupVersionKind, Quantity};
use longshore_yaml::{Document, Kind, Node, NodeId, Scalar};

use super::versions;

/// Nesting that is followed; an object nested deeper has no type.
const DEPTH: usize = 256;

/// The type of the objects of a kind, where client-go knows it: no definitions of custom resources, and no API services.
pub(super) fn root(gvk: &GroupVersionKind) -> Option<TypeRef<'static>> {
    if matches!(gvk.group.as_str(), "apiextensions.k8s.io" | "apiregistration.k8s.io") {
        return None;
    }
    kubernetes().root(gvk).or_else(|| kubernetes().root(&versions::successor(gvk)?))
}

/// What to do with fields that a type does not have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unknown {
    Refuse,
    Pass,
}

/// Whether an object can be read into a type.
pub(super) fn fits(node: Node<'_>, kind: TypeRef<'_>, unknown: Unknown) -> bool {
    fits_below(node, kind, unknown, 0)
}

fn fits_below(node: Node<'_>, kind: TypeRef<'_>, unknown: Unknown, depth: usize) -> bool {
    let node = node.resolved();
    if node.is_null() || depth > DEPTH {
        return node.is_null();
    }
    if let Some(format) = kind.format() {
        return has_format(node, format);
    }
    match (kind.shape(), node.kind()) {
        (Shape::Any, _) => true,
        (Shape::Map, Kind::Mapping) => node.entries().all(|(key, value)| match kind.field(key.text()) {
            Some(kind) => fits_below(value, kind, unknown, depth + 1),
            None => unknown == Unknown::Pass || !kind.is_closed(),
        }),
        (Shape::List, Kind::Sequence) => {
            node.items().all(|item| kind.items().is_none_or(|kind| fits_below(item, kind, unknown, depth + 1)))
        }
        (shape, Kind::Scalar) => has_shape(node, shape),
        _ => false,
    }
}

fn has_shape(node: Node<'_>, shape: Shape) -> bool {
    match node.scalar() {
        Some(Scalar::Str(_)) => shape == Shape::String,
        Some(Scalar::Bool(_)) => shape == Shape::Boolean,
        Some(Scalar::Int(_) | Scalar::Uint(_)) => matches!(shape, Shape::Integer | Shape::Number),
        Some(Scalar::Float(_)) => shape == Shape::Number,
        _ => false,
    }
}

fn has_format(node: Node<'_>, format: Format) -> bool {
    match format {
        Format::Quantity => Quantity::of(node).is_ok(),
        Format::IntOrString => matches!(node.scalar(), Some(Scalar::Int(_) | Scalar::Str(_))),
        Format::Duration => node.as_str().is_some_and(|text| text.parse::<Duration>().is_ok()),
        Format::Bytes => node.as_str().is_some_and(|text| bytes(text).is_some()),
        _ => node.as_str().is_some(),
    }
}

/// The bytes of a text in base64, where it is one; line breaks do not count.
pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.replace(['\r', '\n'], "")).ok()
}

/// Reads an object into a type and writes it out again. It must [fit](fits).
pub(super) fn rewrite(node: Node<'_>, kind: TypeRef<'_>) -> Document {
    let mut doc = Document::new();
    let root = Writer { doc: &mut doc }.value(node, kind, &Place { owner: "", field: "" });
    let root = root.unwrap_or_else(|| doc.add_null());
    doc.set_root(root);
    doc
}

/// Which field of which type is written.
struct Place<'a> {
    owner: &'a str,
    field: &'a str,
}

struct Writer<'d> {
    doc: &'d mut Document,
}

impl Writer<'_> {
    /// A value that is there; `None` for one that is as good as none.
    fn value(&mut self, node: Node<'_>, kind: TypeRef<'_>, place: &Place<'_>) -> Option<NodeId> {
        let node = node.resolved();
        if node.is_null() {
            return None;
        }
        let id = match (kind.format(), node.kind()) {
            (Some(format), _) => self.formatted(node, format),
            (None, Kind::Mapping) if is_struct(kind) => self.fields(Some(node), kind),
            (None, Kind::Mapping) => self.entries(node, kind),
            (None, Kind::Sequence) => self.items(node, kind),
            (None, _) => self.doc.import(node),
        };
        self.doc.set_origin_of(id, node);
        let kept = is_struct(kind) || kind.when_empty().is_some() || is_pointer(kind, place);
        (kept || !is_empty(self.doc.node(id))).then_some(id)
    }

    fn formatted(&mut self, node: Node<'_>, format: Format) -> NodeId {
        let text = match format {
            Format::Quantity => Quantity::of(node).ok().map(|quantity| quantity.to_string()),
            Format::Duration => node.text().parse::<Duration>().ok().map(|duration| duration.to_string()),
            Format::Bytes => bytes(node.text()).map(|bytes| STANDARD.encode(bytes)),
            _ => None,
        };
        match text {
            Some(text) => self.doc.add_str(&text),
            None => self.doc.import(node),
        }
    }

    /// The fields of a struct, those that it never leaves out included.
    fn fields(&mut self, node: Option<Node<'_>>, kind: TypeRef<'_>) -> NodeId {
        let map = self.doc.add_mapping();
        let owner = kind.name().unwrap_or_default();
        for (field, kind) in kind.fields() {
            let found = node.and_then(|node| node.get(field));
            let value = found.and_then(|value| self.value(value, kind, &Place { owner, field }));
            if let Some(value) = value.or_else(|| self.empty(kind)) {
                self.doc.map_set(map, field, value);
            }
        }
        map
    }

    /// What is written for a field that is not there.
    fn empty(&mut self, kind: TypeRef<'_>) -> Option<NodeId> {
        Some(match (kind.when_empty()?, kind.shape()) {
            (WhenEmpty::Null, _) => self.doc.add_null(),
            (WhenEmpty::Zero, Shape::Map) => self.fields(None, kind),
            (WhenEmpty::Zero, Shape::Integer | Shape::Number) => self.doc.add_int(0),
            (WhenEmpty::Zero, Shape::Boolean) => self.doc.add_bool(false),
            (WhenEmpty::Zero, Shape::String) => self.doc.add_str(""),
            (WhenEmpty::Zero, _) => return None,
        })
    }

    fn entries(&mut self, node: Node<'_>, kind: TypeRef<'_>) -> NodeId {
        let map = self.doc.add_mapping();
        for (key, value) in node.entries() {
            let value = self.element(value, kind.values());
            self.doc.map_set(map, key.text(), value);
        }
        map
    }

    fn items(&mut self, node: Node<'_>, kind: TypeRef<'_>) -> NodeId {
        let list = self.doc.add_sequence();
        for item in node.items() {
            let item = self.element(item, kind.items());
            self.doc.seq_push(list, item);
        }
        list
    }

    /// What a list or a mapping holds stays there, empty or not.
    fn element(&mut self, node: Node<'_>, kind: Option<TypeRef<'_>>) -> NodeId {
        let written = kind.and_then(|kind| self.value(node, kind, &Place { owner: "", field: "" }));
        written.unwrap_or_else(|| self.doc.import(node))
    }
}

fn is_struct(kind: TypeRef<'_>) -> bool {
    kind.fields().len() > 0
}

/// Whether a value is the zero value of a Go type that is left out.
fn is_empty(node: Node<'_>) -> bool {
    match node.scalar() {
        None => node.is_empty(),
        Some(scalar) => matches!(scalar, Scalar::Bool(false) | Scalar::Int(0) | Scalar::Str("") | Scalar::Null),
    }
}

/// Whether a field is a pointer in Go, or of a type that knows no empty value, so that an explicit zero is written.
///
/// The published schemas do not say it. Numbers and booleans are pointers unless listed, texts are none unless listed; in a
/// status nothing is. Source: the types of `k8s.io/api`.
fn is_pointer(kind: TypeRef<'_>, place: &Place<'_>) -> bool {
    let owner = place.owner.rsplit('.').next().unwrap_or_default();
    match (kind.format(), kind.shape()) {
        (Some(Format::Quantity | Format::IntOrString | Format::Duration), _) => true,
        _ if POINTERS.contains(&(owner, place.field)) => true,
        _ if owner.is_empty() || owner.ends_with("Status") => false,
        (None, Shape::Integer | Shape::Number | Shape::Boolean) => !PLAIN.contains(&place.field),
        (None, Shape::String) => POINTER_TEXTS.contains(&place.field),
        _ => false,
    }
}

/// Numbers and booleans that are no pointers.
const PLAIN: &[&str] = &[
    "failureThreshold",
    "generation",
    "healthCheckNodePort",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "hostPort",
    "initialDelaySeconds",
    "minReadySeconds",
    "nodePort",
    "paused",
    "periodSeconds",
    "publishNotReadyAddresses",
    "readOnly",
    "stdin",
    "stdinOnce",
    "successThreshold",
    "timeoutSeconds",
    "tty",
    "unschedulable",
    "weight",
];

/// Texts that are pointers.
const POINTER_TEXTS: &[&str] = &[
    "appProtocol",
    "completionMode",
    "containerRuntimeClass",
    "externalID",
    "fsGroupChangePolicy",
    "hostnameOverride",
    "ingressClassName",
    "internalTrafficPolicy",
    "ipFamilyPolicy",
    "loadBalancerClass",
    "localhostProfile",
    "managedBy",
    "matchPolicy",
    "mountPropagation",
    "nodeAffinityPolicy",
    "nodeTaintsPolicy",
    "pathType",
    "podReplacementPolicy",
    "preemptionPolicy",
    "procMount",
    "reclaimPolicy",
    "recursiveReadOnly",
    "reinvocationPolicy",
    "runtimeClassName",
    "scope",
    "seLinuxChangePolicy",
    "selectPolicy",
    "sideEffects",
    "storageClassName",
    "supplementalGroupsPolicy",
    "timeZone",
    "trafficDistribution",
    "unhealthyPodEvictionPolicy",
    "url",
    "volumeAttributesClassName",
    "volumeBindingMode",
    "volumeMode",
];

/// Fields that are pointers although others of their name are not.
const POINTERS: &[(&str, &str)] = &[
    ("ClientIPConfig", "timeoutSeconds"),
    ("Container", "restartPolicy"),
    ("DaemonSetStatus", "collisionCount"),
    ("DeploymentStatus", "collisionCount"),
    ("DeploymentStatus", "terminatingReplicas"),
    ("EphemeralContainer", "restartPolicy"),
    ("HostPathVolumeSource", "type"),
    ("MutatingWebhook", "failurePolicy"),
    ("MutatingWebhook", "timeoutSeconds"),
    ("JobStatus", "ready"),
    ("JobStatus", "terminating"),
    ("NetworkPolicyPort", "protocol"),
    ("ReplicaSetStatus", "terminatingReplicas"),
    ("ServiceReference", "path"),
    ("StatefulSetStatus", "collisionCount"),
    ("TypedLocalObjectReference", "apiGroup"),
    ("TypedObjectReference", "apiGroup"),
    ("TypedObjectReference", "namespace"),
    ("ValidatingWebhook", "failurePolicy"),
    ("ValidatingWebhook", "timeoutSeconds"),
];
