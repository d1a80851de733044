//! Transformers: each field of a kustomization, or each plugin, becomes a step that changes all objects.

use std::sync::Arc;

use longshore_yaml::Document;

use crate::build::{Accumulator, Build, Target};
use crate::decode::Text;
use crate::entries::Entries;
use crate::entry::Entry;
use crate::error::{Problems, RenderError};
use crate::filter::affix::Affix;
use crate::filter::config::TransformerConfig;
use crate::filter::edit::{FilterError, Origin, Traces};
use crate::filter::entries::Pairs;
use crate::filter::fieldspec::FieldSpec;
use crate::filter::image::{self, ImageChange};
use crate::filter::namespace::{NamespaceSetter, Subjects};
use crate::filter::replacement::{self, Replacement};
use crate::filter::selector::SelectorMatch;
use crate::filter::value_add::ValueAdd;
use crate::kustomization::{Kustomization, Label, ReplacementField, Replica, read_replacements};
use crate::loader::Loader;
use crate::origin::BuildOrigin;
use crate::pass::{self, Change, Pass};
use crate::patch::{self, LoadedPatch};
use crate::plugin;
use crate::steps::{self, Outcome};

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
    Prefix(String, Vec<FieldSpec>),
    Suffix(String, Vec<FieldSpec>),
    /// Labels or annotations.
    Pairs(Pairs, Vec<FieldSpec>),
    Replicas(Replica, Vec<FieldSpec>),
    Image(Box<ImageChange>, Vec<FieldSpec>),
    Replacements(Vec<Arc<Replacement>>),
    ValueAdd(Vec<AddTarget>),
    Hash,
    Function(Box<Document>),
}

/// Where a value is added: fields of the objects that are selected, of all without a selector.
pub(crate) struct AddTarget {
    pub(crate) selector: Option<SelectorMatch>,
    pub(crate) add: ValueAdd,
}

/// Runs the transformers of a kustomization on all objects gathered so far.
pub(crate) fn run(target: &Target<'_, '_>, acc: &mut Accumulator) -> Result<(), RenderError> {
    let mut problems = Problems::default();
    let builtin = problems.take(builtin_steps(target, &acc.config));
    let plugins = problems.take(plugin::transformers(target, &target.kustomization.transformers));
    problems.done(())?;
    let steps: Vec<Step> = builtin.into_iter().chain(plugins).flatten().collect();
    let share = |a: &Step, b: &Step| a.change().is_some() && b.change().is_some() && b.namespace().is_none();
    steps.chunk_by(share).try_for_each(|group| run_together(group, target.build, &mut acc.entries))
}

/// Runs one step, or several that change each object by itself.
fn run_together(steps: &[Step], build: &Build<'_>, entries: &mut Entries) -> Result<(), RenderError> {
    let provenance = build.options.provenance;
    match steps {
        [step] if step.change().is_none() => step.run_alone(build, entries),
        [step, rest @ ..] => match step.namespace() {
            // Who would become one with another must be found before they get other names.
            Some(setter) if !steps::stay_apart(entries, setter) => {
                let mut problems = Problems::default();
                problems.take(pass::run(&passes(std::slice::from_ref(step)), entries, provenance));
                problems.take(step.report(steps::check_apart(entries, &step.origin)));
                problems.done(())?;
                run_together(rest, build, entries)
            }
            _ => pass::run(&passes(steps), entries, provenance),
        },
        [] => Ok(()),
    }
}

/// What steps do that change each object by itself. Images that change in the same fields are changed together.
fn passes(steps: &[Step]) -> Vec<Pass<'_>> {
    let mut passes: Vec<Pass<'_>> = Vec::with_capacity(steps.len());
    for step in steps {
        let Some((change, specs)) = step.change() else { continue };
        let (name, origin, by) = (step.name.as_str().into(), &step.origin, step.by.as_ref());
        match (passes.last_mut(), change) {
            (Some(Pass { names, change: Change::Images(all), specs: same, .. }), Change::Images(more))
                if by.is_none() && *same == specs =>
            {
                all.extend(more);
                names.push(name);
            }
            (_, change) => passes.push(Pass { names: vec![name], origin, by, change, specs }),
        }
    }
    passes
}

