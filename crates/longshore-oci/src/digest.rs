//! Content digests: which bytes a thing is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::hasher::Hasher;

/// A hash function that a [`Digest`] may name: those the image specification registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// SHA-256, which everything in practice uses.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Algorithm {
    /// Its name in a digest.
    pub fn as_str(self) -> &'static str {
        match self {
            Algorithm::Sha256 => "sha256",
            Algorithm::Sha384 => "sha384",
            Algorithm::Sha512 => "sha512",
        }
    }

    /// How many hexadecimal digits its value has.
    pub fn encoded_len(self) -> usize {
        match self {
            Algorithm::Sha256 => 64,
            Algorithm::Sha384 => 96,
            Algorithm::Sha512 => 128,
        }
    }

    fn from_name(name: &[u8]) -> Option<Self> {
        match name {
            b"sha256" => Some(Algorithm::Sha256),
            b"sha384" => Some(Algorithm::Sha384),
            b"sha512" => Some(Algorithm::Sha512),
            _ => None,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The digest of some bytes: `algorithm ":" encoded`, for example `sha256:` and 64 lowercase hexadecimal digits.
///
/// A value of this type names a registered algorithm and has that algorithm's length: it can be computed and compared.
/// Texts that only follow the grammar (`blake3:…`, `sha256+b64u:…`) are legal in documents, see [`is_well_formed`], but
/// nothing here could verify them.
///
/// Source: image-spec `descriptor.md`, section Digests; errors as go-digest gives them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest {
    text: Box<str>,
}

impl Digest {
    /// Reads `algorithm:encoded`.
    pub fn parse(text: &str) -> Result<Self, DigestError> {
        check(text)?;
        Ok(Digest { text: text.into() })
    }

    /// The SHA-256 digest of these bytes.
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        Digest::compute(Algorithm::Sha256, bytes)
    }

    /// The digest of these bytes under `algorithm`.
    pub fn compute(algorithm: Algorithm, bytes: impl AsRef<[u8]>) -> Self {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(bytes.as_ref());
        hasher.finish()
    }

    /// The hash function.
    pub fn algorithm(&self) -> Algorithm {
        let name = self.text.split(':').next().unwrap_or_default();
        Algorithm::from_name(name.as_bytes()).expect("a digest names a registered algorithm")
    }

    /// The lowercase hexadecimal digits after the colon.
    pub fn encoded(&self) -> &str {
        self.text.split_once(':').map_or("", |(_, encoded)| encoded)
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// A digest from its parts, which the caller knows to fit.
    pub(crate) fn from_hash(algorithm: Algorithm, hash: &[u8]) -> Self {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut text = String::with_capacity(algorithm.as_str().len() + 1 + 2 * hash.len());
        text.push_str(algorithm.as_str());
        text.push(':');
        for byte in hash {
            text.push(HEX[usize::from(byte >> 4)] as char);
            text.push(HEX[usize::from(byte & 15)] as char);
        }
        Digest { text: text.into() }
    }

    /// A digest from text that [`check`] has passed before.
    pub(crate) fn from_checked(text: &str) -> Self {
        debug_assert!(check(text).is_ok());
        Digest { text: text.into() }
    }
}

/// Whether `text` follows the grammar of the image specification, whatever its algorithm.
///
/// ```text
/// digest    = algorithm ":" encoded
/// algorithm = component *( [+._-] component )    component = [a-z0-9]+
/// encoded   = [a-zA-Z0-9=_-]+
/// ```
///
/// A registered algorithm must have its own length and alphabet as well.
pub fn is_well_formed(text: &str) -> bool {
    match text.split_once(':') {
        Some((name, _)) if Algorithm::from_name(name.as_bytes()).is_some() => check(text).is_ok(),
        Some((name, encoded)) => is_algorithm(name.as_bytes()) && is_encoded(encoded.as_bytes()),
        None => false,
    }
}

fn is_algorithm(name: &[u8]) -> bool {
    let component = |part: &[u8]| !part.is_empty() && part.iter().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9'));
    name.split(|b| matches!(b, b'+' | b'.' | b'_' | b'-')).all(component)
}

fn is_encoded(encoded: &[u8]) -> bool {
    !encoded.is_empty() && encoded.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'=' | b'_' | b'-'))
}

