//! Image references: which image, at which registry, under which tag and digest.

mod error;
mod grammar;
mod tag;

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::digest::{self, Digest};
pub use error::{ReferenceError, ReferenceErrorKind};
pub use tag::{Tag, TagError};

const DOCKER_REGISTRY: &str = "docker.io";
const DOCKER_LEGACY_REGISTRY: &str = "index.docker.io";
const DOCKER_WIRE_HOST: &str = "registry-1.docker.io";
const OFFICIAL: &str = "library/";
pub(crate) const DEFAULT_TAG: &str = "latest";
const MAX_REPOSITORY: usize = 255;

/// A reference to an image: `[registry "/"] repository [":" tag] ["@" digest]`.
///
/// ```text
/// registry   = ( label *( "." label ) | "[" address "]" ) [ ":" port ]
/// repository = component *( "/" component )
/// component  = 1*[a-z0-9] *( ( "." | "_" | "__" | 1*"-" ) 1*[a-z0-9] )
/// tag        = [A-Za-z0-9_] *127[A-Za-z0-9_.-]
/// digest     = a Digest
/// ```
///
/// It keeps what was written: no tag is invented, a tag beside a digest stays, and the text displays again as it was
/// read. [`parse`](Reference::parse) takes the bare grammar, in which the first component may be a registry that no one
/// meant; [`parse_normalized`](Reference::parse_normalized) reads as Docker does and is what a manifest means. Two
/// references are equal if their texts are; ordering is by text.
///
/// Source: distribution/reference. It differs on purpose where Go's `ParseNormalizedNamed` lets a host such as `a_b.c`
/// become an empty domain: that is an error here.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    text: Box<str>,
    /// Length of the registry; 0 where none is written.
    registry: u16,
    /// End of the repository.
    name: u16,
    /// End of the tag; equals `name` where none is written.
    tag: u16,
}

/// Where the parts of a valid text end.
struct Parts {
    registry: usize,
    name: usize,
    tag: usize,
    /// Whether there is a digest, known to be one.
    digest_fits: bool,
}

impl Reference {
    /// Longest text in bytes.
    pub const MAX_LEN: usize = u16::MAX as usize;

