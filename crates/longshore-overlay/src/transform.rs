//! Transformers: each field of a kustomization, or each plugin, becomes a step that changes all objects.

use std::collections::HashSet;

use crate::build::{Accumulator, Build, Target};
use crate::decode::Text;
use crate::entries::Entries;
use crate::entry::Entry;
use crate::error::{Finding, Problems, RenderError};
use crate::filter::affix::Affix;
use crate::filter::config::TransformerConfig;
use crate::filter::edit::{Edit, FilterError, Origin, Trace};
use crate::filter::entries::{self, Pairs};
use crate::filter::fieldspec::{FieldSpec, FieldSpecs};
use crate::filter::image::ImageSetter;
use crate::filter::namespace::{NamespaceSetter, Subjects};
use crate::filter::replacement::{self, Replacement};
use crate::filter::selector::SelectorMatch;
use crate::filter::value_add::ValueAdd;
use crate::filter::{hash, replicas};
use crate::kustomization::{Kustomization, Label, Replica, ReplacementField, read_replacements};
use crate::loader::Loader;
use crate::origin::BuildOrigin;
use crate::patch::{self, LoadedPatch};
use crate::plugin;

/// One transformer, ready to run.
pub(crate) struct Step {
    /// The field or the plugin, for people.
    pub(crate) name: String,
    /// Where it is written.
    pub(crate) origin: Origin,
    /// How `buildMetadata` annotates what it changes.
    pub(crate) by: Option<BuildOrigin>,
    pub(crate) work: Work,
}

/// What a step does.
pub(crate) enum Work {
    Patches(Vec<LoadedPatch>),
    Namespace(Box<NamespaceSetter>),
    Prefix(String, FieldSpecs),
    Suffix(String, FieldSpecs),
    /// Labels or annotations.
    Entries(Pairs, FieldSpecs),
    Replicas(Replica, Vec<FieldSpec>),
    Image(Box<ImageSetter>, FieldSpecs),
    Replacements(Vec<Replacement>),
    ValueAdd(ValueAdd, Vec<SelectorMatch>),
    Hash,
    Function(longshore_yaml::Document),
}

/// Runs the transformers of a kustomization on all objects gathered so far.
pub(crate) fn run(target: &Target<'_, '_>, acc: &mut Accumulator) -> Result<(), RenderError> {
    let mut problems = Problems::default();
    let builtin = problems.take(builtin_steps(target, &acc.config));
    let plugins = problems.take(plugin::transformers(target, &target.kustomization.transformers));
    problems.done(())?;
    for step in builtin.into_iter().chain(plugins).flatten() {
        step.run(target.build, &mut acc.entries)?;
    }
    Ok(())
}

impl Step {
    /// Changes the objects, drops those of which nothing is left.
    pub(crate) fn run(&self, build: &Build<'_>, entries: &mut Entries) -> Result<(), RenderError> {
        self.work(build, entries).map_err(|error| error.or_from(&self.origin).context(&self.name))?;
        if let Some(by) = &self.by {
            for entry in entries.as_mut_slice() {
                match entry.origin {
                    Some(_) => entry.transformations.push(by.clone()),
                    None => entry.origin = Some(by.clone()),
                }
            }
        }
        entries.retain(|entry| !entry.is_empty());
        Ok(())
    }

    fn work(&self, build: &Build<'_>, entries: &mut Entries) -> Result<(), RenderError> {
        match &self.work {
            Work::Patches(patches) => self.patch(build, entries, patches),
            Work::Namespace(setter) => self.set_namespace(build, entries, setter),
            Work::Prefix(text, specs) => self.affix(build, entries, Affix::Prefix(text), specs),
            Work::Suffix(text, specs) => self.affix(build, entries, Affix::Suffix(text), specs),
            Work::Entries(pairs, specs) => {
                self.each(build, entries, |entry| entry.edit(|edit| entries::apply(edit, specs, pairs)))
            }
            Work::Replicas(replica, specs) => self.set_replicas(build, entries, replica, specs),
            Work::Image(setter, specs) => self.each(build, entries, |entry| {
                entry.edit(|edit| {
                    setter.apply_everywhere(edit)?;
                    setter.apply(edit, specs)
                })
            }),
            Work::Replacements(list) => self.replace(build, entries, list),
            Work::ValueAdd(add, targets) => self.add_value(build, entries, add, targets),
            Work::Hash => self.hash(build, entries),
            Work::Function(config) => plugin::call(build, entries, config),
        }
    }

