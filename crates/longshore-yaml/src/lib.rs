//! Text to tree and back, exactly as the Go YAML libraries do it, with the place of every value.
//!
//! What `kustomize build`, `kubectl` and kyaml accept, this crate accepts; what they resolve (`0777`, `yes`, `2001-01-01`,
//! `<<: *base`), it resolves; where they hang comments, it hangs them; and it prints their bytes. A [`Document`] is one
//! tree in one arena. It knows for each node the file, line and column that the node came from, and takes that along
//! through every change and copy: a report can say that a value was set by `overlays/prod/replicas.yaml:7:13`.
//!
//! ```
//! use longshore_yaml::{ListIndent, ReadOptions, SourceFile, Tag, emit_build, emit_kyaml, read};
//!
//! let file = SourceFile::new("web.yaml", "spec:\n  replicas: 3 # see the HPA\n  name: 'web'\nkind: Deployment\n");
//! let mut doc = read(&file, &ReadOptions::default())?.remove(0);
//!
//! let replicas = doc.root().at(["spec", "replicas"]).ok_or("no replicas")?;
//! assert_eq!(replicas.as_i64(), Some(3));
//! assert_eq!(replicas.location().map(|at| at.to_string()).as_deref(), Some("web.yaml:2:13"));
//!
//! let id = replicas.id();
//! doc.set_scalar(id, "5", Tag::Int);
//! let kyaml = emit_kyaml([&doc], ListIndent::Compact);
//! assert_eq!(kyaml, "spec:\n  replicas: 5 # see the HPA\n  name: 'web'\nkind: Deployment\n");
//! assert_eq!(emit_build(&doc)?, "kind: Deployment\nspec:\n  name: web\n  replicas: 5\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Reading
//! [`read`] splits a text into documents as kyaml does and reads each as go-yaml v3 does; [`read_stream`] reads one
//! stream as go-yaml alone does; [`read_bytes`] takes UTF-16 too. [`ReadOptions`] say which [`Schema`] gives unquoted
//! scalars their types (v3 for resources, v2 for kustomization files), whether aliases and merge keys stay or are
//! expanded, whether repeated keys are an error, and the [`Limits`]. Every [`ReadError`] has file, line and column, the
//! words of go-yaml, and where it is known what to do about it.
//!
//! # Looking and changing
//! [`Node`] is a cursor that is free to copy: [`Node::get`], [`Node::at`], [`Node::entries`], [`Node::items`],
//! [`Node::scalar`], [`Node::location`]. Two nodes are equal when they mean the same. Changes go through ids:
//! [`Document::map_set`], [`Document::seq_insert`], [`Document::set_scalar`], [`Document::import`]; a node keeps its
//! place until [`Document::set_origin`] says that it has another.
//!
//! # Printing
//! | | prints as | keeps |
//! |---|---|---|
//! | [`emit_build`] | `kustomize build`: keys sorted, folded at 80 columns, go-yaml v2 | values |
//! | [`emit_kyaml`] | kyaml's writer: go-yaml v3, lists compact or wide ([`ListIndent::derive`]) | order, comments, styles |
//! | [`Splice`] | nothing: it replaces bytes of the text, one scalar, entry or item | every other byte |
//!
//! Faults of the originals are printed too, for their bytes are the measure: kyaml's printer makes folded texts grow,
//! and `kustomize build` prints what remains after kyaml has printed and read once more.
//!
//! # Bridges
//! [`from_str`], [`from_node`] and [`Deserializer`] make Rust values, with the place in every error and, through
//! [`Spanned`], in the values; [`Document::from_value`] makes a tree of whatever implements `Serialize`, and trees
//! implement it themselves. [`Node::to_json`] and [`Document::from_json`] go to `serde_json` and back.
//!
//! # What this crate is not
//! It is no YAML 1.2 parser: of the official test suite go-yaml refuses 58 valid texts and takes 15 invalid ones, and so
//! does this crate. It knows nothing of Kubernetes: to it a Deployment is a mapping.
//!
//! # Safety
//! No `unsafe`, no panic on any input, and no recursion that an input drives: every walk over a tree keeps its own stack
//! or has a named limit.
//!
//! # Features
//! - `serde_yaml`: conversion from and to `serde_yaml::Value`. Text is never read or printed with that crate.

mod change;
mod chars;
mod compose;
mod deserializer;
mod document;
mod emit;
mod equal;
mod expand;
mod generic;
mod import;
mod json;
mod merge;
mod node;
mod parse;
mod read;
mod remark;
mod resolve;
mod scan;
mod serializer;
mod source;
mod spanned;
mod splice;
#[cfg(feature = "serde_yaml")]
mod value;

pub use change::NewScalar;
pub use deserializer::{DeserializeError, Deserializer, from_file, from_node, from_str};
pub use document::{Comments, Document, NodeId};
pub use emit::{
    BuildPrinter, EmitError, ListIndent, emit_build, emit_build_all, emit_build_into, emit_kyaml, emit_kyaml_each,
};
pub use json::JsonError;
pub use node::{Entries, Items, Kind, Node, Scalar, Style, Tag};
pub use read::{Aliases, DuplicateKeys, Limits, ReadError, ReadOptions, read, read_bytes, read_stream};
pub use resolve::{Schema, resolve_plain};
pub use serializer::SerializeError;
pub use source::{Location, Position, SourceFile, Span};
pub use spanned::Spanned;
pub use splice::{Edit, Splice, SpliceError};
#[cfg(feature = "serde_yaml")]
pub use value::ValueError;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
