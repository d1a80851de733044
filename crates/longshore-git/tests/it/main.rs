//! Integration tests of longshore-git.
