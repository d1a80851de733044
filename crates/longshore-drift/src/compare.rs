//! The walk down one object, declared and live side by side.

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

use longshore_manifest::GroupVersionKind;
use longshore_manifest::schema::{ListType, MapType, TypeRef};
use longshore_yaml::{Kind, Location, Node, NodeId, Scalar};

use crate::allocated::is_allocated;
use crate::defaults::is_blank;
use crate::last_applied::{self, LastApplied};
use crate::lists::{ListKind, list_kind};
use crate::normalise::is_secret;
use crate::owner::{Owner, Recorded, Records};
use crate::path::FieldPath;
use crate::report::{Class, Field, Shown};
use crate::rules::{Ignored, Rules};
use crate::step::{Keys, Step, identity, keys_of};
use crate::values::{self, Equality, Sameness};

/// What the walk knows about the object as a whole.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) gvk: &'a GroupVersionKind,
    pub(crate) builtin: bool,
    /// The type of a custom resource, where it is known.
    pub(crate) ty: Option<TypeRef<'a>>,
    pub(crate) records: Records<'a>,
    /// Whether the records hold an apply of ours.
    pub(crate) applies: bool,
    /// What was applied last, where the records hold no apply of ours.
    pub(crate) last_applied: Option<&'a LastApplied>,
    /// Nodes of the declared object with a later id are defaults.
    pub(crate) mark: NodeId,
    pub(crate) rules: &'a Rules,
    pub(crate) ignored: &'a Ignored,
}

impl Context<'_> {
    /// Whether an owner is ours. Where we apply, only what we applied is: nothing else goes with the next apply.
    fn is_ours(&self, owner: &Owner) -> bool {
        owner.manager == self.rules.manager && (!self.applies || owner.is_apply())
    }
}

/// The fields in which a live object differs from a declared one.
pub(crate) fn compare<'a>(declared: Node<'a>, live: Node<'a>, context: &Context<'a>) -> Vec<Field> {
    let (path, names, anchors, types) = (Vec::new(), Vec::new(), vec![declared], vec![context.ty]);
    let mut walk = Walk { context: *context, path, names, anchors, types, rule: None, found: Vec::new() };
    walk.root(declared, live);
    walk.found
}

/// How a list is compared.
enum List<'a> {
    Keyed(Keys<'a>),
    Set,
    Atomic,
}

struct Walk<'a> {
    context: Context<'a>,
    path: Vec<Step<'a>>,
    /// The field names on the path.
    names: Vec<&'a str>,
    /// What is declared on the path, outermost first.
    anchors: Vec<Node<'a>>,
    /// The types on the path, the root's first.
    types: Vec<Option<TypeRef<'a>>>,
    /// The rule that says to overlook what is here.
    rule: Option<&'a str>,
    found: Vec<Field>,
}

impl<'a> Walk<'a> {
    /// Of an object, type and name are its identity, and status belongs to controllers.
    fn root(&mut self, declared: Node<'a>, live: Node<'a>) {
        let is_content = |key: &str| !matches!(key, "apiVersion" | "kind" | "status" | "metadata");
        let metadata = ["labels", "annotations", "finalizers", "ownerReferences"];
        self.enter(Step::Field("metadata"), |walk| {
            let of = |object: Node<'a>, part| object.get("metadata").and_then(|metadata| metadata.entry(part));
            for part in metadata {
                walk.entry(of(declared, part), of(live, part));
            }
        });
        for (key, value) in declared.entries().filter(|(key, _)| is_content(key.text())) {
            self.entry(Some((key, value)), live.entry(key.text()));
        }
        for (key, value) in live.entries().filter(|(key, _)| is_content(key.text())) {
            if declared.get(key.text()).is_none() {
                self.entry(None, Some((key, value)));
            }
        }
    }

    fn enter(&mut self, step: Step<'a>, inside: impl FnOnce(&mut Self)) {
        let ty = self.ty();
        self.types.push(match step {
            Step::Field(name) => ty.and_then(|ty| ty.field(name)),
            _ => ty.and_then(TypeRef::items),
        });
        if let Step::Field(name) = step {
            self.names.push(name);
        }
        self.path.push(step);
        inside(self);
        self.types.pop();
        if let Some(Step::Field(_)) = self.path.pop() {
            self.names.pop();
        }
    }

