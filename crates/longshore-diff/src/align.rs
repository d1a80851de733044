//! Which item of one list is which item of another.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet, VecDeque};

use longshore_manifest::schema::TypeRef;
use longshore_yaml::{Kind, Node, Scalar, Tag};
use serde_json::Value;

use crate::equal::{Budget, equal, hash, scalar_equal};

/// What tells the items of a list apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Identity<'a, 's> {
    /// The values under the keys that the schema names.
    Keys(TypeRef<'s>),
    /// The value under a key that was guessed.
    Guess(&'a str),
    /// API version, kind, namespace and name: the list holds resources.
    Resource,
    /// The value itself.
    Value,
    /// Nothing but the place.
    Place,
}

/// Which items correspond, and which of those changed their place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Alignment {
    /// For each item of the list after: its index before.
    pub(crate) from: Vec<Option<usize>>,
    /// For each item of the list after: whether it left its place among those that stayed.
    pub(crate) moved: Vec<bool>,
    /// Indexes of the items before that are gone, ascending.
    pub(crate) gone: Vec<usize>,
}

impl Alignment {
    /// Item by item, as they stand.
    pub(crate) fn in_place(before: usize, after: usize) -> Self {
        let from = (0..after).map(|index| (index < before).then_some(index)).collect();
        Alignment { from, moved: vec![false; after], gone: (after..before).collect() }
    }

    fn new(from: Vec<Option<usize>>, before: usize) -> Self {
        let mut kept = vec![false; before];
        from.iter().flatten().for_each(|&index| kept[index] = true);
        let gone = (0..before).filter(|&index| !kept[index]).collect();
        let moved = moved(&from);
        Alignment { from, moved, gone }
    }
}

/// Which of the paired items are not in the longest run that kept its order: the fewest that must move.
fn moved(from: &[Option<usize>]) -> Vec<bool> {
    let paired: Vec<(usize, usize)> =
        from.iter().enumerate().filter_map(|(at, from)| from.map(|from| (at, from))).collect();
    let mut moved: Vec<bool> = from.iter().map(Option::is_some).collect();
    if paired.is_sorted_by_key(|&(_, from)| from) {
        return vec![false; from.len()];
    }
    for index in increasing(&paired.iter().map(|&(_, from)| from).collect::<Vec<_>>()) {
        moved[paired[index].0] = false;
    }
    moved
}

/// Indexes of a longest strictly increasing subsequence, ascending; O(n log n).
pub(crate) fn increasing(values: &[usize]) -> Vec<usize> {
    let mut tails: Vec<usize> = Vec::new();
    let mut previous = vec![usize::MAX; values.len()];
    for (index, &value) in values.iter().enumerate() {
        let length = tails.partition_point(|&tail| values[tail] < value);
        if length > 0 {
            previous[index] = tails[length - 1];
        }
        if length == tails.len() {
            tails.push(index);
        } else {
            tails[length] = index;
        }
    }
    let mut run = Vec::with_capacity(tails.len());
    let mut at = tails.last().copied().unwrap_or(usize::MAX);
    while at != usize::MAX {
        run.push(at);
        at = previous[at];
    }
    run.reverse();
    run
}

/// Pairs the items of two lists. Where the identity does not tell all items of a list apart, content decides.
pub(crate) fn align<'a>(
    before: &[Node<'a>],
    after: &[Node<'a>],
    identity: Identity<'a, '_>,
    depth: usize,
    budget: &Budget,
) -> Alignment {
    let by_identity = match identity {
        Identity::Place => None,
        _ => by_identity(before, after, identity),
    };
    by_identity.unwrap_or_else(|| by_content(before, after, depth, budget))
}

/// One part of what identifies an item: the type's class and the text.
type Part<'a> = (u8, Cow<'a, str>);

/// The identity of a list item.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key(Vec<Part<'static>>);