    /// Changes every object, without changing names; all that fail are reported.
    fn each(
        &self,
        build: &Build<'_>,
        entries: &mut Entries,
        mut change: impl FnMut(&mut Changing<'_>) -> Result<(), FilterError>,
    ) -> Result<(), RenderError> {
        let mut problems = Problems::default();
        for entry in entries.as_mut_slice() {
            let outcome = change(&mut Changing { entry, step: self, provenance: build.options.provenance });
            if let Err(error) = outcome {
                problems.push(crate::resources::about(entry.root(), error));
            }
        }
        problems.done(())
    }

    fn changing<'e>(&'e self, build: &Build<'_>, entry: &'e mut Entry) -> Changing<'e> {
        Changing { entry, step: self, provenance: build.options.provenance }
    }

    fn patch(&self, build: &Build<'_>, entries: &mut Entries, patches: &[LoadedPatch]) -> Result<(), RenderError> {
        let mut problems = Problems::default();
        for patch in patches {
            problems.take(patch.apply(build, entries, &self.name).map_err(|error| error.or_from(&patch.origin)));
        }
        problems.done(())
    }

    fn set_namespace(
        &self,
        build: &Build<'_>,
        entries: &mut Entries,
        setter: &NamespaceSetter,
    ) -> Result<(), RenderError> {
        let mut problems = Problems::default();
        let mut seen: HashSet<String> = HashSet::with_capacity(entries.len());
        for entry in entries.iter_mut().filter(|entry| !entry.from_chart) {
            entry.remember();
            let cluster_scoped = entry.cluster_scoped();
            if let Err(error) = self.changing(build, entry).edit(|edit| setter.apply(edit, cluster_scoped)) {
                problems.push(crate::resources::about(entry.root(), error));
            }
        }
        for entry in entries.iter() {
            let id = entry.id();
            let key = format!("{}|{}|{}|{}|{}", id.group, id.version, id.kind, id.effective_namespace(), id.name);
            if !seen.insert(key) {
                let message = format!("namespace transformation produces ID conflict: {id}");
                problems.push(Finding::at(entry.root(), message));
            }
        }
        problems.done(())
    }

    fn affix(
        &self,
        build: &Build<'_>,
        entries: &mut Entries,
        affix: Affix<'_>,
        specs: &FieldSpecs,
    ) -> Result<(), RenderError> {
        let mut problems = Problems::default();
        for entry in entries.iter_mut() {
            let id = entry.original_id();
            if Affix::skips(id.group, id.kind) {
                continue;
            }
            let (group, version, kind) = (id.group.to_owned(), id.version.to_owned(), id.kind.to_owned());
            for (spec, steps) in specs.of(&group, &version, &kind) {
                if spec.path == "metadata/name" {
                    match affix {
                        Affix::Prefix(prefix) => entry.add_prefix(prefix),
                        Affix::Suffix(suffix) => entry.add_suffix(suffix),
                    }
                    if !affix.is_empty() {
                        entry.remember();
                    }
                }
                let outcome = self.changing(build, entry).edit(|edit| affix.apply(edit, spec, steps));
                if let Err(error) = outcome {
                    problems.push(crate::resources::about(entry.root(), error));
                }
            }
        }
        problems.done(())
    }

    fn set_replicas(
        &self,
        build: &Build<'_>,
        entries: &mut Entries,
        replica: &Replica,
        specs: &[FieldSpec],
    ) -> Result<(), RenderError> {
        let places = entries.named(&replica.name).to_vec();
        let (mut problems, mut found) = (Problems::default(), false);
        for spec in specs {
            let steps = crate::filter::fieldspec::Step::parse(&spec.path);
            for &place in &places {
                let entry = &mut entries.as_mut_slice()[place as usize];
                let selected = !entry.is_empty() && entry.ids().any(|id| {
                    id.name == replica.name && spec.gvk.selects(id.group, id.version, id.kind)
                });
                if !selected {
                    continue;
                }
                found = true;
                let now = entry.id();
                if !spec.gvk.selects(now.group, now.version, now.kind) {
                    continue;
                }
                let outcome =
                    self.changing(build, entry).edit(|edit| replicas::apply(edit, spec, &steps, replica.count));
                if let Err(error) = outcome {
                    problems.push(crate::resources::about(entry.root(), error));
                }
            }
        }
        if !found {
            let kinds: Vec<String> = specs.iter().map(|spec| spec.gvk.to_string()).collect();
            let message = format!(
                "resource with name {} does not match a config with the following GVK [{}]",
                replica.name,
                kinds.join(" ")
            );
            problems.push(Finding::on(&replica.origin, message));
        }
        problems.done(())
    }

    fn replace(&self, build: &Build<'_>, entries: &mut Entries, list: &[Replacement]) -> Result<(), RenderError> {
        let mut traces = build.options.provenance.then(|| vec![Trace::default(); entries.len()]);
        let outcome = replacement::apply(entries, list, traces.as_deref_mut());
        self.keep(entries, traces);
        outcome.map_err(RenderError::from)
    }

    /// Keeps what was traced for all entries.
    fn keep(&self, entries: &mut Entries, traces: Option<Vec<Trace>>) {
        for (entry, trace) in entries.as_mut_slice().iter_mut().zip(traces.into_iter().flatten()) {
            entry.history.keep(&self.name, trace);
        }
    }

    fn add_value(
        &self,
        build: &Build<'_>,
        entries: &mut Entries,
        add: &ValueAdd,
        targets: &[SelectorMatch],
    ) -> Result<(), RenderError> {
        let mut problems = Problems::default();
        for target in targets {
            for place in patch::select(entries, target) {
                let outcome = entries.edit(place, |entry| {
                    entry.remember();
                    self.changing(build, entry).edit(|edit| add.apply(edit))
                });
                if let Err(error) = outcome {
                    problems.push(crate::resources::about(entries.get(place).root(), error));
                }
            }
        }
        problems.done(())
    }

    fn hash(&self, build: &Build<'_>, entries: &mut Entries) -> Result<(), RenderError> {
        let mut problems = Problems::default();
        if !entries.iter().any(|entry| entry.needs_hash) {
            return Ok(());
        }
        for entry in entries.iter_mut().filter(|entry| entry.needs_hash) {
            let suffix = match hash::of(entry.root()) {
                Ok(suffix) => suffix,
                Err(error) => {
                    problems.push(crate::resources::about(entry.root(), error));
                    continue;
                }
            };
            entry.remember();
            let name = entry.root().at(["metadata", "name"]).map(|node| (node.id(), format!("{}-{suffix}", node.text())));
            if let Some((id, name)) = name {
                let mut changing = self.changing(build, entry);
                let _set: Result<(), FilterError> = changing.edit(|edit| {
                    edit.set_text(id, &name, crate::filter::edit::Typed::Str);
                    Ok(())
                });
            }
        }
        problems.done(())
    }
}

