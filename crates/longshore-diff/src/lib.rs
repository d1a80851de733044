//! What changed between manifests, semantically, as changes, patches or readable text.

mod align;
mod change;
mod equal;
mod options;
mod path;
mod rename;
mod secret;
mod sets;
mod structural;

pub use change::{Change, ChangeKind, Changes};
pub use options::{DiffOptions, Equality, Limits, Order};
pub use path::{FieldPath, PathElement};
pub use sets::{SetChange, SetChanges, diff_sets};
pub use structural::diff;
