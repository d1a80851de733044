//! A schedule to look at: as a picture, and in a terminal.

use std::fmt::Write;

use super::{Row, Simulation};
use crate::model::{JobId, Pipeline};

/// Bars of the stages, by turns: a palette that colour-blind eyes tell apart (Okabe and Ito), darkened for white letters.
const COLOURS: [&str; 7] = ["#0072b2", "#9a6700", "#117a65", "#a34a28", "#7b4b94", "#4a5568", "#1f6feb"];
const LANE: u64 = 26;
const LEFT: u64 = 84;
const WIDTH: u64 = 1000;
const TOP: u64 = 46;

impl Simulation {
    /// Lanes: each slot of each worker that runs something at a time, with its rows.
    fn lanes(&self) -> Vec<(String, Vec<&Row>)> {
        let mut workers: Vec<u32> = self.rows.iter().map(|row| row.worker).collect();
        workers.sort_unstable();
        workers.dedup();
        let mut lanes = Vec::new();
        for worker in workers {
            let mut own: Vec<(u64, Vec<&Row>)> = Vec::new();
            for row in self.rows.iter().filter(|row| row.worker == worker) {
                match own.iter_mut().find(|(end, _)| *end <= row.start) {
                    Some((end, rows)) => {
                        *end = row.end;
                        rows.push(row);
                    }
                    None => own.push((row.end, vec![row])),
                }
            }
            let several = own.len() > 1;
            let name =
                |slot: usize| if several { format!("worker {worker}.{slot}") } else { format!("worker {worker}") };
            lanes.extend(own.into_iter().enumerate().map(|(slot, (_, rows))| (name(slot), rows)));
        }
        lanes
    }

    fn is_critical(&self, job: JobId) -> bool {
        self.critical_path.contains(&job)
    }

