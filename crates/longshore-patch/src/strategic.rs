//! Strategic merge patch, in two dialects.

pub mod apimachinery;
pub mod kyaml;
