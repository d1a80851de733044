//! The shortest JSON Patch that leads from one tree to another.

use json_patch::jsonptr::PointerBuf;
use json_patch::{
    AddOperation, MoveOperation, Patch, PatchOperation, RemoveOperation, ReplaceOperation, TestOperation,
};
use longshore_yaml::{JsonError, Kind, Node};

use crate::align::{Alignment, align, guess, pair_rest};
use crate::cost::{Cost, json_bytes, positional_is_dearer, text_bytes};
use crate::equal::{Budget, scalar_equal, zip};
use crate::options::Limits;
use crate::reorder::{ListStep, reorder};
use crate::structural::{push_index, push_key};

/// How to write a JSON Patch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PatchOptions {
    /// Put a `test` of the old value before each operation that removes or replaces one, so that the patch fails on a
    /// document that has drifted. The old values stand in the patch.
    pub tests: bool,
}

impl PatchOptions {
    /// Says whether old values are tested.
    #[must_use]
    pub fn tests(mut self, tests: bool) -> Self {
        self.tests = tests;
        self
    }
}

/// The JSON Patch (RFC 6902) that leads from `before` to `after`, exactly: whatever options a comparison had.
///
/// Never more operations, nor more bytes as compact JSON, than a comparison position by position gives: an item put at
/// the head of a list is one `add`, an item that went elsewhere one `move`. A list is replaced as a whole where that takes
/// no more bytes than its parts; of mappings only the entries that differ are touched. A patch is data and carries the
/// values it sets, those of Secrets too: do not log it.
///
/// Fails where `after` holds what JSON cannot say, see [`Node::to_json`].
pub fn json_patch(before: Node<'_>, after: Node<'_>, options: PatchOptions) -> Result<Patch, JsonError> {
    let budget = Budget::new(Limits::default());
    let mut writer = Writer {
        budget: &budget,
        at: String::new(),
        ops: Vec::new(),
        cost: Cost::default(),
        retries: 0,
        raw: false,
        depth: 0,
    };
    writer.node(before.resolved(), after.resolved());
    let mut patch = Vec::with_capacity(writer.ops.len());
    for op in writer.ops {
        op.write(options, &mut patch)?;
    }
    Ok(Patch(patch))
}

/// An operation with the values as nodes; they become JSON once it is clear that it stays.
struct Op<'a> {
    path: String,
    verb: Verb<'a>,
}

enum Verb<'a> {
    Add(Node<'a>),
    Remove(Node<'a>),
    Replace { old: Node<'a>, new: Node<'a> },
    Move { from: String },
}

impl Op<'_> {
    fn cost(&self) -> Cost {
        let path = text_bytes(&self.path);
        let bytes = match &self.verb {
            Verb::Add(value) => Cost::ADD + json_bytes(*value, usize::MAX),
            Verb::Remove(_) => Cost::REMOVE,
            Verb::Replace { new, .. } => Cost::REPLACE + json_bytes(*new, usize::MAX),
            Verb::Move { from } => Cost::MOVE + text_bytes(from),
        };
        Cost { ops: 1, bytes: bytes + path }
    }

    fn write(self, options: PatchOptions, patch: &mut Vec<PatchOperation>) -> Result<(), JsonError> {
        let path = pointer(&self.path);
        if let (true, Verb::Remove(old) | Verb::Replace { old, .. }) = (options.tests, &self.verb) {
            patch.push(PatchOperation::Test(TestOperation { path: path.clone(), value: old.to_json()? }));
        }
        patch.push(match self.verb {
            Verb::Add(value) => PatchOperation::Add(AddOperation { path, value: value.to_json()? }),
            Verb::Remove(_) => PatchOperation::Remove(RemoveOperation { path }),
            Verb::Replace { new, .. } => PatchOperation::Replace(ReplaceOperation { path, value: new.to_json()? }),
            Verb::Move { from } => PatchOperation::Move(MoveOperation { from: pointer(&from), path }),
        });
        Ok(())
    }
}

fn pointer(text: &str) -> PointerBuf {
    PointerBuf::parse(text).expect("its keys were escaped")
}

/// How often a list inside a list may be written a second time, position by position.
const RETRIES: usize = 3;

struct Writer<'a, 'o> {
    budget: &'o Budget,
    at: String,
    ops: Vec<Op<'a>>,
    cost: Cost,
    retries: usize,
    /// Position by position all the way down, as the comparison that sets the bound does.
    raw: bool,
    depth: usize,
}

