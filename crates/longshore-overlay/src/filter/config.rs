//! The field specs of all transformers: the built-in ones, and those of `configurations:` files merged into them.

use std::sync::{Arc, LazyLock};

use longshore_yaml::Node;

use crate::filter::defaults;
use crate::filter::edit::FilterError;
use crate::filter::fieldspec::{FieldSpec, Gvk};
use crate::filter::order::KindOrder;

/// Objects of one type, and the fields in which others name them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BackReferences {
    /// The type that is referred to.
    pub(crate) target: Gvk,
    /// The fields that refer to it.
    pub(crate) referrers: Vec<FieldSpec>,
}

/// Which fields each transformer changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TransformerConfig {
    pub(crate) name_prefix: Vec<FieldSpec>,
    pub(crate) name_suffix: Vec<FieldSpec>,
    pub(crate) namespace: Vec<FieldSpec>,
    /// Of `labels` without selectors and templates; nothing by default.
    pub(crate) labels: Vec<FieldSpec>,
    pub(crate) template_labels: Vec<FieldSpec>,
    pub(crate) volume_claim_template_labels: Vec<FieldSpec>,
    pub(crate) common_labels: Vec<FieldSpec>,
    pub(crate) common_annotations: Vec<FieldSpec>,
    pub(crate) name_reference: Vec<BackReferences>,
    pub(crate) var_reference: Vec<FieldSpec>,
    pub(crate) images: Vec<FieldSpec>,
    pub(crate) replicas: Vec<FieldSpec>,
}

impl TransformerConfig {
    /// The built-in field specs; one copy for all.
    pub(crate) fn builtin() -> Arc<Self> {
        static BUILTIN: LazyLock<Arc<TransformerConfig>> = LazyLock::new(|| Arc::new(TransformerConfig::make()));
        Arc::clone(&BUILTIN)
    }

    fn make() -> Self {
        let referred = |row: &defaults::Referred| BackReferences {
            target: Gvk { group: row.group.into(), version: row.version.into(), kind: row.kind.into() },
            referrers: defaults::specs(row.by),
        };
        TransformerConfig {
            name_prefix: defaults::specs(defaults::NAME_PREFIX),
            name_suffix: defaults::specs(defaults::NAME_SUFFIX),
            namespace: defaults::specs(defaults::NAMESPACE),
            labels: Vec::new(),
            template_labels: defaults::specs(defaults::TEMPLATE_LABELS),
            volume_claim_template_labels: defaults::specs(defaults::VOLUME_CLAIM_TEMPLATE_LABELS),
            common_labels: defaults::specs(defaults::COMMON_LABELS),
            common_annotations: defaults::specs(defaults::COMMON_ANNOTATIONS),
            name_reference: defaults::NAME_REFERENCE.iter().map(referred).collect(),
            var_reference: defaults::specs(defaults::VAR_REFERENCE),
            images: defaults::specs(defaults::IMAGES),
            replicas: defaults::specs(defaults::REPLICAS),
        }
    }

    /// Reads one `configurations:` file.
    ///
    /// # Errors
    /// A field that no transformer has, or a list that is none.
    pub(crate) fn read(root: Node<'_>) -> Result<Self, FilterError> {
        let mut config = TransformerConfig::default();
        if !root.is_mapping() && !root.is_null() {
            return Err(FilterError::at(root, "a transformer configuration must be a mapping"));
        }
        for (key, value) in root.entries() {
            if !value.is_sequence() && !value.is_null() {
                return Err(FilterError::at(value, format!("{} must be a list of field specs", key.text())));
            }
            // Keys are compared without regard to case, as the original's JSON decoder does.
            match key.text().to_ascii_lowercase().as_str() {
                "namereference" => config.name_reference = value.items().map(BackReferences::of).collect(),
                name => match config.list(name) {
                    Some(list) => *list = FieldSpec::list_of(Some(value)),
                    None => return Err(unknown_field(key)),
                },
            }
        }
        Ok(config)
    }

    fn list(&mut self, name: &str) -> Option<&mut Vec<FieldSpec>> {
        match name {
            "nameprefix" => Some(&mut self.name_prefix),
            "namesuffix" => Some(&mut self.name_suffix),
            "namespace" => Some(&mut self.namespace),
            "labels" => Some(&mut self.labels),
            "templatelabels" => Some(&mut self.template_labels),
            "volumeclaimtemplatelabels" => Some(&mut self.volume_claim_template_labels),
            "commonlabels" => Some(&mut self.common_labels),
            "commonannotations" => Some(&mut self.common_annotations),
            "varreference" => Some(&mut self.var_reference),
            "images" => Some(&mut self.images),
            "replicas" => Some(&mut self.replicas),
            _ => None,
        }
    }

    /// Adds the field specs of another configuration, and sorts them all by the type they are for, the most general
    /// last. Of two for one field, one that covers the other's type is dropped where it comes later: so a built-in spec
    /// for all types gives way to one of a custom configuration that came before.
    ///
    /// # Errors
    /// A field that both name, with another `create`.
    pub(crate) fn merge(&mut self, more: &TransformerConfig) -> Result<(), FilterError> {
        let order = KindOrder::default();
        let key = |gvk: &Gvk| order.key((&gvk.group, &gvk.version, &gvk.kind));
        for (own, more) in self.lists().into_iter().zip(more.clone().lists()) {
            FieldSpec::merge(own, more)?;
            own.sort_by_cached_key(|spec| key(&spec.gvk));
        }
        self.merge_references(&more.name_reference)?;
        self.name_reference.sort_by_cached_key(|references| key(&references.target));
        Ok(())
    }

    /// What a kustomization starts with that has configurations of its own: the built-in specs and those.
    ///
    /// # Errors
    /// As [`TransformerConfig::merge`].
    pub(crate) fn with_builtin(custom: &TransformerConfig) -> Result<Self, FilterError> {
        let mut config = TransformerConfig::make();
        config.merge(custom)?;
        // Merged once more, the sorted specs drop those that others cover.
        let mut merged = TransformerConfig::default();
        merged.merge(&config)?;
        Ok(merged)
    }

    fn lists(&mut self) -> [&mut Vec<FieldSpec>; 11] {
        [
            &mut self.name_prefix,
            &mut self.name_suffix,
            &mut self.namespace,
            &mut self.common_annotations,
            &mut self.labels,
            &mut self.template_labels,
            &mut self.volume_claim_template_labels,
            &mut self.common_labels,
            &mut self.var_reference,
            &mut self.images,
            &mut self.replicas,
        ]
    }

    fn merge_references(&mut self, more: &[BackReferences]) -> Result<(), FilterError> {
        for references in more {
            let same = self.name_reference.iter_mut().find(|have| have.target == references.target);
            match same {
                Some(have) => FieldSpec::merge(&mut have.referrers, &references.referrers)?,
                None => self.name_reference.push(references.clone()),
            }
        }
        Ok(())
    }
}

impl BackReferences {
    fn of(node: Node<'_>) -> Self {
        let spec = FieldSpec::of(node);
        BackReferences { target: spec.gvk, referrers: FieldSpec::list_of(node.get("fieldSpecs")) }
    }
}

fn unknown_field(key: Node<'_>) -> FilterError {
    const NAMES: &str = "namePrefix, nameSuffix, namespace, labels, templateLabels, volumeClaimTemplateLabels, \
                         commonLabels, commonAnnotations, nameReference, varReference, images, replicas";
    FilterError::at(key, format!("unknown field \"{}\", expected one of {NAMES}", key.text()))
}
