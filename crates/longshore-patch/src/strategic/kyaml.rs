//! Strategic merge as kyaml does it, which is what `kustomize build` does.
//!
//! It differs from the server's: items of the patch come first in a merged list, of the directives only `$patch`
//! counts (`delete`, `replace`, `merge`; in a list as an item that holds nothing else), and `$retainKeys`,
//! `$setElementOrder/…` and `$deleteFromPrimitiveList/…` are fields like any other. Lists are merged where the schema
//! has a patch strategy with `merge`; by `x-kubernetes-list-map-keys`, else by the patch merge key, else as sets of
//! scalars. A comment that holds a JSON schema gives the type of the value beside it.
//!
//! Behaviour: `kyaml/yaml/{walk,merge2}` of kubernetes-sigs/kustomize.

mod list;

use longshore_manifest::GroupVersionKind;
use longshore_manifest::schema::{Schema, TypeGraph, TypeRef, json_schema};
use longshore_yaml::{Comments, Document, Kind, Node, NodeId, Tag};
use smallvec::SmallVec;

use crate::error::ApplyError;
use crate::undo::{Children, Draft};

/// Nesting of a document that is patched; a deeper one is refused.
const DEPTH: usize = 1_000;

/// How to merge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    kind_change: KindChange,
    list_items: ListItems,
}

/// What becomes of a value that the patch gives another kind: a list where the document has a mapping.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum KindChange {
    /// An error that names both.
    #[default]
    Refuse,
    /// The value of the patch replaces that of the document.
    Replace,
}

/// Where items that only the patch has go in a merged list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ListItems {
    /// Items of the patch first, as `kustomize build` does.
    #[default]
    Prepend,
    /// Items of the document first, as kyaml does for others.
    Append,
}

impl Options {
    /// Says what becomes of a value that the patch gives another kind.
    #[must_use]
    pub fn kind_change(mut self, kind_change: KindChange) -> Self {
        self.kind_change = kind_change;
        self
    }

    /// Says where items that only the patch has go.
    #[must_use]
    pub fn list_items(mut self, list_items: ListItems) -> Self {
        self.list_items = list_items;
        self
    }
}

/// What a merge left of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The document, changed or not.
    Kept,
    /// Nothing: the patch says `$patch: delete` at its root. The document is unchanged; the caller drops it.
    Deleted,
}

/// Merges `patch` into `doc`. What comes from the patch keeps its origin.
///
/// As kyaml does, it looks through the whole document: fields with an empty value (`key:`) vanish wherever no list
/// without merge keys contains them, and merged lists lose repeated items.
///
/// # Errors
/// Values of different kinds, an unknown `$patch` directive, a document nested deeper than 1,000, or a list of more
/// than 2,000 items in which an item lacks its merge key. The document is then as it was.
pub fn apply(
    doc: &mut Document,
    patch: Node<'_>,
    schema: &dyn Schema,
    options: &Options,
) -> Result<Outcome, ApplyError> {
    let root = doc.root_id();
    let commented = doc.may_have_comments() || patch.document().may_have_comments();
    let mut merge = Merge { draft: Draft::new(doc), schema, options, commented, depth: 0, step_by_step: false };
    match merge.walk(Some(root), Source::Patch(patch), None)? {
        Some(root) => {
            merge.draft.keep(root);
            Ok(Outcome::Kept)
        }
        None => Ok(Outcome::Deleted),
    }
}

/// What is merged into a value of the document.
#[derive(Clone, Copy)]
enum Source<'p> {
    /// Nothing; the value is only tidied.
    None,
    /// A node of the patch.
    Patch(Node<'p>),
    /// The value itself: it came from the patch a moment ago, and its own directives are still to be followed.
    Same,
}

#[derive(Clone, Copy, PartialEq)]
enum Directive {
    Merge,
    Replace,
    Delete,
}

struct Merge<'d, 'o> {
    draft: Draft<'d>,
    schema: &'o dyn Schema,
    options: &'o Options,
    /// Whether there may be schemas in comments.
    commented: bool,
    depth: usize,
    /// Whether even orderly lists go the long way; only a test wants that.
    step_by_step: bool,
}