/// One object at the hands of a step.
pub(crate) struct Changing<'e> {
    pub(crate) entry: &'e mut Entry,
    pub(crate) step: &'e Step,
    pub(crate) provenance: bool,
}

impl Changing<'_> {
    /// Changes the document, and keeps what was changed where that is asked for.
    pub(crate) fn edit<R>(&mut self, change: impl FnOnce(&mut Edit<'_>) -> R) -> R {
        if !self.provenance {
            return change(&mut Edit::new(self.entry.document_mut(), &self.step.origin, None));
        }
        let mut trace = Trace::default();
        let result = change(&mut Edit::new(self.entry.document_mut(), &self.step.origin, Some(&mut trace)));
        self.entry.history.keep(&self.step.name, trace);
        result
    }
}

/// The step that puts digests behind the names of generated objects.
pub(crate) fn hash_step() -> Step {
    Step { name: "name suffix hash".to_owned(), origin: Origin::default(), by: None, work: Work::Hash }
}

/// The step that says who manages every object.
pub(crate) fn managed_by_step() -> Step {
    let value = (format!("kustomize-{VERSION}"), Origin::default());
    let pairs = Pairs::from([("app.kubernetes.io/managed-by".to_owned(), value)]);
    let work = Work::Entries(pairs, FieldSpecs::new(&[metadata_labels()]));
    Step { name: "managedByLabel".to_owned(), origin: Origin::default(), by: None, work }
}

