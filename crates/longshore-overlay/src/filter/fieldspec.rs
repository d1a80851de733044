//! Field specs: which fields of which types a transformer changes, and the walk that finds them in a document.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::hash::BuildHasher as _;
use std::rc::Rc;
use std::sync::Arc;

use foldhash::fast::RandomState;
use foldhash::{HashMap, HashMapExt as _};
use longshore_yaml::{Kind, Node, NodeId, Tag};

use crate::entry::group_version;
use crate::filter::edit::{Edit, FilterError};
use crate::filter::lookup::{kind_error, kind_name};
use crate::filter::path::{self, Piece};
use crate::filter::paths::{Found, PathTree};

/// Group, version and kind of the objects that something applies to; an empty field applies to all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Gvk {
    /// API group.
    pub(crate) group: Cow<'static, str>,
    /// API version.
    pub(crate) version: Cow<'static, str>,
    /// Kind.
    pub(crate) kind: Cow<'static, str>,
}

impl Gvk {
    /// From the two fields of a document.
    pub(crate) fn of(root: Node<'_>) -> Self {
        let api_version = root.get("apiVersion").map_or("", Node::text);
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let kind = root.get("kind").map_or("", Node::text);
        Gvk::new(group, version, kind)
    }

    /// From its three parts.
    pub(crate) fn new(group: &str, version: &str, kind: &str) -> Self {
        Gvk {
            group: Cow::Owned(group.to_owned()),
            version: Cow::Owned(version.to_owned()),
            kind: Cow::Owned(kind.to_owned()),
        }
    }

    /// Whether these are its three parts.
    pub(crate) fn is(&self, group: &str, version: &str, kind: &str) -> bool {
        self.kind == kind && self.version == version && self.group == group
    }

    /// Whether every field that `self` names is the same in an object's group, version and kind.
    pub(crate) fn selects(&self, group: &str, version: &str, kind: &str) -> bool {
        (self.kind.is_empty() || self.kind == kind)
            && (self.group.is_empty() || self.group == group)
            && (self.version.is_empty() || self.version == version)
    }

    /// Whether `self` selects what `other` names.
    pub(crate) fn selects_gvk(&self, other: &Gvk) -> bool {
        self.selects(&other.group, &other.version, &other.kind)
    }
}

impl std::fmt::Display for Gvk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let or = |text: &str, blank: &'static str| if text.is_empty() { blank.to_owned() } else { text.to_owned() };
        let (kind, version) = (or(&self.kind, "[noKind]"), or(&self.version, "[noVer]"));
        write!(f, "{kind}.{version}.{}", or(&self.group, "[noGrp]"))
    }
}

/// One field of one type of object: `{group: apps, kind: Deployment, path: spec/template/metadata/labels}`.
///
/// In the path, `/` separates names, `\/` is a slash in a name, lists are walked by themselves, and `[]` behind a name
/// says that a list stands there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldSpec {
    /// The objects.
    pub(crate) gvk: Gvk,
    /// The field.
    pub(crate) path: Cow<'static, str>,
    /// Whether the field is made where it is absent.
    pub(crate) create: bool,
}

impl FieldSpec {
    /// Reads `{group, version, kind, path, create}`.
    pub(crate) fn of(node: Node<'_>) -> Self {
        let text = |key: &str| Cow::Owned(node.get(key).map_or("", Node::text).to_owned());
        FieldSpec {
            gvk: Gvk { group: text("group"), version: text("version"), kind: text("kind") },
            path: text("path"),
            create: node.get("create").and_then(Node::as_bool).unwrap_or(false),
        }
    }

    /// Whether it may lead to what tells who an object is.
    pub(crate) fn touches_identity(&self) -> bool {
        // Most paths begin with `spec`, and need not be taken apart.
        if self.path.starts_with("spec") {
            return false;
        }
        let steps = Step::parse(&self.path);
        let mut names = steps.iter().map(Step::name).filter(|name| !name.is_empty());
        match names.next() {
            None | Some("kind" | "apiVersion") => true,
            Some("metadata") => matches!(names.next(), None | Some("name" | "namespace")),
            Some(_) => false,
        }
    }

    /// Reads a list of field specs.
    pub(crate) fn list_of(node: Option<Node<'_>>) -> Vec<FieldSpec> {
        node.map(|node| node.items().map(FieldSpec::of).collect()).unwrap_or_default()
    }

