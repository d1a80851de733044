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
        apply_one(edit, spec, steps, Some(Kind::Scalar), &mut |edit, id| self.set(edit, id))
    }

    /// Whether it changes nothing.
    pub(crate) fn is_empty(self) -> bool {
        matches!(self, Affix::Prefix("") | Affix::Suffix(""))
    }

    /// Changes a name.
    pub(crate) fn set(self, edit: &mut Edit<'_>, id: NodeId) -> Result<(), FilterError> {
        let node = edit.node(id);
        need_scalar(node)?;
        let name = match self {
            Affix::Prefix(prefix) => format!("{prefix}{}", node.text()),
            Affix::Suffix(suffix) => format!("{}{suffix}", node.text()),
        };
        edit.set_text(id, &name, Typed::Plain);
        Ok(())
    }

    /// The types whose names stay as they are: custom resource definitions, API services and namespaces.
    pub(crate) fn skips(group: &str, kind: &str) -> bool {
        matches!(kind, "CustomResourceDefinition" | "Namespace")
            || (kind == "APIService" && group == "apiregistration.k8s.io")
    }
}
