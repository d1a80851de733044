//! What changed between two images, platform by platform.

use std::collections::BTreeMap;
use std::fmt;

use oci_spec::image::{Descriptor, ImageManifest};

use crate::document::{Content, Document};
use crate::platform::Platform;

/// What became of one platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformChange {
    /// Which; `None` for entries and images that name none.
    pub platform: Option<Platform>,
    /// Before; `None` if it was not there.
    pub before: Option<Descriptor>,
    /// After; `None` if it is gone.
    pub after: Option<Descriptor>,
    /// What changed inside, where both manifests were at hand.
    pub inside: Vec<Change>,
}

/// A change inside a manifest or beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Another configuration.
    Config {
        /// Before.
        before: Box<Descriptor>,
        /// After.
        after: Box<Descriptor>,
    },
    /// A layer that is new, at its place counted from 0.
    LayerAdded(usize, Box<Descriptor>),
    /// A layer that is gone, from its place counted from 0.
    LayerRemoved(usize, Box<Descriptor>),
    /// An annotation that changed; `None` where there is none.
    Annotation {
        /// Its name.
        name: String,
        /// Before.
        before: Option<String>,
        /// After.
        after: Option<String>,
    },
}

/// All that changed from one image to another. It is empty exactly if the two have the same digests throughout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageChanges {
    /// Changes of the index itself, or of the manifest where there is no index.
    pub changes: Vec<Change>,
    /// Platforms that came, went or changed, in their order.
    pub platforms: Vec<PlatformChange>,
}

impl ImageChanges {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.platforms.is_empty()
    }
}

/// Compares two images. Manifests that `fetch` can give are compared inside; without them, digests tell.
///
/// An index is compared by platform, whatever the order of its entries; several entries of one platform are paired in
/// order. A manifest beside an index counts as an index of that one manifest.
pub fn compare(
    before: &Document,
    after: &Document,
    mut fetch: impl FnMut(&Descriptor) -> Option<Document>,
) -> ImageChanges {
    if let (Content::Manifest(old), Content::Manifest(new)) = (before.content(), after.content()) {
        return ImageChanges { changes: compare_manifests(old, new), platforms: Vec::new() };
    }
    let mut changes = ImageChanges { changes: compare_annotations(before, after), platforms: Vec::new() };
    let (mut old, mut new) = (entries(before), entries(after));
    let mut keys: Vec<_> = old.keys().chain(new.keys()).cloned().collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        let (old, new) = (old.remove(&key).unwrap_or_default(), new.remove(&key).unwrap_or_default());
        for index in 0..old.len().max(new.len()) {
            let (before, after) = (old.get(index).cloned(), new.get(index).cloned());
            let same = matches!((&before, &after), (Some(b), Some(a)) if b.digest() == a.digest());
            if same {
                continue;
            }
            let inside = match (&before, &after) {
                (Some(before), Some(after)) => compare_inside(before, after, &mut fetch),
                _ => Vec::new(),
            };
            changes.platforms.push(PlatformChange { platform: key.clone(), before, after, inside });
        }
    }
    changes
}

/// The manifests of an image by platform.
fn entries(document: &Document) -> BTreeMap<Option<Platform>, Vec<Descriptor>> {
    let mut entries: BTreeMap<_, Vec<Descriptor>> = BTreeMap::new();
    let descriptors = match document.content() {
        Content::Manifest(_) => vec![document.descriptor()],
        Content::Index(index) => index.manifests().clone(),
    };
    for descriptor in descriptors {
        entries.entry(descriptor.platform().as_ref().map(Platform::from)).or_default().push(descriptor);
    }
    entries
}

fn compare_inside(
    before: &Descriptor,
    after: &Descriptor,
    fetch: &mut impl FnMut(&Descriptor) -> Option<Document>,
) -> Vec<Change> {
    let (Some(before), Some(after)) = (fetch(before), fetch(after)) else {
        return Vec::new();
    };
    match (before.manifest(), after.manifest()) {
        (Some(before), Some(after)) => compare_manifests(before, after),
        _ => Vec::new(),
    }
}

fn compare_manifests(before: &ImageManifest, after: &ImageManifest) -> Vec<Change> {
    let mut changes = Vec::new();
    if before.config().digest() != after.config().digest() {
        changes.push(Change::Config {
            before: Box::new(before.config().clone()),
            after: Box::new(after.config().clone()),
        });
    }
    compare_layers(before.layers(), after.layers(), &mut changes);
    annotation_changes(before.annotations().as_ref(), after.annotations().as_ref(), &mut changes);
    changes
}

/// Layers build on those before them: what follows the common start is gone, and new.
fn compare_layers(before: &[Descriptor], after: &[Descriptor], changes: &mut Vec<Change>) {
    let common = before.iter().zip(after).take_while(|(b, a)| b.digest() == a.digest()).count();
    let removed = before.iter().enumerate().skip(common);
    changes.extend(removed.map(|(index, layer)| Change::LayerRemoved(index, Box::new(layer.clone()))));
    let added = after.iter().enumerate().skip(common);
    changes.extend(added.map(|(index, layer)| Change::LayerAdded(index, Box::new(layer.clone()))));
}

type Annotations = std::collections::HashMap<String, String>;

fn compare_annotations(before: &Document, after: &Document) -> Vec<Change> {
    let annotations = |document: &Document| match document.content() {
        Content::Manifest(manifest) => manifest.annotations().clone(),
        Content::Index(index) => index.annotations().clone(),
    };
    let mut changes = Vec::new();
    annotation_changes(annotations(before).as_ref(), annotations(after).as_ref(), &mut changes);
    changes
}

fn annotation_changes(before: Option<&Annotations>, after: Option<&Annotations>, changes: &mut Vec<Change>) {
    let names = before.into_iter().chain(after).flat_map(|all| all.keys());
    let mut names: Vec<&String> = names.collect();
    names.sort();
    names.dedup();
    for name in names {
        let (old, new) = (before.and_then(|all| all.get(name)), after.and_then(|all| all.get(name)));
        if old != new {
            changes.push(Change::Annotation { name: name.clone(), before: old.cloned(), after: new.cloned() });
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |text: &Option<String>| text.as_ref().map_or("nothing".to_owned(), |text| format!("'{text}'"));
        match self {
            Change::Config { before, after } => write!(f, "~ config {} -> {}", before.digest(), after.digest()),
            Change::LayerAdded(at, layer) => write!(f, "+ layer {at} {} ({} bytes)", layer.digest(), layer.size()),
            Change::LayerRemoved(at, layer) => write!(f, "- layer {at} {} ({} bytes)", layer.digest(), layer.size()),
            Change::Annotation { name, before, after } => {
                write!(f, "~ annotation {name}: {} -> {}", shown(before), shown(after))
            }
        }
    }
}

impl fmt::Display for PlatformChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let platform = self.platform.as_ref().map_or("no platform".to_owned(), ToString::to_string);
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => write!(f, "~ {platform} {} -> {}", before.digest(), after.digest()),
            (None, Some(after)) => write!(f, "+ {platform} {}", after.digest()),
            (Some(before), None) => write!(f, "- {platform} {}", before.digest()),
            (None, None) => f.write_str(&platform),
        }
    }
}
