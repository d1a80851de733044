//! List scheduling on equal machines: whenever one is free, the ready node of the highest priority starts.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::graph::Graph;

/// When each node starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The start of each node.
    pub start: Vec<u64>,
    /// When the last one ends.
    pub makespan: u64,
}

/// Which way a graph is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Forward,
    Backward,
}

/// A node's row of a graph.
type Row = fn(&Graph, u32) -> &[u32];

/// Schedules a graph without circles, with a duration and a priority a node; higher priorities first, then lower numbers. Nodes
/// beyond the durations take no time and no machine.
///
/// # Panics
/// There are no machines, or the graph has a circle.
pub fn schedule(graph: &Graph, durations: &[u64], priorities: &[u64], machines: u32) -> Schedule {
    run(graph, durations, priorities, machines, Direction::Forward)
}

/// As [`schedule`], either way; backwards the times count from the end.
pub(crate) fn run(
    graph: &Graph,
    durations: &[u64],
    priorities: &[u64],
    machines: u32,
    direction: Direction,
) -> Schedule {
    assert!(machines > 0, "somebody must do the work");
    let len = graph.len();
    let (after, before): (Row, Row) = match direction {
        Direction::Forward => (Graph::next, Graph::before),
        Direction::Backward => (Graph::before, Graph::next),
    };
    let mut open: Vec<u32> = (0..len).map(|node| before(graph, node).len() as u32).collect();
    let mut ready = BinaryHeap::new();
    let mut instant: Vec<u32> = Vec::new();
    let mut running: BinaryHeap<Reverse<(u64, u32)>> = BinaryHeap::new();
    let mut start = vec![0; len as usize];
    let (mut now, mut free, mut done) = (0, machines, 0);
    let duration = |node: u32| durations.get(node as usize).copied().unwrap_or(0);
    let arrive = |node: u32, instant: &mut Vec<u32>, ready: &mut BinaryHeap<(u64, Reverse<u32>)>| {
        if duration(node) == 0 {
            instant.push(node);
        } else {
            ready.push((priorities.get(node as usize).copied().unwrap_or(0), Reverse(node)));
        }
    };
    for node in 0..len {
        if open[node as usize] == 0 {
            arrive(node, &mut instant, &mut ready);
        }
    }
    loop {
        while let Some(node) = instant.pop() {
            start[node as usize] = now;
            done += 1;
            for &next in after(graph, node) {
                open[next as usize] -= 1;
                if open[next as usize] == 0 {
                    arrive(next, &mut instant, &mut ready);
                }
            }
        }
        while free > 0 {
            let Some((_, Reverse(node))) = ready.pop() else {
                break;
            };
            free -= 1;
            start[node as usize] = now;
            running.push(Reverse((now + duration(node), node)));
        }
        let Some(&Reverse((end, _))) = running.peek() else {
            break;
        };
        now = end;
        while let Some(&Reverse((end, node))) = running.peek().filter(|Reverse((end, _))| *end == now) {
            debug_assert_eq!(end, now);
            running.pop();
            free += 1;
            done += 1;
            for &next in after(graph, node) {
                open[next as usize] -= 1;
                if open[next as usize] == 0 {
                    arrive(next, &mut instant, &mut ready);
                }
            }
        }
    }
    assert_eq!(done, len, "a pipeline has no circle");
    Schedule { start, makespan: now }
}
