//! The JSON Merge Patch that leads from one tree to another.

use longshore_yaml::{JsonError, Kind, Location, Node};
use serde_json::{Map, Value};

use crate::equal::{Budget, equal, zip};
use crate::options::Limits;
use crate::path::{FieldPath, PathElement};

/// A change that a merge patch cannot say.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MergePatchError {
    /// A value becomes `null`; in a merge patch `null` removes.
    #[error("{}a merge patch cannot set {path} to null, use a JSON patch", at(location.as_ref()))]
    Null {
        /// Where.
        path: FieldPath,
        /// The place of the `null`.
        location: Option<Location>,
    },
    /// The tree holds what JSON cannot say.
    #[error(transparent)]
    Json(#[from] JsonError),
}

fn at(location: Option<&Location>) -> String {
    location.map(|at| format!("{at}: ")).unwrap_or_default()
}

/// The JSON Merge Patch (RFC 7396) that leads from `before` to `after`: `{}` where they are the same.
///
/// Lists are replaced as a whole. Fails where a value of a mapping becomes `null`, or is added with a `null` in it: that
/// would remove it instead. A patch is data and carries the values it sets, those of Secrets too: do not log it.
pub fn merge_patch(before: Node<'_>, after: Node<'_>) -> Result<Value, MergePatchError> {
    let budget = Budget::new(Limits::default());
    let mut writer = Writer { budget: &budget, at: Vec::new() };
    let (before, after) = (before.resolved(), after.resolved());
    match (before.kind(), after.kind()) {
        (Kind::Mapping, Kind::Mapping) => writer.entries(before, after),
        (_, Kind::Mapping) => writer.whole(after),
        _ => Ok(after.to_json()?),
    }
}

struct Writer<'b> {
    budget: &'b Budget,
    at: Vec<PathElement>,
}

impl Writer<'_> {
    fn entries(&mut self, before: Node<'_>, after: Node<'_>) -> Result<Value, MergePatchError> {
        let (mut patch, mut failed) = (Map::new(), None);
        zip(before, after, |key, left, right| {
            if failed.is_some() {
                return;
            }
            self.at.push(PathElement::Field(key.to_owned()));
            match self.entry(left, right) {
                Ok(Some(value)) => drop(patch.insert(key.to_owned(), value)),
                Ok(None) => {}
                Err(error) => failed = Some(error),
            }
            self.at.pop();
        });
        failed.map_or(Ok(Value::Object(patch)), Err)
    }

    fn entry(&mut self, left: Option<Node<'_>>, right: Option<Node<'_>>) -> Result<Option<Value>, MergePatchError> {
        let Some(right) = right else {
            return Ok(Some(Value::Null));
        };
        match left {
            Some(left) if equal(left, right, self.at.len(), self.budget) => Ok(None),
            Some(left) if left.is_mapping() && right.is_mapping() => self.entries(left, right).map(Some),
            _ => self.whole(right).map(Some),
        }
    }

    /// A value that stands in the patch as it is; a mapping in it must hold no `null`.
    fn whole(&mut self, node: Node<'_>) -> Result<Value, MergePatchError> {
        self.refuse_null(node)?;
        Ok(node.to_json()?)
    }

    fn refuse_null(&mut self, node: Node<'_>) -> Result<(), MergePatchError> {
        let node = node.resolved();
        if node.is_null() {
            let path = self.at.iter().cloned().collect();
            return Err(MergePatchError::Null { path, location: node.location() });
        }
        for (key, value) in node.entries() {
            self.at.push(PathElement::Field(key.text().to_owned()));
            self.refuse_null(value)?;
            self.at.pop();
        }
        Ok(())
    }
}
