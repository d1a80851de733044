//! Kustomize-compatible rendering: a kustomization in, a resource set out, byte for byte.
//!
//! [`render`] does what `kustomize build` does, in process: it reads a kustomization and all it refers to through
//! [`Files`](longshore_source::Files), and gives the objects in the order of output. [`Rendered::to_yaml`] prints them as
//! the original prints them. What no other implementation has: errors that name file, line, column and the nearest valid
//! name, *all* independent problems of a build in one go, and [`Rendered::explain`], which tells of each field which
//! lines wrote it and which transformers changed it.
//!
//! ```
//! use longshore_overlay::{RenderOptions, render};
//! use longshore_source::{FilePath, Memory};
//!
//! let mut files = Memory::new();
//! files.insert("kustomization.yaml", *b"resources: [app.yaml]\nnamePrefix: shop-\n")?;
//! files.insert("app.yaml", *b"apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n")?;
//! let rendered = render(&files, &FilePath::root(), &RenderOptions::new().provenance(true))?;
//! assert_eq!(rendered.to_yaml()?, "apiVersion: v1\nkind: Service\nmetadata:\n  name: shop-web\n");
//!
//! let explanation = rendered.explain("v1/Service/shop-web:/metadata/name")?;
//! assert_eq!(explanation.last().to_string(), "set by namePrefix at kustomization.yaml:2:13");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Compatibility
//! It follows kustomize as of August 2026, behind v5.8.1: all fields of `Kustomization` and `Component`, the deprecated
//! ones included, and all built-in plugins configured as files. Strategic merge patches are kyaml's, with the list keys
//! of Kubernetes v1.21.2.
//!
//! What Kustomize does without saying so is part of that. A label that one layer adds to an object, its selector and its
//! template is one value: another layer that changes it in one of these places changes it in all. An inline patch ends
//! without the line break of a block scalar at its end. A patch with `$patch: replace` at its root changes nothing.
//!
//! # What it deliberately does not do
//! It fetches nothing and executes nothing. Remote bases, Helm charts and functions are traits that an embedder
//! implements ([`RemoteBases`], [`Charts`], [`Functions`]); without one, a kustomization that needs it is an error. It
//! reads no environment: values for environment files are passed in ([`RenderOptions::environment`]).
//!
//! # Features
//! - `rayon`: objects are printed on several threads, with the same bytes out.

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
mod pass;
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
pub use origin::RemoteUrl;
pub use render::{Rendered, render};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
