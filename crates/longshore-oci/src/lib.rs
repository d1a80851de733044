//! Image references, digests, tag policies, pinning, artifacts and layouts.

mod constraint;
mod digest;
mod glob;
mod hasher;
mod reference;
pub mod version;

pub use constraint::{Constraint, ConstraintError, Misfit, MisfitKind, Operator, Term};
pub use digest::{Algorithm, Digest, DigestError, DigestErrorKind, is_well_formed};
pub use glob::{BadPattern, matches as glob_matches};
pub use hasher::{Hasher, Verifier, VerifyError};
pub use reference::{AnyReference, Reference, ReferenceError, ReferenceErrorKind, Tag, TagError, is_plain_http};
