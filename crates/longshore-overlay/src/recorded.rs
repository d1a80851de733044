//! Doors for the recorded unit cases of kustomize's filters, which call what a build calls; no part of the API.

use std::borrow::Cow;
use std::sync::Arc;

use longshore_manifest::GroupVersionKind;
use longshore_manifest::schema::{Schema, Scope, kustomize};
use longshore_patch::json::Dialect;
use longshore_patch::strategic::kyaml;
use longshore_yaml::{Document, ListIndent, Node, ReadOptions, SourceFile, emit_kyaml, read};
use smol_str::SmolStr;

use crate::entries::Entries;
use crate::entry::{Entry, Lineage, PastId, Type};
use crate::filter::config::BackReferences;
use crate::filter::edit::{Edit, FilterError, Origin};
use crate::filter::entries::{PairSetters, Pairs};
use crate::filter::fieldspec::{FieldSpec, FieldSpecs, Gvk, Step};
use crate::filter::image::{self, ImageChange, ImageSetter, ImageSetters};
use crate::filter::nameref::ReferenceFields;
use crate::filter::namespace::{NamespaceSetter, Subjects};
use crate::filter::referral::{Identity, Referrals};
use crate::filter::replacement::{self, Replacement};
use crate::filter::selector::{Selector, SelectorMatch};
use crate::filter::value_add::ValueAdd;
use crate::filter::{affix::Affix, iam::IamPolicy, path, replicas};

/// Splits a path as field specs (`PathSplitter`) or replacements (`SmarterPathSplitter`) do.
pub fn split_path(function: &str, text: &str, delimiter: char) -> Vec<String> {
    let parts = if function == "PathSplitter" { path::split(text, delimiter) } else { path::split_smart(text) };
    parts.into_iter().map(Cow::into_owned).collect()
}

/// Whether a selector with one or all of the patterns group, version, kind, name and namespace matches such texts.
pub fn select(patterns: [&str; 5], texts: [&str; 5]) -> Result<bool, String> {
    let [group, version, kind, name, namespace] = patterns.map(str::to_owned);
    let gvk = Gvk::new(&group, &version, &kind);
    let matches = SelectorMatch::new(&Selector { gvk, name, namespace, ..Selector::default() });
    let matches = matches.map_err(|error| error.message)?;
    let [group, version, kind, name, namespace] = texts;
    Ok(matches.matches_gvk(group, version, kind) && matches.matches_name(name) && matches.matches_namespace(namespace))
}

/// The reference that an `images` entry makes of another, if it is meant for it.
pub fn change_image(entry: [&str; 4], image: &str) -> Option<String> {
    let [name, new_name, new_tag, digest] = entry.map(str::to_owned);
    let change = ImageChange { name, new_name, new_tag, digest, ..ImageChange::default() };
    ImageSetter::new(&change).changed(image)
}

/// The hash suffix of a document.
pub fn hash(text: &str) -> Result<String, String> {
    let docs = documents("input", text)?;
    let doc = docs.first().ok_or("no document")?;
    crate::filter::hash::of(doc.root()).map_err(|error| error.message)
}

/// Runs one filter, named as in the original, over documents; `None` where this is no filter known here.
pub fn filter(name: &str, config: &str, input: &str) -> Option<Result<String, String>> {
    let run = || {
        let config = documents("filter", config)?;
        let config = config.first().ok_or("no configuration")?;
        let docs = documents("input", input)?;
        let docs = run(name, config.root(), docs).map_err(|error| error.message)?;
        Ok(emit_kyaml(&docs, ListIndent::Compact))
    };
    const KNOWN: &[&str] = &[
        "annotations",
        "iampolicygenerator",
        "imagetag",
        "labels",
        "nameref",
        "namespace",
        "patchjson6902",
        "patchstrategicmerge",
        "prefix",
        "replacement",
        "replicacount",
        "suffix",
        "valueadd",
    ];
    let known = name.split_once('.').is_some_and(|(package, _)| KNOWN.contains(&package));
    known.then(run)
}

fn documents(name: &str, text: &str) -> Result<Vec<Document>, String> {
    read(&SourceFile::new(name, text), &ReadOptions::default()).map_err(|error| error.to_string())
}

fn text<'a>(node: Node<'a>, path: &[&str]) -> &'a str {
    node.at(path.iter().copied()).map_or("", Node::text)
}

