//! Making a strategic merge patch of two documents.

use std::collections::{HashMap, HashSet, VecDeque};

use longshore_manifest::schema::TypeRef;
use longshore_yaml::{Document, Kind, Node, NodeId};

use super::order::Places;
use super::{
    DELETE_LIST, DEPTH, DIRECTIVE, Items, RETAIN_KEYS, SET_ORDER, field, items_of, key_of, list, says, token, too_deep,
};
use crate::error::{ApplyError, check_keys};
use crate::json::same_value;

/// What a patch is to say.
#[derive(Clone, Copy)]
pub(super) struct Differ {
    /// That something is gone.
    pub(super) deletions: bool,
    /// That something is new or has changed.
    pub(super) changes: bool,
    /// In what order the items of merged lists stand.
    pub(super) order: bool,
}

/// Keys and values of a patch.
type Entries = Vec<NodeId>;

impl Differ {
    pub(super) fn document(
        self,
        original: Node<'_>,
        modified: Node<'_>,
        schema: Option<TypeRef<'_>>,
    ) -> Result<Document, ApplyError> {
        let mut out = Document::new();
        let entries = self.maps(&mut out, original, modified, schema, false, 0)?;
        let root = out.add_mapping();
        out.set_children(root, &entries);
        out.set_root(root);
        Ok(out)
    }

    fn maps(
        self,
        out: &mut Document,
        original: Node<'_>,
        modified: Node<'_>,
        schema: Option<TypeRef<'_>>,
        retain_keys: bool,
        depth: usize,
    ) -> Result<Entries, ApplyError> {
        if depth > DEPTH {
            return Err(too_deep(modified));
        }
        check_keys(original)?;
        check_keys(modified)?;
        let before: HashMap<&str, Node<'_>> = original.entries().map(|(key, value)| (key.text(), value)).collect();
        let mut entries = Vec::new();
        for (key, value) in modified.entries() {
            let name = key.text();
            match before.get(name) {
                None if self.changes => entries.extend([out.import(key), out.import(value)]),
                None => {}
                Some(before) => {
                    let added = self.field(out, key, *before, value, schema, depth);
                    entries.extend(added.map_err(|error| error.below(name))?);
                }
            }
        }
        let after: HashSet<&str> = modified.entries().map(|(key, _)| key.text()).collect();
        let gone = original.entries().filter(|(key, _)| !after.contains(key.text()));
        if self.deletions {
            for (key, _) in gone.clone() {
                entries.extend([out.import(key), out.add_null()]);
            }
        }
        let retained = modified.entries().filter(|(_, value)| !value.is_null()).map(|(key, _)| key.text());
        let mut retained: Vec<&str> = if retain_keys { retained.collect() } else { Vec::new() };
        if !retained.is_empty() && (!entries.is_empty() || gone.clone().any(|(_, value)| !value.is_null())) {
            retained.sort_unstable();
            let ids: Vec<NodeId> = retained.into_iter().map(|name| out.add_str(name)).collect();
            entries.extend([out.add_str(RETAIN_KEYS), list(out, &ids)]);
        }
        Ok(entries)
    }

    fn field(
        self,
        out: &mut Document,
        key: Node<'_>,
        before: Node<'_>,
        after: Node<'_>,
        schema: Option<TypeRef<'_>>,
        depth: usize,
    ) -> Result<Entries, ApplyError> {
        let name = key.text();
        let (field_type, merge_key) = field(schema, name);
        let strategy = field_type.map(TypeRef::patch_strategy).unwrap_or_default();
        let whole = |out: &mut Document| vec![out.import(key), out.import(after)];
        let kinds = (before.resolved().kind(), after.resolved().kind());
        match kinds {
            _ if name == DIRECTIVE => Ok(if same_value(before, after) { Vec::new() } else { whole(out) }),
            (Kind::Mapping, Kind::Mapping) if !strategy.replace => {
                let entries = self.maps(out, before, after, field_type, strategy.retain_keys, depth + 1)?;
                if entries.is_empty() {
                    return Ok(entries);
                }
                let map = out.add_mapping();
                out.set_children(map, &entries);
                Ok(vec![out.import(key), map])
            }
            (Kind::Sequence, Kind::Sequence) if strategy.merge => {
                let items = field_type.and_then(TypeRef::items);
                let found = self.lists(out, before, after, items, (merge_key, strategy.retain_keys), depth)?;
                Ok(found.entries(out, key))
            }
            _ if !self.changes || same_value(before, after) => Ok(Vec::new()),
            _ => Ok(whole(out)),
        }
    }

    fn lists(
        self,
        out: &mut Document,
        original: Node<'_>,
        modified: Node<'_>,
        schema: Option<TypeRef<'_>>,
        (merge_key, retain_keys): (&str, bool),
        depth: usize,
    ) -> Result<Lists, ApplyError> {
        if original.is_empty() {
            let all = if self.changes { modified.items().map(|item| out.import(item)).collect() } else { Vec::new() };
            return Ok(Lists { patch: all, ..Lists::default() });
        }
        match items_of(original.items().chain(modified.items()))? {
            Some(Items::Maps) => self.lists_of_maps(out, original, modified, schema, (merge_key, retain_keys), depth),
            _ => Ok(self.lists_of_scalars(out, original, modified)),
        }
    }

