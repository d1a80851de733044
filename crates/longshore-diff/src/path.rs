//! Where in a document: paths as managed fields spell them.

pub use longshore_manifest::{FieldPath, PathElement};
