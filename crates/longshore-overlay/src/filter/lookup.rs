//! kyaml's two ways to find nodes by a list of path parts: one node exactly, or all that match.

use std::borrow::Cow;

use longshore_yaml::{Document, Kind, ListIndent, Node, NodeId, Style, Tag, emit_kyaml};

use crate::filter::edit::{Edit, FilterError, Typed, plain_tag};
use crate::filter::path::Piece;
use crate::filter::pattern::Pattern;

/// Go's name of a kind of node.
pub(crate) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Scalar => "ScalarNode",
        Kind::Mapping => "MappingNode",
        Kind::Sequence => "SequenceNode",
        Kind::Alias => "AliasNode",
    }
}

/// The error for a node of the wrong kind.
pub(crate) fn kind_error(node: Node<'_>, expected: Kind) -> FilterError {
    let message = format!(
        "wrong node kind: expected {} but got {}: node contents:\n{}",
        kind_name(expected),
        kind_name(node.kind()),
        text_of(node)
    );
    FilterError::at(node, message)
}

/// A node as kyaml prints it, without space around.
pub(crate) fn text_of(node: Node<'_>) -> Cow<'_, str> {
    let node = node.resolved();
    let plain = node.kind() == Kind::Scalar
        && node.style() == Style::Plain
        && node.comments().is_none()
        && plain_tag(node.text()) == node.tag();
    if plain {
        return node.text().trim().into();
    }
    emit_kyaml([&Document::from_node(node)], ListIndent::Compact).trim().to_owned().into()
}

/// One part of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part<'p> {
    Index(usize),
    Last,
    /// `[name=value]`, `[=value]`
    Element(&'p str, &'p str),
    Field(&'p str),
}

fn part_of(text: &str) -> Result<Part<'_>, FilterError> {
    match text.parse::<i64>() {
        Ok(index) => {
            let negative = || FilterError::new(format!("array index {index} cannot be negative"));
            usize::try_from(index).map(Part::Index).map_err(|_| negative())
        }
        Err(_) if text == "-" => Ok(Part::Last),
        Err(_) if is_element(text) => element_of(text).map(|(name, value)| Part::Element(name, value)),
        Err(_) => Ok(Part::Field(text)),
    }
}

fn is_element(part: &str) -> bool {
    part.starts_with('[') && part.ends_with(']')
}

fn element_of(part: &str) -> Result<(&str, &str), FilterError> {
    let inner = part.strip_suffix(']').unwrap_or(part);
    let inner = inner.strip_prefix('[').unwrap_or(inner);
    let wrong = || FilterError::new("list path element must contain fieldName=fieldValue for element to match");
    inner.split_once('=').ok_or_else(wrong)
}

/// Parts without space around; those without anything else left out.
fn clean<'p>(path: &'p [Piece<'_>]) -> impl Iterator<Item = &'p str> {
    path.iter().map(|part| part.trim()).filter(|part| !part.is_empty())
}

/// The one node at a path: names of fields, numbers and `-` (the last) for items, `[name=value]` for the first item
/// with that field.
pub(crate) fn get<'a>(node: Node<'a>, path: &[Piece<'_>]) -> Result<Option<Node<'a>>, FilterError> {
    let mut node = node.resolved();
    for part in path {
        match step(node, part)? {
            Some(found) => node = found,
            None => return Ok(None),
        }
    }
    Ok(Some(node))
}

/// As [`get`], of one part; one that is blank stays where it is.
pub(crate) fn step<'a>(node: Node<'a>, part: &str) -> Result<Option<Node<'a>>, FilterError> {
    let found = match part_of(part.trim())? {
        Part::Field("") => Some(node),
        Part::Field(name) => field(node, name)?,
        Part::Index(index) => items(node)?.item(index),
        Part::Last => items(node)?.items().next_back(),
        Part::Element(name, value) => find_element(node, name, value)?,
    };
    Ok(found.map(Node::resolved))
}

fn field<'a>(node: Node<'a>, name: &str) -> Result<Option<Node<'a>>, FilterError> {
    match node.kind() {
        Kind::Mapping => Ok(node.get(name)),
        _ if node.tag() == Tag::Null => Ok(None),
        _ => Err(kind_error(node, Kind::Mapping)),
    }
}

