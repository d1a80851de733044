//! From sites and a lock to edits, and from edits to the new file.

use std::fmt;
use std::ops::Range;

use super::layout;
use super::marker::MarkerPart;
use super::quote::{place, quoted};
use super::{Content, ImagesEntry, ScalarStyle, Site, SiteKind};
use crate::lock::{Lock, LockEntry};
use crate::reference::{Reference, ReferenceError};

/// Bytes to replace in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What goes; empty where something is only put in.
    pub span: Range<usize>,
    /// What comes in its place.
    pub text: String,
}

/// Edits that do not fit the text they are applied to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// A span beyond the end, or inside a character.
    #[error("edit of bytes {0:?} does not fit the text")]
    OutOfBounds(Range<usize>),
    /// Two edits of the same bytes.
    #[error("edits overlap at byte {0}")]
    Overlap(usize),
}

/// The text with all edits made; every other byte stays.
pub fn apply(text: &str, edits: &[Edit]) -> Result<String, EditError> {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut out = String::with_capacity(text.len() + edits.iter().map(|edit| edit.text.len()).sum::<usize>());
    let mut at = 0;
    for edit in edits {
        if edit.span.start < at {
            return Err(EditError::Overlap(edit.span.start));
        }
        let kept = text.get(at..edit.span.start).filter(|_| text.get(edit.span.clone()).is_some());
        out.push_str(kept.ok_or_else(|| EditError::OutOfBounds(edit.span.clone()))?);
        out.push_str(&edit.text);
        at = edit.span.end;
    }
    out.push_str(&text[at..]);
    Ok(out)
}

/// What a pinned image keeps of its tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PinMode {
    /// `name:tag@digest`: people read the tag, machines take the digest.
    #[default]
    TagAndDigest,
    /// `name@digest`. An `images:` entry keeps the tag it has, since taking a line out is not an edit in place.
    DigestOnly,
}

/// Something about a site that a person must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where, in its document.
    pub path: String,
    /// Its bytes in the file.
    pub span: Range<usize>,
    /// Its text.
    pub text: String,
    /// What.
    pub kind: FindingKind,
}

/// What is to be known about a site.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FindingKind {
    /// It is no reference.
    NotReference {
        /// Whether it looks like a template.
        template: bool,
        /// Why it is none.
        reason: ReferenceError,
    },
    /// The lock has no entry for it.
    NotLocked,
    /// It has no digest, or not the whole of what the lock has.
    NotPinned {
        /// What the lock says.
        locked: Reference,
    },
    /// It has another digest than the lock.
    Mismatch {
        /// What the lock says.
        locked: Reference,
    },
    /// It is written in a way that cannot be rewritten in place.
    NotRewritable,
}

/// What pinning a file comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pinned {
    /// The edits that write the lock's digests.
    pub edits: Vec<Edit>,
    /// What could not be pinned, and why.
    pub findings: Vec<Finding>,
}

/// Writes what the lock says into every site: the lock is right, whatever stands there.
///
/// `text` is the file the sites were found in.
pub fn pin(text: &str, sites: &[Site], lock: &Lock, mode: PinMode) -> Pinned {
    let mut pinned = Pinned::default();
    for site in sites {
        let before = pinned.edits.len();
        if let Err(kind) = push_edits(text, site, lock, mode, &mut pinned.edits) {
            pinned.edits.truncate(before);
            pinned.findings.push(site.finding(kind));
        }
    }
    pinned
}

/// Holds sites against a lock: every one must already say, by digest, what the lock says. Empty means that it does.
///
/// Templates are not held against anything: what fills them in must be.
pub fn check(sites: &[Site], lock: &Lock) -> Vec<Finding> {
    sites.iter().filter_map(|site| difference(site, lock).map(|kind| site.finding(kind))).collect()
}

fn difference(site: &Site, lock: &Lock) -> Option<FindingKind> {
    let entry = match locked(site, lock) {
        Ok(entry) => entry,
        Err(FindingKind::NotReference { template: true, .. }) => return None,
        Err(kind) => return Some(kind),
    };
    let pinned = entry.pinned();
    let not_pinned = || FindingKind::NotPinned { locked: pinned.clone() };
    let same = match &site.content {
        Content::Part(MarkerPart::Tag) => pinned.tag() == Some(&site.text),
        Content::Part(MarkerPart::Digest) => entry.digest_text() == site.text,
        Content::Part(_) => true,
        // A marker's value that is no image cannot be the one that is locked.
        Content::NotReference { .. } => false,
        Content::Image(image) => match image.digest_text() {
            Some(digest) if digest != entry.digest_text() => {
                return Some(FindingKind::Mismatch { locked: pinned.clone() });
            }
            digest => digest.is_some() && (image.tag().is_none() || image.tag() == pinned.tag()),
        },
    };
    (!same).then(not_pinned)
}

/// The lock's entry for a site.
fn locked<'l>(site: &Site, lock: &'l Lock) -> Result<&'l LockEntry, FindingKind> {
    if let SiteKind::Marker(marker) = &site.kind
        && let Some(entry) = lock.find_policy(&marker.policy)
    {
        return Ok(entry);
    }
    match &site.content {
        Content::NotReference { template, reason } => {
            Err(FindingKind::NotReference { template: *template, reason: reason.clone() })
        }
        Content::Part(_) => Err(FindingKind::NotLocked),
        Content::Image(image) => lock.find(image).ok_or(FindingKind::NotLocked),
    }
}

type Edits = Result<(), FindingKind>;