/// What the label of managed objects says where the original would say its own version.
const VERSION: &str = "(devel)";

fn metadata_labels() -> FieldSpec {
    FieldSpec { path: "metadata/labels".into(), create: true, ..FieldSpec::default() }
}

/// The steps of the fields of a kustomization, in the original's order.
fn builtin_steps(target: &Target<'_, '_>, config: &TransformerConfig) -> Result<Vec<Step>, RenderError> {
    let mut steps = Steps { target, steps: Vec::new(), problems: Problems::default() };
    let kustomization = &target.kustomization;
    steps.patches(kustomization);
    steps.names(kustomization, config);
    steps.labels(kustomization, config);
    steps.rest(kustomization, config);
    steps.problems.done(steps.steps)
}

struct Steps<'t, 'b, 'f> {
    target: &'t Target<'b, 'f>,
    steps: Vec<Step>,
    problems: Problems,
}

impl Steps<'_, '_, '_> {
    fn push(&mut self, name: impl Into<String>, origin: &Origin, plugin: &str, work: Work) {
        let by = ["builtin", plugin, "", ""].map(str::to_owned);
        let file = self.target.file_name;
        let by = self.target.origin.as_ref().map(|origin| origin.configured(file, by));
        self.steps.push(Step { name: name.into(), origin: origin.clone(), by, work });
    }

    fn loader(&self) -> &Loader<'_> {
        &self.target.loader
    }

    fn patches(&mut self, kustomization: &Kustomization) {
        let texts = &kustomization.patches_strategic_merge;
        if let Some(first) = texts.first() {
            let loaded = texts.iter().map(|text| patch::load_merge(self.loader(), text)).collect::<Vec<_>>();
            let patches: Vec<_> = loaded.into_iter().filter_map(|loaded| self.problems.take(loaded)).flatten().collect();
            let origin = first.origin.clone();
            self.push("patchesStrategicMerge", &origin, "PatchStrategicMergeTransformer", Work::Patches(patches));
        }
        for (index, item) in kustomization.patches.iter().enumerate() {
            let loaded = patch::load(self.loader(), item).map_err(|error| error.or_from(&item.origin));
            if let Some(patches) = self.problems.take(loaded.map_err(|error| error.context(format!("patches[{index}]")))) {
                self.push(format!("patches[{index}]"), &item.origin, "PatchTransformer", Work::Patches(patches));
            }
        }
    }

    fn names(&mut self, kustomization: &Kustomization, config: &TransformerConfig) {
        let Kustomization { namespace, name_prefix, name_suffix, .. } = kustomization;
        if !namespace.is_empty() {
            let setter = NamespaceSetter::new(&namespace.value, &config.namespace, Subjects::default(), false);
            self.push("namespace", &namespace.origin, "NamespaceTransformer", Work::Namespace(Box::new(setter)));
        }
        if !name_prefix.is_empty() {
            let work = Work::Prefix(name_prefix.value.clone(), FieldSpecs::new(&config.name_prefix));
            self.push("namePrefix", &name_prefix.origin, "PrefixTransformer", work);
        }
        if !name_suffix.is_empty() {
            let work = Work::Suffix(name_suffix.value.clone(), FieldSpecs::new(&config.name_suffix));
            self.push("nameSuffix", &name_suffix.origin, "SuffixTransformer", work);
        }
    }

    fn labels(&mut self, kustomization: &Kustomization, config: &TransformerConfig) {
        for (index, label) in kustomization.labels.iter().enumerate() {
            match label_specs(label, config) {
                Ok(specs) => {
                    let work = Work::Entries(label.pairs.clone(), FieldSpecs::new(&specs));
                    self.push(format!("labels[{index}]"), &label.origin, "LabelTransformer", work);
                }
                Err(error) => self.problems.push(error.or_at(&label.origin)),
            }
        }
        if let Some((_, origin)) = kustomization.common_labels.values().next() {
            let work = Work::Entries(kustomization.common_labels.clone(), FieldSpecs::new(&config.common_labels));
            self.push("commonLabels", origin, "LabelTransformer", work);
        }
        if let Some((_, origin)) = kustomization.common_annotations.values().next() {
            let pairs = kustomization.common_annotations.clone();
            let work = Work::Entries(pairs, FieldSpecs::new(&config.common_annotations));
            self.push("commonAnnotations", origin, "AnnotationsTransformer", work);
        }
    }

    fn rest(&mut self, kustomization: &Kustomization, config: &TransformerConfig) {
        for (index, item) in kustomization.patches_json6902.iter().enumerate() {
            let name = format!("patchesJson6902[{index}]");
            let loaded = patch::load_json(self.loader(), item);
            let loaded = loaded.map_err(|error| error.or_from(&item.origin).context(&name));
            if let Some(patch) = self.problems.take(loaded) {
                self.push(name, &item.origin, "PatchJson6902Transformer", Work::Patches(vec![patch]));
            }
        }
        for (index, replica) in kustomization.replicas.iter().enumerate() {
            let work = Work::Replicas(replica.clone(), config.replicas.clone());
            self.push(format!("replicas[{index}]"), &replica.origin, "ReplicaCountTransformer", work);
        }
        for (index, image) in kustomization.images.iter().enumerate() {
            let work = Work::Image(Box::new(ImageSetter::new(&image.change)), FieldSpecs::new(&config.images));
            self.push(format!("images[{index}]"), &image.origin, "ImageTagTransformer", work);
        }
        if !kustomization.replacements.is_empty() {
            let list = load_replacements(self.loader(), &kustomization.replacements);
            if let Some(list) = self.problems.take(list) {
                let origin = list.first().map(|first| first.origin.clone()).unwrap_or_default();
                self.push("replacements", &origin, "ReplacementTransformer", Work::Replacements(list));
            }
        }
    }
}

