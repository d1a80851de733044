//! Name references: fields that name another object follow it when its name changes.

use foldhash::HashSet;
use longshore_yaml::{Kind, Node, NodeId, Tag};

use crate::entries::Entries;
use crate::entry::Entry;
use crate::filter::config::BackReferences;
use crate::filter::edit::{Edit, FilterError, Origin, Traces, Typed};
use crate::filter::fieldspec::{FieldSpec, FieldSpecs, Gvk, need_mapping};
use crate::filter::referral::{Identity, Reference, Referrals, bound_namespaces};

/// The fields that refer to other objects.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReferenceFields {
    fields: FieldSpecs,
    /// For each field the type that it refers to.
    targets: Vec<Gvk>,
}

impl ReferenceFields {
    /// Prepares a table of references.
    pub(crate) fn new(table: &[BackReferences]) -> Self {
        let specs: Vec<FieldSpec> = table.iter().flat_map(|references| references.referrers.iter().cloned()).collect();
        let targets =
            table.iter().flat_map(|references| references.referrers.iter().map(|_| references.target.clone()));
        ReferenceFields { fields: FieldSpecs::new(&specs), targets: targets.collect() }
    }

    /// Mends all references of one document.
    ///
    /// # Errors
    /// A reference that may mean several objects with different names; a field that names nothing.
    pub(crate) fn apply(
        &self,
        edit: &mut Edit<'_>,
        referrer: &Identity,
        referrals: &Referrals<'_>,
    ) -> Result<(), FilterError> {
        if referrals.is_empty() {
            return Ok(());
        }
        let bound = bound_namespaces(&referrer.gvk.kind, edit.doc.root()).map_err(|()| {
            FilterError::at(edit.doc.root(), format!("namespace is blank for resource \"{referrer}\""))
        })?;
        // The kind counts that an object had when it was first seen.
        let mended = self.fields.apply_as(edit, &referrer.gvk, referrer.first_kind(), &mut |edit, place, id| {
            let (spec, _) = self.fields.get(place);
            let role = if spec.path.ends_with("roleRef/name") { role_of(edit.doc.root()) } else { None };
            Mend { referrer, referrals, bound: &bound, target: &self.targets[place], role }.set(edit, id)
        });
        mended.map_err(|(place, error)| {
            let (spec, _) = self.fields.get(place);
            error.context(format!("updating name reference in '{}' field of '{referrer}'", spec.path))
        })
    }
}

/// Mends all references of a build; of each object `then` is told when it is done, and `traces` of the changes.
///
/// # Errors
/// Every reference that cannot be mended; the others are.
pub(crate) fn fix(
    entries: &mut Entries,
    table: &[BackReferences],
    mut traces: Option<&mut Traces>,
    then: &mut dyn FnMut(&mut Entry),
) -> Result<(), Vec<FilterError>> {
    if entries.iter().all(|entry| entry.past().ids.is_empty()) {
        entries.as_mut_slice().iter_mut().for_each(then);
        return Ok(());
    }
    entries.recognize();
    let identities: Vec<Identity> = entries.iter().map(Identity::of).collect();
    let (referrals, fields) = (Referrals::new(&identities), ReferenceFields::new(table));
    // A table of one's own may have fields that make up an object's own name.
    let names = table.iter().any(|references| references.referrers.iter().any(FieldSpec::touches_identity));
    let (origin, mut errors) = (Origin::default(), Vec::new());
    for (index, entry) in entries.as_mut_slice().iter_mut().enumerate() {
        let trace = traces.as_deref_mut().map(|traces| traces.of(index));
        entry.document().prefetch();
        let doc = if names { entry.document_mut() } else { entry.fields_mut() };
        let mut edit = Edit::new(doc, &origin, trace);
        errors.extend(fields.apply(&mut edit, &identities[index], &referrals).err());
        then(entry);
    }
    if names {
        let _renamed = entries.iter_mut();
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// One field of one referrer.
struct Mend<'m> {
    referrer: &'m Identity,
    referrals: &'m Referrals<'m>,
    bound: &'m HashSet<String>,
    target: &'m Gvk,
    role: Option<Gvk>,
}

impl Mend<'_> {
    fn set(&self, edit: &mut Edit<'_>, id: NodeId) -> Result<(), FilterError> {
        let node = edit.node(id);
        match node.kind() {
            Kind::Sequence => {
                for index in 0..node.len() {
                    let Some(item) = edit.node(id).item(index).map(Node::resolved) else { break };
                    // What is neither a name nor a map is left alone.
                    if item.kind() != Kind::Sequence {
                        let item = item.id();
                        self.set(edit, item)?;
                    }
                }
                Ok(())
            }
            _ if node.tag() == Tag::Null => Ok(()),
            Kind::Mapping => self.set_mapping(edit, id),
            _ => self.set_scalar(edit, id),
        }
    }

    fn set_scalar(&self, edit: &mut Edit<'_>, id: NodeId) -> Result<(), FilterError> {
        let node = edit.node(id);
        let Some(referral) = self.select(node, node.text(), None, false)? else { return Ok(()) };
        if referral.name != node.text() {
            edit.with(&referral.name_origin, |edit| edit.set_text(id, &referral.name, Typed::Plain));
        }
        Ok(())
    }

    /// A map names an object by `name` and, if it has it, `namespace`; both follow the object.
    fn set_mapping(&self, edit: &mut Edit<'_>, id: NodeId) -> Result<(), FilterError> {
        let node = edit.node(id);
        need_mapping(node)?;
        let Some(name) = node.get("name").map(Node::resolved) else {
            return Err(FilterError::at(node, "path config error; no 'name' field in node"));
        };
        let namespace = node.get("namespace").map(|namespace| namespace.text());
        let Some(referral) = self.select(node, name.text(), namespace, true)? else { return Ok(()) };
        if referral.name == name.text() && referral.namespace.is_empty() {
            return Ok(());
        }
        edit.with(&referral.name_origin, |edit| {
            set_field(edit, id, "name", &referral.name);
            // A blank namespace means any, and must not take the place of `default`.
            if !referral.namespace.is_empty() {
                set_field(edit, id, "namespace", &referral.namespace);
            }
        });
        Ok(())
    }

    fn select(
        &self,
        node: Node<'_>,
        name: &str,
        namespace: Option<&str>,
        with_namespace: bool,
    ) -> Result<Option<&Identity>, FilterError> {
        let reference = Reference { name, target: self.target, role: self.role.as_ref(), namespace };
        let selected = self.referrals.select(self.referrer, self.bound, reference, with_namespace);
        selected.map_err(|candidates| {
            let ids: Vec<String> = candidates.iter().map(ToString::to_string).collect();
            FilterError::at(node, format!("found multiple possible referrals: {}", ids.join(", ")))
        })
    }
}

/// Sets a field where its text is another.
fn set_field(edit: &mut Edit<'_>, map: NodeId, key: &str, text: &str) {
    match edit.node(map).get(key).map(Node::resolved) {
        Some(field) if field.text() == text => {}
        Some(field) => {
            let id = field.id();
            edit.set_text(id, text, Typed::Plain);
        }
        None => {
            let new = edit.empty(Kind::Scalar);
            edit.set_text(new, text, Typed::Plain);
            edit.add_entry(map, key, new);
        }
    }
}

/// Group and kind of a `roleRef`; none where one of them is absent.
fn role_of(root: Node<'_>) -> Option<Gvk> {
    let role = root.get("roleRef")?;
    Some(Gvk::new(role.get("apiGroup")?.text(), "", role.get("kind")?.text()))
}
