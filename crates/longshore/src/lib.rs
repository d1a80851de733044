//! Delivery libraries for Rust: render, diff, pin, schedule and detect drift.

#[cfg(feature = "drift")]
pub use longshore_drift as drift;
#[cfg(feature = "git")]
pub use longshore_git as git;
#[cfg(feature = "overlay")]
pub use longshore_manifest as manifest;
#[cfg(feature = "oci")]
pub use longshore_oci as oci;
#[cfg(feature = "overlay")]
pub use longshore_overlay as overlay;
pub use longshore_source as source;
pub use longshore_yaml as yaml;
