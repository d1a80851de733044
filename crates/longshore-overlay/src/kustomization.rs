//! The kustomization file: its fields, read strictly, with their places.

mod items;

use std::sync::Arc;

use longshore_yaml::{DuplicateKeys, Kind, Location, Node, ReadOptions, Schema, SourceFile, read_stream};

use crate::decode::Shape::{Any, Bool, Int, List, Object as Fields, Text as Str, Texts};
use crate::decode::{Object, Shape, Text, check};
use crate::error::{Finding, Problems, RenderError};
use crate::filter::entries::Pairs;
use crate::filter::replacement::Replacement;

pub(crate) use items::{
    GeneratorArgs, GeneratorOptions, HelmChart, Image, Label, Patch, ReplacementField, Replica, SortOptions, Var,
};

const SELECTOR: Shape = Fields(&[
    ("group", Str),
    ("version", Str),
    ("kind", Str),
    ("name", Str),
    ("namespace", Str),
    ("annotationSelector", Str),
    ("labelSelector", Str),
]);
const PATCH: Shape = Fields(&[("path", Str), ("patch", Str), ("target", SELECTOR), ("options", Fields(PATCH_OPTIONS))]);
const PATCH_OPTIONS: &[(&str, Shape)] =
    &[("allowNameChange", Bool), ("allowKindChange", Bool), ("allowNoTargetMatch", Bool)];
const FIELD_SPEC: Shape = Fields(&[("group", Str), ("version", Str), ("kind", Str), ("path", Str), ("create", Bool)]);
const LABEL: Shape = Fields(&[
    ("pairs", Texts),
    ("includeSelectors", Bool),
    ("includeTemplates", Bool),
    ("includeVolumeClaimTemplates", Bool),
    ("fields", List(&FIELD_SPEC)),
]);
const IMAGE: Shape = Fields(&[("name", Str), ("newName", Str), ("newTag", Str), ("tagSuffix", Str), ("digest", Str)]);
const FIELD_OPTIONS: Shape = Fields(&[("delimiter", Str), ("index", Int), ("encoding", Str), ("create", Bool)]);
const SOURCE: Shape = Fields(&[
    ("group", Str),
    ("version", Str),
    ("kind", Str),
    ("name", Str),
    ("namespace", Str),
    ("fieldPath", Str),
    ("options", FIELD_OPTIONS),
]);
const TARGET: Shape = Fields(&[
    ("select", SELECTOR),
    ("reject", List(&SELECTOR)),
    ("fieldPaths", List(&Str)),
    ("options", FIELD_OPTIONS),
]);
const REPLACEMENT: Shape =
    Fields(&[("path", Str), ("source", SOURCE), ("sourceValue", Str), ("targets", List(&TARGET))]);
const OBJECT_REFERENCE: Shape =
    Fields(&[("apiVersion", Str), ("group", Str), ("version", Str), ("kind", Str), ("name", Str), ("namespace", Str)]);
const VAR: Shape = Fields(&[("name", Str), ("objref", OBJECT_REFERENCE), ("fieldref", Fields(&[("fieldPath", Str)]))]);
const GENERATOR_OPTIONS: Shape =
    Fields(&[("labels", Texts), ("annotations", Texts), ("disableNameSuffixHash", Bool), ("immutable", Bool)]);
const CONFIG_MAP: Shape = Fields(&[
    ("name", Str),
    ("namespace", Str),
    ("behavior", Str),
    ("literals", List(&Str)),
    ("files", List(&Str)),
    ("envs", List(&Str)),
    ("env", Str),
    ("options", GENERATOR_OPTIONS),
]);
const SECRET: Shape = Fields(&[
    ("name", Str),
    ("namespace", Str),
    ("behavior", Str),
    ("literals", List(&Str)),
    ("files", List(&Str)),
    ("envs", List(&Str)),
    ("env", Str),
    ("options", GENERATOR_OPTIONS),
    ("type", Str),
]);
const SORT_OPTIONS: Shape =
    Fields(&[("order", Str), ("legacySortOptions", Fields(&[("orderFirst", List(&Str)), ("orderLast", List(&Str))]))]);
const HELM_CHART: Shape = Fields(&[
    ("name", Str),
    ("version", Str),
    ("repo", Str),
    ("releaseName", Str),
    ("namespace", Str),
    ("additionalValuesFiles", List(&Str)),
    ("valuesFile", Str),
    ("valuesInline", Any),
    ("valuesMerge", Str),
    ("includeCRDs", Bool),
    ("skipHooks", Bool),
    ("apiVersions", List(&Str)),
    ("kubeVersion", Str),
    ("nameTemplate", Str),
    ("skipTests", Bool),
    ("debug", Bool),
    ("devel", Bool),
]);
const HELM_CHART_ARGS: Shape = Fields(&[
    ("chartName", Str),
    ("chartVersion", Str),
    ("chartRepoUrl", Str),
    ("chartHome", Str),
    ("chartRepoName", Str),
    ("helmBin", Str),
    ("helmHome", Str),
    ("values", Str),
    ("valuesLocal", Any),
    ("valuesMerge", Str),
    ("releaseName", Str),
    ("releaseNamespace", Str),
    ("extraArgs", List(&Str)),
]);
const METADATA: Shape = Fields(&[("name", Str), ("namespace", Str), ("labels", Texts), ("annotations", Texts)]);

