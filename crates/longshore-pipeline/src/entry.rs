//! The configuration's keywords: each checked in GitLab's order and words, and brought into one form.
//!
//! An entry reports what is wrong with itself; only one that is right looks at what is below it. That is GitLab's rule, and it
//! decides which messages appear.

pub(crate) mod cache;
pub(crate) mod image;
pub(crate) mod job;
pub(crate) mod needs;
pub(crate) mod parallel;
pub(crate) mod policy;
pub(crate) mod root;
pub(crate) mod rules;
pub(crate) mod script;
pub(crate) mod trigger;
pub(crate) mod variables;
pub(crate) mod words;

use std::fmt;

use crate::context::Edition;
use crate::error::Failure;
use crate::value::{At, Data, Node};

/// Where an entry stands: the keys down to it, joined by colons in messages.
#[derive(Clone, Copy)]
pub(crate) struct Place<'p> {
    parent: Option<&'p Place<'p>>,
    name: &'p str,
}

impl<'p> Place<'p> {
    pub(crate) fn root(name: &'p str) -> Self {
        Place { parent: None, name }
    }

    pub(crate) fn at<'c>(&'c self, name: &'c str) -> Place<'c> {
        Place { parent: Some(self), name }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            write!(f, "{parent}:")?;
        }
        f.write_str(self.name)
    }
}

/// What was found wrong so far.
#[derive(Default)]
pub(crate) struct Checks {
    pub(crate) failures: Vec<Failure>,
    pub(crate) warnings: Vec<Failure>,
    pub(crate) edition: Edition,
}

impl Checks {
    /// How much was found so far, to see later whether an entry added to it.
    pub(crate) fn mark(&self) -> usize {
        self.failures.len()
    }

    /// Whether nothing was found since `mark`.
    pub(crate) fn clean_since(&self, mark: usize) -> bool {
        self.failures.len() == mark
    }

    /// A message in GitLab's form: place and words, all in lower case.
    pub(crate) fn add(&mut self, place: &Place<'_>, at: At, words: impl fmt::Display) {
        self.failures.push(Failure::new(format!("{place} {words}").to_lowercase(), at));
    }

    /// A message whose place keeps its case, as GitLab has it where a value is of no known form.
    pub(crate) fn add_as_it_is(&mut self, place: &Place<'_>, at: At, words: &str) {
        self.failures.push(Failure::new(format!("{place} {words}"), at));
    }

    /// As `add`, but before what was found since `mark`: an entry's own messages come before those of entries below it.
    pub(crate) fn add_before(&mut self, mark: usize, place: &Place<'_>, at: At, words: impl fmt::Display) {
        self.failures.insert(mark, Failure::new(format!("{place} {words}").to_lowercase(), at));
    }

    pub(crate) fn require(&mut self, holds: bool, place: &Place<'_>, at: At, words: impl fmt::Display) {
        if !holds {
            self.add(place, at, words);
        }
    }

    pub(crate) fn hash(&mut self, place: &Place<'_>, node: &Node) {
        self.require(node.as_map().is_some(), place, node.at, "config should be a hash");
    }

    /// Keys that the entry does not know.
    pub(crate) fn known_keys(&mut self, place: &Place<'_>, node: &Node, allowed: &[&str]) {
        let Some(map) = node.as_map() else {
            return;
        };
        if map.iter().all(|(key, _)| allowed.contains(&&*key.text)) {
            return;
        }
        let unknown: Vec<_> = map.iter().filter(|(key, _)| !allowed.contains(&&*key.text)).collect();
        let names: Vec<&str> = unknown.iter().map(|(key, _)| &*key.text).collect();
        self.add(place, unknown[0].0.at, format_args!("config contains unknown keys: {}", names.join(", ")));
    }

    /// Keys that exclude each other.
    pub(crate) fn exclusive_keys(&mut self, place: &Place<'_>, node: &Node, keys: &[&str]) {
        let Some(map) = node.as_map() else {
            return;
        };
        let present = || map.iter().filter(|(key, _)| keys.contains(&&*key.text));
        if present().count() > 1 {
            let names: Vec<&str> = present().map(|(key, _)| &*key.text).collect();
            let at = present().last().map_or(node.at, |(key, _)| key.at);
            self.add(place, at, format_args!("config these keys cannot be used together: {}", names.join(", ")));
        }
    }

