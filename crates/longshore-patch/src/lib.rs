//! Change a tree: JSON Patch, JSON Merge Patch and strategic merge patch.

mod error;
pub mod strategic;
mod undo;

pub use error::ApplyError;