    /// Adds `more` to `specs`: one that is there already is dropped.
    ///
    /// # Errors
    /// One that is there with another `create`.
    pub(crate) fn merge(specs: &mut Vec<FieldSpec>, more: &[FieldSpec]) -> Result<(), FilterError> {
        let mut by_path: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, spec) in specs.iter().enumerate() {
            by_path.entry(spec.path.to_string()).or_default().push(index);
        }
        for spec in more {
            let same = by_path.entry(spec.path.to_string()).or_default();
            // The one that is there is selected by the new one: a new spec without a kind covers all of them.
            match same.iter().find(|&&index| spec.gvk.selects_gvk(&specs[index].gvk)) {
                Some(&index) if specs[index].create != spec.create => {
                    return Err(FilterError::new(format!("conflicting fieldspecs for {}", spec.path)));
                }
                Some(_) => {}
                None => {
                    same.push(specs.len());
                    specs.push(spec.clone());
                }
            }
        }
        Ok(())
    }
}

/// Field specs ready to be applied to many documents: those of a document's kind are found at once.
#[derive(Clone, Debug, Default)]
pub(crate) struct FieldSpecs {
    /// Each with its path, which is taken apart once it is needed: most are of types that a build does not have.
    specs: Vec<(FieldSpec, OnceCell<Vec<Step>>)>,
    by_kind: HashMap<String, Vec<usize>>,
    of_all: Vec<usize>,
    plans: RefCell<Plans>,
}

/// How the fields of objects are found, by a hash of their type.
#[derive(Clone, Debug, Default)]
struct Plans {
    hashes: RandomState,
    known: HashMap<u64, Vec<(Gvk, Rc<Plan>)>>,
    /// The same, of types that many objects share.
    shared: Vec<(Arc<Gvk>, Rc<Plan>)>,
}

/// A build has few types, and a list of them is searched faster than a text is compared.
const MOST_SHARED: usize = 32;

/// The specs for the objects of one type.
#[derive(Debug, Default)]
struct Plan {
    /// Those that get into each other's way: each is followed by itself.
    single: Vec<usize>,
    /// Those that do not.
    tree: PathTree,
}

/// Sets one field that a spec names, told by its place.
pub(crate) type SetField<'f> = dyn FnMut(&mut Edit<'_>, usize, NodeId) -> Result<(), FilterError> + 'f;

/// One name of a path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Step {
    name: String,
    /// `[]` stands behind the name.
    list: bool,
    /// The name is one that a path takes for a place in a list.
    index: bool,
}

impl Step {
    /// The steps of a path with slashes.
    pub(crate) fn parse(path: &str) -> Vec<Step> {
        let step = |part: Piece<'_>| {
            let (name, list) = match part.strip_suffix("[]") {
                Some(name) => (name.to_owned(), true),
                None => (part.into_owned(), false),
            };
            Step { index: is_index(&name), name, list }
        };
        path::split(path, '/').into_iter().map(step).collect()
    }

    /// The name of the field.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether it names a field.
    pub(crate) fn is_field(&self) -> bool {
        !self.name.is_empty() && !self.index
    }

    /// Whether the path says that a list stands there.
    pub(crate) fn is_list(&self) -> bool {
        self.list
    }
}

impl FieldSpecs {
    /// Prepares a list of field specs.
    pub(crate) fn new(specs: &[FieldSpec]) -> Self {
        let mut ready = FieldSpecs::default();
        for (index, spec) in specs.iter().enumerate() {
            ready.specs.push((spec.clone(), OnceCell::new()));
            match &*spec.gvk.kind {
                "" => ready.of_all.push(index),
                kind => ready.by_kind.entry(kind.to_owned()).or_default().push(index),
            }
        }
        ready
    }

    /// Places of the specs that select an object, in the order they were given.
    pub(crate) fn places(&self, group: &str, version: &str, kind: &str) -> impl Iterator<Item = usize> {
        let of_kind = self.by_kind.get(kind).map_or(&[][..], Vec::as_slice);
        let selects = move |place: &usize| self.specs[*place].0.gvk.selects(group, version, kind);
        merge_sorted(of_kind, &self.of_all).filter(selects)
    }

