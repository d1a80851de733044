//! The built-in plugins, each configured by a document of its own.

use longshore_yaml::{ReadOptions, Schema, read_stream};

use crate::build::Target;
use crate::decode::{Object, Text};
use crate::entry::Entry;
use crate::error::{Finding, Problems, RenderError, nearest};
use crate::filter::fieldspec::FieldSpec;
use crate::filter::iam::IamPolicy;
use crate::filter::namespace::{NamespaceSetter, Subjects};
use crate::filter::selector::{Selector, SelectorMatch};
use crate::filter::value_add::ValueAdd;
use crate::generate::{self, Generated};
use crate::kustomization::{GeneratorArgs, Image, Patch, ReplacementField, Replica};
use crate::patch;
use crate::transform::{self, AddTarget, Work};

const GENERATORS: [&str; 4] =
    ["ConfigMapGenerator", "SecretGenerator", "HelmChartInflationGenerator", "IAMPolicyGenerator"];
const TRANSFORMERS: [&str; 14] = [
    "AnnotationsTransformer",
    "HashTransformer",
    "ImageTagTransformer",
    "LabelTransformer",
    "NamespaceTransformer",
    "PatchJson6902Transformer",
    "PatchStrategicMergeTransformer",
    "PatchTransformer",
    "PrefixTransformer",
    "SuffixTransformer",
    "PrefixSuffixTransformer",
    "ReplacementTransformer",
    "ReplicaCountTransformer",
    "ValueAddTransformer",
];

/// What a built-in generator makes.
pub(crate) fn generate(target: &Target<'_, '_>, config: &Entry) -> Result<Vec<Entry>, RenderError> {
    let object = Object(config.root());
    let made =
        |what| generate::generate(target, &target.loader, what, &generator_args(object)).map(|entry| vec![entry]);
    match config.id().kind {
        "ConfigMapGenerator" => made(Generated::ConfigMap),
        "SecretGenerator" => made(Generated::Secret),
        "HelmChartInflationGenerator" => generate::inflate_one(target, object),
        "IAMPolicyGenerator" => {
            let doc = iam_policy(object).generate()?;
            Ok(vec![target.build.entry(doc)])
        }
        kind => Err(unknown(config, kind, &GENERATORS)),
    }
}

/// What is not said of the generated object itself is that of the plugin's metadata.
fn generator_args(object: Object<'_>) -> GeneratorArgs {
    let mut args = GeneratorArgs::of(object);
    let meta = |name| object.object("metadata").map_or(String::new(), |metadata| metadata.string(name));
    if args.name.is_empty() {
        args.name = meta("name");
    }
    if args.namespace.is_empty() {
        args.namespace = meta("namespace");
    }
    args
}

fn iam_policy(object: Object<'_>) -> IamPolicy {
    let inner = |map, field| object.object(map).map_or(String::new(), |map| map.string(field));
    IamPolicy {
        cloud: object.string("cloud"),
        name: inner("kubernetesService", "name"),
        namespace: inner("kubernetesService", "namespace"),
        account: inner("serviceAccount", "name"),
        project_id: inner("serviceAccount", "projectId"),
    }
}

