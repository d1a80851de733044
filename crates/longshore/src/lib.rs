//! Delivery libraries for Rust: render, diff, pin, schedule and detect drift.

pub use longshore_source as source;
pub use longshore_yaml as yaml;