    /// Reads the bare grammar: `library/redis` has the registry `library` here.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let parts = split(text)?;
        Ok(Reference::build(text.into(), &parts))
    }

    /// Reads as Docker does: `redis` is `docker.io/library/redis`, and only a first component that looks like a host
    /// (a dot, a colon, an uppercase letter, `localhost`) is a registry.
    ///
    /// ```
    /// use longshore_oci::Reference;
    ///
    /// let image = Reference::parse_normalized("redis:7")?;
    /// assert_eq!(image.to_string(), "docker.io/library/redis:7");
    /// assert_eq!(image.familiar(), "redis:7");
    /// # Ok::<(), longshore_oci::ReferenceError>(())
    /// ```
    pub fn parse_normalized(text: &str) -> Result<Self, ReferenceError> {
        if grammar::is_identifier(text.as_bytes()) {
            return Err(ReferenceError::new(ReferenceErrorKind::NameIsIdentifier, text, 0));
        }
        let (registry, official, rest) = split_docker_registry(text);
        let name = &rest[..rest.find(':').unwrap_or(rest.len())];
        if is_changed_by_lowercase(name) {
            return Err(ReferenceError::new(ReferenceErrorKind::NameContainsUppercase, text, text.len() - rest.len()));
        }
        let prefix = if official { OFFICIAL } else { "" };
        let mut full = String::with_capacity(registry.len() + 1 + prefix.len() + rest.len());
        full.extend([registry, "/", prefix, rest]);
        let parts = split(&full).map_err(|error| explain_normalized(text, &full, error))?;
        if parts.registry == 0 {
            return Err(ReferenceError::new(ReferenceErrorKind::Format, text, registry.len()));
        }
        Ok(Reference::build(full.into(), &parts))
    }

    /// Reads only what is already written out in full, as [`parse_normalized`](Reference::parse_normalized) would.
    pub fn parse_canonical(text: &str) -> Result<Self, ReferenceError> {
        let reference = Reference::parse_normalized(text)?;
        if *reference.text == *text {
            return Ok(reference);
        }
        Err(ReferenceError::new(ReferenceErrorKind::NameNotCanonical, text, 0))
    }

    /// Reads only what leaves nothing to be filled in: a registry that could exist, and a tag or a digest.
    ///
    /// It refuses addresses such as `[1::2::3]` and ports above 65535, which the grammar lets pass.
    pub fn parse_strict(text: &str) -> Result<Self, ReferenceError> {
        let reference = Reference::parse(text)?;
        let error = |kind, at| Err(ReferenceError::new(kind, text, at));
        match reference.registry() {
            None => error(ReferenceErrorKind::RegistryMissing, 0),
            Some(registry) if !looks_like_host(registry) => error(ReferenceErrorKind::RegistryMissing, 0),
            Some(registry) if !is_possible_host(registry) => error(ReferenceErrorKind::RegistryInvalid, 0),
            Some(_) if reference.is_name_only() => error(ReferenceErrorKind::VersionMissing, text.len()),
            Some(_) => Ok(reference),
        }
    }

    /// Reads as container runtimes do: normalised, `latest` where neither tag nor digest is written, and only the digest
    /// where both are.
    pub fn parse_docker(text: &str) -> Result<Self, ReferenceError> {
        let reference = Reference::parse_normalized(text)?;
        let both = reference.tag().is_some() && reference.digest().is_some();
        Ok(if both { reference.without_tag() } else { reference.with_default_tag() })
    }

    fn build(text: Box<str>, parts: &Parts) -> Self {
        let short = |end: usize| u16::try_from(end).expect("the length was checked");
        Reference { registry: short(parts.registry), name: short(parts.name), tag: short(parts.tag), text }
    }

    /// The registry's host and port, where one is written.
    pub fn registry(&self) -> Option<&str> {
        Some(&self.text[..usize::from(self.registry)]).filter(|registry| !registry.is_empty())
    }

    /// The repository below the registry.
    pub fn repository(&self) -> &str {
        let start = if self.registry == 0 { 0 } else { usize::from(self.registry) + 1 };
        &self.text[start..usize::from(self.name)]
    }

    /// Registry and repository.
    pub fn name(&self) -> &str {
        &self.text[..usize::from(self.name)]
    }

    /// The tag, where one is written.
    pub fn tag(&self) -> Option<&str> {
        let (name, tag) = (usize::from(self.name), usize::from(self.tag));
        if tag > name { Some(&self.text[name + 1..tag]) } else { None }
    }

    /// The digest, where one is written.
    pub fn digest(&self) -> Option<Digest> {
        self.digest_text().map(Digest::from_checked)
    }

    pub(crate) fn digest_text(&self) -> Option<&str> {
        self.text.get(usize::from(self.tag) + 1..)
    }

    /// The text up to its digest.
    pub(crate) fn tagged_text(&self) -> &str {
        &self.text[..usize::from(self.tag)]
    }

    /// Whether neither tag nor digest is written.
    pub fn is_name_only(&self) -> bool {
        usize::from(self.name) == self.text.len()
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The short form people write for Docker Hub: without `docker.io` and `library`.
    ///
    /// It reads as this reference again. Where it would not, as `docker.io/quay.io/app` that would become `quay.io/app`,
    /// the long form stays; Go shortens there too, to a name of another registry.
    pub fn familiar(&self) -> Cow<'_, str> {
        let name = self.familiar_name();
        if name.len() == usize::from(self.name) {
            return Cow::Borrowed(&self.text);
        }
        Cow::Owned(format!("{name}{}", &self.text[usize::from(self.name)..]))
    }

    /// The short form of the name alone.
    pub fn familiar_name(&self) -> &str {
        if self.registry() != Some(DOCKER_REGISTRY) {
            return self.name();
        }
        let repository = self.repository();
        let short = repository.strip_prefix(OFFICIAL).filter(|rest| !rest.contains('/')).unwrap_or(repository);
        let misread = match short.split_once('/') {
            Some((first, _)) => looks_like_host(first),
            None => short.len() == repository.len() || grammar::is_identifier(short.as_bytes()),
        };
        if misread { self.name() } else { short }
    }

    /// Whether a shell pattern fits the short form, with tag and digest or without. `*` stops at `/`.
    pub fn familiar_matches(&self, pattern: &str) -> Result<bool, crate::BadPattern> {
        Ok(crate::glob::matches(pattern, &self.familiar())? || crate::glob::matches(pattern, self.familiar_name())?)
    }

    /// The host to talk to: Docker Hub answers elsewhere than at its name.
    pub fn wire_host(&self) -> &str {
        match self.registry().unwrap_or(DOCKER_REGISTRY) {
            DOCKER_REGISTRY | DOCKER_LEGACY_REGISTRY => DOCKER_WIRE_HOST,
            registry => registry,
        }
    }

    /// The same name under another tag; a digest stays.
    pub fn with_tag(&self, tag: &Tag) -> Self {
        self.versioned(Some(tag.as_str()), self.digest_text())
    }

    /// The same name and tag under another digest.
    pub fn with_digest(&self, digest: &Digest) -> Self {
        self.versioned(self.tag(), Some(digest.as_str()))
    }

    /// `latest` where neither tag nor digest is written; else the same.
    pub fn with_default_tag(&self) -> Self {
        if self.is_name_only() { self.versioned(Some(DEFAULT_TAG), None) } else { self.clone() }
    }

    /// The same without its tag.
    pub fn without_tag(&self) -> Self {
        self.versioned(None, self.digest_text())
    }

    /// The same without its digest.
    pub fn without_digest(&self) -> Self {
        self.versioned(self.tag(), None)
    }

    /// Registry and repository alone.
    pub fn without_version(&self) -> Self {
        self.versioned(None, None)
    }

    /// The name under a tag and a digest; where that would be too long, nothing changes.
    fn versioned(&self, tag: Option<&str>, digest: Option<&str>) -> Self {
        let len = |part: Option<&str>| part.map_or(0, |part| part.len() + 1);
        let mut text = String::with_capacity(usize::from(self.name) + len(tag) + len(digest));
        text.push_str(self.name());
        if let Some(tag) = tag {
            text.extend([":", tag]);
        }
        let end = text.len();
        if let Some(digest) = digest {
            text.extend(["@", digest]);
        }
        match (u16::try_from(end), text.len() <= Reference::MAX_LEN) {
            (Ok(tag), true) => Reference { text: text.into(), tag, ..*self },
            _ => self.clone(),
        }
    }
}

