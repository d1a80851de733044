//! Integration tests of longshore-manifest.
