//! CI configuration to job graph to schedule: compile, simulate, explain.

mod affected;
mod clause;
mod compare;
mod compile;
mod compiled;
mod context;
mod convert;
mod duration;
mod entry;
mod error;
mod explain;
pub mod expression;
pub mod glob;
pub mod graph;
mod includes;
mod lint;
mod load;
pub mod machine;
pub mod model;
mod order;
pub mod pattern;
mod psych;
pub mod simulate;
mod value;
pub mod variables;

pub use affected::{Affected, Cause, affected};
pub use clause::ClauseKind;
pub use compare::{Changes, FieldChange, JobChange, compare};
pub use compile::{Compiler, compile};
pub use compiled::{ClauseTrace, Compiled, Decision, Excluded, Job, Need, Outcome, Reason, RuleTrace, When, Workflow};
pub use context::{Context, Edition, RefKind};
pub use error::{CompileError, Note, Problem};
pub use explain::Explanation;
pub use includes::{Fetched, Includes, Locator};
pub use lint::{Lint, LintKind, lint, usual_contexts};
pub use psych::Limits;
