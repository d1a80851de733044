//! The door: a folder of files in, objects out.

use longshore_manifest::{Resource, ResourceSet};
use longshore_source::{FilePath, Files};
use longshore_yaml::{BuildPrinter, Document, Kind, Node, NodeId, Style, Tag};

use crate::build::{Accumulator, Build, Target};
use crate::entries::Entries;
use crate::entry::Entry;
use crate::error::{Finding, Problems, RenderError};
use crate::filter::edit::{Traces, plain_tag};
use crate::filter::nameref;
use crate::filter::order::KindOrder;
use crate::filter::vars::{self, VarField};
use crate::history::History;
use crate::kustomization::{Kustomization, SortOptions};
use crate::loader::Loader;
use crate::options::{RenderOptions, Reorder};
use crate::origin::{BuildOrigin, ORIGIN, TRANSFORMATIONS};
use crate::{steps, transform};

/// What a build made.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Rendered {
    /// The objects in the order of output.
    pub resources: ResourceSet,
    /// What the original says on standard error: deprecated fields, options that contradict one another.
    pub warnings: Vec<Finding>,
    /// Changes of each object, in the same order; empty unless provenance was asked for.
    pub(crate) histories: Vec<History>,
    /// Bytes that the output may have.
    output_limit: usize,
}

impl Rendered {
    /// The objects as `kustomize build` prints them.
    ///
    /// # Errors
    /// An object that cannot be printed: a repeated key, a number that JSON does not know, a value whose text is not of
    /// its type; all of them, each with its place. Or more bytes than [`Limits::output`](crate::Limits::output).
    pub fn to_yaml(&self) -> Result<String, RenderError> {
        let (mut out, mut problems) = (String::new(), Problems::default());
        for printed in print_all(self.resources.as_slice(), self.output_limit) {
            let text = problems.take(printed).unwrap_or_default();
            if out.is_empty() {
                out = text;
            } else if !text.is_empty() {
                out.push_str(SEPARATOR);
                out.push_str(&text);
            }
            check_output(&out, self.output_limit)?;
        }
        problems.done(out)
    }
}

const SEPARATOR: &str = "---\n";

/// The objects as texts that only need be joined, printed on several threads.
#[cfg(feature = "rayon")]
fn print_all(resources: &[Resource], limit: usize) -> Vec<Result<String, RenderError>> {
    use rayon::prelude::*;
    resources.par_chunks(128).map(|chunk| print_chunk(chunk, limit)).collect()
}

/// The objects as texts that only need be joined.
#[cfg(not(feature = "rayon"))]
fn print_all(resources: &[Resource], limit: usize) -> [Result<String, RenderError>; 1] {
    [print_chunk(resources, limit)]
}

fn print_chunk(resources: &[Resource], limit: usize) -> Result<String, RenderError> {
    let (mut out, mut problems, mut printer) = (String::new(), Problems::default(), BuildPrinter::default());
    for resource in resources {
        if !out.is_empty() {
            out.push_str(SEPARATOR);
        }
        resource.document().prefetch();
        if let Err(error) = printer.print(&mut out, resource.root()) {
            let finding = Finding::from(error);
            let message = format!("{}: {}", crate::resources::describe(resource.root()), finding.message);
            let location = finding.location.or_else(|| resource.root().location());
            problems.push(Finding { location, ..Finding::new(message) });
        }
        check_output(&out, limit)?;
    }
    problems.done(out)
}

fn check_output(out: &str, limit: usize) -> Result<(), Finding> {
    if out.len() > limit {
        return Err(Finding::new(format!("limit exceeded: output of more than {limit} bytes")));
    }
    Ok(())
}

/// Builds the kustomization in a folder, as `kustomize build` does.
///
/// `root` is the folder. Files are read through `files` alone; names in errors and origins are those that
/// [`Files::display`] gives. Nothing is fetched or executed, except by what `options` plug in.
///
/// # Errors
/// Every independent problem in one go, each with file, line and column where it has a place.
pub fn render(files: &dyn Files, root: &FilePath, options: &RenderOptions) -> Result<Rendered, RenderError> {
    let build = Build::new(options);
    let root = files.canonical(root).map_err(|error| RenderError::from(Finding::new(error.to_string())))?;
    let mut target = Target::open(&build, Loader::new(files, root, options))?;
    let annotated = !target.kustomization.build_metadata.is_empty();
    target.origin = annotated.then(BuildOrigin::default);
    let mut acc = Accumulator::default();
    target.accumulate(&mut acc)?;
    let asked = |option: &str| target.kustomization.build_metadata.iter().any(|text| text.value == option);
    let (origins, transformations) = (asked("originAnnotations"), asked("transformerAnnotations"));
    finish(&build, &mut acc, &mut |entry| annotate(entry, origins, transformations))?;
    sort(&build, &target.kustomization, &mut acc.entries)?;
    if options.managed_by_label || asked("managedByLabel") {
        transform::managed_by_step().run(&build, &mut acc.entries)?;
    }
    let mut histories = Vec::with_capacity(acc.entries.len());
    let resources = acc.entries.into_iter().map(|entry| {
        let (doc, history) = entry.into_parts();
        histories.push(history);
        Resource::unchecked(doc)
    });
    let resources = resources.collect();
    Ok(Rendered { resources, warnings: build.warnings.take(), histories, output_limit: options.limits.output })
}

