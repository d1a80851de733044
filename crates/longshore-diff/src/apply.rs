//! Server-side apply in process.

use std::collections::BTreeMap;
use std::fmt;

use longshore_yaml::{Document, Node};

use crate::fields::FieldSet;
use crate::path::FieldPath;
use crate::typed::{
    Comparison, ObjectType, TypeError, compare, field_set, merge, reconcile, remove, with_named_fields,
};

/// Who last set which fields, and how: one entry of `metadata.managedFields`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ManagedFields {
    /// The API version in whose terms the fields are written.
    pub api_version: String,
    /// How they were set.
    pub operation: Operation,
    /// The fields.
    pub fields: FieldSet,
}

/// How a manager sets fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// By server-side apply: it owns what it applied last, and what it applies no longer is removed.
    Apply,
    /// By create, update or another patch.
    #[default]
    Update,
}

/// All managers of an object, by name.
pub type Managers = BTreeMap<String, ManagedFields>;

/// Who writes, and in which API version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Writer<'w> {
    /// Name of the manager.
    pub manager: &'w str,
    /// API version of the object that it writes.
    pub api_version: &'w str,
}

/// What becomes of fields that others own and that the writer sets to another value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Force {
    /// The apply is refused.
    #[default]
    No,
    /// The writer becomes their only owner.
    Yes,
}

/// The types of an object in the API versions it can be written in.
pub trait Versions {
    /// The type in a version; `None` where the version is not served any more: its managers are forgotten.
    fn object_type(&self, api_version: &str) -> Option<ObjectType<'_>>;

    /// The object in another version. The default knows versions that differ in nothing but their name.
    fn convert(&self, object: Node<'_>, from: &str, to: &str) -> Result<Document, String> {
        let _ = (from, to);
        Ok(Document::from_node(object))
    }

    /// Fields of a version that nobody owns and about which there is no conflict, with all below them: `status` in writes
    /// that leave it alone.
    fn unowned(&self, api_version: &str) -> FieldSet {
        let _ = api_version;
        FieldSet::new()
    }
}

/// One type for all versions.
impl Versions for ObjectType<'_> {
    fn object_type(&self, _api_version: &str) -> Option<ObjectType<'_>> {
        Some(*self)
    }
}

/// A field that someone else owns.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Conflict {
    /// The owner.
    pub manager: String,
    /// The field.
    pub path: FieldPath,
}

/// All conflicts of an apply, sorted by manager and path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflicts {
    /// The conflicts; at least one.
    pub list: Vec<Conflict>,
}

impl fmt::Display for Conflicts {
    /// As the API server says it: `conflict with "kubectl": .spec.replicas`, or one line for each field.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, group) in self.list.chunk_by(|a, b| a.manager == b.manager).enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            let manager = serde_json::Value::from(group[0].manager.as_str());
            match group {
                [one] => write!(f, "conflict with {manager}: {}", server_path(&one.path))?,
                many => {
                    write!(f, "conflicts with {manager}:")?;
                    many.iter().try_for_each(|one| write!(f, "\n- {}", server_path(&one.path)))?;
                }
            }
        }
        Ok(())
    }
}

/// A path as the API server prints it: a dot before each field, nothing quoted.
pub(crate) fn server_path(path: &FieldPath) -> String {
    let element = |element: &crate::path::PathElement| match element {
        crate::path::PathElement::Field(name) => format!(".{name}"),
        other => other.to_string(),
    };
    path.elements.iter().map(element).collect()
}

/// Why an object was not applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// Others own fields that would change; see [`Force::Yes`].
    #[error("{0}")]
    Conflicts(Conflicts),
    /// An object does not have its type.
    #[error(transparent)]
    Type(#[from] TypeError),
    /// The writer's own version is not served.
    #[error("API version {0} is not served")]
    Version(String),
    /// An object cannot be brought into another version.
    #[error("cannot convert from {from} to {to}: {message}")]
    Conversion {
        /// Version it is in.
        from: String,
        /// Version it should be in.
        to: String,
        /// Why.
        message: String,
    },
}

/// The outcome of an apply.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The object to store. Its nodes keep the origins they had in the live and the applied object.
    pub object: Document,
    /// Who owns what afterwards.
    pub managers: Managers,
}

/// An object in a version.
struct Versioned {
    doc: Document,
    version: String,
}

