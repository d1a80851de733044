//! Strategic merge as the API server and kubectl do it.
//!
//! | directive | says |
//! |---|---|
//! | `$patch: replace` in a mapping | the rest of the mapping is the whole value |
//! | `$patch: delete` in a mapping | the value becomes an empty mapping; an item of a list goes |
//! | `$patch: replace` as an item | the other items are the whole list |
//! | `$retainKeys: [a, b]` | all other keys of the mapping go |
//! | `$deleteFromPrimitiveList/LIST: [1]` | these scalars go |
//! | `$setElementOrder/LIST: [{name: a}, …]` | the order of the items; those that only the document has keep theirs in between |
//!
//! Lists are merged where the schema has the patch strategy `merge`: mappings by the patch merge key, scalars as a set.
//! A list is merged in linear time, where the original takes quadratic. A merge key is one field, so ports of one number
//! and two protocols cannot be told apart; [`kyaml`](super::kyaml) can.
//!
//! Behaviour: `k8s.io/apimachinery/pkg/util/strategicpatch`.

mod apply;
mod conflict;
mod create;
mod order;

use longshore_manifest::schema::TypeRef;
use longshore_yaml::{Document, Kind, Node, NodeId, Tag};

use crate::error::ApplyError;
use crate::undo::Draft;

pub use conflict::{Conflict, OnConflict, ThreeWayError};

/// Nesting that is followed; deeper is refused.
const DEPTH: usize = 1_000;
const DIRECTIVE: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const DELETE_LIST: &str = "$deleteFromPrimitiveList/";
const SET_ORDER: &str = "$setElementOrder/";

/// Applies a patch. `schema` is the type of the document; without it mappings are merged and lists replaced.
///
/// What comes from the patch keeps its origin. A null of the patch removes; one for an absent field says nothing.
///
/// # Errors
/// A directive that is unknown or malformed, an item without its merge key, a list of values of different types, an
/// order that contradicts the patch, a key that is a collection, or nesting deeper than 1,000. The document is then as it
/// was.
///
/// ```
/// use longshore_manifest::GroupVersionKind;
/// use longshore_manifest::schema::{Schema, kubernetes};
/// use longshore_patch::strategic::apimachinery;
/// use longshore_yaml::{ReadOptions, SourceFile, read};
///
/// let text = |name: &str, text: &str| read(&SourceFile::new(name, text), &ReadOptions::default());
/// let mut pod = text("pod.yaml", "spec:\n  containers: [{name: a, image: a:1}, {name: b, image: b:1}]\n")?.remove(0);
/// let patch = text("patch.yaml", "spec:\n  containers: [{name: b, image: b:2}]\n")?.remove(0);
/// let schema = kubernetes().root(&GroupVersionKind::new("v1", "Pod"));
/// apimachinery::apply(&mut pod, patch.root(), schema)?;
/// let images = |at| pod.root().at(["spec", "containers", at, "image"]).and_then(|node| node.as_str());
/// assert_eq!((images("0"), images("1")), (Some("a:1"), Some("b:2")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn apply(doc: &mut Document, patch: Node<'_>, schema: Option<TypeRef<'_>>) -> Result<(), ApplyError> {
    merge(doc, patch, schema, apply::Target::Document)
}

fn merge(
    doc: &mut Document,
    patch: Node<'_>,
    schema: Option<TypeRef<'_>>,
    target: apply::Target,
) -> Result<(), ApplyError> {
    let root = doc.root_id();
    let mut merge = apply::Merge::new(Draft::new(doc), target);
    let root = merge.root(root, patch, schema)?;
    merge.draft.keep(root);
    Ok(())
}

/// The patch that makes `modified` of `original`: empty where nothing differs.
///
/// # Errors
/// An item of a merged list without its merge key, a list of values of different types, a key that is a collection, or
/// nesting deeper than 1,000.
pub fn two_way(original: Node<'_>, modified: Node<'_>, schema: Option<TypeRef<'_>>) -> Result<Document, ApplyError> {
    create::Differ { deletions: true, changes: true, order: true }.document(original, modified, schema)
}

/// The patch that brings `current` to what `modified` says: what `modified` changes of `current` and adds to it, and a
/// removal of what `original`, the last applied, had and `modified` has no more. This is `kubectl apply`.
///
/// # Errors
/// As [`two_way`]; and, unless they are to be overwritten, all places that `current` and the patch change differently.
pub fn three_way(
    original: Node<'_>,
    modified: Node<'_>,
    current: Node<'_>,
    schema: Option<TypeRef<'_>>,
    on_conflict: OnConflict,
) -> Result<Document, ThreeWayError> {
    let changes =
        create::Differ { deletions: false, changes: true, order: true }.document(current, modified, schema)?;
    let mut patch =
        create::Differ { deletions: true, changes: false, order: true }.document(original, modified, schema)?;
    merge(&mut patch, changes.root(), schema, apply::Target::Patch)?;
    if on_conflict == OnConflict::Report {
        let changed =
            create::Differ { deletions: true, changes: true, order: false }.document(original, current, schema)?;
        let conflicts = conflict::find(patch.root(), changed.root(), schema)?;
        if !conflicts.is_empty() {
            return Err(ThreeWayError::Conflicts(conflicts));
        }
    }
    Ok(patch)
}

fn too_deep(node: Node<'_>) -> ApplyError {
    ApplyError::new(Some(node), format!("nested deeper than {DEPTH}"))
}

/// Equality of Go's values: of one type and one text.
fn token(node: Node<'_>) -> String {
    let node = node.resolved();
    format!("{:?} {}", node.tag(), node.text())
}

/// What the values of a list are; all are alike.
#[derive(Clone, Copy, PartialEq)]
enum Items {
    Maps,
    Scalars,
}

/// # Errors
/// Values of different types, or lists.
fn items_of<'a>(lists: impl Iterator<Item = Node<'a>>) -> Result<Option<Items>, ApplyError> {
    let mut first: Option<(Kind, Tag)> = None;
    for item in lists {
        let item = item.resolved();
        let this = (item.kind(), item.tag());
        if item.kind() == Kind::Sequence {
            return Err(ApplyError::new(Some(item), "lists of lists cannot be merged"));
        }
        if *first.get_or_insert(this) != this {
            return Err(ApplyError::new(Some(item), "the items of a merged list are not all of one type"));
        }
    }
    Ok(first.map(|(kind, _)| if kind == Kind::Mapping { Items::Maps } else { Items::Scalars }))
}

/// The value under the merge key of an item.
fn key_of<'a>(item: Node<'a>, key: &str) -> Result<Node<'a>, ApplyError> {
    if key.is_empty() {
        return Err(ApplyError::new(Some(item), "a list of mappings cannot be merged without a merge key"));
    }
    item.get(key).ok_or_else(|| ApplyError::new(Some(item), format!("the item lacks its merge key '{key}'")))
}

fn says(item: Node<'_>, directive: &str) -> bool {
    item.get(DIRECTIVE).is_some_and(|value| value.as_str() == Some(directive))
}

/// The type of a field, and the merge key of its items.
fn field<'s>(schema: Option<TypeRef<'s>>, name: &str) -> (Option<TypeRef<'s>>, &'s str) {
    let field = schema.and_then(|schema| schema.field(name));
    (field, field.and_then(TypeRef::patch_merge_key).unwrap_or_default())
}

/// A list of new nodes.
fn list(doc: &mut Document, ids: &[NodeId]) -> NodeId {
    let list = doc.add_sequence();
    doc.set_children(list, ids);
    list
}
