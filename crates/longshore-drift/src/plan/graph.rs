//! Which step must follow which, free of cycles, and the first order that holds.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::step::Dependency;

/// `to` follows `from`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edge {
    pub(crate) to: usize,
    pub(crate) from: usize,
    pub(crate) why: Dependency,
}

/// Edges by both ends.
struct Ends {
    into: Vec<Vec<usize>>,
    out_of: Vec<Vec<usize>>,
}

impl Ends {
    fn new(count: usize, edges: &[Edge]) -> Self {
        let mut ends = Ends { into: vec![Vec::new(); count], out_of: vec![Vec::new(); count] };
        for (at, edge) in edges.iter().enumerate() {
            ends.into[edge.to].push(at);
            ends.out_of[edge.from].push(at);
        }
        ends
    }
}

/// Drops edges until no cycle is left: of each cycle an owner reference, where it has one.
///
/// Gives the numbers in an order that holds, and the cycles, each from its smallest number on.
pub(crate) fn break_cycles(count: usize, edges: &mut Vec<Edge>) -> (Vec<usize>, Vec<Vec<usize>>) {
    edges.retain(|edge| edge.from != edge.to);
    edges.sort_unstable();
    edges.dedup();
    let ends = Ends::new(count, edges);
    let mut search = Search::new(&ends, edges);
    loop {
        search.place_free();
        let Some(cycle) = search.cycle() else { break };
        search.drop_one_of(&cycle);
    }
    let Search { order, cycles, dropped, .. } = search;
    let mut dropped = dropped.into_iter();
    edges.retain(|_| !dropped.next().unwrap_or(false));
    (order, cycles)
}

struct Search<'s> {
    ends: &'s Ends,
    edges: &'s [Edge],
    dropped: Vec<bool>,
    /// How many of those that a number follows are not placed yet.
    open: Vec<usize>,
    free: BinaryHeap<Reverse<usize>>,
    placed: Vec<bool>,
    order: Vec<usize>,
    cycles: Vec<Vec<usize>>,
    /// All numbers below are placed.
    from: usize,
}

impl<'s> Search<'s> {
    fn new(ends: &'s Ends, edges: &'s [Edge]) -> Self {
        let count = ends.into.len();
        let open: Vec<usize> = ends.into.iter().map(Vec::len).collect();
        let free = (0..count).filter(|&at| open[at] == 0).map(Reverse).collect();
        let (dropped, placed) = (vec![false; edges.len()], vec![false; count]);
        Search { ends, edges, dropped, open, free, placed, order: Vec::new(), cycles: Vec::new(), from: 0 }
    }

    fn place_free(&mut self) {
        while let Some(Reverse(at)) = self.free.pop() {
            self.placed[at] = true;
            self.order.push(at);
            let ends = self.ends;
            ends.out_of[at].iter().for_each(|&edge| self.lift(edge));
        }
    }

    /// An edge holds nobody back any more.
    fn lift(&mut self, edge: usize) {
        if self.dropped[edge] {
            return;
        }
        let to = self.edges[edge].to;
        self.open[to] -= 1;
        if self.open[to] == 0 {
            self.free.push(Reverse(to));
        }
    }

    /// A cycle among those that are left: each of them follows another one, so going back always comes around.
    fn cycle(&mut self) -> Option<Vec<usize>> {
        while *self.placed.get(self.from)? {
            self.from += 1;
        }
        let (mut at, mut seen, mut path) = (self.from, BTreeMap::new(), Vec::new());
        while !seen.contains_key(&at) {
            seen.insert(at, path.len());
            let holds = |edge: &&usize| !self.dropped[**edge] && !self.placed[self.edges[**edge].from];
            let edge = *self.ends.into[at].iter().find(holds)?;
            path.push(edge);
            at = self.edges[edge].from;
        }
        Some(path.split_off(seen[&at]))
    }

    fn drop_one_of(&mut self, cycle: &[usize]) {
        let mut numbers: Vec<usize> = cycle.iter().rev().map(|&edge| self.edges[edge].from).collect();
        let smallest = numbers.iter().enumerate().min_by_key(|(_, number)| **number).map_or(0, |(at, _)| at);
        numbers.rotate_left(smallest);
        self.cycles.push(numbers);
        let weakest = cycle.iter().min_by_key(|&&edge| (!self.edges[edge].why.is_ownership(), edge));
        if let Some(&edge) = weakest {
            self.lift(edge);
            self.dropped[edge] = true;
        }
    }
}

/// Puts numbers in order: edges hold, and among those that may come next the one with the smallest key does.
///
/// Edges must be free of cycles.
pub(crate) fn sort_by<K: Ord>(keys: &[K], edges: &[Edge]) -> Vec<usize> {
    let ends = Ends::new(keys.len(), edges);
    let mut open: Vec<usize> = ends.into.iter().map(Vec::len).collect();
    let mut free: BinaryHeap<Reverse<(&K, usize)>> =
        keys.iter().enumerate().filter(|(at, _)| open[*at] == 0).map(|(at, key)| Reverse((key, at))).collect();
    let mut order = Vec::with_capacity(keys.len());
    while let Some(Reverse((_, at))) = free.pop() {
        order.push(at);
        for to in ends.out_of[at].iter().map(|&edge| edges[edge].to) {
            open[to] -= 1;
            if open[to] == 0 {
                free.push(Reverse((&keys[to], to)));
            }
        }
    }
    order
}
