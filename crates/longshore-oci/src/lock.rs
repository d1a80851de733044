//! The lock: which image each reference stood for when it was resolved, and why.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::platform::Platform;
use crate::policy::PolicySpec;
use crate::reference::{DEFAULT_TAG, Reference};

/// The version of the format that is written.
const VERSION: u32 = 1;

/// One platform of a locked index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LockedPlatform {
    /// Which platform.
    pub platform: Platform,
    /// Its manifest.
    pub digest: Digest,
}

/// One image: what manifests ask for, and what it was resolved to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LockEntry {
    reference: Reference,
    pinned: Reference,
    /// Media type of what the digest names.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub media_type: String,
    /// The platforms of an index, each with its manifest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub platforms: Vec<LockedPlatform>,
    /// The policy that chose the tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicySpec>,
    /// Why this tag: lines of the selection's explanation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trace: Vec<String>,
    /// `namespace:name` of the Flux `ImagePolicy` whose markers this answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_policy: Option<String>,
}

impl LockEntry {
    /// An image that is asked for as `reference` and is `pinned`, a tag of the same name with its digest.
    ///
    /// A reference without tag and digest stands for its whole repository: the policy's choice replaces every tag of it.
    pub fn new(reference: &Reference, pinned: &Reference) -> Result<Self, LockError> {
        let entry = LockEntry {
            reference: reference.clone(),
            pinned: pinned.clone(),
            media_type: String::new(),
            platforms: Vec::new(),
            policy: None,
            trace: Vec::new(),
            image_policy: None,
        };
        entry.check().map(|()| entry)
    }

    /// The same with its policy and the lines that say why its tag was chosen.
    pub fn chosen_by(self, policy: PolicySpec, trace: Vec<String>) -> Self {
        LockEntry { policy: Some(policy), trace, ..self }
    }

    /// What manifests ask for.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }

    /// What it is: name, tag and digest.
    pub fn pinned(&self) -> &Reference {
        &self.pinned
    }

    /// The digest it is pinned to.
    pub fn digest(&self) -> Digest {
        self.pinned.digest().expect("a pinned reference has a digest")
    }

    pub(crate) fn digest_text(&self) -> &str {
        self.pinned.digest_text().expect("a pinned reference has a digest")
    }

    fn check(&self) -> Result<(), LockError> {
        let error = |problem| Err(LockError::Entry { reference: self.reference.clone(), problem });
        let canonical = |reference: &Reference| Reference::parse_canonical(reference.as_str()).is_ok();
        if !canonical(&self.reference) || !canonical(&self.pinned) {
            return error("is not written out in full");
        }
        if self.pinned.digest().is_none() {
            return error("is not pinned to a digest");
        }
        if self.reference.digest().is_some() {
            return error("has a digest where only a tag belongs");
        }
        if self.reference.name() != self.pinned.name() {
            return error("is pinned to an image of another name");
        }
        Ok(())
    }
}

/// All locked images, by reference.
///
/// Its JSON is sorted and has one field a line, so that a change of one image is a change of its lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    entries: BTreeMap<Reference, LockEntry>,
}

#[derive(Serialize, Deserialize)]
struct Document {
    version: u32,
    images: Vec<LockEntry>,
}

