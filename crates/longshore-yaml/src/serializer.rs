//! Rust values into trees through serde.

use std::fmt;

use serde::ser::{self, Serialize, SerializeMap, SerializeSeq};

use crate::document::{Document, NodeId};
use crate::emit::number::push_float;
use crate::node::{Kind, Style, Tag};

/// Nesting of what is serialized; deeper values are an error.
pub(crate) const DEPTH: usize = 500;

/// A value that cannot become a tree: its own `Serialize` failed, or it is nested too deep.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SerializeError {
    message: String,
}

impl ser::Error for SerializeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        SerializeError { message: message.to_string() }
    }
}

impl Document {
    /// A document with a serializable value as its root.
    ///
    /// # Errors
    /// See [`Document::add_value`].
    pub fn from_value<T: Serialize + ?Sized>(value: &T) -> Result<Document, SerializeError> {
        let mut doc = Document::new();
        let root = doc.add_value(value)?;
        doc.set_root(root);
        Ok(doc)
    }

    /// Adds a serializable value as a node with its descendants.
    ///
    /// Fields keep their order. Strings get the style that Go gives them ([`Style::of_go_string`]), bytes become
    /// `!!binary`, a variant with content becomes a mapping with the variant as its only key.
    ///
    /// # Errors
    /// What the value's own `Serialize` reports, and nesting of more than 500.
    pub fn add_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<NodeId, SerializeError> {
        value.serialize(Serializer { doc: self, depth: 0 })
    }

    /// Adds a floating-point number as Go writes it: `0.5`, `1e+21`, `.inf`, `.nan`.
    pub fn add_float(&mut self, value: f64) -> NodeId {
        let mut text = String::new();
        push_float(&mut text, value);
        // A number without a point or an exponent is still a number; only its type is another.
        let tag = if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') { Tag::Int } else { Tag::Float };
        self.add_scalar(&text, tag, Style::Plain)
    }

    /// Adds bytes, tagged `!!binary`.
    pub fn add_binary(&mut self, bytes: &[u8]) -> NodeId {
        use base64::Engine as _;
        let id = self.add_scalar(&base64::engine::general_purpose::STANDARD.encode(bytes), Tag::Binary, Style::Plain);
        self.set_tag(id, "!!binary");
        id
    }
}

struct Serializer<'d> {
    doc: &'d mut Document,
    depth: usize,
}

impl<'d> Serializer<'d> {
    fn collection(self, kind: Kind, length: Option<usize>) -> Result<Collection<'d>, SerializeError> {
        if self.depth >= DEPTH {
            return Err(ser::Error::custom(format!("collections are nested more than {DEPTH} deep")));
        }
        let children = Vec::with_capacity(length.unwrap_or(0).min(1_024));
        Ok(Collection { doc: self.doc, depth: self.depth + 1, kind, children, variant: None })
    }

    fn variant(self, name: &'static str, kind: Kind, length: usize) -> Result<Collection<'d>, SerializeError> {
        let collection = self.collection(kind, Some(length))?;
        Ok(Collection { variant: Some(name), ..collection })
    }

    fn text(self, text: &str) -> NodeId {
        self.doc.add_scalar(text, Tag::Str, Style::of_go_string(text))
    }

    fn integer(self, value: impl ToString) -> NodeId {
        self.doc.add_scalar(&value.to_string(), Tag::Int, Style::Plain)
    }
}

impl<'d> ser::Serializer for Serializer<'d> {
    type Ok = NodeId;
    type Error = SerializeError;
    type SerializeSeq = Collection<'d>;
    type SerializeTuple = Collection<'d>;
    type SerializeTupleStruct = Collection<'d>;
    type SerializeTupleVariant = Collection<'d>;
    type SerializeMap = Collection<'d>;
    type SerializeStruct = Collection<'d>;
    type SerializeStructVariant = Collection<'d>;

    fn serialize_bool(self, value: bool) -> Result<NodeId, SerializeError> {
        Ok(self.doc.add_bool(value))
    }

    fn serialize_i8(self, value: i8) -> Result<NodeId, SerializeError> {
        Ok(self.integer(value))
    }

    fn serialize_i16(self, value: i16) -> Result<NodeId, SerializeError> {
        Ok(self.integer(value))
    }

    fn serialize_i32(self, value: i32) -> Result<NodeId, SerializeError> {
        Ok(self.integer(value))
    }

    fn serialize_i64(self, value: i64) -> Result<NodeId, SerializeError> {
        Ok(self.integer(value))
    }

    fn serialize_u8(self, value: u8) -> Result<NodeId, SerializeError> {
        Ok(self.integer(value))
    }

    fn serialize_u16(self, value: u16) -> Result<NodeId, SerializeError> {
        Ok(self.integer(value))
    }

    fn serialize_u32(self, value: u32) -> Result<NodeId, SerializeError> {
        Ok(self.integer(value))
    }

    fn serialize_u64(self, value: u64) -> Result<NodeId, SerializeError> {
        Ok(self.integer(value))
    }

