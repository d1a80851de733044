//! `crds`: which fields of custom resources name other objects, or hold labels, annotations or names.

use std::sync::Arc;

use longshore_yaml::{DuplicateKeys, Node, ReadOptions, Schema, SourceFile, read_stream};

use crate::error::{Finding, RenderError};
use crate::filter::config::{BackReferences, TransformerConfig};
use crate::filter::edit::FilterError;
use crate::filter::fieldspec::{FieldSpec, Gvk};

/// How deep definitions may refer to one another.
const DEPTH: usize = 50;

/// Reads a file of OpenAPI definitions by name: `{v1.Shop: {Schema: {properties: {…}}}}`.
///
/// Of each definition with `kind`, `apiVersion` and `metadata` the properties count that bear `x-kubernetes-…`: those
/// of `annotation`, `label-selector` and `identity`, and `object-ref-api-version` with `object-ref-kind` and
/// `object-ref-name-key`. Properties with a `$ref` are followed.
///
/// # Errors
/// A file that is no map, and definitions that refer to one another more than 50 deep.
pub(crate) fn read(file: &Arc<SourceFile>) -> Result<TransformerConfig, RenderError> {
    let options = ReadOptions { schema: Schema::V2, duplicate_keys: DuplicateKeys::Keep, ..ReadOptions::default() };
    let docs = read_stream(file, &options).map_err(|error| RenderError::from(Finding::from(error)))?;
    let Some(root) = docs.first().map(|doc| doc.root().resolved()) else { return Ok(TransformerConfig::default()) };
    if !root.is_mapping() {
        return Err(Finding::at(root, "unable to parse open API definition: expected a mapping").into());
    }
    let mut config = TransformerConfig::default();
    for (name, definition) in root.entries() {
        let Some(properties) = properties(definition) else { continue };
        if ["kind", "apiVersion", "metadata"].iter().all(|key| properties.get(key).is_some()) {
            let kind = name.text().rsplit('.').next().unwrap_or_default();
            let mut walk = Walk { root, gvk: Gvk::new("", "", kind), config: TransformerConfig::default() };
            walk.visit(properties, &mut Vec::new())?;
            config.merge(&walk.config)?;
        }
    }
    Ok(config)
}

fn properties(definition: Node<'_>) -> Option<Node<'_>> {
    let schema = definition.entries().find(|(key, _)| key.text().eq_ignore_ascii_case("schema"))?.1;
    schema.get("properties")
}

struct Walk<'a> {
    root: Node<'a>,
    gvk: Gvk,
    config: TransformerConfig,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, properties: Node<'a>, path: &mut Vec<&'a str>) -> Result<(), FilterError> {
        if path.len() > DEPTH {
            let message = format!("limit exceeded: definitions refer to one another more than {DEPTH} deep");
            return Err(FilterError::at(properties, message));
        }
        for (name, property) in properties.entries() {
            path.push(name.text());
            self.note(property, path)?;
            let definition = property.get("$ref").and_then(|name| self.root.get(name.text()));
            if let Some(inner) = definition.and_then(crate::crds::properties) {
                self.visit(inner, path)?;
            }
            path.pop();
        }
        Ok(())
    }

    /// Notes what a property says of itself.
    fn note(&mut self, property: Node<'a>, path: &[&str]) -> Result<(), FilterError> {
        let says = |what: &str| property.get(&format!("x-kubernetes-{what}")).and_then(Node::as_str);
        let spec = |path: String| FieldSpec { gvk: self.gvk.clone(), path: path.into(), create: false };
        let here = [spec(path.join("/"))];
        if says("annotation").is_some() {
            FieldSpec::merge(&mut self.config.common_annotations, &here)?;
        }
        if says("label-selector").is_some() {
            FieldSpec::merge(&mut self.config.common_labels, &here)?;
        }
        if says("identity").is_some() {
            FieldSpec::merge(&mut self.config.name_prefix, &here)?;
        }
        if let (Some(version), Some(kind)) = (says("object-ref-api-version"), says("object-ref-kind")) {
            let key = says("object-ref-name-key").unwrap_or("name");
            let referrers = vec![spec(format!("{}/{key}", path.join("/")))];
            let references = BackReferences { target: Gvk::new("", version, kind), referrers };
            let name_reference = vec![references];
            self.config.merge(&TransformerConfig { name_reference, ..TransformerConfig::default() })?;
        }
        Ok(())
    }
}