fn items(node: Node<'_>) -> Result<Node<'_>, FilterError> {
    match node.kind() {
        Kind::Sequence => Ok(node),
        _ if node.tag() == Tag::Null => Ok(node),
        _ => Err(kind_error(node, Kind::Sequence)),
    }
}

fn find_element<'a>(node: Node<'a>, name: &str, value: &str) -> Result<Option<Node<'a>>, FilterError> {
    let matches = |item: &Node<'a>| {
        let item = item.resolved();
        if name.is_empty() {
            return item.text() == value;
        }
        item.is_mapping() && item.get(name).is_some_and(|found| found.text() == value)
    };
    Ok(items(node)?.items().find(matches))
}

/// The one node at a path; what is missing is made, the node itself as `kind`. An item named by its number is not made.
pub(crate) fn get_or_make(
    edit: &mut Edit<'_>,
    from: NodeId,
    path: &[Piece<'_>],
    kind: Kind,
) -> Result<Option<NodeId>, FilterError> {
    let parts: Vec<&str> = clean(path).collect();
    let mut id = from;
    for (index, part) in parts.iter().enumerate() {
        let node = edit.node(id);
        let found = match part_of(part)? {
            Part::Field(name) => {
                if node.tag() == Tag::Null {
                    return Ok(None);
                }
                match field(node, name)?.map(|found| found.resolved().id()) {
                    Some(found) => Some(found),
                    None => {
                        let made = match parts.get(index + 1) {
                            Some(next) if is_element(next) => Kind::Sequence,
                            Some(_) => Kind::Mapping,
                            None => kind,
                        };
                        let new = edit.empty(made);
                        Some(edit.add_entry(id, name, new))
                    }
                }
            }
            Part::Index(index) => items(node)?.item(index).map(|found| found.resolved().id()),
            Part::Last => items(node)?.items().next_back().map(|found| found.resolved().id()),
            Part::Element(name, value) => match find_element(node, name, value)?.map(|found| found.resolved().id()) {
                Some(found) => Some(found),
                None => Some(add_element(edit, id, name, value)?),
            },
        };
        match found {
            Some(found) => id = found,
            None => return Ok(None),
        }
    }
    Ok(Some(id))
}

/// Adds the item that `[name=value]` looks for.
fn add_element(edit: &mut Edit<'_>, list: NodeId, name: &str, value: &str) -> Result<NodeId, FilterError> {
    if edit.node(list).kind() != Kind::Sequence {
        return Err(kind_error(edit.node(list), Kind::Sequence));
    }
    let scalar = edit.empty(Kind::Scalar);
    edit.set_text(scalar, value, Typed::Plain);
    let item = if name.is_empty() {
        scalar
    } else {
        let item = edit.empty(Kind::Mapping);
        edit.add_entry(item, name, scalar);
        item
    };
    Ok(edit.add_item(list, item))
}

/// All nodes that a path matches: `*` is every item, `[name=pattern]` every item whose field matches somewhere.
///
/// With `make`, what is missing is made, the node itself of that kind; an item by number only just behind the last.
pub(crate) fn find_all(
    edit: &mut Edit<'_>,
    from: NodeId,
    path: &[Piece<'_>],
    make: Option<Kind>,
) -> Result<Vec<Found>, FilterError> {
    let mut found = Vec::new();
    Search { make, made: false, found: &mut found }.visit(edit, from, path)?;
    Ok(found)
}

/// A node that a path matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The node.
    pub(crate) id: NodeId,
    /// Whether it was made for the search, and so has no type of its own yet.
    pub(crate) made: bool,
}

struct Search<'s> {
    make: Option<Kind>,
    made: bool,
    found: &'s mut Vec<Found>,
}

