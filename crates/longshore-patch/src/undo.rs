//! Changes to a document that can be taken back, so that a failed patch leaves it as it was.

use longshore_yaml::{Comments, Document, Node, NodeId, Style};
use smallvec::SmallVec;

/// Items of a list, or keys and values of a mapping in turn; most have few.
pub(crate) type Children = SmallVec<[NodeId; 16]>;

/// A document under change. Dropped without [`Draft::keep`], it puts everything back.
pub(crate) struct Draft<'d> {
    pub(crate) doc: &'d mut Document,
    root: NodeId,
    undo: Vec<Undo>,
}

enum Undo {
    Children(NodeId, Box<[NodeId]>),
    Style(NodeId, Style),
    Comments(NodeId, Comments),
    /// An item was inserted here.
    Inserted(NodeId, usize),
    /// This item was removed from here.
    Removed(NodeId, usize, NodeId),
    /// An entry was added at the end.
    Added(NodeId),
    /// The entry had this value.
    Value(NodeId, String, NodeId),
    /// The entry with this key and value was removed from here.
    Entry(NodeId, usize, NodeId, NodeId),
}

impl<'d> Draft<'d> {
    pub(crate) fn new(doc: &'d mut Document) -> Self {
        let root = doc.root_id();
        Draft { doc, root, undo: Vec::new() }
    }

    pub(crate) fn node(&self, id: NodeId) -> Node<'_> {
        self.doc.node(id)
    }

    /// Makes `root` the root and lets the changes stand.
    pub(crate) fn keep(mut self, root: NodeId) {
        self.undo.clear();
        self.root = root;
    }

    /// Key and value of an entry of a mapping.
    pub(crate) fn entry(&self, map: NodeId, at: usize) -> Option<(NodeId, NodeId)> {
        self.node(map).resolved().entries().nth(at).map(|(key, value)| (key.id(), value.id()))
    }

    /// Items, or keys and values in turn.
    pub(crate) fn children(&self, id: NodeId) -> Children {
        let node = self.node(id).resolved();
        if node.is_mapping() {
            return node.entries().flat_map(|(key, value)| [key.id(), value.id()]).collect();
        }
        node.items().map(Node::id).collect()
    }

    pub(crate) fn set_children(&mut self, id: NodeId, children: &[NodeId]) {
        let id = self.node(id).resolved().id();
        let before = self.children(id).as_slice().into();
        self.undo.push(Undo::Children(id, before));
        self.doc.set_children(id, children);
    }

    pub(crate) fn seq_insert(&mut self, seq: NodeId, at: usize, item: NodeId) {
        self.doc.seq_insert(seq, at, item);
        self.undo.push(Undo::Inserted(seq, at));
    }

    pub(crate) fn seq_remove(&mut self, seq: NodeId, at: usize) -> Option<NodeId> {
        let removed = self.doc.seq_remove(seq, at)?;
        self.undo.push(Undo::Removed(seq, at, removed));
        Some(removed)
    }

    pub(crate) fn map_set(&mut self, map: NodeId, key: &str, value: NodeId) {
        self.undo.push(match self.doc.map_set(map, key, value) {
            Some(before) => Undo::Value(map, key.to_owned(), before),
            None => Undo::Added(map),
        });
    }

    pub(crate) fn map_remove(&mut self, map: NodeId, key: &str) -> Option<NodeId> {
        let at = self.node(map).key_index(key)?;
        let (name, value) = self.node(map).entries().nth(at).map(|(key, value)| (key.id(), value.id()))?;
        self.doc.map_remove(map, key);
        self.undo.push(Undo::Entry(map, at, name, value));
        Some(value)
    }

    pub(crate) fn set_style(&mut self, id: NodeId, style: Style) {
        let before = self.node(id).style();
        if before != style {
            self.undo.push(Undo::Style(id, before));
            self.doc.set_style(id, style);
        }
    }

    pub(crate) fn set_comments(&mut self, id: NodeId, comments: Comments) {
        let before = self.node(id).comments().cloned().unwrap_or_default();
        self.undo.push(Undo::Comments(id, before));
        self.doc.set_comments(id, comments);
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        for undo in std::mem::take(&mut self.undo).into_iter().rev() {
            match undo {
                Undo::Children(id, children) => self.doc.set_children(id, &children),
                Undo::Style(id, style) => self.doc.set_style(id, style),
                Undo::Comments(id, comments) => self.doc.set_comments(id, comments),
                Undo::Inserted(seq, at) => drop(self.doc.seq_remove(seq, at)),
                Undo::Removed(seq, at, item) => self.doc.seq_insert(seq, at, item),
                Undo::Added(map) => {
                    let mut children = self.children(map);
                    children.truncate(children.len() - 2);
                    self.doc.set_children(map, &children);
                }
                Undo::Value(map, key, value) => drop(self.doc.map_set(map, &key, value)),
                Undo::Entry(map, at, key, value) => self.doc.map_insert(map, at, key, value),
            }
        }
        self.doc.set_root(self.root);
    }
}
