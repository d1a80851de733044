//! A report as text for people and for machines. Values of Secrets are in none of them.

mod html;
mod machine;
mod text;

pub use html::html;
pub use machine::{attributes, json, sarif};
pub use text::{markdown, text};

use longshore_yaml::Location;

use crate::report::{Class, Field, Report, ResourceReport, Shown, Verdict};

/// Resources worth a word, in order: all that are not in sync, and those with a field to note.
fn notable(report: &Report) -> impl Iterator<Item = &ResourceReport> {
    let is_notable = |resource: &&ResourceReport| {
        let noted = resource.fields.iter().any(is_noted) || !resource.notes.is_empty();
        resource.verdict != Verdict::InSync || noted || !resource.is_appliable()
    };
    report.resources.iter().filter(is_notable)
}

/// Fields worth a word: what the server allocates by itself is none.
fn is_noted(field: &Field) -> bool {
    field.class != Class::Allocated
}

fn value(value: &Option<Shown>) -> &str {
    value.as_ref().map_or("(none)", Shown::text)
}

fn place(at: &Location) -> String {
    format!("{}:{}", at.file, at.line)
}

fn owners(field: &Field) -> String {
    let names: Vec<String> = field.owners.iter().map(ToString::to_string).collect();
    if names.is_empty() { "nobody on record".to_owned() } else { names.join(", ") }
}

/// `2 out of sync, 1 missing, 17 in sync, 1 cannot be applied`
fn summary(report: &Report) -> String {
    let verdicts = [Verdict::OutOfSync, Verdict::Missing, Verdict::Extra, Verdict::InSync];
    let counted = verdicts.into_iter().map(|verdict| (report.count(verdict), verdict));
    let mut parts: Vec<String> = counted
        .filter(|(count, _)| *count > 0)
        .map(|(count, verdict)| format!("{count} {}", verdict.words()))
        .collect();
    let refused = report.resources.iter().filter(|resource| !resource.is_appliable()).count();
    parts.extend((refused > 0).then(|| format!("{refused} cannot be applied")));
    if parts.is_empty() { "nothing to compare".to_owned() } else { parts.join(", ") }
}
