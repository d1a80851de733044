//! One list turned into another by the fewest removals, insertions and moves.

use crate::align::Alignment;

/// A step; indexes are those of the list as the steps before left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListStep {
    /// Takes the item at `at` out; it was `item` before.
    Remove { at: usize, item: usize },
    /// Puts the item that is `item` after in before the one at `at`.
    Add { at: usize, item: usize },
    /// Takes an item out, then puts it in.
    Move { from: usize, to: usize },
}

/// The steps that put the items of an alignment where they stand after.
pub(crate) fn reorder(alignment: &Alignment, before: usize) -> Vec<ListStep> {
    let gone = alignment.gone.iter().enumerate();
    let mut steps: Vec<ListStep> = gone.map(|(removed, &item)| ListStep::Remove { at: item - removed, item }).collect();
    if alignment.moved.contains(&true) {
        place(alignment, before, &mut steps);
    } else {
        let added = alignment.from.iter().enumerate().filter(|(_, from)| from.is_none());
        steps.extend(added.map(|(at, _)| ListStep::Add { at, item: at }));
    }
    steps
}

/// Insertions and moves from first to last. Behind each item that stays come first the places that will be filled, then
/// the items that are still to leave; counting the filled places before one gives the index.
fn place(alignment: &Alignment, before: usize, steps: &mut Vec<ListStep>) {
    let mut movers: Vec<(usize, usize)> = Vec::new();
    for (at, from) in alignment.from.iter().enumerate() {
        if let (Some(from), true) = (*from, alignment.moved[at]) {
            movers.push((from, at));
        }
    }
    movers.sort_unstable();
    let mut waiting = movers.iter().peekable();
    let (mut source, mut target) = (vec![0; before], vec![0; alignment.from.len()]);
    let mut slots = Vec::with_capacity(movers.len() + alignment.from.len());
    for (at, from) in alignment.from.iter().enumerate() {
        let stays = from.filter(|_| !alignment.moved[at]);
        if let Some(from) = stays {
            while let Some((mover, _)) = waiting.next_if(|(mover, _)| *mover < from) {
                source[*mover] = slots.len();
                slots.push(true);
            }
        }
        target[at] = slots.len();
        slots.push(stays.is_some());
    }
    for (mover, _) in waiting {
        source[*mover] = slots.len();
        slots.push(true);
    }
    let mut filled = Counter::new(&slots);
    for (at, from) in alignment.from.iter().enumerate() {
        match *from {
            None => steps.push(ListStep::Add { at: filled.before(target[at]), item: at }),
            Some(from) if alignment.moved[at] => {
                let out = filled.before(source[from]);
                filled.add(source[from], -1);
                let to = filled.before(target[at]);
                if out != to {
                    steps.push(ListStep::Move { from: out, to });
                }
            }
            Some(_) => continue,
        }
        filled.add(target[at], 1);
    }
}

/// Counts the filled slots before a place; a Fenwick tree.
struct Counter {
    sums: Vec<isize>,
}

impl Counter {
    fn new(slots: &[bool]) -> Self {
        let mut counter = Counter { sums: vec![0; slots.len() + 1] };
        let filled = slots.iter().enumerate().filter(|(_, filled)| **filled);
        filled.for_each(|(at, _)| counter.add(at, 1));
        counter
    }

    fn add(&mut self, slot: usize, value: isize) {
        let mut at = slot + 1;
        while at < self.sums.len() {
            self.sums[at] += value;
            at += at & at.wrapping_neg();
        }
    }

    fn before(&self, slot: usize) -> usize {
        let (mut at, mut sum) = (slot, 0);
        while at > 0 {
            sum += self.sums[at];
            at &= at - 1;
        }
        usize::try_from(sum).expect("as many are taken out as were put in")
    }
}
