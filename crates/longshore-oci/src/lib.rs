//! Image references, digests, tag policies, pinning, artifacts and layouts.
