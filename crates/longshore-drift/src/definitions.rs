//! The types of custom resources, taken from their definitions, and the defaults that these declare.

use longshore_manifest::schema::{Schema, TypeGraph, TypeRef, custom_resources, kubernetes};
use longshore_manifest::{GroupVersionKind, Resource, ResourceSet};
use longshore_yaml::{Document, Node, NodeId};

/// Nesting down to which defaults are filled in.
const DEPTH: usize = 1_000;

/// What is known about types: from the caller, and from definitions among the resources.
pub(crate) struct Definitions<'s> {
    caller: Option<&'s dyn Schema>,
    desired: TypeGraph,
    live: TypeGraph,
}

impl<'s> Definitions<'s> {
    pub(crate) fn new(caller: Option<&'s dyn Schema>) -> Self {
        Definitions { caller, desired: TypeGraph::new(), live: TypeGraph::new() }
    }

    /// With the definitions found in both sets.
    pub(crate) fn of(caller: Option<&'s dyn Schema>, desired: &ResourceSet, live: &ResourceSet) -> Self {
        Definitions { caller, desired: found_in(desired), live: found_in(live) }
    }

    /// The type by which a live custom resource was stored: the cluster's definition goes before one that is yet to be
    /// applied. The built-in kinds have rules of their own.
    pub(crate) fn stored(&self, gvk: &GroupVersionKind) -> Option<TypeRef<'_>> {
        let asked = || self.asked(gvk).filter(|_| kubernetes().root(gvk).is_none());
        asked().or_else(|| self.live.root(gvk)).or_else(|| self.desired.root(gvk))
    }

    /// The type by which a manifest is going to be read: definitions are applied before what they define.
    pub(crate) fn applied(&self, gvk: &GroupVersionKind) -> Option<TypeRef<'_>> {
        let known = self.asked(gvk).or_else(|| self.desired.root(gvk)).or_else(|| self.live.root(gvk));
        known.or_else(|| kubernetes().root(gvk))
    }

    fn asked(&self, gvk: &GroupVersionKind) -> Option<TypeRef<'_>> {
        self.caller?.root(gvk)
    }
}

/// The types of the definitions in a set; a definition that cannot be read defines nothing.
fn found_in(set: &ResourceSet) -> TypeGraph {
    let crds: Vec<&Resource> = set.iter().filter(|one| one.kind() == "CustomResourceDefinition").collect();
    custom_resources(crds.iter().copied()).unwrap_or_else(|_| {
        let readable = crds.into_iter().filter(|one| custom_resources([*one]).is_ok());
        custom_resources(readable).unwrap_or_default()
    })
}

/// Completes a custom resource with the defaults of its type, from the outside in. Gives a mark: nodes with a later id were
/// added.
///
/// As a server does it: `null` counts as absent unless the type allows it, and nothing is made only to hold a default.
pub(crate) fn fill(doc: &mut Document, ty: TypeRef<'_>) -> NodeId {
    let mark = doc.add_null();
    fill_below(doc, doc.root_id(), ty, 0);
    mark
}

fn fill_below(doc: &mut Document, id: NodeId, ty: TypeRef<'_>, depth: usize) {
    if depth > DEPTH {
        return;
    }
    let node = doc.node(id).resolved();
    let below: Vec<(NodeId, TypeRef<'_>)> = if node.is_mapping() {
        for (name, field) in ty.fields() {
            let have = doc.node(id).get(name).filter(|have| !have.is_null() || field.is_nullable());
            if let (None, Some(default)) = (have, field.default()) {
                let default = doc.add_json(default);
                doc.map_set(id, name, default);
            }
        }
        let typed = |(key, value): (Node<'_>, Node<'_>)| Some((value.resolved().id(), ty.field(key.text())?));
        doc.node(id).entries().filter_map(typed).collect()
    } else {
        let items = ty.items();
        node.items().filter_map(|item| Some((item.resolved().id(), items?))).collect()
    };
    below.into_iter().for_each(|(id, ty)| fill_below(doc, id, ty, depth + 1));
}
