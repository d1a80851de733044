//! The machine that runs a pipeline.

mod processing;
mod status;

pub use processing::Processing;
pub use status::Status;