    /// The spec at a place, and its path.
    pub(crate) fn get(&self, place: usize) -> (&FieldSpec, &[Step]) {
        let (spec, steps) = &self.specs[place];
        (spec, steps.get_or_init(|| Step::parse(&spec.path)))
    }

    /// Calls `set` with every field of the document that a spec names.
    pub(crate) fn apply(
        &self,
        edit: &mut Edit<'_>,
        make: Option<Kind>,
        set: &mut dyn FnMut(&mut Edit<'_>, NodeId) -> Result<(), FilterError>,
    ) -> Result<(), FilterError> {
        let plan = match edit.gvk() {
            Some(gvk) => self.plan_of(gvk, make.is_some()),
            None => {
                let [api_version, kind] = edit.doc.root().get_each(["apiVersion", "kind"]);
                let (group, version) = group_version(api_version.map_or("", Node::text));
                self.plan(group, version, kind.map_or("", Node::text), make.is_some())
            }
        };
        self.run(&plan, edit, make, &mut |edit, _, id| set(edit, id)).map_err(|(_, error)| error)
    }

    /// As [`FieldSpecs::apply`], of specs that make nothing, for an object that counts as one of this kind.
    ///
    /// # Errors
    /// The first, with the place of its spec.
    pub(crate) fn apply_as(
        &self,
        edit: &mut Edit<'_>,
        gvk: &Arc<Gvk>,
        kind: &str,
        set: &mut SetField<'_>,
    ) -> Result<(), (usize, FilterError)> {
        let plan = match gvk.kind == kind {
            true => self.plan_of(gvk, false),
            false => self.plan(&gvk.group, &gvk.version, kind, false),
        };
        self.run(&plan, edit, None, set)
    }

    /// How the fields of objects of a type are found; all calls for one set of specs make fields, or none does.
    fn plan(&self, group: &str, version: &str, kind: &str, makes: bool) -> Rc<Plan> {
        let mut plans = self.plans.borrow_mut();
        let key = plans.hashes.hash_one((kind, version, group));
        let same = plans.known.entry(key).or_default();
        if let Some((_, plan)) = same.iter().find(|(gvk, _)| gvk.is(group, version, kind)) {
            return Rc::clone(plan);
        }
        let plan = Rc::new(self.make_plan(self.places(group, version, kind).collect(), makes));
        same.push((Gvk::new(group, version, kind), Rc::clone(&plan)));
        plan
    }

    /// As [`FieldSpecs::plan`].
    fn plan_of(&self, gvk: &Arc<Gvk>, makes: bool) -> Rc<Plan> {
        if let Some((_, plan)) = self.plans.borrow().shared.iter().find(|(known, _)| Arc::ptr_eq(known, gvk)) {
            return Rc::clone(plan);
        }
        let plan = self.plan(&gvk.group, &gvk.version, &gvk.kind, makes);
        let mut plans = self.plans.borrow_mut();
        if plans.shared.len() < MOST_SHARED {
            plans.shared.push((Arc::clone(gvk), Rc::clone(&plan)));
        }
        plan
    }

    fn make_plan(&self, places: Vec<usize>, makes: bool) -> Plan {
        let makes = |place: usize| makes && self.specs[place].0.create;
        let paths = places.iter().map(|&place| (place, self.get(place).1, makes(place)));
        // A field that one spec makes another must not find, or miss, depending on who comes first.
        let clear = |tree: &PathTree| !places.iter().any(|&place| makes(place) && tree.shares_end(place));
        match PathTree::new(paths).filter(clear) {
            Some(tree) => Plan { single: Vec::new(), tree },
            None => Plan { single: places, tree: PathTree::default() },
        }
    }

    /// Sets fields in the order of the specs.
    fn run(
        &self,
        plan: &Plan,
        edit: &mut Edit<'_>,
        make: Option<Kind>,
        set: &mut SetField<'_>,
    ) -> Result<(), (usize, FilterError)> {
        for (place, found) in plan.tree.find(edit, make, &plan.single) {
            let (spec, steps) = self.get(place);
            let outcome = match found {
                Found::Unknown => apply_one(edit, spec, steps, make, &mut |edit, id| set(edit, place, id)),
                found => {
                    let outcome = settle(edit, place, found, set);
                    outcome.map_err(|error| considering(error, spec, edit.doc.root()))
                }
            };
            outcome.map_err(|error| (place, error))?;
        }
        Ok(())
    }
}

fn settle(edit: &mut Edit<'_>, place: usize, found: Found, set: &mut SetField<'_>) -> Result<(), FilterError> {
    match found {
        Found::Field(id) => set(edit, place, id),
        Found::NullList(id) => {
            let new = edit.empty(Kind::Sequence);
            edit.put(id, new);
            Ok(())
        }
        Found::Obstacle(error) => Err(*error),
        Found::Unknown => Ok(()),
    }
}

/// Two ascending lists as one.
fn merge_sorted<'a>(left: &'a [usize], right: &'a [usize]) -> impl Iterator<Item = usize> + use<'a> {
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    std::iter::from_fn(move || match (left.peek(), right.peek()) {
        (Some(a), Some(b)) if a > b => right.next().copied(),
        (Some(_), _) => left.next().copied(),
        _ => right.next().copied(),
    })
}

/// Calls `set` with the fields of the document that one spec names, whatever the document's type.
///
/// Fields that are missing are made, as `make`, where the spec says `create`.
pub(crate) fn apply_one(
    edit: &mut Edit<'_>,
    spec: &FieldSpec,
    steps: &[Step],
    make: Option<Kind>,
    set: &mut dyn FnMut(&mut Edit<'_>, NodeId) -> Result<(), FilterError>,
) -> Result<(), FilterError> {
    let root = edit.doc.root_id();
    let make = make.filter(|_| spec.create);
    Walk { make, set }.visit(edit, root, steps).map_err(|error| considering(error, spec, edit.doc.root()))
}

fn considering(error: FilterError, spec: &FieldSpec, root: Node<'_>) -> FilterError {
    error.context(format!("considering field '{}' of object {}", spec.path, describe(root)))
}

/// The error for a node that no path leads on from.
pub(crate) fn wrong_kind(node: Node<'_>) -> FilterError {
    FilterError::at(node, "expected sequence or mapping node")
}

/// `Deployment.v1.apps/name.namespace` as the original writes it.
pub(crate) fn describe(root: Node<'_>) -> String {
    let meta = |key: &str| root.at(["metadata", key]).map_or("", Node::text);
    describe_id(&Gvk::of(root), meta("name"), meta("namespace"))
}

/// As [`describe`], from the parts.
pub(crate) fn describe_id(gvk: &Gvk, name: &str, namespace: &str) -> String {
    let name = if name.is_empty() { "[noName]" } else { name };
    let namespace = if namespace.is_empty() { "[noNs]" } else { namespace };
    format!("{gvk}/{name}.{namespace}")
}

struct Walk<'w> {
    make: Option<Kind>,
    set: &'w mut dyn FnMut(&mut Edit<'_>, NodeId) -> Result<(), FilterError>,
}

