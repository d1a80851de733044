//! Delivery libraries for Rust: render, diff, pin, schedule and detect drift.