impl Step {
    /// What the step does to each object, if it does not look at the others.
    fn change(&self) -> Option<(Change<'_>, &[FieldSpec])> {
        match &self.work {
            Work::Namespace(setter) => Some((Change::Namespace(setter), &[])),
            Work::Prefix(text, specs) => Some((Change::Affix(Affix::Prefix(text)), specs)),
            Work::Suffix(text, specs) => Some((Change::Affix(Affix::Suffix(text)), specs)),
            Work::Pairs(pairs, specs) => Some((Change::Pairs(pairs), specs)),
            Work::Image(change, specs) => Some((Change::Images(vec![(change, &self.origin)]), specs)),
            _ => None,
        }
    }

    fn namespace(&self) -> Option<&NamespaceSetter> {
        match &self.work {
            Work::Namespace(setter) => Some(setter),
            _ => None,
        }
    }

    /// Changes the objects.
    pub(crate) fn run(&self, build: &Build<'_>, entries: &mut Entries) -> Result<(), RenderError> {
        run_together(std::slice::from_ref(self), build, entries)
    }

    /// Changes the objects, drops those of which nothing is left.
    fn run_alone(&self, build: &Build<'_>, entries: &mut Entries) -> Result<(), RenderError> {
        self.work(build, entries).map_err(|error| error.or_from(&self.origin).context(&self.name))?;
        if let Some(by) = &self.by {
            entries.as_mut_slice().iter_mut().for_each(|entry| entry.annotate_by(by));
        }
        entries.drop_empty();
        Ok(())
    }

    fn work(&self, build: &Build<'_>, entries: &mut Entries) -> Result<(), RenderError> {
        match &self.work {
            Work::Patches(patches) => return self.patch(build, entries, patches),
            Work::Function(config) => return plugin::call(build, entries, config),
            _ => {}
        }
        let mut traces = build.options.provenance.then(Traces::default);
        let outcome = self.set(entries, traces.as_mut());
        let name: [Arc<str>; 1] = [self.name.as_str().into()];
        entries.keep(&name, traces);
        problems_of(outcome)
    }

    /// The problems of an outcome as those of this step.
    fn report(&self, outcome: Outcome) -> Result<(), RenderError> {
        problems_of(outcome).map_err(|error| error.or_from(&self.origin).context(&self.name))
    }

    fn set(&self, entries: &mut Entries, traces: Option<&mut Traces>) -> Outcome {
        let origin = &self.origin;
        match &self.work {
            Work::Replicas(replica, specs) => {
                steps::replicas(entries, &replica.name, replica.count, specs, origin, traces)
            }
            Work::Replacements(list) => replacement::apply(entries, list, traces).map_err(|error| vec![error]),
            Work::ValueAdd(targets) => self.add_values(entries, targets, traces),
            Work::Hash => steps::hash(entries, origin, traces),
            // These are passes, or have their own errors.
            Work::Namespace(_) | Work::Prefix(..) | Work::Suffix(..) | Work::Pairs(..) | Work::Image(..) => Ok(()),
            Work::Patches(_) | Work::Function(_) => Ok(()),
        }
    }

    fn patch(&self, build: &Build<'_>, entries: &mut Entries, patches: &[LoadedPatch]) -> Result<(), RenderError> {
        let mut problems = Problems::default();
        let name = self.name.as_str().into();
        for patch in patches {
            problems.take(patch.apply(build, entries, &name).map_err(|error| error.or_from(&patch.origin)));
        }
        problems.done(())
    }

