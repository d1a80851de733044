//! Applying a strategic merge patch, to a document or to another patch.

use std::collections::{HashMap, HashSet};

use longshore_manifest::schema::TypeRef;
use longshore_yaml::{Document, Kind, Node, NodeId};

use super::order::{Places, arrange, follows};
use super::{
    DELETE_LIST, DEPTH, DIRECTIVE, Items, RETAIN_KEYS, SET_ORDER, field, items_of, key_of, list, says, token, too_deep,
};
use crate::error::{ApplyError, check_keys};
use crate::json::same_value;
use crate::undo::Draft;

/// What a patch is applied to.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Target {
    /// A document: directives are followed and gone afterwards.
    Document,
    /// Another patch: directives are carried over.
    Patch,
}

pub(super) struct Merge<'d> {
    pub(super) draft: Draft<'d>,
    target: Target,
    depth: usize,
}

/// A mapping under change: its entries in order, those that went being `None`.
struct Map {
    entries: Vec<Option<(NodeId, NodeId)>>,
    /// Where the entries are, in a mapping of many.
    index: Option<HashMap<String, usize>>,
}

/// Up to so many entries are looked through.
const FEW: usize = 16;

impl Map {
    fn of(draft: &Draft<'_>, id: NodeId) -> Self {
        let node = draft.node(id).resolved();
        let entries: Vec<_> = node.entries().map(|(key, value)| Some((key.id(), value.id()))).collect();
        let names = || node.entries().enumerate().map(|(at, (key, _))| (key.text().to_owned(), at)).collect();
        Map { index: (entries.len() > FEW).then(names), entries }
    }

    fn place(&self, doc: &Document, name: &str) -> Option<usize> {
        match &self.index {
            Some(index) => index.get(name).copied(),
            None => self.entries.iter().position(|entry| entry.is_some_and(|(key, _)| doc.node(key).text() == name)),
        }
    }

    fn get(&self, doc: &Document, name: &str) -> Option<NodeId> {
        self.entries[self.place(doc, name)?].map(|(_, value)| value)
    }

    fn remove(&mut self, doc: &Document, name: &str) {
        if let Some(at) = self.place(doc, name) {
            self.entries[at] = None;
            self.index.as_mut().map(|index| index.remove(name));
        }
    }

    fn set(&mut self, doc: &mut Document, name: &str, key: Node<'_>, value: NodeId) {
        if let Some(at) = self.place(doc, name) {
            self.entries[at] = self.entries[at].map(|(key, _)| (key, value));
            return;
        }
        // The key of a directive's list is not that of the list.
        let key = if key.text() == name { doc.import(key) } else { doc.add_str(name) };
        let at = self.entries.len();
        self.entries.push(Some((key, value)));
        match &mut self.index {
            Some(index) => drop(index.insert(name.to_owned(), at)),
            None if at >= FEW => {
                let present = self.entries.iter().enumerate().filter_map(|(at, entry)| entry.map(|(key, _)| (key, at)));
                self.index = Some(present.map(|(key, at)| (doc.node(key).text().to_owned(), at)).collect());
            }
            None => {}
        }
    }

    fn children(&self) -> Vec<NodeId> {
        self.entries.iter().flatten().flat_map(|(key, value)| [*key, *value]).collect()
    }
}

impl<'d> Merge<'d> {
    pub(super) fn new(draft: Draft<'d>, target: Target) -> Self {
        Merge { draft, target, depth: 0 }
    }

    pub(super) fn root(
        &mut self,
        dest: NodeId,
        patch: Node<'_>,
        schema: Option<TypeRef<'_>>,
    ) -> Result<NodeId, ApplyError> {
        if !patch.is_mapping() {
            return Err(ApplyError::new(Some(patch), "a strategic merge patch is a mapping"));
        }
        self.map(dest, patch, schema)
    }

