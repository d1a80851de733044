//! Integration tests of longshore-patch.
