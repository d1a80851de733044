//! Kustomize-compatible rendering: a kustomization in, a resource set out, byte for byte.
#![allow(dead_code, reason = "the build that calls all of this is on its way")]

mod build;
mod builtin;
mod crds;
mod decode;
pub mod edit;
mod entries;
mod entry;
mod error;
mod explain;
mod filter;
mod generate;
mod history;
mod kustomization;
mod loader;
mod options;
mod origin;
mod pairs;
mod patch;
mod plugin;
#[doc(hidden)]
pub mod recorded;
mod render;
mod resources;
mod steps;
mod transform;

pub use error::{Finding, RenderError};
pub use explain::{Cause, ExplainError, Explanation};
pub use options::{Charts, Functions, Limits, LoadRestrictions, RemoteBases, RenderOptions, Reorder};
pub use render::{Rendered, render};
