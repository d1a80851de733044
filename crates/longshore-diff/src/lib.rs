//! What changed between manifests, semantically, as changes, patches or readable text.