/// What go-digest's `Validate` checks, in its order: shape, algorithm, length, alphabet.
pub(crate) fn check(text: &str) -> Result<(), DigestError> {
    let kind = |kind| DigestError { kind, text: clipped(text) };
    let bytes = text.as_bytes();
    let Some(colon) = bytes.iter().position(|&b| b == b':').filter(|&at| at > 0 && at + 1 < bytes.len()) else {
        return Err(kind(DigestErrorKind::Format));
    };
    let (name, encoded) = (&bytes[..colon], &bytes[colon + 1..]);
    let Some(algorithm) = Algorithm::from_name(name) else {
        let well_formed = is_algorithm(name) && is_encoded(encoded);
        return Err(kind(if well_formed { DigestErrorKind::Unsupported } else { DigestErrorKind::Format }));
    };
    if encoded.len() != algorithm.encoded_len() {
        return Err(kind(DigestErrorKind::Length));
    }
    if is_hexadecimal(encoded) { Ok(()) } else { Err(kind(DigestErrorKind::Format)) }
}

/// Whether [`check`] would pass these bytes.
pub(crate) fn is_digest(bytes: &[u8]) -> bool {
    const ALGORITHMS: [Algorithm; 3] = [Algorithm::Sha256, Algorithm::Sha384, Algorithm::Sha512];
    ALGORITHMS.iter().any(|algorithm| {
        let encoded = bytes.strip_prefix(algorithm.as_str().as_bytes()).and_then(|rest| rest.strip_prefix(b":"));
        encoded.is_some_and(|encoded| encoded.len() == algorithm.encoded_len() && is_hexadecimal(encoded))
    })
}

/// All bytes are looked at, many at once: digests are mostly what they should be.
fn is_hexadecimal(bytes: &[u8]) -> bool {
    bytes.iter().fold(true, |hex, b| hex & matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// As much of a refused text as an error should repeat.
pub(crate) fn clipped(text: &str) -> Box<str> {
    const SHOWN: usize = 160;
    match text.char_indices().nth(SHOWN) {
        None => text.into(),
        Some((end, _)) => format!("{}…", &text[..end]).into(),
    }
}

/// What is wrong with a text that should be a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DigestErrorKind {
    /// Not `algorithm:encoded`, or digits outside `0-9a-f`.
    Format,
    /// Well-formed, under an algorithm that is not registered.
    Unsupported,
    /// Too few or too many digits for its algorithm.
    Length,
}

/// A text that is not a [`Digest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestError {
    kind: DigestErrorKind,
    text: Box<str>,
}

impl DigestError {
    /// What branch a caller may take.
    pub fn kind(&self) -> DigestErrorKind {
        self.kind
    }
}

impl fmt::Display for DigestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            DigestErrorKind::Format => {
                write!(f, "invalid digest '{}': expected algorithm:encoded in lowercase hexadecimal digits", self.text)
            }
            DigestErrorKind::Unsupported => {
                write!(f, "unsupported digest algorithm in '{}': expected sha256, sha384 or sha512", self.text)
            }
            DigestErrorKind::Length => {
                write!(f, "invalid digest length in '{}': sha256 has 64, sha384 96, sha512 128 digits", self.text)
            }
        }
    }
}

impl std::error::Error for DigestError {}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Digest::parse(text)
    }
}

impl TryFrom<&oci_spec::image::Digest> for Digest {
    type Error = DigestError;

    fn try_from(digest: &oci_spec::image::Digest) -> Result<Self, Self::Error> {
        Digest::parse(digest.as_ref())
    }
}

impl From<&Digest> for oci_spec::image::Digest {
    fn from(digest: &Digest) -> Self {
        digest.as_str().parse().expect("a checked digest follows the specification")
    }
}

impl AsRef<str> for Digest {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({})", self.text)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Digest::parse(&text).map_err(serde::de::Error::custom)
    }
}