    /// The schedule as an SVG picture: a lane a worker, bars coloured by stage, those of the critical path outlined; the name
    /// and the times of a bar show when the pointer rests on it.
    pub fn to_svg(&self, pipeline: &Pipeline) -> String {
        let lanes = self.lanes();
        let height = TOP + lanes.len() as u64 * LANE + 34;
        let mut svg = String::new();
        let width = LEFT + WIDTH + 24;
        let _ = write!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
             role=\"img\" font-family=\"system-ui, sans-serif\" font-size=\"11\">\n<title>{}</title>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n",
            escaped(&self.headline())
        );
        let _ = writeln!(
            svg,
            "<text x=\"{LEFT}\" y=\"18\" font-size=\"13\" fill=\"#1f2328\">{}</text>",
            escaped(&self.headline())
        );
        self.axis(&mut svg, height);
        for (at, (name, rows)) in lanes.iter().enumerate() {
            let y = TOP + at as u64 * LANE;
            let _ = writeln!(svg, "<text x=\"8\" y=\"{}\" fill=\"#57606a\">{}</text>", y + 16, escaped(name));
            rows.iter().for_each(|row| self.bar(&mut svg, pipeline, row, y));
        }
        legend(&mut svg, pipeline, height);
        svg.push_str("</svg>\n");
        svg
    }

    fn headline(&self) -> String {
        format!(
            "{} in all, {:.0} % of the fleet in use, {:.1} % above the lower bound",
            clock(self.makespan),
            self.utilisation * 100.0,
            self.gap() * 100.0
        )
    }

    fn x(&self, time: u64) -> f64 {
        LEFT as f64 + time as f64 * WIDTH as f64 / self.makespan.max(1) as f64
    }

    fn axis(&self, svg: &mut String, height: u64) {
        let step = tick(self.makespan);
        let ticks = (0..).map(|at| at * step).take_while(|&time| time <= self.makespan);
        for time in ticks {
            let x = self.x(time);
            let bottom = height - 30;
            let _ = writeln!(
                svg,
                "<line x1=\"{x:.1}\" y1=\"{}\" x2=\"{x:.1}\" y2=\"{bottom}\" stroke=\"#d0d7de\"/>\
                 <text x=\"{:.1}\" y=\"36\" fill=\"#57606a\">{}</text>",
                TOP - 6,
                x + 2.0,
                clock(time)
            );
        }
    }

    fn bar(&self, svg: &mut String, pipeline: &Pipeline, row: &Row, y: u64) {
        let job = &pipeline.jobs()[row.job as usize];
        let (x, width) = (self.x(row.start), (self.x(row.end) - self.x(row.start)).max(1.0));
        let colour = COLOURS[job.stage as usize % COLOURS.len()];
        let outline = if self.is_critical(row.job) { " stroke=\"#cf222e\" stroke-width=\"2\"" } else { "" };
        let stage = &pipeline.stages()[job.stage as usize];
        let title = format!("{} ({stage}): {} to {}", job.name, clock(row.start), clock(row.end));
        let _ = write!(
            svg,
            "<g><title>{}</title><rect x=\"{x:.1}\" y=\"{}\" width=\"{width:.1}\" height=\"{}\" rx=\"3\" fill=\"{colour}\"{outline}/>",
            escaped(&title),
            y + 2,
            LANE - 4
        );
        let fits = ((width - 8.0) / 6.2).max(0.0) as usize;
        if fits >= 3 {
            let label: String = job.name.chars().take(fits).collect();
            let _ =
                write!(svg, "<text x=\"{:.1}\" y=\"{}\" fill=\"#ffffff\">{}</text>", x + 4.0, y + 17, escaped(&label));
        }
        svg.push_str("</g>\n");
    }

    /// The schedule in so many columns of text: a line a worker, each job by the beginning of its name, `=` after it while it
    /// runs and `#` on the critical path.
    pub fn to_text(&self, pipeline: &Pipeline, columns: usize) -> String {
        let lanes = self.lanes();
        let margin = lanes.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let room = columns.saturating_sub(margin + 3).max(10);
        let mut text = format!("{}\n", self.headline());
        for (name, rows) in &lanes {
            let mut line: Vec<char> = vec![' '; room];
            rows.iter().for_each(|row| self.draw(&mut line, pipeline, row));
            let line: String = line.into_iter().collect();
            let _ = writeln!(text, "{name:<margin$} |{}|", line);
        }
        let path: Vec<&str> =
            self.critical_path.iter().map(|&job| pipeline.jobs()[job as usize].name.as_str()).collect();
        let _ = writeln!(text, "critical path: {}", path.join(" -> "));
        text
    }

    fn draw(&self, line: &mut [char], pipeline: &Pipeline, row: &Row) {
        let column = |time: u64| (time as u128 * line.len() as u128 / u128::from(self.makespan.max(1))) as usize;
        let (from, to) = (column(row.start), column(row.end).max(column(row.start) + 1).min(line.len()));
        let fill = if self.is_critical(row.job) { '#' } else { '=' };
        let name = pipeline.jobs()[row.job as usize].name.chars();
        let mut letters = name.take((to.saturating_sub(from)).saturating_sub(1));
        for cell in line.iter_mut().take(to).skip(from) {
            *cell = letters.next().filter(|char| !char.is_control()).unwrap_or(fill);
        }
    }
}

fn legend(svg: &mut String, pipeline: &Pipeline, height: u64) {
    let mut x = LEFT;
    let y = height - 12;
    for (at, stage) in pipeline.stages().iter().enumerate() {
        let colour = COLOURS[at % COLOURS.len()];
        let _ = writeln!(
            svg,
            "<rect x=\"{x}\" y=\"{}\" width=\"10\" height=\"10\" rx=\"2\" fill=\"{colour}\"/><text x=\"{}\" y=\"{y}\" fill=\"#57606a\">{}</text>",
            y - 9,
            x + 14,
            escaped(stage)
        );
        x += 30 + 7 * stage.chars().count() as u64;
    }
}

/// Milliseconds as people say them.
pub(crate) fn clock(time: u64) -> String {
    let seconds = time / 1000;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, _) if time < 1000 => format!("{time} ms"),
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// A round step that gives five to ten marks.
fn tick(makespan: u64) -> u64 {
    const STEPS: [u64; 14] = [
        100, 500, 1000, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000, 3_600_000, 10_800_000, 43_200_000,
        86_400_000,
    ];
    STEPS.into_iter().find(|step| makespan / step <= 10).unwrap_or(makespan.div_ceil(10).max(1))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            char if char.is_control() => out.push(' '),
            char => out.push(char),
        }
    }
    out
}
