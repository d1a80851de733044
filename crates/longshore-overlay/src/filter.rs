//! What transformers do to documents: the leaf operations of kustomize's filters, each on one tree, in place.

pub(crate) mod affix;
pub(crate) mod config;
mod defaults;
pub(crate) mod edit;
pub(crate) mod entries;
pub(crate) mod fieldspec;
pub(crate) mod go_json;
pub(crate) mod hash;
pub(crate) mod iam;
pub(crate) mod image;
pub(crate) mod lookup;
pub(crate) mod nameref;
pub(crate) mod namespace;
pub(crate) mod order;
pub(crate) mod path;
mod paths;
pub(crate) mod pattern;
pub(crate) mod referral;
pub(crate) mod replacement;
pub(crate) mod replicas;
pub(crate) mod selector;
mod structured;
pub(crate) mod value_add;
pub(crate) mod vars;
