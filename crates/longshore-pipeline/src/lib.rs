//! CI configuration to job graph to schedule: compile, simulate, explain.

#![expect(dead_code, unreachable_pub, reason = "the compiler that reads configuration through them is on its way")]

mod error;
pub mod expression;
pub mod glob;
mod order;
pub mod pattern;
mod psych;
mod value;
pub mod variables;
