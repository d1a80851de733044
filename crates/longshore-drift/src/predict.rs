//! The object after an apply, before anything is sent.

use longshore_diff::{
    ApplyError, Conflicts, FieldSet, Force, Managers, ObjectType, Operation, Versions, Writer, apply, field_set, update,
};
use longshore_manifest::schema::{Format, TypeRef};
use longshore_manifest::{GroupVersionKind, PathElement, Quantity, Resource};
use longshore_yaml::{Document, Location, Node, NodeId, Tag};
use serde::Serialize;

use crate::assess::Options;
use crate::compare::{Context, compare};
use crate::definitions::{self, Definitions};
use crate::lists::is_builtin;
use crate::managers::{Book, recorded_type};
use crate::normalise::is_secret;
use crate::owner::{Owner, Records};
use crate::path::{FieldPath, Segment};
use crate::report::Shown;
use crate::rules::{Ignored, Rules};
use crate::unappliable::{Unappliable, unappliable};
use crate::{defaults, normalise};

/// What a server-side apply would make of an object.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Prediction {
    /// The object as it would be stored, with defaults and `managedFields`. Times, versions and what admission changes are
    /// not foreseen. Where there are conflicts it is what a forced apply would make. Each node knows where it was declared.
    pub object: Resource,
    /// Fields of others for whose sake a server refuses the apply; none under [`Force::Yes`]. Sorted by path.
    pub conflicts: Vec<Conflict>,
    /// Fields that get a value, or another than they have; items of keyed lists as a whole.
    pub set: Vec<FieldPath>,
    /// Fields that go.
    pub removed: Vec<FieldPath>,
    /// Whether the stored object changes, who owns what left aside: where nothing is live, it does.
    pub changed: bool,
}

/// A field that somebody else owns, and that the apply would set to another value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct Conflict {
    /// The field.
    pub path: FieldPath,
    /// Its owner.
    pub owner: Owner,
    /// The declared value.
    pub desired: Option<Shown>,
    /// The live value.
    pub live: Option<Shown>,
    /// Where it is declared.
    #[serde(serialize_with = "crate::report::location")]
    pub declared_at: Option<Location>,
}

/// Why nothing can be predicted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PredictError {
    /// A server refuses the manifest, whatever is live.
    #[error("the manifest cannot be applied: {}", list(.0))]
    Unappliable(Vec<Unappliable>),
    /// The live object does not have the type of its kind.
    #[error("{path}: {message}")]
    Live {
        /// The field.
        path: FieldPath,
        /// What is wrong with it.
        message: String,
    },
}

fn list(reasons: &[Unappliable]) -> String {
    reasons.iter().map(|one| format!("{} {}", one.path, one.reason)).collect::<Vec<_>>().join(", ")
}

/// Predicts what a server-side apply of `desired` under the name of `manager` makes of the live object.
///
/// The rules are those of structured-merge-diff: declared fields are set, fields that the manager applied before and declares
/// no longer go unless others own them, and a field of others that would change is a conflict. Defaults come back where a
/// field goes. Built-in kinds are read by the schema of Kubernetes; of other kinds the lists are known as far as
/// `managedFields` tell, see [`predict_with`]. A live object without records belongs to `before-first-apply`, as on a server.
/// A declared status is left out, as servers do that keep it as a subresource.
///
/// # Errors
/// [`PredictError`].
pub fn predict(
    desired: &Resource,
    live: Option<&Resource>,
    manager: &str,
    force: Force,
) -> Result<Prediction, PredictError> {
    predict_with(desired, live, manager, force, &Options::default())
}

/// As [`predict`], with types of custom resources: lists, defaults, and which fields are refused.
///
/// # Errors
/// [`PredictError`].
pub fn predict_with(
    desired: &Resource,
    live: Option<&Resource>,
    manager: &str,
    force: Force,
    options: &Options<'_>,
) -> Result<Prediction, PredictError> {
    let gvk = desired.gvk();
    let definitions = Definitions::new(options.schema);
    let known = definitions.applied(&gvk);
    let refused = unappliable(desired, known);
    if !refused.is_empty() {
        return Err(PredictError::Unappliable(refused));
    }
    let custom = definitions.stored(&gvk);
    let book = Book::read(live.map(Resource::root), manager, Operation::Apply);
    let run = Run { gvk: &gvk, custom, known, book, desired, live };
    run.predict(force)
}

