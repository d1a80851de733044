//! Lists that are merged item by item.
//!
//! Nearly all lists are orderly: each item is a mapping that has all merge keys in use, no two of one side have the
//! same. Those are merged in linear time. The others go the way kyaml goes, step by step, because what it does with
//! items that lack a key follows from those steps and from no rule.

use std::collections::{HashMap, HashSet};

use longshore_manifest::schema::TypeRef;
use longshore_yaml::{Kind, Node, NodeId, Style, Tag};
use smallvec::{SmallVec, smallvec};

use super::{Directive, ListItems, Merge, Source, is_null, named_directive};
use crate::error::ApplyError;
use crate::undo::Children;

/// Items of a disorderly list; the way kyaml goes takes quadratic time.
const DISORDERLY: usize = 2_000;

/// Items of both sides together that are compared each with each; more are looked up.
const FEW: usize = 12;

/// What is merged into the items of a list.
enum Items<'p> {
    None,
    Patch(Vec<Node<'p>>),
    Same,
}

impl<'p> Items<'p> {
    fn nodes(&self) -> &[Node<'p>] {
        if let Items::Patch(items) = self { items } else { &[] }
    }
}

/// For each item of the patch the index of its partner.
struct Plan {
    pairs: Vec<Option<usize>>,
    several_keys: bool,
}

impl Merge<'_, '_> {
    /// Follows the list's directive, an item that holds nothing but `$patch`, then merges.
    pub(super) fn merge_list(
        &mut self,
        dest: NodeId,
        source: Source<'_>,
        keys: &[&str],
        schema: Option<TypeRef<'_>>,
    ) -> Result<Option<NodeId>, ApplyError> {
        let found = match source {
            Source::None => None,
            Source::Patch(patch) => list_directive(patch)?,
            Source::Same => list_directive(self.draft.node(dest))?,
        };
        match (found, source) {
            (None, _) => self.list(dest, source, keys, schema),
            (Some(Directive::Delete), _) => Ok(None),
            (Some(found), Source::Patch(patch)) => {
                let rest: Vec<Node<'_>> = patch.items().filter(|&item| stays(item, found)).collect();
                if found == Directive::Merge {
                    return self.items(dest, &Items::Patch(rest), keys, schema).map(Some);
                }
                let ids: Vec<NodeId> = rest.into_iter().map(|item| self.draft.doc.import(item)).collect();
                let id = self.draft.doc.import(patch);
                self.draft.doc.set_children(id, &ids);
                self.list(id, Source::Same, keys, schema)
            }
            (Some(found), _) => {
                let items = self.draft.node(dest).items().filter(|&item| stays(item, found));
                let rest: Children = items.map(Node::id).collect();
                self.draft.set_children(dest, &rest);
                self.list(dest, source, keys, schema)
            }
        }
    }

    pub(super) fn list(
        &mut self,
        dest: NodeId,
        source: Source<'_>,
        keys: &[&str],
        schema: Option<TypeRef<'_>>,
    ) -> Result<Option<NodeId>, ApplyError> {
        let items = match source {
            Source::None => Items::None,
            Source::Patch(patch) => Items::Patch(patch.items().collect()),
            Source::Same => Items::Same,
        };
        self.items(dest, &items, keys, schema).map(Some)
    }

    fn items(
        &mut self,
        dest: NodeId,
        source: &Items<'_>,
        keys: &[&str],
        schema: Option<TypeRef<'_>>,
    ) -> Result<NodeId, ApplyError> {
        let schema = schema.and_then(TypeRef::items);
        let before = self.draft.children(dest);
        let after = if keys.is_empty() {
            self.scalars(&before, source)?
        } else {
            match self.orderly(&before, source, keys).filter(|_| !self.step_by_step) {
                Some(plan) => self.merge_orderly(&before, source, plan, schema)?,
                None => Disorderly { keys, schema, dest: before.to_vec(), source }.merge(self)?.into(),
            }
        };
        if after != before {
            self.draft.set_children(dest, &after);
        }
        Ok(dest)
    }

    /// A set of scalars: each text once.
    fn scalars(&mut self, before: &[NodeId], source: &Items<'_>) -> Result<Children, ApplyError> {
        let ours = before.iter().map(|&id| self.draft.node(id));
        if let Some(node) =
            source.nodes().iter().copied().chain(ours).find(|node| node.resolved().kind() != Kind::Scalar)
        {
            return Err(ApplyError::new(Some(node), "a list without merge key holds a value that is no scalar"));
        }
        let mut first = Vec::new();
        let mut taken = HashSet::new();
        for &item in source.nodes().iter().filter(|&&item| !is_null(item)) {
            if taken.insert(item.text()) {
                first.push(self.draft.doc.import(item));
            }
        }
        let mut rest = Vec::with_capacity(before.len());
        let mut kept = HashSet::new();
        for &id in before {
            let node = self.draft.node(id);
            if !is_null(node) && !taken.contains(node.text()) && kept.insert(node.text()) {
                rest.push(id);
            }
        }
        Ok(match self.options.list_items {
            ListItems::Prepend => first.into_iter().chain(rest).collect(),
            ListItems::Append => rest.into_iter().chain(first).collect(),
        })
    }

