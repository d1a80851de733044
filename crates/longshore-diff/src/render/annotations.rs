//! Changes as annotations at lines of files, for GitHub Actions and GitLab CI.

use std::fmt::Write as _;

use longshore_yaml::{Location, Node};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::value::sentence;
use super::{Section, Verb, paths};

/// One annotation: where, what kind of thing, what it says.
struct Note {
    at: Option<Location>,
    check: String,
    title: String,
    path: String,
    text: String,
}

fn notes(sections: &[Section<'_, '_>]) -> Vec<Note> {
    let mut notes = Vec::new();
    for section in sections {
        let note = |at, check: &str, path: String, text| Note {
            at,
            check: check.to_owned(),
            title: section.title().to_owned(),
            path,
            text,
        };
        match (&section.verb, section.changes) {
            (Verb::Renamed { from, score }, _) => {
                let text = format!("renamed from {from}, {score} % the same");
                notes.push(note(section.location(), "renamed", String::new(), text));
            }
            (verb, None) => notes.push(note(section.location(), verb.word(), String::new(), verb.word().to_owned())),
            _ => {}
        }
        for change in section.changes.into_iter().flatten() {
            let path = change.path.to_string();
            let text = format!("{} {path}: {}", paths::sign(change.kind), sentence(change));
            notes.push(note(change.node().and_then(Node::location), "changed", path, text));
        }
    }
    notes
}

pub(super) fn github(sections: &[Section<'_, '_>]) -> String {
    let mut out = String::new();
    for note in notes(sections) {
        let place = note.at.map(|at| format!("file={},line={},col={},", property(&at.file), at.line, at.column));
        let (place, title) = (place.unwrap_or_default(), property(&note.title));
        writeln!(out, "::notice {place}title={title}::{}", data(&note.text)).expect("a String takes any text");
    }
    out
}

/// Escapes the text of a workflow command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

pub(super) fn gitlab(sections: &[Section<'_, '_>]) -> String {
    let issue = |note: Note| {
        let (path, line) = note.at.map_or((String::new(), 1), |at| (at.file, at.line));
        json!({
            "description": format!("{}: {}", note.title, note.text),
            "check_name": format!("longshore-diff/{}", note.check),
            "fingerprint": fingerprint(&[&note.check, &note.title, &note.path]),
            "severity": "info",
            "location": { "path": path, "lines": { "begin": line } },
        })
    };
    let issues: Value = notes(sections).into_iter().map(issue).collect();
    format!("{issues:#}\n")
}

/// Names an issue across runs. Values are left out: they may be secret.
fn fingerprint(parts: &[&str]) -> String {
    let digest = Sha256::digest(parts.join("\n").as_bytes());
    digest.iter().take(16).fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
