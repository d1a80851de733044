//! The comparison of two trees.

use longshore_manifest::schema::{Format, ListType, MapType, Schema, TypeRef};
use longshore_manifest::{Duration, GroupVersionKind, IntOrString, Quantity};
use longshore_yaml::{Kind, Node};

use crate::align::{Alignment, Identity, align, guess, value_of};
use crate::change::{Change, ChangeKind, Changes};
use crate::equal::{Budget, scalar_equal, zip};
use crate::options::{DiffOptions, Equality, Order};
use crate::path::{FieldPath, PathElement};
use crate::secret::{Guard, REDACTED};

/// Compares two trees.
///
/// Mappings are compared key by key. Lists go by what the schema says of them: items under keys (composite and
/// defaulted ones too), sets by value, atomic lists item by item with [`Change::atomic`] set. Where the schema is
/// silent, or an item lacks its key, an identity is guessed (`name`, `key`, `id`, a scalar that tells all items
/// apart, for resources their identity); what remains is paired by content: equal items so that the fewest move, then
/// alike ones in the gaps. The type of the document is read from `apiVersion` and `kind`.
///
/// Linear in the size of the trees but for lists of other items than scalars and keyed mappings, whose work has a fixed
/// bound per item. Two trees that differ only in comments, style or the order of keys have no changes.
///
/// ```
/// use longshore_diff::{ChangeKind, DiffOptions, diff};
/// use longshore_yaml::{ReadOptions, SourceFile, read};
///
/// let text = |image: &str| format!("kind: Pod\napiVersion: v1\nspec:\n  containers:\n  - name: web\n    image: {image}\n");
/// let before = read(&SourceFile::new("old.yaml", text("shop:1")), &ReadOptions::default())?;
/// let after = read(&SourceFile::new("new.yaml", text("shop:2")), &ReadOptions::default())?;
///
/// let changes = diff(before[0].root(), after[0].root(), &DiffOptions::default());
/// let change = changes.iter().next().ok_or("one change")?;
/// assert_eq!(change.path.to_string(), r#"spec.containers[name="web"].image"#);
/// assert_eq!(change.kind, ChangeKind::Changed);
/// assert_eq!(change.after.and_then(|node| node.location()).map(|at| at.to_string()), Some("new.yaml:6:12".to_owned()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn diff<'a>(before: Node<'a>, after: Node<'a>, options: &DiffOptions<'_>) -> Changes<'a> {
    let budget = Budget::new(options.limits);
    let (before, after) = (before.resolved(), after.resolved());
    let mut walk = Walk { options, budget: &budget, stack: Vec::new(), out: Vec::new(), atomic: None };
    walk.node(before, after, root_type(before, after, options.schema));
    Changes { before, after, list: walk.out, truncated: budget.is_spent() }
}

/// The type of a document, where both sides are of one kind that the schema knows.
pub(crate) fn root_type<'s>(before: Node<'_>, after: Node<'_>, schema: Option<&'s dyn Schema>) -> Option<TypeRef<'s>> {
    let schema = schema?;
    let gvk = |node: Node<'_>| Some(GroupVersionKind::new(node.get("apiVersion")?.text(), node.get("kind")?.text()));
    let kind = gvk(after)?;
    let same = before.get("kind").is_some_and(|other| other.text() == kind.kind);
    if same { schema.root(&kind) } else { None }
}

/// What tells the items of two lists apart, from the type or from a guess.
pub(crate) fn identity<'a, 's>(ty: Option<TypeRef<'s>>, before: &[Node<'a>], after: &[Node<'a>]) -> Identity<'a, 's> {
    match ty.and_then(|ty| ty.list_type().map(|list| (list, ty))) {
        Some((ListType::Map, ty)) => Identity::Keys(ty),
        Some((ListType::Set, _)) => Identity::Value,
        Some((ListType::Atomic, _)) | None => guess(before, after),
    }
}