fn is_null(node: Node<'_>) -> bool {
    node.resolved().tag() == Tag::Null
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Mapping => "mapping",
        Kind::Sequence => "list",
        Kind::Scalar | Kind::Alias => "scalar",
    }
}

impl<'d, 'o> Merge<'d, 'o> {
    fn walk<'p>(
        &mut self,
        dest: Option<NodeId>,
        source: Source<'p>,
        schema: Option<TypeRef<'_>>,
    ) -> Result<Option<NodeId>, ApplyError> {
        if let (Some(dest), Source::None) = (dest, source) {
            return self.tidy(dest, schema);
        }
        if let Some(graph) = self.comment_schema(dest, source) {
            let root = graph.root(&GroupVersionKind::default());
            return self.walk_typed(dest, source, root);
        }
        match schema {
            Some(_) => self.walk_typed(dest, source, schema),
            None => {
                let found = self.kind_schema(dest, source);
                self.walk_typed(dest, source, found)
            }
        }
    }

    fn walk_typed<'p>(
        &mut self,
        dest: Option<NodeId>,
        source: Source<'p>,
        schema: Option<TypeRef<'_>>,
    ) -> Result<Option<NodeId>, ApplyError> {
        self.enter()?;
        let present = dest.filter(|&id| !is_null(self.draft.node(id)));
        let merged = match (present, source) {
            (_, Source::Patch(patch)) if is_null(patch) => None,
            (None, Source::Patch(patch)) => self.add(patch, schema)?,
            (None, Source::Same) => None,
            (_, Source::None) => dest.map(|id| self.tidy_typed(id, schema)).transpose()?.flatten(),
            (Some(dest), source) => self.merge(dest, source, schema)?,
        };
        self.depth -= 1;
        Ok(merged)
    }

    /// A value into which nothing is merged.
    fn tidy(&mut self, id: NodeId, schema: Option<TypeRef<'_>>) -> Result<Option<NodeId>, ApplyError> {
        if let Some(graph) = self.comment_schema(Some(id), Source::None) {
            return self.tidy_typed(id, graph.root(&GroupVersionKind::default()));
        }
        match schema.or_else(|| self.kind_schema(Some(id), Source::None)) {
            None if self.is_plain(id) => Ok(Some(id)),
            schema => self.tidy_typed(id, schema),
        }
    }

    fn tidy_typed(&mut self, id: NodeId, schema: Option<TypeRef<'_>>) -> Result<Option<NodeId>, ApplyError> {
        let node = self.draft.node(id);
        if is_null(node) {
            // A null that is written out stays, one that is only left blank goes.
            return Ok(Some(id).filter(|_| !node.text().is_empty()));
        }
        let kind = node.resolved().kind();
        self.enter()?;
        let tidied = match kind {
            Kind::Mapping => self.tidy_fields(id, schema).map(Some)?,
            Kind::Sequence => match merge_keys(schema) {
                Some(keys) => self.merge_list(id, Source::None, &keys, schema)?,
                None => Some(id),
            },
            Kind::Scalar | Kind::Alias => Some(id),
        };
        self.depth -= 1;
        Ok(tidied)
    }

    fn tidy_fields(&mut self, map: NodeId, schema: Option<TypeRef<'_>>) -> Result<NodeId, ApplyError> {
        let mut after = Entries::of(map);
        for at in 0..self.draft.node(map).len() {
            let Some((key, value)) = self.draft.entry(map, at) else { break };
            if self.is_plain(value) {
                after.push(key, value);
                continue;
            }
            let tidied = match self.schema_in(self.draft.node(key)) {
                Some(graph) => self.tidy(value, graph.root(&GroupVersionKind::default())),
                None => {
                    let type_of = schema.and_then(|at| at.field(self.draft.node(key).text()));
                    self.tidy(value, type_of)
                }
            };
            match tidied.map_err(|error| error.below(self.draft.node(key).text()))? {
                Some(_) => after.push(key, value),
                None => after.change(&self.draft, at),
            }
        }
        if let Some(children) = after.children {
            self.draft.set_children(map, &children);
        }
        Ok(map)
    }

    fn enter(&mut self) -> Result<(), ApplyError> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(ApplyError::new(None, format!("the document is nested deeper than {DEPTH}")));
        }
        Ok(())
    }

    /// A value that the document does not have.
    fn add(&mut self, patch: Node<'_>, schema: Option<TypeRef<'_>>) -> Result<Option<NodeId>, ApplyError> {
        if patch.is_mapping() {
            // An unknown directive is no error here: it stays as a field.
            return match directive(patch) {
                Ok(Some(Directive::Delete)) => Ok(None),
                found => {
                    let id = self.import_without(patch, matches!(found, Ok(Some(_))));
                    self.fields(id, Source::Same, schema).map(Some)
                }
            };
        }
        let id = self.draft.doc.import(patch);
        match merge_keys(schema) {
            Some(keys) if patch.is_sequence() => self.list(id, Source::Same, &keys, schema),
            _ => Ok(Some(id)),
        }
    }

    /// A copy of a mapping of the patch, without its directive.
    fn import_without(&mut self, patch: Node<'_>, directive: bool) -> NodeId {
        let id = self.draft.doc.import(patch);
        if directive {
            self.draft.doc.map_remove(id, "$patch");
        }
        id
    }

    fn merge<'p>(
        &mut self,
        dest: NodeId,
        source: Source<'p>,
        schema: Option<TypeRef<'_>>,
    ) -> Result<Option<NodeId>, ApplyError> {
        let kind = self.draft.node(dest).resolved().kind();
        if let Source::Patch(patch) = source {
            let other = patch.resolved().kind();
            if other != kind {
                return self.kind_changed(kind, patch);
            }
            self.take_comments(dest, patch);
            self.take_style(dest, patch);
        }
        match kind {
            Kind::Mapping => self.map(dest, source, schema),
            Kind::Sequence => match merge_keys(schema) {
                Some(keys) => self.merge_list(dest, source, &keys, schema),
                None => Ok(Some(self.replaced(dest, source))),
            },
            Kind::Scalar | Kind::Alias => Ok(Some(self.replaced(dest, source))),
        }
    }

    fn replaced(&mut self, dest: NodeId, source: Source<'_>) -> NodeId {
        match source {
            Source::Patch(patch) => self.draft.doc.import(patch),
            Source::None | Source::Same => dest,
        }
    }

    fn kind_changed(&mut self, kind: Kind, patch: Node<'_>) -> Result<Option<NodeId>, ApplyError> {
        if self.options.kind_change == KindChange::Replace {
            return Ok(Some(self.draft.doc.import(patch)));
        }
        let (ours, theirs) = (kind_name(kind), kind_name(patch.resolved().kind()));
        Err(ApplyError::new(Some(patch), format!("the patch has a {theirs} where the document has a {ours}")))
    }

    fn map<'p>(
        &mut self,
        dest: NodeId,
        source: Source<'p>,
        schema: Option<TypeRef<'_>>,
    ) -> Result<Option<NodeId>, ApplyError> {
        let found = match source {
            Source::None => None,
            Source::Patch(patch) => directive(patch)?,
            Source::Same => directive(self.draft.node(dest))?,
        };
        match (found, source) {
            (Some(Directive::Delete), _) => Ok(None),
            (Some(Directive::Replace), Source::Patch(patch)) => {
                let id = self.import_without(patch, true);
                self.fields(id, Source::Same, schema).map(Some)
            }
            (Some(_), Source::Same) => {
                let children = self.draft.children(dest);
                let rest: Children = children
                    .chunks_exact(2)
                    .filter(|pair| self.draft.node(pair[0]).text() != "$patch")
                    .flatten()
                    .copied()
                    .collect();
                self.draft.set_children(dest, &rest);
                self.fields(dest, source, schema).map(Some)
            }
            (_, source) => self.fields(dest, source, schema).map(Some),
        }
    }

    /// Merges field by field; those that only the patch has are added in the order of their names.
    fn fields<'p>(
        &mut self,
        dest: NodeId,
        source: Source<'p>,
        schema: Option<TypeRef<'_>>,
    ) -> Result<NodeId, ApplyError> {
        let mut incoming = Fields::new(source);
        let mut after = Entries::of(dest);
        for at in 0..self.draft.node(dest).len() {
            let Some((key, value)) = self.draft.entry(dest, at) else { break };
            if matches!(source, Source::Same) && self.is_plain(value) {
                after.push(key, value);
                continue;
            }
            let found = if incoming.entries.is_empty() { None } else { incoming.take(self.draft.node(key).text()) };
            let child = match source {
                Source::Same => Source::Same,
                _ => found.map_or(Source::None, |(_, value)| Source::Patch(value)),
            };
            if matches!(child, Source::None) && self.is_plain(value) {
                after.push(key, value);
                continue;
            }
            let type_of = schema.and_then(|at| at.field(self.draft.node(key).text()));
            let patch_key = found.map(|(key, _)| key);
            let merged = self
                .field(Some((key, value)), patch_key, child, type_of)
                .map_err(|error| error.below(self.draft.node(key).text()))?;
            match merged {
                Some(merged) => {
                    if merged != value {
                        // A field keeps the style it had.
                        let style = self.draft.node(value).style();
                        let same = self.draft.node(value).kind() == self.draft.node(merged).kind();
                        if same || self.options.kind_change == KindChange::Refuse {
                            self.draft.set_style(merged, style);
                        }
                        after.change(&self.draft, at);
                    }
                    after.push(key, merged);
                }
                None => after.change(&self.draft, at),
            }
        }
        for (key, value) in incoming.rest() {
            let type_of = schema.and_then(|at| at.field(key.text()));
            let added = self.field(None, Some(key), Source::Patch(value), type_of);
            if let Some(added) = added.map_err(|error| error.below(key.text()))? {
                // A new key is written as in the patch, without what is said about it there.
                let key = self.draft.doc.import(key);
                if self.draft.node(key).comments().is_some() {
                    self.draft.doc.set_comments(key, Comments::default());
                }
                after.change(&self.draft, self.draft.node(dest).len());
                after.push(key, added);
            }
        }
        if let Some(children) = after.children {
            self.draft.set_children(dest, &children);
        }
        Ok(dest)
    }

    /// A scalar that is not null: nothing below it to tidy.
    fn is_plain(&self, id: NodeId) -> bool {
        let node = self.draft.node(id);
        node.kind() == Kind::Scalar && node.tag() != Tag::Null
    }

    fn field<'p>(
        &mut self,
        entry: Option<(NodeId, NodeId)>,
        patch_key: Option<Node<'p>>,
        source: Source<'p>,
        schema: Option<TypeRef<'_>>,
    ) -> Result<Option<NodeId>, ApplyError> {
        let dest = entry.map(|(_, value)| value);
        let ours = entry.and_then(|(key, _)| self.schema_in(self.draft.node(key)));
        match ours.or_else(|| patch_key.and_then(|key| self.schema_in(key))) {
            Some(graph) => self.walk(dest, source, graph.root(&GroupVersionKind::default())),
            None => self.walk(dest, source, schema),
        }
    }

    // Types

    /// The schema that a comment on either value holds.
    fn comment_schema(&self, dest: Option<NodeId>, source: Source<'_>) -> Option<Box<TypeGraph>> {
        if !self.commented {
            return None;
        }
        let ours = dest.map(|id| self.draft.node(id)).filter(|&node| !is_null(node)).and_then(schema_in);
        ours.or_else(|| match source {
            Source::Patch(patch) if !is_null(patch) => schema_in(patch),
            _ => None,
        })
    }

    /// The schema that a comment on a key holds.
    fn schema_in(&self, key: Node<'_>) -> Option<Box<TypeGraph>> {
        if self.commented { schema_in(key) } else { None }
    }

    /// The schema of the kind that either value says it has; it may be a resource inside another.
    fn kind_schema(&self, dest: Option<NodeId>, source: Source<'_>) -> Option<TypeRef<'o>> {
        let named = |node: Node<'_>| {
            let (version, kind) = (node.get("apiVersion")?.text(), node.get("kind")?.text());
            self.schema.root(&GroupVersionKind::new(version, kind))
        };
        let ours = dest.and_then(|id| named(self.draft.node(id)));
        ours.or_else(|| match source {
            Source::Patch(patch) => named(patch),
            _ => None,
        })
    }

    // What is not value

    fn take_comments(&mut self, dest: NodeId, patch: Node<'_>) {
        let Some(theirs) = patch.comments() else { return };
        let mut comments = self.draft.node(dest).comments().cloned().unwrap_or_default();
        let take = |mine: &mut String, theirs: &String| {
            if !theirs.is_empty() {
                mine.clone_from(theirs);
            }
        };
        let Comments { head, line, foot } = theirs;
        take(&mut comments.head, head);
        take(&mut comments.line, line);
        take(&mut comments.foot, foot);
        self.draft.set_comments(dest, comments);
    }

    /// An empty collection was likely written `{}`; what is put into it is written as in the patch.
    fn take_style(&mut self, dest: NodeId, patch: Node<'_>) {
        let node = self.draft.node(dest);
        if node.kind() != Kind::Scalar && node.is_empty() {
            self.draft.set_style(dest, patch.resolved().style());
        }
    }
}