/// Every field of a kustomization or component.
const KUSTOMIZATION: Shape = Fields(&[
    ("apiVersion", Str),
    ("kind", Str),
    ("metadata", METADATA),
    ("openapi", Texts),
    ("namePrefix", Str),
    ("nameSuffix", Str),
    ("namespace", Str),
    ("commonLabels", Texts),
    ("labels", List(&LABEL)),
    ("commonAnnotations", Texts),
    ("patchesStrategicMerge", List(&Str)),
    ("patchesJson6902", List(&PATCH)),
    ("patches", List(&PATCH)),
    ("images", List(&IMAGE)),
    ("imageTags", List(&IMAGE)),
    ("replacements", List(&REPLACEMENT)),
    ("replicas", List(&Fields(&[("name", Str), ("count", Int)]))),
    ("vars", List(&VAR)),
    ("sortOptions", SORT_OPTIONS),
    ("resources", List(&Str)),
    ("components", List(&Str)),
    ("crds", List(&Str)),
    ("bases", List(&Str)),
    ("configMapGenerator", List(&CONFIG_MAP)),
    ("secretGenerator", List(&SECRET)),
    ("helmGlobals", Fields(&[("chartHome", Str), ("configHome", Str)])),
    ("helmCharts", List(&HELM_CHART)),
    ("helmChartInflationGenerator", List(&HELM_CHART_ARGS)),
    ("generatorOptions", GENERATOR_OPTIONS),
    ("configurations", List(&Str)),
    ("generators", List(&Str)),
    ("transformers", List(&Str)),
    ("validators", List(&Str)),
    ("buildMetadata", List(&Str)),
]);

/// A kustomization or a component.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kustomization {
    pub(crate) component: bool,
    /// `openapi`: a path to a schema, or the version of a built-in one.
    pub(crate) openapi: Pairs,
    pub(crate) name_prefix: Text,
    pub(crate) name_suffix: Text,
    pub(crate) namespace: Text,
    pub(crate) common_labels: Pairs,
    pub(crate) labels: Vec<Label>,
    pub(crate) common_annotations: Pairs,
    pub(crate) patches_strategic_merge: Vec<Text>,
    pub(crate) patches_json6902: Vec<Patch>,
    pub(crate) patches: Vec<Patch>,
    pub(crate) images: Vec<Image>,
    pub(crate) replacements: Vec<ReplacementField>,
    pub(crate) replicas: Vec<Replica>,
    pub(crate) vars: Vec<Var>,
    pub(crate) sort_options: Option<SortOptions>,
    pub(crate) resources: Vec<Text>,
    pub(crate) components: Vec<Text>,
    pub(crate) crds: Vec<Text>,
    pub(crate) config_maps: Vec<GeneratorArgs>,
    pub(crate) secrets: Vec<GeneratorArgs>,
    pub(crate) helm_charts: Vec<HelmChart>,
    pub(crate) helm_globals: Option<serde_json::Value>,
    pub(crate) configurations: Vec<Text>,
    pub(crate) generators: Vec<Text>,
    pub(crate) transformers: Vec<Text>,
    pub(crate) validators: Vec<Text>,
    pub(crate) build_metadata: Vec<Text>,
    /// Fields that are deprecated, as the original warns of them.
    pub(crate) warnings: Vec<Finding>,
}

/// Deprecated fields, what to use instead, and whether the fix is experimental.
const DEPRECATED: &[(&str, &str, &str)] = &[
    ("bases", "resources", ""),
    ("commonLabels", "labels", ""),
    ("imageTags", "images", ""),
    ("patchesJson6902", "patches", ""),
    ("patchesStrategicMerge", "patches", ""),
    ("vars", "replacements", "[EXPERIMENTAL] "),
];

/// Whether no field but those of its type has a value. An empty list or mapping is one.
fn says_nothing(root: Node<'_>) -> bool {
    let of_type = |key: Node<'_>| ["apiVersion", "kind"].iter().any(|name| key.text().eq_ignore_ascii_case(name));
    let blank = |value: Node<'_>| value.is_null() || (value.kind() == Kind::Scalar && value.text().is_empty());
    root.entries().all(|(key, value)| of_type(key) || blank(value.resolved()))
}

