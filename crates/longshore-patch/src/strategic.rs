//! Strategic merge patch, in two dialects.

pub mod kyaml;
