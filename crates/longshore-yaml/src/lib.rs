//! Text to tree and back, exactly as the Go YAML libraries do it, with source spans.

mod chars;
mod compose;
mod deserializer;
mod document;
mod emit;
mod equal;
mod expand;
mod json;
mod merge;
mod node;
mod parse;
mod read;
mod remark;
mod resolve;
mod scalar;
mod scan;
mod serializer;
mod source;
mod spanned;
mod splice;
#[cfg(feature = "serde_yaml")]
mod value;

pub use deserializer::{DeserializeError, Deserializer, from_file, from_node, from_str};
pub use document::{Comments, Document, NodeId};
pub use emit::{EmitError, ListIndent, emit_build, emit_build_all, emit_build_into, emit_kyaml, emit_kyaml_each};
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
