//! The `images:` field of a kustomization: what an entry matches, and what it makes of an image.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::go_regex::{GoRegex, GoRegexError};

/// Splits an image as Kustomize does, which checks nothing: name, tag, digest, the last two empty where they are missing.
///
/// Everything up to the first `/` belongs to the name. Source: kustomize `api/internal/image`.
pub fn split_image(image: &str) -> (&str, &str, &str) {
    let start = image.find('/').unwrap_or(0);
    let at = image[start..].find('@').map(|at| start + at);
    let colon = image[start..].find(':').map(|at| start + at);
    match (colon, at) {
        (None, None) => (image, "", ""),
        (Some(colon), Some(at)) if colon < at => (&image[..colon], &image[colon + 1..at], &image[at + 1..]),
        (_, Some(at)) => (&image[..at], "", &image[at + 1..]),
        (Some(colon), None) => (&image[..colon], &image[colon + 1..], ""),
    }
}

/// One entry of `images:`. Empty fields say nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ImageOverride {
    /// The image it is about: a regular expression without its anchors, in fact.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The name to write instead.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub new_name: String,
    /// The tag to write instead; without a digest it drops the old one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub new_tag: String,
    /// What to put behind the old tag.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tag_suffix: String,
    /// The digest to write instead; without a tag it drops the old one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub digest: String,
}

/// What stands for "keep what the file says" in an argument.
const KEEP: &str = "*";

/// A text that is no argument of `kustomize edit set image`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid format of image '{0}': expected NAME=NEWNAME[:NEWTAG][@DIGEST] or NAME[:NEWTAG][@DIGEST]")]
pub struct ImageArgumentError(String);

impl ImageOverride {
    /// Reads an argument of `kustomize edit set image`: `app=registry/app:2`, `app:2`, `app@sha256:…`.
    ///
    /// A `*` in place of the new name, tag or digest keeps what the file has, see [`set_images`].
    pub fn parse_argument(argument: &str) -> Result<Self, ImageArgumentError> {
        let (key, value) = argument.split_once('=').map_or((None, argument), |(key, value)| (Some(key), value));
        let (name, tag, digest) = split_image(value);
        if name == argument {
            return Err(ImageArgumentError(argument.to_owned()));
        }
        let (name, new_name) = match key {
            None => (name, ""),
            Some(key) => (key, name),
        };
        let [name, new_name, new_tag, digest] = [name, new_name, tag, digest].map(str::to_owned);
        Ok(ImageOverride { name, new_name, new_tag, digest, tag_suffix: String::new() })
    }

    /// Compiles the name, so that many images can be asked.
    pub fn matcher(&self) -> Result<ImageMatcher, GoRegexError> {
        let name = &self.name;
        // A digest's algorithm is any word, a tag may hold the braces of older build tools.
        let pattern = format!("^{name}(:[a-zA-Z0-9_.{{}}-]*)?(@[a-zA-Z][a-zA-Z0-9]*:[a-zA-Z0-9_.{{}}-]*)?$");
        Ok(ImageMatcher { regex: GoRegex::new(&pattern)?, image: self.clone() })
    }

    /// What it makes of an image that it matches.
    pub fn rewrite(&self, image: &str) -> String {
        let (name, old_tag, old_digest) = split_image(image);
        let name = if self.new_name.is_empty() { name } else { &self.new_name };
        let (tag, suffix, digest) = match (self.new_tag.as_str(), self.digest.as_str()) {
            ("", "") if self.tag_suffix.is_empty() => (old_tag, "", old_digest),
            ("", "") => (old_tag, self.tag_suffix.as_str(), ""),
            (tag, digest) => (tag, "", digest),
        };
        let part = |sign: &str, text: &str| if text.is_empty() { String::new() } else { format!("{sign}{text}") };
        format!("{name}{}{}", part(":", &format!("{tag}{suffix}")), part("@", digest))
    }
}

/// An [`ImageOverride`] ready to ask many images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageMatcher {
    regex: GoRegex,
    image: ImageOverride,
}

impl ImageMatcher {
    /// Whether the entry is about this image.
    pub fn is_match(&self, image: &str) -> bool {
        self.regex.is_match(image)
    }

    /// What the entry makes of this image; `None` if it is not about it.
    pub fn apply(&self, image: &str) -> Option<String> {
        self.is_match(image).then(|| self.image.rewrite(image))
    }
}

/// The list that `kustomize edit set image` leaves behind: entries by name, those set anew replacing the old.
///
/// Of several arguments about one image the last counts. A `*` takes the old entry's value, or nothing.
pub fn set_images(existing: &[ImageOverride], set: &[ImageOverride]) -> Vec<ImageOverride> {
    let mut images: Vec<ImageOverride> = Vec::new();
    for image in existing.iter().filter(|old| !set.iter().any(|new| new.name == old.name)) {
        insert(&mut images, image.clone());
    }
    for new in set {
        let old = existing.iter().rfind(|old| old.name == new.name).cloned().unwrap_or_default();
        let kept = |new: &str, old: &str| if new == KEEP { old.to_owned() } else { new.to_owned() };
        let image = ImageOverride {
            name: new.name.clone(),
            new_name: kept(&new.new_name, &old.new_name),
            new_tag: kept(&new.new_tag, &old.new_tag),
            digest: kept(&new.digest, &old.digest),
            tag_suffix: String::new(),
        };
        insert(&mut images, image);
    }
    images
}

fn insert(images: &mut Vec<ImageOverride>, image: ImageOverride) {
    match images.binary_search_by(|other| other.name.cmp(&image.name)) {
        Ok(at) => images[at] = image,
        Err(at) => images.insert(at, image),
    }
}

impl fmt::Display for ImageOverride {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        for (sign, text) in [("=", &self.new_name), (":", &self.new_tag), ("@", &self.digest)] {
            if !text.is_empty() {
                write!(f, "{sign}{text}")?;
            }
        }
        Ok(())
    }
}