fn push_edits(text: &str, site: &Site, lock: &Lock, mode: PinMode, edits: &mut Vec<Edit>) -> Edits {
    let entry = locked(site, lock)?;
    let value = match (&site.kind, &site.content) {
        (SiteKind::Entry(fields), _) => return push_entry_edits(text, fields, entry, mode, edits),
        (_, Content::Part(MarkerPart::Tag)) => entry.pinned().tag().unwrap_or_default().to_owned(),
        (_, Content::Part(MarkerPart::Digest)) => entry.digest_text().to_owned(),
        (_, Content::Part(_)) => entry.pinned().familiar_name().to_owned(),
        (_, Content::Image(image)) => with_version(name_as_written(&site.text, image, entry), entry, mode),
        (_, Content::NotReference { .. }) => with_version(entry.pinned().name(), entry, mode),
    };
    edits.extend(replace(text, &site.text, &site.span, site.style, &value)?);
    Ok(())
}

/// The name as people wrote it, if it means the lock's.
fn name_as_written<'n>(text: &'n str, image: &Reference, entry: &'n LockEntry) -> &'n str {
    // Written out in full, only what stands before the tag changes.
    let version = image.as_str().len() - image.name().len();
    let name = text.len().checked_sub(version).and_then(|end| text.get(..end));
    name.filter(|_| image.name() == entry.pinned().name()).unwrap_or(entry.pinned().name())
}

fn with_version(name: &str, entry: &LockEntry, mode: PinMode) -> String {
    let digest = entry.digest_text();
    match entry.pinned().tag().filter(|_| mode == PinMode::TagAndDigest) {
        Some(tag) => [name, ":", tag, "@", digest].concat(),
        None => [name, "@", digest].concat(),
    }
}

fn replace(
    file: &str,
    old: &str,
    span: &Range<usize>,
    style: ScalarStyle,
    new: &str,
) -> Result<Option<Edit>, FindingKind> {
    if old == new {
        return Ok(None);
    }
    let value = quoted(new, style).ok_or(FindingKind::NotRewritable)?;
    let (span, space) = place(file, span).ok_or(FindingKind::NotRewritable)?;
    Ok(Some(Edit { span, text: format!("{space}{value}") }))
}

/// Sets `newTag` and `digest` of an entry, adding the fields that are missing behind its last one.
fn push_entry_edits(
    text: &str,
    fields: &ImagesEntry,
    entry: &LockEntry,
    mode: PinMode,
    edits: &mut Vec<Edit>,
) -> Edits {
    let tag = entry.pinned().tag().filter(|_| mode == PinMode::TagAndDigest);
    let before = edits.len();
    let mut missing = Vec::new();
    for (key, field, value) in [("newTag", &fields.new_tag, tag), ("digest", &fields.digest, Some(entry.digest_text()))]
    {
        match (field, value) {
            (Some(field), Some(value)) => edits.extend(replace(text, &field.text, &field.span, field.style, value)?),
            (None, Some(value)) => {
                missing.push(format!("{key}: {}", quoted(value, ScalarStyle::Plain).unwrap_or_default()))
            }
            (_, None) => {}
        }
    }
    if !missing.is_empty() {
        let insert = insert_fields(text, fields, &missing).ok_or(FindingKind::NotRewritable)?;
        match edits[before..].iter_mut().find(|edit| edit.span.end == insert.span.start) {
            // An insertion at the end of a replaced span becomes part of that edit, so that the two keep their order.
            Some(edit) => edit.text.push_str(&insert.text),
            None => edits.push(insert),
        }
    }
    Ok(())
}

/// Puts fields behind the last of an entry: after a comma in a flow mapping, else on lines of their own under the same
/// key column.
fn insert_fields(text: &str, entry: &ImagesEntry, missing: &[String]) -> Option<Edit> {
    let present = || [&entry.name, &entry.new_name, &entry.new_tag, &entry.digest].into_iter().flatten();
    let last = present().max_by_key(|field| field.span.start)?;
    if last.style == ScalarStyle::Block {
        return None;
    }
    let end = last.span.end;
    if layout::skip_space(text.get(end..)?).starts_with([',', '}', ']']) {
        let first = present().map(|field| field.span.start).min()?;
        let fields = missing.iter().map(|field| format!(", {field}")).collect();
        return layout::begins_braces(text, first).then_some(Edit { span: end..end, text: fields });
    }
    let column = layout::block_column(text, last.span.start)?;
    let (at, newline) = layout::line_end(text, end);
    let fields = missing.iter().map(|field| format!("{newline}{}{field}", " ".repeat(column))).collect();
    Some(Edit { span: at..at, text: fields })
}

impl Site {
    fn finding(&self, kind: FindingKind) -> Finding {
        Finding { path: self.path.clone(), span: self.span.clone(), text: self.text.clone(), kind }
    }
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FindingKind::NotReference { template: true, .. } => {
                f.write_str("not a reference: looks like a template, pin what fills it in")
            }
            FindingKind::NotReference { reason, .. } => write!(f, "not a reference: {reason}"),
            FindingKind::NotLocked => f.write_str("not in the lock: lock it first"),
            FindingKind::NotPinned { locked } => write!(f, "not pinned: the lock says {locked}"),
            FindingKind::Mismatch { locked } => write!(f, "differs from the lock, which says {locked}"),
            FindingKind::NotRewritable => f.write_str("not written as 'key: value' on one line: write it so to pin it"),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: '{}' is {}", self.path, self.text, self.kind)
    }
}