    fn lists_of_maps(
        self,
        out: &mut Document,
        original: Node<'_>,
        modified: Node<'_>,
        schema: Option<TypeRef<'_>>,
        (merge_key, retain_keys): (&str, bool),
        depth: usize,
    ) -> Result<Lists, ApplyError> {
        let mut before: HashMap<&str, VecDeque<Node<'_>>> = HashMap::new();
        for item in original.items() {
            before.entry(key_of(item, merge_key)?.text()).or_default().push_back(item);
        }
        let (mut patch, mut last) = (Vec::new(), Vec::new());
        for item in modified.items() {
            let name = key_of(item, merge_key)?;
            let Some(other) = before.get_mut(name.text()).and_then(VecDeque::pop_front) else {
                if self.changes {
                    let side = if says(item, "delete") { &mut last } else { &mut patch };
                    side.push(out.import(item));
                }
                continue;
            };
            let entries = self.maps(out, other, item, schema, retain_keys, depth + 1);
            let mut entries = entries.map_err(|error| error.below(format!("[{merge_key}={}]", name.text())))?;
            if !entries.is_empty() {
                let key = item.entry(merge_key).map_or(name, |(key, _)| key);
                entries.splice(0..0, [out.import(key), out.import(name)]);
                let map = out.add_mapping();
                out.set_children(map, &entries);
                patch.push(map);
            }
        }
        patch.extend(last);
        if self.deletions {
            let mut gone: Vec<Node<'_>> = before.into_values().flatten().collect();
            gone.sort_by(|a, b| text(*a, merge_key).cmp(text(*b, merge_key)));
            patch.extend(gone.into_iter().map(|item| deletion(out, item, merge_key)));
        }
        let names = |list: Node<'_>| -> Vec<String> {
            list.items().filter_map(|item| item.get(merge_key)).map(token).collect()
        };
        let moved = self.changes && names(original) != names(modified);
        let mut lists = Lists { patch, ..Lists::default() };
        if self.order && (moved || !lists.patch.is_empty()) {
            lists.order = Some(modified.items().map(|item| only_key(out, item, merge_key)).collect());
        }
        Ok(lists)
    }

    fn lists_of_scalars(self, out: &mut Document, original: Node<'_>, modified: Node<'_>) -> Lists {
        let mut surplus: HashMap<String, usize> = HashMap::new();
        for item in original.items() {
            *surplus.entry(token(item)).or_default() += 1;
        }
        let mut added = Vec::new();
        for item in modified.items() {
            match surplus.get_mut(&token(item)).filter(|count| **count > 0) {
                Some(count) => *count -= 1,
                None => added.push(item),
            }
        }
        let places = Places::of(modified.items().map(token));
        added.sort_by_key(|item| places.get(&token(*item)));
        let mut seen = HashSet::new();
        let left = |item: &Node<'_>| surplus.get(&token(*item)).is_some_and(|count| *count > 0);
        let mut gone: Vec<Node<'_>> = original.items().filter(left).filter(|item| seen.insert(token(*item))).collect();
        gone.sort_by(|a, b| a.text().cmp(b.text()));
        if !self.deletions {
            gone.clear();
        }
        let changed = self.changes && !same_value(original, modified);
        let order = (self.order && (changed || !gone.is_empty()))
            .then(|| modified.items().map(|item| out.import(item)).collect());
        let added = if self.changes { added } else { Vec::new() };
        Lists {
            patch: added.into_iter().map(|item| out.import(item)).collect(),
            deleted: gone.into_iter().map(|item| out.import(item)).collect(),
            order,
        }
    }
}

/// What a patch says of one list.
#[derive(Default)]
struct Lists {
    patch: Vec<NodeId>,
    deleted: Vec<NodeId>,
    order: Option<Vec<NodeId>>,
}

impl Lists {
    fn entries(self, out: &mut Document, key: Node<'_>) -> Entries {
        let mut entries = Vec::new();
        if let Some(order) = self.order.filter(|order| !order.is_empty()) {
            entries.extend([out.add_str(&format!("{SET_ORDER}{}", key.text())), list(out, &order)]);
        }
        if !self.deleted.is_empty() {
            entries.extend([out.add_str(&format!("{DELETE_LIST}{}", key.text())), list(out, &self.deleted)]);
        }
        if !self.patch.is_empty() {
            entries.extend([out.import(key), list(out, &self.patch)]);
        }
        entries
    }
}

fn text<'a>(item: Node<'a>, key: &str) -> &'a str {
    item.get(key).map_or("", Node::text)
}

fn only_key(out: &mut Document, item: Node<'_>, merge_key: &str) -> NodeId {
    let map = out.add_mapping();
    if let Some((key, value)) = item.entry(merge_key) {
        let pair = [out.import(key), out.import(value)];
        out.set_children(map, &pair);
    }
    map
}

fn deletion(out: &mut Document, item: Node<'_>, merge_key: &str) -> NodeId {
    let map = only_key(out, item, merge_key);
    let delete = out.add_str("delete");
    out.map_set(map, DIRECTIVE, delete);
    map
}
