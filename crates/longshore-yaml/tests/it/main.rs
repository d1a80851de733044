//! Integration tests of longshore-yaml.

mod conformance;
mod hostile;
mod laws;
mod oracle;
mod serde;
mod splice;