    /// Pairs items where both sides are orderly.
    fn orderly(&self, before: &[NodeId], source: &Items<'_>, keys: &[&str]) -> Option<Plan> {
        let ours: SmallVec<[Node<'_>; 8]> = before.iter().map(|&id| self.draft.node(id)).collect();
        let theirs = source.nodes();
        // A key that no item has is not in use.
        let used = |key: &&str| ours.iter().chain(theirs).any(|item| !value(*item, key).is_empty());
        let keys: SmallVec<[&str; 4]> = keys.iter().copied().filter(used).collect();
        if keys.is_empty() && !(ours.is_empty() && theirs.is_empty()) {
            return None;
        }
        let pairs = if ours.len() + theirs.len() <= FEW {
            compare(&ours, theirs, &keys)
        } else {
            look_up(&ours, theirs, &keys)
        };
        pairs.map(|pairs| Plan { pairs, several_keys: keys.len() > 1 })
    }

    fn merge_orderly(
        &mut self,
        before: &[NodeId],
        source: &Items<'_>,
        plan: Plan,
        schema: Option<TypeRef<'_>>,
    ) -> Result<Children, ApplyError> {
        let rest = if matches!(source, Items::Same) { Source::Same } else { Source::None };
        let mut merged: SmallVec<[Option<NodeId>; 8]> = smallvec![None; before.len()];
        let mut paired: SmallVec<[bool; 8]> = smallvec![false; before.len()];
        let mut first = Children::new();
        for (&item, pair) in source.nodes().iter().zip(plan.pairs) {
            let dest = pair.map(|at| before[at]);
            let found = self.item(dest, Source::Patch(item), schema).map_err(|error| error.below(step(item)))?;
            match pair {
                Some(at) => {
                    paired[at] = true;
                    merged[at] = match self.options.list_items {
                        // kyaml puts the document's items over the merged ones, which are the same but where an item of
                        // the patch says `$patch: replace`: it has no effect.
                        ListItems::Prepend => found.map(|_| before[at]),
                        ListItems::Append => found,
                    };
                    // By one key, an item goes where the patch has it; by several, it stays.
                    if !plan.several_keys && self.options.list_items == ListItems::Prepend {
                        first.extend(merged[at].take());
                    }
                }
                None => first.extend(found),
            }
        }
        for (at, &id) in before.iter().enumerate().filter(|(at, _)| !paired[*at]) {
            merged[at] = self.item(Some(id), rest, schema).map_err(|error| error.below(at.to_string()))?;
        }
        let rest = merged.into_iter().flatten();
        Ok(match self.options.list_items {
            ListItems::Prepend => first.into_iter().chain(rest).collect(),
            ListItems::Append => rest.chain(first).collect(),
        })
    }

    /// One merged item; an empty one is none.
    fn item(
        &mut self,
        dest: Option<NodeId>,
        source: Source<'_>,
        schema: Option<TypeRef<'_>>,
    ) -> Result<Option<NodeId>, ApplyError> {
        let merged = self.walk(dest, source, schema)?;
        Ok(merged.filter(|&id| !is_empty(self.draft.node(id))))
    }
}

fn is_empty(item: Node<'_>) -> bool {
    is_null(item) || (item.is_mapping() && item.is_empty())
}

/// The text under a merge key; empty where it is absent, null or no scalar.
fn value<'a>(item: Node<'a>, key: &str) -> &'a str {
    item.get(key).filter(|value| !is_null(*value)).map_or("", Node::text)
}

