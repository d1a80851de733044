//! Integration tests of longshore-yaml.

mod conformance;
mod hostile;
mod serde;
mod splice;
