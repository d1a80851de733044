//! Who a Kubernetes document is: identity, resource sets, selectors, quantities, schema facts.

mod gvk;
mod id;
mod resource;
pub mod schema;
mod set;

pub use gvk::GroupVersionKind;
pub use id::ResourceId;
pub use resource::{Resource, ResourceError};
pub use set::ResourceSet;