fn unknown(config: &Entry, kind: &str, known: &[&'static str]) -> RenderError {
    let near = nearest(kind, known.iter().copied()).map(|near| format!("did you mean {near}?"));
    Finding::at(config.root(), format!("unable to load builtin {kind}.builtin.[noGrp]: there is no such plugin"))
        .suggest(near)
        .into()
}

/// What a built-in transformer does.
pub(crate) fn transform(target: &Target<'_, '_>, config: &Entry) -> Result<Vec<Work>, RenderError> {
    let object = Object(config.root());
    let specs = || FieldSpec::list_of(object.get("fieldSpecs"));
    let works = match config.id().kind {
        "AnnotationsTransformer" => vec![Work::Pairs(object.pairs("annotations"), specs())],
        "LabelTransformer" => vec![Work::Pairs(object.pairs("labels"), specs())],
        "HashTransformer" => vec![Work::Hash],
        "ImageTagTransformer" => {
            let image = object.object("imageTag").map(Image::of).unwrap_or_default();
            vec![Work::Image(Box::new(image.change), specs())]
        }
        "NamespaceTransformer" => namespace(object, &specs())?,
        "PatchTransformer" => vec![Work::Patches(patch::load(&target.loader, &Patch::of(object))?)],
        "PatchJson6902Transformer" => vec![Work::Patches(vec![patch::load_json(&target.loader, &json_patch(object))?])],
        "PatchStrategicMergeTransformer" => vec![merges(target, config)?],
        "PrefixTransformer" => vec![Work::Prefix(object.string("prefix"), specs())],
        "SuffixTransformer" => vec![Work::Suffix(object.string("suffix"), specs())],
        "PrefixSuffixTransformer" => {
            vec![Work::Prefix(object.string("prefix"), specs()), Work::Suffix(object.string("suffix"), specs())]
        }
        "ReplacementTransformer" => {
            let fields = object.list("replacements", ReplacementField::of);
            vec![Work::Replacements(transform::load_replacements(&target.loader, &fields)?)]
        }
        "ReplicaCountTransformer" => {
            let replica = object.object("replica").map(Replica::of).unwrap_or_default();
            vec![Work::Replicas(replica, specs())]
        }
        "ValueAddTransformer" => vec![value_add(target, config)?],
        kind => return Err(unknown(config, kind, &TRANSFORMERS)),
    };
    Ok(works)
}

fn namespace(object: Object<'_>, specs: &[FieldSpec]) -> Result<Vec<Work>, RenderError> {
    let subjects = Subjects::parse(&object.string("setRoleBindingSubjects"))?;
    let namespace = object.object("metadata").map_or(String::new(), |metadata| metadata.string("namespace"));
    if namespace.is_empty() {
        return Ok(Vec::new());
    }
    let setter = NamespaceSetter::new(&namespace, specs, subjects, object.bool("unsetOnly"));
    Ok(vec![Work::Namespace(Box::new(setter))])
}

fn json_patch(object: Object<'_>) -> Patch {
    Patch { patch: object.text("jsonOp"), ..Patch::of(object) }
}

fn merges(target: &Target<'_, '_>, config: &Entry) -> Result<Work, RenderError> {
    let object = Object(config.root());
    let (paths, inline) = (object.texts("paths"), object.text("patches"));
    if paths.is_empty() && inline.is_empty() {
        return Err(Finding::at(config.root(), "empty file path and empty patch content").into());
    }
    let (mut patches, mut problems) = (Vec::new(), Problems::default());
    for text in paths.iter().chain(Some(&inline).filter(|inline| !inline.is_empty())) {
        let loaded = patch::load_merge(&target.loader, text);
        patches.extend(problems.take(loaded.map_err(|error| error.or_from(&text.origin))).unwrap_or_default());
    }
    let mut patches = problems.done(patches)?;
    if patches.is_empty() {
        let files: Vec<&str> = paths.iter().map(|path| path.value.as_str()).collect();
        let message = format!("patch appears to be empty; files=[{}]", files.join(" "));
        return Err(Finding::at(config.root(), message).into());
    }
    patches.shrink_to_fit();
    Ok(Work::Patches(patches))
}

fn value_add(target: &Target<'_, '_>, config: &Entry) -> Result<Work, RenderError> {
    let object = Object(config.root());
    let value = match object.string("value").trim() {
        "" => target.loader.folder().name().unwrap_or_default().to_owned(),
        value => value.to_owned(),
    };
    let mut targets = add_targets(object, &value)?;
    let path = object.text("targetFilePath");
    if !path.is_empty() {
        targets.extend(targets_of_file(target, &path, &value)?);
    }
    if targets.is_empty() {
        return Err(Finding::at(config.root(), "must specify at least one target").into());
    }
    Ok(Work::ValueAdd(targets))
}

fn targets_of_file(target: &Target<'_, '_>, path: &Text, value: &str) -> Result<Vec<AddTarget>, RenderError> {
    let file = target.loader.load(path)?;
    let options = ReadOptions { schema: Schema::V2, ..ReadOptions::default() };
    let docs = read_stream(&file, &options).map_err(|error| RenderError::from(Finding::from(error)))?;
    docs.first().map_or(Ok(Vec::new()), |doc| add_targets(Object(doc.root()), value))
}

fn add_targets(object: Object<'_>, value: &str) -> Result<Vec<AddTarget>, RenderError> {
    let one = |target: Object<'_>| -> Result<AddTarget, RenderError> {
        let selector = target.object("selector").map(|selector| SelectorMatch::new(&Selector::of(selector.0)));
        let add = ValueAdd {
            value: value.to_owned(),
            field_path: target.string("fieldPath"),
            file_path_position: target.int("filePathPosition").unwrap_or(0),
        };
        Ok(AddTarget { selector: selector.transpose()?, add })
    };
    object.list("targets", one).into_iter().collect()
}
