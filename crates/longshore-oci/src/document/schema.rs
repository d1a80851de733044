//! What the image specification's schemas ask of each document.

use serde_json::{Map, Value};

use super::{DocumentError, json};
use crate::time::is_rfc3339;
use crate::{digest, media_type};

/// A document of the image specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DocumentKind {
    /// A pointer to content.
    Descriptor,
    /// An image manifest.
    Manifest,
    /// An image index.
    Index,
    /// An image configuration.
    Config,
    /// The `oci-layout` file.
    Layout,
}

/// Checks bytes against the schema of a kind: the first field that does not fit is the error.
///
/// Unknown fields are allowed, as the specification asks. Source: image-spec `schema/*.json`.
pub fn check(kind: DocumentKind, bytes: &[u8]) -> Result<(), DocumentError> {
    check_value(kind, &json::read(bytes)?)
}

pub(super) fn check_value(kind: DocumentKind, value: &Value) -> Result<(), DocumentError> {
    let root = At { value, pointer: None };
    match kind {
        DocumentKind::Descriptor => descriptor(&root),
        DocumentKind::Manifest => {
            manifest(&root)?;
            root.field("layers")
                .list()?
                .next()
                .map(drop)
                .ok_or_else(|| root.field("layers").error("at least one layer"))
        }
        DocumentKind::Index => index(&root),
        DocumentKind::Config => config(&root),
        DocumentKind::Layout => root.field("imageLayoutVersion").is(|v| v == "1.0.0", "\"1.0.0\""),
    }
}

/// As the schema has it, but for the layers: an image may have none, and registries take it.
pub(super) fn check_readable_manifest(value: &Value) -> Result<(), DocumentError> {
    manifest(&At { value, pointer: None })
}

/// A value and where it is.
struct At<'v> {
    value: &'v Value,
    pointer: Option<(&'v At<'v>, Name<'v>)>,
}

#[derive(Clone, Copy)]
enum Name<'v> {
    Field(&'v str),
    Item(usize),
}

type Check = Result<(), DocumentError>;

impl<'v> At<'v> {
    /// A field, null where it is missing.
    fn field(&'v self, name: &'v str) -> At<'v> {
        At { value: self.value.get(name).unwrap_or(&Value::Null), pointer: Some((self, Name::Field(name))) }
    }

    /// The field, if it is there and not null.
    fn optional(&'v self, name: &'v str) -> Option<At<'v>> {
        Some(self.field(name)).filter(|field| !field.value.is_null())
    }

    fn error(&self, expected: &'static str) -> DocumentError {
        DocumentError::Field { pointer: self.pointer(), expected }
    }

    fn pointer(&self) -> String {
        match &self.pointer {
            None => String::new(),
            Some((parent, Name::Field(name))) => {
                format!("{}/{}", parent.pointer(), name.replace('~', "~0").replace('/', "~1"))
            }
            Some((parent, Name::Item(index))) => format!("{}/{index}", parent.pointer()),
        }
    }

    fn is(&self, holds: impl Fn(&Value) -> bool, expected: &'static str) -> Check {
        if holds(self.value) { Ok(()) } else { Err(self.error(expected)) }
    }

    fn text(&self, holds: impl Fn(&str) -> bool, expected: &'static str) -> Check {
        self.is(|value| value.as_str().is_some_and(&holds), expected)
    }

    fn object(&self) -> Result<&'v Map<String, Value>, DocumentError> {
        self.value.as_object().ok_or_else(|| self.error("an object"))
    }

    fn list(&'v self) -> Result<impl Iterator<Item = At<'v>>, DocumentError> {
        let items = self.value.as_array().ok_or_else(|| self.error("a list"))?.iter().enumerate();
        Ok(items.map(|(index, value)| At { value, pointer: Some((self, Name::Item(index))) }))
    }

    fn texts(&'v self) -> Check {
        self.list()?.try_for_each(|item| item.is(Value::is_string, "a text"))
    }

    /// Each of these fields, if it is there, is of a type.
    fn optional_texts(&'v self, names: &[&'v str]) -> Check {
        names.iter().filter_map(|name| self.optional(name)).try_for_each(|field| field.is(Value::is_string, "a text"))
    }
}

fn descriptor(at: &At<'_>) -> Check {
    at.object()?;
    at.field("mediaType").text(media_type::is_well_formed, "a media type")?;
    at.field("size").is(|value| value.as_u64().is_some_and(|size| size <= i64::MAX as u64), "a size in bytes")?;
    at.field("digest").text(digest::is_well_formed, "a digest")?;
    if let Some(urls) = at.optional("urls") {
        urls.list()?.try_for_each(|url| url.text(is_uri, "an absolute URI"))?;
    }
    if let Some(data) = at.optional("data") {
        data.text(is_base64, "text in base64")?;
    }
    artifact_type(at)?;
    annotations(at)
}

