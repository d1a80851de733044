//! Integration tests of longshore-oci.

mod conformance;
