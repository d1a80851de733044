//! A plan as a table.

use std::fmt;

use super::step::{Action, Step};
use super::{Finding, Plan};
use crate::sync::Phase;

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Action::Create => "create",
            Action::Update => "update",
            Action::Hook => "hook",
            Action::Wait => "wait",
            Action::Delete => "delete",
            Action::Keep => "keep",
        })
    }
}

impl fmt::Display for Step {
    /// `create v1/ConfigMap/web  (declared, not in the cluster)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<6} {}  ({})", self.action, self.id, self.reason)
    }
}

/// The cells of a row that differ in width.
struct Row<'p> {
    step: &'p Step,
    wave: String,
    id: String,
}

impl<'p> Row<'p> {
    fn new(step: &'p Step) -> Self {
        let wave = match step.phase {
            Phase::Sync => step.wave.to_string(),
            phase => format!("{} {}", phase.as_str(), step.wave),
        };
        Row { step, wave, id: step.id.to_string() }
    }
}

impl fmt::Display for Plan {
    /// A row for each step, in order: its number from 1, action, wave (with the phase, unless it is `Sync`), resource, reason;
    /// below it the fields that an update sets and removes, by their paths. `{:#}` also prints what a step is after. Findings
    /// follow. No values are printed. An empty plan prints nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<Row<'_>> = self.steps.iter().map(Row::new).collect();
        let digits = rows.len().to_string().len();
        let wave = rows.iter().map(|row| row.wave.len()).max().unwrap_or(0).max("wave".len());
        let id = rows.iter().map(|row| row.id.len()).max().unwrap_or(0).max("resource".len());
        if !rows.is_empty() {
            writeln!(f, "{:>digits$}  action  {:wave$}  {:id$}  reason", "#", "wave", "resource")?;
        }
        for (number, row) in (1..).zip(&rows) {
            let Row { step, wave: cell, id: name } = row;
            writeln!(f, "{number:>digits$}  {:6}  {cell:>wave$}  {name:id$}  {}", step.action, step.reason)?;
            details(f, step, digits + 2)?;
        }
        self.findings.iter().try_for_each(|finding| writeln!(f, "{finding}"))
    }
}

fn details(f: &mut fmt::Formatter<'_>, step: &Step, indent: usize) -> fmt::Result {
    for path in &step.set {
        writeln!(f, "{:indent$}  set     {path}", "")?;
    }
    for path in &step.remove {
        writeln!(f, "{:indent$}  remove  {path}", "")?;
    }
    if f.alternate() {
        for after in &step.after {
            writeln!(f, "{:indent$}  after   {}, {}", "", after.step + 1, after.why.words())?;
        }
    }
    Ok(())
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Cycle { path } => {
                f.write_str("cycle: ")?;
                path.iter().try_for_each(|id| write!(f, "{id}, then "))?;
                path.first().map_or(Ok(()), |id| write!(f, "{id} again"))
            }
            Finding::Refused { id, reason } => {
                write!(f, "{id} is refused by a server: {} {}", reason.path, reason.reason)?;
                reason.declared_at.iter().try_for_each(|at| write!(f, " ({at})"))
            }
            Finding::Duplicate { id } => write!(f, "{id} is declared twice: the first counts"),
        }
    }
}
