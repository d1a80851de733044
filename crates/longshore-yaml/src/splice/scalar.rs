//! One scalar for another: the style kept where it can be.

use crate::emit::scalar::{self as forms, Form, Place, analyze};
use crate::emit::sink::Sink;
use crate::node::{Kind, Node, Style, Tag};
use crate::source::Span;
use crate::splice::collection::{dash, key_start};
use crate::splice::layout::{Layout, is_block_scalar};
use crate::splice::{Context, Edit, NOT_READ, SpliceError};

pub(crate) fn replace(node: Node<'_>, text: &str, tag: Tag) -> Result<Vec<Edit>, SpliceError> {
    let layout = Layout::of(node).ok_or_else(|| SpliceError::new(node, NOT_READ))?;
    if matches!(node.kind(), Kind::Mapping | Kind::Sequence) {
        return Err(SpliceError::new(node, "expected a scalar"));
    }
    let context = Context::of(node)?;
    let place = Place { flow: context.in_flow(), key: context.key, indent: 0 };
    let form = choose(node, text, tag, place)?;
    let target = Target::of(node, tag, layout);
    match form {
        Form::Literal | Form::Folded => match block(&context, layout, &target, text) {
            Some(edits) => Ok(edits),
            None => Ok(target.write(&inline(text, Form::Double.fit(text, analyze(text, true), place), place))),
        },
        form => Ok(target.write(&inline(text, form, place))),
    }
}

/// The form that the text gets: the present one, or the nearest in which it means what it shall.
fn choose(node: Node<'_>, text: &str, tag: Tag, place: Place) -> Result<Form, SpliceError> {
    let analysis = analyze(text, false);
    let resolved = node.document().schema.resolve(text);
    if tag != Tag::Str {
        return match Form::Plain.fit(text, analysis, place) {
            Form::Plain if resolved == tag => Ok(Form::Plain),
            _ => Err(SpliceError::new(node, "this text is not of this type")),
        };
    }
    let style = if node.kind() == Kind::Scalar { node.style() } else { Style::Plain };
    let wanted = match style {
        // A line that ends in another break than the file's would take in the line below it.
        _ if text.contains(['\u{85}', '\u{2028}', '\u{2029}']) => Form::Double,
        // Between single quotes a line below could begin with `---`, and would have to be indented.
        _ if text.contains('\n') => {
            if place.flow || place.key {
                Form::Double
            } else {
                Form::Literal
            }
        }
        Style::SingleQuoted => Form::Single,
        Style::DoubleQuoted => Form::Double,
        // What any YAML would take for something else gets quotes, as Go gives it.
        _ if resolved != Tag::Str => Form::Double,
        _ => Form::from(Style::of_go_string(text)),
    };
    Ok(wanted.fit(text, analysis, place))
}

fn inline(text: &str, form: Form, place: Place) -> String {
    let mut out = String::new();
    // A key is never folded.
    forms::write_inline(&mut Sink::new(&mut out, usize::MAX), text, form, Place { key: true, ..place });
    out
}

/// What is replaced.
struct Target<'a> {
    layout: Layout<'a>,
    node: Node<'a>,
    start: usize,
    end: usize,
    /// Comment behind the header of a block scalar.
    comment: &'a str,
    /// What must be written before the text.
    prefix: String,
}

impl<'a> Target<'a> {
    fn of(node: Node<'a>, tag: Tag, layout: Layout<'a>) -> Self {
        let span = node.span().unwrap_or_default();
        let mut target = Target {
            layout,
            node,
            start: layout.content_start(node),
            end: layout.content_end(node),
            comment: "",
            prefix: String::new(),
        };
        if node.kind() == Kind::Scalar && node.explicit_tag().is_some() && node.tag() != tag {
            target.start = span.start as usize;
            target.prefix = node.anchor().map(|name| format!("&{name} ")).unwrap_or_default();
        }
        if is_block_scalar(node) {
            let header = &layout.text[target.start..layout.line_end(target.start)];
            target.comment = header.find('#').map_or("", |at| &header[at..]);
        }
        if target.start >= target.end {
            target.make_room();
        }
        target
    }

