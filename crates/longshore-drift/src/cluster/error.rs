//! Why a cluster refused a call.

use longshore_manifest::ResourceId;

use crate::path::FieldPath;

/// A call that the cluster refused; nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// 404.
    #[error("{0} not found")]
    NotFound(Box<ResourceId>),
    /// 404: no definition brings this kind; a [strict](crate::Cluster::strict) cluster only.
    #[error("{0} is of a kind that no CustomResourceDefinition defines")]
    UnknownKind(Box<ResourceId>),
    /// 403 on a creation: the namespace is on its way out.
    #[error("{id} cannot be created: namespace {namespace} is being deleted")]
    Terminating {
        /// The object.
        id: Box<ResourceId>,
        /// Its namespace.
        namespace: String,
    },
    /// 409 on a creation.
    #[error("{0} already exists")]
    AlreadyExists(Box<ResourceId>),
    /// 409 on an update: the object is newer than the one that was read.
    #[error("{id} is at resource version {live}, the update is based on {based}: read it again")]
    Stale {
        /// The object.
        id: Box<ResourceId>,
        /// Its version.
        live: String,
        /// The version that the caller knows.
        based: String,
    },
    /// 409 on an apply: others own fields that it would change.
    #[error("conflict on {id}: {}", list(conflicts))]
    Conflict {
        /// The object.
        id: Box<ResourceId>,
        /// Fields and their managers.
        conflicts: Vec<(FieldPath, String)>,
    },
    /// 410 on a watch: what happened since is forgotten.
    #[error("resource version {since} is too old, the oldest to watch from is {oldest}: list again")]
    Expired {
        /// The version that was asked for.
        since: u64,
        /// The oldest version from which all events are still known.
        oldest: u64,
    },
    /// 422.
    #[error("{id}: {message}")]
    Invalid {
        /// The object.
        id: Box<ResourceId>,
        /// What is wrong.
        message: String,
    },
}

impl ApiError {
    /// The reason that a server gives: `metav1.StatusReason`.
    pub fn reason(&self) -> &'static str {
        match self {
            ApiError::NotFound(_) | ApiError::UnknownKind(_) => "NotFound",
            ApiError::Terminating { .. } => "Forbidden",
            ApiError::AlreadyExists(_) => "AlreadyExists",
            ApiError::Stale { .. } | ApiError::Conflict { .. } => "Conflict",
            ApiError::Expired { .. } => "Expired",
            ApiError::Invalid { .. } => "Invalid",
        }
    }

    /// The HTTP status that a server answers with.
    pub fn code(&self) -> u16 {
        match self.reason() {
            "NotFound" => 404,
            "Forbidden" => 403,
            "Expired" => 410,
            "Invalid" => 422,
            _ => 409,
        }
    }

    pub(crate) fn not_found(id: &ResourceId) -> Self {
        ApiError::NotFound(Box::new(id.clone()))
    }
}

fn list(conflicts: &[(FieldPath, String)]) -> String {
    let one = |(path, manager): &(FieldPath, String)| format!("{path} is owned by {manager}");
    conflicts.iter().map(one).collect::<Vec<_>>().join(", ")
}
