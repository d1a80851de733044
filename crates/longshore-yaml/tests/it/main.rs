//! Integration tests of longshore-yaml.

mod change;
mod conformance;
mod hostile;
mod laws;
mod oracle;
mod read;
mod resolve;
mod serde;
mod splice;
