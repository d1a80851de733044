//! Versions as Go tools read them, given as `semver::Version`.

use semver::{BuildMetadata, Prerelease, Version};

/// Why a text is not a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum VersionError {
    /// No text at all, strict.
    #[error("version string empty")]
    Empty,
    /// Not the shape of a version.
    #[error("invalid semantic version")]
    Shape,
    /// Something else than digits in major, minor or patch, strict.
    #[error("invalid characters in version")]
    Characters,
    /// A number with a leading zero: strict anywhere, loose only in a pre-release.
    #[error("version segment starts with 0")]
    LeadingZero,
    /// A pre-release that is not dot-separated letters, digits and dashes, strict.
    #[error("invalid prerelease string")]
    Prerelease,
    /// Build metadata that is not dot-separated letters, digits and dashes, strict.
    #[error("invalid metadata string")]
    Metadata,
    /// A number above 64 bits.
    #[error("version segment is out of range")]
    OutOfRange,
}

/// Reads a version loosely: `v1`, `1.2`, `01.2.3` and `1.25-alpine` are versions, missing numbers are zero.
///
/// Source: Masterminds semver `NewVersion`.
pub fn parse_loose(text: &str) -> Result<Version, VersionError> {
    let bytes = text.as_bytes();
    let mut at = usize::from(bytes.first() == Some(&b'v'));
    let mut numbers = [Some(0); 3];
    for (index, number) in numbers.iter_mut().enumerate() {
        if index > 0 {
            if bytes.get(at) != Some(&b'.') {
                break;
            }
            at += 1;
        }
        let digits = bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
        if digits == 0 {
            return Err(VersionError::Shape);
        }
        *number = decimal(&bytes[at..at + digits]);
        at += digits;
    }
    let (pre, build) = split_suffix(&text[at..]).ok_or(VersionError::Shape)?;
    // Go reads the whole shape before it looks at any number.
    let [Some(major), Some(minor), Some(patch)] = numbers else { return Err(VersionError::OutOfRange) };
    let pre = if pre.is_empty() { Prerelease::EMPTY } else { prerelease(pre)? };
    let build = if build.is_empty() { BuildMetadata::EMPTY } else { metadata(build)? };
    Ok(Version { major, minor, patch, pre, build })
}

/// Reads a version strictly as SemVer 2.0.0 writes it.
///
/// Source: Masterminds semver `StrictNewVersion`, and its errors.
pub fn parse_strict(text: &str) -> Result<Version, VersionError> {
    if text.is_empty() {
        return Err(VersionError::Empty);
    }
    let mut parts = text.splitn(3, '.');
    let (Some(major), Some(minor), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(VersionError::Shape);
    };
    let (rest, build) = match rest.split_once('+') {
        Some((rest, build)) => (rest, metadata(build)?),
        None => (rest, BuildMetadata::EMPTY),
    };
    let (patch, pre) = match rest.split_once('-') {
        Some((patch, pre)) => (patch, prerelease(pre)?),
        None => (rest, Prerelease::EMPTY),
    };
    for number in [major, minor, patch] {
        if !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(VersionError::Characters);
        }
        if number.len() > 1 && number.starts_with('0') {
            return Err(VersionError::LeadingZero);
        }
    }
    let number = |text: &str| text.parse::<u64>().map_err(|_| VersionError::OutOfRange);
    Ok(Version { major: number(major)?, minor: number(minor)?, patch: number(patch)?, pre, build })
}

/// Reads a pre-release without its dash.
pub fn prerelease(text: &str) -> Result<Prerelease, VersionError> {
    for part in text.split('.') {
        if !is_identifier(part.as_bytes()) {
            return Err(VersionError::Prerelease);
        }
        if part.len() > 1 && part.starts_with('0') && part.bytes().all(|b| b.is_ascii_digit()) {
            return Err(VersionError::LeadingZero);
        }
    }
    Prerelease::new(text).map_err(|_| VersionError::Prerelease)
}

/// Reads build metadata without its plus.
pub fn metadata(text: &str) -> Result<BuildMetadata, VersionError> {
    if !text.split('.').all(|part| is_identifier(part.as_bytes())) {
        return Err(VersionError::Metadata);
    }
    BuildMetadata::new(text).map_err(|_| VersionError::Metadata)
}

fn is_identifier(part: &[u8]) -> bool {
    !part.is_empty() && part.iter().all(|&b| b.is_ascii_alphanumeric() || b == b'-')
}

/// The number that digits are; `None` above 64 bits.
fn decimal(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |value, digit| value.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
}

/// Pre-release and metadata after the numbers, where `["-" ids] ["+" ids]` is all that follows.
pub(crate) fn split_suffix(text: &str) -> Option<(&str, &str)> {
    let ids = |text: &str| text.split('.').all(|part| is_identifier(part.as_bytes()));
    let (pre, build) = match text.split_once('+') {
        Some((pre, build)) if ids(build) => (pre, build),
        Some(_) => return None,
        None => (text, ""),
    };
    match pre.strip_prefix('-') {
        Some(pre) if ids(pre) => Some((pre, build)),
        None if pre.is_empty() => Some(("", build)),
        _ => None,
    }
}
