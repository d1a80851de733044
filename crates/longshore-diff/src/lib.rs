//! What changed between manifests, semantically, as changes, patches or readable text.

mod align;
mod apply;
mod change;
mod cost;
mod equal;
mod fields;
mod merge_patch;
mod options;
mod patch;
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
pub use merge_patch::{MergePatchError, merge_patch};
pub use options::{DiffOptions, Equality, Limits, Order};
pub use patch::{PatchOptions, json_patch};
pub use path::{FieldPath, PathElement};
pub use render::Format;
pub use sets::{SetChange, SetChanges, diff_sets};
pub use structural::diff;
pub use structured::{StructuredSchema, StructuredSchemaError};
pub use typed::{Comparison, KeyFields, ObjectType, TypeError, compare, extract, field_set, merge, remove};
