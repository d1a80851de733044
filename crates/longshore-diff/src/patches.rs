//! Changes as patches.

use json_patch::Patch;
use longshore_manifest::schema::Schema;
use longshore_patch::ApplyError;
use longshore_patch::merge::{self, NullError};
use longshore_patch::strategic::apimachinery;
use longshore_yaml::{Document, JsonError};

use crate::change::Changes;
use crate::patch::{PatchOptions, json_patch};
use crate::structural::root_type;

/// A patch leads from the tree before to the tree after exactly, whatever the options of the comparison left out, and
/// carries the values that it sets, those of Secrets too: do not log it.
impl Changes<'_> {
    /// As the shortest JSON Patch (RFC 6902), see [`json_patch`](json_patch()).
    pub fn to_json_patch(&self, options: PatchOptions) -> Result<Patch, JsonError> {
        json_patch(self.before, self.after, options)
    }

    /// As a JSON Merge Patch (RFC 7396). Fails where a value becomes `null`: there `null` removes.
    pub fn to_merge_patch(&self) -> Result<Document, NullError> {
        // `{}` would make an empty mapping of anything else, so that is set as it is.
        match self.after.is_mapping() {
            true => merge::create(self.before, self.after),
            false => Ok(Document::from_node(self.after)),
        }
    }

    /// As a strategic merge patch, by the merge keys of a schema; lists of which it knows none are replaced.
    pub fn to_strategic_patch(&self, schema: &dyn Schema) -> Result<Document, ApplyError> {
        let ty = root_type(self.before, self.after, Some(schema));
        apimachinery::two_way(self.before, self.after, ty)
    }
}
