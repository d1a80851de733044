//! Schedules: a hundred thousand jobs simulated, one machine's transitions, the planner on three hundred tasks.
//!
//! `cargo bench -p longshore-benches --bench pipeline [-- --smoke]`. The peer is the plainest list scheduler over the same
//! graph: it knows neither statuses nor workers.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock and its own memory")]

use std::time::Instant;

use longshore::pipeline::graph::Graph;
use longshore::pipeline::machine::{Event, JobResult, Machine, Policy, Status};
use longshore::pipeline::model::{JobSpec, Pipeline};
use longshore::pipeline::simulate::{Fleet, plan, schedule, simulate};
use longshore_benches::{Group, smoke};

/// Numbers that look like chance.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Jobs in ten stages, each with three needs among the two hundred before it.
fn pipeline(jobs: usize) -> (Pipeline, Vec<u64>) {
    let mut chance = Chance(7);
    let stage = |job: usize| (job * 10 / jobs) as u32;
    let specs = (0..jobs).map(|job| {
        let mut needs: Vec<String> = Vec::new();
        while needs.len() < 3.min(job) {
            let need = format!("job-{}", job - 1 - chance.below(200.min(job as u64)) as usize);
            if !needs.contains(&need) {
                needs.push(need);
            }
        }
        JobSpec::new(format!("job-{job}"), stage(job)).needs(needs.iter().map(String::as_str))
    });
    let specs: Vec<JobSpec> = specs.collect();
    let stages = (0..10).map(|stage| format!("s{stage}")).collect();
    let durations = (0..jobs).map(|_| 1000 + chance.below(60_000)).collect();
    (Pipeline::new(stages, specs).expect("needs go backwards"), durations)
}

/// Peak of this process's memory in MB, where the system tells.
fn peak() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kilobytes| kilobytes / 1024.0)
}

fn simulation(jobs: usize) {
    let (pipeline, durations) = pipeline(jobs);
    let fleet = Fleet::uniform(&pipeline, 64);
    let before = peak();
    let run = simulate(&pipeline, &durations, &fleet, &Policy::default());
    let used = peak().zip(before).map_or(0.0, |(after, before)| after - before);
    assert_eq!((run.rows.len(), run.status), (jobs, Status::Success));
    assert!(run.makespan >= run.lower_bound && run.gap() < 0.05, "{} over {}", run.makespan, run.lower_bound);
    let graph = pipeline.graph();
    println!("\n{jobs} jobs, {} edges: {used:.1} MB besides the pipeline", graph.edges());
    Group::new("one simulation on 64 workers", 0)
        .add("simulate: statuses, workers, priorities", || simulate(&pipeline, &durations, &fleet, &Policy::default()))
        .add("list schedule over the graph", || {
            let graph = pipeline.graph();
            let levels = graph.levels(&durations);
            schedule(&graph, &durations, &levels.bottom, 64)
        })
        .run();
}

/// Nanoseconds for each event of a pipeline that one machine takes from beginning to end.
fn transitions(jobs: usize) {
    let (pipeline, _) = pipeline(jobs);
    let mut machine = Machine::new(&pipeline, Policy::default());
    machine.handle(0, &Event::WorkerJoined { worker: 0, slots: 64, tags: Vec::new() }).expect("it joins");
    let start = Instant::now();
    let mut events = 1;
    let mut open = started(&machine.handle(0, &Event::Begin).expect("it begins"));
    while let Some(job) = open.pop() {
        let finished = Event::Finished { job, attempt: 1, result: JobResult::Succeeded };
        open.extend(started(&machine.handle(events, &finished).expect("it ran")));
        events += 1;
    }
    let time = start.elapsed().as_secs_f64();
    assert_eq!(machine.pipeline_status(), Status::Success);
    println!("\n{jobs} jobs through a machine: {:.0} ns an event", time * 1e9 / events as f64);
}

fn started(actions: &[longshore::pipeline::machine::Action]) -> Vec<u32> {
    let start = |action: &longshore::pipeline::machine::Action| match action {
        longshore::pipeline::machine::Action::Start { job, .. } => Some(*job),
        _ => None,
    };
    actions.iter().filter_map(start).collect()
}

fn planner(tasks: u32) {
    let mut chance = Chance(3);
    let mut edges = Vec::new();
    for task in 1..tasks {
        for _ in 0..2 {
            edges.push((chance.below(u64::from(task)) as u32, task));
        }
    }
    let graph = Graph::new(tasks, &edges);
    let durations: Vec<u64> = (0..tasks).map(|_| 1 + chance.below(20)).collect();
    let rule = schedule(&graph, &durations, &graph.levels(&durations).bottom, 8).makespan;
    let planned = plan(&graph, &durations, 8, 200, 1);
    assert!(planned.lower_bound <= planned.schedule.makespan && planned.schedule.makespan <= rule);
    println!(
        "\n{tasks} tasks on 8 machines: rule {rule}, plan {}, lower bound {}",
        planned.schedule.makespan, planned.lower_bound
    );
    Group::new("planning", 0)
        .add("critical-path rule", || schedule(&graph, &durations, &graph.levels(&durations).bottom, 8))
        .add("planner", || plan(&graph, &durations, 8, 200, 1))
        .run();
}

fn main() {
    simulation(if smoke() { 10_000 } else { 100_000 });
    transitions(if smoke() { 10_000 } else { 100_000 });
    planner(300);
}
