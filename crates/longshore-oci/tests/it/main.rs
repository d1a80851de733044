//! Integration tests of longshore-oci.

mod artifact;
mod compare;
mod conformance;
mod document;
#[cfg(feature = "fs")]
mod interop;
mod laws;
#[cfg(feature = "fs")]
mod layout;
mod lock;
mod pin;
mod policy;
mod reference;
mod regex;
