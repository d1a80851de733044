//! What changed between manifests, semantically, as changes, patches or readable text.

mod align;
mod change;
mod cost;
mod equal;
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

pub use change::{Change, ChangeKind, Changes};
pub use merge_patch::{MergePatchError, merge_patch};
pub use options::{DiffOptions, Equality, Limits, Order};
pub use patch::{PatchOptions, json_patch};
pub use path::{FieldPath, PathElement};
pub use render::Format;
pub use sets::{SetChange, SetChanges, diff_sets};
pub use structural::diff;
