//! `replicas`: a number in the fields that the specs name.

use longshore_yaml::Kind;

use crate::filter::edit::{Edit, FilterError, Typed};
use crate::filter::fieldspec::{FieldSpec, Step, apply_one, need_scalar};

/// Sets the count in the field of one spec, whose object the caller has matched by name.
pub(crate) fn apply(edit: &mut Edit<'_>, spec: &FieldSpec, steps: &[Step], count: i64) -> Result<(), FilterError> {
    apply_one(edit, spec, steps, Some(Kind::Scalar), &mut |edit, id| {
        need_scalar(edit.node(id))?;
        edit.set_text(id, &count.to_string(), Typed::Plain);
        Ok(())
    })
}
