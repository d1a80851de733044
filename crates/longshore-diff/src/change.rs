//! What a comparison found.

use longshore_yaml::Node;

use crate::path::FieldPath;
use crate::secret::Guard;

/// What happened at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// Only `after` has it.
    Added,
    /// Only `before` has it.
    Removed,
    /// Both have it, with different values.
    Changed,
    /// An item of a list that stands elsewhere among those that stayed. Its content may have changed too; then other
    /// changes below its path say so.
    Moved {
        /// Index before.
        from: usize,
        /// Index after.
        to: usize,
    },
}

/// One difference between two trees.
#[derive(Clone)]
pub struct Change<'a> {
    /// Where: list items by key or value where they have one, else by their index (of a removed item: before).
    pub path: FieldPath,
    /// What happened.
    pub kind: ChangeKind,
    /// The value before, with the place it was read from ([`Node::location`]).
    pub before: Option<Node<'a>>,
    /// The value after, with the place it was read from.
    pub after: Option<Node<'a>>,
    /// How many leading elements of the path lead to the list or mapping that is owned as a whole: the schema calls it
    /// atomic, and this change is a detail of it for people.
    pub atomic: Option<usize>,
    pub(crate) before_at: String,
    pub(crate) after_at: String,
    pub(crate) guard: Guard,
}

impl<'a> Change<'a> {
    /// The JSON Pointer of the value in the tree before; of an added value, of the place it would have had.
    pub fn before_pointer(&self) -> &str {
        &self.before_at
    }

    /// The JSON Pointer of the value in the tree after; of a removed value, of the place it would have had.
    pub fn after_pointer(&self) -> &str {
        &self.after_at
    }

    /// Whether the value is secret and must not be shown. A value that holds a secret deeper down is not secret as a
    /// whole; renderings hide the parts.
    pub fn is_secret(&self) -> bool {
        self.guard == Guard::Hidden
    }

    /// The path that a field manager would own: the change's own, or that of the atomic value around it.
    pub fn owned_path(&self) -> FieldPath {
        let length = self.atomic.unwrap_or(self.path.elements.len());
        self.path.elements[..length].iter().cloned().collect()
    }

    /// The value that counts for a reader: after, else before.
    pub fn node(&self) -> Option<Node<'a>> {
        self.after.or(self.before)
    }
}

impl std::fmt::Debug for Change<'_> {
    // Values may be secret; nodes print as kind and place.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Change")
            .field("path", &self.path.to_string())
            .field("kind", &self.kind)
            .field("before", &self.before)
            .field("after", &self.after)
            .finish()
    }
}

/// All differences between two trees, in the order of the trees.
#[derive(Clone, Debug)]
pub struct Changes<'a> {
    pub(crate) before: Node<'a>,
    pub(crate) after: Node<'a>,
    pub(crate) list: Vec<Change<'a>>,
    pub(crate) truncated: bool,
}

impl<'a> Changes<'a> {
    /// Whether the trees are the same under the options of the comparison.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Number of changes.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// The changes in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Change<'a>> {
        self.list.iter()
    }

    /// The tree before.
    pub fn before(&self) -> Node<'a> {
        self.before
    }

    /// The tree after.
    pub fn after(&self) -> Node<'a> {
        self.after
    }

    /// Whether a limit ended the comparison early: some subtree is reported as changed without a look into it.
    pub fn truncated(&self) -> bool {
        self.truncated
    }
}

impl<'a, 'c> IntoIterator for &'c Changes<'a> {
    type Item = &'c Change<'a>;
    type IntoIter = std::slice::Iter<'c, Change<'a>>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}