/// Applies an object as the API server's server-side apply does.
///
/// The live object gets what `applied` sets; what the manager applied before, applies no longer, and nobody else owns,
/// is removed. `live` is `null` where there is no object yet. `metadata.managedFields` is not looked at: the
/// managers come in and go out as values, and both objects should not have the field.
pub fn apply(
    live: Node<'_>,
    applied: Node<'_>,
    writer: Writer<'_>,
    managers: &Managers,
    force: Force,
    versions: &dyn Versions,
) -> Result<Applied, ApplyError> {
    let run = Run { versions };
    let live = Versioned { doc: Document::from_node(live), version: writer.api_version.to_owned() };
    let ty = run.own_type(writer)?;
    let mut managers = run.reconciled(&live, managers)?;
    let merged = Versioned { doc: merge(live.doc.root(), applied, ty)?, version: live.version.clone() };
    let fields = field_set(applied, ty)?.recursive_difference(&versions.unowned(writer.api_version));
    let last = managers.get(writer.manager).cloned();
    let owned = ManagedFields { api_version: writer.api_version.to_owned(), operation: Operation::Apply, fields };
    managers.insert(writer.manager.to_owned(), owned);
    let pruned = run.prune(merged, &managers, writer, last.as_ref())?;
    run.settle(&live, &pruned, writer, &mut managers, force)?;
    Ok(Applied { object: pruned.doc, managers })
}

/// Records what an update, a create or a patch of another kind changed: the manager owns the fields that `updated` sets
/// differently from `live`, nobody owns them any more otherwise.
pub fn update(
    live: Node<'_>,
    updated: Node<'_>,
    writer: Writer<'_>,
    managers: &Managers,
    versions: &dyn Versions,
) -> Result<Managers, ApplyError> {
    let run = Run { versions };
    let version = writer.api_version.to_owned();
    let live = Versioned { doc: Document::from_node(live), version: version.clone() };
    let updated = Versioned { doc: Document::from_node(updated), version: version.clone() };
    let mut managers = run.reconciled(&live, managers)?;
    let found = run.settle(&live, &updated, writer, &mut managers, Force::Yes)?;
    let mine = managers.remove(writer.manager).unwrap_or_default().fields;
    let fields = mine.difference(&found.removed).union(&found.modified).union(&found.added);
    if !fields.is_empty() {
        let owned = ManagedFields { api_version: version, operation: Operation::Update, fields };
        managers.insert(writer.manager.to_owned(), owned);
    }
    Ok(managers)
}

struct Run<'v> {
    versions: &'v dyn Versions,
}

