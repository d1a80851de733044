//! Who a Kubernetes document is: identity, resource sets, selectors, quantities, schema facts.
//!
//! A [`Resource`] is a document of `longshore-yaml` that has a type and a name; a [`ResourceSet`] is what flows between
//! the crates: rendered, listed, compared, applied. Around them stand the small nouns of Kubernetes: [`ResourceId`] and
//! [`GroupVersionKind`], label [`Selector`]s, [`Quantity`], [`Duration`] and [`IntOrString`], which are equal by value and
//! not by text, [`FieldPath`]s as managed fields spell them, and the [`schema`] facts by which lists are merged and
//! compared. It changes no document and compares none: that is `longshore-patch` and `longshore-diff`.

mod duration;
mod gvk;
mod id;
mod int_or_string;
mod order;
mod path;
mod quantity;
mod resource;
pub mod schema;
mod selector;
mod set;

pub use duration::{Duration, DurationError};
pub use gvk::GroupVersionKind;
pub use id::{ResourceId, ResourceIdError};
pub use int_or_string::IntOrString;
pub use order::{apply_order, apply_rank};
pub use path::{FieldPath, PathElement, PathElementError};
pub use quantity::{Quantity, QuantityError};
pub use resource::{Resource, ResourceError};
pub use selector::{Requirement, Selector, SelectorError};
pub use set::{ReadSetError, ResourceSet};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
