//! Trees into Rust values through serde; every error names the place of the node that does not fit.

use std::fmt;
use std::sync::Arc;

use serde::de::value::{StrDeserializer, U32Deserializer};
use serde::de::{
    self, Deserialize, DeserializeOwned, DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use crate::emit::text::decode_base64;
use crate::node::{Items, Kind, Node, Scalar, Tag};
use crate::read::{Aliases, ReadError, ReadOptions, read};
use crate::source::{Location, SourceFile};
use crate::spanned;

/// Nesting of what is deserialized; deeper trees are an error.
const DEPTH: usize = 500;

/// A tree that is not what the Rust type expects.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", location.as_ref().map(|at| format!("{at}: ")).unwrap_or_default())]
pub struct DeserializeError {
    location: Option<Location>,
    message: String,
}

impl DeserializeError {
    fn new(node: Node<'_>, message: impl Into<String>) -> Self {
        DeserializeError { location: node.location(), message: message.into() }
    }

    /// Where the node that does not fit came from.
    pub fn location(&self) -> Option<&Location> {
        self.location.as_ref()
    }

    /// What the problem is, without the place.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Names the place of `node` where no place nearer to the problem is known.
    fn at(mut self, node: Node<'_>) -> Self {
        self.location = self.location.or_else(|| node.location());
        self
    }
}

impl de::Error for DeserializeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        DeserializeError { location: None, message: message.to_string() }
    }
}

impl From<ReadError> for DeserializeError {
    fn from(error: ReadError) -> Self {
        let fix = error.fix.map_or(String::new(), |fix| format!(" ({fix})"));
        DeserializeError { message: error.message + &fix, location: Some(error.location) }
    }
}

/// Reads one document as resources are read and deserializes it; a text without a document counts as `null`.
///
/// `name` is what errors call the text, usually its path.
///
/// # Errors
/// Text that cannot be read, more than one document, or a value that does not fit `T`; each with its place.
pub fn from_str<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, DeserializeError> {
    from_file(&SourceFile::new(name, text), &ReadOptions::default())
}

/// Reads one document in the way that the options say and deserializes it, merge keys and aliases resolved.
///
/// # Errors
/// As [`from_str`].
pub fn from_file<T: DeserializeOwned>(file: &Arc<SourceFile>, options: &ReadOptions) -> Result<T, DeserializeError> {
    let docs = read(file, &ReadOptions { aliases: Aliases::Expand, ..options.clone() })?;
    match docs.as_slice() {
        [] => from_node(crate::Document::new().root()),
        [doc] => from_node(doc.root()),
        [_, second, ..] => Err(DeserializeError::new(second.root(), "expected one document, found a second")),
    }
}

/// Deserializes a tree; strings may borrow from its document.
///
/// # Errors
/// A value that does not fit `T`, with its place; a merge key that names no mapping.
pub fn from_node<'a, T: Deserialize<'a>>(node: Node<'a>) -> Result<T, DeserializeError> {
    T::deserialize(Deserializer::new(node))
}

/// Deserializes from a [`Node`]: what [`from_node`] uses, for code that is generic over deserializers.
///
/// Types are strict, as they are in Go's JSON: an integer is no string. Keys are an exception: where a string is wanted,
/// every scalar key gives its text. An enum's variant is a string, or a mapping with the variant as its only key.
/// Aliases and merge keys are followed. Collections may be nested 500 deep.
#[derive(Clone, Copy, Debug)]
pub struct Deserializer<'a> {
    node: Node<'a>,
    depth: usize,
}

impl<'a> Deserializer<'a> {
    /// Begins at a node.
    pub fn new(node: Node<'a>) -> Self {
        Deserializer { node, depth: 0 }
    }

    fn deeper(self) -> Result<usize, DeserializeError> {
        if self.depth >= DEPTH {
            return Err(DeserializeError::new(self.node, format!("collections are nested more than {DEPTH} deep")));
        }
        Ok(self.depth + 1)
    }