fn artifact_type(at: &At<'_>) -> Check {
    at.optional("artifactType").map_or(Ok(()), |kind| kind.text(media_type::is_well_formed, "a media type"))
}

fn annotations(at: &At<'_>) -> Check {
    let Some(field) = at.optional("annotations") else { return Ok(()) };
    let values = field.object()?.values();
    if values.into_iter().all(Value::is_string) { Ok(()) } else { Err(field.error("texts by name")) }
}

/// What manifests and indexes share.
fn versioned(at: &At<'_>) -> Check {
    at.object()?;
    at.field("schemaVersion").is(|value| value.as_u64() == Some(2), "2")?;
    if let Some(named) = at.optional("mediaType") {
        named.text(media_type::is_well_formed, "a media type")?;
    }
    artifact_type(at)?;
    at.optional("subject").map_or(Ok(()), |subject| descriptor(&subject))?;
    annotations(at)
}

fn manifest(at: &At<'_>) -> Check {
    versioned(at)?;
    descriptor(&at.field("config"))?;
    at.field("layers").list()?.try_for_each(|layer| descriptor(&layer))
}

fn index(at: &At<'_>) -> Check {
    versioned(at)?;
    at.field("manifests").list()?.try_for_each(|entry| {
        descriptor(&entry)?;
        entry.optional("platform").map_or(Ok(()), |platform| self::platform(&platform))
    })
}

fn platform(at: &At<'_>) -> Check {
    at.object()?;
    at.field("architecture").is(Value::is_string, "a text")?;
    at.field("os").is(Value::is_string, "a text")?;
    at.optional_texts(&["variant", "os.version"])?;
    let lists = ["os.features", "features"];
    lists.iter().filter_map(|name| at.optional(name)).try_for_each(|list| list.texts())
}

fn config(at: &At<'_>) -> Check {
    at.object()?;
    at.field("architecture").is(Value::is_string, "a text")?;
    at.field("os").is(Value::is_string, "a text")?;
    at.optional_texts(&["author", "variant", "os.version"])?;
    at.optional("os.features").map_or(Ok(()), |list| list.texts())?;
    date(at, "created")?;
    let rootfs = at.field("rootfs");
    rootfs.field("type").is(|value| value == "layers", "\"layers\"")?;
    rootfs.field("diff_ids").texts()?;
    at.optional("config").map_or(Ok(()), |config| execution(&config))?;
    let Some(history) = at.optional("history") else { return Ok(()) };
    history.list()?.try_for_each(|step| {
        step.object()?;
        date(&step, "created")?;
        step.optional_texts(&["author", "created_by", "comment"])?;
        step.optional("empty_layer").map_or(Ok(()), |empty| empty.is(Value::is_boolean, "true or false"))
    })
}

/// The part of a configuration that a runtime executes.
fn execution(at: &At<'_>) -> Check {
    at.object()?;
    at.optional_texts(&["User", "WorkingDir", "StopSignal"])?;
    for name in ["ExposedPorts", "Volumes"] {
        let Some(field) = at.optional(name) else { continue };
        let all_empty = field.object()?.values().all(Value::is_object);
        field.is(|_| all_empty, "empty objects by name")?;
    }
    at.optional("Env").map_or(Ok(()), |list| {
        list.list()?.try_for_each(|item| item.text(|text| text.find('=').is_some_and(|at| at > 0), "NAME=value"))
    })?;
    for name in ["Entrypoint", "Cmd"] {
        at.optional(name).map_or(Ok(()), |list| list.texts())?;
    }
    let Some(labels) = at.optional("Labels") else { return Ok(()) };
    let all_texts = labels.object()?.values().all(Value::is_string);
    labels.is(|_| all_texts, "texts by name")
}

fn date(at: &At<'_>, name: &str) -> Check {
    at.optional(name).map_or(Ok(()), |date| date.text(is_rfc3339, "a time such as 2006-01-02T15:04:05Z"))
}

/// A scheme, a colon, and no bytes that may not stand in a URI.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+.-".contains(&b))
        && rest.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b))
}

/// Whole groups of four, padded, in the standard alphabet.
fn is_base64(text: &str) -> bool {
    let body = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(text);
    text.len().is_multiple_of(4) && body.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'))
}