/// A place on the way down.
struct Frame<'a, 's> {
    step: Step<'a, 's>,
    /// The mapping or sequence that the step leads out of.
    holders: [Option<Node<'a>>; 2],
}

enum Step<'a, 's> {
    Field(&'a str),
    Item { before: usize, after: usize, item: Node<'a>, identity: Identity<'a, 's> },
}

struct Walk<'a, 's, 'o> {
    options: &'o DiffOptions<'s>,
    budget: &'o Budget,
    stack: Vec<Frame<'a, 's>>,
    out: Vec<Change<'a>>,
    atomic: Option<usize>,
}

impl<'a, 's> Walk<'a, 's, '_> {
    fn node(&mut self, before: Node<'a>, after: Node<'a>, ty: Option<TypeRef<'s>>) {
        if !self.budget.visit(self.stack.len()) {
            return self.emit(ChangeKind::Changed, Some(before), Some(after));
        }
        let (before, after) = (before.resolved(), after.resolved());
        match (before.kind(), after.kind()) {
            (Kind::Mapping, Kind::Mapping) => {
                self.within(ty.is_some_and(|ty| ty.map_type() == MapType::Atomic), |walk| {
                    walk.mapping(before, after, ty);
                })
            }
            (Kind::Sequence, Kind::Sequence) => {
                let atomic = ty.is_some_and(|ty| ty.list_type() == Some(ListType::Atomic));
                self.within(atomic, |walk| walk.list(before, after, ty));
            }
            (Kind::Scalar, Kind::Scalar) if scalar_equal(before, after) || self.means_same(before, after, ty) => {}
            _ => self.emit(ChangeKind::Changed, Some(before), Some(after)),
        }
    }

    /// Whether two scalars that are written differently are one value by the schema, and that is asked for.
    fn means_same(&self, before: Node<'a>, after: Node<'a>, ty: Option<TypeRef<'s>>) -> bool {
        let format = ty.and_then(TypeRef::format).filter(|_| self.options.equality == Equality::ByValue);
        match format {
            Some(Format::Quantity) => {
                let value = |node| Quantity::of(node).ok();
                value(before).is_some_and(|quantity| value(after) == Some(quantity))
            }
            Some(Format::IntOrString) => {
                IntOrString::of(before).is_some_and(|value| IntOrString::of(after) == Some(value))
            }
            Some(Format::Duration) => {
                let value = |node: Node<'_>| node.as_str().and_then(|text| text.parse::<Duration>().ok());
                value(before).is_some_and(|duration| value(after) == Some(duration))
            }
            _ => false,
        }
    }

    /// Remembers the outermost atomic value around what `walk` finds.
    fn within(&mut self, atomic: bool, walk: impl FnOnce(&mut Self)) {
        let outer = self.atomic;
        if atomic && outer.is_none() {
            self.atomic = Some(self.stack.len());
        }
        walk(self);
        self.atomic = outer;
    }

    fn mapping(&mut self, before: Node<'a>, after: Node<'a>, ty: Option<TypeRef<'s>>) {
        zip(before, after, |key, left, right| {
            self.stack.push(Frame { step: Step::Field(key), holders: [Some(before), Some(after)] });
            match (left, right) {
                (Some(left), Some(right)) => {
                    let ty = ty.and_then(|ty| ty.field(key));
                    self.node(left, right, ty);
                }
                (None, _) => self.emit(ChangeKind::Added, None, right),
                (_, None) => self.emit(ChangeKind::Removed, left, None),
            }
            self.stack.pop();
        });
    }

    fn list(&mut self, before: Node<'a>, after: Node<'a>, ty: Option<TypeRef<'s>>) {
        if before.is_empty() && after.is_empty() {
            return;
        }
        let (left, right): (Vec<_>, Vec<_>) = (before.items().collect(), after.items().collect());
        let identity = identity(ty, &left, &right);
        let alignment = align(&left, &right, identity, self.stack.len() + 1, self.budget);
        let holders = [Some(before), Some(after)];
        for (&at, place) in alignment.gone.iter().zip(places_of_gone(&alignment)) {
            self.item(holders, identity, (at, place), left[at], |walk| {
                walk.emit(ChangeKind::Removed, Some(left[at]), None);
            });
        }
        let ordered = self.options.order == Order::Report || identity == Identity::Place || self.atomic.is_some();
        let mut place = 0;
        for (to, &from) in alignment.from.iter().enumerate() {
            let item = right[to];
            let Some(from) = from else {
                self.item(holders, identity, (place, to), item, |walk| walk.emit(ChangeKind::Added, None, Some(item)));
                continue;
            };
            place = from + 1;
            self.item(holders, identity, (from, to), item, |walk| {
                if alignment.moved[to] && ordered {
                    walk.emit(ChangeKind::Moved { from, to }, Some(left[from]), Some(item));
                }
                let ty = match identity {
                    Identity::Resource => root_type(left[from], item, walk.options.schema),
                    _ => ty.and_then(TypeRef::items),
                };
                walk.node(left[from], item, ty);
            });
        }
    }

