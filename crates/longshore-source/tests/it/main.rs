//! Integration tests of longshore-source.

mod memory;
mod path;

#[cfg(feature = "fs")]
mod disk;
