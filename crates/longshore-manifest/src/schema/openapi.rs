//! Schema facts of OpenAPI documents and of custom resource definitions.

use std::collections::HashMap;

use longshore_yaml::{Location, Node, Scalar};

use super::graph::{PatchStrategy, TypeBuilder, TypeGraph, TypeId, WhenEmpty};
use super::{Format, ListType, MapType, Scope, Shape};
use crate::gvk::GroupVersionKind;
use crate::resource::Resource;

/// Nesting of one schema; a deeper one is refused.
const DEPTH: usize = 256;

/// An OpenAPI document or a custom resource definition that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", location.as_ref().map(|at| format!("{at}: ")).unwrap_or_default())]
pub struct SchemaError {
    location: Option<Location>,
    message: String,
}

impl SchemaError {
    fn new(node: Node<'_>, message: impl Into<String>) -> Self {
        SchemaError { location: node.location(), message: message.into() }
    }

    /// Where the problem is.
    pub fn location(&self) -> Option<&Location> {
        self.location.as_ref()
    }

    /// What the problem is, without the place.
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// The types of OpenAPI documents: v3 (`components.schemas`) and v2 (`definitions`).
///
/// Kinds are found by `x-kubernetes-group-version-kind`. Their scope is known where the document has `paths`: a path
/// with `{namespace}` is a namespaced one. Several documents, as a server gives one for each group and version, become
/// one graph; of a definition that several have, the first counts.
///
/// # Errors
/// A root that is neither, or a schema nested deeper than 256.
pub fn openapi<'a>(docs: impl IntoIterator<Item = Node<'a>>) -> Result<TypeGraph, SchemaError> {
    documents(Reader::default(), docs)
}

/// As [`openapi`], on top of a built-in table: definitions replace those of the table that have their names, and may
/// refer to the others (`io.k8s.api.core.v1.PodSpec`).
///
/// # Errors
/// As [`openapi`].
pub fn openapi_over<'a>(base: &TypeGraph, docs: impl IntoIterator<Item = Node<'a>>) -> Result<TypeGraph, SchemaError> {
    documents(Reader::over(base), docs)
}

fn documents<'a>(mut reader: Reader, docs: impl IntoIterator<Item = Node<'a>>) -> Result<TypeGraph, SchemaError> {
    let mut bodies = Vec::new();
    for doc in docs {
        let schemas = doc.at(["components", "schemas"]).or_else(|| doc.get("definitions")).or_else(|| doc.get("paths"));
        if schemas.is_none() {
            return Err(SchemaError::new(doc, "not an OpenAPI document: it has no components.schemas or definitions"));
        }
        let schemas = doc.at(["components", "schemas"]).or_else(|| doc.get("definitions"));
        for (name, schema) in schemas.into_iter().flat_map(Node::entries) {
            if reader.defined.insert(name.text().to_owned()) {
                bodies.push((name.text(), schema));
            }
        }
        if let Some(paths) = doc.get("paths") {
            reader.scopes(paths);
        }
    }
    for (name, schema) in bodies {
        let id = reader.named(name);
        let kind = reader.schema(schema, 0)?;
        let kind = TypeBuilder { name: Some(name.into()), ..well_known(name, kind) };
        reader.graph.set(id, kind);
        for gvk in schema.get("x-kubernetes-group-version-kind").into_iter().flat_map(Node::items) {
            reader.graph.set_root(gvk_of(gvk), id);
        }
    }
    Ok(reader.graph)
}

/// The types of custom resources, from their definitions (`CustomResourceDefinition`, v1 and v1beta1); resources of
/// other kinds are passed over.
///
/// What a server adds is there: `apiVersion`, `kind` and the facts of `metadata`.
///
/// # Errors
/// A schema nested deeper than 256.
pub fn custom_resources<'a>(crds: impl IntoIterator<Item = &'a Resource>) -> Result<TypeGraph, SchemaError> {
    let mut reader = Reader::default();
    for crd in crds.into_iter().filter(|resource| resource.kind() == "CustomResourceDefinition") {
        reader.custom_resource(crd.root())?;
    }
    Ok(reader.graph)
}