/// A scalar as a part of an identity; `None` for a collection.
fn part(node: Node<'_>) -> Option<Part<'_>> {
    let node = node.resolved();
    if node.kind() != Kind::Scalar {
        return None;
    }
    Some(match node.tag() {
        Tag::Null => (0, Cow::Borrowed("")),
        Tag::Bool => (1, Cow::Borrowed(if node.as_bool() == Some(true) { "true" } else { "false" })),
        Tag::Int => match node.as_i64() {
            Some(value) if node.text().starts_with(['0', '+', '-']) => (2, Cow::Owned(value.to_string())),
            _ => (2, Cow::Borrowed(node.text())),
        },
        Tag::Float => (3, Cow::Borrowed(node.text())),
        _ => (4, Cow::Borrowed(node.text())),
    })
}

fn default_part(value: &Value) -> Option<Part<'_>> {
    Some(match value {
        Value::Null => (0, Cow::Borrowed("")),
        Value::Bool(value) => (1, Cow::Borrowed(if *value { "true" } else { "false" })),
        Value::Number(number) => (if number.is_f64() { 3 } else { 2 }, Cow::Owned(number.to_string())),
        Value::String(text) => (4, Cow::Borrowed(text.as_str())),
        _ => return None,
    })
}

/// What identifies a resource.
const RESOURCE: [&[&str]; 4] = [&["apiVersion"], &["kind"], &["metadata", "namespace"], &["metadata", "name"]];

impl<'a, 's> Identity<'a, 's> {
    /// The identity of an item in parts; `None` where it has none.
    fn of<'n>(self, item: Node<'n>) -> Option<Vec<Part<'n>>>
    where
        's: 'n,
    {
        match self {
            Identity::Keys(list) => {
                let keys = list.list_keys();
                let mut missing = 0;
                let parts: Option<Vec<Part<'n>>> = keys
                    .iter()
                    .map(|key| match item.get(key) {
                        Some(value) => part(value),
                        None => {
                            missing += 1;
                            Some(list.key_default(key).and_then(default_part).unwrap_or((0, Cow::Borrowed(""))))
                        }
                    })
                    .collect();
                parts.filter(|_| missing < keys.len())
            }
            Identity::Guess(key) => Some(vec![part(item.get(key)?)?]),
            Identity::Resource => {
                let parts = RESOURCE.map(|path| item.at(path.iter().copied()).map_or("", Node::text));
                (!parts[3].is_empty()).then(|| parts.map(|part| (4, Cow::Borrowed(part))).to_vec())
            }
            Identity::Value => Some(vec![part(item)?]),
            Identity::Place => None,
        }
    }

    /// The identity of an item as a value that lives on its own.
    pub(crate) fn key(self, item: Node<'_>) -> Option<Key> {
        Some(Key(own(self.of(item)?)?))
    }

    /// Whether two items have one identity, without the cost of spelling it out.
    fn same(self, a: Node<'_>, b: Node<'_>) -> bool {
        let field = |key: &str| match (a.get(key), b.get(key)) {
            (Some(a), Some(b)) => a.resolved().kind() == Kind::Scalar && scalar_equal(a.resolved(), b.resolved()),
            (a, b) => a.is_none() && b.is_none(),
        };
        match self {
            Identity::Keys(list) => {
                let keys = list.list_keys();
                keys.iter().all(|key| field(key)) && keys.iter().any(|key| a.get(key).is_some())
            }
            Identity::Guess(key) => field(key) && a.get(key).is_some(),
            Identity::Resource => RESOURCE.iter().all(|path| {
                let (left, right) = (a.at(path.iter().copied()), b.at(path.iter().copied()));
                left.map_or("", Node::text) == right.map_or("", Node::text)
            }),
            Identity::Value => a.kind() == Kind::Scalar && b.kind() == Kind::Scalar && scalar_equal(a, b),
            Identity::Place => false,
        }
    }
}

/// Up to this many pairs of items identities are compared one by one instead of through an index.
const FEW: usize = 36;

