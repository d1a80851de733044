//! Plugins configured as files or inline: where they are found, and the functions that an embedder runs.

use longshore_yaml::{Document, Node, Span};

use crate::build::{Accumulator, Build, Target};
use crate::builtin;
use crate::decode::{Object, Text};
use crate::entries::Entries;
use crate::entry::Entry;
use crate::error::{Finding, Problems, RenderError};
use crate::generate;
use crate::loader;
use crate::origin::BuildOrigin;
use crate::resources;
use crate::transform::{Step, Work};

/// Runs the plugins of `generators`.
pub(crate) fn generate(target: &Target<'_, '_>, acc: &mut Accumulator) -> Result<(), RenderError> {
    let mut problems = Problems::default();
    let configs = configs(target, &target.kustomization.generators);
    let configs = configs.map_err(|error| error.context("loading generator plugins"))?;
    for config in configs.entries {
        let outcome = made(target, &config).and_then(|made| {
            let mut problems = Problems::default();
            for mut entry in made {
                entry.origin = entry.origin.take().or_else(|| configured(&config).map(Box::new));
                if let Err(finding) = generate::absorb(acc, entry) {
                    problems.push(finding);
                }
            }
            problems.done(())
        });
        problems.take(outcome.map_err(|error| about(&config, error)));
    }
    problems.done(())
}

fn made(target: &Target<'_, '_>, config: &Entry) -> Result<Vec<Entry>, RenderError> {
    if is_builtin(config) {
        return builtin::generate(target, config);
    }
    let Some(functions) = &target.build.options.functions else { return Err(refused(config)) };
    let docs = functions.run(config.document(), Vec::new());
    let docs = docs.map_err(|reason| Finding::at(config.root(), reason))?;
    Ok(docs.into_iter().map(|doc| target.build.entry(doc)).collect())
}

/// The steps of the plugins of `transformers`, or of `validators`.
pub(crate) fn transformers(target: &Target<'_, '_>, paths: &[Text]) -> Result<Vec<Step>, RenderError> {
    let (mut steps, mut problems) = (Vec::new(), Problems::default());
    for config in configs(target, paths)?.entries {
        let works = works(target, &config).map_err(|error| about(&config, error));
        let works = problems.take(works).unwrap_or_default();
        // A plugin that is several steps is one for the annotations of `buildMetadata`.
        let last = works.len().saturating_sub(1);
        for (at, work) in works.into_iter().enumerate() {
            let (origin, by) = (Object(config.root()).origin(), configured(&config).filter(|_| at == last));
            steps.push(Step { name: config.id().kind.to_owned(), origin, by, work });
        }
    }
    problems.done(steps)
}

fn works(target: &Target<'_, '_>, config: &Entry) -> Result<Vec<Work>, RenderError> {
    if is_builtin(config) {
        return builtin::transform(target, config);
    }
    match target.build.options.functions {
        Some(_) => Ok(vec![Work::Function(Box::new(config.document().clone()))]),
        None => Err(refused(config)),
    }
}

/// Runs the plugins of `validators`, which may look but not touch.
pub(crate) fn validate(target: &Target<'_, '_>, acc: &mut Accumulator) -> Result<(), RenderError> {
    if target.kustomization.validators.is_empty() {
        return Ok(());
    }
    for step in transformers(target, &target.kustomization.validators)? {
        let before = acc.entries.clone();
        step.run(target.build, &mut acc.entries)?;
        let builtin = !matches!(step.work, Work::Function(_));
        if let Some(changed) = first_change(&before, &acc.entries, builtin) {
            let message = format!("validator shouldn't modify the resource map: {} changed {changed}", step.name);
            return Err(Finding::on(&step.origin, message).into());
        }
    }
    Ok(())
}

/// The first object that is not as it was, but for the label that says who looked at it. To set what is there already
/// counts as a change of the built-in ones, as it does for the original.
fn first_change(before: &Entries, after: &Entries, builtin: bool) -> Option<String> {
    let same = |old: &Entry, new: &Entry| {
        let (mut new, mut old) = (new.document().clone(), old.document().clone());
        without_validated_by(&mut new);
        without_validated_by(&mut old);
        new == old && (!builtin || places(new.root()) == places(old.root()))
    };
    let pair = before.iter().zip(after.iter()).find(|(old, new)| !same(old, new));
    match pair {
        Some((old, _)) => Some(old.id().to_string()),
        None if before.len() != after.len() => Some("the number of objects".to_owned()),
        None => None,
    }
}

