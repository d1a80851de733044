//! Integration tests of longshore-manifest.

mod table;
