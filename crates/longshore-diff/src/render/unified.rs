//! The documents as text, compared line by line.

use std::fmt::Write as _;

use imara_diff::{Algorithm, Diff, Hunk, InternedInput};
use longshore_yaml::{Node, emit_build_into};

use super::value::redacted;
use super::{Section, Verb};

pub(super) fn render(sections: &[Section<'_, '_>], context: usize) -> String {
    let mut out = String::new();
    for section in sections {
        let (before, after) =
            (text(section.before, section.after, "before"), text(section.after, section.before, "after"));
        let name = |node: Option<Node<'_>>, title: &str| match node.map(|node| node.location()) {
            None => "/dev/null".to_owned(),
            Some(None) => title.to_owned(),
            Some(Some(at)) => format!("{title}\t{}:{}", at.file, at.line),
        };
        let old = if let Verb::Renamed { from, .. } = &section.verb { from } else { section.title() };
        let (old, new) = (name(section.before, old), name(section.after, section.title()));
        if let Some(hunks) = unified(&before, &after, context) {
            write!(out, "--- {old}\n+++ {new}\n{hunks}").expect("a String takes any text");
        }
    }
    out
}

/// A document as `kustomize build` prints it, secrets hidden.
fn text(node: Option<Node<'_>>, other: Option<Node<'_>>, side: &str) -> String {
    let mut out = String::new();
    if let Some(node) = node {
        let doc = redacted(node, other, side);
        if let Err(error) = emit_build_into(&mut out, doc.root()) {
            writeln!(out, "# cannot be printed: {}", error.message()).expect("a String takes any text");
        }
    }
    out
}

/// The hunks of a unified diff; `None` where the texts are the same.
fn unified(before: &str, after: &str, context: usize) -> Option<String> {
    let input = InternedInput::new(before, after);
    let mut diff = Diff::compute(Algorithm::Myers, &input);
    diff.postprocess_lines(&input);
    let hunks: Vec<Hunk> = diff.hunks().collect();
    let lines =
        |tokens: &[imara_diff::Token]| -> Vec<&str> { tokens.iter().map(|&token| input.interner[token]).collect() };
    let (old, new) = (lines(&input.before), lines(&input.after));
    let mut out = String::new();
    for group in hunks.chunk_by(|a, b| (b.before.start - a.before.end) as usize <= 2 * context) {
        write_group(&mut out, group, &old, &new, context);
    }
    (!out.is_empty()).then_some(out)
}

fn write_group(out: &mut String, group: &[Hunk], old: &[&str], new: &[&str], context: usize) {
    let (Some(first), Some(last)) = (group.first(), group.last()) else { return };
    let lead = context.min(first.before.start as usize);
    let start = (first.before.start as usize - lead, first.after.start as usize - lead);
    let trail = context.min(old.len() - last.before.end as usize);
    let end = (last.before.end as usize + trail, last.after.end as usize + trail);
    let range = |start: usize, end: usize| match end - start {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        count => format!("{},{count}", start + 1),
    };
    writeln!(out, "@@ -{} +{} @@", range(start.0, end.0), range(start.1, end.1)).expect("a String takes any text");
    let mut at = start.0;
    for hunk in group {
        let (gone, come) = (hunk.before.start as usize..hunk.before.end as usize, &hunk.after);
        old[at..gone.start].iter().for_each(|line| write_line(out, ' ', line));
        old[gone.clone()].iter().for_each(|line| write_line(out, '-', line));
        new[come.start as usize..come.end as usize].iter().for_each(|line| write_line(out, '+', line));
        at = gone.end;
    }
    old[at..end.0].iter().for_each(|line| write_line(out, ' ', line));
}

fn write_line(out: &mut String, sign: char, line: &str) {
    out.push(sign);
    out.push_str(line);
    if !line.ends_with('\n') {
        out.push('\n');
    }
}
