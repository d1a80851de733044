//! The field specs of all transformers: the built-in ones, and those of `configurations:` files merged into them.

use std::sync::{Arc, LazyLock};

use longshore_yaml::Node;

use crate::filter::defaults;
use crate::filter::edit::FilterError;
use crate::filter::fieldspec::{FieldSpec, Gvk};

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

    /// Adds the field specs of another configuration.
    ///
    /// # Errors
    /// A field that both name, with another `create`.
    pub(crate) fn merge(&mut self, more: &TransformerConfig) -> Result<(), FilterError> {
        FieldSpec::merge(&mut self.name_prefix, &more.name_prefix)?;
        FieldSpec::merge(&mut self.name_suffix, &more.name_suffix)?;
        FieldSpec::merge(&mut self.namespace, &more.namespace)?;
        FieldSpec::merge(&mut self.common_annotations, &more.common_annotations)?;
        FieldSpec::merge(&mut self.labels, &more.labels)?;
        FieldSpec::merge(&mut self.template_labels, &more.template_labels)?;
        FieldSpec::merge(&mut self.volume_claim_template_labels, &more.volume_claim_template_labels)?;
        FieldSpec::merge(&mut self.common_labels, &more.common_labels)?;
        FieldSpec::merge(&mut self.var_reference, &more.var_reference)?;
        self.merge_references(&more.name_reference)?;
        FieldSpec::merge(&mut self.images, &more.images)?;
        FieldSpec::merge(&mut self.replicas, &more.replicas)
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
