//! Text for terminals, Markdown for reviews.

use std::fmt::Write;

use super::{is_noted, notable, owners, place, summary, value};
use crate::report::{Report, Verdict};

/// Lines for a terminal: each notable resource, its fields, and a summary at the end.
pub fn text(report: &Report) -> String {
    let mut out = String::new();
    for resource in notable(report) {
        line(&mut out, format_args!("{:<12} {}", resource.verdict.words(), resource.id));
        if let Some(at) = resource.declared_at.as_ref().filter(|_| resource.fields.is_empty()) {
            line(&mut out, format_args!("    declared at {}", place(at)));
        }
        for field in resource.fields.iter().filter(|field| is_noted(field)) {
            let (path, desired, live) = (&field.path, value(&field.desired), value(&field.live));
            line(&mut out, format_args!("  {path}: {desired} -> {live}"));
            line(&mut out, format_args!("    {}, by {}", field.class.words(), owners(field)));
            if let Some(rule) = &field.rule {
                line(&mut out, format_args!("    rule: {rule}"));
            }
            if let Some(at) = &field.declared_at {
                line(&mut out, format_args!("    declared at {}", place(at)));
            }
        }
        for one in &resource.unappliable {
            line(&mut out, format_args!("  {}: cannot be applied: {}", one.path, one.reason));
            if let Some(at) = &one.declared_at {
                line(&mut out, format_args!("    declared at {}", place(at)));
            }
        }
        for note in &resource.notes {
            line(&mut out, format_args!("  note: {note}"));
        }
    }
    line(&mut out, format_args!("{}; health: {}", summary(report), report.health()));
    out
}

/// A table for a merge request or an incident.
pub fn markdown(report: &Report) -> String {
    let mut out = String::new();
    line(&mut out, format_args!("**{}**, health: {}\n", summary(report), report.health()));
    let mut head = true;
    for resource in notable(report) {
        if std::mem::take(&mut head) {
            out.push_str(
                "| resource | field | why | desired | live | by | declared at |\n|---|---|---|---|---|---|---|\n",
            );
        }
        let id = cell(&resource.id.to_string());
        let declared = |at: &Option<_>| at.as_ref().map(place).unwrap_or_default();
        if resource.fields.is_empty() && resource.verdict != Verdict::InSync {
            let at = declared(&resource.declared_at);
            line(&mut out, format_args!("| {id} | | {} | | | | {} |", resource.verdict.words(), cell(&at)));
        }
        for field in resource.fields.iter().filter(|field| is_noted(field)) {
            let cells = [
                field.path.to_string(),
                field.class.words().to_owned(),
                value(&field.desired).to_owned(),
                value(&field.live).to_owned(),
                owners(field),
                declared(&field.declared_at),
            ];
            let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
            line(&mut out, format_args!("| {id} | {} |", cells.join(" | ")));
        }
        for one in &resource.unappliable {
            let (path, why, at) = (cell(&one.path.to_string()), cell(&one.reason), cell(&declared(&one.declared_at)));
            line(&mut out, format_args!("| {id} | {path} | cannot be applied: {why} | | | | {at} |"));
        }
        for note in &resource.notes {
            line(&mut out, format_args!("| {id} | | {} | | | | |", cell(note)));
        }
    }
    out
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(out, "{text}").expect("a String takes all text");
}

/// A text that stays inside its cell and means no markup.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    for character in text.chars() {
        match character {
            '\n' | '\r' => out.push(' '),
            '|' | '`' | '*' | '_' | '<' | '>' | '[' | ']' | '\\' | '#' => out.extend(['\\', character]),
            _ => out.push(character),
        }
    }
    out
}
