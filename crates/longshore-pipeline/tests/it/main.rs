//! Integration tests of longshore-pipeline.