/// The type that one JSON schema describes; it is the root of the kind whose names are all empty.
///
/// # Errors
/// A schema nested deeper than 256.
pub fn json_schema(schema: Node<'_>) -> Result<TypeGraph, SchemaError> {
    let mut reader = Reader::default();
    let root = reader.schema(schema, 0)?;
    let root = reader.graph.add(root);
    reader.graph.set_root(GroupVersionKind::default(), root);
    Ok(reader.graph)
}

fn gvk_of(node: Node<'_>) -> GroupVersionKind {
    let text = |name: &str| node.get(name).map_or("", Node::text).to_owned();
    GroupVersionKind { group: text("group"), version: text("version"), kind: text("kind") }
}

/// Definitions that only their name tells from others.
fn well_known(name: &str, kind: TypeBuilder) -> TypeBuilder {
    let format = match name {
        _ if name.ends_with("pkg.api.resource.Quantity") => Some(Format::Quantity),
        _ if name.ends_with("pkg.apis.meta.v1.Duration") => Some(Format::Duration),
        _ => kind.format,
    };
    TypeBuilder { format, ..kind }
}

#[derive(Default)]
struct Reader {
    graph: TypeGraph,
    names: HashMap<String, TypeId>,
    defined: std::collections::HashSet<String>,
    metadata: Option<TypeId>,
}

impl Reader {
    /// A reader that goes on where a table ends, whose names lack what all of them begin with.
    fn over(base: &TypeGraph) -> Self {
        let names = base.names().flat_map(|(name, id)| {
            let long = match name.strip_prefix("meta.v1.") {
                Some(_) => format!("io.k8s.apimachinery.pkg.apis.{name}"),
                None => format!("io.k8s.api.{name}"),
            };
            [(long, id), (name.to_owned(), id)]
        });
        Reader { names: names.collect(), graph: base.clone(), ..Reader::default() }
    }

    fn named(&mut self, name: &str) -> TypeId {
        if let Some(&id) = self.names.get(name) {
            return id;
        }
        let id = self.graph.add(TypeBuilder::default());
        self.names.insert(name.to_owned(), id);
        id
    }

    /// A path of a resource has `{namespace}` exactly where the kind lives in one.
    fn scopes(&mut self, paths: Node<'_>) {
        for (path, item) in paths.entries() {
            // `…/namespaces/{namespace}/deployments/{name}` and no subresource below it.
            if !path.text().ends_with("/{name}") {
                continue;
            }
            let namespaced = path.text().contains("/namespaces/{namespace}/");
            let scope = if namespaced { Scope::Namespaced } else { Scope::Cluster };
            let kinds = item.entries().filter_map(|(_, operation)| operation.get("x-kubernetes-group-version-kind"));
            for gvk in kinds {
                self.graph.set_scope(gvk_of(gvk), scope);
            }
        }
    }

    fn custom_resource(&mut self, crd: Node<'_>) -> Result<(), SchemaError> {
        let Some(spec) = crd.get("spec") else { return Ok(()) };
        let text = |path: &[&str]| spec.at(path.iter().copied()).map_or("", Node::text);
        let scope = if text(&["scope"]) == "Cluster" { Scope::Cluster } else { Scope::Namespaced };
        let shared = spec.at(["validation", "openAPIV3Schema"]);
        let gvk = |version: &str| GroupVersionKind {
            group: text(&["group"]).to_owned(),
            version: version.to_owned(),
            kind: text(&["names", "kind"]).to_owned(),
        };
        let versions = spec.get("versions").into_iter().flat_map(Node::items);
        let mut versions: Vec<_> = versions
            .map(|version| {
                let schema = version.at(["schema", "openAPIV3Schema"]).or(shared);
                (gvk(version.get("name").map_or("", Node::text)), schema)
            })
            .collect();
        if versions.is_empty() {
            versions.push((gvk(text(&["version"])), shared));
        }
        for (gvk, schema) in versions {
            self.graph.set_scope(gvk.clone(), scope);
            let root = self.custom_root(schema)?;
            self.graph.set_root(gvk, root);
        }
        Ok(())
    }