impl Search<'_> {
    fn visit(&mut self, edit: &mut Edit<'_>, id: NodeId, path: &[Piece<'_>]) -> Result<(), FilterError> {
        let Some((part, rest)) = path.split_first() else {
            self.found.push(Found { id, made: self.made });
            return Ok(());
        };
        if !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.index(edit, id, part, rest);
        }
        if is_element(part) {
            return self.element(edit, id, part, rest);
        }
        if part == "*" {
            return self.every(edit, id, rest);
        }
        self.field(edit, id, part, rest)
    }

    fn field(&mut self, edit: &mut Edit<'_>, id: NodeId, name: &str, rest: &[Piece<'_>]) -> Result<(), FilterError> {
        let node = edit.node(id);
        let next = match field(node, name)?.map(|found| found.resolved().id()) {
            Some(found) => found,
            None => {
                let Some(kind) = self.make else { return Ok(()) };
                let kind = kind_of_part(rest, kind);
                if node.tag() == Tag::Null {
                    // The original adds the field to a null, where it is lost, and finds it there.
                    let lost = edit.empty(kind);
                    return self.visit_made(edit, lost, rest);
                }
                let new = edit.empty(kind);
                let new = edit.add_entry(id, name, new);
                return self.visit_made(edit, new, rest);
            }
        };
        self.visit(edit, next, rest)
    }

    fn visit_made(&mut self, edit: &mut Edit<'_>, id: NodeId, rest: &[Piece<'_>]) -> Result<(), FilterError> {
        Search { make: self.make, made: true, found: self.found }.visit(edit, id, rest)
    }

    fn index(&mut self, edit: &mut Edit<'_>, id: NodeId, part: &str, rest: &[Piece<'_>]) -> Result<(), FilterError> {
        let out_of_range = |_| FilterError::new(format!("strconv.Atoi: parsing \"{part}\": value out of range"));
        let index: usize = part.parse().map_err(out_of_range)?;
        let node = edit.node(id);
        let length = items(node)?.len();
        let make = self.make.filter(|_| length == index && node.kind() == Kind::Sequence);
        if let Some(kind) = make {
            let new = edit.empty(kind_of_part(rest, kind));
            let new = edit.add_item(id, new);
            return self.visit_made(edit, new, rest);
        }
        let Some(item) = edit.node(id).item(index).map(|item| item.resolved().id()) else {
            let message = format!("index {index} specified but only {length} elements found");
            return Err(FilterError::at(edit.node(id), message));
        };
        self.visit(edit, item, rest)
    }

    fn every(&mut self, edit: &mut Edit<'_>, id: NodeId, rest: &[Piece<'_>]) -> Result<(), FilterError> {
        for index in 0..items(edit.node(id))?.len() {
            let Some(item) = edit.node(id).item(index).map(|item| item.resolved().id()) else { break };
            self.visit(edit, item, rest)?;
        }
        Ok(())
    }

    fn element(&mut self, edit: &mut Edit<'_>, id: NodeId, part: &str, rest: &[Piece<'_>]) -> Result<(), FilterError> {
        let (name, value) = element_of(part)?;
        let pattern = Pattern::new(value).map_err(|error| FilterError::at(edit.node(id), error.to_string()))?;
        let before = self.found.len();
        for index in 0..items(edit.node(id))?.len() {
            let Some(item) = edit.node(id).item(index).map(Node::resolved) else { break };
            let item_id = item.id();
            if name.is_empty() {
                if pattern.is_match(&text_of(item)) {
                    self.found.push(Found { id: item_id, made: self.made });
                }
                continue;
            }
            let matches = field(item, name)?.is_some_and(|found| pattern.is_match(&text_of(found)));
            if matches {
                self.visit(edit, item_id, rest)?;
            }
        }
        if self.found.len() > before || self.make.is_none() {
            return Ok(());
        }
        let item = add_element(edit, id, name, value)?;
        // A pattern that does not match its own text finds nothing again, and the original would never end.
        if !pattern.is_match(value) {
            let message = format!("the element made for \"{part}\" does not match it");
            return Err(FilterError::at(edit.node(id), message));
        }
        if name.is_empty() {
            self.found.push(Found { id: item, made: true });
            return Ok(());
        }
        self.visit_made(edit, item, rest)
    }
}

/// What a node must be so that the path can go on in it.
fn kind_of_part(rest: &[Piece<'_>], last: Kind) -> Kind {
    match rest.first() {
        None => last,
        Some(next) if next.is_empty() => last,
        Some(next) if is_element(next) || next.bytes().all(|byte| byte.is_ascii_digit()) => Kind::Sequence,
        Some(_) => Kind::Mapping,
    }
}
