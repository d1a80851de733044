//! The identity of a resource.

use std::fmt;

use crate::gvk::GroupVersionKind;

/// Type, namespace and name: what makes a resource unique in a cluster.
///
/// Printed as `apps/v1/Deployment/prod/shop`, without the namespace where there is none: `v1/Namespace/prod`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceId {
    /// Group, version and kind.
    pub gvk: GroupVersionKind,
    /// `metadata.namespace`, where it is written.
    pub namespace: Option<String>,
    /// `metadata.name`.
    pub name: String,
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
