//! The identity of a resource.

use std::fmt;
use std::str::FromStr;

use crate::gvk::GroupVersionKind;

/// Type, namespace and name: what makes a resource unique in a cluster.
///
/// Printed as `apps/v1/Deployment/prod/shop`, without the namespace where there is none: `v1/Namespace/prod`. Reads back
/// as printed: the kind is the first part that begins with a capital.
///
/// ```
/// use longshore_manifest::ResourceId;
///
/// let id: ResourceId = "v1/ConfigMap/prod/settings".parse()?;
/// assert_eq!((id.gvk.kind.as_str(), id.namespace.as_deref(), id.name.as_str()), ("ConfigMap", Some("prod"), "settings"));
/// assert_eq!(id.to_string(), "v1/ConfigMap/prod/settings");
/// # Ok::<(), longshore_manifest::ResourceIdError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceId {
    /// Group, version and kind.
    pub gvk: GroupVersionKind,
    /// `metadata.namespace`, where it is written.
    pub namespace: Option<String>,
    /// `metadata.name`.
    pub name: String,
}

/// A text that names no resource.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a resource: [GROUP/]VERSION/KIND/[NAMESPACE/]NAME was expected, not '{text}'")]
pub struct ResourceIdError {
    text: String,
}

impl FromStr for ResourceId {
    type Err = ResourceIdError;

    fn from_str(text: &str) -> Result<Self, ResourceIdError> {
        let parts: Vec<&str> = text.split('/').collect();
        let kind = parts.iter().position(|part| part.starts_with(|char: char| char.is_ascii_uppercase()));
        let owned = |part: &str| part.to_owned();
        let (type_parts, rest) = parts.split_at(kind.map_or(0, |at| at + 1));
        let (group, version, kind) = match type_parts {
            [version, kind] => ("", *version, *kind),
            [group, version, kind] => (*group, *version, *kind),
            _ => return Err(ResourceIdError { text: owned(text) }),
        };
        let (namespace, name) = match rest {
            [name] => (None, *name),
            [namespace, name] => (Some(owned(namespace)), *name),
            _ => return Err(ResourceIdError { text: owned(text) }),
        };
        if parts.iter().any(|part| part.is_empty()) {
            return Err(ResourceIdError { text: owned(text) });
        }
        let gvk = GroupVersionKind { group: owned(group), version: owned(version), kind: owned(kind) };
        Ok(ResourceId { gvk, namespace, name: owned(name) })
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/", self.gvk)?;
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        f.write_str(&self.name)
    }
}
