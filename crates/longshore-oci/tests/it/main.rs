//! Integration tests of longshore-oci.
