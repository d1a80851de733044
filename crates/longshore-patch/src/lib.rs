//! Change a tree: JSON Patch, JSON Merge Patch and strategic merge patch.
//!
//! Each verb changes a [`Document`](longshore_yaml::Document) in place, all or nothing: after an error the document is
//! as it was. What comes from a patch keeps its origin, so a changed field still knows the file and line that set it.
//!
//! | room | is |
//! |---|---|
//! | [`json`] | RFC 6902: read, apply, exchange with `json_patch`; also by the rules of the Go library that Kustomize uses |
//! | [`merge`] | RFC 7396: apply, create, and the three-way patch of apimachinery for custom resources |
//! | [`strategic`] | strategic merge patch as the API server and kubectl do it, and as kyaml does it |
//!
//! List keys come in as an argument, a [`Schema`](longshore_manifest::schema::Schema) or a
//! [`TypeRef`](longshore_manifest::schema::TypeRef): this crate knows no Kubernetes kind. It does not compare
//! documents in general either; that is `longshore-diff`.

mod error;
pub mod json;
pub mod merge;
mod pointer;
pub mod strategic;
mod undo;

pub use error::ApplyError;
pub use pointer::{Pointer, PointerError};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