impl Walk<'_> {
    fn visit(&mut self, edit: &mut Edit<'_>, id: NodeId, steps: &[Step]) -> Result<(), FilterError> {
        let Some((step, rest)) = steps.split_first() else {
            return (self.set)(edit, id);
        };
        let node = edit.node(id);
        match node.kind() {
            Kind::Mapping => self.enter(edit, id, step, rest),
            Kind::Sequence => {
                for index in 0..node.len() {
                    let Some(item) = edit.node(id).item(index).map(|item| item.resolved().id()) else { break };
                    self.visit(edit, item, steps)?;
                }
                Ok(())
            }
            _ if node.tag() == Tag::Null => Ok(()),
            _ => Err(wrong_kind(node)),
        }
    }

    fn enter(&mut self, edit: &mut Edit<'_>, id: NodeId, step: &Step, rest: &[Step]) -> Result<(), FilterError> {
        let node = edit.node(id);
        if step.name.is_empty() {
            return Err(FilterError::at(node, "cannot set or create an empty field name"));
        }
        if step.index {
            return Err(kind_error(node, Kind::Sequence).context(format!("fieldName: {}", step.name)));
        }
        let make = self.make.filter(|_| !step.list);
        // What a null becomes, and what is made where there is nothing.
        let becomes = match make {
            Some(kind) => Some(if rest.is_empty() { kind } else { Kind::Mapping }),
            None => step.list.then_some(Kind::Sequence),
        };
        let field = match node.get(&step.name).map(Node::resolved) {
            Some(field) => match becomes.filter(|_| field.tag() == Tag::Null) {
                Some(kind) if kind != Kind::Scalar => {
                    let (id, new) = (field.id(), edit.empty(kind));
                    edit.put(id, new);
                    id
                }
                _ => field.id(),
            },
            None => {
                let Some(kind) = becomes.filter(|_| make.is_some()) else { return Ok(()) };
                let new = edit.empty(kind);
                edit.add_entry(id, &step.name, new)
            }
        };
        self.visit(edit, field, rest)
    }
}

