//! Integration tests of longshore-yaml.

mod conformance;
mod serde;
mod splice;
