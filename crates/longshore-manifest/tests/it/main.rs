//! Integration tests of longshore-manifest.

mod conformance;
mod laws;
mod table;
mod tables;
