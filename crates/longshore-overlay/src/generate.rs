//! Generators of the kustomization: ConfigMaps, Secrets, charts, and plugins.

use std::borrow::Cow;

use longshore_yaml::{Document, NewScalar, Node, NodeId, Style};

use crate::build::{Accumulator, Target};
use crate::decode::Object;
use crate::entry::{Behavior, Entry};
use crate::error::{Finding, Problems, RenderError};
use crate::filter::edit::{Origin, plain_tag};
use crate::filter::entries::Pairs;
use crate::kustomization::{GeneratorArgs, HelmChart};
use crate::loader::Loader;
use crate::origin::BuildOrigin;
use crate::{pairs, plugin};

/// Which of the two objects is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Generated {
    ConfigMap,
    Secret,
}

impl Generated {
    pub(crate) fn plugin(self) -> &'static str {
        match self {
            Generated::ConfigMap => "ConfigMapGenerator",
            Generated::Secret => "SecretGenerator",
        }
    }

    fn kind(self) -> &'static str {
        match self {
            Generated::ConfigMap => "ConfigMap",
            Generated::Secret => "Secret",
        }
    }

    fn field(self) -> &'static str {
        match self {
            Generated::ConfigMap => "configMapGenerator",
            Generated::Secret => "secretGenerator",
        }
    }
}

/// Runs all generators of a kustomization.
pub(crate) fn run(target: &Target<'_, '_>, acc: &mut Accumulator) -> Result<(), RenderError> {
    let kustomization = &target.kustomization;
    let maps = kustomization.config_maps.iter().map(|args| (Generated::ConfigMap, args));
    let secrets = kustomization.secrets.iter().map(|args| (Generated::Secret, args));
    let mut problems = Problems::default();
    for (what, args) in maps.chain(secrets) {
        let outcome = generate(target, &target.loader, what, args).and_then(|mut entry| {
            entry.origin = configured(target, what.plugin()).map(Box::new);
            Ok(absorb(acc, entry)?)
        });
        let named = |error: RenderError| error.or_from(&args.origin).context(what.field());
        problems.take(outcome.map_err(named));
    }
    for chart in &kustomization.helm_charts {
        problems.take(inflate(target, acc, chart).map_err(|error| error.or_from(&chart.origin)));
    }
    problems.take(plugin::generate(target, acc));
    problems.done(())
}

fn configured(target: &Target<'_, '_>, plugin: &str) -> Option<BuildOrigin> {
    let by = || ["builtin", plugin, "", ""].map(str::to_owned);
    target.origin.as_ref().map(|origin| origin.configured(target.file_name, by()))
}

/// Adds a generated object, or changes the one it means.
pub(crate) fn absorb(acc: &mut Accumulator, entry: Entry) -> Result<(), Finding> {
    acc.entries.absorb(entry, |new, old| {
        merge(new, old);
        Ok(())
    })
}

/// Makes one object.
pub(crate) fn generate(
    target: &Target<'_, '_>,
    loader: &Loader<'_>,
    what: Generated,
    args: &GeneratorArgs,
) -> Result<Entry, RenderError> {
    if args.name.is_empty() {
        let kind = what.kind().to_lowercase();
        return Err(Finding::on(&args.origin, format!("a {kind} must have a name")).into());
    }
    let pairs = pairs::load(loader, &target.build.options.environment, args)?;
    let mut doc = Maker { doc: Document::new(), origin: args.origin.clone() };
    let root = doc.map(None);
    doc.doc.set_root(root);
    doc.string(root, "apiVersion", "v1", None);
    doc.string(root, "kind", what.kind(), None);
    let metadata = doc.map(Some((root, "metadata")));
    doc.string(metadata, "name", &args.name, None);
    if !args.namespace.is_empty() {
        doc.string(metadata, "namespace", &args.namespace, None);
    }
    doc.pairs(metadata, "labels", &args.options.labels);
    doc.pairs(metadata, "annotations", &args.options.annotations);
    if what == Generated::Secret {
        let given = &args.secret_type;
        let (text, origin) =
            if given.is_empty() { ("Opaque", None) } else { (given.value.as_str(), Some(&given.origin)) };
        doc.string(root, "type", text, origin);
    }
    if what == Generated::Secret {
        doc.map(Some((root, "data")));
    }
    let mut pairs = pairs;
    pairs.sort_by(|a, b| a.key.cmp(&b.key));
    for pair in &pairs {
        let (field, text) = match (what, std::str::from_utf8(&pair.value)) {
            (Generated::ConfigMap, Ok(text)) => ("data", Cow::Borrowed(text)),
            (Generated::ConfigMap, Err(_)) => ("binaryData", Cow::Owned(pairs::wrapped_base64(&pair.value))),
            (Generated::Secret, _) => ("data", Cow::Owned(pairs::wrapped_base64(&pair.value))),
        };
        let map = doc.map_below(root, field);
        doc.string(map, &pair.key, &text, Some(&pair.origin));
    }
    if args.options.immutable {
        let value = doc.doc.add_bool(true);
        doc.put(root, "immutable", value, None);
    }
    let mut entry = target.build.entry(doc.doc);
    entry.needs_hash = !args.options.disable_name_suffix_hash;
    entry.behavior = Behavior::parse(&args.behavior);
    Ok(entry)
}

/// A document that is being made on behalf of a field.
struct Maker {
    doc: Document,
    origin: Origin,
}

