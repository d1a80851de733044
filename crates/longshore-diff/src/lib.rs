//! What changed between manifests, semantically, as changes, patches or readable text.
//!
//! [`diff`](diff()) compares two trees, [`diff_sets`] two sets of resources. A [`Change`] says where (a path with list
//! items by key, and the JSON Pointers on both sides), what, and both values with file, line and column. Changes become
//! a minimal JSON Patch, a merge patch or a strategic patch, or text: see [`Format`]. Values of Secrets appear in no
//! text.
//!
//! Beside it stands the ownership of fields: [`FieldSet`] is `managedFields` as a set, [`apply()`] and [`update`] are
//! server-side apply in process, with managers and conflicts, by the rules of structured-merge-diff. [`merge3`](merge3())
//! merges two changes of one tree.
//!
//! What this crate is not: it reads no files, and it does not know which side is right. That is `longshore-drift`.
//!
//! ```
//! use longshore_diff::{DiffOptions, Format, PatchOptions, diff};
//! use longshore_yaml::{ReadOptions, SourceFile, read};
//!
//! let read = |name: &str, text: &str| read(&SourceFile::new(name, text), &ReadOptions::default());
//! let before = read("old.yaml", "spec:\n  replicas: 2\n  hosts: [a, b]\n")?;
//! let after = read("new.yaml", "spec:\n  replicas: 5\n  hosts: [x, a, b]\n")?;
//!
//! let changes = diff(before[0].root(), after[0].root(), &DiffOptions::default());
//! assert_eq!(
//!     changes.render(Format::Paths),
//!     "~ document\n  ~ spec.replicas: 2 → 5  (new.yaml:2:13)\n  + spec.hosts[0]: \"x\"  (new.yaml:3:11)\n",
//! );
//! assert_eq!(changes.to_json_patch(PatchOptions::default())?.0.len(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod align;
mod apply;
mod change;
mod cost;
mod equal;
mod fields;
mod merge3;
mod options;
mod patch;
mod patches;
mod path;
mod rename;
mod render;
mod reorder;
mod secret;
mod sets;
mod structural;
mod structured;
mod typed;

pub use apply::{
    Applied, ApplyError, Conflict, Conflicts, Force, ManagedFields, Managers, Operation, Versions, Writer, apply,
    update,
};
pub use change::{Change, ChangeKind, Changes};
pub use fields::{FieldSet, FieldsError};
pub use merge3::{Merge3, MergeConflict, merge3};
pub use options::{DiffOptions, Equality, Limits, Order};
pub use patch::{PatchOptions, json_patch};
pub use path::{FieldPath, PathElement};
pub use render::Format;
pub use sets::{SetChange, SetChanges, diff_sets};
pub use structural::diff;
pub use structured::{StructuredSchema, StructuredSchemaError};
pub use typed::{Comparison, KeyFields, ObjectType, TypeError, compare, extract, field_set, merge, remove};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