    fn serialize_f32(self, value: f32) -> Result<NodeId, SerializeError> {
        Ok(self.doc.add_float(f64::from(value)))
    }

    fn serialize_f64(self, value: f64) -> Result<NodeId, SerializeError> {
        Ok(self.doc.add_float(value))
    }

    fn serialize_char(self, value: char) -> Result<NodeId, SerializeError> {
        Ok(self.text(value.encode_utf8(&mut [0; 4])))
    }

    fn serialize_str(self, value: &str) -> Result<NodeId, SerializeError> {
        Ok(self.text(value))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<NodeId, SerializeError> {
        Ok(self.doc.add_binary(value))
    }

    fn serialize_none(self) -> Result<NodeId, SerializeError> {
        Ok(self.doc.add_null())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<NodeId, SerializeError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<NodeId, SerializeError> {
        Ok(self.doc.add_null())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<NodeId, SerializeError> {
        Ok(self.doc.add_null())
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<NodeId, SerializeError> {
        Ok(self.text(variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<NodeId, SerializeError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<NodeId, SerializeError> {
        let mut map = self.collection(Kind::Mapping, Some(1))?;
        map.add(variant)?;
        map.add(value)?;
        Ok(map.finish())
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Collection<'d>, SerializeError> {
        self.collection(Kind::Sequence, length)
    }

    fn serialize_tuple(self, length: usize) -> Result<Collection<'d>, SerializeError> {
        self.collection(Kind::Sequence, Some(length))
    }

    fn serialize_tuple_struct(self, _name: &'static str, length: usize) -> Result<Collection<'d>, SerializeError> {
        self.collection(Kind::Sequence, Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Collection<'d>, SerializeError> {
        self.variant(variant, Kind::Sequence, length)
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Collection<'d>, SerializeError> {
        self.collection(Kind::Mapping, length.map(|length| length.saturating_mul(2)))
    }

    fn serialize_struct(self, _name: &'static str, length: usize) -> Result<Collection<'d>, SerializeError> {
        self.collection(Kind::Mapping, Some(2 * length))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Collection<'d>, SerializeError> {
        self.variant(variant, Kind::Mapping, 2 * length)
    }
}

/// A collection that is being filled.
struct Collection<'d> {
    doc: &'d mut Document,
    depth: usize,
    kind: Kind,
    children: Vec<NodeId>,
    variant: Option<&'static str>,
}

impl Collection<'_> {
    fn add<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SerializeError> {
        let id = value.serialize(Serializer { doc: self.doc, depth: self.depth })?;
        self.children.push(id);
        Ok(())
    }

    fn finish(self) -> NodeId {
        let id = match self.kind {
            Kind::Mapping => self.doc.add_mapping(),
            _ => self.doc.add_sequence(),
        };
        self.doc.set_children(id, &self.children);
        let Some(variant) = self.variant else { return id };
        let (map, key) = (self.doc.add_mapping(), self.doc.add_str(variant));
        self.doc.set_children(map, &[key, id]);
        map
    }
}

impl SerializeSeq for Collection<'_> {
    type Ok = NodeId;
    type Error = SerializeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SerializeError> {
        self.add(value)
    }

    fn end(self) -> Result<NodeId, SerializeError> {
        Ok(self.finish())
    }
}

impl ser::SerializeTuple for Collection<'_> {
    type Ok = NodeId;
    type Error = SerializeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SerializeError> {
        self.add(value)
    }

    fn end(self) -> Result<NodeId, SerializeError> {
        Ok(self.finish())
    }
}

impl ser::SerializeTupleStruct for Collection<'_> {
    type Ok = NodeId;
    type Error = SerializeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SerializeError> {
        self.add(value)
    }

    fn end(self) -> Result<NodeId, SerializeError> {
        Ok(self.finish())
    }
}

impl ser::SerializeTupleVariant for Collection<'_> {
    type Ok = NodeId;
    type Error = SerializeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SerializeError> {
        self.add(value)
    }

    fn end(self) -> Result<NodeId, SerializeError> {
        Ok(self.finish())
    }
}

impl SerializeMap for Collection<'_> {
    type Ok = NodeId;
    type Error = SerializeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), SerializeError> {
        self.add(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SerializeError> {
        self.add(value)
    }

    fn end(self) -> Result<NodeId, SerializeError> {
        Ok(self.finish())
    }
}

impl ser::SerializeStruct for Collection<'_> {
    type Ok = NodeId;
    type Error = SerializeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), SerializeError> {
        self.add(key)?;
        self.add(value)
    }

    fn end(self) -> Result<NodeId, SerializeError> {
        Ok(self.finish())
    }
}

impl ser::SerializeStructVariant for Collection<'_> {
    type Ok = NodeId;
    type Error = SerializeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), SerializeError> {
        self.add(key)?;
        self.add(value)
    }

    fn end(self) -> Result<NodeId, SerializeError> {
        Ok(self.finish())
    }
}
