//! `ValueAddTransformer`: a value in a field, or as one part of the file path that the field holds.

use longshore_yaml::Kind;

use crate::filter::edit::{Edit, FilterError, Typed};
use crate::filter::fieldspec::need_scalar;
use crate::filter::lookup::get_or_make;
use crate::filter::path;

/// A value and the field it is put in; what is missing of the field's path is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ValueAdd {
    /// The value.
    pub(crate) value: String,
    /// The field, with slashes.
    pub(crate) field_path: String,
    /// From 1: the field holds a file path, and the value becomes its part with this number, or its last. 0 or less:
    /// the value takes the place of what the field holds.
    pub(crate) file_path_position: i64,
}

impl ValueAdd {
    /// Puts the value into one document.
    pub(crate) fn apply(&self, edit: &mut Edit<'_>) -> Result<(), FilterError> {
        let root = edit.doc.root_id();
        let fields = path::split(&self.field_path, '/');
        let Some(id) = get_or_make(edit, root, &fields, Kind::Scalar)? else { return Ok(()) };
        let node = edit.node(id);
        need_scalar(node)?;
        let value = match usize::try_from(self.file_path_position) {
            Ok(position) if position > 0 => insert_part(node.text(), position - 1, &self.value),
            _ => self.value.clone(),
        };
        edit.set_text(id, &value, Typed::Plain);
        Ok(())
    }
}

/// Makes `part` the part with this number of a file path; it stays absolute if it was.
fn insert_part(path: &str, position: usize, part: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    parts.insert(position.min(parts.len()), part);
    let joined = parts.join("/");
    if absolute { format!("/{joined}") } else { joined }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, position: usize, expect: &str) {
        assert_eq!(insert_part(path, position, "peach"), expect);
    }

    #[test]
    fn a_part_goes_where_it_is_told() {
        check("", 0, "peach");
        check("/", 3, "/peach");
        check("pie", 0, "peach/pie");
        check("/pie", 0, "/peach/pie");
        check("a/b/c", 1, "a/peach/b/c");
        check("a/b/c", 9, "a/b/c/peach");
    }
}