/// What is done once, at the top: hashes, then references to what was renamed, then variables, then what `last` does to
/// each object, then local objects.
fn finish(build: &Build<'_>, acc: &mut Accumulator, last: &mut dyn FnMut(&mut Entry)) -> Result<(), RenderError> {
    transform::hash_step().run(build, &mut acc.entries)?;
    let entries = &mut acc.entries;
    let mut traces = build.options.provenance.then(Traces::default);
    let table = &acc.config.name_reference;
    // Without variables an object is done with its references, and one look at it is enough.
    let outcome = match acc.vars.is_empty() {
        true => nameref::fix(entries, table, traces.as_mut(), last),
        false => nameref::fix(entries, table, traces.as_mut(), &mut |_| {}),
    };
    entries.keep(&["name reference".into()], traces);
    transform::problems_of(outcome)?;
    if !acc.vars.is_empty() {
        expand_vars(build, acc)?;
        acc.entries.as_mut_slice().iter_mut().for_each(last);
    }
    drop_local(&mut acc.entries)
}

fn expand_vars(build: &Build<'_>, acc: &mut Accumulator) -> Result<(), RenderError> {
    let entries = &mut acc.entries;
    let mut traces = build.options.provenance.then(Traces::default);
    let vars: Vec<VarField<'_>> = acc.vars.iter().map(|var| var.field()).collect();
    let owner = |entry: &Entry, name: &str| entry.var_names.iter().any(|own| **own == *name);
    let unused = vars::expand(entries, &vars, owner, &acc.config.var_reference, traces.as_mut())?;
    entries.keep(&["vars".into()], traces);
    if !unused.is_empty() {
        let message = format!("well-defined vars that were never replaced: {}", unused.join(","));
        build.warn(Finding::new(message));
    }
    Ok(())
}

/// Drops objects that are meant for the build alone.
fn drop_local(entries: &mut Entries) -> Result<(), RenderError> {
    let mut problems = Problems::default();
    entries.retain(|entry| {
        let id = entry.id();
        if id.name.is_empty() && !id.kind.ends_with("List") {
            let message = format!("missing metadata.name in object {id}");
            problems.push(Finding::at(entry.root(), message));
        }
        !entry.local
    });
    problems.done(())
}

fn is_local(annotations: Node<'_>) -> bool {
    annotations.get("config.kubernetes.io/local-config").is_some_and(|value| value.text() != "false")
}

/// Sorts as the kustomization says, else as the options say.
fn sort(build: &Build<'_>, kustomization: &Kustomization, entries: &mut Entries) -> Result<(), RenderError> {
    let order = match &kustomization.sort_options {
        Some(options) => {
            if build.options.reorder != Reorder::Unspecified {
                let message = "Warning: Sorting order is set both in 'kustomization.yaml' ('sortOptions') and in a CLI \
                               flag ('--reorder'). Using the kustomization file over the CLI flag.";
                build.warn(Finding::on(&options.origin, message));
            }
            chosen_order(options)?
        }
        None if build.options.reorder == Reorder::None => None,
        None => Some(KindOrder::default()),
    };
    if let Some(order) = order {
        steps::sort(entries, &order);
    }
    Ok(())
}

fn chosen_order(options: &SortOptions) -> Result<Option<KindOrder>, Finding> {
    let order = options.order.value.as_str();
    match (order, &options.legacy) {
        ("legacy", None) => Ok(Some(KindOrder::default())),
        ("legacy", Some((first, last))) => {
            Ok(Some(KindOrder::new(first.iter().map(String::as_str), last.iter().map(String::as_str))))
        }
        ("fifo", None) => Ok(None),
        ("fifo", Some(_)) => {
            let message = format!(
                "the field 'sortOptions.legacySortOptions' is set but the selected sort order is '{order}', not 'legacy'"
            );
            Err(Finding::on(&options.origin, message).field("sortOptions"))
        }
        _ => {
            let message = "the field 'sortOptions.order' must be one of [fifo, legacy]";
            Err(Finding::on(&options.origin, message).field("sortOptions.order"))
        }
    }
}

/// What each of [`BUILD_ANNOTATIONS`] begins with.
const BUILD_PREFIXES: [char; 2] = ['i', 'c'];

