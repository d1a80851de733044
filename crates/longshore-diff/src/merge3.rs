//! Two changes of one tree, merged.

use std::collections::{HashMap, HashSet};

use longshore_manifest::schema::TypeRef;
use longshore_yaml::{Document, Kind, Node, NodeId};

use crate::align::{Identity, Key};
use crate::equal::{Budget, equal};
use crate::options::DiffOptions;
use crate::path::{FieldPath, PathElement};
use crate::structural::{element, identity, root_type};

/// A place that both sides changed, differently.
#[derive(Clone, Debug)]
pub struct MergeConflict<'a> {
    /// Where.
    pub path: FieldPath,
    /// The value that both began with; `None` where neither was there.
    pub base: Option<Node<'a>>,
    /// Our value; `None` where we removed it. It stands in the result.
    pub ours: Option<Node<'a>>,
    /// Their value; `None` where they removed it.
    pub theirs: Option<Node<'a>>,
}

/// The outcome of a merge.
#[derive(Clone, Debug)]
pub struct Merge3<'a> {
    /// The merged tree, with our value at each conflict. Its nodes keep the origins they had.
    pub document: Document,
    /// The conflicts, in the order of the tree.
    pub conflicts: Vec<MergeConflict<'a>>,
}

impl Merge3<'_> {
    /// Whether nothing is in conflict.
    pub fn is_clean(&self) -> bool {
        self.conflicts.is_empty()
    }
}

/// Merges what `ours` and `theirs` each made of `base`.
///
/// Where one side left a value as it was, the other side's counts. Mappings are merged key by key, lists item by item
/// where the schema or a guess tells items apart ([`diff`](crate::diff())); any other list that both changed is a
/// conflict as a whole. Items stand in the order of the side that changed it, in ours where both did.
///
/// ```
/// use longshore_diff::{DiffOptions, merge3};
/// use longshore_yaml::Document;
/// use serde_json::json;
///
/// let doc = |value| Document::from_json(&value);
/// let base = doc(json!({"replicas": 1, "image": "a:1"}));
/// let (ours, theirs) = (doc(json!({"replicas": 2, "image": "a:1"})), doc(json!({"replicas": 3, "image": "a:2"})));
///
/// let merged = merge3(base.root(), ours.root(), theirs.root(), &DiffOptions::default());
/// assert_eq!(merged.document.root().to_json()?, json!({"replicas": 2, "image": "a:2"}));
/// assert_eq!(merged.conflicts[0].path.to_string(), "replicas");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn merge3<'a>(base: Node<'a>, ours: Node<'a>, theirs: Node<'a>, options: &DiffOptions<'_>) -> Merge3<'a> {
    let budget = Budget::new(options.limits);
    let mut merge = Merge { doc: Document::new(), conflicts: Vec::new(), path: Vec::new(), budget: &budget };
    let ty = root_type(ours, theirs, options.schema);
    if let Some(root) = merge.node(Sides { base: Some(base), ours: Some(ours), theirs: Some(theirs) }, ty) {
        merge.doc.set_root(root);
    }
    Merge3 { document: merge.doc, conflicts: merge.conflicts }
}

/// One place of the three trees.
#[derive(Clone, Copy)]
struct Sides<'a> {
    base: Option<Node<'a>>,
    ours: Option<Node<'a>>,
    theirs: Option<Node<'a>>,
}

impl<'a> Sides<'a> {
    /// Whether all that are there are of one kind, and both sides are there.
    fn both(self, kind: Kind) -> Option<(Node<'a>, Node<'a>)> {
        let is = |node: Node<'_>| node.resolved().kind() == kind;
        let (ours, theirs) = (self.ours.filter(|&node| is(node))?, self.theirs.filter(|&node| is(node))?);
        self.base.is_none_or(is).then_some((ours, theirs))
    }
}

struct Merge<'a, 'b> {
    doc: Document,
    conflicts: Vec<MergeConflict<'a>>,
    path: Vec<PathElement>,
    budget: &'b Budget,
}