    /// An empty value: there is no text to replace, and perhaps no space or colon before it.
    fn make_room(&mut self) {
        let before = &self.layout.text[..self.start];
        let text = before.trim_end_matches([' ', '\t', '\n', '\r']);
        // In a flow collection the empty value is where the next thing is.
        if text.ends_with(':') || text.ends_with('-') || text.ends_with('?') {
            self.start = text.len();
            self.prefix = " ".to_owned();
        } else if text.len() == before.len() && !before.is_empty() && self.node.explicit_tag().is_none() {
            self.prefix = ": ".to_owned();
        } else if text.len() == before.len() {
            self.prefix = " ".to_owned();
        }
        self.end = self.start;
    }

    /// Writes text that is not a block scalar.
    fn write(&self, text: &str) -> Vec<Edit> {
        let gap = if self.comment.is_empty() { "" } else { " " };
        let mut out = format!("{}{text}{gap}{}", self.prefix, self.comment);
        let replaced = &self.layout.text[self.start..self.end];
        if is_block_scalar(self.node) && replaced.ends_with('\n') {
            out.push_str(self.layout.newline);
        }
        vec![edit(self.start, self.end, out)]
    }
}

fn edit(start: usize, end: usize, text: String) -> Edit {
    Edit { span: Span { start: start as u32, end: end as u32 }, text }
}

/// A literal block scalar: its header where the old text is, its lines below this line.
fn block(context: &Context<'_>, layout: Layout<'_>, target: &Target<'_>, text: &str) -> Option<Vec<Edit>> {
    let parent = match context.around.last() {
        None => 0,
        Some(parent) => column_of(*parent, layout)?,
    };
    let column = old_column(layout, target, parent).unwrap_or(parent + 2);
    let mut header = target.prefix.clone();
    forms::write_block_header(&mut Sink::new(&mut header, usize::MAX), text, Form::Literal);
    let hint = column.checked_sub(parent).filter(|hint| (1..=9).contains(hint))?;
    // A tab in front would be taken for indentation.
    let header = match text.starts_with('\t') {
        true => header.replacen('|', &format!("|{hint}"), 1),
        false => header.replacen("|2", &format!("|{hint}"), 1),
    };
    let mut lines = String::new();
    forms::write_literal_lines(&mut Sink::new(&mut lines, usize::MAX), text, column);
    let lines = if layout.newline == "\n" { lines } else { lines.replace('\n', layout.newline) };
    if is_block_scalar(target.node) {
        let gap = if target.comment.is_empty() { "" } else { " " };
        let mut out = format!("{header}{gap}{}{}{lines}", target.comment, layout.newline);
        let ends_line = layout.text[target.start..target.end].ends_with('\n');
        if ends_line && !out.ends_with('\n') {
            out.push_str(layout.newline);
        }
        if !ends_line && target.end < layout.text.len() {
            let end = out.trim_end_matches(['\n', '\r']).len();
            out.truncate(if out.ends_with(&layout.newline.repeat(2)) { out.len() - layout.newline.len() } else { end });
        }
        return Some(vec![edit(target.start, target.end, out)]);
    }
    let below = layout.line_end(target.end);
    let mut lines = format!("{}{lines}", layout.newline);
    if below < layout.text.len() && lines.ends_with('\n') {
        lines.truncate(lines.len() - layout.newline.len());
    }
    Some(vec![edit(target.start, target.end, header), edit(below, below, lines)])
}

/// Column of the block collection that a block scalar stands in, as the reader counts it.
fn column_of(parent: Node<'_>, layout: Layout<'_>) -> Option<usize> {
    let at = match parent.kind() {
        Kind::Sequence => dash(parent, 0, layout)?,
        _ => key_start(parent.entries().next()?.0, layout)?,
    };
    Some(layout.column(at))
}

/// Column of the lines of the block scalar that is replaced.
fn old_column(layout: Layout<'_>, target: &Target<'_>, parent: usize) -> Option<usize> {
    if !is_block_scalar(target.node) {
        return None;
    }
    let header_end = layout.line_end(target.start);
    let header = layout.text[target.start..header_end].split([' ', '\t', '#']).next().unwrap_or_default();
    if let Some(digit) = header.chars().find_map(|char| char.to_digit(10)) {
        return Some(parent + digit as usize);
    }
    let lines = layout.text.get(header_end..target.end)?.lines();
    let line = lines.into_iter().find(|line| !line.trim().is_empty())?;
    Some(line.len() - line.trim_start_matches(' ').len())
}
