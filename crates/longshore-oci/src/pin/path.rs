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
        let mut keys = self.keys.iter();
        for step in steps {
            if let Step::Key(name) = step {
                match keys.next() {
                    Some(key) if key == name || key == "*" => {}
                    _ => return false,
                }
            }
        }
        keys.next().is_none()
    }

    /// The last key.
    pub fn last(&self) -> &str {
        self.keys.last().map_or("", String::as_str)
    }
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