impl<'a> Merge<'a, '_> {
    fn node(&mut self, sides: Sides<'a>, ty: Option<TypeRef<'_>>) -> Option<NodeId> {
        let Sides { base, ours, theirs } = sides;
        if self.same(ours, theirs) || self.same(base, theirs) {
            return self.take(ours);
        }
        if self.same(base, ours) {
            return self.take(theirs);
        }
        if let (Some((ours, theirs)), true) = (sides.both(Kind::Mapping), self.budget.visit(self.path.len())) {
            return Some(self.mapping(base, ours, theirs, ty));
        }
        if let Some((ours, theirs)) = sides.both(Kind::Sequence)
            && let Some(list) = self.list(base, ours, theirs, ty)
        {
            return Some(list);
        }
        let path = self.path.iter().cloned().collect();
        self.conflicts.push(MergeConflict { path, base, ours, theirs });
        self.take(ours)
    }

    fn same(&self, a: Option<Node<'_>>, b: Option<Node<'_>>) -> bool {
        match (a, b) {
            (Some(a), Some(b)) => equal(a, b, self.path.len(), self.budget),
            (a, b) => a.is_none() && b.is_none(),
        }
    }

    fn take(&mut self, node: Option<Node<'_>>) -> Option<NodeId> {
        node.map(|node| self.doc.import(node))
    }

    fn mapping(&mut self, base: Option<Node<'a>>, ours: Node<'a>, theirs: Node<'a>, ty: Option<TypeRef<'_>>) -> NodeId {
        let new = theirs.entries().filter(|(key, _)| ours.get(key.text()).is_none());
        let mut children = Vec::new();
        for (key, _) in ours.entries().chain(new) {
            let name = key.text();
            let get = |map: Node<'a>| map.get(name);
            let sides = Sides { base: base.and_then(get), ours: get(ours), theirs: get(theirs) };
            self.path.push(PathElement::Field(name.to_owned()));
            if let Some(value) = self.node(sides, ty.and_then(|ty| ty.field(name))) {
                children.extend([self.doc.import(key), value]);
            }
            self.path.pop();
        }
        // A key that only the base has is gone on both sides.
        let id = self.doc.add_mapping();
        self.doc.set_children(id, &children);
        self.doc.set_origin_of(id, ours);
        id
    }

    /// `None` where the items of a list cannot be told apart.
    fn list(
        &mut self,
        base: Option<Node<'a>>,
        ours: Node<'a>,
        theirs: Node<'a>,
        ty: Option<TypeRef<'_>>,
    ) -> Option<NodeId> {
        let items = |list: Node<'a>| list.items().collect::<Vec<_>>();
        let (mut left, right) = (items(ours), items(theirs));
        let count = left.len();
        left.extend(base.into_iter().flat_map(Node::items));
        let how = match identity(ty, &left[..count], &right) {
            Identity::Place => return None,
            how => how,
        };
        let (old, left, right) = (index(&left[count..], how)?, index(&left[..count], how)?, index(&right, how)?);
        let mut children = Vec::new();
        for key in order(&old, &left, &right) {
            let get = |side: &Index<'a>| side.items.get(&key).copied();
            let sides = Sides { base: get(&old), ours: get(&left), theirs: get(&right) };
            let Some(item) = sides.ours.or(sides.theirs) else { continue };
            self.path.push(element(how, item, 0));
            children.extend(self.node(sides, ty.and_then(TypeRef::items)));
            self.path.pop();
        }
        let id = self.doc.add_sequence();
        self.doc.set_children(id, &children);
        self.doc.set_origin_of(id, ours);
        Some(id)
    }
}

/// Items of a list by identity, and their order.
struct Index<'a> {
    order: Vec<Key>,
    items: HashMap<Key, Node<'a>>,
}

/// `None` where an item has no identity, or one that another has.
fn index<'a>(items: &[Node<'a>], how: Identity<'_, '_>) -> Option<Index<'a>> {
    let mut index = Index { order: Vec::with_capacity(items.len()), items: HashMap::with_capacity(items.len()) };
    for &item in items {
        let key = how.key(item)?;
        if index.items.insert(key.clone(), item).is_some() {
            return None;
        }
        index.order.push(key);
    }
    Some(index)
}

/// All items of both sides: in the order of the side that changed it, those of the other behind what they stood behind.
fn order(base: &Index<'_>, ours: &Index<'_>, theirs: &Index<'_>) -> Vec<Key> {
    let shared = |side: &Index<'_>, other: &Index<'_>| -> Vec<Key> {
        side.order.iter().filter(|key| other.items.contains_key(*key)).cloned().collect()
    };
    let unmoved = shared(ours, base) == shared(base, ours);
    let (first, second) = if unmoved { (theirs, ours) } else { (ours, theirs) };
    let mut behind: HashMap<Option<&Key>, Vec<&Key>> = HashMap::new();
    let mut last = None;
    for key in &second.order {
        if first.items.contains_key(key) {
            last = Some(key);
        } else {
            behind.entry(last).or_default().push(key);
        }
    }
    let mut seen = HashSet::new();
    let mut all: Vec<&Key> = behind.remove(&None).unwrap_or_default();
    for key in &first.order {
        all.push(key);
        all.extend(behind.remove(&Some(key)).unwrap_or_default());
    }
    all.into_iter().filter(|key| seen.insert(*key)).cloned().collect()
}