/// Where each node was written.
fn places(root: Node<'_>) -> Vec<Option<Span>> {
    let (mut found, mut open) = (Vec::new(), vec![root]);
    while let Some(node) = open.pop() {
        found.push(node.span());
        open.extend(node.items());
        open.extend(node.entries().flat_map(|(key, value)| [key, value]));
    }
    found
}

fn without_validated_by(doc: &mut Document) {
    let Some(metadata) = doc.root().get("metadata").map(Node::id) else { return };
    let Some(labels) = doc.node(metadata).get("labels").map(Node::id) else { return };
    let removed = doc.map_remove(labels, "validated-by").is_some();
    if removed && doc.node(labels).is_empty() {
        doc.map_remove(metadata, "labels");
    }
}

/// Runs a function on all objects.
pub(crate) fn call(build: &Build<'_>, entries: &mut Entries, config: &Document) -> Result<(), RenderError> {
    let error = |reason: String| RenderError::from(Finding::at(config.root(), reason));
    let Some(functions) = &build.options.functions else {
        return Err(error("nothing is plugged in that runs functions".to_owned()));
    };
    let objects = entries.iter().map(|entry| entry.document().clone()).collect();
    let docs = functions.run(config, objects).map_err(error)?;
    let mut old = std::mem::take(entries);
    for doc in docs {
        let mut entry = build.entry(doc);
        // What the function gave back under the name it was given has the history of that object.
        if let [place] = old.with_current_id(&entry.id())[..] {
            entry.inherit(old.get(place));
            entry.needs_hash = old.get(place).needs_hash;
            entry.var_names.clone_from(&old.get(place).var_names);
            entry.origin.clone_from(&old.get(place).origin);
        }
        entries.append(entry)?;
    }
    Ok(())
}

/// The documents that configure plugins: inline ones first, then those of files and folders.
fn configs(target: &Target<'_, '_>, texts: &[Text]) -> Result<Accumulator, RenderError> {
    let (mut acc, mut paths, mut problems) = (Accumulator::default(), Vec::new(), Problems::default());
    for text in texts {
        let Ok(docs) = resources::read_objects(&loader::inline(text)) else {
            paths.push(text.clone());
            continue;
        };
        for doc in docs {
            let mut entry = target.build.entry(doc);
            entry.origin = target.origin.as_ref().map(|origin| Box::new(origin.append(target.file_name)));
            if let Err(finding) = acc.entries.append(entry) {
                problems.push(finding.or_from(&text.origin));
            }
        }
    }
    problems.take(target.add_resources(&mut acc, &paths));
    problems.done(acc)
}

fn is_builtin(config: &Entry) -> bool {
    let id = config.id();
    id.group.is_empty() && id.version == "builtin"
}

fn about(config: &Entry, error: RenderError) -> RenderError {
    let id = config.id();
    error.or_from(&Object(config.root()).origin()).context(format!("plugin {}/{}", id.kind, id.name))
}

fn refused(config: &Entry) -> RenderError {
    let message = format!("external plugins disabled; unable to load external plugin '{}'", config.id());
    let hint = "only apiVersion: builtin is built in; others are run by RenderOptions::functions".to_owned();
    Finding::at(config.root(), message).suggest(Some(hint)).into()
}

/// How `buildMetadata` annotates what a plugin made or changed.
fn configured(config: &Entry) -> Option<BuildOrigin> {
    let origin = config.origin.as_ref()?;
    let id = config.id();
    let api_version = Object(config.root()).string("apiVersion");
    let by = [api_version.as_str(), id.kind, id.name, id.namespace].map(str::to_owned);
    Some(BuildOrigin {
        path: String::new(),
        configured_in: origin.path.clone(),
        configured_by: Some(by),
        ..BuildOrigin::clone(origin)
    })
}
