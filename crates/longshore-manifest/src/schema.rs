//! What is known of the types of resources: list keys, patch strategies, scope.
//!
//! A [`Schema`] answers for a kind with a [`TypeRef`], a cursor that walks down beside a tree:
//!
//! ```
//! use longshore_manifest::GroupVersionKind;
//! use longshore_manifest::schema::{ListType, Schema, kubernetes};
//!
//! let deployment = kubernetes().root(&GroupVersionKind::new("apps/v1", "Deployment")).ok_or("no such kind")?;
//! let containers = deployment.at(["spec", "template", "spec", "containers"]).ok_or("no such field")?;
//! assert_eq!(containers.list_type(), Some(ListType::Map));
//! assert!(containers.list_keys().iter().map(|key| &**key).eq(["name"]));
//! assert_eq!(containers.patch_merge_key(), Some("name"));
//!
//! let ports = containers.items().and_then(|container| container.field("ports")).ok_or("no such field")?;
//! assert!(ports.list_keys().iter().map(|key| &**key).eq(["containerPort", "protocol"]));
//! assert_eq!(ports.key_default("protocol").and_then(|value| value.as_str()), Some("TCP"));
//! # Ok::<(), &str>(())
//! ```

mod builtin;
mod graph;
mod openapi;

pub use builtin::{kubernetes, kustomize};
pub use graph::{Fields, PatchStrategy, TypeBuilder, TypeGraph, TypeId, TypeRef, WhenEmpty};
pub use openapi::{SchemaError, custom_resources, json_schema, openapi, openapi_over};

use crate::gvk::GroupVersionKind;

/// Facts about the types of resources.
///
/// Implemented by [`TypeGraph`], which the built-in tables, OpenAPI documents and custom resource definitions become,
/// and by [`Layers`] of several.
pub trait Schema: Send + Sync {
    /// The type of a kind's documents; `None` where the kind is unknown.
    fn root(&self, gvk: &GroupVersionKind) -> Option<TypeRef<'_>>;

    /// Where resources of a kind live.
    fn scope(&self, gvk: &GroupVersionKind) -> Scope;
}

/// Where resources of a kind live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// In a namespace.
    Namespaced,
    /// In none: `ClusterRole`, `Namespace`.
    Cluster,
    /// Not known.
    #[default]
    Unknown,
}

/// How a list is merged and compared (`x-kubernetes-list-type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ListType {
    /// One value, replaced as a whole.
    Atomic,
    /// Scalars, each at most once.
    Set,
    /// Mappings, told apart by [`TypeRef::list_keys`].
    Map,
}

/// How a mapping is merged and compared (`x-kubernetes-map-type`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MapType {
    /// Entry by entry.
    #[default]
    Granular,
    /// One value, replaced as a whole.
    Atomic,
}

/// What kind of value a type has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shape {
    /// Not stated: any value.
    #[default]
    Any,
    /// A mapping with declared fields, values of one type, or both.
    Map,
    /// A list.
    List,
    /// A string.
    String,
    /// An integer.
    Integer,
    /// A number.
    Number,
    /// A boolean.
    Boolean,
}

/// Scalars that are equal by value although their texts differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// `500m` and `0.5`, see [`Quantity`](crate::Quantity).
    Quantity,
    /// `80` and `"80"`, see [`IntOrString`](crate::IntOrString).
    IntOrString,
    /// `90s` and `1m30s`, see [`Duration`](crate::Duration).
    Duration,
    /// A point in time, RFC 3339.
    Time,
    /// Base64.
    Bytes,
}

/// Several schemas, asked in order: the first that knows a kind answers.
#[derive(Clone, Default)]
pub struct Layers<'s> {
    layers: Vec<&'s dyn Schema>,
}

impl<'s> Layers<'s> {
    /// Without any layer; it knows nothing.
    pub fn new() -> Self {
        Layers::default()
    }

    /// Adds a layer behind the others.
    #[must_use]
    pub fn with(mut self, layer: &'s dyn Schema) -> Self {
        self.layers.push(layer);
        self
    }
}

impl Schema for Layers<'_> {
    fn root(&self, gvk: &GroupVersionKind) -> Option<TypeRef<'_>> {
        self.layers.iter().find_map(|layer| layer.root(gvk))
    }

    fn scope(&self, gvk: &GroupVersionKind) -> Scope {
        let known = self.layers.iter().map(|layer| layer.scope(gvk)).find(|&scope| scope != Scope::Unknown);
        known.unwrap_or_default()
    }
}

impl std::fmt::Debug for Layers<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Layers").field("layers", &self.layers.len()).finish()
    }
}