/// What a server stores of an object that is written by no apply, new or in place of the live one: with defaults, and whose
/// its fields are then. A server drops fields that a type does not have; here they stay.
pub(crate) fn replace(
    object: &Resource,
    live: Option<&Resource>,
    manager: &str,
    options: &Options<'_>,
) -> Result<Resource, PredictError> {
    let gvk = object.gvk();
    let definitions = Definitions::new(options.schema);
    let (known, custom) = (definitions.applied(&gvk), definitions.stored(&gvk));
    let book = Book::read(live.map(Resource::root), manager, Operation::Update);
    Run { gvk: &gvk, custom, known, book, desired: object, live }.replace()
}

struct Run<'r> {
    gvk: &'r GroupVersionKind,
    /// The type of a custom resource.
    custom: Option<TypeRef<'r>>,
    /// The type, of whatever kind.
    known: Option<TypeRef<'r>>,
    book: Book<'r>,
    desired: &'r Resource,
    live: Option<&'r Resource>,
}

/// One type for all versions, and the fields that nobody owns.
struct Types<'s> {
    ty: ObjectType<'s>,
    unowned: FieldSet,
}

impl Versions for Types<'_> {
    fn object_type(&self, _api_version: &str) -> Option<ObjectType<'_>> {
        Some(self.ty)
    }

    fn unowned(&self, _api_version: &str) -> FieldSet {
        self.unowned.clone()
    }
}

/// Parts of an object's metadata that are the server's, or the object's identity.
const SYSTEM: [&str; 8] = [
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
];