    fn visit<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        let node = self.node.resolved();
        match node.kind() {
            Kind::Mapping => self.visit_mapping(node, visitor),
            Kind::Sequence => {
                let mut items = ItemAccess { items: node.items(), depth: self.deeper()? };
                let value = visitor.visit_seq(&mut items)?;
                match items.items.len() {
                    0 => Ok(value),
                    left => Err(de::Error::invalid_length(node.len(), &&*format!("{} items", node.len() - left))),
                }
            }
            _ => match node.scalar().unwrap_or(Scalar::Null) {
                Scalar::Null => visitor.visit_unit(),
                Scalar::Bool(value) => visitor.visit_bool(value),
                Scalar::Int(value) => visitor.visit_i64(value),
                Scalar::Uint(value) => visitor.visit_u64(value),
                Scalar::Float(value) => visitor.visit_f64(value),
                Scalar::Str(text) => visitor.visit_borrowed_str(text),
            },
        }
    }

    fn visit_mapping<V: Visitor<'a>>(self, node: Node<'a>, visitor: V) -> Result<V::Value, DeserializeError> {
        let wrong = |value| DeserializeError::new(value, "map merge requires map or sequence of maps as the value");
        let entries = node.merged_entries().map_err(wrong)?;
        let mut access = EntryAccess { entries: entries.into_iter(), value: None, depth: self.deeper()? };
        visitor.visit_map(&mut access)
    }
}

impl<'de> de::Deserializer<'de> for Deserializer<'de> {
    type Error = DeserializeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        self.visit(visitor).map_err(|error| error.at(self.node))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        match self.node.is_null() {
            true => visitor.visit_none(),
            false => visitor.visit_some(self),
        }
        .map_err(|error: DeserializeError| error.at(self.node))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DeserializeError> {
        match self.node.location() {
            Some(location) if name == spanned::NAME => visitor.visit_map(PlaceAccess { from: self, location, next: 0 }),
            _ => visitor.visit_newtype_struct(self),
        }
        .map_err(|error: DeserializeError| error.at(self.node))
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        let node = self.node.resolved();
        if node.tag() != Tag::Binary {
            return self.deserialize_any(visitor);
        }
        let bytes = decode_base64(node.text());
        let bytes = bytes.ok_or_else(|| DeserializeError::new(node, "!!binary value contains invalid base64 data"))?;
        visitor.visit_byte_buf(bytes).map_err(|error: DeserializeError| error.at(node))
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeserializeError> {
        let node = self.node.resolved();
        let entry = node.entries().next().filter(|_| node.len() == 1);
        let access = match (node.as_str(), entry) {
            (Some(_), _) => Variant { name: node, value: None, depth: self.depth },
            (None, Some((name, value))) => Variant { name, value: Some(value), depth: self.deeper()? },
            _ => return Err(DeserializeError::new(node, "expected a string, or a mapping with one key")),
        };
        visitor.visit_enum(access).map_err(|error: DeserializeError| error.at(self.node))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeserializeError> {
        // A derived struct would take a list as its fields in order.
        if self.node.is_sequence() {
            let error: DeserializeError = de::Error::invalid_type(Unexpected::Seq, &visitor);
            return Err(error.at(self.node));
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string
        unit unit_struct seq tuple tuple_struct map identifier
    }
}

impl<'a> IntoDeserializer<'a, DeserializeError> for Node<'a> {
    type Deserializer = Deserializer<'a>;

    fn into_deserializer(self) -> Deserializer<'a> {
        Deserializer::new(self)
    }
}

struct ItemAccess<'a> {
    items: Items<'a>,
    depth: usize,
}

impl<'a> SeqAccess<'a> for &mut ItemAccess<'a> {
    type Error = DeserializeError;

    fn next_element_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Result<Option<T::Value>, DeserializeError> {
        let Some(node) = self.items.next() else { return Ok(None) };
        let item = seed.deserialize(Deserializer { node, depth: self.depth });
        item.map(Some).map_err(|error| error.at(node))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct EntryAccess<'a> {
    entries: std::vec::IntoIter<(Node<'a>, Node<'a>)>,
    value: Option<(Node<'a>, Node<'a>)>,
    depth: usize,
}

