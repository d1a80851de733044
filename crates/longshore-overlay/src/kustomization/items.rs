//! What the items of the lists of a kustomization say.

use std::sync::Arc;

use crate::decode::{Object, Text};
use crate::filter::edit::Origin;
use crate::filter::entries::Pairs;
use crate::filter::fieldspec::FieldSpec;
use crate::filter::image::ImageChange;
use crate::filter::replacement::Replacement;
use crate::filter::selector::Selector;
use crate::filter::vars::VarField;

/// An item of `patches`, and of `patchesJson6902`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Patch {
    pub(crate) path: Text,
    pub(crate) patch: Text,
    pub(crate) target: Option<Selector>,
    pub(crate) allow_name_change: bool,
    pub(crate) allow_kind_change: bool,
    pub(crate) origin: Origin,
}

impl Patch {
    pub(crate) fn of(object: Object<'_>) -> Self {
        let option = |name| object.object("options").is_some_and(|options| options.bool(name));
        Patch {
            path: object.text("path"),
            patch: object.text("patch"),
            target: object.object("target").map(|target| Selector::of(target.0)),
            allow_name_change: option("allowNameChange"),
            allow_kind_change: option("allowKindChange"),
            origin: object.origin(),
        }
    }
}

/// An item of `labels`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Label {
    pub(crate) pairs: Pairs,
    pub(crate) include_selectors: bool,
    pub(crate) include_templates: bool,
    pub(crate) include_volume_claim_templates: bool,
    pub(crate) fields: Vec<FieldSpec>,
    pub(crate) origin: Origin,
}

impl Label {
    pub(crate) fn of(object: Object<'_>) -> Self {
        Label {
            pairs: object.pairs("pairs"),
            include_selectors: object.bool("includeSelectors"),
            include_templates: object.bool("includeTemplates"),
            include_volume_claim_templates: object.bool("includeVolumeClaimTemplates"),
            fields: FieldSpec::list_of(object.get("fields")),
            origin: object.origin(),
        }
    }
}

/// An item of `images`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Image {
    pub(crate) change: ImageChange,
    pub(crate) origin: Origin,
}

impl Image {
    pub(crate) fn of(object: Object<'_>) -> Self {
        let change = ImageChange {
            name: object.string("name"),
            new_name: object.string("newName"),
            new_tag: object.string("newTag"),
            tag_suffix: object.string("tagSuffix"),
            digest: object.string("digest"),
        };
        Image { change, origin: object.origin_of(&["digest", "newTag", "newName"]) }
    }
}

/// An item of `replicas`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replica {
    pub(crate) name: String,
    pub(crate) count: i64,
    pub(crate) origin: Origin,
}

impl Replica {
    pub(crate) fn of(object: Object<'_>) -> Self {
        let count = object.int("count").unwrap_or(0);
        Replica { name: object.string("name"), count, origin: object.origin_of(&["count"]) }
    }
}

/// An item of `replacements`: a replacement, or a file with some.
#[derive(Clone, Debug)]
pub(crate) enum ReplacementField {
    File(Text),
    Inline(Arc<Replacement>),
}

impl ReplacementField {
    pub(crate) fn of(object: Object<'_>) -> Self {
        match object.text("path") {
            path if path.is_empty() => ReplacementField::Inline(Arc::new(Replacement::of(object.0))),
            path => ReplacementField::File(path),
        }
    }
}

/// An item of `vars`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Var {
    pub(crate) name: String,
    pub(crate) api_version: String,
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) object_name: String,
    pub(crate) namespace: String,
    /// `metadata.name` unless stated.
    pub(crate) field_path: String,
    pub(crate) origin: Origin,
}

impl Var {
    pub(crate) fn of(object: Object<'_>) -> Self {
        let reference = |name| object.object("objref").map_or(String::new(), |reference| reference.string(name));
        let field_path = object.object("fieldref").map_or(String::new(), |field| field.string("fieldPath"));
        Var {
            name: object.string("name"),
            api_version: reference("apiVersion"),
            group: reference("group"),
            version: reference("version"),
            kind: reference("kind"),
            object_name: reference("name"),
            namespace: reference("namespace"),
            field_path: if field_path.is_empty() { "metadata.name".to_owned() } else { field_path },
            origin: object.origin(),
        }
    }

