//! Kustomize-compatible rendering: a kustomization in, a resource set out, byte for byte.
#![allow(dead_code, reason = "the build that calls all of this is on its way")]

mod decode;
pub mod edit;
mod entries;
mod entry;
mod error;
mod filter;
mod kustomization;
mod origin;
#[doc(hidden)]
pub mod recorded;
mod steps;

pub use error::{Finding, RenderError};
