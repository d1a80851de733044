//! Where in a document an image stands.

use std::fmt;
use std::str::FromStr;

/// One step from a document's root to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// Into a mapping.
    Key(&'a str),
    /// Into a sequence, counted from 0.
    Index(usize),
}

impl<'a> Step<'a> {
    fn key(&self) -> Option<&'a str> {
        match self {
            Step::Key(name) => Some(name),
            Step::Index(_) => None,
        }
    }
}

/// A pattern of places: keys joined by `/`, as in Kustomize's field specs.
///
/// Sequences are entered on the way, `containers/image` and `containers[]/image` alike. A `/` in a key is written `\/`,
/// and `*` stands for any key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldPath {
    keys: Vec<String>,
}

/// A text that is not a [`FieldPath`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid field path '{0}': expected keys joined by '/', as in spec/containers[]/image")]
pub struct FieldPathError(String);

impl FieldPath {
    /// Whether the steps lead to a place of this pattern.
    pub fn matches(&self, steps: &[Step<'_>]) -> bool {
        let (depth, last) = end(steps);
        depth == self.keys.len() && self.begins_at(steps, depth, last)
    }

    /// Whether steps that begin so can lead to a place of this pattern.
    pub fn begins(&self, steps: &[Step<'_>]) -> bool {
        let (depth, last) = end(steps);
        self.begins_at(steps, depth, last)
    }

    /// The same where the caller has the [`end`] of the steps.
    pub(super) fn begins_at(&self, steps: &[Step<'_>], depth: usize, last: &str) -> bool {
        let is = |key: &str, name: &str| key == name || key == "*";
        match self.keys.get(..depth) {
            None => false,
            Some([]) => true,
            // The last key first: it is the one that was not asked before.
            Some([above @ .., key]) => {
                is(key, last) && above.iter().zip(steps.iter().filter_map(Step::key)).all(|(key, name)| is(key, name))
            }
        }
    }
}

/// How many of the steps are keys, and the last of them.
pub(super) fn end<'a>(steps: &[Step<'a>]) -> (usize, &'a str) {
    steps.iter().filter_map(Step::key).fold((0, ""), |(depth, _), key| (depth + 1, key))
}

impl FromStr for FieldPath {
    type Err = FieldPathError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut keys = vec![String::new()];
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let key = keys.last_mut().expect("there is always a key");
            match c {
                '\\' if chars.next_if_eq(&'/').is_some() => key.push('/'),
                '/' => keys.push(String::new()),
                c => key.push(c),
            }
        }
        for key in &mut keys {
            if let Some(bare) = key.strip_suffix("[]") {
                *key = bare.to_owned();
            }
        }
        if keys.iter().any(String::is_empty) { Err(FieldPathError(text.to_owned())) } else { Ok(FieldPath { keys }) }
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, key) in self.keys.iter().enumerate() {
            write!(f, "{}{}", if index > 0 { "/" } else { "" }, key.replace('/', "\\/"))?;
        }
        Ok(())
    }
}

/// Steps as people write them: `spec.containers[0].image`.
pub(super) fn shown(steps: &[Step<'_>]) -> String {
    let mut text = String::with_capacity(steps.len() * 16);
    for step in steps {
        match step {
            Step::Key(key) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(key);
            }
            Step::Index(index) => text.extend(["[", &index.to_string(), "]"]),
        }
    }
    text
}
