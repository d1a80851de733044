//! The order of endpoints.
//!
//! Kubernetes orders ports and subsets by the MD5 digest of their text in Go's syntax. So does this: whoever looks at both
//! programs sees one order. Source: `pkg/api/v1/endpoints/util.go` of Kubernetes.

use longshore_manifest::GroupVersionKind;
use longshore_yaml::{Document, Node, NodeId};
use md5::{Digest, Md5};

use super::go::{self, Unknown};

/// Sorts the subsets of Endpoints, what they hold, and fills in the protocol of ports. Other objects stay.
pub(super) fn sort(doc: &mut Document) {
    let kind = go::root(&GroupVersionKind::new("v1", "Endpoints")).expect("the built-in table has Endpoints");
    if !go::fits(doc.root(), kind, Unknown::Pass) {
        return;
    }
    *doc = go::rewrite(doc.root(), kind);
    let Some(subsets) = list(doc, doc.root_id(), "subsets") else { return };
    for subset in items(doc, subsets) {
        for addresses in ["addresses", "notReadyAddresses"] {
            sort_list(doc, subset, addresses, |node| (at(node, "ip"), uid(node)));
        }
        for port in list(doc, subset, "ports").map_or(Vec::new(), |ports| items(doc, ports)) {
            if doc.node(port).get("protocol").is_none() {
                let tcp = doc.add_str("TCP");
                doc.map_set(port, "protocol", tcp);
            }
        }
        sort_list(doc, subset, "ports", |node| Md5::digest(port(node)).to_vec());
    }
    let root = doc.root_id();
    sort_list(doc, root, "subsets", |node| Md5::digest(subset(node)).to_vec());
}

fn list(doc: &Document, map: NodeId, key: &str) -> Option<NodeId> {
    doc.node(map).get(key).filter(|node| node.is_sequence()).map(|node| node.resolved().id())
}

fn items(doc: &Document, list: NodeId) -> Vec<NodeId> {
    doc.node(list).items().map(|item| item.resolved().id()).collect()
}

fn sort_list<K: Ord>(doc: &mut Document, map: NodeId, key: &str, by: impl Fn(Node<'_>) -> K) {
    let Some(list) = list(doc, map, key) else { return };
    let mut order = items(doc, list);
    order.sort_by_cached_key(|id| by(doc.node(*id)));
    doc.set_children(list, &order);
}

fn at(node: Node<'_>, key: &str) -> String {
    node.get(key).filter(|node| !node.is_null()).map_or(String::new(), |node| node.text().to_owned())
}

/// Addresses without a target come first.
fn uid(node: Node<'_>) -> Option<String> {
    node.get("targetRef").filter(|node| node.is_mapping()).map(|target| at(target, "uid"))
}

// Go's syntax, as the printer of Kubernetes' hashes writes it

fn optional(node: Node<'_>, key: &str, kind: &str) -> String {
    let value = node.get(key).filter(|node| !node.is_null());
    format!("({kind}){}", value.map_or("<nil>", |value| value.text()))
}

fn port(node: Node<'_>) -> String {
    let number = at(node, "port");
    let number = if number.is_empty() { "0" } else { &number };
    format!(
        "(v1.EndpointPort){{Name:(string){} Port:(int32){number} Protocol:(v1.Protocol){} AppProtocol:{}}}",
        at(node, "name"),
        at(node, "protocol"),
        optional(node, "appProtocol", "*string"),
    )
}

fn address(node: Node<'_>) -> String {
    let target = node.get("targetRef").filter(|node| node.is_mapping()).map_or("<nil>".to_owned(), |target| {
        let fields = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"];
        let names = ["Kind", "Namespace", "Name", "UID", "APIVersion", "ResourceVersion", "FieldPath"];
        let field = |(name, key): (&&str, &&str)| {
            let kind = if *key == "uid" { "types.UID" } else { "string" };
            format!("{name}:({kind}){}", at(target, key))
        };
        format!("{{{}}}", names.iter().zip(&fields).map(field).collect::<Vec<_>>().join(" "))
    });
    format!(
        "(v1.EndpointAddress){{IP:(string){} Hostname:(string){} NodeName:{} TargetRef:(*v1.ObjectReference){target}}}",
        at(node, "ip"),
        at(node, "hostname"),
        optional(node, "nodeName", "*string"),
    )
}

fn subset(node: Node<'_>) -> String {
    let list = |key: &str, print: fn(Node<'_>) -> String| match node.get(key).filter(|list| list.is_sequence()) {
        Some(list) => format!("[{}]", list.items().map(print).collect::<Vec<_>>().join(" ")),
        None => "<nil>".to_owned(),
    };
    format!(
        "(v1.EndpointSubset){{Addresses:([]v1.EndpointAddress){} NotReadyAddresses:([]v1.EndpointAddress){} \
         Ports:([]v1.EndpointPort){}}}",
        list("addresses", address),
        list("notReadyAddresses", address),
        list("ports", port),
    )
}
