//! What Argo CD brings into one form before it compares: Secrets, roles, endpoints, and null timestamps.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use longshore_manifest::GroupVersionKind;
use longshore_yaml::{Document, Node, NodeId, Scalar};

use super::go::{self, Unknown};
use super::{endpoints, gvk_of};

/// Normalises an object as far as its type alone says how.
///
/// A `creationTimestamp` goes. Secrets: see [`secret`]. Roles: an empty list of rules becomes null, and so do the rules of an
/// aggregated role if `aggregated` says that they are the controller's. Endpoints are sorted.
pub(super) fn object(doc: &mut Document, aggregated: bool) {
    let root = doc.root_id();
    if let Some(metadata) = doc.root().get("metadata").filter(|node| node.is_mapping()).map(|node| node.resolved().id())
    {
        doc.map_remove(metadata, "creationTimestamp");
    }
    let gvk = gvk_of(doc.root());
    match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("", "Secret") => secret(doc),
        ("rbac.authorization.k8s.io", "ClusterRole" | "Role") => role(doc, root, aggregated),
        ("", "Endpoints") => endpoints::sort(doc),
        _ => {}
    }
}

/// Moves the `stringData` of a Secret into `data`, encoded; makes null values empty ones, and empty data null.
///
/// Values that are no texts stay as they are, so that applying them still fails. Other objects, and Secrets with values that
/// are not base64, keep their data.
pub fn secret(doc: &mut Document) {
    let gvk = gvk_of(doc.root());
    if !doc.root().is_mapping() || gvk.kind != "Secret" || !gvk.group.is_empty() {
        return;
    }
    move_string_data(doc);
    let secret = go::root(&GroupVersionKind::new("v1", "Secret")).expect("the built-in table has Secret");
    let Some(data) = mapping(doc, "data") else { return };
    if !go::fits(doc.root(), secret, Unknown::Pass) {
        return;
    }
    if doc.node(data).is_empty() {
        let (root, null) = (doc.root_id(), doc.add_null());
        doc.map_set(root, "data", null);
        return;
    }
    let values: Vec<(String, String)> = doc
        .node(data)
        .entries()
        .map(|(key, value)| (key.text().to_owned(), STANDARD.encode(go::bytes(text(value)).unwrap_or_default())))
        .collect();
    for (key, value) in values {
        if doc.node(data).get(&key).is_none_or(|node| node.is_null() || node.text() != value) {
            let value = doc.add_str(&value);
            doc.map_set(data, &key, value);
        }
    }
}

/// The text of a value; none for null.
fn text(node: Node<'_>) -> &str {
    if node.is_null() { "" } else { node.text() }
}

fn mapping(doc: &Document, field: &str) -> Option<NodeId> {
    doc.root().get(field).filter(|node| node.is_mapping()).map(|node| node.resolved().id())
}

fn move_string_data(doc: &mut Document) {
    let Some(strings) = mapping(doc, "stringData") else { return };
    let root = doc.root_id();
    let data = mapping(doc, "data").unwrap_or_else(|| {
        let data = doc.add_mapping();
        doc.map_set(root, "data", data);
        data
    });
    let values: Vec<(String, NodeId)> =
        doc.node(strings).entries().map(|(key, value)| (key.text().to_owned(), value.resolved().id())).collect();
    for (key, value) in values {
        let encoded = match doc.node(value).scalar() {
            Some(Scalar::Str(text)) => Some(STANDARD.encode(text)),
            _ => None,
        };
        let origin = doc.node(value).file().cloned().zip(doc.node(value).span());
        let value = match encoded {
            Some(text) => doc.add_str(&text),
            None => value,
        };
        if let Some((file, span)) = origin {
            doc.set_origin(value, &file, span);
        }
        doc.map_set(data, &key, value);
    }
    doc.map_remove(root, "stringData");
}

fn role(doc: &mut Document, root: NodeId, aggregated: bool) {
    let is_aggregated = aggregated && mapping(doc, "aggregationRule").is_some();
    let is_empty = doc.root().get("rules").is_some_and(|rules| rules.is_sequence() && rules.is_empty());
    if is_aggregated || is_empty {
        let null = doc.add_null();
        doc.map_set(root, "rules", null);
    }
}