/// What people type where an image is meant: a reference, or only a digest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AnyReference {
    /// A digest, also written as 64 hexadecimal digits.
    Digest(Digest),
    /// A normalised reference.
    Named(Reference),
}

impl FromStr for AnyReference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if grammar::is_identifier(text.as_bytes()) {
            return Ok(AnyReference::Digest(Digest::from_checked(&format!("sha256:{text}"))));
        }
        match Digest::parse(text) {
            Ok(digest) => Ok(AnyReference::Digest(digest)),
            Err(_) => Reference::parse_normalized(text).map(AnyReference::Named),
        }
    }
}

impl fmt::Display for AnyReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AnyReference::Digest(digest) => digest.fmt(f),
            AnyReference::Named(reference) => reference.fmt(f),
        }
    }
}

/// Splits a text into its parts, or says with Go's words what is wrong.
fn split(text: &str) -> Result<Parts, ReferenceError> {
    let error = |kind, at| Err(ReferenceError::new(kind, text, at));
    if text.is_empty() {
        return error(ReferenceErrorKind::NameEmpty, 0);
    }
    if text.len() > Reference::MAX_LEN {
        return error(ReferenceErrorKind::TooLong, 0);
    }
    let parts = match fit(text.as_bytes()) {
        Ok(parts) => parts,
        Err(_) if fits_in_lowercase(text) => return error(ReferenceErrorKind::NameContainsUppercase, 0),
        Err(at) => return error(ReferenceErrorKind::Format, at),
    };
    let repository = if parts.registry == 0 { parts.name } else { parts.name - parts.registry - 1 };
    if repository > MAX_REPOSITORY {
        return error(ReferenceErrorKind::NameTooLong, parts.name - repository + MAX_REPOSITORY);
    }
    if let Some(digest) = text.get(parts.tag + 1..).filter(|_| !parts.digest_fits) {
        digest::check(digest).map_err(|source| ReferenceError::digest(source, text, parts.tag + 1))?;
    }
    Ok(parts)
}

