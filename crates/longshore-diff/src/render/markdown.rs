//! A table for each resource, folded, for a pull request.

use std::fmt::Write as _;

use longshore_yaml::Node;

use super::value::{line, sentence};
use super::{Section, Verb, paths, summary};
use crate::change::{Change, ChangeKind};

pub(super) fn render(sections: &[Section<'_, '_>], unchanged: usize) -> String {
    let mut out = String::new();
    if !sections.is_empty() {
        write(&mut out, sections, unchanged).expect("a String takes any text");
    }
    out
}

fn write(out: &mut String, sections: &[Section<'_, '_>], unchanged: usize) -> std::fmt::Result {
    writeln!(out, "**{}**, {unchanged} unchanged", summary(sections))?;
    for section in sections {
        let count = section.changes.map_or(0, |changes| changes.len());
        let count = match count {
            0 => String::new(),
            1 => " (1 change)".to_owned(),
            count => format!(" ({count} changes)"),
        };
        let title = match &section.verb {
            Verb::Renamed { from, score } => {
                format!("{} → {}, {score} % the same", html(from), html(section.title()))
            }
            verb => format!("{} {}", html(section.title()), verb.word()),
        };
        writeln!(out, "\n<details><summary>{} {title}{count}</summary>\n", section.verb.sign())?;
        match section.changes {
            Some(changes) => {
                writeln!(out, "| | field | before | after | from |\n|---|---|---|---|---|")?;
                changes.iter().try_for_each(|change| writeln!(out, "{}", row(change)))?;
            }
            None => writeln!(out, "{}", place(section.after.or(section.before)))?,
        }
        writeln!(out, "\n</details>")?;
    }
    Ok(())
}

fn row(change: &Change<'_>) -> String {
    let show = |node: Option<Node<'_>>| node.map(|node| code(&line(node, change.guard))).unwrap_or_default();
    let (before, after) = match change.kind {
        ChangeKind::Moved { from, to } => (format!("at {from}"), format!("at {to}")),
        ChangeKind::Changed if sentence(change).starts_with("text of ") => (String::new(), code(&sentence(change))),
        _ => (show(change.before), show(change.after)),
    };
    let path = code(&change.path.to_string());
    format!("| {} | {path} | {before} | {after} | {} |", paths::sign(change.kind), place(change.node()))
}

fn place(node: Option<Node<'_>>) -> String {
    node.and_then(Node::location).map(|at| code(&format!("{}:{}", at.file, at.line))).unwrap_or_default()
}

/// Inline code that neither ends early nor breaks a table.
fn code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let longest = text.split(|char| char != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if longest > 0 { " " } else { "" };
    format!("{fence}{space}{}{space}{fence}", text.replace('|', "\\|").replace(['\n', '\r'], " "))
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
