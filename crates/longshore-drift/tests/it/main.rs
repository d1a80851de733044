//! Integration tests of longshore-drift.
