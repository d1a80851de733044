//! A value together with the place it was read from.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::source::Location;

/// How [`crate::Deserializer`] knows that a place is asked for.
pub(crate) const NAME: &str = "$longshore_yaml::Spanned";
pub(crate) const FIELDS: [&str; 4] = ["value", "file", "line", "column"];

/// A value and where it stands, for a field of a struct that derives `Deserialize`.
///
/// Read through another format, or from a node that a program made, it has no place. It is written as its value alone,
/// and compared by it.
///
/// ```
/// # fn main() -> Result<(), longshore_yaml::DeserializeError> {
/// use longshore_yaml::Spanned;
///
/// #[derive(serde::Deserialize)]
/// struct Config {
///     replicas: Spanned<u32>,
/// }
/// let config: Config = longshore_yaml::from_str("prod.yaml", "name: web\nreplicas: 3\n")?;
/// assert_eq!(config.replicas.value, 3);
/// assert_eq!(config.replicas.location.map(|at| at.to_string()).as_deref(), Some("prod.yaml:2:11"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it begins.
    pub location: Option<Location>,
}

impl<T> From<T> for Spanned<T> {
    fn from(value: T) -> Self {
        Spanned { value, location: None }
    }
}

impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Spanned<T> {}

impl<T: Serialize> Serialize for Spanned<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Spanned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(NAME, SpannedVisitor(PhantomData))
    }
}

struct SpannedVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for SpannedVisitor<T> {
    type Value = Spanned<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        T::deserialize(deserializer).map(Spanned::from)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut value, mut file, mut line, mut column) = (None, None, None, None);
        while let Some(field) = map.next_key::<String>()? {
            match FIELDS.iter().position(|name| *name == field) {
                Some(0) => value = Some(map.next_value()?),
                Some(1) => file = Some(map.next_value()?),
                Some(2) => line = Some(map.next_value()?),
                Some(3) => column = Some(map.next_value()?),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        let value = value.ok_or_else(|| A::Error::missing_field("value"))?;
        let location = match (file, line, column) {
            (Some(file), Some(line), Some(column)) => Some(Location { file, line, column }),
            _ => None,
        };
        Ok(Spanned { value, location })
    }
}
