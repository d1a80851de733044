//! Integration tests of longshore-manifest.

mod conformance;
mod table;
