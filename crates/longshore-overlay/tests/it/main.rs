//! Integration tests of longshore-overlay.