impl Run<'_> {
    fn predict(mut self, force: Force) -> Result<Prediction, PredictError> {
        let (before, declared) = (self.before(), self.declared());
        let (graph, root) = recorded_type(self.book.managers.values().map(|managed| &managed.fields));
        let ty = ObjectType::Known(self.known.unwrap_or_else(|| graph.node(root)));
        if self.live.is_some() && self.book.managers.is_empty() {
            let types = Types { ty, unowned: unowned() };
            let fields = field_set(before.root(), ty).map_err(of_live)?.recursive_difference(&types.unowned);
            self.book.own_all(self.desired.api_version(), fields);
        }
        let (after, conflicts) = self.apply(&before, &declared, ty, force).or_else(|error| {
            // The records may be older than the object: an unknown type is not known to be that.
            if self.known.is_some() { Err(error) } else { self.apply(&before, &declared, ObjectType::Deduced, force) }
        })?;
        let conflicts = self.conflicts(&conflicts);
        let mut object = self.stored(after.0);
        let (set, removed) = self.changes(&mut object, before);
        let changed = self.live.is_none() || !set.is_empty() || !removed.is_empty();
        self.book.write(&mut object, &after.1);
        object.compact();
        Ok(Prediction { object: Resource::unchecked(object), conflicts, set, removed, changed })
    }

    fn replace(self) -> Result<Resource, PredictError> {
        let before = self.before();
        let mut after = self.desired.document().clone();
        remove_from(&mut after, "metadata", &["managedFields"]);
        let mut after = self.stored(after);
        let (graph, root) = recorded_type(self.book.managers.values().map(|managed| &managed.fields));
        let own = self.book.own();
        let writer = Writer { manager: &own, api_version: self.desired.api_version() };
        let owners = |ty| {
            let types = Types { ty, unowned: unowned() };
            update(before.root(), after.root(), writer, &self.book.managers, &types)
        };
        let known = owners(ObjectType::Known(self.known.unwrap_or_else(|| graph.node(root))));
        let managers = known.or_else(|_| owners(ObjectType::Deduced)).map_err(of_live_apply)?;
        self.book.write(&mut after, &managers);
        after.compact();
        Ok(Resource::unchecked(after))
    }

    /// The live object without its records; `null` where there is none.
    fn before(&self) -> Document {
        let Some(live) = self.live else { return Document::new() };
        let mut doc = live.document().clone();
        remove_from(&mut doc, "metadata", &["managedFields"]);
        doc
    }

    fn declared(&self) -> Document {
        let mut doc = self.desired.document().clone();
        remove_from(&mut doc, "metadata", &SYSTEM);
        doc.map_remove(doc.root_id(), "status");
        doc
    }

    fn apply(&self, before: &Document, declared: &Document, ty: ObjectType<'_>, force: Force) -> Outcome {
        let own = self.book.own();
        let writer = Writer { manager: &own, api_version: self.desired.api_version() };
        let types = Types { ty, unowned: unowned() };
        let run = |force| apply(before.root(), declared.root(), writer, &self.book.managers, force, &types);
        let (applied, conflicts) = match run(force) {
            Err(ApplyError::Conflicts(conflicts)) => (run(Force::Yes), conflicts),
            other => (other, Conflicts { list: Vec::new() }),
        };
        let applied = applied.map_err(of_live_apply)?;
        Ok(((applied.object, applied.managers), conflicts))
    }

    fn conflicts(&self, found: &Conflicts) -> Vec<Conflict> {
        let secret = |path: &FieldPath| {
            let first = path.segments().first();
            let is_value = |name: &str| matches!(name, "data" | "stringData");
            is_secret(self.gvk) && matches!(first, Some(Segment::Field(name)) if is_value(name))
        };
        let live = self.live.map(Resource::root);
        let mut conflicts: Vec<Conflict> = Vec::with_capacity(found.list.len());
        for conflict in &found.list {
            let path = FieldPath::from(&conflict.path);
            let Some(owner) = self.book.owner(&conflict.manager) else { continue };
            let declared = path.find(self.desired.root());
            let shown = |node: Option<Node<'_>>| node.map(|node| Shown::new(node, secret(&path)));
            conflicts.push(Conflict {
                owner: owner.clone(),
                desired: shown(declared),
                live: shown(live.and_then(|live| path.find(live))),
                declared_at: declared.and_then(Node::location),
                path,
            });
        }
        conflicts.sort();
        conflicts
    }

    /// The type of a built-in kind.
    fn builtin(&self) -> Option<TypeRef<'_>> {
        self.known.filter(|_| self.custom.is_none() && is_builtin(&self.gvk.group))
    }

    /// What a server makes of a merged object before it stores it.
    fn stored(&self, mut doc: Document) -> Document {
        normalise::secret(&mut doc, self.gvk);
        let root = doc.root_id();
        match self.custom {
            Some(ty) => {
                definitions::fill(&mut doc, ty);
                prune_nulls(&mut doc, root, Some(ty));
            }
            None if is_builtin(&self.gvk.group) => {
                prune_nulls(&mut doc, root, None);
                defaults::fill(&mut doc, self.gvk);
                self.builtin().into_iter().for_each(|ty| canonical(&mut doc, root, ty));
            }
            None => {}
        }
        doc
    }

    /// What the apply sets, and what it removes. A live object that no server put into its words is put into them first.
    fn changes(&self, object: &mut Document, mut before: Document) -> (Vec<FieldPath>, Vec<FieldPath>) {
        let Some(live) = self.live else {
            let whole = self.desired.root().entries().map(|(key, _)| FieldPath::of(&[key.text()]));
            let is_content = |path: &FieldPath| *path != FieldPath::of(&["status"]);
            return (whole.filter(is_content).collect(), Vec::new());
        };
        let root = before.root_id();
        self.builtin().into_iter().for_each(|ty| canonical(&mut before, root, ty));
        let (rules, ignored, mark) = (Rules::default(), Ignored::default(), object.add_null());
        let context = Context {
            gvk: self.gvk,
            builtin: self.custom.is_none() && is_builtin(&self.gvk.group),
            ty: self.custom,
            records: Records::of(live.root()),
            applies: false,
            last_applied: None,
            mark,
            rules: &rules,
            ignored: &ignored,
        };
        let fields = compare(object.root(), before.root(), &context);
        let (removed, set): (Vec<_>, Vec<_>) = fields.into_iter().partition(|field| field.desired.is_none());
        let paths = |fields: Vec<crate::report::Field>| fields.into_iter().map(|field| field.path).collect();
        (paths(set), paths(removed))
    }
}