    /// One entry of a mapping on either side.
    fn entry(&mut self, declared: Option<(Node<'a>, Node<'a>)>, live: Option<(Node<'a>, Node<'a>)>) {
        let Some((key, _)) = declared.or(live) else { return };
        let anchor = declared.map(|(key, _)| key).filter(|key| key.location().is_some());
        self.enter(Step::Field(key.text()), |walk| {
            walk.anchored(anchor, |walk| walk.values(declared.map(|(_, value)| value), live.map(|(_, value)| value)));
        });
    }

    fn anchored(&mut self, anchor: Option<Node<'a>>, inside: impl FnOnce(&mut Self)) {
        self.anchors.extend(anchor);
        inside(self);
        if anchor.is_some() {
            self.anchors.pop();
        }
    }

    fn values(&mut self, declared: Option<Node<'a>>, live: Option<Node<'a>>) {
        if matches!(self.names[..], ["metadata", "annotations", name] if last_applied::is_annotation(name)) {
            return;
        }
        let outer = self.rule;
        self.rule = outer.or_else(|| self.rule_for(declared, live));
        self.sides(declared, live);
        self.rule = outer;
    }

    fn rule_for(&self, declared: Option<Node<'a>>, live: Option<Node<'a>>) -> Option<&'a str> {
        let Ignored { declared: on_declared, live: on_live, .. } = self.context.ignored;
        let found = declared.and_then(|node| on_declared.get(&node.resolved().id()));
        found.or_else(|| live.and_then(|node| on_live.get(&node.resolved().id()))).map(String::as_str)
    }

    fn sides(&mut self, declared: Option<Node<'a>>, live: Option<Node<'a>>) {
        match (declared, live) {
            (Some(declared), Some(live)) => self.pair(declared.resolved(), live.resolved()),
            (Some(declared), None) => self.missing(declared.resolved()),
            (None, Some(live)) => self.extra(live.resolved()),
            (None, None) => {}
        }
    }

    fn pair(&mut self, declared: Node<'a>, live: Node<'a>) {
        match (declared.kind(), live.kind()) {
            (Kind::Mapping, Kind::Mapping) => self.mappings(declared, live),
            (Kind::Sequence, Kind::Sequence) => self.sequences(declared, live),
            // Declared as null, so that the server's default holds.
            _ if declared.is_null() && self.is_ours_alone() => {}
            _ if declared.is_null() => self.extra(live),
            (Kind::Scalar, Kind::Scalar) => self.scalars(declared, live),
            _ if is_blank(declared) && is_blank(live) => {}
            _ if is_blank(live) => self.missing(declared),
            _ => self.changed(declared, live),
        }
    }

    fn ty(&self) -> Option<TypeRef<'a>> {
        self.types.last().copied().flatten()
    }

    fn mappings(&mut self, declared: Node<'a>, live: Node<'a>) {
        if self.ty().is_some_and(|ty| ty.map_type() == MapType::Atomic) {
            if declared != live {
                self.changed(declared, live);
            }
            return;
        }
        for (key, value) in declared.entries() {
            self.entry(Some((key, value)), live.entry(key.text()));
        }
        for (key, value) in live.entries() {
            if declared.get(key.text()).is_none() {
                self.entry(None, Some((key, value)));
            }
        }
    }

    fn list(&self) -> List<'a> {
        if let Some(ty) = self.ty() {
            return match ty.list_type() {
                Some(ListType::Map) => List::Keyed(keys_of(ty)),
                Some(ListType::Set) => List::Set,
                _ => List::Atomic,
            };
        }
        let field = self.names.last().copied().unwrap_or_default();
        let parent = self.names.len().checked_sub(2).map_or("", |at| self.names[at]);
        match list_kind(self.context.builtin, parent, field) {
            ListKind::Map(keys) => {
                let keys = keys.iter().map(|(key, value)| (Cow::Borrowed(*key), Cow::Borrowed(*value)));
                List::Keyed(keys.collect())
            }
            ListKind::Set => List::Set,
            ListKind::Atomic if self.context.builtin => List::Atomic,
            ListKind::Atomic => match self.context.records.list_kind(&self.whole_path()) {
                Some(Recorded::Keys(keys)) => {
                    List::Keyed(keys.into_iter().map(|key| (Cow::Owned(key), Cow::Borrowed(""))).collect())
                }
                Some(Recorded::Set) => List::Set,
                None => List::Atomic,
            },
        }
    }

    fn sequences(&mut self, declared: Node<'a>, live: Node<'a>) {
        let all_mappings = declared.items().chain(live.items()).all(Node::is_mapping);
        match self.list() {
            List::Keyed(keys) if all_mappings => self.keyed(declared, live, &keys),
            List::Set => self.set(declared, live),
            _ if declared.len() == live.len() => {
                for (index, (declared, live)) in declared.items().zip(live.items()).enumerate() {
                    let anchor = Some(declared).filter(|node| node.location().is_some());
                    self.enter(Step::Index(index), |walk| {
                        walk.anchored(anchor, |walk| walk.values(Some(declared), Some(live)));
                    });
                }
            }
            _ if is_blank(declared) => self.extra(live),
            _ if is_blank(live) => self.missing(declared),
            _ => self.changed(declared, live),
        }
    }

    fn keyed(&mut self, declared: Node<'a>, live: Node<'a>, keys: &Keys<'a>) {
        let mut at: HashMap<String, Vec<usize>> = HashMap::new();
        let found: Vec<Node<'a>> = live.items().map(Node::resolved).collect();
        for (index, item) in found.iter().enumerate().rev() {
            at.entry(identity(*item, keys)).or_default().push(index);
        }
        let mut order = Vec::with_capacity(found.len());
        for item in declared.items().map(Node::resolved) {
            let index = at.get_mut(&identity(item, keys)).and_then(Vec::pop);
            order.extend(index);
            let anchor = Some(item).filter(|node| node.location().is_some());
            self.enter(Step::Key(Rc::clone(keys), item), |walk| {
                walk.anchored(anchor, |walk| walk.values(Some(item), index.map(|index| found[index])));
            });
        }
        if !order.is_sorted() {
            self.changed_order(declared, live, keys);
        }
        let mut rest: Vec<usize> = at.into_values().flatten().collect();
        rest.sort_unstable();
        for index in rest {
            self.enter(Step::Key(Rc::clone(keys), found[index]), |walk| walk.added_item(found[index]));
        }
    }

    fn changed_order(&mut self, declared: Node<'a>, live: Node<'a>, keys: &Keys<'a>) {
        let names = |list: Node<'a>| {
            let items: Vec<String> = list.items().map(|item| identity(item.resolved(), keys)).collect();
            Shown::Json(format!("[{}]", items.join(",")))
        };
        self.report(Class::DeclaredChanged, Some(names(declared)), Some(names(live)), declared.location());
    }

    fn set(&mut self, declared: Node<'a>, live: Node<'a>) {
        let place = |item: Node<'a>| live.items().position(|other| other == item);
        if !declared.items().filter_map(place).is_sorted() {
            let secret = self.is_secret();
            let shown = |list| Some(Shown::new(list, secret));
            self.report(Class::DeclaredChanged, shown(declared), shown(live), declared.location());
        }
        for item in declared.items().filter(|item| !live.items().any(|other| other == *item)) {
            self.enter(Step::Value(item), |walk| walk.missing(item));
        }
        for item in live.items().filter(|item| !declared.items().any(|other| other == *item)) {
            self.enter(Step::Value(item), |walk| walk.added(item));
        }
    }

    fn scalars(&mut self, declared: Node<'a>, live: Node<'a>) {
        let field = self.names.last().copied().unwrap_or_default();
        let parent = self.names.len().checked_sub(2).map_or("", |at| self.names[at]);
        let equality = match self.ty() {
            Some(ty) => ty.format().map(Equality::Format),
            None => (self.context.builtin && values::is_quantity(parent, field)).then_some(Equality::Resource),
        };
        match values::compare(declared, live, equality) {
            Sameness::Same => {}
            Sameness::Spelling => self.differs(Class::Spelling, declared, live),
            Sameness::Different => self.changed(declared, live),
        }
    }

    fn changed(&mut self, declared: Node<'a>, live: Node<'a>) {
        let class = match self.is_default(declared) {
            false => Class::DeclaredChanged,
            true if self.is_allocated() => Class::Allocated,
            true if self.is_ours_alone() => Class::OwnedUndeclared,
            true => Class::DefaultChanged,
        };
        self.differs(class, declared, live);
    }

    fn differs(&mut self, class: Class, declared: Node<'a>, live: Node<'a>) {
        let secret = self.is_secret();
        let at = if self.is_default(declared) { None } else { declared.location() };
        self.report(class, Some(Shown::new(declared, secret)), Some(Shown::new(live, secret)), at);
    }

    /// Declared, or a default, and not live.
    fn missing(&mut self, declared: Node<'a>) {
        if is_blank(declared) || self.is_default(declared) || (self.is_typed() && is_zero(declared)) {
            return;
        }
        let shown = Shown::new(declared, self.is_secret());
        self.report(Class::DeclaredMissing, Some(shown), None, declared.location());
    }

    /// Live, and neither declared nor a default.
    fn extra(&mut self, live: Node<'a>) {
        if is_blank(live) || self.is_bookkeeping() {
            return;
        }
        if self.is_allocated() {
            return self.added(live);
        }
        match live.kind() {
            Kind::Mapping => {
                for (key, value) in live.entries() {
                    self.entry(None, Some((key, value)));
                }
            }
            Kind::Sequence => match self.list() {
                List::Keyed(keys) if live.items().all(Node::is_mapping) => {
                    for item in live.items().map(Node::resolved) {
                        self.enter(Step::Key(Rc::clone(&keys), item), |walk| walk.added_item(item));
                    }
                }
                _ => self.added(live),
            },
            _ => self.added(live),
        }
    }

    fn added_item(&mut self, live: Node<'a>) {
        let outer = self.rule;
        self.rule = outer.or_else(|| self.rule_for(None, Some(live)));
        self.added(live);
        self.rule = outer;
    }

    fn added(&mut self, live: Node<'a>) {
        let class = if self.is_allocated() {
            Class::Allocated
        } else if self.is_ours_alone() {
            Class::OwnedUndeclared
        } else if self.context.records.exist() && self.owners().is_empty() {
            Class::Unknown
        } else {
            Class::ForeignAddition
        };
        let shown = Shown::new(live, self.is_secret());
        self.report(class, None, Some(shown), None);
    }

    fn report(&mut self, class: Class, desired: Option<Shown>, live: Option<Shown>, at: Option<Location>) {
        let path = self.whole_path();
        let owners = self.context.records.owners(&path);
        let declared_at = at.or_else(|| self.anchors.iter().rev().find_map(|node| node.location()));
        let trusted = |name: &&String| owners.iter().any(|owner| owner.manager == **name);
        let by_manager = || self.context.ignored.managers.iter().find(trusted);
        let rule = self.rule.map(str::to_owned);
        let rule = rule.or_else(|| by_manager().map(|name| format!("managedFieldsManagers {name}")));
        let class = if rule.is_some() && class.is_drift() { Class::Ignored } else { class };
        self.found.push(Field { path, class, desired, live, owners, declared_at, rule });
    }

    // What the path says

    fn whole_path(&self) -> FieldPath {
        FieldPath(self.path.iter().map(|step| step.to_segment()).collect())
    }

    fn owners(&self) -> Vec<Owner> {
        self.context.records.owners(&self.whole_path())
    }

    /// Whether an apply that does not declare the place removes it: we are on record for it, and nobody else, or it was
    /// applied last.
    fn is_ours_alone(&self) -> bool {
        if let Some(last) = self.context.last_applied {
            return last.holds(&self.path);
        }
        let owners = self.owners();
        !owners.is_empty() && owners.iter().all(|owner| self.context.is_ours(owner))
    }

    fn is_default(&self, declared: Node<'a>) -> bool {
        declared.id() > self.context.mark
    }

    fn is_secret(&self) -> bool {
        is_secret(self.context.gvk) && matches!(self.names.first(), Some(&("data" | "stringData")))
    }

    fn is_allocated(&self) -> bool {
        is_allocated(self.context.gvk, &self.names)
    }

    /// Whether the place is typed by a schema, so that zero and absent are one; not so in maps of free keys.
    fn is_typed(&self) -> bool {
        let free =
            ["data", "stringData", "binaryData", "labels", "annotations", "matchLabels", "nodeSelector", "parameters"];
        self.context.builtin && !self.names.iter().any(|name| free.contains(name))
    }

    /// An annotation in which a controller keeps its own books.
    fn is_bookkeeping(&self) -> bool {
        matches!(self.names[..], ["metadata", "annotations", "deployment.kubernetes.io/revision"])
    }
}

fn is_zero(node: Node<'_>) -> bool {
    match node.scalar() {
        Some(Scalar::Bool(value)) => !value,
        Some(Scalar::Int(value)) => value == 0,
        Some(Scalar::Str(text)) => text.is_empty(),
        _ => false,
    }
}
