//! Who a Kubernetes document is: identity, resource sets, selectors, quantities, schema facts.

mod duration;
mod gvk;
mod id;
mod int_or_string;
mod path;
mod quantity;
mod resource;
pub mod schema;
mod set;

pub use duration::{Duration, DurationError};
pub use gvk::GroupVersionKind;
pub use id::ResourceId;
pub use int_or_string::IntOrString;
pub use path::{FieldPath, PathElement, PathElementError};
pub use quantity::{Quantity, QuantityError};
pub use resource::{Resource, ResourceError};
pub use set::ResourceSet;
