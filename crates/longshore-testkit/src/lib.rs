//! Shared test support: the walker of recorded conformance cases. Unpublished.

mod conformance;

pub use conformance::{Run, Suite, folder};