impl Kustomization {
    /// Reads a kustomization file. Only its first document counts.
    ///
    /// # Errors
    /// Every unknown field, every value of a wrong type, and a wrong `kind` or `apiVersion`.
    pub(crate) fn read(file: &Arc<SourceFile>) -> Result<Self, RenderError> {
        let options = ReadOptions { schema: Schema::V2, duplicate_keys: DuplicateKeys::Keep, ..ReadOptions::default() };
        let docs = read_stream(file, &options).map_err(|error| RenderError::from(Finding::from(error)))?;
        let empty = || {
            let location = Location { file: file.name().to_owned(), line: 1, column: 1 };
            Finding { location: Some(location), ..Finding::new("kustomization.yaml is empty") }
        };
        let Some(root) = docs.first().map(|doc| doc.root().resolved()) else { return Err(empty().into()) };
        if root.is_null() || (root.is_mapping() && says_nothing(root)) {
            return Err(empty().into());
        }
        let mut problems = Problems::default();
        check(root, &KUSTOMIZATION, &mut problems);
        let component = check_type(Object(root), &mut problems);
        problems.done(Kustomization { component, ..Kustomization::of(Object(root)) })
    }

    fn of(object: Object<'_>) -> Self {
        let options = object.object("generatorOptions").map(GeneratorOptions::of).unwrap_or_default();
        let generators = |name| {
            let mut list = object.list(name, GeneratorArgs::of);
            list.iter_mut().for_each(|args| args.options.merge(&options));
            list
        };
        let joined = |name, more| {
            let mut texts = object.texts(name);
            texts.extend(object.texts(more));
            texts
        };
        Kustomization {
            component: false,
            openapi: object.pairs("openapi"),
            name_prefix: object.text("namePrefix"),
            name_suffix: object.text("nameSuffix"),
            namespace: object.text("namespace"),
            common_labels: object.pairs("commonLabels"),
            labels: object.list("labels", Label::of),
            common_annotations: object.pairs("commonAnnotations"),
            patches_strategic_merge: object.texts("patchesStrategicMerge"),
            patches_json6902: object.list("patchesJson6902", Patch::of),
            patches: object.list("patches", Patch::of),
            images: [object.list("images", Image::of), object.list("imageTags", Image::of)].concat(),
            replacements: object.list("replacements", ReplacementField::of),
            replicas: object.list("replicas", Replica::of),
            vars: object.list("vars", Var::of),
            sort_options: object.object("sortOptions").map(SortOptions::of),
            resources: joined("resources", "bases"),
            components: object.texts("components"),
            crds: object.texts("crds"),
            config_maps: generators("configMapGenerator"),
            secrets: generators("secretGenerator"),
            helm_charts: [
                object.list("helmCharts", HelmChart::of),
                object.list("helmChartInflationGenerator", HelmChart::of),
            ]
            .concat(),
            helm_globals: object.get("helmGlobals").and_then(|globals| globals.to_json().ok()),
            configurations: object.texts("configurations"),
            generators: object.texts("generators"),
            transformers: object.texts("transformers"),
            validators: object.texts("validators"),
            build_metadata: object.texts("buildMetadata"),
            warnings: warnings(object),
        }
    }
}

fn warnings(object: Object<'_>) -> Vec<Finding> {
    let used = DEPRECATED.iter().filter_map(|(old, new, note)| Some((object.get(old)?, old, new, note)));
    let warning = |(node, old, new, note): (Node<'_>, &&str, &&str, &&str)| {
        let message = format!(
            "# Warning: '{old}' is deprecated. Please use '{new}' instead. {note}Run 'kustomize edit fix' to update your \
             Kustomization automatically."
        );
        Finding::at(node, message)
    };
    used.map(warning).collect()
}

/// Whether it is a component.
fn check_type(object: Object<'_>, problems: &mut Problems) -> bool {
    let (kind, version) = (object.text("kind"), object.text("apiVersion"));
    let component = kind.value == "Component";
    if !matches!(kind.value.as_str(), "" | "Kustomization" | "Component") {
        problems.push(Finding::on(&kind.origin, "kind should be Kustomization or Component").field("kind"));
    }
    let (name, required) = match component {
        true => ("Component", "kustomize.config.k8s.io/v1alpha1"),
        false => ("Kustomization", "kustomize.config.k8s.io/v1beta1"),
    };
    if !version.is_empty() && version.value != required {
        let message = format!("apiVersion for {name} should be {required}");
        problems.push(Finding::on(&version.origin, message).field("apiVersion"));
    }
    component
}

/// Reads a file of replacements: one, or a list of them.
pub(crate) fn read_replacements(file: &Arc<SourceFile>) -> Result<Vec<Replacement>, RenderError> {
    let options = ReadOptions { schema: Schema::V2, duplicate_keys: DuplicateKeys::Keep, ..ReadOptions::default() };
    let docs = read_stream(file, &options).map_err(|error| RenderError::from(Finding::from(error)))?;
    let Some(root) = docs.first().map(|doc| doc.root().resolved()) else { return Ok(Vec::new()) };
    let mut problems = Problems::default();
    let single = root.is_mapping();
    check(root, if single { &REPLACEMENT } else { &List(&REPLACEMENT) }, &mut problems);
    let list = match single {
        true => vec![Replacement::of(root)],
        false => root.items().map(Replacement::of).collect(),
    };
    problems.done(list)
}
