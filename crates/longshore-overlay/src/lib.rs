//! Kustomize-compatible rendering: a kustomization in, a resource set out, byte for byte.
