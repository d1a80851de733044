//! CI configuration to job graph to schedule: compile, simulate, explain.

mod error;
pub mod expression;
pub mod glob;
mod order;
pub mod pattern;
mod psych;
mod value;
pub mod variables;
