//! Laws of schedules: between what nothing can beat and what no list schedule exceeds.

use longshore_pipeline::When;
use longshore_pipeline::graph::Graph;
use longshore_pipeline::machine::Policy;
use longshore_pipeline::model::Pipeline;
use longshore_pipeline::simulate::{Fleet, cached, plan, schedule, simulate, what_if};
use proptest::prelude::*;

/// Graphs whose edges go upwards, with durations.
fn graphs() -> impl Strategy<Value = (Graph, Vec<u64>)> {
    prop::collection::vec((0..20_u64, any::<u32>()), 1..24).prop_map(|rows| {
        let mut edges = Vec::new();
        for (to, (_, before)) in rows.iter().enumerate() {
            edges.extend((0..to).filter(|from| before >> from & 5 == 5).map(|from| (from as u32, to as u32)));
        }
        (Graph::new(rows.len() as u32, &edges), rows.into_iter().map(|(time, _)| time).collect())
    })
}

/// Pipelines in which every job runs without anybody's help.
fn plain() -> impl Strategy<Value = Pipeline> {
    super::machine::pipelines().prop_map(|pipeline| {
        let mut jobs = pipeline.jobs().to_vec();
        for job in &mut jobs {
            job.when = if job.when == When::Always { When::Always } else { When::OnSuccess };
            (job.timeout, job.resource_group, job.approvals) = (None, None, 0);
        }
        Pipeline::new(pipeline.stages().to_vec(), jobs).expect("it was one before")
    })
}

/// `work / m + longest path · (1 - 1 / m)`: no list schedule on equal machines takes longer (Graham 1969).
fn graham(work: u64, longest: u64, machines: u64) -> u64 {
    (work + longest * (machines - 1)).div_ceil(machines)
}

proptest! {
    #[test]
    fn a_list_schedule_keeps_its_bounds((graph, durations) in graphs(), machines in 1..5_u32) {
        let levels = graph.levels(&durations);
        let found = schedule(&graph, &durations, &levels.bottom, machines);
        let work: u64 = durations.iter().sum();
        prop_assert!(found.makespan >= levels.length.max(work.div_ceil(u64::from(machines))));
        prop_assert!(found.makespan <= graham(work, levels.length, u64::from(machines)));
        for node in 0..graph.len() {
            for &before in graph.before(node) {
                prop_assert!(found.start[before as usize] + durations[before as usize] <= found.start[node as usize]);
            }
        }
    }

    #[test]
    fn planning_never_makes_it_longer((graph, durations) in graphs(), machines in 1..5_u32, seed in any::<u64>()) {
        let rule = schedule(&graph, &durations, &graph.levels(&durations).bottom, machines).makespan;
        let planned = plan(&graph, &durations, machines, 20, seed);
        prop_assert!(planned.lower_bound <= planned.schedule.makespan && planned.schedule.makespan <= rule);
        let by_priorities = schedule(&graph, &durations, &planned.priorities, machines);
        prop_assert_eq!(by_priorities.makespan, planned.schedule.makespan);
        prop_assert_eq!(planned, plan(&graph, &durations, machines, 20, seed));
    }

    #[test]
    fn a_simulation_keeps_its_bounds(pipeline in plain(), times in prop::collection::vec(0..50_u64, 14), workers in 1..5_u32) {
        let durations = &times[..pipeline.jobs().len()];
        let run = simulate(&pipeline, durations, &Fleet::uniform(&pipeline, workers), &Policy::default());
        prop_assert!(run.not_run.is_empty());
        let work: u64 = durations.iter().sum();
        let longest = pipeline.graph().levels(durations).length;
        prop_assert_eq!(run.lower_bound, longest.max(work.div_ceil(u64::from(workers))));
        prop_assert!(run.makespan >= run.lower_bound && run.makespan <= graham(work, longest, u64::from(workers)));
        let path: u64 = run.critical_path.iter().map(|&job| durations[job as usize]).sum();
        prop_assert_eq!(path, longest);
        let svg = run.to_svg(&pipeline);
        prop_assert_eq!(svg.matches("<g>").count(), run.rows.len());
        prop_assert_eq!(svg.matches("</g>").count(), run.rows.len());
        prop_assert!(run.to_text(&pipeline, 80).lines().all(|line| line.starts_with("critical") || line.chars().count() <= 80));
    }

    #[test]
    fn a_redundant_edge_is_one((graph, _) in graphs()) {
        let redundant = graph.redundant_edges();
        for node in 0..graph.len() {
            for &before in graph.before(node) {
                let other_way = graph.before(node).iter().any(|&last| last != before && reaches(&graph, before, last));
                prop_assert_eq!(redundant.contains(&(before, node)), other_way);
            }
        }
    }
}

fn reaches(graph: &Graph, from: u32, to: u32) -> bool {
    from == to || graph.next(from).iter().any(|&next| reaches(graph, next, to))
}

#[test]
fn more_workers_and_cached_jobs_help() {
    use longshore_pipeline::model::JobSpec;
    let jobs = (0..8).map(|at| JobSpec::new(format!("job-{at}"), 0)).collect();
    let pipeline = Pipeline::new(vec!["one".to_owned()], jobs).expect("it is a pipeline");
    let durations = vec![1000; 8];
    let fleets = what_if(&pipeline, &durations, [1, 2, 8], &Policy::default());
    assert_eq!(fleets.iter().map(|(_, run)| run.makespan).collect::<Vec<_>>(), [8000, 4000, 1000]);
    let run = simulate(&pipeline, &cached(&durations, 0..4), &Fleet::uniform(&pipeline, 1), &Policy::default());
    assert_eq!((run.makespan, run.gap()), (4000, 0.0));
}
