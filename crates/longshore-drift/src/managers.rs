//! `metadata.managedFields` as server-side apply works with it: read, and written back.

use longshore_diff::{FieldSet, ManagedFields, Managers, Operation};
use longshore_manifest::PathElement;
use longshore_manifest::schema::{ListType, Shape, TypeBuilder, TypeGraph, TypeId};
use longshore_yaml::{Document, Node, NodeId};

use crate::owner::{Owner, Records, owner};

/// The name under which a server records fields that nobody is on record for, once somebody applies.
const BEFORE_FIRST_APPLY: &str = "before-first-apply";

/// The managers of one object. One name may stand there more than once: by operation, version and subresource.
pub(crate) struct Book<'a> {
    pub(crate) managers: Managers,
    entries: Vec<(Owner, Option<Node<'a>>)>,
    /// The place of the one that applies.
    own: usize,
}

impl<'a> Book<'a> {
    /// Reads the records of a live object, for a write by `manager`. Entries that are no `FieldsV1` are left out.
    pub(crate) fn read(live: Option<Node<'a>>, manager: &str, writes: Operation) -> Self {
        let mut book = Book { managers: Managers::new(), entries: Vec::new(), own: 0 };
        let mut own = None;
        for entry in live.map(Records::of).into_iter().flat_map(Records::entries) {
            let Some(fields) = fields(entry) else { continue };
            let owner = owner(entry);
            let operation = if owner.operation == "Apply" { Operation::Apply } else { Operation::Update };
            if operation == writes && owner.manager == manager && owner.subresource.is_none() {
                own = Some(book.entries.len());
            }
            let api_version = entry.get("apiVersion").map_or("", Node::text).to_owned();
            book.add(owner, Some(entry), ManagedFields { api_version, operation, fields });
        }
        book.own = own.unwrap_or(book.entries.len());
        if own.is_none() {
            let operation = if writes == Operation::Apply { "Apply" } else { "Update" }.to_owned();
            let own = Owner { manager: manager.to_owned(), operation, subresource: None, time: None };
            book.entries.push((own, None));
        }
        book
    }

    /// As a server does before the first apply to an object without records: all it has gets an owner.
    pub(crate) fn own_all(&mut self, api_version: &str, fields: FieldSet) {
        let manager = BEFORE_FIRST_APPLY.to_owned();
        let owner = Owner { manager, operation: "Update".to_owned(), subresource: None, time: None };
        self.add(
            owner,
            None,
            ManagedFields { api_version: api_version.to_owned(), operation: Operation::Update, fields },
        );
    }

    fn add(&mut self, owner: Owner, entry: Option<Node<'a>>, managed: ManagedFields) {
        self.managers.insert(key(self.entries.len()), managed);
        self.entries.push((owner, entry));
    }

    /// The name in [`Book::managers`] of the one that applies.
    pub(crate) fn own(&self) -> String {
        key(self.own)
    }

    /// Who a name in [`Book::managers`] is.
    pub(crate) fn owner(&self, key: &str) -> Option<&Owner> {
        let (owner, _) = self.entries.get(key.parse::<usize>().ok()?)?;
        Some(owner)
    }

    /// Writes who owns what after an apply. An entry whose fields did not change keeps its time; nobody knows that of another.
    pub(crate) fn write(&self, doc: &mut Document, after: &Managers) {
        let Some(metadata) = doc.root().get("metadata").map(|node| node.resolved().id()) else { return };
        let list = doc.add_sequence();
        for (at, (owner, entry)) in self.entries.iter().enumerate() {
            let Some(managed) = after.get(&key(at)) else { continue };
            let same = self.managers.get(&key(at)).is_some_and(|before| before.fields == managed.fields);
            let item = match entry.filter(|_| same) {
                Some(entry) => doc.import(entry),
                None => write_entry(doc, owner, managed),
            };
            doc.seq_push(list, item);
        }
        if !doc.node(list).is_empty() {
            doc.map_set(metadata, "managedFields", list);
        }
    }
}

/// Names that sort as the entries do.
fn key(at: usize) -> String {
    format!("{at:08}")
}

fn fields(entry: Node<'_>) -> Option<FieldSet> {
    FieldSet::from_json(&entry.get("fieldsV1")?.to_json().ok()?).ok()
}

fn write_entry(doc: &mut Document, owner: &Owner, managed: &ManagedFields) -> NodeId {
    let entry = doc.add_mapping();
    let fields = doc.add_json(&managed.fields.to_json());
    let mut text = |key: &str, value: &str| {
        let value = doc.add_str(value);
        doc.map_set(entry, key, value);
    };
    text("apiVersion", &managed.api_version);
    text("fieldsType", "FieldsV1");
    text("manager", &owner.manager);
    text("operation", &owner.operation);
    if let Some(subresource) = &owner.subresource {
        text("subresource", subresource);
    }
    doc.map_set(entry, "fieldsV1", fields);
    entry
}

/// The type of an object of an unknown kind as far as its records tell: which lists have keys, which are sets. Its root is the
/// one type without a name.
pub(crate) fn recorded_type<'s>(sets: impl Iterator<Item = &'s FieldSet>) -> (TypeGraph, TypeId) {
    let mut graph = TypeGraph::new();
    let sets: Vec<&FieldSet> = sets.collect();
    let mut root = recorded(&mut graph, &sets);
    if root.fields.is_empty() {
        let any = graph.add(TypeBuilder::default());
        root = TypeBuilder { shape: Shape::Map, fields: vec![("metadata".into(), any)], ..TypeBuilder::default() };
    }
    let root = graph.add(root);
    (graph, root)
}

fn recorded(graph: &mut TypeGraph, sets: &[&FieldSet]) -> TypeBuilder {
    let elements = || sets.iter().flat_map(|set| set.members().chain(set.children().map(|(element, _)| element)));
    let below = |wanted: &dyn Fn(&PathElement) -> bool| -> Vec<&FieldSet> {
        let children = sets.iter().flat_map(|set| set.children());
        children.filter(|(element, _)| wanted(element)).map(|(_, set)| set).collect()
    };
    let list = |list_type| TypeBuilder { shape: Shape::List, list_type: Some(list_type), ..TypeBuilder::default() };
    match elements().next() {
        Some(PathElement::Key(keys)) => {
            let list_keys = keys.iter().map(|(key, _)| key.as_str().into()).collect();
            let items = recorded(graph, &below(&|element| matches!(element, PathElement::Key(_))));
            let items = Some(graph.add(items));
            TypeBuilder { list_keys, items, ..list(ListType::Map) }
        }
        Some(PathElement::Value(_)) => list(ListType::Set),
        Some(PathElement::Field(_)) => {
            let mut names: Vec<&String> = elements().filter_map(field_name).collect();
            names.sort_unstable();
            names.dedup();
            let fields = names.into_iter().map(|name| {
                let field = recorded(graph, &below(&|element| field_name(element) == Some(name)));
                (name.as_str().into(), graph.add(field))
            });
            TypeBuilder { shape: Shape::Map, fields: fields.collect(), ..TypeBuilder::default() }
        }
        _ => TypeBuilder::default(),
    }
}

fn field_name(element: &PathElement) -> Option<&String> {
    match element {
        PathElement::Field(name) => Some(name),
        _ => None,
    }
}