/// What becomes of a mapping's entries, kept from the first change on: most mappings stay as they are.
struct Entries {
    map: NodeId,
    children: Option<Children>,
}

impl Entries {
    fn of(map: NodeId) -> Self {
        Entries { map, children: None }
    }

    /// The first entries, so many, stay; what comes behind them is told.
    fn change(&mut self, draft: &Draft<'_>, stay: usize) {
        self.children.get_or_insert_with(|| {
            let map = draft.node(self.map);
            // Few patches add more than two fields.
            let mut children = Children::with_capacity(2 * map.len() + 4);
            children.extend(map.entries().take(stay).flat_map(|(key, value)| [key.id(), value.id()]));
            children
        });
    }

    fn push(&mut self, key: NodeId, value: NodeId) {
        if let Some(children) = &mut self.children {
            children.extend([key, value]);
        }
    }
}

/// Fields of a patch that wait for theirs in the document.
struct Fields<'p> {
    entries: SmallVec<[(Node<'p>, Option<Node<'p>>); 4]>,
    index: Option<std::collections::HashMap<&'p str, usize>>,
}

impl<'p> Fields<'p> {
    fn new(source: Source<'p>) -> Self {
        let Source::Patch(patch) = source else { return Fields { entries: SmallVec::new(), index: None } };
        let known = matches!(directive(patch), Ok(Some(_)));
        let entries = patch.entries().filter(|(key, _)| !known || key.text() != "$patch");
        let entries: SmallVec<[_; 4]> = entries.map(|(key, value)| (key, Some(value))).collect();
        let index =
            (entries.len() > 8).then(|| entries.iter().enumerate().map(|(at, (key, _))| (key.text(), at)).collect());
        Fields { entries, index }
    }

