//! Integration tests of longshore-patch.

mod conformance;
mod laws;
mod tables;