    /// Keys that must be there.
    pub(crate) fn required_keys(&mut self, place: &Place<'_>, node: &Node, keys: &[&str]) {
        let has = |key: &&str| node.as_map().is_some_and(|map| map.contains(key));
        let missing: Vec<&str> = keys.iter().copied().filter(|key| !has(key)).collect();
        if !missing.is_empty() {
            self.add(place, node.at, format_args!("config missing required keys: {}", missing.join(", ")));
        }
    }

    /// A field that, if given, must satisfy `good`.
    pub(crate) fn field(
        &mut self,
        place: &Place<'_>,
        node: &Node,
        key: &str,
        good: impl Fn(&Node) -> bool,
        words: impl fmt::Display,
    ) {
        if let Some(value) = node.get(key)
            && !good(value)
        {
            let name = key.replace('_', " ");
            self.add(place, value.at, format_args!("{name} {words}"));
        }
    }

    /// A field that, if given, must be one of some words. Not a string is its own message, before.
    pub(crate) fn choice(&mut self, place: &Place<'_>, node: &Node, key: &str, allowed: &[&str], words: &str) {
        self.field(place, node, key, is_text, "should be a string");
        self.field(place, node, key, |value| one_of(value, allowed), words);
    }
}

pub(crate) fn is_text(node: &Node) -> bool {
    node.as_str().is_some()
}

pub(crate) fn is_bool(node: &Node) -> bool {
    node.as_bool().is_some()
}

pub(crate) fn is_hash(node: &Node) -> bool {
    node.as_map().is_some()
}

pub(crate) fn one_of(node: &Node, allowed: &[&str]) -> bool {
    node.as_str().is_some_and(|text| allowed.contains(&text))
}

pub(crate) fn texts(node: &Node) -> bool {
    node.as_list().is_some_and(|items| items.iter().all(is_text))
}

pub(crate) fn text_or_texts(node: &Node) -> bool {
    is_text(node) || texts(node)
}

pub(crate) fn int_or_ints(node: &Node) -> bool {
    let int = |node: &Node| node.as_int().is_some();
    int(node) || node.as_list().is_some_and(|items| items.iter().all(int))
}

/// Lists in lists down to `levels`, with `good` values in them.
pub(crate) fn nested(node: &Node, levels: usize, good: fn(&Node) -> bool) -> bool {
    fn within(node: &Node, levels: usize, good: fn(&Node) -> bool) -> bool {
        good(node)
            || (levels > 0
                && node.as_list().is_some_and(|items| items.iter().all(|item| within(item, levels - 1, good))))
    }
    node.as_list().is_some() && within(node, levels, good)
}

/// What a variable may be: a text, a number or a boolean.
pub(crate) fn is_scalar(node: &Node) -> bool {
    matches!(node.data, Data::Text(_) | Data::Int(_) | Data::Float(_) | Data::Bool(_))
}

/// A list in lists as one list, without nulls.
pub(crate) fn flattened(node: &Node) -> Vec<Node> {
    fn into(node: &Node, out: &mut Vec<Node>) {
        match &node.data {
            Data::List(items) => items.iter().for_each(|item| into(item, out)),
            Data::Null => {}
            _ => out.push(node.clone()),
        }
    }
    let mut out = Vec::new();
    into(node, &mut out);
    out
}

/// A value as a list of one, unless it is a list.
pub(crate) fn wrapped(node: &Node) -> Node {
    match node.data {
        Data::List(_) => node.clone(),
        _ => Node::list(vec![node.clone()], node.at),
    }
}

/// A mapping without the keys whose value is null.
pub(crate) fn compacted(node: &Node) -> crate::value::Map {
    let mut out = crate::value::Map::default();
    if let Some(map) = node.as_map() {
        map.iter()
            .filter(|(_, value)| !value.is_null())
            .for_each(|(key, value)| out.insert(key.clone(), value.clone()));
    }
    out
}
