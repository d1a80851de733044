//! Images without a network: what a text, a tag or a document says, and which bytes it means.
//!
//! The paved path of a delivery runs through four nouns:
//!
//! 1. A [`TagPolicy`] chooses among the tags of a repository as Flux or the Argo CD Image Updater would, and its
//!    [`Selection`] says of every tag what became of it.
//! 2. A [`Digest`] says which bytes the chosen tag points to now. Tags move; from here on only the digest counts.
//! 3. A [`Lock`] keeps both, with policy and reasons, sorted so that a change of one image is a change of its lines.
//! 4. [`pin::pin`] writes the lock into manifests by byte span, and [`pin::check`] fails a run whose manifests say
//!    otherwise.
//!
//! ```
//! use longshore_oci::pin::{self, Finder, PinMode, Rules, Scalar, ScalarStyle, Step};
//! use longshore_oci::{Digest, Lock, LockEntry, Reference, TagPolicy};
//!
//! // A policy chooses the tag.
//! let tags = ["1.27.0", "1.27.3", "1.28.0"];
//! let policy = TagPolicy::flux_semver("~1.27")?;
//! let selection = policy.select(&tags);
//! let tag = tags[selection.winner()?];
//! assert_eq!(policy.explain(&selection, &tags, 0), "loses to 1.27.3");
//!
//! // The registry, a layout or a mirror says what it points to; the lock keeps it.
//! let image = Reference::parse_normalized("nginx")?;
//! let pinned = image.with_tag(&tag.parse()?).with_digest(&Digest::of("the index of nginx:1.27.3"));
//! let mut lock = Lock::new();
//! lock.insert(LockEntry::new(&image, &pinned)?.chosen_by(policy.spec().clone(), Vec::new()));
//!
//! // Every image of a manifest is written anew; nothing else of the file changes.
//! let text = "kind: Pod\nspec:\n  containers:\n  - image: nginx:1.27.0 # the front\n";
//! let rules = Rules::default();
//! let mut finder = Finder::new(&rules, "v1", "Pod");
//! let steps = [Step::Key("spec"), Step::Key("containers"), Step::Index(0), Step::Key("image")];
//! let span = 41..53;
//! finder.scalar(&steps, &Scalar { text: &text[span.clone()], span, style: ScalarStyle::Plain, comment: "# the front" });
//! let sites = finder.finish();
//! assert!(!pin::check(&sites, &lock).is_empty());
//! let pinned = pin::pin(text, &sites, &lock, PinMode::TagAndDigest);
//! let text = pin::apply(text, &pinned.edits)?;
//! assert!(text.contains("- image: nginx:1.27.3@sha256:") && text.ends_with(" # the front\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Beside the path: [`Document`] keeps manifests and indexes with their bytes, [`Platform`] picks among them,
//! [`compare()`] says what changed between two images, [`artifact`] packs files so that the same files give the same
//! digest, [`plan_mirror`] says what a copy would do, `layout` (feature `fs`) keeps images in a folder.
//!
//! # What it is not
//! Not a registry client: nothing here waits or opens a socket. A client stands beside it and speaks in its nouns. Not a
//! YAML reader: the finder takes scalars that the caller has located. Not a runtime: no image is executed or mounted.
//!
//! # Limits
//! What is read from outside has a bound, each with an error of its own: [`Reference::MAX_LEN`], [`Constraint::MAX_LEN`],
//! [`GoRegex::MAX_LEN`], [`TagPolicy::MAX_TAGS`], [`Document::MAX_LEN`], [`artifact::UnpackLimits`].
//!
//! # Features
//! - `fs`: `layout`, image layouts and folders on disk.

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
mod time;
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

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
