//! Entries and items: their lines inserted or taken out, or their part of a flow collection.

use crate::document::Document;
use crate::emit::{ListIndent, emit_kyaml};
use crate::node::{Kind, Node, Style};
use crate::source::Span;
use crate::splice::layout::Layout;
use crate::splice::{Context, Edit, NOT_READ, SpliceError};

pub(crate) fn insert(
    node: Node<'_>,
    index: usize,
    key: Option<&str>,
    value: Node<'_>,
) -> Result<Vec<Edit>, SpliceError> {
    let layout = Layout::of(node).ok_or_else(|| SpliceError::new(node, NOT_READ))?;
    if node.style() == Style::Flow || Context::of(node)?.in_flow() {
        return insert_in_flow(node, index, &one(key, value, Style::Flow, layout), layout);
    }
    let text = one(key, value, Style::Block, layout);
    let odd = || SpliceError::new(node, "this collection is not written in a way that can be extended");
    if index < node.len() {
        let part = Part::of(node, index, layout).ok_or_else(odd)?;
        let column = layout.column(part.start);
        if layout.begins_line(part.start) {
            let at = layout.comments_above(layout.line_start(part.start), part.comments_above);
            return Ok(vec![edit(at, at, indented(&text, column, layout))]);
        }
        // The first entry of an item stands behind its dash.
        let lines = indented(&text, column, layout);
        let moved = format!("{}{}", lines.trim_start_matches(' '), " ".repeat(column));
        return Ok(vec![edit(part.start, part.start, moved)]);
    }
    let last = index.checked_sub(1).and_then(|last| Part::of(node, last, layout)).ok_or_else(odd)?;
    let column = layout.column(last.start);
    let lines = indented(&text, column, layout);
    if last.below < layout.text.len() || layout.text.ends_with('\n') {
        return Ok(vec![edit(last.below, last.below, lines)]);
    }
    let lines = format!("{}{}", layout.newline, lines.trim_end_matches(['\n', '\r']));
    Ok(vec![edit(last.below, last.below, lines)])
}

pub(crate) fn remove(node: Node<'_>, index: usize) -> Result<Vec<Edit>, SpliceError> {
    let layout = Layout::of(node).ok_or_else(|| SpliceError::new(node, NOT_READ))?;
    if node.style() == Style::Flow || Context::of(node)?.in_flow() {
        return remove_in_flow(node, index, layout);
    }
    let odd = || SpliceError::new(node, "this collection is not written in a way that can be shortened");
    let part = Part::of(node, index, layout).ok_or_else(odd)?;
    let begins_line = layout.begins_line(part.start);
    let start = match begins_line {
        true => layout.comments_above(layout.line_start(part.start), part.comments_above),
        false => part.start,
    };
    if node.len() == 1 {
        return empty(node, start, part.below, begins_line, layout).ok_or_else(odd);
    }
    if begins_line {
        // At the end of a text without a line break the one before goes.
        let unterminated = part.below == layout.text.len() && !layout.text.ends_with('\n') && start > 0;
        let start = if unterminated { layout.line_end(start - 1) } else { start };
        return Ok(vec![edit(start, part.below, String::new())]);
    }
    let next = Part::of(node, index + 1, layout).ok_or_else(odd)?;
    Ok(vec![edit(start, next.start, String::new())])
}

/// What is left of a collection whose only entry goes: `{}` or `[]`, where the collection begins.
fn empty(node: Node<'_>, start: usize, below: usize, begins_line: bool, layout: Layout<'_>) -> Option<Vec<Edit>> {
    let brackets = if node.kind() == Kind::Mapping { "{}" } else { "[]" };
    let end = if layout.text[..below].ends_with('\n') { layout.line_end(layout.line_start(below - 1)) } else { below };
    if !begins_line {
        return Some(vec![edit(start, end, brackets.to_owned())]);
    }
    let context = Context::of(node).ok()?;
    let Some(parent) = context.around.last() else {
        return Some(vec![edit(start, end, brackets.to_owned())]);
    };
    // Behind the colon or the dash above, before a comment there.
    let key = parent.entries().find(|(_, value)| value.id() == node.id())?.0;
    let mut colon = key.span()?.end as usize;
    colon += layout.text[colon..].find(':')? + 1;
    let start = start.max(colon);
    Some(vec![edit(colon, colon, format!(" {brackets}")), edit(start, below, String::new())])
}

fn edit(start: usize, end: usize, text: String) -> Edit {
    Edit { span: Span { start: start as u32, end: end as u32 }, text }
}

/// One entry or item of a block collection and what belongs to it.
struct Part {
    /// Its dash, its `?`, or its key.
    start: usize,
    /// The beginning of the line below it and its comments.
    below: usize,
    comments_above: usize,
}

impl Part {
    fn of<'a>(node: Node<'a>, index: usize, layout: Layout<'a>) -> Option<Part> {
        let (first, last) = match node.kind() {
            Kind::Mapping => node.entries().nth(index)?,
            _ => (node.item(index)?, node.item(index)?),
        };
        let start = match node.kind() {
            Kind::Mapping => key_start(first, layout)?,
            _ => dash(node, index, layout)?,
        };
        let end = layout.content_end(last).max(layout.content_end(first));
        let below = if end > 0 && layout.text[..end].ends_with('\n') { end } else { layout.next_line(end) };
        let comments_above = first.comments().map_or(0, |comments| comments.head.lines().count());
        let ends_collection = index + 1 == node.len();
        let has_foot = ends_collection || first.comments().is_some_and(|comments| !comments.foot.is_empty());
        let below = if has_foot { layout.comments_below(below, layout.column(start)) } else { below };
        Some(Part { start, below, comments_above })
    }
}

