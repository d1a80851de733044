//! The tree that configuration is while includes, `extends` and `!reference` are merged: cheap to share, spans kept.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use longshore_yaml::{Location, SourceFile};

/// A mapping with more entries than this finds its keys through an index.
const INDEXED: usize = 12;

/// Where a value came from: a file of [`Sources`] and a byte offset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct At {
    pub(crate) file: u32,
    pub(crate) offset: u32,
}

/// The files that took part in one compilation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    files: Vec<Arc<SourceFile>>,
    /// Keys that stand twice in one mapping; the last wins, as in GitLab.
    pub(crate) duplicates: Vec<At>,
}

impl Sources {
    pub(crate) fn add(&mut self, file: Arc<SourceFile>) -> u32 {
        self.files.push(file);
        (self.files.len() - 1) as u32
    }

    /// File, line and column of a place.
    pub(crate) fn location(&self, at: At) -> Option<Location> {
        let file = self.files.get(at.file as usize)?;
        let position = file.position(at.offset);
        Some(Location { file: file.name().to_owned(), line: position.line, column: position.column })
    }

    /// The names of the files, the root configuration first.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.name())
    }
}

/// A value with its place.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) data: Data,
    pub(crate) at: At,
}

/// What a value is.
#[derive(Clone)]
pub(crate) enum Data {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Arc<str>),
    List(Arc<Vec<Node>>),
    Map(Arc<Map>),
    /// `!reference [path]`, not resolved yet.
    Reference(Arc<Vec<Node>>),
}

/// A key: its text, its place, and whether GitLab would see a symbol, which numbers and booleans are not.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) text: Arc<str>,
    pub(crate) at: At,
    pub(crate) symbol: bool,
}

/// Entries in order, keys unique.
#[derive(Clone, Default)]
pub(crate) struct Map {
    entries: Vec<(Key, Node)>,
    index: Option<HashMap<Arc<str>, usize>>,
}

impl Map {
    pub(crate) fn with_capacity(count: usize) -> Self {
        Map { entries: Vec::with_capacity(count), index: None }
    }

