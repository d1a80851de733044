//! `namespace`: into metadata, role bindings and whatever the field specs name.

use longshore_yaml::{Kind, NewScalar, Node, NodeId, Style, Tag};

use crate::filter::edit::{Edit, FilterError, Typed, string_style};
use crate::filter::fieldspec::{FieldSpec, FieldSpecs, Gvk, apply_one, need_scalar};
use crate::filter::lookup::kind_error;

/// Which subjects of role bindings get the namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Subjects {
    /// Those named `default`.
    #[default]
    DefaultOnly,
    /// All service accounts.
    AllServiceAccounts,
    /// None.
    None,
}

impl Subjects {
    /// From `setRoleBindingSubjects`.
    pub(crate) fn parse(text: &str) -> Result<Self, FilterError> {
        match text {
            "" | "defaultOnly" => Ok(Subjects::DefaultOnly),
            "allServiceAccounts" => Ok(Subjects::AllServiceAccounts),
            "none" => Ok(Subjects::None),
            _ => Err(FilterError::new(format!(
                "invalid value \"{text}\" for setRoleBindingSubjects: must be one of \"defaultOnly\", \"none\" or \
                 \"allServiceAccounts\""
            ))),
        }
    }
}

/// A namespace that is ready to be set in many documents.
#[derive(Clone, Debug)]
pub(crate) struct NamespaceSetter {
    namespace: String,
    /// How it is written where it is new.
    style: Style,
    specs: FieldSpecs,
    /// For documents whose `apiVersion` is not `v1`: without those that name `metadata/name`.
    specs_of_others: FieldSpecs,
    /// The types of which it may give objects another name.
    renaming: Vec<Gvk>,
    subjects: Subjects,
    unset_only: bool,
}

const METADATA_NAMESPACE: &str = "metadata/namespace";

impl NamespaceSetter {
    /// Prepares to set a namespace; with `unset_only` only where none is written.
    pub(crate) fn new(namespace: &str, specs: &[FieldSpec], subjects: Subjects, unset_only: bool) -> Self {
        let role_binding = |spec: &FieldSpec| is_role_binding(&spec.gvk.kind) && spec.path == "subjects/namespace";
        let usable = |spec: &&FieldSpec| spec.path != METADATA_NAMESPACE && !role_binding(spec);
        let specs: Vec<FieldSpec> = specs.iter().filter(usable).cloned().collect();
        let renaming = specs.iter().filter(|spec| spec.touches_identity()).map(|spec| spec.gvk.clone());
        let renaming: Vec<Gvk> = renaming.collect();
        let others: Vec<FieldSpec> = specs.iter().filter(|spec| spec.path != "metadata/name").cloned().collect();
        NamespaceSetter {
            namespace: namespace.to_owned(),
            style: string_style(namespace),
            specs: FieldSpecs::new(&specs),
            specs_of_others: FieldSpecs::new(&others),
            renaming,
            subjects,
            unset_only,
        }
    }

    /// Sets the namespace in one document, of which the caller knows whether its type lives in a cluster as a whole.
    pub(crate) fn apply(&self, edit: &mut Edit<'_>, cluster_scoped: bool) -> Result<(), FilterError> {
        if !cluster_scoped {
            self.set_metadata(edit)?;
        }
        let (core, binding) = match edit.gvk() {
            Some(gvk) => (is_core(gvk), is_role_binding(&gvk.kind)),
            None => {
                let gvk = Gvk::of(edit.doc.root());
                (is_core(&gvk), is_role_binding(&gvk.kind))
            }
        };
        if binding {
            self.set_subjects(edit)
                .map_err(|error| error.context("setting namespace on (cluster)role binding subjects"))?;
        }
        let specs = if core { &self.specs } else { &self.specs_of_others };
        specs
            .apply(edit, Some(Kind::Scalar), &mut |edit, id| self.set(edit, id))
            .map_err(|error| error.context("namespace transformation failed"))
    }

    /// Whether it may give objects of a type other names.
    pub(crate) fn renames(&self, group: &str, version: &str, kind: &str) -> bool {
        self.renaming.iter().any(|gvk| gvk.selects(group, version, kind))
    }

    fn set_metadata(&self, edit: &mut Edit<'_>) -> Result<(), FilterError> {
        let root = edit.doc.root();
        // What nearly all documents are: a mapping with metadata, which has or has not a namespace.
        let metadata = root.get("metadata").map(Node::resolved).filter(|node| node.kind() == Kind::Mapping);
        if let Some(metadata) = metadata {
            let id = metadata.id();
            return self.set_field(edit, id);
        }
        let spec = FieldSpec { gvk: Gvk::default(), path: METADATA_NAMESPACE.into(), create: true };
        let steps = crate::filter::fieldspec::Step::parse(METADATA_NAMESPACE);
        apply_one(edit, &spec, &steps, Some(Kind::Scalar), &mut |edit, id| self.set(edit, id))
    }

    fn set_subjects(&self, edit: &mut Edit<'_>) -> Result<(), FilterError> {
        let (field, value) = match self.subjects {
            Subjects::None => return Ok(()),
            Subjects::DefaultOnly => ("name", "default"),
            Subjects::AllServiceAccounts => ("kind", "ServiceAccount"),
        };
        let Some(subjects) = edit.doc.root().get("subjects").map(Node::resolved) else { return Ok(()) };
        if subjects.tag() == Tag::Null {
            return Ok(());
        }
        if subjects.kind() != Kind::Sequence {
            return Err(kind_error(subjects, Kind::Sequence));
        }
        let chosen = |item: &Node<'_>| item.get(field).is_some_and(|found| found.text() == value);
        let ids: Vec<NodeId> = subjects.items().map(Node::resolved).filter(chosen).map(Node::id).collect();
        ids.into_iter().try_for_each(|id| self.set_field(edit, id))
    }

    /// Sets the field `namespace` of a map.
    fn set_field(&self, edit: &mut Edit<'_>, map: NodeId) -> Result<(), FilterError> {
        match edit.node(map).get("namespace").map(|found| found.resolved().id()) {
            Some(found) => self.set(edit, found),
            None => {
                let key = NewScalar { text: "namespace", tag: Tag::Str, style: Style::Plain };
                let value = NewScalar { text: &self.namespace, tag: Tag::Str, style: self.style };
                edit.add_scalar_entry(map, key, value);
                Ok(())
            }
        }
    }

    fn set(&self, edit: &mut Edit<'_>, id: NodeId) -> Result<(), FilterError> {
        let node = edit.node(id);
        need_scalar(node)?;
        if self.unset_only && node.tag() != Tag::Null && !node.text().is_empty() {
            return Ok(());
        }
        edit.set_text(id, &self.namespace, Typed::Str);
        Ok(())
    }
}

fn is_core(gvk: &Gvk) -> bool {
    gvk.group.is_empty() && gvk.version == "v1"
}

fn is_role_binding(kind: &str) -> bool {
    matches!(kind, "RoleBinding" | "ClusterRoleBinding")
}