/// Annotations of the build alone, which the original takes out in the end, with its own.
const BUILD_ANNOTATIONS: &[&str] = &[
    "internal.config.kubernetes.io/previousKinds",
    "internal.config.kubernetes.io/previousNames",
    "internal.config.kubernetes.io/prefixes",
    "internal.config.kubernetes.io/suffixes",
    "internal.config.kubernetes.io/previousNamespaces",
    "internal.config.kubernetes.io/allowNameChange",
    "internal.config.kubernetes.io/allowKindChange",
    "internal.config.kubernetes.io/refBy",
    "internal.config.kubernetes.io/generatorBehavior",
    "internal.config.kubernetes.io/needsHashSuffix",
    "internal.config.kubernetes.io/path",
    "internal.config.kubernetes.io/index",
    "internal.config.kubernetes.io/seqindent",
    "internal.config.kubernetes.io/id",
    "internal.config.kubernetes.io/annotations-migration-resource-id",
    "internal.config.kubernetes.io/helm-generated",
    "config.kubernetes.io/path",
    "config.kubernetes.io/index",
    "config.kubernetes.io/id",
];

/// Brings annotations to the form that the original leaves: strings all, none of the build's own, no empty map. Notes
/// whether they say that the object is local.
fn annotate(entry: &mut Entry, origins: bool, transformations: bool) {
    entry.separate();
    let Some(metadata) = entry.root().get("metadata").map(Node::resolved) else { return };
    if metadata.kind() != Kind::Mapping {
        return;
    }
    let removed = |key: &str| match key {
        ORIGIN => !origins,
        TRANSFORMATIONS => !transformations,
        key => key.starts_with(BUILD_PREFIXES) && BUILD_ANNOTATIONS.contains(&key),
    };
    let annotations = metadata.get("annotations").map(Node::resolved);
    let local = annotations.is_some_and(is_local);
    let kept: Option<Vec<_>> = annotations.filter(|found| !is_tidy(*found, removed)).map(|annotations| {
        let kept = annotations.entries().filter(|(key, _)| !removed(key.text()));
        kept.map(|(key, value)| (key.id(), value.resolved().id())).collect()
    });
    let metadata = metadata.id();
    let mut new: Vec<(&str, String)> = Vec::new();
    if let (true, Some(origin)) = (origins, &entry.origin) {
        new.push((ORIGIN, origin.to_string()));
    }
    if transformations && !entry.transformations.is_empty() {
        new.push((TRANSFORMATIONS, BuildOrigin::list(&entry.transformations)));
    }
    entry.local = local;
    let doc = entry.fields_mut();
    if let Some(kept) = kept {
        strings(doc, metadata, &kept);
    }
    for (key, value) in new {
        put(doc, metadata, key, &value);
    }
}

/// Whether annotations have the form that the original leaves.
fn is_tidy(annotations: Node<'_>, removed: impl Fn(&str) -> bool) -> bool {
    annotations.kind() == Kind::Mapping
        && !annotations.is_empty()
        && annotations.entries().all(|(key, value)| {
            value.resolved().tag() == Tag::Str && key.tag() == plain_tag(key.text()) && !removed(key.text())
        })
}

/// Makes the annotations hold these entries alone, values as strings.
fn strings(doc: &mut Document, metadata: NodeId, kept: &[(NodeId, NodeId)]) {
    if kept.is_empty() {
        doc.map_remove(metadata, "annotations");
        return;
    }
    let mut children = Vec::with_capacity(2 * kept.len());
    for &(key, value) in kept {
        let name = doc.node(key).text().to_owned();
        if doc.node(key).tag() != plain_tag(&name) {
            doc.set_scalar(key, &name, plain_tag(&name));
            doc.set_style(key, Style::Plain);
        }
        if doc.node(value).tag() != Tag::Str {
            let text = doc.node(value).text().to_owned();
            doc.set_scalar(value, &text, Tag::Str);
        }
        children.extend([key, value]);
    }
    if let Some(map) = doc.node(metadata).get("annotations").map(|map| map.resolved().id()) {
        doc.set_children(map, &children);
    }
}

fn put(doc: &mut Document, metadata: NodeId, key: &str, value: &str) {
    let map = match doc.node(metadata).get("annotations").map(|map| map.resolved().id()) {
        Some(map) => map,
        None => {
            let map = doc.add_mapping();
            doc.map_set(metadata, "annotations", map);
            map
        }
    };
    let (tag, style) = crate::pairs::string_style(value);
    let value = doc.add_scalar(value, tag, style);
    doc.map_set(map, key, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_of_the_build_begin_as_said() {
        assert!(BUILD_ANNOTATIONS.iter().all(|key| key.starts_with(BUILD_PREFIXES)));
    }
}