    /// A mapping of these entries, each at the place of its value.
    pub(crate) fn of<'k>(entries: impl IntoIterator<Item = (&'k str, Node)>) -> Self {
        let mut map = Map::default();
        entries.into_iter().for_each(|(key, node)| map.set(key, node));
        map
    }

    /// Sets a key that is not written anywhere.
    pub(crate) fn set(&mut self, key: &str, node: Node) {
        self.insert(Key { text: key.into(), at: node.at, symbol: true }, node);
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (&Key, &Node)> + Clone {
        self.entries.iter().map(|(key, node)| (key, node))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (&Key, &mut Node)> {
        self.entries.iter_mut().map(|(key, node)| (&*key, node))
    }

    fn find(&self, key: &str) -> Option<usize> {
        match &self.index {
            Some(index) => index.get(key).copied(),
            None => self.entries.iter().position(|(name, _)| &*name.text == key),
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.find(key).map(|at| &self.entries[at].1)
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.find(key).map(|at| &mut self.entries[at].1)
    }

    pub(crate) fn entry(&self, key: &str) -> Option<(&Key, &Node)> {
        self.find(key).map(|at| (&self.entries[at].0, &self.entries[at].1))
    }

    pub(crate) fn contains(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// Sets a key; one that is there keeps its place in the order.
    pub(crate) fn insert(&mut self, key: Key, node: Node) {
        match self.find(&key.text) {
            Some(at) => self.entries[at].1 = node,
            None => self.push(key, node),
        }
    }

    fn push(&mut self, key: Key, node: Node) {
        if let Some(index) = &mut self.index {
            index.insert(Arc::clone(&key.text), self.entries.len());
        }
        self.entries.push((key, node));
        if self.index.is_none() && self.entries.len() > INDEXED {
            let keys = self.entries.iter().enumerate();
            self.index = Some(keys.map(|(at, (key, _))| (Arc::clone(&key.text), at)).collect());
        }
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<Node> {
        let at = self.find(key)?;
        let (_, node) = self.entries.remove(at);
        if self.index.take().is_some() && self.entries.len() > INDEXED {
            let keys = self.entries.iter().enumerate();
            self.index = Some(keys.map(|(at, (key, _))| (Arc::clone(&key.text), at)).collect());
        }
        Some(node)
    }

    /// Ruby's `deep_merge`: mappings are merged, anything else of `other` replaces.
    pub(crate) fn merge(&mut self, other: &Map) {
        for (key, node) in &other.entries {
            let Some(at) = self.find(&key.text) else {
                self.push(key.clone(), node.clone());
                continue;
            };
            match (&mut self.entries[at].1.data, &node.data) {
                (Data::Map(mine), Data::Map(theirs)) => Arc::make_mut(mine).merge(theirs),
                _ => self.entries[at] = (key.clone(), node.clone()),
            }
        }
    }
}

impl Node {
    pub(crate) fn new(data: Data, at: At) -> Self {
        Node { data, at }
    }

    pub(crate) fn text(text: impl Into<Arc<str>>, at: At) -> Self {
        Node { data: Data::Text(text.into()), at }
    }

    pub(crate) fn list(items: Vec<Node>, at: At) -> Self {
        Node { data: Data::List(Arc::new(items)), at }
    }

    pub(crate) fn map(map: Map, at: At) -> Self {
        Node { data: Data::Map(Arc::new(map)), at }
    }

    pub(crate) fn as_map(&self) -> Option<&Map> {
        match &self.data {
            Data::Map(map) => Some(map),
            _ => None,
        }
    }

    pub(crate) fn as_list(&self) -> Option<&[Node]> {
        match &self.data {
            Data::List(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self.data {
            Data::Bool(value) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn as_int(&self) -> Option<i64> {
        match self.data {
            Data::Int(value) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self.data, Data::Null)
    }

    /// The value under `key` of a mapping, if it is there and not null.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.get(key).filter(|node| !node.is_null())
    }

    /// Ruby's `present?`.
    pub(crate) fn is_present(&self) -> bool {
        match &self.data {
            Data::Null => false,
            Data::Bool(value) => *value,
            Data::Int(_) | Data::Float(_) => true,
            Data::Text(text) => !text.trim().is_empty(),
            Data::List(items) | Data::Reference(items) => !items.is_empty(),
            Data::Map(map) => !map.is_empty(),
        }
    }

    /// Ruby's `to_s` of a scalar; empty for a collection.
    pub(crate) fn to_text(&self) -> String {
        match &self.data {
            Data::Bool(value) => value.to_string(),
            Data::Int(value) => value.to_string(),
            Data::Float(value) => float_text(*value),
            Data::Text(text) => text.to_string(),
            Data::Null | Data::List(_) | Data::Map(_) | Data::Reference(_) => String::new(),
        }
    }

    /// Ruby's `inspect`, as its messages show values.
    pub(crate) fn inspect(&self) -> String {
        match &self.data {
            Data::Null => "nil".to_owned(),
            Data::Text(text) => format!("{text:?}"),
            Data::List(items) | Data::Reference(items) => {
                format!("[{}]", items.iter().map(Node::inspect).collect::<Vec<_>>().join(", "))
            }
            Data::Map(map) => {
                let entries = map.iter().map(|(key, value)| format!("{:?}=>{}", key.text, value.inspect()));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
            }
            _ => self.to_text(),
        }
    }

    /// Number of values, this one included, counted up to `limit`.
    pub(crate) fn count(&self, limit: usize) -> usize {
        let mut count = 1;
        let mut add = |node: &Node| {
            if count < limit {
                count += node.count(limit - count);
            }
        };
        match &self.data {
            Data::List(items) | Data::Reference(items) => items.iter().for_each(&mut add),
            Data::Map(map) => map.iter().for_each(|(_, node)| add(node)),
            _ => {}
        }
        count
    }

    /// The texts of a list, and of a single text, in order.
    pub(crate) fn texts(&self) -> Vec<String> {
        match &self.data {
            Data::List(items) => items.iter().flat_map(Node::texts).collect(),
            Data::Null => Vec::new(),
            _ => vec![self.to_text()],
        }
    }

    /// A value from JSON, everything at one place; numbers beyond 64 bits become floats.
    pub(crate) fn from_json(value: &serde_json::Value, at: At) -> Node {
        use serde_json::Value;
        let data = match value {
            Value::Null => Data::Null,
            Value::Bool(value) => Data::Bool(*value),
            Value::Number(number) => match number.as_i64() {
                Some(value) => Data::Int(value),
                None => Data::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => Data::Text(text.as_str().into()),
            Value::Array(items) => Data::List(Arc::new(items.iter().map(|item| Node::from_json(item, at)).collect())),
            Value::Object(entries) => {
                let entries = entries.iter().map(|(key, value)| (key.as_str(), Node::from_json(value, at)));
                Data::Map(Arc::new(Map::of(entries)))
            }
        };
        Node::new(data, at)
    }

    /// Whether two values are one and the same, without looking inside collections.
    pub(crate) fn is_same(&self, other: &Node) -> bool {
        match (&self.data, &other.data) {
            (Data::List(a), Data::List(b)) => Arc::ptr_eq(a, b),
            (Data::Map(a), Data::Map(b)) => Arc::ptr_eq(a, b),
            (Data::Reference(_), _) | (_, Data::Reference(_) | Data::List(_) | Data::Map(_)) => false,
            _ => true,
        }
    }

    /// The value as JSON; floats that JSON has not become null.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match &self.data {
            Data::Null => Value::Null,
            Data::Bool(value) => Value::from(*value),
            Data::Int(value) => Value::from(*value),
            Data::Float(value) => Value::from(*value),
            Data::Text(text) => Value::from(&**text),
            Data::List(items) | Data::Reference(items) => items.iter().map(Node::to_json).collect(),
            Data::Map(map) => map
                .iter()
                .map(|(key, node)| (key.text.to_string(), node.to_json()))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }
}

impl serde::Serialize for Node {
    /// Keys in the order in which they stand.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.data {
            Data::Null => serializer.serialize_unit(),
            Data::Bool(value) => serializer.serialize_bool(*value),
            Data::Int(value) => serializer.serialize_i64(*value),
            Data::Float(value) => serializer.serialize_f64(*value),
            Data::Text(text) => serializer.serialize_str(text),
            Data::List(items) | Data::Reference(items) => serializer.collect_seq(items.iter()),
            Data::Map(map) => serializer.collect_map(map.iter().map(|(key, node)| (&*key.text, node))),
        }
    }
}

impl PartialEq for Node {
    /// Whether two values are the same; places do not count.
    fn eq(&self, other: &Self) -> bool {
        match (&self.data, &other.data) {
            (Data::Null, Data::Null) => true,
            (Data::Bool(a), Data::Bool(b)) => a == b,
            (Data::Int(a), Data::Int(b)) => a == b,
            (Data::Float(a), Data::Float(b)) => a == b,
            (Data::Int(a), Data::Float(b)) | (Data::Float(b), Data::Int(a)) => *a as f64 == *b,
            (Data::Text(a), Data::Text(b)) => a == b,
            (Data::List(a), Data::List(b)) | (Data::Reference(a), Data::Reference(b)) => a == b,
            (Data::Map(a), Data::Map(b)) => {
                a.len() == b.len() && a.iter().all(|(key, node)| b.get(&key.text) == Some(node))
            }
            _ => false,
        }
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|(key, node)| (&key.text, node))).finish()
    }
}

impl fmt::Debug for Node {
    // Values may be secret, so only the kind is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.data {
            Data::Null => "null",
            Data::Bool(_) => "bool",
            Data::Int(_) | Data::Float(_) => "number",
            Data::Text(_) => "text",
            Data::List(_) => "list",
            Data::Map(_) => "map",
            Data::Reference(_) => "reference",
        };
        write!(f, "{kind}@{}+{}", self.at.file, self.at.offset)
    }
}

/// A float as Ruby prints it.
fn float_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4..1e16).contains(&magnitude) {
        let text = format!("{value:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let digits = if digits.contains('.') { digits.to_owned() } else { format!("{digits}.0") };
        let (sign, exponent) = exponent.strip_prefix('-').map_or(("+", exponent), |exponent| ("-", exponent));
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    let text = value.to_string();
    if text.contains('.') { text } else { format!("{text}.0") }
}
