//! A planner that looks for a shorter schedule than the critical-path rule finds.
//!
//! Forward-backward improvement (Tormos and Lova 2001): a schedule is pushed against its end, latest ends first, and then back
//! against its beginning, earliest starts first, for as long as it gets shorter. Restarts begin from disturbed priorities.

use super::list::{Direction, Schedule, run};
use crate::graph::Graph;
use crate::machine::mixed;

/// A schedule with what is known about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The schedule.
    pub schedule: Schedule,
    /// Priorities with which list scheduling gives it: hand them to a machine's policy.
    pub priorities: Vec<u64>,
    /// What nothing can beat.
    pub lower_bound: u64,
    /// How many restarts it took.
    pub restarts: u32,
}

impl Plan {
    /// Whether nothing can beat it.
    pub fn is_optimal(&self) -> bool {
        self.schedule.makespan == self.lower_bound
    }
}

/// Plans a graph without circles on equal machines: the critical-path rule, improved, and up to `restarts` times again from
/// priorities disturbed by chance made of `seed`. Ends as soon as the lower bound is reached.
///
/// # Panics
/// There are no machines, or the graph has a circle.
pub fn plan(graph: &Graph, durations: &[u64], machines: u32, restarts: u32, seed: u64) -> Plan {
    let levels = graph.levels(durations);
    let work: u64 = durations.iter().sum();
    let lower_bound = levels.length.max(work.div_ceil(u64::from(machines.max(1))));
    let planner = Planner { graph, durations, machines };
    let mut best = planner.improved(planner.forward(&levels.bottom), lower_bound);
    let mut tried = 0;
    while best.makespan > lower_bound && tried < restarts {
        tried += 1;
        // Every other try starts from the best schedule so far instead of the critical-path rule.
        let from = if tried % 2 == 0 { &levels.bottom } else { &best_priorities(&best) };
        let disturbed = disturbed(from, tried, seed);
        let found = planner.improved(planner.forward(&disturbed), lower_bound);
        if found.makespan < best.makespan {
            best = found;
        }
    }
    let priorities = best_priorities(&best);
    Plan { schedule: best, priorities, lower_bound, restarts: tried }
}

/// Earlier starts first.
fn best_priorities(schedule: &Schedule) -> Vec<u64> {
    schedule.start.iter().map(|&start| schedule.makespan - start).collect()
}

/// Pushes to and fro that may pass without a shorter schedule.
const IDLE: u32 = 2;

struct Planner<'p> {
    graph: &'p Graph,
    durations: &'p [u64],
    machines: u32,
}

impl Planner<'_> {
    fn forward(&self, priorities: &[u64]) -> Schedule {
        run(self.graph, self.durations, priorities, self.machines, Direction::Forward)
    }

    fn duration(&self, node: usize) -> u64 {
        self.durations.get(node).copied().unwrap_or(0)
    }

    /// Pushes a schedule to and fro for as long as that helps; a few times more where it only moves things.
    fn improved(&self, mut schedule: Schedule, lower_bound: u64) -> Schedule {
        let mut idle = 0;
        let mut current = schedule.start.clone();
        while schedule.makespan > lower_bound && idle < IDLE {
            let ends: Vec<u64> = current.iter().enumerate().map(|(node, start)| start + self.duration(node)).collect();
            let backward = run(self.graph, self.durations, &ends, self.machines, Direction::Backward);
            // Backwards a node that begins late counted from the end begins early.
            let early: Vec<u64> =
                backward.start.iter().enumerate().map(|(node, start)| start + self.duration(node)).collect();
            let forward = self.forward(&early);
            if forward.makespan < schedule.makespan {
                idle = 0;
                current.clone_from(&forward.start);
                schedule = forward;
            } else {
                idle += 1;
                current = forward.start;
            }
        }
        schedule
    }
}

/// Priorities, each changed by up to a share that grows and shrinks from one try to the next.
fn disturbed(priorities: &[u64], tried: u32, seed: u64) -> Vec<u64> {
    const SHARES: [u64; 7] = [30, 60, 120, 250, 500, 750, 950];
    let share = SHARES[tried as usize % SHARES.len()];
    let change = |(node, &priority): (usize, &u64)| {
        let chance = mixed(seed ^ u64::from(tried) << 32 ^ node as u64) % (2 * share + 1);
        (priority << 10) * (1000 + chance - share) / 1000
    };
    priorities.iter().enumerate().map(change).collect()
}