impl<'a> MapAccess<'a> for &mut EntryAccess<'a> {
    type Error = DeserializeError;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, DeserializeError> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        self.value = Some((key, value));
        let name = seed.deserialize(Key(Deserializer { node: key, depth: self.depth }));
        name.map(Some).map_err(|error| error.at(key))
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, DeserializeError> {
        let (key, node) = self.value.take().expect("serde asks for a value after its key");
        // A null that is not written out stands behind its key.
        let place = if node.file().is_some() { node } else { key };
        seed.deserialize(Deserializer { node, depth: self.depth }).map_err(|error| error.at(place))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

/// A key: whatever its type, it is a string where one is wanted.
struct Key<'a>(Deserializer<'a>);

impl<'a> Key<'a> {
    fn text<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        let node = self.0.node.resolved();
        match node.kind() {
            Kind::Scalar => visitor.visit_borrowed_str(node.text()),
            _ => de::Deserializer::deserialize_any(self.0, visitor),
        }
    }
}

impl<'de> de::Deserializer<'de> for Key<'de> {
    type Error = DeserializeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        self.0.deserialize_any(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        self.text(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        self.text(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        self.text(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        self.0.deserialize_option(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DeserializeError> {
        match name {
            spanned::NAME => self.0.deserialize_newtype_struct(name, visitor),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeserializeError> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct ignored_any
    }
}

/// Hands a value and its place to [`crate::Spanned`].
struct PlaceAccess<'a> {
    from: Deserializer<'a>,
    location: Location,
    next: usize,
}

impl<'a> MapAccess<'a> for PlaceAccess<'a> {
    type Error = DeserializeError;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, DeserializeError> {
        let Some(name) = spanned::FIELDS.get(self.next) else { return Ok(None) };
        self.next += 1;
        seed.deserialize(StrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, DeserializeError> {
        match self.next {
            1 => seed.deserialize(self.from),
            2 => seed.deserialize(StrDeserializer::new(&self.location.file)),
            3 => seed.deserialize(U32Deserializer::new(self.location.line)),
            _ => seed.deserialize(U32Deserializer::new(self.location.column)),
        }
    }
}

struct Variant<'a> {
    name: Node<'a>,
    value: Option<Node<'a>>,
    depth: usize,
}

impl<'a> Variant<'a> {
    fn value(&self) -> Result<Deserializer<'a>, DeserializeError> {
        let node = self
            .value
            .ok_or_else(|| DeserializeError::new(self.name, format!("variant {} needs a value", self.name.text())))?;
        Ok(Deserializer { node, depth: self.depth })
    }
}

impl<'a> EnumAccess<'a> for Variant<'a> {
    type Error = DeserializeError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'a>>(self, seed: V) -> Result<(V::Value, Self), DeserializeError> {
        let name = seed.deserialize(Key(Deserializer { node: self.name, depth: self.depth }));
        Ok((name.map_err(|error| error.at(self.name))?, self))
    }
}

impl<'a> VariantAccess<'a> for Variant<'a> {
    type Error = DeserializeError;

    fn unit_variant(self) -> Result<(), DeserializeError> {
        match self.value {
            Some(value) if !value.is_null() => Err(DeserializeError::new(value, "this variant takes no value")),
            _ => Ok(()),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'a>>(self, seed: T) -> Result<T::Value, DeserializeError> {
        seed.deserialize(self.value()?)
    }

    fn tuple_variant<V: Visitor<'a>>(self, _length: usize, visitor: V) -> Result<V::Value, DeserializeError> {
        de::Deserializer::deserialize_any(self.value()?, visitor)
    }

    fn struct_variant<V: Visitor<'a>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeserializeError> {
        de::Deserializer::deserialize_any(self.value()?, visitor)
    }
}