/// The object with its managers, and what stood in the way.
type Outcome = Result<((Document, Managers), Conflicts), PredictError>;

fn of_live(error: longshore_diff::TypeError) -> PredictError {
    PredictError::Live { path: FieldPath::from(&error.path), message: error.message }
}

fn of_live_apply(error: ApplyError) -> PredictError {
    match error {
        ApplyError::Type(error) => of_live(error),
        other => PredictError::Live { path: FieldPath::default(), message: other.to_string() },
    }
}

fn unowned() -> FieldSet {
    let field = |name: &str| PathElement::Field(name.to_owned());
    let mut set = FieldSet::new();
    ["apiVersion", "kind", "status"].into_iter().for_each(|name| set.insert(&[field(name)]));
    for name in SYSTEM.into_iter().chain(["name", "namespace"]) {
        set.insert(&[field("metadata"), field(name)]);
    }
    set
}

fn remove_from(doc: &mut Document, map: &str, names: &[&str]) {
    if let Some(map) = doc.root().get(map).map(|node| node.resolved().id()) {
        for name in names {
            doc.map_remove(map, name);
        }
    }
}

/// Removes entries that are `null`, except where a type allows that.
fn prune_nulls(doc: &mut Document, root: NodeId, ty: Option<TypeRef<'_>>) {
    let mut todo = vec![(root, ty)];
    while let Some((id, ty)) = todo.pop() {
        let node = doc.node(id);
        let mut gone = Vec::new();
        for (key, value) in node.entries() {
            let ty = ty.and_then(|ty| ty.field(key.text()));
            match value.is_null() && !ty.is_some_and(TypeRef::is_nullable) {
                true => gone.push(key.text().to_owned()),
                false => todo.push((value.resolved().id(), ty)),
            }
        }
        todo.extend(node.items().map(|item| (item.resolved().id(), ty.and_then(TypeRef::items))));
        for key in &gone {
            doc.map_remove(id, key);
        }
    }
}

/// Writes an object of a built-in kind in the server's words: quantities as it prints them, those of a list of resources
/// rounded up to thousandths; lists and free mappings that hold nothing are left out.
fn canonical(doc: &mut Document, root: NodeId, ty: TypeRef<'_>) {
    let mut todo = vec![(root, ty, false)];
    while let Some((id, ty, resource)) = todo.pop() {
        let node = doc.node(id);
        if ty.format() == Some(Format::Quantity) {
            let Ok(quantity) = Quantity::of(node) else { continue };
            let text = if resource { quantity.round_up_milli() } else { quantity }.to_string();
            if node.as_str() != Some(&text) {
                doc.set_scalar(id, &text, Tag::Str);
            }
            continue;
        }
        let is_free = |ty: TypeRef<'_>| ty.values().is_some() && ty.fields().len() == 0;
        let mut gone = Vec::new();
        for (key, value) in node.entries() {
            let declared = ty.declared(key.text());
            let Some(below) = declared.or_else(|| ty.values()) else { continue };
            let is_list = value.is_sequence() || (value.is_mapping() && is_free(below));
            match is_list && value.is_empty() {
                true => gone.push(key.text().to_owned()),
                false => todo.push((value.resolved().id(), below, declared.is_none())),
            }
        }
        todo.extend(node.items().filter_map(|item| Some((item.resolved().id(), ty.items()?, false))));
        for key in &gone {
            doc.map_remove(id, key);
        }
    }
}
