//! Variables: references in texts, their expansion, and the order in which variables depend on each other.

use std::collections::HashMap;

/// Bytes that expanding one set of variables may produce. Beyond it, references stay as they are written.
pub const MAX_EXPANDED: usize = 4 << 20;

/// A variable with its value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub key: String,
    /// Its value; `None` where it is defined without one.
    pub value: Option<String>,
    /// Its value is not expanded (`expand: false`).
    pub raw: bool,
    /// Its value is the content of a file that the runner writes.
    pub file: bool,
}

impl Variable {
    /// A plain variable.
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Variable { key: key.into(), value: Some(value.into()), ..Variable::default() }
    }
}

/// What becomes of a reference to a variable that is not defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undefined {
    /// It becomes empty.
    Empty,
    /// It stays as it is written.
    Keep,
}

/// A piece of a text: as it stands, or a reference.
enum Piece<'s> {
    Text(&'s str),
    Reference(&'s str, &'s str),
}

/// Splits a text at `$NAME`, `${NAME}` and `%NAME%`; `$$` and `%%` stand for themselves and hide what follows.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut at = 0;
        while let Some(found) = rest[at..].find(['$', '%']) {
            at += found;
            if let Some((name, length)) = reference(&rest[at..]) {
                if at > 0 {
                    let piece = Piece::Text(&rest[..at]);
                    rest = &rest[at..];
                    return Some(piece);
                }
                let piece = Piece::Reference(name, &rest[..length]);
                rest = &rest[length..];
                return Some(piece);
            }
            at += if rest[at..].starts_with("$$") || rest[at..].starts_with("%%") { 2 } else { 1 };
        }
        let piece = Piece::Text(rest);
        rest = "";
        Some(piece)
    })
}

fn name_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    if !bytes.first().is_some_and(|&byte| byte == b'_' || byte.is_ascii_alphabetic()) {
        return 0;
    }
    bytes.iter().take_while(|&&byte| byte == b'_' || byte.is_ascii_alphanumeric()).count()
}

/// Name and length of the reference at the beginning of `text`.
fn reference(text: &str) -> Option<(&str, usize)> {
    let (open, close) = match text.as_bytes() {
        [b'$', b'{', ..] => ("${", "}"),
        [b'$', ..] => ("$", ""),
        _ => ("%", "%"),
    };
    let inside = &text[open.len()..];
    let length = name_length(inside);
    let closed = length > 0 && inside[length..].starts_with(close);
    closed.then(|| (&inside[..length], open.len() + length + close.len()))
}

/// The names that a text refers to, in order, with repeats.
pub fn references(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).filter_map(|piece| match piece {
        Piece::Reference(name, _) => Some(name),
        Piece::Text(_) => None,
    })
}

/// Replaces the references of a text, one level deep.
pub fn expand<'v>(text: &str, undefined: Undefined, lookup: impl Fn(&str) -> Option<Option<&'v str>>) -> String {
    if !text.contains(['$', '%']) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Reference(name, written) => match (lookup(name), undefined) {
                (Some(Some(value)), _) => out.push_str(value),
                (None, Undefined::Keep) | (Some(None), Undefined::Keep) => out.push_str(written),
                (None, Undefined::Empty) | (Some(None), Undefined::Empty) => {}
            },
        }
    }
    out
}

/// Variables of which a later one of the same name wins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables {
    list: Vec<Variable>,
    index: HashMap<String, usize>,
}

/// Variables that refer to each other in a circle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("circular variable reference detected: {0:?}")]
pub struct CircularVariables(pub Vec<String>);

impl Variables {
    /// An empty set.
    pub fn new() -> Self {
        Variables::default()
    }

    /// Adds a variable, behind those of the same name.
    pub fn push(&mut self, variable: Variable) {
        self.index.insert(variable.key.clone(), self.list.len());
        self.list.push(variable);
    }

    /// Adds a variable, in the place of that of the same name.
    pub fn set(&mut self, variable: Variable) {
        match self.index.get(&variable.key) {
            Some(&at) => self.list[at] = variable,
            None => self.push(variable),
        }
    }

    /// The variable of that name that wins.
    pub fn get(&self, key: &str) -> Option<&Variable> {
        self.index.get(key).map(|&at| &self.list[at])
    }

    /// The value of that name that wins.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.get(key)?.value.as_deref()
    }

    /// All in order.
    pub fn iter(&self) -> impl Iterator<Item = &Variable> {
        self.list.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Number of variables, those that lose included.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Replaces the references of a text, one level deep.
    pub fn expand(&self, text: &str, undefined: Undefined) -> String {
        expand(text, undefined, |name| self.get(name).map(|variable| variable.value.as_deref()))
    }

    /// All variables expanded to the ground, each behind those it refers to.
    ///
    /// # Errors
    /// The names of a circle, in the order in which they were met.
    pub fn expanded(&self, undefined: Undefined) -> Result<Variables, CircularVariables> {
        let order = self.sorted()?;
        let mut out = Variables::new();
        let mut room = MAX_EXPANDED;
        for at in order {
            let mut variable = self.list[at].clone();
            if let (false, Some(value)) = (variable.raw, &variable.value) {
                let expanded = out.expand_within(value, undefined, room);
                room = room.saturating_sub(expanded.len());
                variable.value = Some(expanded);
            }
            out.push(variable);
        }
        Ok(out)
    }

    fn expand_within(&self, text: &str, undefined: Undefined, room: usize) -> String {
        let value = |name: &str| self.get(name).and_then(|variable| variable.value.as_deref());
        let length: usize = text.len() + references(text).map(|name| value(name).map_or(0, str::len)).sum::<usize>();
        if length > room {
            return text.to_owned();
        }
        // Here a variable without a value counts as defined, in `expand` it does not.
        expand(text, undefined, |name| self.get(name).map(|variable| variable.value.as_deref().or(Some(""))))
    }

    /// Depth-first order, dependencies first; Tarjan's components find a circle.
    fn sorted(&self) -> Result<Vec<usize>, CircularVariables> {
        let mut by_key: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, variable) in self.list.iter().enumerate() {
            by_key.entry(&variable.key).or_default().push(at);
        }
        let children: Vec<Vec<usize>> = self.list.iter().map(|variable| dependencies(variable, &by_key)).collect();
        let mut circle = None;
        let order = crate::order::components(
            self.list.len(),
            |at| &children[at],
            |component| {
                if component.len() > 1 && circle.is_none() {
                    circle = Some(component.to_vec());
                }
            },
        );
        match circle {
            None => Ok(order),
            Some(circle) => Err(CircularVariables(circle.into_iter().map(|at| self.list[at].key.clone()).collect())),
        }
    }
}

fn dependencies(variable: &Variable, by_key: &HashMap<&str, Vec<usize>>) -> Vec<usize> {
    let value = variable.value.as_deref().filter(|_| !variable.raw).unwrap_or_default();
    let mut names: Vec<&str> = Vec::new();
    for name in references(value) {
        if name != variable.key && !names.contains(&name) {
            names.push(name);
        }
    }
    names.into_iter().flat_map(|name| by_key.get(name).cloned().unwrap_or_default()).collect()
}

impl FromIterator<Variable> for Variables {
    fn from_iter<I: IntoIterator<Item = Variable>>(iter: I) -> Self {
        let mut variables = Variables::new();
        iter.into_iter().for_each(|variable| variables.push(variable));
        variables
    }
}

impl crate::expression::Lookup for Variables {
    fn variable(&self, name: &str) -> Option<&str> {
        self.value(name)
    }
}
