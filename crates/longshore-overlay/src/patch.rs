//! Patches: loading, and finding what they apply to.

use longshore_patch::strategic::kyaml::{self, Options, Outcome};
use longshore_yaml::Document;

use crate::build::Build;
use crate::decode::Text;
use crate::entries::Entries;
use crate::entry::{Entry, Id};
use crate::error::{Finding, Problems, RenderError};
use crate::filter::edit::Origin;
use crate::filter::selector::SelectorMatch;
use crate::kustomization::Patch;
use crate::loader::{self, Loader};
use crate::resources;

/// A patch, ready to be applied.
pub(crate) struct LoadedPatch {
    pub(crate) origin: Origin,
    doc: Document,
    target: Option<SelectorMatch>,
    allow_name_change: bool,
    allow_kind_change: bool,
}

/// One item of `patches`.
pub(crate) fn load(loader: &Loader<'_>, item: &Patch) -> Result<Vec<LoadedPatch>, RenderError> {
    let file = match (item.path.is_empty(), item.patch.value.trim().is_empty()) {
        (true, true) => return Err(Finding::on(&item.origin, "must specify one of patch and path").into()),
        (false, false) => return Err(Finding::on(&item.origin, "patch and path can't be set at the same time").into()),
        (false, true) => loader.load(&item.path)?,
        (true, false) => loader::inline(&item.patch),
    };
    let target = item.target.as_ref().map(SelectorMatch::new).transpose()?;
    let loaded = |doc| LoadedPatch {
        origin: item.origin.clone(),
        doc,
        target: target.clone(),
        allow_name_change: item.allow_name_change,
        allow_kind_change: item.allow_kind_change,
    };
    Ok(resources::read_objects(&file)?.into_iter().map(loaded).collect())
}

/// One item of `patchesStrategicMerge`.
pub(crate) fn load_merge(loader: &Loader<'_>, text: &Text) -> Result<Vec<LoadedPatch>, RenderError> {
    let docs = match resources::read_objects(&loader::inline(text)) {
        Ok(docs) => docs,
        Err(_) => resources::read_objects(&loader.load(text)?)?,
    };
    let loaded = |doc| LoadedPatch {
        origin: text.origin.clone(),
        doc,
        target: None,
        allow_name_change: false,
        allow_kind_change: false,
    };
    Ok(docs.into_iter().map(loaded).collect())
}

/// One item of `patchesJson6902`.
pub(crate) fn load_json(_loader: &Loader<'_>, item: &Patch) -> Result<LoadedPatch, RenderError> {
    Err(Finding::on(&item.origin, "JSON patches are on their way").into())
}

impl LoadedPatch {
    /// Applies the patch to what it is for.
    pub(crate) fn apply(&self, build: &Build<'_>, entries: &mut Entries, step: &str) -> Result<(), RenderError> {
        let places = match &self.target {
            Some(target) => select(entries, target),
            None => {
                let id = Id::of(self.doc.root(), false);
                let kind = self.doc.root().get("apiVersion").map_or("", |node| node.text());
                let id = Id { cluster_scoped: build.cluster_scoped(kind, id.kind), ..id };
                match entries.with_any_id(&id)[..] {
                    [place] => vec![place],
                    [] => {
                        return Err(Finding::at(
                            self.doc.root(),
                            format!("no matches for Id {id}; failed to find unique target for patch {id}"),
                        )
                        .into());
                    }
                    _ => {
                        return Err(Finding::at(
                            self.doc.root(),
                            format!("multiple matches for Id {id}; failed to find unique target for patch {id}"),
                        )
                        .into());
                    }
                }
            }
        };
        let mut problems = Problems::default();
        for place in places {
            problems.take(entries.edit(place, |entry| self.merge(build, entry, step)));
        }
        problems.done(())
    }

    fn merge(&self, build: &Build<'_>, entry: &mut Entry, _step: &str) -> Result<(), RenderError> {
        let id = entry.id();
        let (name, kind) = (id.name.to_owned(), id.kind.to_owned());
        let outcome = build
            .with_schema(|schema| kyaml::apply(entry.document_mut(), self.doc.root(), schema, &Options::default()));
        let outcome = outcome.map_err(|error| Finding::new(error.to_string()))?;
        if outcome == Outcome::Deleted {
            let doc = entry.document_mut();
            let null = doc.add_null();
            doc.set_root(null);
            return Ok(());
        }
        let doc = entry.document_mut();
        let root = doc.root_id();
        if !self.allow_kind_change {
            let kind = doc.add_str(&kind);
            doc.map_set(root, "kind", kind);
        }
        if !self.allow_name_change {
            let metadata = doc.node(root).get("metadata").map(|node| node.id());
            let name = doc.add_str(&name);
            if let Some(metadata) = metadata {
                doc.map_set(metadata, "name", name);
            }
        }
        Ok(())
    }
}

/// Places of the objects that a selector means.
pub(crate) fn select(entries: &mut Entries, selector: &SelectorMatch) -> Vec<usize> {
    let places: Vec<usize> = match selector.plain_name() {
        Some(name) => entries.named(name).iter().map(|&place| place as usize).collect(),
        None => (0..entries.len()).collect(),
    };
    places.into_iter().filter(|&place| selector.matches(entries.get(place))).collect()
}
