//! What is wrong with a configuration: GitLab's words, and the place that GitLab does not give.

use std::fmt;

use longshore_yaml::Location;

use crate::value::{At, Sources};

/// A failure on the way, before its place is looked up.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) message: String,
    pub(crate) at: At,
    pub(crate) notes: Vec<(String, At)>,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>, at: At) -> Self {
        Failure { message: message.into(), at, notes: Vec::new() }
    }

    /// The same failure with other places that have to do with it.
    pub(crate) fn with_notes(mut self, notes: Vec<(String, At)>) -> Self {
        self.notes = notes;
        self
    }
}

/// Another place that has to do with a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What is there.
    pub message: String,
    /// Where in which file.
    pub location: Option<Location>,
}

/// One thing that is wrong, or worth a warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// GitLab's own words.
    pub message: String,
    /// Where in which file.
    pub location: Option<Location>,
    /// Other places that have to do with it: each need of a circle.
    pub notes: Vec<Note>,
}

impl Problem {
    pub(crate) fn new(message: String, location: Option<Location>) -> Self {
        Problem { message, location, notes: Vec::new() }
    }

    pub(crate) fn locate(failure: Failure, sources: &Sources) -> Self {
        let note = |(message, at)| Note { message, location: sources.location(at) };
        let notes = failure.notes.into_iter().map(note).collect();
        Problem { message: failure.message, location: sources.location(failure.at), notes }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.location {
            Some(location) => write!(f, "{location}: {}", self.message)?,
            None => f.write_str(&self.message)?,
        }
        for note in &self.notes {
            match &note.location {
                Some(location) => write!(f, "\n  {location}: {}", note.message)?,
                None => write!(f, "\n  {}", note.message)?,
            }
        }
        Ok(())
    }
}

/// A configuration that GitLab refuses. All that was found, in GitLab's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileError {
    pub(crate) problems: Vec<Problem>,
    pub(crate) warnings: Vec<Problem>,
}

impl CompileError {
    /// What is wrong, never empty.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// What is only suspicious.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.problems.iter().enumerate() {
            write!(f, "{}{problem}", if at == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for CompileError {}
