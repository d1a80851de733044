//! Why a text is not a reference.

use std::fmt;

use crate::digest::{DigestError, DigestErrorKind, clipped};

/// What is wrong with a text that should be a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReferenceErrorKind {
    /// It does not follow the grammar.
    Format,
    /// No text at all.
    NameEmpty,
    /// A repository name with uppercase letters.
    NameContainsUppercase,
    /// A repository of more than 255 bytes.
    NameTooLong,
    /// 64 hexadecimal digits, which Docker reads as an image identifier.
    NameIsIdentifier,
    /// Not written out in full, as `docker.io/library/name`.
    NameNotCanonical,
    /// Its digest is not one.
    Digest(DigestErrorKind),
    /// Strict: no registry is written.
    RegistryMissing,
    /// Strict: a host that cannot be one, or a port above 65535.
    RegistryInvalid,
    /// Strict: neither tag nor digest.
    VersionMissing,
    /// More than 65535 bytes.
    TooLong,
}

/// A text that is not a [`Reference`](crate::Reference).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferenceError {
    kind: ReferenceErrorKind,
    text: Box<str>,
    at: usize,
    found: Option<char>,
    source: Option<DigestError>,
}

impl ReferenceError {
    pub(super) fn new(kind: ReferenceErrorKind, text: &str, at: usize) -> Self {
        let found = text.get(at..).and_then(|rest| rest.chars().next());
        ReferenceError { kind, text: clipped(text), at, found, source: None }
    }

    pub(super) fn digest(error: DigestError, text: &str, at: usize) -> Self {
        let kind = ReferenceErrorKind::Digest(error.kind());
        ReferenceError { source: Some(error), ..ReferenceError::new(kind, text, at) }
    }

    /// What branch a caller may take.
    pub fn kind(&self) -> ReferenceErrorKind {
        self.kind
    }

    /// The byte at which the text stops being a reference, as far as that can be said.
    pub fn offset(&self) -> usize {
        self.at
    }

    fn found(&self) -> String {
        match self.found {
            Some(found) => format!("found {found:?} at byte {}", self.at),
            None => "found the end".to_owned(),
        }
    }
}

impl fmt::Display for ReferenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = &self.text;
        match self.kind {
            ReferenceErrorKind::Format => {
                write!(f, "invalid reference '{text}': expected [registry/]repository[:tag][@digest], {}", self.found())
            }
            ReferenceErrorKind::NameEmpty => f.write_str("empty reference: expected a repository name"),
            ReferenceErrorKind::NameContainsUppercase => {
                write!(f, "invalid reference '{text}': a repository name must be lowercase")
            }
            ReferenceErrorKind::NameTooLong => {
                write!(f, "invalid reference '{text}': a repository name has at most 255 bytes")
            }
            ReferenceErrorKind::NameIsIdentifier => {
                write!(f, "invalid reference '{text}': 64 hexadecimal digits are an image identifier, not a name")
            }
            ReferenceErrorKind::NameNotCanonical => {
                write!(f, "reference '{text}' is not canonical: write it out with registry and repository")
            }
            ReferenceErrorKind::Digest(_) => write!(f, "invalid reference '{text}': its digest is not one"),
            ReferenceErrorKind::RegistryMissing => {
                write!(f, "reference '{text}' names no registry: write it as registry/repository")
            }
            ReferenceErrorKind::RegistryInvalid => {
                write!(f, "reference '{text}' names a registry that cannot exist: check its address and port")
            }
            ReferenceErrorKind::VersionMissing => {
                write!(f, "reference '{text}' has neither tag nor digest: add :tag or @digest")
            }
            ReferenceErrorKind::TooLong => write!(f, "reference of more than 65535 bytes: '{text}'"),
        }
    }
}

impl std::error::Error for ReferenceError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|error| error as _)
    }
}