fn by_identity<'a>(before: &[Node<'a>], after: &[Node<'a>], identity: Identity<'a, '_>) -> Option<Alignment> {
    let in_step = before.len() == after.len() && before.iter().zip(after).all(|(&a, &b)| identity.same(a, b));
    if in_step && distinct(before, identity) {
        return Some(Alignment::in_place(before.len(), after.len()));
    }
    let index = |items: &[Node<'a>]| -> Option<Vec<Vec<Part<'a>>>> {
        items.iter().map(|&item| own(identity.of(item)?)).collect()
    };
    let (left, right) = (index(before)?, index(after)?);
    let mut places = HashMap::with_capacity(left.len());
    let unique = left.iter().enumerate().all(|(at, id)| places.insert(id, at).is_none());
    let from: Vec<Option<usize>> = right.iter().map(|id| places.get(id).copied()).collect();
    let mut seen = HashMap::with_capacity(right.len());
    let unique = unique && right.iter().all(|id| seen.insert(id, ()).is_none());
    unique.then(|| Alignment::new(from, before.len()))
}

/// Identities borrow from the schema as well; what is kept is tied to the trees alone.
fn own<'a>(parts: Vec<Part<'_>>) -> Option<Vec<Part<'a>>> {
    Some(parts.into_iter().map(|(class, text)| (class, Cow::Owned(text.into_owned()))).collect())
}

/// Whether no two items share an identity.
fn distinct(items: &[Node<'_>], identity: Identity<'_, '_>) -> bool {
    if items.len() * items.len() <= FEW {
        return items.iter().enumerate().all(|(at, &a)| items[..at].iter().all(|&b| !identity.same(a, b)));
    }
    let mut seen = HashSet::with_capacity(items.len());
    items.iter().all(|&item| identity.of(item).is_some_and(|id| seen.insert(id)))
}

/// Above this many cells no exact table is filled; equal items are then paired first to first.
const TABLE: usize = 1 << 18;

/// Pairs equal items so that most keep their order, then equal ones that moved, then what stands in the same gap.
fn by_content<'a>(before: &[Node<'a>], after: &[Node<'a>], depth: usize, budget: &Budget) -> Alignment {
    let same = |a: Node<'a>, b: Node<'a>| equal(a, b, depth, budget);
    let shorter = before.len().min(after.len());
    let head = (0..shorter).take_while(|&at| same(before[at], after[at])).count();
    let tail =
        (0..shorter - head).take_while(|&at| same(before[before.len() - 1 - at], after[after.len() - 1 - at])).count();
    let (left, right) = (&before[head..before.len() - tail], &after[head..after.len() - tail]);
    let (tokens, other) = tokens(left, right, depth, budget);
    let mut middle = if left.len() * right.len() <= TABLE { common(&tokens, &other) } else { first(&tokens, &other) };
    pair_moved(&tokens, &other, &mut middle);
    pair_gaps(left, right, &mut middle, alike);
    let mut from: Vec<Option<usize>> = (0..head).map(Some).collect();
    from.extend(middle.into_iter().map(|at| at.map(|at| at + head)));
    from.extend((before.len() - tail..before.len()).map(Some));
    Alignment::new(from, before.len())
}

/// Numbers for the items, the same for equal ones.
fn tokens<'a>(left: &[Node<'a>], right: &[Node<'a>], depth: usize, budget: &Budget) -> (Vec<usize>, Vec<usize>) {
    let mut known: HashMap<u64, Vec<(Node<'a>, usize)>> = HashMap::new();
    let mut next = 0;
    let mut token = |&item: &Node<'a>| {
        let found = known.entry(hash(item, depth, budget)).or_default();
        if let Some((_, token)) = found.iter().find(|(other, _)| equal(*other, item, depth, budget)) {
            return *token;
        }
        next += 1;
        found.push((item, next));
        next
    };
    (left.iter().map(&mut token).collect(), right.iter().map(&mut token).collect())
}

