//! Integration tests of longshore-source.