    fn take(&mut self, name: &str) -> Option<(Node<'p>, Node<'p>)> {
        let at = match &self.index {
            Some(index) => *index.get(name)?,
            None => self.entries.iter().position(|(key, _)| key.has_text(name))?,
        };
        let (key, value) = &mut self.entries[at];
        value.take().map(|value| (*key, value))
    }

    /// Those that were not taken, by name.
    fn rest(self) -> Vec<(Node<'p>, Node<'p>)> {
        let mut rest: Vec<_> =
            self.entries.into_iter().filter_map(|(key, value)| value.map(|value| (key, value))).collect();
        rest.sort_by(|a, b| a.0.text().cmp(b.0.text()));
        rest
    }
}

/// The `$patch` of a mapping.
fn directive(map: Node<'_>) -> Result<Option<Directive>, ApplyError> {
    map.get("$patch").map(named_directive).transpose()
}

fn named_directive(value: Node<'_>) -> Result<Directive, ApplyError> {
    match value.text() {
        "delete" => Ok(Directive::Delete),
        "replace" => Ok(Directive::Replace),
        "merge" => Ok(Directive::Merge),
        other => {
            let message = format!("unknown patch strategy '{other}': $patch is delete, replace or merge");
            Err(ApplyError::new(Some(value), message).below("$patch"))
        }
    }
}

