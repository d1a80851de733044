//! Delivery libraries for Rust: render, diff, pin, schedule and detect drift.
//!
//! Each crate below computes the same answer as a program that teams already trust (Kustomize, kubectl, Argo CD, Flux,
//! GitLab CI, the OCI reference implementations), as a function, and says which line of which file an answer comes
//! from. This crate only gathers them, one feature a crate.
//!
//! The paved path is three calls: [`overlay::render`] makes the desired state of a folder, [`drift::assess`] compares
//! it with the live one, [`drift::plan`](drift::plan()) says what to do about it and in which order.
//!
//! ```
//! use longshore::drift::{Cluster, Policy, Rules, assess, plan};
//! use longshore::overlay::{RenderOptions, render};
//! use longshore::source::{FilePath, Memory};
//!
//! let mut files = Memory::new();
//! files.insert("kustomization.yaml", *b"namePrefix: prod-\nresources: [web.yaml]\n")?;
//! files.insert("web.yaml", *b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\ndata:\n  color: blue\n")?;
//!
//! let desired = render(&files, &FilePath::root(), &RenderOptions::default())?.resources;
//! let cluster = Cluster::new();
//! let report = assess(&desired, &cluster.list(), &Rules::default());
//! let plan = plan(&report, &desired, &cluster.list(), &Policy::default());
//! assert_eq!(plan.steps.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//! - `overlay`, `diff`, `drift`, `git` (default), `oci`, `pipeline`: the crates of these names.
//! - `fs`: trees and image layouts on disk.
//! - `jq`: ignore rules as jq expressions. `rayon`: large sets are printed on several threads. `serde_yaml`: trees to and
//!   from its values.

#[cfg(feature = "diff")]
pub use longshore_diff as diff;
#[cfg(feature = "drift")]
pub use longshore_drift as drift;
#[cfg(feature = "git")]
pub use longshore_git as git;
#[cfg(any(feature = "overlay", feature = "diff"))]
pub use longshore_manifest as manifest;
#[cfg(feature = "oci")]
pub use longshore_oci as oci;
#[cfg(feature = "overlay")]
pub use longshore_overlay as overlay;
#[cfg(feature = "diff")]
pub use longshore_patch as patch;
#[cfg(feature = "pipeline")]
pub use longshore_pipeline as pipeline;
pub use longshore_source as source;
pub use longshore_yaml as yaml;

#[cfg(all(doctest, feature = "diff", feature = "drift", feature = "git", feature = "oci", feature = "pipeline"))]
#[doc = include_str!("../../../README.md")]
struct Readme;
