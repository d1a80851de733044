//! Desired against live: who changed what and why, and an ordered plan to put it right.
//!
//! [`assess`] compares what is declared with what a cluster has and gives a [`Report`]: a [`Verdict`] for each resource, and
//! for each differing field its [`Class`], both values, who is on record for the live one, and file and line that declare it.
//! [`plan`](plan()) turns a report into ordered [`Step`]s: phases and waves, hooks, what needs what, renames, prunes and what
//! holds them back; [`rollback`] previews the way to an earlier revision. A [`Cluster`] in memory stands in for an API server.
//! [`predict`](predict()) says what an apply would make of an object, [`sync`] brings a cluster there as Argo CD does, and
//! [`argo`] compares as Argo CD does.
//!
//! What the API server changes by itself is no drift: defaults, the spelling of quantities, write-only `stringData`, status and
//! bookkeeping. What others added is never silent. Values of Secrets appear in no report.
//!
//! What this crate is not: a client. Both sides arrive as sets, and it neither waits nor reads a clock.
//!
//! ```
//! use longshore_drift::{Cluster, Policy, Rules, Verdict, assess, plan};
//! use longshore_manifest::{Resource, ResourceSet};
//! use longshore_yaml::{ReadOptions, SourceFile, read};
//!
//! let text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\ndata:\n  color: blue\n";
//! let docs = read(&SourceFile::new("web.yaml", text), &ReadOptions::default())?;
//! let desired: ResourceSet = docs.into_iter().map(Resource::new).collect::<Result<_, _>>()?;
//!
//! let mut cluster = Cluster::new();
//! let live = cluster.list();
//! let report = assess(&desired, &live, &Rules::default());
//! assert_eq!(report.resources[0].verdict, Verdict::Missing);
//! cluster.carry_out(&plan(&report, &desired, &live, &Policy::default()), &desired, "longshore")?;
//!
//! cluster.edit(&desired.as_slice()[0].id(), "kubectl-edit", |doc| {
//!     let (data, red) = (doc.root().get("data").map(|data| data.id()), doc.add_str("red"));
//!     doc.map_set(data.expect("the map was applied"), "color", red);
//! })?;
//! let report = assess(&desired, &cluster.list(), &Rules::default());
//! let field = &report.resources[0].fields[0];
//! assert_eq!(field.path.to_string(), "data.color");
//! assert_eq!(field.live.as_ref().map(|value| value.text()), Some("red"));
//! assert_eq!(field.owners[0].manager, "kubectl-edit");
//! assert_eq!(field.declared_at.as_ref().map(|at| at.line), Some(6));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//! - `jq`: expressions of jq in [`IgnoreRule`]s, run by jaq. Without it they overlook nothing.

mod allocated;
pub mod argo;
mod assess;
mod cluster;
mod compare;
mod defaults;
mod definitions;
mod fields;
pub mod format;
pub mod health;
#[cfg(feature = "jq")]
mod jq;
mod last_applied;
mod lists;
mod managers;
mod normalise;
mod order;
mod owner;
mod path;
mod plan;
mod predict;
mod report;
mod rules;
mod step;
pub mod sync;
mod unappliable;
mod values;

pub use longshore_diff::Force;

pub use assess::{Options, assess, assess_with};
pub use cluster::{ApiError, Cluster, Event, EventType, Propagation};
pub use owner::Owner;
pub use path::{FieldPath, Segment};
pub use plan::{Action, After, Dependency, Finding, Guard, Plan, Policy, Step, plan, rollback};
pub use predict::{Conflict, PredictError, Prediction, predict, predict_with};
pub use report::{Class, Field, Report, ResourceReport, Shown, Verdict};
pub use rules::{IgnoreRule, Pattern, PatternError, Rules, RulesError, Target};
pub use unappliable::Unappliable;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
