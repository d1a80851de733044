//! Integration tests of longshore.
