//! Values for reports: in one line, of bounded length, secrets hidden.

use longshore_yaml::{Document, Kind, Node, Scalar};
use serde_json::{Map, Value};

use crate::change::{Change, ChangeKind};
use crate::equal::{Budget, equal};
use crate::options::Limits;
use crate::secret::{Guard, REDACTED};

/// Characters of a value in one line.
const WIDTH: usize = 100;

/// Nodes that one value in a report may have.
const NODES: usize = 1_000_000;

/// What happened in one line: `2 → 3`, `+ {…}`, `0 → 4 (moved)`.
pub(super) fn sentence(change: &Change<'_>) -> String {
    let show = |node: Option<Node<'_>>| node.map(|node| line(node, change.guard)).unwrap_or_default();
    match change.kind {
        ChangeKind::Added => show(change.after),
        ChangeKind::Removed => show(change.before),
        ChangeKind::Moved { from, to } => format!("moved from {from} to {to}"),
        ChangeKind::Changed if change.is_secret() => format!("{REDACTED} → {REDACTED}"),
        ChangeKind::Changed => {
            let texts = change.before.and_then(|node| node.as_str()).zip(change.after.and_then(|node| node.as_str()));
            match texts.filter(|(before, after)| before.contains('\n') && after.contains('\n')) {
                Some((before, after)) => lines(before, after),
                None => format!("{} → {}", show(change.before), show(change.after)),
            }
        }
    }
}

/// Two texts of several lines: where they part.
fn lines(before: &str, after: &str) -> String {
    let same = before.lines().zip(after.lines()).take_while(|(a, b)| a == b).count();
    let line =
        |text: &str| text.lines().nth(same).map_or("(end)".to_owned(), |line| clip(&Value::from(line).to_string()));
    let (old, new) = (before.lines().count(), after.lines().count());
    format!("text of {old} lines → {new} lines, from line {}: {} → {}", same + 1, line(before), line(after))
}

/// A value in one line: compact JSON, cut where it is long.
pub(super) fn line(node: Node<'_>, guard: Guard) -> String {
    let mut out = String::new();
    write(node, guard, &mut out);
    clip(&out)
}

fn clip(text: &str) -> String {
    match text.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn write(node: Node<'_>, guard: Guard, out: &mut String) {
    // No more than the cut needs: what lies behind it is not written.
    if out.len() > 4 * WIDTH + 8 {
        return;
    }
    let node = node.resolved();
    let guard = guard.at(node);
    match node.kind() {
        _ if guard == Guard::Hidden => out.push_str(REDACTED),
        Kind::Mapping => {
            let mut separator = "{";
            for (key, value) in node.entries() {
                out.push_str(separator);
                out.push_str(key.text());
                out.push_str(": ");
                write(value, guard.field(node, key.text()), out);
                separator = ", ";
            }
            out.push_str(if separator == "{" { "{}" } else { "}" });
        }
        Kind::Sequence => {
            out.push('[');
            for (at, item) in node.items().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                write(item, guard.item(), out);
            }
            out.push(']');
        }
        _ => out.push_str(&scalar(node).to_string()),
    }
}

fn scalar(node: Node<'_>) -> Value {
    match node.scalar() {
        Some(Scalar::Float(value)) if !value.is_finite() => Value::String(node.text().to_owned()),
        _ => crate::align::value_of(node),
    }
}

/// A value as JSON, secrets hidden; what JSON cannot say stands as its text.
pub(super) fn json(node: Node<'_>, guard: Guard) -> Value {
    let budget = Budget::new(Limits { nodes: NODES, ..Limits::default() });
    json_within(node, guard, 0, &budget)
}

fn json_within(node: Node<'_>, guard: Guard, depth: usize, budget: &Budget) -> Value {
    if !budget.visit(depth) {
        return Value::String("(too large)".to_owned());
    }
    let node = node.resolved();
    let guard = guard.at(node);
    match node.kind() {
        _ if guard == Guard::Hidden => Value::String(REDACTED.to_owned()),
        Kind::Mapping => {
            let entry = |(key, value): (Node<'_>, Node<'_>)| {
                (key.text().to_owned(), json_within(value, guard.field(node, key.text()), depth + 1, budget))
            };
            Value::Object(node.entries().map(entry).collect::<Map<_, _>>())
        }
        Kind::Sequence => node.items().map(|item| json_within(item, guard.item(), depth + 1, budget)).collect(),
        _ => scalar(node),
    }
}

/// Copies a tree with its secrets hidden. A secret that differs from its counterpart on the other side says so, with
/// `side`, and nothing more.
pub(super) fn redacted(root: Node<'_>, other: Option<Node<'_>>, side: &str) -> Document {
    let mut doc = Document::new();
    let mut copier = Copier { doc: &mut doc, side, budget: Budget::new(Limits { nodes: NODES, ..Limits::default() }) };
    let id = copier.copy(root, other, Guard::default(), 0);
    doc.set_root(id);
    doc
}

struct Copier<'d, 's> {
    doc: &'d mut Document,
    side: &'s str,
    budget: Budget,
}

impl Copier<'_, '_> {
    fn copy(&mut self, node: Node<'_>, other: Option<Node<'_>>, guard: Guard, depth: usize) -> longshore_yaml::NodeId {
        let node = node.resolved();
        let guard = other.map_or(guard, |other| guard.at(other)).at(node);
        if !self.budget.visit(depth) {
            return self.doc.add_str("(too large)");
        }
        match node.kind() {
            Kind::Mapping => {
                let children: Vec<_> = node
                    .entries()
                    .flat_map(|(key, value)| {
                        let counterpart = other.and_then(|other| other.get(key.text()));
                        let value = self.copy(value, counterpart, guard.field(node, key.text()), depth + 1);
                        [self.doc.import(key), value]
                    })
                    .collect();
                let id = self.doc.add_mapping();
                self.doc.set_children(id, &children);
                id
            }
            _ if guard == Guard::Hidden => {
                let same = other.is_some_and(|other| equal(node, other, depth, &self.budget));
                match same || self.side.is_empty() {
                    true => self.doc.add_str(REDACTED),
                    false => self.doc.add_str(&format!("(redacted, {})", self.side)),
                }
            }
            Kind::Sequence => {
                let mut others = other.into_iter().flat_map(Node::items);
                let children: Vec<_> =
                    node.items().map(|item| self.copy(item, others.next(), guard.item(), depth + 1)).collect();
                let id = self.doc.add_sequence();
                self.doc.set_children(id, &children);
                id
            }
            _ => self.doc.import(node),
        }
    }
}
