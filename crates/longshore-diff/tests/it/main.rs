//! Integration tests of longshore-diff.