/// Names of fields; few lists have several.
type MergeKeys<'s> = SmallVec<[&'s str; 2]>;

/// The keys by which a list is merged, none for a set of scalars; `None` where a list is replaced.
fn merge_keys<'s>(schema: Option<TypeRef<'s>>) -> Option<MergeKeys<'s>> {
    let schema = schema.filter(|schema| schema.patch_strategy().merge)?;
    let keys: MergeKeys<'_> = schema.list_keys().iter().map(|key| &**key).collect();
    Some(if keys.is_empty() { schema.patch_merge_key().into_iter().collect() } else { keys })
}

/// The JSON schema in a node's comments; on the heap, as [`ApplyError`] is.
fn schema_in(node: Node<'_>) -> Option<Box<TypeGraph>> {
    let comments = node.comments()?;
    let text = [&comments.line, &comments.head].into_iter().find(|text| !text.is_empty())?;
    let text = text.trim_start_matches('#').trim();
    if !text.starts_with('{') {
        return None;
    }
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    let known = value.as_object().is_some_and(|object| !object.is_empty() && !object.contains_key("$openapi"));
    known.then(|| json_schema(Document::from_json(&value).root()).ok().map(Box::new)).flatten()
}

#[cfg(test)]
mod tests {
    use longshore_manifest::schema::kustomize;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn merge_steps(doc: &mut Document, patch: Node<'_>, step_by_step: bool) {
        let (root, options) = (doc.root_id(), Options::default());
        let mut merge = Merge {
            draft: Draft::new(doc),
            schema: kustomize(),
            options: &options,
            commented: true,
            depth: 0,
            step_by_step,
        };
        let root = merge.walk(Some(root), Source::Patch(patch), None).expect("it merges").expect("it stays");
        merge.draft.keep(root);
    }

