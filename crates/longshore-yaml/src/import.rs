//! Copies of nodes from one document into another. The copy keeps its own stack: no depth is too much for it.

use std::sync::Arc;

use smallvec::{SmallVec, smallvec};

use crate::document::{Document, HAS_EXTRA, HAS_ORIGIN, IN_POOL, NodeId, ROOMY};
use crate::node::{Kind, Node};
use crate::source::SourceFile;

impl Document {
    /// Copies a node of another document with its descendants: values, styles, comments and origins.
    ///
    /// Texts that lie in a source file are shared, not copied. An alias arrives as a copy of its target.
    pub fn import(&mut self, node: Node<'_>) -> NodeId {
        let from = node.document();
        let mut files: SmallVec<[Option<u32>; 8]> = smallvec![None; from.files.len()];
        let root = Source::of(from, node.id(), false);
        let id = self.import_slot(from, root, &mut files);
        let mut open: SmallVec<[(Source, NodeId); 8]> = smallvec![(root, id)];
        while let Some((source, id)) = open.pop() {
            let children = from.children_of(source.id);
            if children.is_empty() {
                continue;
            }
            let start = self.children.len();
            self.children.resize(start + children.len(), NodeId(0));
            self.slot_mut(id).a = start as u32;
            for (index, &child) in children.iter().enumerate() {
                let child = Source::of(from, child, source.aliased);
                let copy = self.import_slot(from, child, &mut files);
                self.children[start + index] = copy;
                if !from.children_of(child.id).is_empty() {
                    open.push((child, copy));
                }
            }
        }
        id
    }

    /// Copies what is in a node itself.
    fn import_slot(&mut self, from: &Document, source: Source, files: &mut [Option<u32>]) -> NodeId {
        let mut slot = *from.slot(source.id);
        let mut home = 0;
        if slot.has(HAS_ORIGIN) || (slot.kind() == Kind::Scalar && !slot.has(IN_POOL)) {
            let index = from.file_of(source.id);
            home = *files[index].get_or_insert_with(|| self.file_index(&from.files[index]));
        }
        if slot.kind() == Kind::Scalar && slot.has(IN_POOL) {
            (slot.a, slot.b) = self.pool_text(from.text_of(source.id));
        }
        if matches!(slot.kind(), Kind::Mapping | Kind::Sequence) {
            // Where its children lie is not known yet, and an empty one has none anywhere.
            slot.a = 0;
        }
        slot.unset(ROOMY);
        let id = self.push_slot(slot);
        self.set_file(id, home);
        if slot.has(HAS_EXTRA)
            && let Some(extra) = from.extra(source.id)
        {
            let mut extra = extra.clone();
            // The name stays with the node that had it.
            extra.anchor = extra.anchor.filter(|_| !source.aliased);
            self.extras.insert(id, extra);
        }
        id
    }

    /// Index of `file` in the table of this document, added when it is new.
    pub(crate) fn file_index(&mut self, file: &Arc<SourceFile>) -> u32 {
        let known = self.files.iter().position(|have| Arc::ptr_eq(have, file));
        let index = known.unwrap_or_else(|| {
            self.files.push(Arc::clone(file));
            self.files.len() - 1
        });
        index as u32
    }
}

/// A node that is copied, and whether it was reached through an alias.
#[derive(Clone, Copy)]
struct Source {
    id: NodeId,
    aliased: bool,
}

impl Source {
    fn of(from: &Document, id: NodeId, aliased: bool) -> Source {
        let slot = from.slot(id);
        match slot.kind() {
            Kind::Alias => Source { id: NodeId(slot.a), aliased: true },
            _ => Source { id, aliased },
        }
    }
}
