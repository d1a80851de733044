//! What a build reports: findings, each with its place, and the error that holds them.

use std::fmt;

use longshore_manifest::ResourceError;
use longshore_yaml::{EmitError, Location, Node, ReadError};

use crate::filter::edit::{FilterError, Origin};

/// One problem, or one warning, with its place and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// File, line and column; `None` where the problem has no place in a file.
    pub location: Option<Location>,
    /// The field of the kustomization that is wrong: `images[0].newTag`.
    pub field: Option<String>,
    /// What the problem is.
    pub message: String,
    /// What was being done, outermost first: `accumulating resources from '../base'`.
    pub context: Option<Box<str>>,
    /// What would be right: the nearest valid name, or the fix.
    pub suggestion: Option<String>,
}

impl Finding {
    /// A finding without a place.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Finding { location: None, field: None, message: message.into(), context: None, suggestion: None }
    }

    /// A finding about a node.
    pub(crate) fn at(node: Node<'_>, message: impl Into<String>) -> Self {
        Finding { location: node.location(), ..Finding::new(message) }
    }

    /// A finding about what was written at a place.
    pub(crate) fn on(origin: &Origin, message: impl Into<String>) -> Self {
        Finding { location: origin.location(), ..Finding::new(message) }
    }

    pub(crate) fn field(self, field: impl Into<String>) -> Self {
        Finding { field: Some(field.into()), ..self }
    }

    pub(crate) fn suggest(self, suggestion: Option<String>) -> Self {
        Finding { suggestion, ..self }
    }

    /// Names a place, if there is none yet.
    pub(crate) fn or_from(self, origin: &Origin) -> Self {
        Finding { location: self.location.or_else(|| origin.location()), ..self }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(location) = &self.location {
            write!(f, "{location}: ")?;
        }
        if let Some(doing) = &self.context {
            write!(f, "{doing}: ")?;
        }
        if let Some(field) = &self.field {
            write!(f, "{field}: ")?;
        }
        f.write_str(&self.message)?;
        self.suggestion.as_ref().map_or(Ok(()), |suggestion| write!(f, " ({suggestion})"))
    }
}

/// A build that failed, with every independent problem that was found; at least one.
///
/// Printed as one finding a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderError {
    findings: Vec<Finding>,
}

impl RenderError {
    /// The problems in the order in which the build met them.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Names a place for the findings that have none.
    pub(crate) fn or_from(mut self, origin: &Origin) -> Self {
        for finding in &mut self.findings {
            finding.location = finding.location.take().or_else(|| origin.location());
        }
        self
    }

    /// Puts what was being done before each message.
    pub(crate) fn context(mut self, doing: impl fmt::Display) -> Self {
        for finding in &mut self.findings {
            finding.context = Some(match finding.context.take() {
                Some(inner) => format!("{doing}: {inner}").into(),
                None => doing.to_string().into(),
            });
        }
        self
    }
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.findings.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{finding}")?;
        }
        Ok(())
    }
}

impl std::error::Error for RenderError {}

impl From<Finding> for RenderError {
    fn from(finding: Finding) -> Self {
        RenderError { findings: vec![finding] }
    }
}

impl From<FilterError> for Finding {
    fn from(error: FilterError) -> Self {
        Finding { location: error.location, ..Finding::new(error.message) }
    }
}

impl From<FilterError> for RenderError {
    fn from(error: FilterError) -> Self {
        Finding::from(error).into()
    }
}

impl From<ReadError> for Finding {
    fn from(error: ReadError) -> Self {
        let finding = Finding { location: Some(error.location().clone()), ..Finding::new(error.message()) };
        finding.suggest(error.fix().map(str::to_owned))
    }
}

impl From<EmitError> for Finding {
    fn from(error: EmitError) -> Self {
        Finding { location: error.location().cloned(), ..Finding::new(error.message()) }
    }
}

impl From<ResourceError> for Finding {
    fn from(error: ResourceError) -> Self {
        Finding { location: error.location, ..Finding::new(error.message) }
    }
}

/// Where problems gather while a build goes on with what does not depend on them.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<Finding>);

impl Problems {
    pub(crate) fn push(&mut self, finding: impl Into<Finding>) {
        self.0.push(finding.into());
    }

    /// Takes the findings of an error; gives the value otherwise.
    pub(crate) fn take<T>(&mut self, outcome: Result<T, RenderError>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(error) => {
                self.0.extend(error.findings);
                None
            }
        }
    }

    /// The value, if there was no problem.
    pub(crate) fn done<T>(self, value: T) -> Result<T, RenderError> {
        if self.0.is_empty() { Ok(value) } else { Err(RenderError { findings: self.0 }) }
    }
}

/// The name of `known` that is nearest to a misspelt one, if one is near.
pub(crate) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let lower = name.to_lowercase();
    let distance = |other: &str| edit_distance(&lower, &other.to_lowercase());
    let best = known.into_iter().map(|other| (distance(other), other)).min_by_key(|(distance, _)| *distance)?;
    (best.0 <= 2.max(name.len() / 3)).then_some(best.1)
}

/// How many letters must be added, dropped or changed to make one word of the other; words are cut at 64 letters.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let cost = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_named() {
        let known = ["namePrefix", "nameSuffix", "namespace"];
        assert_eq!(nearest("namePrefx", known), Some("namePrefix"));
        assert_eq!(nearest("nameSpaces", known), Some("namespace"));
        assert_eq!(nearest("helmfile", known), None);
    }
}
