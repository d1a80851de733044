//! One line for each change.

use std::fmt::Write as _;

use longshore_yaml::Location;

use super::value::sentence;
use super::{Section, Verb};
use crate::change::{Change, ChangeKind};

pub(super) fn render(sections: &[Section<'_, '_>]) -> String {
    let mut out = String::new();
    for section in sections {
        write_section(&mut out, section).expect("a String takes any text");
    }
    out
}

fn write_section(out: &mut String, section: &Section<'_, '_>) -> std::fmt::Result {
    write!(out, "{} ", section.verb.sign())?;
    match &section.verb {
        Verb::Renamed { from, score } => write!(out, "{from} → {} ({score} % the same)", section.title())?,
        Verb::Added | Verb::Removed => write!(out, "{}{}", section.title(), place(section.location()))?,
        Verb::Changed => out.push_str(section.title()),
    }
    out.push('\n');
    for change in section.changes.into_iter().flatten() {
        writeln!(out, "  {}", line(change))?;
    }
    Ok(())
}

fn line(change: &Change<'_>) -> String {
    let path = match change.path.is_root() {
        true => "(root)".to_owned(),
        false => change.path.to_string(),
    };
    let at = place(change.node().and_then(|node| node.location()));
    format!("{} {path}: {}{at}", sign(change.kind), sentence(change))
}

pub(super) fn sign(kind: ChangeKind) -> char {
    match kind {
        ChangeKind::Added => '+',
        ChangeKind::Removed => '-',
        ChangeKind::Changed => '~',
        ChangeKind::Moved { .. } => '>',
    }
}

fn place(location: Option<Location>) -> String {
    location.map(|at| format!("  ({at})")).unwrap_or_default()
}