    fn merged(value: &Value, patch: &Value, step_by_step: bool) -> Value {
        let (mut doc, patch) = (Document::from_json(value), Document::from_json(patch));
        merge_steps(&mut doc, patch.root(), step_by_step);
        doc.root().to_json().expect("it came from JSON")
    }

    fn pods() -> impl Strategy<Value = Value> {
        let ports = proptest::collection::btree_map((80_u16..83, "(TCP|UDP)"), "[x-z]", 0..4);
        let directive = proptest::option::weighted(0.2, "(delete|replace|merge)");
        let container = (proptest::option::of("[x-z]"), ports, directive);
        let containers = proptest::collection::btree_map("[a-d]", container, 0..4);
        containers.prop_map(|containers| containers.into_iter().collect::<Vec<_>>()).prop_shuffle().prop_map(
            |containers| {
                let containers = containers.into_iter().map(|(name, (image, ports, directive))| {
                    let port =
                        |((port, protocol), name)| json!({"containerPort": port, "protocol": protocol, "name": name});
                    let mut container = json!({"name": name, "ports": ports.into_iter().map(port).collect::<Vec<_>>()});
                    image.into_iter().for_each(|image| container["image"] = json!(image));
                    directive.into_iter().for_each(|directive| container["$patch"] = json!(directive));
                    container
                });
                json!({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": containers.collect::<Vec<_>>()}})
            },
        )
    }

    fn plain(mut pod: Value) -> Value {
        let containers = pod["spec"]["containers"].as_array_mut().into_iter().flatten();
        containers.filter_map(Value::as_object_mut).for_each(|container| drop(container.remove("$patch")));
        pod
    }

    proptest! {
        #[test]
        fn the_short_way_leads_where_the_long_way_leads(pod in pods(), patch in pods()) {
            let pod = plain(pod);
            prop_assert_eq!(merged(&pod, &patch, false), merged(&pod, &patch, true));
        }
    }
}
