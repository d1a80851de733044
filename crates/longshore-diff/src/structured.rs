//! Schemas in the form of structured-merge-diff, as Kubernetes embeds them in its apply configurations.

use std::collections::HashMap;

use longshore_manifest::schema::{Format, ListType, MapType, Shape, TypeBuilder, TypeGraph, TypeId};
use longshore_yaml::{Location, Node};

use crate::typed::ObjectType;

/// Named types of a schema in the form of structured-merge-diff.
///
/// ```
/// use longshore_diff::{ObjectType, StructuredSchema, field_set};
/// use longshore_yaml::{Document, ReadOptions, SourceFile, read};
///
/// let text = "types: [{name: pair, map: {fields: [{name: key, type: {scalar: string}}]}}]\n";
/// let docs = read(&SourceFile::new("schema.yaml", text), &ReadOptions::default())?;
/// let schema = StructuredSchema::new(docs[0].root())?;
///
/// let object = Document::from_json(&serde_json::json!({"key": "a"}));
/// let pair = schema.object_type("pair").ok_or("no such type")?;
/// assert_eq!(field_set(object.root(), pair)?.to_string(), r#"{"f:key":{}}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct StructuredSchema {
    graph: TypeGraph,
    names: HashMap<String, TypeId>,
}

/// A document that is no such schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", location.as_ref().map(|at| format!("{at}: ")).unwrap_or_default())]
pub struct StructuredSchemaError {
    /// Where.
    pub location: Option<Location>,
    /// What is wrong.
    pub message: String,
}

impl StructuredSchema {
    /// Reads `types: [{name, scalar | list | map}]`.
    pub fn new(schema: Node<'_>) -> Result<Self, StructuredSchemaError> {
        let types = schema.get("types").filter(|types| types.is_sequence());
        let types = types.ok_or_else(|| error(schema, "expected a list of types"))?;
        let mut reader = Reader { graph: TypeGraph::new(), names: HashMap::new(), lists: HashMap::new() };
        for ty in types.items() {
            let name = ty.get("name").map_or("", Node::text).to_owned();
            let keyed = ty.at(["list", "keys"]).is_some_and(|keys| !keys.is_empty());
            let id = reader.graph.add(TypeBuilder::default());
            reader.lists.insert(name.clone(), keyed);
            reader.names.insert(name, id);
        }
        for ty in types.items() {
            let builder = reader.atom(ty, 0)?;
            let id = reader.names[ty.get("name").map_or("", Node::text)];
            reader.graph.set(id, builder);
        }
        Ok(StructuredSchema { graph: reader.graph, names: reader.names })
    }

    /// A type by its name.
    pub fn object_type(&self, name: &str) -> Option<ObjectType<'_>> {
        self.names.get(name).map(|&id| ObjectType::Known(self.graph.node(id)))
    }
}

fn error(node: Node<'_>, message: impl Into<String>) -> StructuredSchemaError {
    StructuredSchemaError { location: node.location(), message: message.into() }
}

/// How deep inlined types may be nested.
const DEPTH: usize = 100;

struct Reader {
    graph: TypeGraph,
    names: HashMap<String, TypeId>,
    /// Whether a named type is a list with keys.
    lists: HashMap<String, bool>,
}

impl Reader {
    /// The type that stands at a node: `scalar`, `list`, `map`, or several of them.
    fn atom(&mut self, node: Node<'_>, depth: usize) -> Result<TypeBuilder, StructuredSchemaError> {
        if depth > DEPTH {
            return Err(error(node, format!("types are nested deeper than {DEPTH}")));
        }
        let mut ty = TypeBuilder::default();
        let (scalar, list, map) = (node.get("scalar"), node.get("list"), node.get("map"));
        if let Some(list) = list {
            ty.items = Some(self.reference(list.get("elementType").unwrap_or(list), depth)?);
            ty.list_keys = list.get("keys").into_iter().flat_map(Node::items).map(|key| key.text().into()).collect();
            ty.list_type = Some(list_type(relation(list), !ty.list_keys.is_empty()));
        }
        if let Some(map) = map {
            for field in map.get("fields").into_iter().flat_map(Node::items) {
                let name = field.get("name").ok_or_else(|| error(field, "a field has no name"))?;
                let mut id = self.reference(field.get("type").unwrap_or(field), depth)?;
                if let Some(default) = field.get("default") {
                    let default = Some(default.to_json().map_err(|problem| error(default, problem.to_string()))?);
                    id = self.graph.add(TypeBuilder { of: Some(id), default, ..TypeBuilder::default() });
                }
                ty.fields.push((name.text().into(), id));
            }
            ty.values = map.get("elementType").map(|values| self.reference(values, depth)).transpose()?;
            ty.closed = ty.values.is_none();
            ty.map_type = map_type(relation(map));
        }
        ty.shape = match (scalar.map(Node::text), list, map) {
            (Some("string"), None, None) => Shape::String,
            (Some("numeric"), None, None) => Shape::Number,
            (Some("boolean"), None, None) => Shape::Boolean,
            (None, Some(_), None) => Shape::List,
            (None, None, Some(_)) => Shape::Map,
            _ => Shape::Any,
        };
        if scalar.is_some() && list.is_none() && map.is_none() && ty.shape == Shape::Any {
            ty.format = Some(Format::IntOrString);
        }
        Ok(ty)
    }

    /// A named type. One that the schema lacks allows no field; as upstream, that is an error only for who uses it.
    fn named(&mut self, name: &str) -> TypeId {
        let nothing = TypeBuilder { shape: Shape::Map, closed: true, ..TypeBuilder::default() };
        self.names.get(name).copied().unwrap_or_else(|| self.graph.add(nothing))
    }

    /// The type that a reference means: a named one or an inlined one, perhaps with another relation of its elements.
    fn reference(&mut self, node: Node<'_>, depth: usize) -> Result<TypeId, StructuredSchemaError> {
        let (id, keyed) = match node.get("namedType") {
            Some(name) => (self.named(name.text()), self.lists.get(name.text()) == Some(&true)),
            None => {
                let ty = self.atom(node, depth + 1)?;
                let keyed = !ty.list_keys.is_empty();
                (self.graph.add(ty), keyed)
            }
        };
        let relation = relation(node);
        if relation.is_empty() {
            return Ok(id);
        }
        let list_type = Some(list_type(relation, keyed));
        let map_type = map_type(relation);
        Ok(self.graph.add(TypeBuilder { of: Some(id), list_type, map_type, ..TypeBuilder::default() }))
    }
}

fn relation(node: Node<'_>) -> &str {
    node.get("elementRelationship").map_or("", Node::text)
}

fn list_type(relation: &str, keyed: bool) -> ListType {
    match (relation, keyed) {
        ("associative", true) => ListType::Map,
        ("associative", false) => ListType::Set,
        _ => ListType::Atomic,
    }
}

fn map_type(relation: &str) -> Option<MapType> {
    match relation {
        "" => None,
        "atomic" => Some(MapType::Atomic),
        _ => Some(MapType::Granular),
    }
}
