//! Integration tests of longshore-pipeline.

mod conformance;