    /// The field that the variable takes its value from.
    pub(crate) fn field(&self) -> VarField<'_> {
        VarField { name: &self.name, field_path: &self.field_path, origin: &self.origin }
    }
}

/// `generatorOptions`, and `options` of one generator.
#[derive(Clone, Debug, Default)]
pub(crate) struct GeneratorOptions {
    pub(crate) labels: Pairs,
    pub(crate) annotations: Pairs,
    pub(crate) disable_name_suffix_hash: bool,
    pub(crate) immutable: bool,
}

impl GeneratorOptions {
    pub(crate) fn of(object: Object<'_>) -> Self {
        GeneratorOptions {
            labels: object.pairs("labels"),
            annotations: object.pairs("annotations"),
            disable_name_suffix_hash: object.bool("disableNameSuffixHash"),
            immutable: object.bool("immutable"),
        }
    }

    /// Fills in what is stated for all generators.
    pub(crate) fn merge(&mut self, global: &GeneratorOptions) {
        let fill = |own: &mut Pairs, all: &Pairs| {
            for (key, value) in all {
                own.entry(key.clone()).or_insert_with(|| value.clone());
            }
        };
        fill(&mut self.labels, &global.labels);
        fill(&mut self.annotations, &global.annotations);
        self.disable_name_suffix_hash |= global.disable_name_suffix_hash;
        self.immutable |= global.immutable;
    }
}

/// An item of `configMapGenerator` or `secretGenerator`.
#[derive(Clone, Debug, Default)]
pub(crate) struct GeneratorArgs {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) behavior: String,
    pub(crate) literals: Vec<Text>,
    pub(crate) files: Vec<Text>,
    pub(crate) envs: Vec<Text>,
    pub(crate) options: GeneratorOptions,
    /// Type of a secret.
    pub(crate) secret_type: Text,
    pub(crate) origin: Origin,
}

impl GeneratorArgs {
    pub(crate) fn of(object: Object<'_>) -> Self {
        let mut envs = object.texts("envs");
        envs.extend(Some(object.text("env")).filter(|env| !env.is_empty()));
        GeneratorArgs {
            name: object.string("name"),
            namespace: object.string("namespace"),
            behavior: object.string("behavior"),
            literals: object.texts("literals"),
            files: object.texts("files"),
            envs,
            options: object.object("options").map(GeneratorOptions::of).unwrap_or_default(),
            secret_type: object.text("type"),
            origin: object.origin(),
        }
    }
}

/// `sortOptions`.
#[derive(Clone, Debug, Default)]
pub(crate) struct SortOptions {
    pub(crate) order: Text,
    /// The kinds that come first and those that come last.
    pub(crate) legacy: Option<(Vec<String>, Vec<String>)>,
    pub(crate) origin: Origin,
}

impl SortOptions {
    pub(crate) fn of(object: Object<'_>) -> Self {
        let strings = |object: Object<'_>, name| object.texts(name).into_iter().map(|text| text.value).collect();
        let legacy = |legacy| (strings(legacy, "orderFirst"), strings(legacy, "orderLast"));
        SortOptions {
            order: object.text("order"),
            legacy: object.object("legacySortOptions").map(legacy),
            origin: object.origin(),
        }
    }
}

/// A chart that someone else must inflate.
#[derive(Clone, Debug)]
pub(crate) struct HelmChart {
    /// The whole item as JSON.
    pub(crate) config: serde_json::Value,
    pub(crate) name: String,
    pub(crate) origin: Origin,
}

impl HelmChart {
    pub(crate) fn of(object: Object<'_>) -> Self {
        let name = match object.string("name") {
            name if name.is_empty() => object.string("chartName"),
            name => name,
        };
        HelmChart { config: object.0.to_json().unwrap_or_default(), name, origin: object.origin() }
    }
}