/// The fields that one item of `labels` changes.
fn label_specs(label: &Label, config: &TransformerConfig) -> Result<Vec<FieldSpec>, FilterError> {
    let mut specs = Vec::new();
    FieldSpec::merge(&mut specs, &label.fields)?;
    FieldSpec::merge(&mut specs, &config.labels)?;
    if label.include_selectors {
        FieldSpec::merge(&mut specs, &config.common_labels)?;
    } else {
        if label.include_templates {
            FieldSpec::merge(&mut specs, &config.template_labels)?;
        }
        FieldSpec::merge(&mut specs, &[metadata_labels()])?;
    }
    if label.include_volume_claim_templates {
        FieldSpec::merge(&mut specs, &config.volume_claim_template_labels)?;
    }
    Ok(specs)
}

/// Replacements as they stand, those of files in their place.
pub(crate) fn load_replacements(
    loader: &Loader<'_>,
    fields: &[ReplacementField],
) -> Result<Vec<Replacement>, RenderError> {
    let (mut list, mut problems) = (Vec::new(), Problems::default());
    for field in fields {
        match field {
            ReplacementField::Inline(replacement) => list.push((**replacement).clone()),
            ReplacementField::File(path) => list.extend(problems.take(from_file(loader, path)).unwrap_or_default()),
        }
    }
    problems.done(list)
}

fn from_file(loader: &Loader<'_>, path: &Text) -> Result<Vec<Replacement>, RenderError> {
    read_replacements(&loader.load(path)?)
}
