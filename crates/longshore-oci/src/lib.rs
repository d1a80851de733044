//! Image references, digests, tag policies, pinning, artifacts and layouts.

pub mod artifact;
mod compare;
mod constraint;
mod digest;
mod document;
mod glob;
mod go_regex;
mod hasher;
mod kustomize;
#[cfg(feature = "fs")]
pub mod layout;
mod lock;
pub mod media_type;
mod mirror;
pub mod pin;
mod platform;
mod policy;
mod reference;
pub mod version;

pub use compare::{Change, ImageChanges, PlatformChange, compare};
pub use constraint::{Constraint, ConstraintError, Misfit, MisfitKind, Operator, Term};
pub use digest::{Algorithm, Digest, DigestError, DigestErrorKind, is_well_formed};
pub use document::{Content, Document, DocumentError, DocumentKind, check as check_document};
pub use glob::{BadPattern, matches as glob_matches};
pub use go_regex::{GoRegex, GoRegexError};
pub use hasher::{Hasher, Verifier, VerifyError};
pub use kustomize::{ImageArgumentError, ImageMatcher, ImageOverride, set_images, split_image};
pub use lock::{Lock, LockChange, LockEntry, LockError, LockMismatch, LockedPlatform};
pub use mirror::{Inventory, MirrorAction, MirrorGap, MirrorPlan, MirrorStep, Node, plan_mirror};
pub use platform::{Platform, PlatformError, best_platform};
pub use policy::{
    Candidate, FilterTags, FilteredBy, FluxPolicy, NoWinner, Order, OrderError, PolicyError, PolicySpec, Selection,
    Strategy, StrategyError, TagPolicy, TagRecord, Verdict,
};
pub use reference::{AnyReference, Reference, ReferenceError, ReferenceErrorKind, Tag, TagError, is_plain_http};