    fn custom_root(&mut self, schema: Option<Node<'_>>) -> Result<TypeId, SchemaError> {
        let mut root = match schema {
            Some(schema) => self.schema(schema, 0)?,
            None => TypeBuilder { shape: Shape::Map, ..TypeBuilder::default() },
        };
        self.embed(&mut root);
        Ok(self.graph.add(root))
    }

    /// Adds what each Kubernetes object has.
    fn embed(&mut self, root: &mut TypeBuilder) {
        let string = self.graph.add(TypeBuilder { shape: Shape::String, ..TypeBuilder::default() });
        let metadata = match self.metadata {
            Some(metadata) => metadata,
            None => *self.metadata.insert(object_meta(&mut self.graph, string)),
        };
        root.shape = Shape::Map;
        root.fields.retain(|(name, _)| !matches!(&**name, "apiVersion" | "kind" | "metadata"));
        root.fields.extend([("apiVersion".into(), string), ("kind".into(), string), ("metadata".into(), metadata)]);
    }

    fn child(&mut self, node: Node<'_>, depth: usize) -> Result<TypeId, SchemaError> {
        if let (Some(name), 1) = (reference(node), node.len()) {
            return Ok(self.named(name));
        }
        let kind = self.schema(node, depth)?;
        Ok(self.graph.add(kind))
    }

    fn written(&mut self, id: TypeId, empty: WhenEmpty) -> TypeId {
        self.graph.add(TypeBuilder { of: Some(id), when_empty: Some(empty), ..TypeBuilder::default() })
    }

    fn schema(&mut self, node: Node<'_>, depth: usize) -> Result<TypeBuilder, SchemaError> {
        if depth > DEPTH {
            return Err(SchemaError::new(node, format!("the schema is nested deeper than {DEPTH}")));
        }
        let text = |name: &str| node.get(name).map(Node::text).filter(|text| !text.is_empty());
        let is = |name: &str| node.get(name).and_then(Node::as_bool) == Some(true);
        let mut kind = TypeBuilder { shape: shape(node), nullable: is("nullable"), ..TypeBuilder::default() };
        let parts = node.get("allOf").into_iter().flat_map(Node::items);
        kind.of = std::iter::once(node).chain(parts).find_map(reference).map(|name| self.named(name));
        let required: Vec<&str> = node.get("required").into_iter().flat_map(Node::items).map(Node::text).collect();
        for (name, field) in node.get("properties").into_iter().flat_map(Node::entries) {
            let id = self.child(field, depth + 1)?;
            let zero = field.get("default").is_some_and(is_zero).then_some(WhenEmpty::Zero);
            let empty = zero.or_else(|| required.contains(&name.text()).then_some(WhenEmpty::Null));
            kind.fields.push((name.text().into(), empty.map_or(id, |empty| self.written(id, empty))));
        }
        match node.get("additionalProperties") {
            Some(values) if values.is_mapping() => kind.values = Some(self.child(values, depth + 1)?),
            Some(values) if values.as_bool() == Some(true) => {
                kind.values = Some(self.graph.add(TypeBuilder::default()));
            }
            _ => {}
        }
        if let Some(items) = node.get("items") {
            kind.items = Some(self.child(items, depth + 1)?);
        }
        let open = kind.values.is_some() || is("x-kubernetes-preserve-unknown-fields");
        kind.closed = !kind.fields.is_empty() && !open;
        if is("x-kubernetes-embedded-resource") {
            self.embed(&mut kind);
        }
        kind.list_type = text("x-kubernetes-list-type").and_then(list_type);
        let keys = node.get("x-kubernetes-list-map-keys").into_iter().flat_map(Node::items);
        kind.list_keys = keys.map(|key| key.text().into()).collect();
        kind.map_type = text("x-kubernetes-map-type").and_then(map_type);
        kind.patch_strategy = text("x-kubernetes-patch-strategy").map(PatchStrategy::parse);
        kind.patch_merge_key = text("x-kubernetes-patch-merge-key").map(Into::into);
        kind.format = format(node);
        kind.default = node.get("default").and_then(|default| default.to_json().ok());
        Ok(kind)
    }
}

