//! Types as a graph: the one form that all sources of schema facts are brought into.

use std::collections::HashMap;
use std::fmt;

use serde_json::Value;

use super::{Format, ListType, MapType, Schema, Scope, Shape};
use crate::gvk::GroupVersionKind;

/// Names a type of one [`TypeGraph`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeId(u32);

/// `x-kubernetes-patch-strategy`: what a strategic merge patch does with a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PatchStrategy {
    /// Lists are merged by their merge key, or as sets of scalars.
    pub merge: bool,
    /// The value is replaced as a whole.
    pub replace: bool,
    /// Keys that the patch does not list under `$retainKeys` go.
    pub retain_keys: bool,
}

impl PatchStrategy {
    /// From the comma-separated words of the extension; unknown words are ignored.
    pub fn parse(words: &str) -> Self {
        let has = |word: &str| words.split(',').any(|found| found.trim() == word);
        PatchStrategy { merge: has("merge"), replace: has("replace"), retain_keys: has("retainKeys") }
    }
}

/// What stands for a field that is empty but has to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WhenEmpty {
    /// `null`: the field is required, `containers: null`.
    Null,
    /// The zero value of its type, which is its default: `resources: {}`, `name: ""`.
    Zero,
}

/// What is known of one type; made with [`TypeGraph::add`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TypeBuilder {
    /// Name of the definition, for people: `io.k8s.api.core.v1.Container`.
    pub name: Option<Box<str>>,
    /// Kind of value.
    pub shape: Shape,
    /// Takes fields, values, items and shape from this type; what is set here goes before.
    pub of: Option<TypeId>,
    /// Declared fields of a mapping.
    pub fields: Vec<(Box<str>, TypeId)>,
    /// Type of the values of a mapping that are not declared fields.
    pub values: Option<TypeId>,
    /// Type of a list's items.
    pub items: Option<TypeId>,
    /// `x-kubernetes-list-type`.
    pub list_type: Option<ListType>,
    /// `x-kubernetes-list-map-keys`.
    pub list_keys: Vec<Box<str>>,
    /// `x-kubernetes-map-type`.
    pub map_type: Option<MapType>,
    /// `x-kubernetes-patch-strategy`.
    pub patch_strategy: Option<PatchStrategy>,
    /// `x-kubernetes-patch-merge-key`.
    pub patch_merge_key: Option<Box<str>>,
    /// How scalars are compared.
    pub format: Option<Format>,
    /// The value that a server fills in.
    pub default: Option<Value>,
    /// Whether `null` is a value of the type.
    pub nullable: bool,
    /// Whether a field that is not declared is refused.
    pub closed: bool,
    /// What is written for a field of this type where it is empty, see [`TypeRef::when_empty`].
    pub when_empty: Option<WhenEmpty>,
}

/// Types that refer to each other, and the kinds whose documents have them.
#[derive(Clone, Default)]
pub struct TypeGraph {
    types: Vec<TypeBuilder>,
    kinds: HashMap<GroupVersionKind, TypeId>,
    scopes: HashMap<GroupVersionKind, Scope>,
}

impl TypeGraph {
    /// Without types.
    pub fn new() -> Self {
        TypeGraph::default()
    }

    /// Adds a type. Where a field is declared twice, the first counts.
    pub fn add(&mut self, kind: TypeBuilder) -> TypeId {
        let id = TypeId(u32::try_from(self.types.len()).expect("a schema has fewer than 2^32 types"));
        self.types.push(TypeBuilder::default());
        self.set(id, kind);
        id
    }

    /// Makes a type be something else: how types that contain each other are closed.
    ///
    /// # Panics
    /// If the type is of another graph that has more types.
    pub fn set(&mut self, id: TypeId, mut kind: TypeBuilder) {
        kind.fields.sort_by(|a, b| a.0.cmp(&b.0));
        kind.fields.dedup_by(|later, first| later.0 == first.0);
        self.types[id.0 as usize] = kind;
    }

    /// Says which type the documents of a kind have.
    pub fn set_root(&mut self, gvk: GroupVersionKind, root: TypeId) {
        self.kinds.insert(gvk, root);
    }