/// The grammar alone: ends of the parts, or the offset at which nothing fits.
fn fit(bytes: &[u8]) -> Result<Parts, usize> {
    let tag = bytes.iter().position(|&b| b == b'@').unwrap_or(bytes.len());
    let slash = bytes[..tag].iter().rposition(|&b| b == b'/').map_or(0, |at| at + 1);
    let colon = bytes[slash..tag].iter().position(|&b| b == b':').map(|at| slash + at);
    let name = colon.unwrap_or(tag);
    let registry = fit_name(&bytes[..name])?;
    if let Some(colon) = colon {
        grammar::tag(&bytes[colon + 1..tag]).map_err(|at| colon + 1 + at)?;
    }
    let digest = bytes.get(tag + 1..).unwrap_or_default();
    let digest_fits = digest::is_digest(digest);
    if tag < bytes.len() && !digest_fits {
        grammar::digest(digest).map_err(|at| tag + 1 + at)?;
    }
    Ok(Parts { registry, name, tag, digest_fits })
}

/// Length of the registry in a name; 0 if the whole name is a repository.
fn fit_name(name: &[u8]) -> Result<usize, usize> {
    let as_host = match name.iter().position(|&b| b == b'/') {
        None => Err(0),
        Some(slash) => grammar::domain(&name[..slash])
            .and_then(|()| grammar::path(&name[slash + 1..]).map_err(|at| slash + 1 + at))
            .map(|()| slash),
    };
    as_host.or_else(|far| grammar::path(name).map(|()| 0).map_err(|at| at.max(far)))
}

/// Whether the text would fit if it were lowercase, letter by letter as Go lowers them.
fn fits_in_lowercase(text: &str) -> bool {
    is_changed_by_lowercase(text) && fit(text.chars().map(lower).collect::<String>().as_bytes()).is_ok()
}

fn is_changed_by_lowercase(text: &str) -> bool {
    // All bytes, without an early end: most texts have none of these, and the compiler looks at many at once.
    let unusual = text.bytes().fold(false, |found, b| found | b.is_ascii_uppercase() | !b.is_ascii());
    unusual && text.chars().any(|c| lower(c) != c)
}

/// Unicode's simple lowercase: where Rust expands to two letters, the first is meant.
fn lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

/// Registry, whether `library/` must be put before the rest, and the rest.
fn split_docker_registry(text: &str) -> (&str, bool, &str) {
    let Some((first, rest)) = text.split_once('/') else {
        return (DOCKER_REGISTRY, true, text);
    };
    let (registry, rest) = match first {
        DOCKER_LEGACY_REGISTRY => (DOCKER_REGISTRY, rest),
        first if looks_like_host(first) => (first, rest),
        _ => (DOCKER_REGISTRY, text),
    };
    (registry, registry == DOCKER_REGISTRY && !rest.contains('/'), rest)
}

/// Docker's guess whether the first component is a registry.
fn looks_like_host(first: &str) -> bool {
    first == "localhost" || first.contains(['.', ':']) || is_changed_by_lowercase(first)
}

/// Puts an error about the completed text at the same place of the text as it was written.
fn explain_normalized(text: &str, full: &str, error: ReferenceError) -> ReferenceError {
    match error.kind() {
        ReferenceErrorKind::Digest(_) => error,
        kind => ReferenceError::new(kind, text, (error.offset() + text.len()).saturating_sub(full.len())),
    }
}

/// Whether a host that fits the grammar can exist: an address that is one, a port that fits sixteen bits.
fn is_possible_host(registry: &str) -> bool {
    let (host, port) = split_port(registry);
    let port_fits = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    let host_fits = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => host.len() <= 253 && host.split('.').all(|label| label.len() <= 63),
    };
    port_fits && host_fits
}

fn split_port(registry: &str) -> (&str, Option<&str>) {
    match registry.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (registry, None),
    }
}

/// Whether a registry is spoken to without TLS unless someone says otherwise: this machine, and private addresses.
///
/// Source: go-containerregistry `pkg/name`.
pub fn is_plain_http(registry: &str) -> bool {
    let (host, _) = split_port(registry);
    let private = host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_private() || address == Ipv4Addr::LOCALHOST);
    private || host == "localhost" || host.ends_with(".localhost") || host == "[::1]"
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Reference::parse(text)
    }
}

/// As its text does, which says where its parts end.
impl Hash for Reference {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl Borrow<str> for Reference {
    fn borrow(&self) -> &str {
        &self.text
    }
}

impl AsRef<str> for Reference {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reference({})", self.text)
    }
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Reference::parse(&text).map_err(serde::de::Error::custom)
    }
}
