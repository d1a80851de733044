//! Reading fields as Go's JSON decoder does: keys in any case, the last of several counts, null is nothing.

use std::fmt;

use longshore_yaml::{Kind, Node, Scalar, Tag};

use crate::error::{Finding, Problems, nearest};
use crate::filter::edit::Origin;

/// What may stand in a field.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    Text,
    Int,
    Bool,
    /// A mapping from names to strings.
    Texts,
    List(&'static Shape),
    Object(&'static [(&'static str, Shape)]),
    Any,
}

/// Where a value stands, for people; it is written out only for a problem.
#[derive(Clone, Copy)]
enum Path<'p> {
    Root,
    Field(&'p Path<'p>, &'p str),
    Item(&'p Path<'p>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Root => Ok(()),
            Path::Field(Path::Root, name) => f.write_str(name),
            Path::Field(above, name) => write!(f, "{above}.{name}"),
            Path::Item(above, index) => write!(f, "{above}[{index}]"),
        }
    }
}

/// Reports every field below `node` that `shape` does not know or that holds something else.
pub(crate) fn check(node: Node<'_>, shape: &Shape, problems: &mut Problems) {
    check_at(node, shape, &Path::Root, problems);
}

fn check_at(node: Node<'_>, shape: &Shape, path: &Path<'_>, problems: &mut Problems) {
    let node = node.resolved();
    if node.is_null() {
        return;
    }
    let expected = match shape {
        Shape::Any => return,
        Shape::Text => (!is_text(node)).then_some("a string"),
        Shape::Int => node.as_i64().is_none().then_some("a whole number"),
        Shape::Bool => node.as_bool().is_none().then_some("true or false"),
        Shape::Texts | Shape::Object(_) => (!node.is_mapping()).then_some("a mapping"),
        Shape::List(_) => (!node.is_sequence()).then_some("a list"),
    };
    if let Some(expected) = expected {
        problems
            .push(Finding::at(node, format!("expected {expected}, found {}", describe(node))).field(path.to_string()));
        return;
    }
    match shape {
        Shape::Texts => {
            for (key, value) in node.entries() {
                check_at(value, &Shape::Text, &Path::Field(path, key.text()), problems);
            }
        }
        Shape::List(item) => {
            for (index, value) in node.items().enumerate() {
                check_at(value, item, &Path::Item(path, index), problems);
            }
        }
        Shape::Object(fields) => check_fields(node, fields, path, problems),
        _ => {}
    }
}

/// Whether it is a string; of nearly all that are, the tag says so.
fn is_text(node: Node<'_>) -> bool {
    (node.kind() == Kind::Scalar && node.tag() == Tag::Str) || node.as_str().is_some()
}

fn check_fields(node: Node<'_>, fields: &[(&'static str, Shape)], path: &Path<'_>, problems: &mut Problems) {
    for (key, value) in node.entries() {
        let name = key.text();
        match fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((known, shape)) => check_at(value, shape, &Path::Field(path, known), problems),
            None => {
                let near = nearest(name, fields.iter().map(|(known, _)| *known));
                let hint = near.map(|near| format!("did you mean \"{near}\"?"));
                let field = Path::Field(path, name).to_string();
                problems.push(Finding::at(key, format!("unknown field \"{name}\"")).field(field).suggest(hint));
            }
        }
    }
}

/// What a node is, for people.
fn describe(node: Node<'_>) -> String {
    match node.scalar() {
        Some(Scalar::Str(_)) => "a string".to_owned(),
        Some(Scalar::Bool(_)) => format!("the boolean {}", node.text()),
        Some(Scalar::Int(_) | Scalar::Uint(_) | Scalar::Float(_)) => format!("the number {}", node.text()),
        Some(Scalar::Null) => "null".to_owned(),
        None if node.is_mapping() => "a mapping".to_owned(),
        None => "a list".to_owned(),
    }
}

/// A string and where it is written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Text {
    pub(crate) value: String,
    pub(crate) origin: Origin,
}

impl Text {
    pub(crate) fn of(node: Node<'_>) -> Self {
        let value = if node.is_null() { String::new() } else { node.text().to_owned() };
        Text { value, origin: Origin::of(node) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.value.is_empty()
    }
}

/// A mapping whose fields are asked for by name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Object<'a>(pub(crate) Node<'a>);

impl<'a> Object<'a> {
    /// The value of a field; `None` where it is absent or null.
    pub(crate) fn get(self, name: &str) -> Option<Node<'a>> {
        let same =
            |(key, _): &(Node<'_>, Node<'_>)| key.text_len() == name.len() && key.text().eq_ignore_ascii_case(name);
        let value = self.0.entries().filter(same).last()?.1.resolved();
        (!value.is_null()).then_some(value)
    }

    pub(crate) fn object(self, name: &str) -> Option<Object<'a>> {
        self.get(name).filter(|node| node.is_mapping()).map(Object)
    }

    pub(crate) fn text(self, name: &str) -> Text {
        self.get(name).map(Text::of).unwrap_or_default()
    }

    pub(crate) fn string(self, name: &str) -> String {
        self.get(name).map_or(String::new(), |node| node.text().to_owned())
    }

    pub(crate) fn bool(self, name: &str) -> bool {
        self.get(name).and_then(Node::as_bool).unwrap_or(false)
    }

    pub(crate) fn int(self, name: &str) -> Option<i64> {
        self.get(name)?.text().parse().ok()
    }

    pub(crate) fn items(self, name: &str) -> impl Iterator<Item = Node<'a>> + use<'a> {
        self.get(name).into_iter().flat_map(Node::items).map(Node::resolved)
    }

    pub(crate) fn texts(self, name: &str) -> Vec<Text> {
        self.items(name).map(Text::of).collect()
    }

    /// A list of one type.
    pub(crate) fn list<T>(self, name: &str, of: impl FnMut(Object<'a>) -> T) -> Vec<T> {
        self.items(name).map(Object).map(of).collect()
    }

    /// A mapping from names to strings, by name.
    pub(crate) fn pairs(self, name: &str) -> crate::filter::entries::Pairs {
        let entries = self.get(name).into_iter().flat_map(Node::entries);
        let pair = |(key, value): (Node<'_>, Node<'_>)| {
            let text = Text::of(value);
            (key_text(key), (text.value, text.origin))
        };
        entries.map(pair).collect()
    }

    pub(crate) fn origin(self) -> Origin {
        Origin::of(self.0)
    }

    /// Where the value of the first of these fields stands: what a report should point at; else the object itself.
    pub(crate) fn origin_of(self, fields: &[&str]) -> Origin {
        fields.iter().find_map(|field| self.0.get(field)).map_or_else(|| self.origin(), Origin::of)
    }
}

/// A key as JSON has it: `n`, a boolean to YAML 1.1, is `false`.
fn key_text(key: Node<'_>) -> String {
    match key.scalar() {
        Some(Scalar::Bool(value)) => value.to_string(),
        Some(Scalar::Int(value)) => value.to_string(),
        _ => key.text().to_owned(),
    }
}