    /// Says where the resources of a kind live.
    pub fn set_scope(&mut self, gvk: GroupVersionKind, scope: Scope) {
        self.scopes.insert(gvk, scope);
    }

    /// The kinds that have a type, sorted.
    pub fn kinds(&self) -> Vec<&GroupVersionKind> {
        let mut kinds: Vec<_> = self.kinds.keys().collect();
        kinds.sort_unstable();
        kinds
    }

    /// The kinds whose scope is stated, sorted.
    pub fn scopes(&self) -> Vec<(&GroupVersionKind, Scope)> {
        let mut scopes: Vec<_> = self.scopes.iter().map(|(gvk, &scope)| (gvk, scope)).collect();
        scopes.sort_unstable();
        scopes
    }

    /// The types that have a name.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&str, TypeId)> {
        self.types.iter().enumerate().filter_map(|(id, kind)| Some((kind.name.as_deref()?, TypeId(id as u32))))
    }

    /// The type of a definition, by its name in this graph: `core.v1.PodSpec` in the built-in tables.
    pub fn definition(&self, name: &str) -> Option<TypeRef<'_>> {
        self.names().find(|(known, _)| *known == name).map(|(_, id)| self.node(id))
    }

    /// The cursor at a type.
    pub fn node(&self, id: TypeId) -> TypeRef<'_> {
        TypeRef { graph: self, id }
    }
}

impl Schema for TypeGraph {
    fn root(&self, gvk: &GroupVersionKind) -> Option<TypeRef<'_>> {
        self.kinds.get(gvk).map(|&id| self.node(id))
    }

    fn scope(&self, gvk: &GroupVersionKind) -> Scope {
        self.scopes.get(gvk).copied().unwrap_or_default()
    }
}

impl fmt::Debug for TypeGraph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypeGraph").field("types", &self.types.len()).field("kinds", &self.kinds.len()).finish()
    }
}

/// How many types may stand for each other before one has content; a circle ends there.
const CHAIN: usize = 32;

/// A type of a [`TypeGraph`]: a cursor that is free to copy and walks down beside a tree.
#[derive(Clone, Copy)]
pub struct TypeRef<'s> {
    graph: &'s TypeGraph,
    id: TypeId,
}

impl<'s> TypeRef<'s> {
    /// The type's id in its graph.
    pub fn id(self) -> TypeId {
        self.id
    }

    /// The first answer of this type and of those it is made `of`.
    fn find<T>(self, get: impl Fn(&'s TypeBuilder) -> Option<T>) -> Option<T> {
        let mut here = Some(self.id);
        for _ in 0..CHAIN {
            let kind = &self.graph.types[here?.0 as usize];
            if let Some(found) = get(kind) {
                return Some(found);
            }
            here = kind.of;
        }
        None
    }

    fn to(self, id: TypeId) -> TypeRef<'s> {
        TypeRef { graph: self.graph, id }
    }