/// Where an entry begins: at its key, or at the `?` before it.
pub(crate) fn key_start(key: Node<'_>, layout: Layout<'_>) -> Option<usize> {
    let start = key.span()?.start as usize;
    let before = layout.text[..start].trim_end_matches([' ', '\t', '\n', '\r']);
    let blank = |text: &str| text.is_empty() || text.ends_with([' ', '\t', '\n', '\r']);
    match before.strip_suffix('?') {
        Some(rest) if before.len() < start && blank(rest) => Some(rest.len()),
        _ => Some(start),
    }
}

/// Where the dash of an item is.
pub(crate) fn dash(seq: Node<'_>, index: usize, layout: Layout<'_>) -> Option<usize> {
    let from = match index.checked_sub(1) {
        Some(before) => layout.content_end(seq.item(before)?),
        None => layout.content_start(seq),
    };
    let end = layout.text.len();
    let at = layout.skip_space(from, end);
    layout.text[at..end].starts_with('-').then_some(at)
}

/// One entry or item as text, with its line break in block style.
fn one(key: Option<&str>, value: Node<'_>, style: Style, layout: Layout<'_>) -> String {
    let mut doc = Document::new();
    let value = doc.import(value);
    doc.make_readable();
    let root = match key {
        Some(key) => {
            let (root, key) = (doc.add_mapping(), doc.add_scalar(key, crate::Tag::Str, Style::of_go_string(key)));
            doc.set_children(root, &[key, value]);
            root
        }
        None => {
            let root = doc.add_sequence();
            doc.set_children(root, &[value]);
            root
        }
    };
    if style == Style::Flow {
        doc.drop_comments();
    }
    doc.set_style(root, style);
    doc.set_root(root);
    let text = emit_kyaml([&doc], ListIndent::derive(layout.text));
    match style {
        Style::Flow => text.trim_end()[1..text.trim_end().len() - 1].to_owned(),
        _ => text,
    }
}

fn indented(text: &str, column: usize, layout: Layout<'_>) -> String {
    let mut out = String::with_capacity(2 * text.len());
    for line in text.lines() {
        if !line.is_empty() {
            out.extend(std::iter::repeat_n(' ', column));
            out.push_str(line);
        }
        out.push_str(layout.newline);
    }
    out
}

// Flow collections

fn insert_in_flow(node: Node<'_>, index: usize, text: &str, layout: Layout<'_>) -> Result<Vec<Edit>, SpliceError> {
    let odd = || SpliceError::new(node, "this collection is not written in a way that can be extended");
    let span = node.span().ok_or_else(odd)?;
    if node.is_empty() {
        let open = layout.text[..span.end as usize].rfind(['[', '{']).ok_or_else(odd)? + 1;
        return Ok(vec![edit(open, open, text.to_owned())]);
    }
    if index < node.len() {
        let at = flow_part(node, index, layout).ok_or_else(odd)?.0;
        return Ok(vec![edit(at, at, format!("{text}, "))]);
    }
    let end = flow_part(node, index - 1, layout).ok_or_else(odd)?.1;
    Ok(vec![edit(end, end, format!(", {text}"))])
}

fn remove_in_flow(node: Node<'_>, index: usize, layout: Layout<'_>) -> Result<Vec<Edit>, SpliceError> {
    let odd = || SpliceError::new(node, "this collection is not written in a way that can be shortened");
    let (start, end) = flow_part(node, index, layout).ok_or_else(odd)?;
    let comma = layout.skip_space(end, layout.text.len());
    let followed = layout.text[comma..].starts_with(',');
    if let Some((next, _)) = flow_part(node, index + 1, layout).filter(|_| followed) {
        let next = if layout.text[comma..next].contains('#') { comma + 1 } else { next };
        return Ok(vec![edit(start, next, String::new())]);
    }
    let before = index.checked_sub(1).and_then(|before| flow_part(node, before, layout)).map(|(_, end)| end);
    let start = before.filter(|&before| !layout.text[before..start].contains('#')).unwrap_or(start);
    let end = if followed && before.is_none() { comma + 1 } else { end };
    Ok(vec![edit(start, end, String::new())])
}

/// Beginning and end of an entry or item of a flow collection.
fn flow_part<'a>(node: Node<'a>, index: usize, layout: Layout<'a>) -> Option<(usize, usize)> {
    let (first, last) = match node.kind() {
        Kind::Mapping => node.entries().nth(index)?,
        _ => (node.item(index)?, node.item(index)?),
    };
    let (start, end) = (first.span()?.start as usize, last.span()?.end as usize);
    let before = layout.text[..start].trim_end_matches([' ', '\t', '\n', '\r']);
    let start = if before.ends_with('?') { before.len() - 1 } else { start };
    // An empty value is where the next thing begins: back to the colon or the key.
    let end = layout.text[..end].trim_end_matches([' ', '\t', '\n', '\r']).len();
    Some((start, end.max(first.span()?.end as usize)))
}