    fn add_values(&self, entries: &mut Entries, targets: &[AddTarget], mut traces: Option<&mut Traces>) -> Outcome {
        let mut errors = Vec::new();
        for target in targets {
            let places = match &target.selector {
                Some(selector) => patch::select(entries, selector),
                None => (0..entries.len()).collect(),
            };
            for place in places {
                entries.edit(place, Entry::remember);
                let outcome = steps::value_add(entries, place, &target.add, &self.origin, traces.as_deref_mut());
                errors.extend(outcome.err().into_iter().flatten());
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

/// All problems of an outcome as one error.
pub(crate) fn problems_of(outcome: Outcome) -> Result<(), RenderError> {
    let mut problems = Problems::default();
    outcome.err().into_iter().flatten().for_each(|error| problems.push(error));
    problems.done(())
}

/// The step that puts digests behind the names of generated objects.
pub(crate) fn hash_step() -> Step {
    Step { name: "name suffix hash".to_owned(), origin: Origin::default(), by: None, work: Work::Hash }
}

/// The step that says who manages every object.
pub(crate) fn managed_by_step() -> Step {
    let value = (format!("kustomize-{VERSION}"), Origin::default());
    let pairs = Pairs::from([("app.kubernetes.io/managed-by".to_owned(), value)]);
    let work = Work::Pairs(pairs, vec![metadata_labels()]);
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
        let by = || ["builtin", plugin, "", ""].map(str::to_owned);
        let file = self.target.file_name;
        let by = self.target.origin.as_ref().map(|origin| origin.configured(file, by()));
        self.steps.push(Step { name: name.into(), origin: origin.clone(), by, work });
    }

    fn loader(&self) -> &Loader<'_> {
        &self.target.loader
    }

    fn patches(&mut self, kustomization: &Kustomization) {
        let texts = &kustomization.patches_strategic_merge;
        if let Some(first) = texts.first() {
            let loaded = texts.iter().map(|text| patch::load_merge(self.loader(), text)).collect::<Vec<_>>();
            let patches: Vec<_> =
                loaded.into_iter().filter_map(|loaded| self.problems.take(loaded)).flatten().collect();
            let origin = first.origin.clone();
            self.push("patchesStrategicMerge", &origin, "PatchStrategicMergeTransformer", Work::Patches(patches));
        }
        for (index, item) in kustomization.patches.iter().enumerate() {
            let loaded = patch::load(self.loader(), item).map_err(|error| error.or_from(&item.origin));
            if let Some(patches) =
                self.problems.take(loaded.map_err(|error| error.context(format!("patches[{index}]"))))
            {
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
            let work = Work::Prefix(name_prefix.value.clone(), config.name_prefix.clone());
            self.push("namePrefix", &name_prefix.origin, "PrefixTransformer", work);
        }
        if !name_suffix.is_empty() {
            let work = Work::Suffix(name_suffix.value.clone(), config.name_suffix.clone());
            self.push("nameSuffix", &name_suffix.origin, "SuffixTransformer", work);
        }
    }

    fn labels(&mut self, kustomization: &Kustomization, config: &TransformerConfig) {
        for (index, label) in kustomization.labels.iter().enumerate() {
            match label_specs(label, config) {
                Ok(specs) => {
                    let work = Work::Pairs(label.pairs.clone(), specs);
                    self.push(format!("labels[{index}]"), &label.origin, "LabelTransformer", work);
                }
                Err(error) => self.problems.push(error.or_at(&label.origin)),
            }
        }
        // Where there are labels the original transforms with common ones too, be there none, and annotates that.
        let first = kustomization.common_labels.values().next().map(|(_, origin)| origin);
        let noted = || kustomization.labels.first().map(|label| &label.origin).filter(|_| self.target.origin.is_some());
        if let Some(origin) = first.or_else(noted) {
            let work = Work::Pairs(kustomization.common_labels.clone(), config.common_labels.clone());
            self.push("commonLabels", origin, "LabelTransformer", work);
        }
        if let Some((_, origin)) = kustomization.common_annotations.values().next() {
            let pairs = kustomization.common_annotations.clone();
            let work = Work::Pairs(pairs, config.common_annotations.clone());
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
        // What does not meet may change places, and images share the walk of labels where they follow them.
        if self.target.origin.is_none() && image::is_apart_from(&config.images, &config.replicas) {
            self.images(kustomization, config);
            self.replicas(kustomization, config);
        } else {
            self.replicas(kustomization, config);
            self.images(kustomization, config);
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

impl Steps<'_, '_, '_> {
    fn replicas(&mut self, kustomization: &Kustomization, config: &TransformerConfig) {
        for (index, replica) in kustomization.replicas.iter().enumerate() {
            let work = Work::Replicas(replica.clone(), config.replicas.clone());
            self.push(format!("replicas[{index}]"), &replica.origin, "ReplicaCountTransformer", work);
        }
    }

    fn images(&mut self, kustomization: &Kustomization, config: &TransformerConfig) {
        for (index, image) in kustomization.images.iter().enumerate() {
            let work = Work::Image(Box::new(image.change.clone()), config.images.clone());
            self.push(format!("images[{index}]"), &image.origin, "ImageTagTransformer", work);
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
) -> Result<Vec<Arc<Replacement>>, RenderError> {
    let (mut list, mut problems) = (Vec::new(), Problems::default());
    for field in fields {
        match field {
            ReplacementField::Inline(replacement) => list.push(Arc::clone(replacement)),
            ReplacementField::File(path) => {
                let read = problems.take(from_file(loader, path)).unwrap_or_default();
                list.extend(read.into_iter().map(Arc::new));
            }
        }
    }
    problems.done(list)
}

fn from_file(loader: &Loader<'_>, path: &Text) -> Result<Vec<Replacement>, RenderError> {
    read_replacements(&loader.load(path)?)
}
