//! The paths of several field specs as one tree: what they have in common is walked once.

use longshore_yaml::{Kind, Node, NodeId, Tag};
use smallvec::SmallVec;

use crate::filter::edit::{Edit, FilterError};
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
    /// The lowest number of a path that leads here and makes what is missing.
    maker: Option<usize>,
    /// The paths that end here.
    ends: Vec<usize>,
    next: Vec<Branch>,
}

impl PathTree {
    /// A tree of these paths, each with its number and whether it makes what is missing; `None` where one leads on from
    /// the end of another, so that what is set at the one may be found by the other, or where one has a step that is no
    /// name, which is an error only where a mapping is. Numbers ascend.
    pub(crate) fn new<'s>(paths: impl IntoIterator<Item = (usize, &'s [Step], bool)>) -> Option<Self> {
        let mut tree = PathTree::default();
        paths.into_iter().for_each(|(number, steps, makes)| tree.root.add(number, steps, makes));
        tree.root.sort();
        tree.root.is_clear().then_some(tree)
    }

    /// The numbers of other paths with the same end as a path.
    pub(crate) fn shares_end(&self, number: usize) -> bool {
        self.root.shares_end(number)
    }

    /// All that the paths lead to in an object, in the order of their numbers; for one path in the order of the object.
    /// What is found for a path behind its obstacle does not count, and several paths may share one obstacle. The
    /// `others`, which the tree does not know, stand between them.
    ///
    /// What is missing is made at once, the field at the end as `make`, whatever obstacle there may be: no path finds
    /// what another made, and an object with an obstacle is given up.
    pub(crate) fn find(&self, edit: &mut Edit<'_>, make: Option<Kind>, others: &[usize]) -> Finds {
        let mut found: Finds = others.iter().map(|&number| (number, Found::Unknown)).collect();
        match make {
            None => self.root.visit(edit.doc.root().resolved(), &mut found),
            Some(make) => {
                let root = edit.doc.root().resolved().id();
                Maker { edit, make, found: &mut found }.visit(&self.root, root);
            }
        }
        found.sort_by_key(|(number, _)| *number);
        found
    }
}

impl Branch {
    fn add(&mut self, number: usize, steps: &[Step], makes: bool) {
        if makes {
            self.maker = self.maker.or(Some(number));
        }
        let Some((step, rest)) = steps.split_first() else { return self.ends.push(number) };
        let known = self.next.iter().position(|branch| branch.step == *step);
        let at = known.unwrap_or_else(|| {
            self.next.push(Branch { step: step.clone(), first: number, ..Branch::default() });
            self.next.len() - 1
        });
        self.next[at].first = self.next[at].first.min(number);
        self.next[at].add(number, rest, makes);
    }

    /// Puts the branches in the order in which their fields are made.
    fn sort(&mut self) {
        self.next.sort_by_key(|next| next.maker.unwrap_or(usize::MAX));
        self.next.iter_mut().for_each(Branch::sort);
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
        self.end(node.id(), found);
        if !self.next.is_empty() {
            self.leave(node, found);
        }
    }

    /// Tells of the paths that end at a node.
    #[inline]
    fn end(&self, id: NodeId, found: &mut Finds) {
        for &number in &self.ends {
            found.push((number, Found::Field(id)));
        }
    }

    /// Goes on from a node where no path ends.
    fn leave(&self, node: Node<'_>, found: &mut Finds) {
        match node.kind() {
            Kind::Mapping => self.next.iter().for_each(|next| next.enter(node, found)),
            Kind::Sequence => node.items().for_each(|item| self.leave(item.resolved(), found)),
            _ => found.extend(self.obstacle(node)),
        }
    }

    /// What no path leads on from, unless there is nothing.
    fn obstacle(&self, node: Node<'_>) -> Option<(usize, Found)> {
        let first = self.next.iter().map(|next| next.first).min().unwrap_or_default();
        (node.tag() != Tag::Null).then(|| (first, Found::Obstacle(Box::new(wrong_kind(node)))))
    }

    fn enter(&self, map: Node<'_>, found: &mut Finds) {
        let Some(field) = map.get(self.name()).map(Node::resolved) else { return };
        if self.step.is_list() && field.tag() == Tag::Null {
            found.push((self.first, Found::NullList(field.id())));
            return self.end(field.id(), found);
        }
        self.visit(field, found);
    }
}

/// A walk that makes what is missing.
struct Maker<'m, 'e> {
    edit: &'m mut Edit<'e>,
    make: Kind,
    found: &'m mut Finds,
}

impl Maker<'_, '_> {
    fn visit(&mut self, branch: &Branch, id: NodeId) {
        if branch.maker.is_none() {
            return branch.visit(self.edit.node(id), self.found);
        }
        branch.end(id, self.found);
        if !branch.next.is_empty() {
            self.leave(branch, id);
        }
    }

    fn leave(&mut self, branch: &Branch, id: NodeId) {
        let node = self.edit.node(id);
        match node.kind() {
            Kind::Mapping => branch.next.iter().for_each(|next| self.enter(next, id)),
            Kind::Sequence => {
                for index in 0..node.len() {
                    let Some(item) = self.edit.node(id).item(index).map(|item| item.resolved().id()) else { break };
                    self.leave(branch, item);
                }
            }
            _ => self.found.extend(branch.obstacle(node)),
        }
    }

    fn enter(&mut self, branch: &Branch, map: NodeId) {
        let node = self.edit.node(map);
        let known = node.get(branch.name()).map(|field| (field.resolved().id(), field.resolved().tag() == Tag::Null));
        // A list is never made.
        if branch.maker.is_none() || (branch.step.is_list() && known.is_none_or(|(_, null)| null)) {
            return branch.enter(node, self.found);
        }
        let kind = if branch.next.is_empty() { self.make } else { Kind::Mapping };
        let field = match known {
            Some((field, null)) => {
                if null && kind != Kind::Scalar {
                    let new = self.edit.empty(kind);
                    self.edit.put(field, new);
                }
                field
            }
            None => {
                let new = self.edit.empty(kind);
                self.edit.add_entry(map, branch.name(), new)
            }
        };
        self.visit(branch, field);
    }
}