/// A longest common subsequence, by the full table.
fn common(left: &[usize], right: &[usize]) -> Vec<Option<usize>> {
    let width = right.len() + 1;
    let mut table = vec![0u32; (left.len() + 1) * width];
    for i in (0..left.len()).rev() {
        for j in (0..right.len()).rev() {
            table[i * width + j] = if left[i] == right[j] {
                table[(i + 1) * width + j + 1] + 1
            } else {
                table[(i + 1) * width + j].max(table[i * width + j + 1])
            };
        }
    }
    let mut from = vec![None; right.len()];
    let (mut i, mut j) = (0, 0);
    while i < left.len() && j < right.len() {
        if left[i] == right[j] {
            from[j] = Some(i);
            (i, j) = (i + 1, j + 1);
        } else if table[(i + 1) * width + j] >= table[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    from
}

/// Pairs the first of equal items with the first, the second with the second.
fn first(left: &[usize], right: &[usize]) -> Vec<Option<usize>> {
    let mut from = vec![None; right.len()];
    pair_moved(left, right, &mut from);
    from
}

/// Pairs equal items that are not paired yet, in order.
fn pair_moved(left: &[usize], right: &[usize], from: &mut [Option<usize>]) {
    let mut taken = vec![false; left.len()];
    from.iter().flatten().for_each(|&at| taken[at] = true);
    let mut free: HashMap<usize, VecDeque<usize>> = HashMap::new();
    for (at, &token) in left.iter().enumerate().filter(|&(at, _)| !taken[at]) {
        free.entry(token).or_default().push_back(at);
    }
    for (at, token) in right.iter().enumerate() {
        if from[at].is_none() {
            from[at] = free.get_mut(token).and_then(VecDeque::pop_front);
        }
    }
}

/// Pairs what stands between the same two items that kept their order: alike collections, else scalars one by one.
fn pair_gaps<'a>(left: &[Node<'a>], right: &[Node<'a>], from: &mut [Option<usize>], score: Score) {
    let mut taken = vec![false; left.len()];
    from.iter().flatten().for_each(|&at| taken[at] = true);
    let moved = moved(from);
    let (mut start, mut low) = (0, 0);
    for at in 0..=right.len() {
        let stable = at == right.len() || (from[at].is_some() && !moved[at]);
        if !stable {
            continue;
        }
        let high = if at == right.len() { left.len() } else { from[at].expect("a stable item is paired") };
        let free: Vec<usize> = (low..high).filter(|&at| !taken[at]).collect();
        let open: Vec<usize> = (start..at).filter(|&at| from[at].is_none()).collect();
        pair_gap(left, right, &free, &open, from, score);
        (start, low) = (at + 1, high + 1);
    }
}

/// How alike two items are; 0 for a pair that must not be.
type Score = fn(Node<'_>, Node<'_>) -> usize;

/// Pairs whatever still stands in the same gap, for who would rather replace an item than remove one and add another.
pub(crate) fn pair_rest<'a>(left: &[Node<'a>], right: &[Node<'a>], alignment: &mut Alignment) {
    if alignment.gone.is_empty() || alignment.from.iter().all(Option::is_some) {
        return;
    }
    let mut from = std::mem::take(&mut alignment.from);
    pair_gaps(left, right, &mut from, |a, b| alike(a, b) + 1);
    *alignment = Alignment::new(from, left.len());
}

/// How many unpaired items of a gap are tried for each item.
const WINDOW: usize = 8;