    fn map(&mut self, dest: NodeId, patch: Node<'_>, schema: Option<TypeRef<'_>>) -> Result<NodeId, ApplyError> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(too_deep(patch));
        }
        let merged = match patch.get(DIRECTIVE) {
            Some(directive) => self.directive(directive, patch),
            None => self.fields(dest, patch, schema),
        };
        self.depth -= 1;
        merged
    }

    fn directive(&mut self, directive: Node<'_>, patch: Node<'_>) -> Result<NodeId, ApplyError> {
        match directive.text() {
            "replace" => {
                let id = self.draft.doc.import(patch);
                self.draft.doc.map_remove(id, DIRECTIVE);
                Ok(id)
            }
            "delete" => Ok(self.draft.doc.add_mapping()),
            other => {
                let message = format!("unknown $patch directive '{other}': it is replace or delete");
                Err(ApplyError::new(Some(directive), message).below(DIRECTIVE))
            }
        }
    }

    fn fields(&mut self, dest: NodeId, patch: Node<'_>, schema: Option<TypeRef<'_>>) -> Result<NodeId, ApplyError> {
        if !self.draft.node(dest).is_mapping() {
            return Err(ApplyError::new(Some(patch), "the patch has a mapping where the document has none"));
        }
        check_keys(patch)?;
        let mut map = Map::of(&self.draft, dest);
        self.retain_keys(&mut map, patch)?;
        let mut done = self.ordered_lists(&mut map, patch, schema)?;
        done.insert(RETAIN_KEYS);
        for (key, value) in patch.entries() {
            let name = key.text();
            if done.contains(name) || name.starts_with(SET_ORDER) {
                continue;
            }
            self.field(&mut map, key, value, schema).map_err(|error| error.below(name))?;
        }
        self.draft.set_children(dest, &map.children());
        Ok(dest)
    }

    fn field(
        &mut self,
        map: &mut Map,
        key: Node<'_>,
        value: Node<'_>,
        schema: Option<TypeRef<'_>>,
    ) -> Result<(), ApplyError> {
        let (name, deletes) = match key.text().strip_prefix(DELETE_LIST) {
            Some(_) if self.target == Target::Patch => {
                let value = self.draft.doc.import(value);
                map.set(self.draft.doc, key.text(), key, value);
                return Ok(());
            }
            Some(name) => (name, true),
            None => (key.text(), false),
        };
        if value.is_null() {
            map.remove(self.draft.doc, name);
            if self.target == Target::Document {
                return Ok(());
            }
        }
        let before = map.get(self.draft.doc, name);
        let same_type = before.is_some_and(|id| {
            let (ours, theirs) = (self.draft.node(id).resolved(), value.resolved());
            ours.kind() == theirs.kind() && (ours.kind() != Kind::Scalar || ours.tag() == theirs.tag())
        });
        let (field_type, merge_key) = field(schema, name);
        let strategy = field_type.map(TypeRef::patch_strategy).unwrap_or_default();
        let after = match before {
            Some(before) if same_type && value.is_mapping() && !strategy.replace => {
                self.map(before, value, field_type)?
            }
            Some(before) if same_type && value.is_sequence() && (strategy.merge || deletes) => {
                let ours = self.draft.children(before).into_vec();
                let theirs: Vec<Node<'_>> = value.items().collect();
                let items = self.list(ours, &theirs, field_type.and_then(TypeRef::items), merge_key, deletes)?;
                self.draft.set_children(before, &items);
                before
            }
            _ if deletes => return Ok(()),
            Some(_) if same_type => self.draft.doc.import(value),
            _ => self.adopt(value),
        };
        map.set(self.draft.doc, name, key, after);
        Ok(())
    }

    // Directives of a mapping

    fn retain_keys(&mut self, map: &mut Map, patch: Node<'_>) -> Result<(), ApplyError> {
        let Some((key, keys)) = patch.entry(RETAIN_KEYS) else { return Ok(()) };
        if self.target == Target::Patch {
            match map.get(self.draft.doc, RETAIN_KEYS) {
                Some(ours) if !same_value(self.draft.node(ours), keys) => {
                    return Err(ApplyError::new(Some(keys), "two patches have different $retainKeys"));
                }
                Some(_) => {}
                None => {
                    let keys = self.draft.doc.import(keys);
                    map.set(self.draft.doc, RETAIN_KEYS, key, keys);
                }
            }
            return Ok(());
        }
        if !keys.is_sequence() {
            return Err(ApplyError::new(Some(keys), "$retainKeys is a list of keys"));
        }
        let retained: HashSet<&str> = keys.items().map(Node::text).collect();
        let stray = patch.entries().find(|(key, value)| {
            let name = key.text();
            let directive = name == RETAIN_KEYS || name.starts_with(DELETE_LIST) || name.starts_with(SET_ORDER);
            !directive && !value.is_null() && !retained.contains(name)
        });
        if let Some((key, _)) = stray {
            let message = format!("the patch sets '{}', which its $retainKeys does not list", key.text());
            return Err(ApplyError::new(Some(key), message));
        }
        let doc = &*self.draft.doc;
        let names = map.entries.iter().flatten().map(|(key, _)| doc.node(*key).text());
        let gone: Vec<&str> = names.filter(|name| !retained.contains(name)).collect();
        gone.into_iter().for_each(|name| map.remove(doc, name));
        Ok(())
    }

    /// Merges the lists that have a `$setElementOrder`, and gives their names.
    fn ordered_lists<'p>(
        &mut self,
        map: &mut Map,
        patch: Node<'p>,
        schema: Option<TypeRef<'_>>,
    ) -> Result<HashSet<&'p str>, ApplyError> {
        let mut done = HashSet::new();
        for (key, order) in patch.entries() {
            let Some(name) = key.text().strip_prefix(SET_ORDER) else { continue };
            if self.target == Target::Patch {
                match map.get(self.draft.doc, key.text()) {
                    Some(ours) if !same_value(self.draft.node(ours), order) => {
                        let message = format!("two patches have different {}", key.text());
                        return Err(ApplyError::new(Some(order), message));
                    }
                    Some(_) => {}
                    None => {
                        let order = self.draft.doc.import(order);
                        map.set(self.draft.doc, key.text(), key, order);
                    }
                }
            }
            let theirs = patch.entry(name);
            self.ordered_list(map, name, order, theirs, schema).map_err(|error| error.below(key.text()))?;
            if theirs.is_some() {
                done.insert(name);
            }
        }
        Ok(done)
    }

    fn ordered_list(
        &mut self,
        map: &mut Map,
        name: &str,
        order: Node<'_>,
        patch: Option<(Node<'_>, Node<'_>)>,
        schema: Option<TypeRef<'_>>,
    ) -> Result<(), ApplyError> {
        let (field_type, merge_key) = field(schema, name);
        let ours = map.get(self.draft.doc, name).filter(|&id| !self.draft.node(id).is_null());
        let no_list = [Some(order), patch.map(|(_, list)| list), ours.map(|id| self.draft.node(id))];
        if let Some(culprit) = no_list.into_iter().flatten().find(|node| !node.is_sequence()) {
            return Err(ApplyError::new(Some(culprit), "a list was expected"));
        }
        let theirs: Vec<Node<'_>> = patch.iter().flat_map(|(_, list)| list.items()).collect();
        let name_of = |node: Node<'_>| match merge_key {
            "" => Ok(token(node)),
            key => key_of(node, key).map(token),
        };
        let wanted: Vec<String> = order.items().map(name_of).collect::<Result<_, _>>()?;
        let plain = |node: Node<'_>| name_of(node).unwrap_or_default();
        let normal = theirs.iter().copied().filter(|item| item.get(DIRECTIVE).is_none());
        if !wanted.is_empty() && !follows(normal, &wanted, plain) {
            let message = format!("the order of the patch's list doesn't match ${{setElementOrder}}/{name}");
            return Err(ApplyError::new(Some(order), message.replace("${setElementOrder}", "$setElementOrder")));
        }
        let before = ours.map(|id| self.draft.children(id).into_vec()).unwrap_or_default();
        if ours.is_none() && patch.is_none() {
            return Ok(());
        }
        let server = self.server_order(&before, &theirs, merge_key)?;
        let strategy = field_type.map(TypeRef::patch_strategy).unwrap_or_default();
        let merged = match (ours, patch) {
            (Some(_), Some(_)) if strategy.merge => {
                self.list(before, &theirs, field_type.and_then(TypeRef::items), merge_key, false)?
            }
            (_, Some((_, list))) => {
                let id = self.adopt(list);
                self.draft.children(id).into_vec()
            }
            (_, None) => before,
        };
        let wanted = Places::of(wanted.into_iter());
        for &id in &merged {
            name_of(self.draft.node(id))?;
        }
        let draft = &self.draft;
        let items = arrange(merged, &wanted, &server, |id| plain(draft.node(id)), |id| says(draft.node(id), "delete"));
        let id = match ours {
            Some(ours) => {
                self.draft.set_children(ours, &items);
                ours
            }
            None => {
                let id = list(self.draft.doc, &items);
                if let Some((_, list)) = patch {
                    self.draft.doc.set_origin_of(id, list);
                }
                id
            }
        };
        let key = patch.map_or(order, |(key, _)| key);
        map.set(self.draft.doc, name, key, id);
        Ok(())
    }

    /// The order that items of the document alone are placed by: those that stay, then as many of the patch's new items
    /// as were deleted. The original comes to the latter by writing into the list it reads from; kubectl's results
    /// depend on it.
    fn server_order(&self, before: &[NodeId], theirs: &[Node<'_>], merge_key: &str) -> Result<Places, ApplyError> {
        let deleted: Vec<&Node<'_>> = theirs.iter().filter(|item| says(**item, "delete")).collect();
        if deleted.is_empty() || merge_key.is_empty() {
            return self.places(before, merge_key);
        }
        let name = |item: Node<'_>| key_of(item, merge_key).map(token);
        let deleted: HashSet<String> = deleted.into_iter().map(|&item| name(item)).collect::<Result<_, _>>()?;
        let mut order: Vec<String> = before.iter().map(|&id| name(self.draft.node(id))).collect::<Result<_, _>>()?;
        let all: HashSet<String> = order.iter().cloned().collect();
        order.retain(|name| !deleted.contains(name));
        let freed = before.len() - order.len();
        let stays = |item: &&Node<'_>| item.get(DIRECTIVE).is_none();
        let names: Vec<String> = theirs.iter().filter(stays).map(|&item| name(item)).collect::<Result<_, _>>()?;
        order.extend(names.into_iter().filter(|name| !all.contains(name) || deleted.contains(name)).take(freed));
        Ok(Places::of(order.into_iter()))
    }

    // Lists

    fn places(&self, ids: &[NodeId], merge_key: &str) -> Result<Places, ApplyError> {
        let name = |&id: &NodeId| {
            let node = self.draft.node(id);
            if merge_key.is_empty() { Ok(token(node)) } else { key_of(node, merge_key).map(token) }
        };
        let names: Vec<String> = ids.iter().map(name).collect::<Result<_, _>>()?;
        Ok(Places::of(names.into_iter()))
    }

    fn list(
        &mut self,
        ours: Vec<NodeId>,
        theirs: &[Node<'_>],
        schema: Option<TypeRef<'_>>,
        merge_key: &str,
        deletes: bool,
    ) -> Result<Vec<NodeId>, ApplyError> {
        let all = ours.iter().map(|&id| self.draft.node(id)).chain(theirs.iter().copied());
        match items_of(all)? {
            None => Ok(ours),
            Some(Items::Scalars) if deletes => {
                let gone: HashSet<String> = theirs.iter().map(|&item| token(item)).collect();
                Ok(ours.into_iter().filter(|&id| !gone.contains(&token(self.draft.node(id)))).collect())
            }
            Some(Items::Scalars) => Ok(self.scalars(&ours, theirs)),
            Some(Items::Maps) => self.maps(ours, theirs, schema, merge_key),
        }
    }

    fn scalars(&mut self, ours: &[NodeId], theirs: &[Node<'_>]) -> Vec<NodeId> {
        let server = Places::of(ours.iter().map(|&id| token(self.draft.node(id))));
        let wanted = Places::of(theirs.iter().map(|&item| token(item)));
        let mut seen = HashSet::new();
        let mut merged: Vec<NodeId> =
            ours.iter().copied().filter(|&id| seen.insert(token(self.draft.node(id)))).collect();
        for &item in theirs {
            if seen.insert(token(item)) {
                merged.push(self.draft.doc.import(item));
            }
        }
        arrange(merged, &wanted, &server, |id| token(self.draft.node(id)), |_| false)
    }

    fn maps(
        &mut self,
        ours: Vec<NodeId>,
        theirs: &[Node<'_>],
        schema: Option<TypeRef<'_>>,
        merge_key: &str,
    ) -> Result<Vec<NodeId>, ApplyError> {
        let special = Special::of(theirs, merge_key)?;
        if special.replaces {
            return Ok(special.rest.into_iter().map(|item| self.adopt(item)).collect());
        }
        let mut merged = Vec::with_capacity(ours.len());
        let mut index: HashMap<String, usize> = HashMap::with_capacity(ours.len());
        for id in ours {
            let name = key_of(self.draft.node(id), merge_key).map(token)?;
            if !special.deleted.contains(&name) {
                index.entry(name).or_insert(merged.len());
                merged.push(id);
            }
        }
        let server = self.places(&merged, merge_key)?;
        let mut wanted = Vec::with_capacity(special.rest.len());
        for item in special.rest {
            let name = key_of(item, merge_key)?;
            let step = format!("[{merge_key}={}]", name.text());
            let name = token(name);
            match index.get(&name) {
                Some(&at) => {
                    merged[at] = self.map(merged[at], item, schema).map_err(|error| error.below(step))?;
                }
                None => {
                    index.insert(name.clone(), merged.len());
                    let id = self.adopt(item);
                    merged.push(id);
                }
            }
            wanted.push(name);
        }
        let draft = &self.draft;
        let name = |id| key_of(draft.node(id), merge_key).map(token).unwrap_or_default();
        Ok(arrange(merged, &Places::of(wanted.into_iter()), &server, name, |id| says(draft.node(id), "delete")))
    }

    // What the document does not have

    /// A copy of a part of the patch: into a document without nulls and directives, into a patch as it is but for
    /// items that only say they are deleted.
    fn adopt(&mut self, patch: Node<'_>) -> NodeId {
        let id = self.draft.doc.import(patch);
        clean(self.draft.doc, id, self.target);
        id
    }
}

fn clean(doc: &mut Document, id: NodeId, target: Target) {
    let node = doc.node(id);
    if node.is_mapping() {
        let deleted = target == Target::Document && says(node, "delete");
        let is_directive = |name: &str| {
            matches!(name, DIRECTIVE | RETAIN_KEYS) || name.starts_with(DELETE_LIST) || name.starts_with(SET_ORDER)
        };
        let goes = |key: Node<'_>, value: Node<'_>| {
            target == Target::Document && (deleted || value.is_null() || is_directive(key.text()))
        };
        let kept: Vec<(NodeId, NodeId)> = node
            .entries()
            .filter(|(key, value)| !goes(*key, *value))
            .map(|(key, value)| (key.id(), value.id()))
            .collect();
        let children: Vec<NodeId> = kept.iter().flat_map(|(key, value)| [*key, *value]).collect();
        if children.len() != 2 * node.len() {
            doc.set_children(id, &children);
        }
        kept.into_iter().for_each(|(_, value)| clean(doc, value, target));
    } else if node.is_sequence() {
        let marker = |item: Node<'_>| item.get(DIRECTIVE).is_some() && (item.len() == 1 || says(item, "delete"));
        let kept: Vec<NodeId> = node.items().filter(|item| !marker(*item)).map(Node::id).collect();
        if kept.len() != node.len() {
            doc.set_children(id, &kept);
        }
        kept.into_iter().for_each(|item| clean(doc, item, target));
    }
}

/// The items of a patch, those with a `$patch` set apart.
struct Special<'p> {
    rest: Vec<Node<'p>>,
    deleted: HashSet<String>,
    replaces: bool,
}

impl<'p> Special<'p> {
    fn of(items: &[Node<'p>], merge_key: &str) -> Result<Self, ApplyError> {
        let mut special = Special { rest: Vec::with_capacity(items.len()), deleted: HashSet::new(), replaces: false };
        for &item in items {
            let Some(directive) = item.get(DIRECTIVE) else {
                special.rest.push(item);
                continue;
            };
            match directive.text() {
                "delete" => {
                    special.deleted.insert(key_of(item, merge_key).map(token)?);
                }
                "replace" => special.replaces = true,
                other => {
                    let message = format!("unknown $patch directive '{other}' in a list: it is replace or delete");
                    return Err(ApplyError::new(Some(directive), message));
                }
            }
        }
        Ok(special)
    }
}
