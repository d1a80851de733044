//! Provenance: which lines set a field, and which transformers changed it.

use std::fmt;

use longshore_manifest::Resource;
use longshore_yaml::{Location, Node};

use crate::error::nearest;
use crate::history::History;
use crate::render::Rendered;

/// One thing that happened to a field.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cause {
    /// The field of a kustomization, or the plugin, that set it; `None` where the object itself says it.
    pub by: Option<String>,
    /// File, line and column of what was set; `None` where the value is computed, as the hash in a name is.
    pub location: Option<Location>,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.by, &self.location) {
            (None, Some(location)) => write!(f, "written at {location}"),
            (Some(by), Some(location)) => write!(f, "set by {by} at {location}"),
            (Some(by), None) => write!(f, "set by {by}"),
            (None, None) => f.write_str("made by the build"),
        }
    }
}

/// How a field came by its value, oldest cause first; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// The object: `apps/v1/Deployment/prod/shop`.
    pub resource: String,
    /// The field, as a JSON Pointer.
    pub pointer: String,
    /// What happened to it.
    pub causes: Vec<Cause>,
}

impl Explanation {
    /// What the field owes its present value to.
    pub fn last(&self) -> &Cause {
        self.causes.last().expect("an explanation has a cause")
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.resource, self.pointer)?;
        self.causes.iter().try_for_each(|cause| write!(f, "\n  {cause}"))
    }
}

/// A field that is not in the result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExplainError {
    message: String,
}

impl ExplainError {
    fn new(message: impl Into<String>) -> Self {
        ExplainError { message: message.into() }
    }
}

impl Rendered {
    /// Explains a field: `apps/v1/Deployment/prod/shop:/spec/template/spec/containers/0/image`.
    ///
    /// The object is named as [`ResourceId`](longshore_manifest::ResourceId) prints it, the field by a JSON Pointer.
    /// Without [`RenderOptions::provenance`](crate::RenderOptions::provenance) only the place is known that the present
    /// value comes from.
    ///
    /// # Errors
    /// No such object or field; the nearest is named.
    pub fn explain(&self, field: &str) -> Result<Explanation, ExplainError> {
        let (id, pointer) = match field.find(":/") {
            Some(at) => (&field[..at], &field[at + 1..]),
            None => (field.trim_end_matches(':'), ""),
        };
        let ids: Vec<String> = self.resources.iter().map(|resource| resource.id().to_string()).collect();
        let Some(index) = ids.iter().position(|known| known == id) else {
            let near = nearest(id, ids.iter().map(String::as_str));
            let hint = near.map(|near| format!(" (did you mean {near}?)")).unwrap_or_default();
            return Err(ExplainError::new(format!("no object {id} in the result{hint}")));
        };
        self.explain_at(index, pointer)
    }

    /// As [`Rendered::explain`], for the object with this index.
    ///
    /// # Errors
    /// No such object or field.
    pub fn explain_at(&self, index: usize, pointer: &str) -> Result<Explanation, ExplainError> {
        let resource = self.resources.as_slice().get(index);
        let resource = resource.ok_or_else(|| ExplainError::new(format!("there is no object with index {index}")))?;
        let node = find(resource.root(), pointer)?;
        let causes = self.histories.get(index).map(|history| causes(history, node)).unwrap_or_default();
        let causes = if causes.is_empty() { vec![Cause { by: None, location: node.location() }] } else { causes };
        Ok(Explanation { resource: resource.id().to_string(), pointer: pointer.to_owned(), causes })
    }

    /// Where an object comes from, as a comment line: its first line, and what changed it.
    ///
    /// What changed it is known with [`RenderOptions::provenance`](crate::RenderOptions::provenance) alone.
    pub fn origin(&self, index: usize) -> Option<String> {
        let resource = self.resources.as_slice().get(index)?;
        let mut line = format!("# {}", resource.id());
        if let Some(location) = first_location(resource) {
            line.push_str(&format!(" from {location}"));
        }
        let mut seen: Vec<String> = Vec::new();
        for change in
            self.histories.get(index).into_iter().flat_map(|history| &history.changes).filter(|change| !change.same)
        {
            let place = change.after.location().map(|place| format!(" ({}:{})", place.file, place.line));
            let cause = format!("{}{}", change.by, place.unwrap_or_default());
            if !seen.contains(&cause) {
                seen.push(cause);
            }
        }
        if !seen.is_empty() {
            line.push_str(&format!(", changed by {}", seen.join(", ")));
        }
        Some(line)
    }
}

fn first_location(resource: &Resource) -> Option<Location> {
    let kind = resource.root().get("kind").and_then(Node::location);
    resource.root().location().or(kind)
}

fn find<'a>(root: Node<'a>, pointer: &str) -> Result<Node<'a>, ExplainError> {
    let mut node = root.resolved();
    for step in pointer.split('/').skip(1) {
        let name = step.replace("~1", "/").replace("~0", "~");
        let next = match node.is_sequence() {
            true => name.parse().ok().and_then(|index| node.item(index)),
            false => node.get(&name),
        };
        node = next.map(Node::resolved).ok_or_else(|| {
            let near = nearest(&name, node.entries().map(|(key, _)| key.text()));
            let hint = near.map(|near| format!(" (did you mean {near}?)")).unwrap_or_default();
            ExplainError::new(format!("no field {pointer} in the object: '{name}' is missing{hint}"))
        })?;
    }
    Ok(node)
}

/// What happened to a node, oldest first.
fn causes(history: &History, node: Node<'_>) -> Vec<Cause> {
    let (mut id, mut causes, mut first) = (node.id(), Vec::new(), None);
    for change in history.changes.iter().rev() {
        if change.node != id {
            continue;
        }
        if !change.same {
            causes.push(Cause { by: Some(change.by.to_string()), location: change.after.location() });
        }
        first = change.before.location();
        if let Some(from) = change.from {
            id = from;
        }
    }
    causes.extend(first.map(|location| Cause { by: None, location: Some(location) }));
    causes.reverse();
    causes.dedup();
    causes
}