impl Maker {
    fn map(&mut self, place: Option<(NodeId, &str)>) -> NodeId {
        let map = self.doc.add_mapping();
        self.origin.stamp(&mut self.doc, map);
        if let Some((parent, key)) = place {
            self.put(parent, key, map, None);
        }
        map
    }

    fn map_below(&mut self, root: NodeId, field: &str) -> NodeId {
        match self.doc.node(root).get(field).map(Node::id) {
            Some(map) => map,
            None => self.map(Some((root, field))),
        }
    }

    fn put(&mut self, map: NodeId, key: &str, value: NodeId, origin: Option<&Origin>) {
        let origin = origin.unwrap_or(&self.origin);
        origin.stamp(&mut self.doc, value);
        let key = self.doc.add_new(self::key(key), origin.place());
        self.doc.map_insert(map, usize::MAX, key, value);
    }

    fn string(&mut self, map: NodeId, key: &str, text: &str, origin: Option<&Origin>) {
        let (tag, style) = pairs::string_style(text);
        let origin = origin.unwrap_or(&self.origin);
        self.doc.map_add(map, self::key(key), NewScalar { text, tag, style }, origin.place());
    }

    fn pairs(&mut self, parent: NodeId, field: &str, pairs: &Pairs) {
        if pairs.is_empty() {
            return;
        }
        let map = self.map(Some((parent, field)));
        for (key, (value, origin)) in pairs {
            self.string(map, key, value, Some(origin));
        }
    }
}

fn key(text: &str) -> NewScalar<'_> {
    NewScalar { text, tag: plain_tag(text), style: Style::Plain }
}

/// What a generated object takes over from the one it replaces, or is merged into.
fn merge(new: &mut Entry, old: &Entry) {
    copy_strings(new, old, &["metadata", "labels"]);
    copy_strings(new, old, &["metadata", "annotations"]);
    let (name, namespace) = (old.id().name.to_owned(), old.id().namespace.to_owned());
    set_meta(new, "name", &name);
    set_meta(new, "namespace", &namespace);
    if new.behavior == Behavior::Merge {
        copy_strings(new, old, &["data"]);
        copy_strings(new, old, &["binaryData"]);
        new.origin = old.origin.clone().or_else(|| new.origin.take());
    } else if new.origin.is_none() {
        new.origin.clone_from(&old.origin);
    }
    new.transformations.clone_from(&old.transformations);
    new.var_names = old.var_names.clone();
    new.inherit(old);
}

fn set_meta(entry: &mut Entry, field: &str, value: &str) {
    let doc = entry.document_mut();
    let Some(metadata) = doc.root().get("metadata").map(Node::id) else { return };
    if value.is_empty() {
        doc.map_remove(metadata, field);
        return;
    }
    let same = doc.node(metadata).get(field).is_some_and(|node| node.text() == value);
    if !same {
        let value = doc.add_str(value);
        doc.map_set(metadata, field, value);
    }
}

/// Adds the entries of a map of the old object that the new one lacks, as strings.
fn copy_strings(new: &mut Entry, old: &Entry, path: &[&str]) {
    let Some(from) = old.root().at(path.iter().copied()).filter(|node| !node.is_empty()) else { return };
    let doc = new.document_mut();
    let mut map = doc.root_id();
    for step in path {
        map = match doc.node(map).get(step).map(Node::id) {
            Some(found) => found,
            None => {
                let made = doc.add_mapping();
                doc.map_set(map, step, made);
                made
            }
        };
    }
    for (key, value) in from.entries() {
        if doc.node(map).get(key.text()).is_some() {
            continue;
        }
        let (tag, style) = pairs::string_style(value.text());
        let copy = doc.add_scalar(value.text(), tag, style);
        doc.set_origin_of(copy, value);
        let name = doc.add_scalar(key.text(), plain_tag(key.text()), Style::Plain);
        doc.set_origin_of(name, key);
        doc.map_insert(map, usize::MAX, name, copy);
    }
}

fn inflate(target: &Target<'_, '_>, acc: &mut Accumulator, chart: &HelmChart) -> Result<(), RenderError> {
    let mut problems = Problems::default();
    for mut entry in inflated(target, chart)? {
        entry.origin = configured(target, "HelmChartInflationGenerator").map(Box::new);
        if let Err(finding) = absorb(acc, entry) {
            problems.push(finding);
        }
    }
    problems.done(())
}

/// The objects of a chart that a plugin's document names.
pub(crate) fn inflate_one(target: &Target<'_, '_>, object: Object<'_>) -> Result<Vec<Entry>, RenderError> {
    inflated(target, &HelmChart::of(object))
}

fn inflated(target: &Target<'_, '_>, chart: &HelmChart) -> Result<Vec<Entry>, RenderError> {
    let Some(charts) = &target.build.options.charts else {
        let message = format!("chart '{}' needs Helm, and nothing is plugged in that inflates charts", chart.name);
        let hint = "must specify --enable-helm; here: set RenderOptions::charts".to_owned();
        return Err(Finding::on(&chart.origin, message).field("helmCharts").suggest(Some(hint)).into());
    };
    let globals = target.kustomization.helm_globals.as_ref();
    let docs = charts.inflate(target.loader.files(), target.loader.folder(), &chart.config, globals);
    let docs = docs.map_err(|reason| Finding::on(&chart.origin, reason).field("helmCharts"))?;
    let entry = |doc| {
        let mut entry = target.build.entry(doc);
        entry.from_chart = true;
        entry
    };
    Ok(docs.into_iter().map(entry).collect())
}