    fn item(
        &mut self,
        holders: [Option<Node<'a>>; 2],
        identity: Identity<'a, 's>,
        (before, after): (usize, usize),
        item: Node<'a>,
        walk: impl FnOnce(&mut Self),
    ) {
        self.stack.push(Frame { step: Step::Item { before, after, item, identity }, holders });
        walk(self);
        self.stack.pop();
    }

    fn emit(&mut self, kind: ChangeKind, before: Option<Node<'a>>, after: Option<Node<'a>>) {
        let mut path = Vec::with_capacity(self.stack.len());
        let (mut before_at, mut after_at) = (String::new(), String::new());
        let mut guard = Guard::default();
        for frame in &self.stack {
            let [left, right] = frame.holders;
            let known = left.map_or(guard, |node| guard.at(node));
            guard = right.map_or(known, |node| known.at(node));
            match &frame.step {
                Step::Field(key) => {
                    push_key(&mut before_at, key);
                    push_key(&mut after_at, key);
                    let holder = right.or(left).expect("a step leads out of a node");
                    guard = guard.field(holder, key);
                    path.push(PathElement::Field((*key).to_owned()));
                }
                Step::Item { before, after, item, identity } => {
                    push_index(&mut before_at, *before);
                    push_index(&mut after_at, *after);
                    guard = guard.item();
                    let index = if kind == ChangeKind::Removed { before } else { after };
                    path.push(element(*identity, *item, *index));
                }
            }
        }
        // An item of a set, or of a list of scalars, is known by its value: inside a secret it must not be spelled out.
        if guard == Guard::Hidden {
            path.iter_mut().for_each(hide);
        }
        let path = FieldPath { elements: path };
        self.out.push(Change { path, kind, before, after, atomic: self.atomic, before_at, after_at, guard });
    }
}

/// For each item that is gone: the index that it would have in the list after.
fn places_of_gone(alignment: &Alignment) -> Vec<usize> {
    let stayed = alignment.from.iter().enumerate();
    let mut stays: Vec<(usize, usize)> = stayed.filter_map(|(to, from)| Some(((*from)?, to))).collect();
    stays.sort_unstable();
    let place = |gone: &usize| stays.get(stays.partition_point(|(from, _)| from < gone)).map(|&(_, to)| to);
    alignment.gone.iter().map(|gone| place(gone).unwrap_or(alignment.from.len())).collect()
}

fn hide(element: &mut PathElement) {
    match element {
        PathElement::Value(value) => *value = REDACTED.into(),
        PathElement::Key(keys) => keys.iter_mut().for_each(|(_, value)| *value = REDACTED.into()),
        PathElement::Field(_) | PathElement::Index(_) => {}
    }
}

/// The path element of a list item.
pub(crate) fn element(identity: Identity<'_, '_>, item: Node<'_>, index: usize) -> PathElement {
    let field = |name: &str, path: &[&str]| Some((name.to_owned(), value_of(item.at(path.iter().copied())?)));
    match identity {
        Identity::Keys(list) => {
            let key = |key: &str| match item.get(key) {
                Some(value) => Some((key.to_owned(), value_of(value))),
                None => list.key_default(key).map(|value| (key.to_owned(), value.clone())),
            };
            let keys: Vec<_> = list.list_keys().iter().filter_map(|name| key(name)).collect();
            if keys.is_empty() { PathElement::Index(index) } else { PathElement::Key(keys) }
        }
        Identity::Guess(name) => {
            field(name, &[name]).map_or(PathElement::Index(index), |key| PathElement::Key(vec![key]))
        }
        Identity::Resource => {
            let parts: [(&str, &[&str]); 4] = [
                ("apiVersion", &["apiVersion"]),
                ("kind", &["kind"]),
                ("namespace", &["metadata", "namespace"]),
                ("name", &["metadata", "name"]),
            ];
            PathElement::Key(parts.iter().filter_map(|(name, path)| field(name, path)).collect())
        }
        Identity::Value => PathElement::Value(value_of(item)),
        Identity::Place => PathElement::Index(index),
    }
}

/// Appends a key to a JSON Pointer.
pub(crate) fn push_key(pointer: &mut String, key: &str) {
    pointer.push('/');
    for char in key.chars() {
        match char {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}

/// Appends an index to a JSON Pointer.
pub(crate) fn push_index(pointer: &mut String, index: usize) {
    use std::fmt::Write as _;
    write!(pointer, "/{index}").expect("a String takes any text");
}