impl<'v> Run<'v> {
    fn own_type(&self, writer: Writer<'_>) -> Result<ObjectType<'v>, ApplyError> {
        let ty = self.versions.object_type(writer.api_version);
        ty.ok_or_else(|| ApplyError::Version(writer.api_version.to_owned()))
    }

    /// The object in a version and its type there; `None` where the version is not served.
    fn convert(&self, object: &Versioned, to: &str) -> Result<Option<(Versioned, ObjectType<'v>)>, ApplyError> {
        let Some(ty) = self.versions.object_type(to) else {
            return Ok(None);
        };
        let doc = match object.version == to {
            true => object.doc.clone(),
            false => self.versions.convert(object.doc.root(), &object.version, to).map_err(|message| {
                ApplyError::Conversion { from: object.version.clone(), to: to.to_owned(), message }
            })?,
        };
        Ok(Some((Versioned { doc, version: to.to_owned() }, ty)))
    }

    /// The managers under the schema of today, those of versions that are not served left out.
    fn reconciled(&self, live: &Versioned, managers: &Managers) -> Result<Managers, ApplyError> {
        let mut out = Managers::new();
        for (name, managed) in managers {
            if let Some((object, ty)) = self.convert(live, &managed.api_version)? {
                let fields = reconcile(&managed.fields, object.doc.root(), ty)?;
                out.insert(name.clone(), ManagedFields { fields, ..managed.clone() });
            }
        }
        Ok(out)
    }

    /// Takes from other managers what changed, or refuses; drops those that own nothing any more.
    fn settle(
        &self,
        live: &Versioned,
        new: &Versioned,
        writer: Writer<'_>,
        managers: &mut Managers,
        force: Force,
    ) -> Result<Comparison, ApplyError> {
        let own = compare(live.doc.root(), new.doc.root(), self.own_type(writer)?)?;
        let own = self.without_unowned(own, writer.api_version);
        let mut found: BTreeMap<String, Comparison> = BTreeMap::from([(writer.api_version.to_owned(), own)]);
        let others: Vec<String> = managers.keys().filter(|name| *name != writer.manager).cloned().collect();
        let mut conflicts = Vec::new();
        let mut lost: Vec<(String, FieldSet)> = Vec::new();
        for name in others {
            let managed = &managers[&name];
            if !found.contains_key(&managed.api_version) {
                let version = managed.api_version.clone();
                match (self.convert(live, &version)?, self.convert(new, &version)?) {
                    (Some((old, ty)), Some((new, _))) => {
                        let comparison = compare(old.doc.root(), new.doc.root(), ty)?;
                        found.insert(version.clone(), self.without_unowned(comparison, &version));
                    }
                    _ => {
                        managers.remove(&name);
                        continue;
                    }
                }
            }
            let changes = &found[&managed.api_version];
            let taken = managed.fields.intersection(&changes.modified.union(&changes.added));
            let paths = taken.paths().into_iter();
            conflicts.extend(paths.map(|path| Conflict { manager: name.clone(), path }));
            lost.push((name, taken.union(&changes.removed)));
        }
        if force == Force::No && !conflicts.is_empty() {
            return Err(ApplyError::Conflicts(Conflicts { list: conflicts }));
        }
        for (name, fields) in lost {
            let managed = managers.get_mut(&name).expect("it was there above");
            managed.fields = managed.fields.difference(&fields);
        }
        managers.retain(|_, managed| !managed.fields.is_empty());
        Ok(found.remove(writer.api_version).expect("it was compared first"))
    }

    fn without_unowned(&self, found: Comparison, version: &str) -> Comparison {
        let unowned = self.versions.unowned(version);
        let strip = |set: FieldSet| set.recursive_difference(&unowned);
        Comparison { removed: strip(found.removed), modified: strip(found.modified), added: strip(found.added) }
    }

    /// Removes what the manager applied last and applies no longer, unless another applier owns it.
    fn prune(
        &self,
        merged: Versioned,
        managers: &Managers,
        writer: Writer<'_>,
        last: Option<&ManagedFields>,
    ) -> Result<Versioned, ApplyError> {
        let Some(last) = last.filter(|last| !last.fields.is_empty()) else {
            return Ok(merged);
        };
        let Some((then, ty)) = self.convert(&merged, &last.api_version)? else {
            return Ok(merged);
        };
        let pruned = remove(then.doc.root(), &with_named_fields(&last.fields, ty), ty);
        let pruned = Versioned { doc: pruned, version: last.api_version.clone() };
        let pruned = self.keep_owned(&then, pruned, managers)?;
        let pruned = self.keep_others(&then, &pruned, last, ty)?;
        match self.convert(&pruned, writer.api_version)? {
            Some((pruned, _)) => Ok(pruned),
            None => Err(ApplyError::Version(writer.api_version.to_owned())),
        }
    }

    /// Puts back what others own, and what the writer's new configuration sets.
    fn keep_owned(&self, merged: &Versioned, pruned: Versioned, managers: &Managers) -> Result<Versioned, ApplyError> {
        let mut owned: BTreeMap<&str, FieldSet> = BTreeMap::new();
        for managed in managers.values() {
            let set = owned.entry(&managed.api_version).or_default();
            *set = set.union(&managed.fields);
        }
        // First in the version that was pruned: what a conversion needs may have been pruned too.
        let first = pruned.version.clone();
        let mut order: Vec<&str> = owned.keys().copied().collect();
        order.sort_by_key(|version| *version != first);
        let mut merged = Versioned { doc: merged.doc.clone(), version: merged.version.clone() };
        let mut pruned = pruned;
        for version in order {
            let Some((whole, ty)) = self.convert(&merged, version)? else { continue };
            let Some((part, _)) = self.convert(&pruned, version)? else { continue };
            let all = with_named_fields(&field_set(whole.doc.root(), ty)?, ty);
            let kept = with_named_fields(&field_set(part.doc.root(), ty)?, ty);
            let kept = kept.union(&with_named_fields(&owned[version], ty));
            let doc = remove(whole.doc.root(), &all.difference(&kept), ty);
            pruned = Versioned { doc, version: version.to_owned() };
            merged = whole;
        }
        Ok(pruned)
    }

    /// Puts back what the writer did not own: only what it applied last goes.
    fn keep_others(
        &self,
        merged: &Versioned,
        pruned: &Versioned,
        last: &ManagedFields,
        ty: ObjectType<'_>,
    ) -> Result<Versioned, ApplyError> {
        let version = merged.version.clone();
        let Some((part, _)) = self.convert(pruned, &last.api_version)? else {
            return Ok(Versioned { doc: merged.doc.clone(), version });
        };
        let kept = with_named_fields(&field_set(part.doc.root(), ty)?, ty);
        let all = with_named_fields(&field_set(merged.doc.root(), ty)?, ty);
        let gone = all.difference(&kept).intersection(&with_named_fields(&last.fields, ty));
        Ok(Versioned { doc: remove(merged.doc.root(), &gone, ty), version })
    }
}