fn run(name: &str, config: Node<'_>, mut docs: Vec<Document>) -> Result<Vec<Document>, FilterError> {
    let specs = FieldSpec::list_of(config.get("fieldSpecs").or(config.get("fsslice")));
    let one = FieldSpec::of(config.get("fieldSpec").unwrap_or(config));
    let each = |docs: &mut [Document], change: &mut dyn FnMut(&mut Edit<'_>) -> Result<(), FilterError>| {
        let origin = Origin::default();
        docs.iter_mut().try_for_each(|doc| change(&mut Edit::new(doc, &origin, None)))
    };
    let matching = |edit: &Edit<'_>| one.gvk.selects_gvk(&Gvk::of(edit.doc.root()));
    let ready = FieldSpecs::new(&specs);
    match name {
        "annotations.Filter" | "labels.Filter" => {
            let pairs = config.get("annotations").or(config.get("labels"));
            let pairs = pairs.into_iter().flat_map(Node::entries);
            let pairs: Pairs = pairs
                .map(|(key, value)| (key.text().to_owned(), (value.text().to_owned(), Origin::default())))
                .collect();
            each(&mut docs, &mut |edit| PairSetters::new(&pairs).apply(edit, &ready, &mut Vec::new()))?;
        }
        "imagetag.Filter" | "imagetag.LegacyFilter" => {
            let part = |key: &str| text(config, &["imageTag", key]).to_owned();
            let (origin, change) = (
                Origin::default(),
                ImageChange {
                    name: part("name"),
                    new_name: part("newName"),
                    new_tag: part("newTag"),
                    tag_suffix: part("tagSuffix"),
                    digest: part("digest"),
                },
            );
            let setters = ImageSetters::new([(&change, &origin)]);
            each(&mut docs, &mut |edit| {
                let images = match name {
                    "imagetag.LegacyFilter" => image::in_containers(edit.doc.root()),
                    _ => image::named_by(edit, &ready)?,
                };
                setters.change(edit, images)
            })?;
        }
        "namespace.Filter" => {
            let subjects = Subjects::parse(text(config, &["setRoleBindingSubjects"]))?;
            let unset_only = config.get("unsetOnly").and_then(Node::as_bool).unwrap_or(false);
            let setter = NamespaceSetter::new(text(config, &["namespace"]), &specs, subjects, unset_only);
            for doc in &mut docs {
                let scoped = cluster_scoped(doc.root());
                setter.apply(&mut Edit::new(doc, &Origin::default(), None), scoped)?;
            }
        }
        "prefix.Filter" | "suffix.Filter" => {
            let steps = Step::parse(&one.path);
            let affix = match config.get("prefix") {
                Some(prefix) => Affix::Prefix(prefix.text()),
                None => Affix::Suffix(text(config, &["suffix"])),
            };
            each(&mut docs, &mut |edit| if matching(edit) { affix.apply(edit, &one, &steps) } else { Ok(()) })?;
        }
        "replicacount.Filter" => {
            let count = config.at(["replica", "count"]).and_then(Node::as_i64).unwrap_or(0);
            let steps = Step::parse(&one.path);
            each(&mut docs, &mut |edit| {
                if matching(edit) { replicas::apply(edit, &one, &steps, count) } else { Ok(()) }
            })?;
        }
        "valueadd.Filter" => {
            let position = config.get("filepathposition").or(config.get("filePathPosition"));
            let add = ValueAdd {
                value: text(config, &["value"]).to_owned(),
                field_path: text(config, &["fieldpath"]).to_owned(),
                file_path_position: position.and_then(Node::as_i64).unwrap_or(0),
            };
            each(&mut docs, &mut |edit| add.apply(edit))?;
        }
        "iampolicygenerator.Filter" => {
            let policy = IamPolicy {
                cloud: text(config, &["cloud"]).to_owned(),
                name: text(config, &["kubernetesService", "name"]).to_owned(),
                namespace: text(config, &["kubernetesService", "namespace"]).to_owned(),
                account: text(config, &["serviceAccount", "name"]).to_owned(),
                project_id: text(config, &["serviceAccount", "projectId"]).to_owned(),
            };
            docs.push(policy.generate()?);
        }
        "replacement.Filter" => return replace(config, docs),
        "patchjson6902.Filter" => {
            let patch = longshore_patch::json::Patch::read(
                documents("patch", text(config, &["patch"])).map_err(FilterError::new)?[0].root(),
            );
            let patch = patch.map_err(|error| FilterError::new(error.to_string()))?;
            for doc in &mut docs {
                let applied = longshore_patch::json::apply_with(doc, &patch, Dialect::Evanphx);
                applied.map_err(|error| FilterError::new(error.message()))?;
            }
        }
        "patchstrategicmerge.Filter" => {
            let patch = documents("patch", text(config, &["patch"])).map_err(FilterError::new)?;
            let mut kept = Vec::new();
            for mut doc in docs {
                let merged = kyaml::apply(&mut doc, patch[0].root(), kustomize(), &kyaml::Options::default());
                if merged.map_err(|error| FilterError::new(error.message()))? == kyaml::Outcome::Kept {
                    kept.push(doc);
                }
            }
            return Ok(kept);
        }
        _ => refer(config, &mut docs)?,
    }
    Ok(docs)
}