/// Partners of the items of a short patch in a short list: each is compared with each. `None` where an item lacks a
/// key, or two of one side have the same.
fn compare(ours: &[Node<'_>], theirs: &[Node<'_>], keys: &[&str]) -> Option<Vec<Option<usize>>> {
    let full = |item: &Node<'_>| keys.iter().all(|key| !value(*item, key).is_empty());
    let same = |a: &Node<'_>, b: &Node<'_>| keys.iter().all(|key| value(*a, key) == value(*b, key));
    let distinct = |side: &[Node<'_>]| (1..side.len()).all(|at| !side[..at].iter().any(|other| same(other, &side[at])));
    if !ours.iter().chain(theirs).all(full) || !distinct(ours) || !distinct(theirs) {
        return None;
    }
    Some(theirs.iter().map(|item| ours.iter().position(|other| same(other, item))).collect())
}

/// As [`compare`], for lists of any length.
fn look_up(ours: &[Node<'_>], theirs: &[Node<'_>], keys: &[&str]) -> Option<Vec<Option<usize>>> {
    let mut index = HashMap::with_capacity(ours.len());
    for (at, item) in ours.iter().enumerate() {
        if index.insert(full_tuple(*item, keys)?, at).is_some() {
            return None;
        }
    }
    let mut seen = HashSet::with_capacity(theirs.len());
    let mut pairs = Vec::with_capacity(theirs.len());
    for item in theirs {
        let tuple = full_tuple(*item, keys)?;
        pairs.push(index.get(&tuple).copied());
        if !seen.insert(tuple) {
            return None;
        }
    }
    Some(pairs)
}

/// The values under all keys, where there are all.
fn full_tuple(item: Node<'_>, keys: &[&str]) -> Option<String> {
    let mut tuple = String::new();
    for key in keys {
        let text = value(item, key);
        if text.is_empty() {
            return None;
        }
        tuple.push_str(text);
        tuple.push('\0');
    }
    Some(tuple)
}

/// How an error names an item.
fn step(item: Node<'_>) -> String {
    let name = item.entries().find(|(key, _)| matches!(key.text(), "name" | "containerPort" | "port" | "mountPath"));
    name.map_or_else(String::new, |(key, value)| format!("[{}={}]", key.text(), value.text()))
}

fn list_directive(list: Node<'_>) -> Result<Option<Directive>, ApplyError> {
    let holder = list.items().find(|item| item.get("$patch").is_some_and(|value| !is_null(value)));
    let Some(holder) = holder.filter(|holder| holder.len() == 1) else { return Ok(None) };
    holder.get("$patch").map(named_directive).transpose()
}

/// Whether an item stays when the list's directive goes.
fn stays(item: Node<'_>, directive: Directive) -> bool {
    let says = |value: Node<'_>| named_directive(value).is_ok_and(|found| found == directive);
    !is_empty(item) && !item.get("$patch").is_some_and(says)
}

type Values = Vec<String>;

/// The way of kyaml, step by step.
struct Disorderly<'a, 'p, 's> {
    keys: &'a [&'a str],
    schema: Option<TypeRef<'s>>,
    dest: Vec<NodeId>,
    source: &'a Items<'p>,
}

impl<'p> Disorderly<'_, 'p, '_> {
    fn merge(mut self, merge: &mut Merge<'_, '_>) -> Result<Vec<NodeId>, ApplyError> {
        if self.dest.len() + self.source.nodes().len() > DISORDERLY {
            let message = format!("a list of more than {DISORDERLY} items has some that lack their merge key");
            return Err(ApplyError::new(None, message));
        }
        let mut values = self.values(merge);
        if values.is_empty() {
            return Ok(self.dest);
        }
        if self.keys.len() > 1 {
            fill(&mut values);
        }
        let mut added: Vec<NodeId> = Vec::new();
        for tuple in &values {
            let (keys, tuple) = valid(&values, tuple, self.keys);
            let (dest, source) = self.find(merge, &keys, &tuple);
            match merge.item(dest, source, self.schema)? {
                None => set(merge, &mut self.dest, None, &keys, &tuple)?,
                Some(id) => {
                    complete(merge, id, &keys, &tuple);
                    set(merge, &mut added, Some(id), &keys, &tuple)?;
                }
            }
        }
        let (keys, _) = valid(&values, &values[0], self.keys);
        let (mut into, from) = match merge.options.list_items {
            ListItems::Prepend => (added, self.dest),
            ListItems::Append => (self.dest, added),
        };
        for id in from {
            append(merge, &mut into, id, &keys)?;
        }
        Ok(into)
    }

    /// The values under the keys of all items, each combination once.
    fn values(&self, merge: &Merge<'_, '_>) -> Vec<Values> {
        let tuple = |item: Node<'_>| -> Values { self.keys.iter().map(|key| value(item, key).to_owned()).collect() };
        let ours = self.dest.iter().map(|&id| tuple(merge.draft.node(id)));
        let theirs = self.source.nodes().iter().map(|&item| tuple(item));
        let tuples: Vec<Values> = match merge.options.list_items {
            ListItems::Prepend => theirs.chain(ours).collect(),
            ListItems::Append => ours.chain(theirs).collect(),
        };
        let mut seen = HashSet::new();
        tuples.into_iter().filter(|tuple| seen.insert(tuple.clone())).collect()
    }

