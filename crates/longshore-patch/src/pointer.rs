//! JSON Pointer, RFC 6901.

use std::fmt;
use std::str::FromStr;

use longshore_yaml::Node;

/// A place in a document: the keys and indexes that lead there.
///
/// Written as `/spec/containers/0/image`: each step behind a `/`, with `~` as `~0` and `/` as `~1`. The empty text is
/// the root. See [RFC 6901](https://www.rfc-editor.org/rfc/rfc6901).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pointer {
    steps: Vec<String>,
}

/// A text that is no JSON Pointer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a JSON Pointer: {reason} in '{text}'")]
pub struct PointerError {
    text: String,
    reason: &'static str,
}

impl Pointer {
    /// The root.
    pub fn root() -> Self {
        Pointer::default()
    }

    /// The steps from the root, unescaped.
    pub fn steps(&self) -> &[String] {
        &self.steps
    }

    /// Whether it is the root.
    pub fn is_root(&self) -> bool {
        self.steps.is_empty()
    }

    /// The place one step further down.
    #[must_use]
    pub fn join(mut self, step: impl Into<String>) -> Self {
        self.steps.push(step.into());
        self
    }

    /// The place one step up and the last step; `None` of the root.
    pub fn split_last(&self) -> Option<(&[String], &str)> {
        let (last, parents) = self.steps.split_last()?;
        Some((parents, last))
    }

    /// Whether `self` is `other` or leads to it.
    pub fn is_prefix_of(&self, other: &Pointer) -> bool {
        other.steps.starts_with(&self.steps)
    }

    /// The node at this place. An index is `0` or a number without leading zeros.
    pub fn resolve<'a>(&self, root: Node<'a>) -> Option<Node<'a>> {
        self.steps.iter().try_fold(root, |node, step| match node.is_sequence() {
            true => node.item(index(step)?),
            false => node.get(step),
        })
    }
}

/// An index as RFC 6901 writes it.
pub(crate) fn index(step: &str) -> Option<usize> {
    let plain = step == "0" || (!step.starts_with('0') && step.bytes().all(|byte| byte.is_ascii_digit()));
    plain.then(|| step.parse().ok()).flatten()
}

impl<S: Into<String>> FromIterator<S> for Pointer {
    fn from_iter<I: IntoIterator<Item = S>>(steps: I) -> Self {
        Pointer { steps: steps.into_iter().map(Into::into).collect() }
    }
}

impl FromStr for Pointer {
    type Err = PointerError;

    fn from_str(text: &str) -> Result<Self, PointerError> {
        let error = |reason| PointerError { text: text.to_owned(), reason };
        if text.is_empty() {
            return Ok(Pointer::root());
        }
        let rest = text.strip_prefix('/').ok_or_else(|| error("no '/' at the beginning"))?;
        let steps = rest.split('/').map(|step| unescape(step).ok_or_else(|| error("'~' without 0 or 1 behind it")));
        Ok(Pointer { steps: steps.collect::<Result<_, _>>()? })
    }
}

fn unescape(step: &str) -> Option<String> {
    let mut parts = step.split('~');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (char, rest) = match part.as_bytes().first()? {
            b'0' => ('~', &part[1..]),
            b'1' => ('/', &part[1..]),
            _ => return None,
        };
        out.push(char);
        out.push_str(rest);
    }
    Some(out)
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.steps.iter().try_for_each(|step| write!(f, "/{}", step.replace('~', "~0").replace('/', "~1")))
    }
}
