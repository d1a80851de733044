//! Changes to a document that can be taken back, so that a failed patch leaves it as it was.

use longshore_yaml::{Comments, Document, Node, NodeId, Style};

/// A document under change. Dropped without [`Draft::keep`], it puts everything back.
pub(crate) struct Draft<'d> {
    pub(crate) doc: &'d mut Document,
    root: NodeId,
    undo: Vec<Undo>,
}

enum Undo {
    Children(NodeId, Vec<NodeId>),
    Style(NodeId, Style),
    Comments(NodeId, Comments),
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

    /// Items, or keys and values in turn.
    pub(crate) fn children(&self, id: NodeId) -> Vec<NodeId> {
        let node = self.node(id).resolved();
        if node.is_mapping() {
            return node.entries().flat_map(|(key, value)| [key.id(), value.id()]).collect();
        }
        node.items().map(Node::id).collect()
    }

    pub(crate) fn set_children(&mut self, id: NodeId, children: &[NodeId]) {
        let id = self.node(id).resolved().id();
        self.undo.push(Undo::Children(id, self.children(id)));
        self.doc.set_children(id, children);
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
            }
        }
        self.doc.set_root(self.root);
    }
}
