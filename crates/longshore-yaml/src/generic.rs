//! Trees as values of any format that serde knows: written to it, and taken from it.

use std::fmt;

use serde::de::{self, Deserialize, MapAccess, SeqAccess, Visitor};
use serde::ser::{self, Serialize};

use crate::document::{Document, NodeId};
use crate::node::{Kind, Node, Scalar, Style, Tag};
use crate::serializer::DEPTH;

/// Serializes what the tree says: aliases and merge keys followed, comments and styles lost.
impl Serialize for Node<'_> {
    fn serialize<S: ser::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Nested { node: *self, depth: 0 }.serialize(serializer)
    }
}

impl Serialize for Document {
    fn serialize<S: ser::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.root().serialize(serializer)
    }
}

struct Nested<'a> {
    node: Node<'a>,
    depth: usize,
}

impl Serialize for Nested<'_> {
    fn serialize<S: ser::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let node = self.node.resolved();
        let depth = self.depth + 1;
        if depth > DEPTH && node.kind() != Kind::Scalar {
            return Err(ser::Error::custom(format!("collections are nested more than {DEPTH} deep")));
        }
        match node.kind() {
            Kind::Mapping => {
                let wrong = |_| ser::Error::custom("map merge requires map or sequence of maps as the value");
                let entries = node.merged_entries().map_err(wrong)?;
                let entries = entries
                    .into_iter()
                    .map(|(key, value)| (Nested { node: key, depth }, Nested { node: value, depth }));
                serializer.collect_map(entries)
            }
            Kind::Sequence => serializer.collect_seq(node.items().map(|item| Nested { node: item, depth })),
            _ => match node.scalar().unwrap_or(Scalar::Null) {
                Scalar::Null => serializer.serialize_unit(),
                Scalar::Bool(value) => serializer.serialize_bool(value),
                Scalar::Int(value) => serializer.serialize_i64(value),
                Scalar::Uint(value) => serializer.serialize_u64(value),
                Scalar::Float(value) => serializer.serialize_f64(value),
                Scalar::Str(text) => serializer.serialize_str(text),
            },
        }
    }
}

/// Takes any value of any format. Places are not known to serde: to keep them, work with the node itself.
impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut doc = Document::new();
        let root = de::DeserializeSeed::deserialize(Tree(&mut doc), deserializer)?;
        doc.set_root(root);
        Ok(doc)
    }
}

struct Tree<'d>(&'d mut Document);

impl<'de> de::DeserializeSeed<'de> for Tree<'_> {
    type Value = NodeId;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<NodeId, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = NodeId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<NodeId, E> {
        Ok(self.0.add_null())
    }

    fn visit_none<E>(self) -> Result<NodeId, E> {
        Ok(self.0.add_null())
    }

    fn visit_some<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<NodeId, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<NodeId, E> {
        Ok(self.0.add_bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<NodeId, E> {
        Ok(self.0.add_int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<NodeId, E> {
        Ok(self.0.add_scalar(&value.to_string(), Tag::Int, Style::Plain))
    }

    fn visit_f64<E>(self, value: f64) -> Result<NodeId, E> {
        Ok(self.0.add_float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<NodeId, E> {
        Ok(self.0.add_str(value))
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<NodeId, E> {
        Ok(self.0.add_binary(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<NodeId, A::Error> {
        let mut children = Vec::new();
        while let Some(item) = seq.next_element_seed(Tree(&mut *self.0))? {
            children.push(item);
        }
        let id = self.0.add_sequence();
        self.0.set_children(id, &children);
        Ok(id)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<NodeId, A::Error> {
        let mut children = Vec::new();
        while let Some(key) = map.next_key_seed(Tree(&mut *self.0))? {
            children.push(key);
            children.push(map.next_value_seed(Tree(&mut *self.0))?);
        }
        let id = self.0.add_mapping();
        self.0.set_children(id, &children);
        Ok(id)
    }
}