fn cluster_scoped(root: Node<'_>) -> bool {
    let gvk = GroupVersionKind::new(text(root, &["apiVersion"]), text(root, &["kind"]));
    kustomize().scope(&gvk) == Scope::Cluster
}

fn replace(config: Node<'_>, docs: Vec<Document>) -> Result<Vec<Document>, FilterError> {
    let list = config.get("replacements").into_iter().flat_map(Node::items);
    let list: Vec<Arc<Replacement>> = list.map(Replacement::of).map(Arc::new).collect();
    let mut entries = Entries::default();
    for doc in docs {
        let mut entry = Entry::new(doc, |api_version, kind| Type::new(api_version, kind, false));
        for past in past_of(entry.root()) {
            entry.recall(past);
        }
        entries.push(entry);
    }
    replacement::apply(&mut entries, &list, None)?;
    Ok(entries.into_iter().map(|entry| entry.into_parts().0).collect())
}

/// Earlier names as the original keeps them: in annotations, separated by commas.
fn past_of(root: Node<'_>) -> Vec<PastId> {
    let list = |key: &str| {
        let key = format!("internal.config.kubernetes.io/{key}");
        let text = text(root, &["metadata", "annotations", &key]);
        text.split(',').filter(|text| !text.is_empty()).map(SmolStr::from).collect::<Vec<_>>()
    };
    let (names, namespaces, kinds) = (list("previousNames"), list("previousNamespaces"), list("previousKinds"));
    let past = names.into_iter().zip(namespaces).zip(kinds);
    past.map(|((name, namespace), kind)| PastId { name, namespace, kind }).collect()
}

/// Mends one field of one document; what it may refer to stands in the configuration.
fn refer(config: Node<'_>, docs: &mut [Document]) -> Result<(), FilterError> {
    let identity = |node: Node<'_>| {
        let docs = documents("object", text(node, &["yaml"])).map_err(FilterError::new)?;
        let root = docs.first().map(Document::root).ok_or_else(|| FilterError::new("no object"))?;
        let texts = |key: &str| -> Vec<SmolStr> {
            node.get(key).into_iter().flat_map(Node::items).map(|item| item.text().into()).collect()
        };
        Ok::<_, FilterError>(Identity {
            gvk: Arc::new(Gvk::of(root)),
            name: text(root, &["metadata", "name"]).into(),
            namespace: text(root, &["metadata", "namespace"]).into(),
            cluster_scoped: cluster_scoped(root),
            past: Arc::new(Lineage {
                ids: past_of(root).into(),
                prefixes: texts("prefixes").into(),
                suffixes: texts("suffixes"),
            }),
            name_origin: Origin::default(),
        })
    };
    let candidates = config.get("candidates").into_iter().flat_map(Node::items).map(identity);
    let candidates: Vec<Identity> = candidates.collect::<Result<_, _>>()?;
    let referrer = config.get("referrer").ok_or_else(|| FilterError::new("no referrer")).and_then(identity)?;
    let field =
        FieldSpec { gvk: Gvk::default(), ..config.get("nameFieldToUpdate").map(FieldSpec::of).unwrap_or_default() };
    let target = config.get("referralTarget").map(|node| FieldSpec::of(node).gvk).unwrap_or_default();
    let table = [BackReferences { target, referrers: vec![field] }];
    let (fields, referrals) = (ReferenceFields::new(&table), Referrals::new(&candidates));
    docs.iter_mut()
        .try_for_each(|doc| fields.apply(&mut Edit::new(doc, &Origin::default(), None), &referrer, &referrals))
}
