//! Kustomize-compatible rendering: a kustomization in, a resource set out, byte for byte.

#[allow(dead_code, reason = "the build that calls it is on its way")]
mod filter;