/// `0`, `17`, `-`: what a path takes for a place in a list.
pub(crate) fn is_index(part: &str) -> bool {
    part == "-" || part.parse::<i64>().is_ok()
}

/// The error for a field that is no scalar, where one is needed.
pub(crate) fn need_scalar(node: Node<'_>) -> Result<(), FilterError> {
    if node.kind() == Kind::Scalar { Ok(()) } else { Err(kind_error(node, Kind::Scalar)) }
}

/// The error for a field that is no mapping, where one is needed.
pub(crate) fn need_mapping(node: Node<'_>) -> Result<(), FilterError> {
    debug_assert!(!kind_name(node.kind()).is_empty(), "every kind has a name");
    if node.kind() == Kind::Mapping || node.tag() == Tag::Null {
        return Ok(());
    }
    Err(kind_error(node, Kind::Mapping))
}

#[cfg(test)]
mod tests {
    use longshore_yaml::{Document, ListIndent, Scalar, emit_kyaml};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::filter::edit::{Origin, Typed};

    type Set = fn(&mut Edit<'_>, NodeId) -> Result<(), FilterError>;

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![Just(Value::Null), "[ab]".prop_map(Value::from)];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                proptest::collection::btree_map("[abc]", inner.clone(), 0..4).prop_map(|map| json!(map)),
                proptest::collection::vec(inner, 0..3).prop_map(Value::from),
            ]
        })
    }

    fn specs() -> impl Strategy<Value = Vec<FieldSpec>> {
        let path = proptest::collection::vec(prop_oneof![9 => "[abc]", 2 => r"[abc]\[\]", 1 => "0?"], 1..5);
        let spec = (path, any::<bool>()).prop_map(|(path, create)| FieldSpec {
            path: Cow::Owned(path.join("/")),
            create,
            ..FieldSpec::default()
        });
        proptest::collection::vec(spec, 0..6)
    }

    /// Sets a field that another path may lead through.
    fn set_entry(edit: &mut Edit<'_>, id: NodeId) -> Result<(), FilterError> {
        need_mapping(edit.node(id))?;
        if edit.node(id).get("b").is_none() {
            let new = edit.string("set");
            edit.add_entry(id, "b", new);
        }
        Ok(())
    }

    fn set_text(edit: &mut Edit<'_>, id: NodeId) -> Result<(), FilterError> {
        need_scalar(edit.node(id))?;
        if let Some(Scalar::Str(text)) = edit.node(id).scalar() {
            let text = format!("{text}+");
            edit.set_text(id, &text, Typed::Str);
        }
        Ok(())
    }

    /// What `run` makes of an object.
    fn outcome(
        value: &Value,
        run: impl FnOnce(&mut Edit<'_>) -> Result<(), FilterError>,
    ) -> Result<String, FilterError> {
        let (mut doc, origin) = (Document::from_json(value), Origin::default());
        run(&mut Edit::new(&mut doc, &origin, None))?;
        Ok(emit_kyaml([&doc], ListIndent::Compact))
    }

    proptest! {
        #[test]
        fn all_paths_at_once_lead_where_each_leads(value in values(), specs in specs(), make in any::<bool>()) {
            let (make, set): (Option<Kind>, Set) =
                if make { (Some(Kind::Mapping), set_entry) } else { (None, set_text) };
            let specs = FieldSpecs::new(&specs);
            let one_by_one = outcome(&value, |edit| {
                specs.places("", "", "").try_for_each(|place| {
                    let (spec, steps) = specs.get(place);
                    apply_one(edit, spec, steps, make, &mut |edit, id| set(edit, id))
                })
            });
            let at_once = outcome(&value, |edit| specs.apply(edit, make, &mut |edit, id| set(edit, id)));
            prop_assert_eq!(at_once, one_by_one);
        }
    }
}
