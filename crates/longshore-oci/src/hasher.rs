//! Streaming hashes, and the check of a stream against what its descriptor promised.

use std::fmt;

use sha2::Digest as _;

use crate::digest::{Algorithm, Digest};

/// A digest in the making.
#[derive(Clone)]
pub struct Hasher {
    state: State,
}

#[derive(Clone)]
enum State {
    Sha256(sha2::Sha256),
    Sha384(sha2::Sha384),
    Sha512(sha2::Sha512),
}

impl Hasher {
    /// Begins with no bytes.
    pub fn new(algorithm: Algorithm) -> Self {
        let state = match algorithm {
            Algorithm::Sha256 => State::Sha256(sha2::Sha256::new()),
            Algorithm::Sha384 => State::Sha384(sha2::Sha384::new()),
            Algorithm::Sha512 => State::Sha512(sha2::Sha512::new()),
        };
        Hasher { state }
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.state {
            State::Sha256(state) => state.update(bytes),
            State::Sha384(state) => state.update(bytes),
            State::Sha512(state) => state.update(bytes),
        }
    }

    /// The digest of all bytes so far.
    pub fn finish(self) -> Digest {
        match self.state {
            State::Sha256(state) => Digest::from_hash(Algorithm::Sha256, &state.finalize()),
            State::Sha384(state) => Digest::from_hash(Algorithm::Sha384, &state.finalize()),
            State::Sha512(state) => Digest::from_hash(Algorithm::Sha512, &state.finalize()),
        }
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher { .. }")
    }
}

/// Checks a stream against a digest and, where it is known, a size, while the bytes pass by.
///
/// It fails as soon as more bytes came than were promised, so that a hostile sender cannot make the receiver store them.
///
/// ```
/// use longshore_oci::{Digest, Verifier};
///
/// let mut verifier = Verifier::new(&Digest::of(b"hello"), Some(5));
/// verifier.update(b"hel")?;
/// verifier.update(b"lo")?;
/// verifier.finish()?;
/// # Ok::<(), longshore_oci::VerifyError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Verifier {
    hasher: Hasher,
    digest: Digest,
    size: Option<u64>,
    seen: u64,
}

impl Verifier {
    /// Expects the bytes of `digest`, and exactly `size` of them where a size is given.
    pub fn new(digest: &Digest, size: Option<u64>) -> Self {
        Verifier { hasher: Hasher::new(digest.algorithm()), digest: digest.clone(), size, seen: 0 }
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) -> Result<(), VerifyError> {
        self.seen = self.seen.saturating_add(bytes.len() as u64);
        match self.size {
            Some(size) if self.seen > size => Err(VerifyError::TooLong { digest: self.digest.clone(), size }),
            _ => {
                self.hasher.update(bytes);
                Ok(())
            }
        }
    }

    /// Ends the stream.
    pub fn finish(self) -> Result<(), VerifyError> {
        let Verifier { hasher, digest, size, seen } = self;
        if let Some(size) = size.filter(|&size| size != seen) {
            return Err(VerifyError::TooShort { digest, size, seen });
        }
        let found = hasher.finish();
        if found == digest { Ok(()) } else { Err(VerifyError::Mismatch { digest, found }) }
    }
}

/// Bytes that are not what was promised.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// More bytes came than the descriptor says.
    #[error("content of {digest} is longer than its {size} bytes")]
    TooLong {
        /// What was expected.
        digest: Digest,
        /// How many bytes were promised.
        size: u64,
    },
    /// The stream ended early.
    #[error("content of {digest} ended after {seen} of its {size} bytes")]
    TooShort {
        /// What was expected.
        digest: Digest,
        /// How many bytes were promised.
        size: u64,
        /// How many came.
        seen: u64,
    },
    /// Other bytes.
    #[error("content does not match its digest: expected {digest}, the bytes are {found}")]
    Mismatch {
        /// What was expected.
        digest: Digest,
        /// What the bytes are.
        found: Digest,
    },
}
