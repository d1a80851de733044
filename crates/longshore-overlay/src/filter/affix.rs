//! `namePrefix` and `nameSuffix`.

use longshore_yaml::{Kind, NodeId};

use crate::filter::edit::{Edit, FilterError, Typed};
use crate::filter::fieldspec::{FieldSpec, Step, apply_one, need_scalar};

/// What is put around a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Affix<'t> {
    /// Before it.
    Prefix(&'t str),
    /// Behind it.
    Suffix(&'t str),
}

impl Affix<'_> {
    /// Changes the field of one spec, whose object the caller has matched.
    pub(crate) fn apply(self, edit: &mut Edit<'_>, spec: &FieldSpec, steps: &[Step]) -> Result<(), FilterError> {
        let mut room = String::new();
        apply_one(edit, spec, steps, Some(Kind::Scalar), &mut |edit, id| self.set(edit, id, &mut room))
    }

    /// Whether it changes nothing.
    pub(crate) fn is_empty(self) -> bool {
        matches!(self, Affix::Prefix("") | Affix::Suffix(""))
    }

    /// Changes a name, which is put together in `room`.
    pub(crate) fn set(self, edit: &mut Edit<'_>, id: NodeId, room: &mut String) -> Result<(), FilterError> {
        let node = edit.node(id);
        need_scalar(node)?;
        room.clear();
        match self {
            Affix::Prefix(prefix) => room.extend([prefix, node.text()]),
            Affix::Suffix(suffix) => room.extend([node.text(), suffix]),
        }
        edit.set_text(id, room, Typed::Plain);
        Ok(())
    }

    /// The types whose names stay as they are: custom resource definitions, API services and namespaces.
    pub(crate) fn skips(group: &str, kind: &str) -> bool {
        matches!(kind, "CustomResourceDefinition" | "Namespace")
            || (kind == "APIService" && group == "apiregistration.k8s.io")
    }
}
