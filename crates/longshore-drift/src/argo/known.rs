//! Fields of custom resources that hold types of Kubernetes: read and written as those, so that spelling is no difference.

use longshore_manifest::schema::{TypeRef, kubernetes};
use longshore_manifest::{Duration, GroupVersionKind, Quantity};
use longshore_yaml::{Document, Node, NodeId};

use super::go::{self, Unknown};
use super::gvk_of;

/// A field of a custom resource and the type of Kubernetes that it holds (`knownTypeFields` of Argo CD).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownType {
    /// API group of the resource.
    pub group: String,
    /// Kind of the resource.
    pub kind: String,
    /// The field, its names joined by `.`; lists on the way are entered: `spec.templates.spec`.
    pub field: String,
    /// The type, as Argo CD names it: `core/v1/PodSpec`, `core/Quantity`, `meta/v1/Duration`.
    pub kind_of_field: String,
}

impl KnownType {
    /// The types that Argo CD knows without being told: the pods of its own rollouts.
    pub fn defaults() -> Vec<KnownType> {
        vec![KnownType::new("argoproj.io", "Rollout", "spec.template.spec", "core/v1/PodSpec")]
    }

    /// A field of a kind, and its type.
    pub fn new(group: &str, kind: &str, field: &str, kind_of_field: &str) -> Self {
        let text = str::to_owned;
        KnownType { group: text(group), kind: text(kind), field: text(field), kind_of_field: text(kind_of_field) }
    }
}

impl KnownType {
    /// Whether it is for objects of a kind.
    pub(crate) fn is_for(&self, gvk: &GroupVersionKind) -> bool {
        self.group == gvk.group && self.kind == gvk.kind
    }

    /// Whether there is such a type.
    pub fn is_known(&self) -> bool {
        Wanted::named(&self.kind_of_field).is_some()
    }
}

/// Rewrites the known fields of an object. A value that is not of the type ends it there.
pub(crate) fn rewrite(doc: &mut Document, known: &[KnownType]) {
    let gvk = gvk_of(doc.root());
    for known in known.iter().filter(|known| known.is_for(&gvk)) {
        let Some(wanted) = Wanted::named(&known.kind_of_field) else { continue };
        let path: Vec<&str> = known.field.split('.').collect();
        let root = doc.root_id();
        if below(doc, root, &path, &wanted).is_none() {
            return;
        }
    }
}

enum Wanted {
    Quantity,
    Duration,
    Type(TypeRef<'static>),
}

impl Wanted {
    fn named(name: &str) -> Option<Self> {
        match name {
            "core/Quantity" => Some(Wanted::Quantity),
            "meta/v1/Duration" => Some(Wanted::Duration),
            name => kubernetes().definition(&name.replace('/', ".")).map(Wanted::Type),
        }
    }

    fn rewrite(&self, node: Node<'_>) -> Option<Document> {
        let text = |text: String| {
            let mut doc = Document::new();
            let root = doc.add_str(&text);
            doc.set_origin_of(root, node);
            doc.set_root(root);
            doc
        };
        match self {
            Wanted::Quantity => Quantity::of(node).ok().map(|quantity| text(quantity.to_string())),
            Wanted::Duration => node.as_str()?.parse::<Duration>().ok().map(|duration| text(duration.to_string())),
            Wanted::Type(kind) => go::fits(node, *kind, Unknown::Pass).then(|| go::rewrite(node, *kind)),
        }
    }
}

/// Goes down to the field and rewrites it; `None` where a value is not of the type.
fn below(doc: &mut Document, id: NodeId, path: &[&str], wanted: &Wanted) -> Option<()> {
    let node = doc.node(id);
    if node.is_sequence() {
        let items: Vec<NodeId> =
            node.items().map(Node::resolved).filter(|item| item.is_mapping()).map(Node::id).collect();
        return items.into_iter().try_for_each(|item| below(doc, item, path, wanted));
    }
    let Some((first, rest)) = path.split_first() else {
        let written = wanted.rewrite(doc.node(id))?;
        let written = doc.import(written.root());
        doc.replace(id, written);
        return Some(());
    };
    match doc.node(id).get(first).map(|node| node.resolved().id()) {
        Some(next) => below(doc, next, rest, wanted),
        None => Some(()),
    }
}
