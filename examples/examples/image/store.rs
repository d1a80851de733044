//! A folder of layouts in place of registries: `STORE/REGISTRY/REPOSITORY` holds the tags of one repository.

use std::error::Error;
use std::path::PathBuf;

use longshore::oci::layout::Layout;
use longshore::oci::pin::{Site, SiteKind};
use longshore::oci::{Digest, Document, LockEntry, LockedPlatform, Platform, Reference, Tag, TagPolicy, TagRecord};

pub(crate) struct Store {
    root: PathBuf,
}

/// What a reference points to.
pub(crate) struct Found {
    pub(crate) digest: Digest,
    pub(crate) media_type: String,
    pub(crate) platforms: Vec<LockedPlatform>,
}

impl Store {
    pub(crate) fn new(root: &str) -> Self {
        Store { root: root.into() }
    }

    /// The layout of a reference's repository.
    pub(crate) fn layout(&self, reference: &Reference) -> Result<Layout, Box<dyn Error>> {
        Ok(Layout::open(self.root.join(reference.name()))?)
    }

    /// The tags of a repository, each with the time its image says it was built.
    pub(crate) fn tags(&self, repository: &Reference) -> Result<Vec<TagRecord>, Box<dyn Error>> {
        let layout = self.layout(repository)?;
        let named = layout.images()?.into_iter().filter_map(|image| Some((image.name?, image.descriptor)));
        let record = |(name, descriptor): (String, _)| {
            let config = layout.document(&descriptor).ok().and_then(|document| config(&layout, &document));
            TagRecord::from_config(name, &config.unwrap_or_default())
        };
        Ok(named.map(record).collect())
    }

    pub(crate) fn resolve(&self, reference: &Reference) -> Result<Found, Box<dyn Error>> {
        let layout = self.layout(reference)?;
        let descriptor = layout.resolve(reference.tag())?;
        let document = layout.document(&descriptor)?;
        Ok(Found {
            digest: document.digest().clone(),
            media_type: document.media_type(),
            platforms: platforms(&document)?,
        })
    }

    /// Resolves an image for the lock: the tag a policy chooses, or the tag as it is written.
    pub(crate) fn lock(
        &self,
        image: &Reference,
        policy: Option<&TagPolicy>,
        site: &Site,
    ) -> Result<LockEntry, Box<dyn Error>> {
        let Some(policy) = policy else {
            let reference = image.with_default_tag();
            return self.entry(&reference, &reference);
        };
        let tags = self.tags(image)?;
        let selection = policy.select(&tags);
        let at = selection.winner().map_err(|reason| format!("{}: {reason}", image.name()))?;
        let tag: Tag = tags[at].name.parse()?;
        let trace = super::explain(policy, &selection, &tags);
        let repository = image.without_version();
        let mut entry = self.entry(&repository, &repository.with_tag(&tag))?.chosen_by(policy.spec().clone(), trace);
        if let SiteKind::Marker(marker) = &site.kind {
            entry.image_policy = Some(marker.policy.clone());
        }
        Ok(entry)
    }

    fn entry(&self, reference: &Reference, tagged: &Reference) -> Result<LockEntry, Box<dyn Error>> {
        let found = self.resolve(tagged)?;
        let mut entry = LockEntry::new(reference, &tagged.with_digest(&found.digest))?;
        entry.media_type = found.media_type;
        entry.platforms = found.platforms;
        Ok(entry)
    }
}

/// The configuration of an image, of an index that of its first manifest.
fn config(layout: &Layout, document: &Document) -> Option<Vec<u8>> {
    let manifest = document.index().and_then(|index| layout.document(index.manifests().first()?).ok());
    let manifest = manifest.as_ref().unwrap_or(document).manifest()?;
    layout.read_blob(manifest.config()).ok()
}

fn platforms(document: &Document) -> Result<Vec<LockedPlatform>, Box<dyn Error>> {
    let Some(index) = document.index() else { return Ok(Vec::new()) };
    let mut platforms = Vec::new();
    for entry in index.manifests() {
        if let Some(platform) = entry.platform() {
            platforms.push(LockedPlatform { platform: Platform::from(platform), digest: entry.digest().try_into()? });
        }
    }
    Ok(platforms)
}