fn pair_gap(
    left: &[Node<'_>],
    right: &[Node<'_>],
    free: &[usize],
    open: &[usize],
    from: &mut [Option<usize>],
    score: Score,
) {
    let mut used = 0;
    for (count, &at) in open.iter().enumerate() {
        let rest = &free[used..];
        // As many must be left over as items come behind, where there are enough for all.
        let spare = rest.len().saturating_sub(open.len() - count - 1).max(1).min(rest.len());
        let best = (0..spare.min(WINDOW)).map(|skip| (score(left[rest[skip]], right[at]), skip));
        let best = best.filter(|&(score, _)| score > 0).max_by_key(|&(score, skip)| (score, Reverse(skip)));
        if let Some((_, skip)) = best {
            from[at] = Some(rest[skip]);
            used += skip + 1;
        }
    }
}

/// How alike two items are that are not equal; 0 for those that have nothing in common.
fn alike(a: Node<'_>, b: Node<'_>) -> usize {
    let (a, b) = (a.resolved(), b.resolved());
    match (a.kind(), b.kind()) {
        (Kind::Scalar, Kind::Scalar) => 1 + usize::from(a.tag() == b.tag()),
        (Kind::Mapping, Kind::Mapping) => {
            let shared = a.entries().take(32).map(|(key, value)| match b.get(key.text()) {
                Some(other) if value.resolved().kind() == Kind::Scalar => {
                    let other = other.resolved();
                    if other.kind() == Kind::Scalar && scalar_equal(value.resolved(), other) { 4 } else { 0 }
                }
                Some(other) => usize::from(value.resolved().kind() == other.resolved().kind()),
                None => 0,
            });
            shared.sum()
        }
        (Kind::Sequence, Kind::Sequence) => 1,
        _ => 0,
    }
}

/// The keys that name things, first to last.
const NAMES: [&str; 4] = ["name", "key", "id", "mountPath"];

/// From this length on, any scalar that tells the items of a list apart may be their identity.
const ANY_KEY: usize = 3;

/// Guesses what tells the items of a list of unknown type apart.
pub(crate) fn guess<'a>(before: &[Node<'a>], after: &[Node<'a>]) -> Identity<'a, 'static> {
    let all = |test: &dyn Fn(Node<'a>) -> bool| before.iter().chain(after).all(|&item| test(item));
    if !all(&Node::is_mapping) {
        return Identity::Place;
    }
    if all(&|item| item.get("kind").is_some() && item.at(["metadata", "name"]).is_some()) {
        return Identity::Resource;
    }
    let tells_apart = |name: &str| {
        let identity = Identity::Guess(name);
        all(&|item| item.get(name).is_some_and(|value| value.resolved().kind() == Kind::Scalar))
            && distinct(before, identity)
            && distinct(after, identity)
    };
    if let Some(name) = NAMES.into_iter().find(|name| tells_apart(name)) {
        return Identity::Guess(name);
    }
    let most = before.len().max(after.len());
    if most < ANY_KEY {
        return Identity::Place;
    }
    let keys = before.first().into_iter().flat_map(|item| item.entries()).take(32).map(|(key, _)| key.text());
    let best = keys.filter(|key| tells_apart(key)).map(|key| (shared(before, after, Identity::Guess(key)), key));
    let best = best.max_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(a.1)));
    best.filter(|&(shared, _)| 2 * shared > most).map_or(Identity::Place, |(_, key)| Identity::Guess(key))
}

/// How many items of `after` have an identity that `before` knows.
fn shared(before: &[Node<'_>], after: &[Node<'_>], identity: Identity<'_, '_>) -> usize {
    let known: HashSet<_> = before.iter().filter_map(|&item| identity.of(item)).collect();
    after.iter().filter_map(|&item| identity.of(item)).filter(|id| known.contains(id)).count()
}

/// Value of a scalar as JSON, for a path.
pub(crate) fn value_of(node: Node<'_>) -> Value {
    match node.scalar() {
        Some(Scalar::Bool(value)) => Value::Bool(value),
        Some(Scalar::Int(value)) => value.into(),
        Some(Scalar::Uint(value)) => value.into(),
        Some(Scalar::Float(value)) => value.into(),
        Some(Scalar::Str(text)) => text.into(),
        _ => Value::Null,
    }
}