    /// Name of its definition, where it has one: `io.k8s.api.core.v1.Container`.
    pub fn name(self) -> Option<&'s str> {
        self.find(|kind| kind.name.as_deref())
    }

    /// What kind of value it is.
    pub fn shape(self) -> Shape {
        self.find(|kind| (kind.shape != Shape::Any).then_some(kind.shape)).unwrap_or_default()
    }

    /// The type under a key of a mapping: of the declared field, else of the mapping's values.
    pub fn field(self, name: &str) -> Option<TypeRef<'s>> {
        self.declared(name).or_else(|| self.values())
    }

    /// The type of a declared field.
    pub fn declared(self, name: &str) -> Option<TypeRef<'s>> {
        let find = |kind: &'s TypeBuilder| {
            let at = kind.fields.binary_search_by(|(field, _)| (**field).cmp(name)).ok()?;
            Some(kind.fields[at].1)
        };
        self.find(find).map(|id| self.to(id))
    }

    /// The declared fields, sorted by name.
    pub fn fields(self) -> Fields<'s> {
        let fields = self.find(|kind| (!kind.fields.is_empty()).then_some(&*kind.fields)).unwrap_or_default();
        Fields { graph: self.graph, fields: fields.iter() }
    }

    /// The type of a mapping's values, where it is not one of declared fields alone.
    pub fn values(self) -> Option<TypeRef<'s>> {
        self.find(|kind| kind.values).map(|id| self.to(id))
    }

    /// The type of a list's items.
    pub fn items(self) -> Option<TypeRef<'s>> {
        self.find(|kind| kind.items).map(|id| self.to(id))
    }

    /// Follows keys of mappings from here; an index, or any other text, leads to the items of a list.
    pub fn at<'k>(self, path: impl IntoIterator<Item = &'k str>) -> Option<TypeRef<'s>> {
        path.into_iter().try_fold(self, |at, step| at.items().or_else(|| at.field(step)))
    }

    /// How the list is merged. `None` where it is not stated: then a server takes it as atomic.
    pub fn list_type(self) -> Option<ListType> {
        self.find(|kind| kind.list_type)
    }

    /// The keys that tell the items of a [`ListType::Map`] apart, in declared order.
    pub fn list_keys(self) -> &'s [Box<str>] {
        self.find(|kind| (!kind.list_keys.is_empty()).then_some(&*kind.list_keys)).unwrap_or_default()
    }

    /// The value that an item has under a key of [`TypeRef::list_keys`] where it writes none.
    pub fn key_default(self, key: &str) -> Option<&'s Value> {
        self.items()?.field(key)?.default()
    }

    /// How the mapping is merged.
    pub fn map_type(self) -> MapType {
        self.find(|kind| kind.map_type).unwrap_or_default()
    }

    /// How the mapping is merged, where that is stated.
    pub fn stated_map_type(self) -> Option<MapType> {
        self.find(|kind| kind.map_type)
    }

    /// What a strategic merge patch does with it.
    pub fn patch_strategy(self) -> PatchStrategy {
        self.find(|kind| kind.patch_strategy).unwrap_or_default()
    }

    /// The key by which a strategic merge patch finds the items of a list.
    pub fn patch_merge_key(self) -> Option<&'s str> {
        self.find(|kind| kind.patch_merge_key.as_deref())
    }

    /// How its scalars are compared, where not by their plain value.
    pub fn format(self) -> Option<Format> {
        self.find(|kind| kind.format)
    }

    /// The value that a server fills in where none is written.
    pub fn default(self) -> Option<&'s Value> {
        self.find(|kind| kind.default.as_ref())
    }

    /// Whether `null` is a value of the type.
    pub fn is_nullable(self) -> bool {
        self.find(|kind| kind.nullable.then_some(true)).is_some()
    }

    /// Whether a field that is not declared is refused.
    ///
    /// So are the types of [`kubernetes`](super::kubernetes); those of [`kustomize`](super::kustomize) leave out fields
    /// without facts and are open.
    pub fn is_closed(self) -> bool {
        self.find(|kind| kind.closed.then_some(true)).is_some()
    }

    /// What the programs of Kubernetes write for a field of this type where it is empty; most fields they leave out.
    pub fn when_empty(self) -> Option<WhenEmpty> {
        self.graph.types[self.id.0 as usize].when_empty
    }
}

impl PartialEq for TypeRef<'_> {
    /// Whether both are the same place of the same graph.
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.graph, other.graph) && self.id == other.id
    }
}

impl Eq for TypeRef<'_> {}

impl fmt::Debug for TypeRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "TypeRef({name})"),
            None => write!(f, "TypeRef({:?} #{})", self.shape(), self.id.0),
        }
    }
}

/// Declared fields, see [`TypeRef::fields`].
#[derive(Clone, Debug)]
pub struct Fields<'s> {
    graph: &'s TypeGraph,
    fields: std::slice::Iter<'s, (Box<str>, TypeId)>,
}

impl<'s> Iterator for Fields<'s> {
    type Item = (&'s str, TypeRef<'s>);

    fn next(&mut self) -> Option<Self::Item> {
        self.fields.next().map(|(name, id)| (&**name, self.graph.node(*id)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.fields.size_hint()
    }
}

impl ExactSizeIterator for Fields<'_> {}
