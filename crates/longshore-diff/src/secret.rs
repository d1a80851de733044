//! Which values of a tree are secret: known from the place they stand at, not from what they say.

use longshore_yaml::Node;

/// What a report prints where a secret value stands.
pub(crate) const REDACTED: &str = "(redacted)";

/// What is known about a place on the way down from the root of a tree.
///
/// Secret are `data` and `stringData` of every mapping with kind `Secret` (of a `SecretList` every item), and the copy
/// of them that `kubectl apply` keeps in an annotation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Guard {
    /// Nothing secret is known of here.
    #[default]
    Open,
    /// A Secret itself.
    Secret,
    /// Its `metadata`.
    Metadata,
    /// Its `metadata.annotations`.
    Annotations,
    /// The `items` of a SecretList.
    Secrets,
    /// A secret value, whole or a part of it.
    Hidden,
}

impl Guard {
    /// Comes to a node; what stands in it may tell that it is a Secret.
    pub(crate) fn at(self, node: Node<'_>) -> Guard {
        match self {
            Guard::Open if node.get("kind").is_some_and(|kind| kind.text() == "Secret") => Guard::Secret,
            known => known,
        }
    }

    /// Steps from a mapping to the value under a key. [`Guard::at`] has been asked about the mapping.
    pub(crate) fn field(self, map: Node<'_>, key: &str) -> Guard {
        match (self, key) {
            (Guard::Hidden, _) | (Guard::Secret, "data" | "stringData") => Guard::Hidden,
            (Guard::Secret, "metadata") => Guard::Metadata,
            (Guard::Metadata, "annotations") => Guard::Annotations,
            (Guard::Annotations, key) if key.contains("last-applied") => Guard::Hidden,
            (Guard::Open, "items") if map.get("kind").is_some_and(|kind| kind.text() == "SecretList") => Guard::Secrets,
            _ => Guard::Open,
        }
    }

    /// Steps from a sequence to one of its items.
    pub(crate) fn item(self) -> Guard {
        match self {
            Guard::Hidden => Guard::Hidden,
            Guard::Secrets => Guard::Secret,
            _ => Guard::Open,
        }
    }
}