/// A lock that cannot be read, or an entry that cannot be one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// Not the JSON of a lock; the error has line and column.
    #[error("not a lock: {0}")]
    Json(#[from] serde_json::Error),
    /// A version this code does not know.
    #[error("lock version {0} is not known: expected {VERSION}")]
    Version(u32),
    /// The same reference twice.
    #[error("{0} stands in the lock twice")]
    Duplicate(Reference),
    /// An entry that contradicts itself.
    #[error("lock entry {reference} {problem}")]
    Entry {
        /// Which entry.
        reference: Reference,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl Lock {
    /// A lock without images.
    pub fn new() -> Self {
        Lock::default()
    }

    /// Reads a lock, and checks that its entries agree with themselves.
    pub fn from_json(text: &str) -> Result<Self, LockError> {
        let document: Document = serde_json::from_str(text)?;
        if document.version != VERSION {
            return Err(LockError::Version(document.version));
        }
        let mut lock = Lock::new();
        for entry in document.images {
            entry.check()?;
            let reference = entry.reference.clone();
            if lock.insert(entry).is_some() {
                return Err(LockError::Duplicate(reference));
            }
        }
        Ok(lock)
    }

    /// The lock as JSON, ending in a line break: the same lock gives the same bytes.
    pub fn to_json(&self) -> String {
        let document = Document { version: VERSION, images: self.entries.values().cloned().collect() };
        let mut text = serde_json::to_string_pretty(&document).expect("a lock is JSON");
        text.push('\n');
        text
    }

    /// Puts an entry in, and gives the one it replaces.
    pub fn insert(&mut self, mut entry: LockEntry) -> Option<LockEntry> {
        entry.platforms.sort();
        self.entries.insert(entry.reference.clone(), entry)
    }

    /// All entries, by reference.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &LockEntry> {
        self.entries.values()
    }

    /// The entry for a normalised reference: its tag (`latest` if it has none), or its repository under a policy.
    ///
    /// A digest without tag says not which tag it was: the entry of that digest is meant, or else the only one of its name.
    pub fn find(&self, reference: &Reference) -> Option<&LockEntry> {
        let repository = || self.entries.get(reference.name());
        match (reference.tag(), reference.digest_text()) {
            (Some(_), _) => self.entries.get(reference.tagged_text()).or_else(repository),
            (None, None) => {
                self.entries.get(format!("{}:{DEFAULT_TAG}", reference.name()).as_str()).or_else(repository)
            }
            (None, Some(digest)) => {
                let mut all = self.tags_of(reference.name()).chain(repository());
                let same = all.find(|entry| entry.digest_text() == digest);
                same.or_else(repository).or_else(|| self.only_tag_of(reference.name()))
            }
        }
    }

    fn only_tag_of(&self, name: &str) -> Option<&LockEntry> {
        let mut tags = self.tags_of(name);
        tags.next().filter(|_| tags.next().is_none())
    }

    /// All entries of a name that ask for a tag.
    fn tags_of(&self, name: &str) -> impl Iterator<Item = &LockEntry> {
        // The byte behind the colon ends the range of all texts that go on with one.
        let bounds = [":", ";"].map(|end| format!("{name}{end}"));
        self.entries
            .range::<str, _>((Bound::Included(&*bounds[0]), Bound::Excluded(&*bounds[1])))
            .map(|(_, entry)| entry)
    }

    /// The entry that answers markers of the policy `namespace:name`.
    pub fn find_policy(&self, policy: &str) -> Option<&LockEntry> {
        self.entries.values().find(|entry| entry.image_policy.as_deref() == Some(policy))
    }

    /// Holds every entry against what its tag points to now. A locked run must not go on if anything comes back.
    pub fn verify(&self, mut resolve: impl FnMut(&Reference) -> Option<Digest>) -> Vec<LockMismatch> {
        let mismatch = |entry: &LockEntry| {
            let found = resolve(&entry.pinned.without_digest());
            (found.as_ref().map(Digest::as_str) != Some(entry.digest_text()))
                .then(|| LockMismatch { pinned: entry.pinned.clone(), found })
        };
        self.entries.values().filter_map(mismatch).collect()
    }

    /// What changed since `before`, by reference.
    pub fn changes<'l>(&'l self, before: &'l Lock) -> Vec<LockChange<'l>> {
        let gone = before.entries.values().filter(|old| !self.entries.contains_key(&old.reference));
        let mut changes: Vec<LockChange<'l>> = gone.map(LockChange::Removed).collect();
        changes.extend(self.entries.values().filter_map(|new| match before.entries.get(&new.reference) {
            None => Some(LockChange::Added(new)),
            Some(old) if old != new => Some(LockChange::Changed { before: old, after: new }),
            Some(_) => None,
        }));
        changes.sort_by(|a, b| a.reference().cmp(b.reference()));
        changes
    }
}

/// A tag that no longer points to what the lock says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockMismatch {
    /// What the lock says.
    pub pinned: Reference,
    /// What was found; `None` for nothing.
    pub found: Option<Digest>,
}

impl fmt::Display for LockMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.found {
            Some(found) => write!(f, "{} is locked, and its tag points to {found} now", self.pinned),
            None => write!(f, "{} is locked, and nothing is there", self.pinned),
        }
    }
}

/// A difference between two locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockChange<'l> {
    /// Only in the later.
    Added(&'l LockEntry),
    /// Only in the earlier.
    Removed(&'l LockEntry),
    /// In both, and not the same.
    Changed {
        /// In the earlier.
        before: &'l LockEntry,
        /// In the later.
        after: &'l LockEntry,
    },
}

impl LockChange<'_> {
    /// The reference it is about.
    pub fn reference(&self) -> &Reference {
        match self {
            LockChange::Added(entry) | LockChange::Removed(entry) | LockChange::Changed { after: entry, .. } => {
                &entry.reference
            }
        }
    }
}

impl fmt::Display for LockChange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LockChange::Added(entry) => write!(f, "+ {}", entry.pinned),
            LockChange::Removed(entry) => write!(f, "- {}", entry.pinned),
            LockChange::Changed { before, after } if before.pinned == after.pinned => {
                write!(f, "~ {} for another reason", after.pinned)
            }
            LockChange::Changed { before, after } => write!(f, "~ {} -> {}", before.pinned, after.pinned),
        }
    }
}
