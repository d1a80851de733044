//! Tests of the crate as its users see it.

mod conformance;
mod corpus;
mod edit;
mod explain;
mod laws;
mod plugged;
mod quirks;
mod thin;
mod units;
mod wild;
