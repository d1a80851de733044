//! CI configuration to job graph to schedule: compile, explain, lint, simulate.
//!
//! [`compile`] reads what GitLab reads, in GitLab's order: documents with their inputs, includes, `extends`, `!reference`, the
//! keywords with their checks, `parallel`, needs, rules. A [`Context`] says for what: branch, tag, merge request, variables,
//! changed files. What comes out, [`Compiled`], knows for each job and each excluded one [why](Compiled::explain).
//! [`Compiled::pipeline`] turns it into a [`model::Pipeline`], which a [`machine::Machine`] runs on events and
//! [`simulate`](simulate::simulate) on durations.
//!
//! The reference is GitLab 18.11 (`lib/gitlab/ci`, the free edition; [`Edition::Enterprise`] adds keywords of the paid one).
//! What GitLab asks its server for is asked of whoever embeds: [`Includes`] fetches other projects, URLs, templates and
//! components; the digest in a cache key from `files` stays unmade.

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

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
