//! Which objects a rule is for, as Flux says it.

use std::fmt;
use std::str::FromStr;

use longshore_manifest::{GroupVersionKind, Selector};
use longshore_yaml::Node;
use regex::Regex;

use super::RulesError;

/// The objects that fit every part that is given; all of them where none is.
///
/// Source: `Selector` of Flux and of Kustomize, of the same shape.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Target {
    /// API group.
    pub group: Option<Pattern>,
    /// API version.
    pub version: Option<Pattern>,
    /// Kind.
    pub kind: Option<Pattern>,
    /// Namespace.
    pub namespace: Option<Pattern>,
    /// Name.
    pub name: Option<Pattern>,
    /// Conditions on the labels.
    pub label_selector: Option<Selector>,
    /// Conditions on the annotations.
    pub annotation_selector: Option<Selector>,
}

/// A regular expression that has to match a whole text.
#[derive(Clone)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

/// A text that is no regular expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a regular expression: {0}")]
pub struct PatternError(String);

impl Pattern {
    /// Whether it matches all of a text.
    pub fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let regex = Regex::new(&format!("^(?:{text})$")).map_err(|error| PatternError(error.to_string()))?;
        Ok(Pattern { text: text.to_owned(), regex })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({:?})", self.text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl Target {
    /// Whether an object is one of these.
    pub(super) fn covers(&self, gvk: &GroupVersionKind, object: Node<'_>) -> bool {
        let metadata = object.get("metadata");
        let at = |key: &str| metadata.and_then(|metadata| metadata.get(key));
        let text = |key: &str| at(key).map_or("", Node::text);
        let fits = |pattern: &Option<Pattern>, text: &str| pattern.as_ref().is_none_or(|pattern| pattern.matches(text));
        let selects =
            |selector: &Option<Selector>, key: &str| selector.as_ref().is_none_or(|own| own.matches_node(at(key)));
        fits(&self.group, &gvk.group)
            && fits(&self.version, &gvk.version)
            && fits(&self.kind, &gvk.kind)
            && fits(&self.namespace, text("namespace"))
            && fits(&self.name, text("name"))
            && selects(&self.label_selector, "labels")
            && selects(&self.annotation_selector, "annotations")
    }

    pub(super) fn read(node: Node<'_>) -> Result<Self, RulesError> {
        let mut target = Target::default();
        for (key, value) in node.entries() {
            match key.text() {
                "group" => target.group = parsed(value)?,
                "version" => target.version = parsed(value)?,
                "kind" => target.kind = parsed(value)?,
                "namespace" => target.namespace = parsed(value)?,
                "name" => target.name = parsed(value)?,
                "labelSelector" => target.label_selector = parsed(value)?,
                "annotationSelector" => target.annotation_selector = parsed(value)?,
                other => return Err(RulesError::at(key, format!("a target has no field '{other}'"))),
            }
        }
        Ok(target)
    }
}

/// A text as what it is to be; an empty one is as good as none.
fn parsed<T: FromStr<Err: fmt::Display>>(node: Node<'_>) -> Result<Option<T>, RulesError> {
    match node.as_str() {
        Some("") => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|error: T::Err| RulesError::at(node, error.to_string())),
        None => Err(RulesError::at(node, "expected a string")),
    }
}
