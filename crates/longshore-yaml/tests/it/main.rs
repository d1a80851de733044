//! Integration tests of longshore-yaml.
