//! Integration tests of longshore-testkit.
