//! Task graphs with a proven optimum: the critical-path rule and the planner beside it.

use std::collections::HashMap;
use std::path::Path;

use longshore_pipeline::graph::Graph;
use longshore_pipeline::simulate::{plan, schedule};
use longshore_testkit::Run;

/// How far the critical-path rule may be above the optimum on average.
const RULE: f64 = 0.0025;
/// How many instances the planner must solve.
const PLANNED: f64 = 0.99;
const RESTARTS: u32 = 400;

pub(super) fn run(run: &mut Run, folder: &Path) {
    let Some(table) = read(&folder.join("stg/optimal.csv")) else {
        return;
    };
    let mut graphs: HashMap<String, (Graph, Vec<u64>)> = HashMap::new();
    let (mut count, mut above, mut optimal, mut below) = (0_u32, 0.0, 0_u32, 0_u32);
    for line in table.lines().skip(1) {
        let Some((name, machines, optimum)) = instance(line) else {
            continue;
        };
        if !graphs.contains_key(name) {
            let Some(text) = read(&folder.join("stg").join(name)) else {
                continue;
            };
            graphs.insert(name.to_owned(), graph(&text));
        }
        let (graph, durations) = &graphs[name];
        let rule = schedule(graph, durations, &graph.levels(durations).bottom, machines).makespan;
        let planned = plan(graph, durations, machines, RESTARTS, 1).schedule.makespan;
        count += 1;
        above += rule as f64 / optimum as f64 - 1.0;
        optimal += u32::from(planned == optimum);
        below += u32::from(rule < optimum || planned < optimum);
    }
    if count == 0 {
        return;
    }
    let mean = above / f64::from(count);
    println!(
        "scheduling/stg: {count} instances, rule {:.3} % above the optimum, planner optimal on {optimal}",
        mean * 100.0
    );
    let mut suite = run.suite("pipeline/scheduling-stg");
    suite.check("nothing is below the optimum", verdict(below == 0, below));
    suite.check("the critical-path rule", verdict(mean <= RULE, mean));
    suite.check("the planner", verdict(f64::from(optimal) >= PLANNED * f64::from(count), optimal));
}

fn verdict(holds: bool, found: impl std::fmt::Display) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("found {found}")) }
}

#[expect(clippy::disallowed_methods, reason = "the recorded cases are files")]
fn read(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

/// A row whose optimum is proven.
fn instance(line: &str) -> Option<(&str, u32, u64)> {
    let fields: Vec<&str> = line.split(',').collect();
    let &[name, machines, lower, upper, _] = fields.as_slice() else {
        return None;
    };
    (lower == upper).then_some(())?;
    Some((name, machines.parse().ok()?, upper.parse().ok()?))
}

/// Lines of a task, its time, how many it waits for, and which.
fn graph(text: &str) -> (Graph, Vec<u64>) {
    let mut durations = Vec::new();
    let mut edges = Vec::new();
    for line in text.lines().skip(1).filter(|line| !line.starts_with('#')) {
        let numbers: Vec<u64> = line.split_whitespace().filter_map(|number| number.parse().ok()).collect();
        let &[task, time, _, ref before @ ..] = numbers.as_slice() else {
            continue;
        };
        durations.push(time);
        edges.extend(before.iter().map(|&from| (from as u32, task as u32)));
    }
    (Graph::new(durations.len() as u32, &edges), durations)
}
