//! The paths of several field specs as one tree: what they have in common is walked once.

use longshore_yaml::{Kind, Node, NodeId, Tag};
use smallvec::SmallVec;

use crate::filter::edit::FilterError;
use crate::filter::fieldspec::{Step, wrong_kind};

/// A tree of paths, each with the number of its spec. No path leads on from the end of another, and every step is the
/// name of a field.
#[derive(Clone, Debug, Default)]
pub(crate) struct PathTree {
    root: Branch,
}

/// What a path leads to.
#[derive(Debug)]
pub(crate) enum Found {
    /// A field.
    Field(NodeId),
    /// Null where the path says that there is a list: it becomes an empty one.
    NullList(NodeId),
    /// Something that is in the way.
    Obstacle(Box<FilterError>),
    /// The path is none of the tree.
    Unknown,
}

/// Fields and obstacles, each with the number of its path.
pub(crate) type Finds = SmallVec<[(usize, Found); 4]>;

/// One step, and where paths go from there.
#[derive(Clone, Debug, Default)]
struct Branch {
    step: Step,
    /// The lowest number of a path that leads here.
    first: usize,
    /// The paths that end here.
    ends: Vec<usize>,
    next: Vec<Branch>,
}

impl PathTree {
    /// A tree of these paths; `None` where one leads on from the end of another, so that what is set at the one may be
    /// found by the other, or where one has a step that is no name, which is an error only where a mapping is.
    pub(crate) fn new<'s>(paths: impl IntoIterator<Item = (usize, &'s [Step])>) -> Option<Self> {
        let mut tree = PathTree::default();
        paths.into_iter().for_each(|(number, steps)| tree.root.add(number, steps));
        tree.root.is_clear().then_some(tree)
    }

    /// The numbers of other paths with the same end as a path.
    pub(crate) fn shares_end(&self, number: usize) -> bool {
        self.root.shares_end(number)
    }

    /// All that the paths lead to in an object, in the order of their numbers; for one path in the order of the object.
    /// What is found for a path behind its obstacle does not count, and several paths may share one obstacle. The
    /// `others`, which the tree does not know, stand between them.
    pub(crate) fn find(&self, root: Node<'_>, others: &[usize]) -> Finds {
        let mut found: Finds = others.iter().map(|&number| (number, Found::Unknown)).collect();
        self.root.visit(root.resolved(), &mut found);
        found.sort_by_key(|(number, _)| *number);
        found
    }
}

impl Branch {
    fn add(&mut self, number: usize, steps: &[Step]) {
        let Some((step, rest)) = steps.split_first() else { return self.ends.push(number) };
        let known = self.next.iter().position(|branch| branch.step == *step);
        let at = known.unwrap_or_else(|| {
            self.next.push(Branch { step: step.clone(), first: number, ..Branch::default() });
            self.next.len() - 1
        });
        self.next[at].first = self.next[at].first.min(number);
        self.next[at].add(number, rest);
    }

    fn is_clear(&self) -> bool {
        let leads_on = !self.ends.is_empty() && !self.next.is_empty();
        // `list` and `list[]` are one field in two branches.
        let names = || self.next.iter().map(Branch::name);
        let split = names().enumerate().any(|(at, name)| names().skip(at + 1).any(|other| other == name));
        !leads_on && !split && self.next.iter().all(|next| next.step.is_field() && next.is_clear())
    }

    fn name(&self) -> &str {
        self.step.name()
    }

    fn shares_end(&self, number: usize) -> bool {
        (self.ends.len() > 1 && self.ends.contains(&number)) || self.next.iter().any(|next| next.shares_end(number))
    }

    fn visit(&self, node: Node<'_>, found: &mut Finds) {
        found.extend(self.ends.iter().map(|&number| (number, Found::Field(node.id()))));
        if !self.next.is_empty() {
            self.leave(node, found);
        }
    }

    /// Goes on from a node where no path ends.
    fn leave(&self, node: Node<'_>, found: &mut Finds) {
        match node.kind() {
            Kind::Mapping => self.next.iter().for_each(|next| next.enter(node, found)),
            Kind::Sequence => node.items().for_each(|item| self.leave(item.resolved(), found)),
            _ if node.tag() == Tag::Null => {}
            _ => {
                let first = self.next.iter().map(|next| next.first).min().unwrap_or_default();
                found.push((first, Found::Obstacle(Box::new(wrong_kind(node)))));
            }
        }
    }

    fn enter(&self, map: Node<'_>, found: &mut Finds) {
        let Some(field) = map.get(self.name()).map(Node::resolved) else { return };
        if self.step.is_list() && field.tag() == Tag::Null {
            found.push((self.first, Found::NullList(field.id())));
            return found.extend(self.ends.iter().map(|&number| (number, Found::Field(field.id()))));
        }
        self.visit(field, found);
    }
}