impl<'a> Writer<'a, '_> {
    fn push(&mut self, verb: Verb<'a>) {
        let op = Op { path: self.at.clone(), verb };
        self.cost += op.cost();
        self.ops.push(op);
    }

    /// Takes back what was written since.
    fn rewind(&mut self, ops: usize, cost: Cost) {
        self.ops.truncate(ops);
        self.cost = cost;
    }

    fn node(&mut self, before: Node<'a>, after: Node<'a>) {
        let (before, after) = (before.resolved(), after.resolved());
        if !self.budget.visit(self.depth) {
            return self.push(Verb::Replace { old: before, new: after });
        }
        self.depth += 1;
        let (ops, cost) = (self.ops.len(), self.cost);
        match (before.kind(), after.kind()) {
            (Kind::Mapping, Kind::Mapping) => self.mapping(before, after),
            (Kind::Sequence, Kind::Sequence) => self.list(before, after),
            (Kind::Scalar, Kind::Scalar) if scalar_equal(before, after) => {}
            _ => self.push(Verb::Replace { old: before, new: after }),
        }
        if !self.raw && before.is_sequence() && self.ops.len() > ops + 1 {
            self.whole_if_shorter(before, after, ops, cost);
        }
        self.depth -= 1;
    }

    /// Replaces several operations by one on the whole list, where that takes no more bytes. A mapping is always changed
    /// entry by entry: a patch must not undo what others wrote beside it.
    fn whole_if_shorter(&mut self, before: Node<'a>, after: Node<'a>, ops: usize, cost: Cost) {
        let parts = self.cost.bytes - cost.bytes;
        let frame = Cost::REPLACE + text_bytes(&self.at);
        if parts >= frame && json_bytes(after, parts - frame) <= parts - frame {
            self.rewind(ops, cost);
            self.push(Verb::Replace { old: before, new: after });
        }
    }

    fn within(&mut self, step: impl FnOnce(&mut String), write: impl FnOnce(&mut Self)) {
        let length = self.at.len();
        step(&mut self.at);
        write(self);
        self.at.truncate(length);
    }

    fn mapping(&mut self, before: Node<'a>, after: Node<'a>) {
        zip(before, after, |key, left, right| {
            let step = |at: &mut String| push_key(at, key);
            match (left, right) {
                (Some(left), Some(right)) => self.within(step, |writer| writer.node(left, right)),
                (None, Some(right)) => self.within(step, |writer| writer.push(Verb::Add(right))),
                (Some(left), None) => self.within(step, |writer| writer.push(Verb::Remove(left))),
                (None, None) => {}
            }
        });
    }

    fn list(&mut self, before: Node<'a>, after: Node<'a>) {
        let (left, right): (Vec<_>, Vec<_>) = (before.items().collect(), after.items().collect());
        let in_place = Alignment::in_place(left.len(), right.len());
        if self.raw {
            return self.items(&left, &right, &in_place);
        }
        let mut alignment = align(&left, &right, guess(&left, &right), self.depth, self.budget);
        pair_rest(&left, &right, &mut alignment);
        let (ops, cost) = (self.ops.len(), self.cost);
        self.items(&left, &right, &alignment);
        let spent = self.cost - cost;
        if alignment == in_place
            || positional_is_dearer(&left, &right, text_bytes(&self.at), spent, self.depth, self.budget)
        {
            return;
        }
        self.rewind(ops, cost);
        self.retries += 1;
        self.raw = self.retries > RETRIES;
        self.items(&left, &right, &in_place);
        self.raw = false;
        self.retries -= 1;
    }

    fn items(&mut self, left: &[Node<'a>], right: &[Node<'a>], alignment: &Alignment) {
        for step in reorder(alignment, left.len()) {
            match step {
                ListStep::Remove { at, item } => {
                    self.within(|path| push_index(path, at), |writer| writer.push(Verb::Remove(left[item])));
                }
                ListStep::Add { at, item } => {
                    self.within(|path| push_index(path, at), |writer| writer.push(Verb::Add(right[item])));
                }
                ListStep::Move { from, to } => {
                    let mut source = self.at.clone();
                    push_index(&mut source, from);
                    self.within(|path| push_index(path, to), |writer| writer.push(Verb::Move { from: source }));
                }
            }
        }
        for (at, from) in alignment.from.iter().enumerate() {
            if let Some(from) = *from {
                self.within(|path| push_index(path, at), |writer| writer.node(left[from], right[at]));
            }
        }
    }
}