/// Whether a value is the one that a Go program starts with.
fn is_zero(node: Node<'_>) -> bool {
    match node.scalar() {
        None => node.is_mapping() && node.is_empty(),
        Some(scalar) => matches!(scalar, Scalar::Bool(false) | Scalar::Int(0) | Scalar::Str("")),
    }
}

/// The name of the definition that `$ref` leads to.
fn reference(node: Node<'_>) -> Option<&str> {
    let target = node.get("$ref")?.as_str()?;
    target.strip_prefix("#/components/schemas/").or_else(|| target.strip_prefix("#/definitions/"))
}

fn shape(node: Node<'_>) -> Shape {
    let kind = node.get("type");
    let kind = kind.map(|kind| kind.item(0).unwrap_or(kind).text()).unwrap_or_default();
    match kind {
        "object" => Shape::Map,
        "array" => Shape::List,
        "string" => Shape::String,
        "integer" => Shape::Integer,
        "number" => Shape::Number,
        "boolean" => Shape::Boolean,
        _ if node.get("properties").is_some() => Shape::Map,
        _ => Shape::Any,
    }
}

fn list_type(text: &str) -> Option<ListType> {
    match text {
        "atomic" => Some(ListType::Atomic),
        "set" => Some(ListType::Set),
        "map" => Some(ListType::Map),
        _ => None,
    }
}

fn map_type(text: &str) -> Option<MapType> {
    match text {
        "atomic" => Some(MapType::Atomic),
        "granular" => Some(MapType::Granular),
        _ => None,
    }
}

/// A quantity in a custom resource is a string or an integer with the pattern that controller-gen writes.
fn format(node: Node<'_>) -> Option<Format> {
    let text = |name: &str| node.get(name).map_or("", Node::text);
    let either = node.get("x-kubernetes-int-or-string").and_then(Node::as_bool) == Some(true);
    match text("format") {
        "int-or-string" => Some(Format::IntOrString),
        "date-time" => Some(Format::Time),
        "byte" => Some(Format::Bytes),
        "duration" => Some(Format::Duration),
        _ if text("pattern").contains("[numkMGTPE]") => Some(Format::Quantity),
        _ if either => Some(Format::IntOrString),
        _ => None,
    }
}

/// The facts of `metadata` that each kind has.
fn object_meta(graph: &mut TypeGraph, string: TypeId) -> TypeId {
    let list = |items, list_type, key: Option<&str>| TypeBuilder {
        shape: Shape::List,
        items: Some(items),
        list_type: Some(list_type),
        list_keys: key.map(Into::into).into_iter().collect(),
        patch_merge_key: key.map(Into::into),
        patch_strategy: (list_type != ListType::Atomic).then(|| PatchStrategy::parse("merge")),
        ..TypeBuilder::default()
    };
    let map = |values| TypeBuilder { shape: Shape::Map, values: Some(values), ..TypeBuilder::default() };
    let any = graph.add(TypeBuilder::default());
    let owner = TypeBuilder { shape: Shape::Map, map_type: Some(MapType::Atomic), ..TypeBuilder::default() };
    let owner = graph.add(owner);
    let time = TypeBuilder { shape: Shape::String, format: Some(Format::Time), ..TypeBuilder::default() };
    let fields = vec![
        ("annotations".into(), graph.add(map(string))),
        ("creationTimestamp".into(), graph.add(time)),
        ("finalizers".into(), graph.add(list(string, ListType::Set, None))),
        ("generateName".into(), string),
        ("labels".into(), graph.add(map(string))),
        ("managedFields".into(), graph.add(list(any, ListType::Atomic, None))),
        ("name".into(), string),
        ("namespace".into(), string),
        ("ownerReferences".into(), graph.add(list(owner, ListType::Map, Some("uid")))),
    ];
    let name = Some("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta".into());
    graph.add(TypeBuilder { name, shape: Shape::Map, fields, ..TypeBuilder::default() })
}