    /// The first item of either side that has these values.
    fn find(&self, merge: &Merge<'_, '_>, keys: &[&str], tuple: &[String]) -> (Option<NodeId>, Source<'p>) {
        let (keys, tuple) = valid(&[tuple.to_vec()], tuple, keys);
        let fits = |item: Node<'_>, key: &str, text: &str| {
            item.entries().any(|(name, value)| name.text() == key && value.text() == text)
        };
        let has = |item: Node<'_>| keys.iter().zip(&tuple).all(|(key, text)| fits(item, key, text));
        let ours = self.dest.iter().copied().find(|&id| has(merge.draft.node(id)));
        let theirs = match self.source {
            Items::Patch(items) => {
                items.iter().find(|item| has(**item)).map_or(Source::None, |&item| Source::Patch(item))
            }
            Items::Same if ours.is_some() => Source::Same,
            Items::None | Items::Same => Source::None,
        };
        (ours, theirs)
    }
}

/// Fills gaps: two combinations are one where they share a value and differ only in what one of them lacks.
fn fill(values: &mut [Values]) {
    if values.iter().all(|tuple| tuple.iter().all(|text| !text.is_empty())) {
        return;
    }
    for i in 0..values.len() {
        let mine = values[i].clone();
        for j in 0..values.len() {
            if let Some(both) = unite(&mine, &values[j]) {
                values[i].clone_from(&both);
                values[j] = both;
            }
        }
    }
}

fn unite(a: &[String], b: &[String]) -> Option<Values> {
    let fits = a.iter().zip(b).all(|(a, b)| a == b || a.is_empty() || b.is_empty());
    let shares = a.iter().zip(b).any(|(a, b)| a == b);
    let pick = |(a, b): (&String, &String)| if a.is_empty() { b.clone() } else { a.clone() };
    (fits && shares).then(|| a.iter().zip(b).map(pick).collect())
}

/// The keys that any combination has a value for, and this combination's values for them; all where none has.
fn valid<'k>(values: &[Values], tuple: &[String], keys: &[&'k str]) -> (Vec<&'k str>, Values) {
    let used = |at: &usize| values.iter().any(|tuple| tuple.get(*at).is_some_and(|text| !text.is_empty()));
    let kept: Vec<usize> = (0..keys.len()).filter(used).collect();
    if kept.is_empty() {
        return (keys.to_vec(), tuple.to_vec());
    }
    (kept.iter().map(|&at| keys[at]).collect(), kept.iter().map(|&at| tuple[at].clone()).collect())
}

/// Sees to it that an item has its keys.
fn complete(merge: &mut Merge<'_, '_>, id: NodeId, keys: &[&str], tuple: &[String]) {
    for (key, text) in keys.iter().zip(tuple) {
        if !text.is_empty() && merge.draft.node(id).get(key).is_none() {
            let mut children = merge.draft.children(id);
            let value = merge.draft.doc.add_scalar(text, Tag::Str, Style::Plain);
            children.extend([merge.draft.doc.add_str(key), value]);
            merge.draft.set_children(id, &children);
        }
    }
}

/// Puts an item in the place of those that match, at the end where none does; without an item, removes them.
fn set(
    merge: &Merge<'_, '_>,
    list: &mut Vec<NodeId>,
    item: Option<NodeId>,
    keys: &[&str],
    tuple: &[String],
) -> Result<(), ApplyError> {
    let for_mappings = tuple.first().is_some_and(|text| !text.is_empty());
    let mut after = Vec::with_capacity(list.len() + 1);
    let mut matched = false;
    for &id in list.iter() {
        let node = merge.draft.node(id);
        if is_empty(node) {
            continue;
        }
        if !node.is_mapping() {
            if for_mappings {
                after.push(id);
                continue;
            }
            return Err(ApplyError::new(Some(node), "a list with merge keys holds a value that is no mapping"));
        }
        if matches(node, keys, tuple) {
            matched = true;
            after.extend(item);
        } else if !tuple.is_empty() {
            after.push(id);
        }
    }
    if !matched {
        after.extend(item);
    }
    *list = after;
    Ok(())
}

/// An empty value matches any; keys without a value are not asked.
fn matches(node: Node<'_>, keys: &[&str], tuple: &[String]) -> bool {
    let has = |key: &str, text: &str| {
        node.entries().any(|(name, value)| name.text() == key && (text.is_empty() || value.text() == text))
    };
    !tuple.is_empty() && keys.iter().zip(tuple).all(|(key, text)| has(key, text))
}

fn append(merge: &Merge<'_, '_>, into: &mut Vec<NodeId>, id: NodeId, keys: &[&str]) -> Result<(), ApplyError> {
    let node = merge.draft.node(id);
    let mut tuple = Vec::with_capacity(keys.len());
    for key in keys {
        match node.get(key) {
            Some(value) => tuple.push(value.text().to_owned()),
            None => into.push(id),
        }
    }
    if keys.len() > 1 {
        set(merge, into, None, keys, &tuple)?;
    }
    set(merge, into, Some(id), keys, &tuple)
}
