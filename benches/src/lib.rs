//! Shared pieces of the benchmarks: rounds of timed runs side by side, and a table of medians and ratios.
//!
//! A benchmark checks its answer first, then times itself and its peers in turn, A B A B …, so that a change in the
//! machine's speed meets all alike. Times are for comparing within one table, never across runs.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock and its arguments")]

pub mod trees;

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Whether to run in seconds instead of minutes: `--smoke`, or `LONGSHORE_BENCH_SMOKE` in the environment.
pub fn smoke() -> bool {
    std::env::args().any(|arg| arg == "--smoke") || std::env::var("LONGSHORE_BENCH_SMOKE").is_ok()
}

/// Competitors in one discipline. The first is ours; ratios say how many times longer the others take.
pub struct Group<'a> {
    title: String,
    bytes: usize,
    runs: Vec<(String, Box<dyn FnMut() + 'a>)>,
}

/// Median time of one competitor.
#[derive(Clone, Debug)]
pub struct Row {
    /// Who ran.
    pub name: String,
    /// Median of the rounds.
    pub median: Duration,
}

impl<'a> Group<'a> {
    /// A discipline over `bytes` of input; 0 where a rate has no meaning.
    pub fn new(title: impl Into<String>, bytes: usize) -> Self {
        Group { title: title.into(), bytes, runs: Vec::new() }
    }

    /// Adds a competitor.
    pub fn add<T>(mut self, name: impl Into<String>, mut run: impl FnMut() -> T + 'a) -> Self {
        self.runs.push((name.into(), Box::new(move || drop(black_box(run())))));
        self
    }

    /// Runs all in turn, prints the table, gives the rows. Three rounds in a smoke run, else nine after a warm-up.
    pub fn run(mut self) -> Vec<Row> {
        let rounds = if smoke() { 3 } else { 9 };
        let mut times = vec![Vec::with_capacity(rounds); self.runs.len()];
        for round in 0..=rounds {
            for (times, (_, run)) in times.iter_mut().zip(&mut self.runs) {
                let start = Instant::now();
                run();
                if round > 0 {
                    times.push(start.elapsed());
                }
            }
        }
        let median = |mut times: Vec<Duration>| {
            times.sort_unstable();
            times[times.len() / 2]
        };
        let rows = times.into_iter().zip(&self.runs);
        let rows: Vec<Row> = rows.map(|(times, (name, _))| Row { name: name.clone(), median: median(times) }).collect();
        self.print(&rows);
        rows
    }

    fn print(&self, rows: &[Row]) {
        println!("\n{}", self.title);
        let width = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0);
        println!("  {:<width$} {:>12} {:>10} {:>8}", "who", "median ms", "MB/s", "ratio");
        let first = rows.first().map_or(1.0, |row| row.median.as_secs_f64());
        for row in rows {
            let seconds = row.median.as_secs_f64();
            let rate =
                if self.bytes == 0 { String::new() } else { format!("{:.0}", self.bytes as f64 / 1e6 / seconds) };
            println!("  {:<width$} {:>12.3} {:>10} {:>7.2}x", row.name, seconds * 1e3, rate, seconds / first);
        }
    }
}
