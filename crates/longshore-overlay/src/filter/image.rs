//! `images`: new names, tags and digests of container images.

use longshore_yaml::{Node, NodeId};

use crate::filter::edit::{Edit, FilterError, Typed};
use crate::filter::fieldspec::{FieldSpecs, need_scalar};
use crate::filter::pattern::Pattern;

/// One entry of `images`; an empty field changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ImageChange {
    /// A regular expression for the name, without tag and digest.
    pub(crate) name: String,
    /// Takes the place of the name.
    pub(crate) new_name: String,
    /// Takes the place of tag and digest.
    pub(crate) new_tag: String,
    /// Is added to the tag that is there, whose digest goes; only without the two others.
    pub(crate) tag_suffix: String,
    /// Takes the place of tag and digest.
    pub(crate) digest: String,
}

/// An image change that is ready to be applied to many documents.
#[derive(Clone, Debug)]
pub(crate) struct ImageSetter {
    change: ImageChange,
    name: ImageName,
}

#[derive(Clone, Debug)]
enum ImageName {
    /// No special characters but the dot, which matches any character.
    Simple,
    Pattern(Pattern),
    /// A pattern that is none matches nothing.
    Never,
}

const TAG_AND_DIGEST: &str = "(:[a-zA-Z0-9_.{}-]*)?(@[a-zA-Z][a-zA-Z0-9]*:[a-zA-Z0-9_.{}-]*)?$";

impl ImageSetter {
    /// Prepares a change.
    pub(crate) fn new(change: &ImageChange) -> Self {
        let simple = |byte: u8| byte.is_ascii_alphanumeric() || b"-_/.:@".contains(&byte);
        let name = if change.name.bytes().all(simple) {
            ImageName::Simple
        } else {
            let pattern = format!("^{}{TAG_AND_DIGEST}", change.name);
            Pattern::new(&pattern).map_or(ImageName::Never, ImageName::Pattern)
        };
        ImageSetter { change: change.clone(), name }
    }

    /// Changes every image of the document that the specs name.
    pub(crate) fn apply(&self, edit: &mut Edit<'_>, specs: &FieldSpecs) -> Result<(), FilterError> {
        if is_crd(edit.doc.root()) {
            return Ok(());
        }
        // The specs say `create`, but an image is never made.
        specs.apply(edit, None, &mut |edit, id| self.set(edit, id))
    }

    /// Changes the images in every list named `containers` or `initContainers`, however deep it lies.
    pub(crate) fn apply_everywhere(&self, edit: &mut Edit<'_>) -> Result<(), FilterError> {
        if is_crd(edit.doc.root()) {
            return Ok(());
        }
        let mut found = Vec::new();
        let mut open = vec![edit.doc.root()];
        while let Some(node) = open.pop() {
            let node = node.resolved();
            open.extend(node.items());
            for (key, value) in node.entries() {
                if matches!(key.text(), "containers" | "initContainers") {
                    found.extend(value.items().filter_map(|item| item.get("image")).map(|image| image.resolved().id()));
                }
                open.push(value);
            }
        }
        found.into_iter().try_for_each(|id| self.set(edit, id))
    }

    fn set(&self, edit: &mut Edit<'_>, id: NodeId) -> Result<(), FilterError> {
        let node = edit.node(id);
        need_scalar(node)?;
        if let Some(image) = self.changed(node.text()) {
            edit.set_text(id, &image, Typed::Plain);
        }
        Ok(())
    }

    /// The changed reference, if this change is meant for it.
    pub(crate) fn changed(&self, image: &str) -> Option<String> {
        if !self.matches(image) {
            return None;
        }
        let change = &self.change;
        let (mut name, mut tag, mut digest) = split(image);
        if !change.new_name.is_empty() {
            name = &change.new_name;
        }
        let mut suffix = "";
        if !change.new_tag.is_empty() || !change.digest.is_empty() {
            (tag, digest) = (&change.new_tag, &change.digest);
        } else if !change.tag_suffix.is_empty() {
            (suffix, digest) = (&change.tag_suffix, "");
        }
        let mut out = name.to_owned();
        if !tag.is_empty() || !suffix.is_empty() {
            out.extend([":", tag, suffix]);
        }
        if !digest.is_empty() {
            out.extend(["@", digest]);
        }
        Some(out)
    }

    fn matches(&self, image: &str) -> bool {
        match &self.name {
            ImageName::Simple => after_name(&self.change.name, image).is_some_and(is_tag_and_digest),
            ImageName::Pattern(pattern) => pattern.is_match(image),
            ImageName::Never => false,
        }
    }
}

fn is_crd(root: Node<'_>) -> bool {
    root.get("kind").is_some_and(|kind| kind.text() == "CustomResourceDefinition")
}

/// What follows a name in an image reference; a dot of the name stands for any character.
fn after_name<'i>(name: &str, image: &'i str) -> Option<&'i str> {
    let mut chars = image.chars();
    let same = |c: char| chars.next().is_some_and(|other| other == c || (c == '.' && other != '\n'));
    name.chars().all(same).then_some(chars.as_str())
}

/// Whether a text is nothing, `:tag`, `@algorithm:digest` or both, in the characters that the original allows.
fn is_tag_and_digest(text: &str) -> bool {
    let allowed = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.{}-".contains(&byte));
    let (tag, digest) = text.split_once('@').map_or((text, None), |(tag, digest)| (tag, Some(digest)));
    let tag_fits = tag.is_empty() || tag.strip_prefix(':').is_some_and(allowed);
    let digest_fits = digest.is_none_or(|digest| {
        digest.split_once(':').is_some_and(|(algorithm, hex)| {
            algorithm.starts_with(|c: char| c.is_ascii_alphabetic())
                && algorithm.bytes().all(|byte| byte.is_ascii_alphanumeric())
                && allowed(hex)
        })
    });
    tag_fits && digest_fits
}

/// Name, tag and digest. A colon or `@` counts only behind the first slash, if there is one that is not the first
/// character.
fn split(image: &str) -> (&str, &str, &str) {
    let from = image.find('/').unwrap_or(0);
    let at = image[from..].find('@').map(|at| at + from);
    let colon = image[from..].find(':').map(|at| at + from);
    match (colon, at) {
        (None, None) => (image, "", ""),
        (Some(colon), Some(at)) if colon < at => (&image[..colon], &image[colon + 1..at], &image[at + 1..]),
        (_, Some(at)) => (&image[..at], "", &image[at + 1..]),
        (Some(colon), None) => (&image[..colon], &image[colon + 1..], ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(name: &str, new_name: &str, new_tag: &str, digest: &str) -> ImageChange {
        ImageChange {
            name: name.into(),
            new_name: new_name.into(),
            new_tag: new_tag.into(),
            digest: digest.into(),
            ..ImageChange::default()
        }
    }

    #[track_caller]
    fn check(change: &ImageChange, image: &str, expect: Option<&str>) {
        assert_eq!(ImageSetter::new(change).changed(image).as_deref(), expect);
    }

    #[test]
    fn a_tag_clears_a_digest_and_the_other_way_round() {
        check(&change("nginx", "", "v2", ""), "nginx@sha256:12", Some("nginx:v2"));
        check(&change("nginx", "", "", "sha256:34"), "nginx:v1", Some("nginx@sha256:34"));
        check(&change("nginx", "", "v2", "sha256:34"), "nginx", Some("nginx:v2@sha256:34"));
        check(&change("nginx", "apache", "", ""), "nginx:v1@sha256:12", Some("apache:v1@sha256:12"));
    }

    #[test]
    fn a_suffix_is_added_to_the_tag() {
        let mut suffix = change("nginx", "", "", "");
        suffix.tag_suffix = "-x".into();
        check(&suffix, "nginx:v1", Some("nginx:v1-x"));
    }

    #[test]
    fn a_name_is_an_unescaped_pattern() {
        check(&change("registry.io/a", "b", "", ""), "registryXio/a:1", Some("b:1"));
        check(&change("ngin[xy]", "b", "", ""), "nginy", Some("b"));
        check(&change("a|b", "c", "", ""), "azz", Some("c"));
        check(&change("[", "c", "", ""), "[", None);
        check(&change("nginx", "b", "", ""), "my/nginx", None);
    }

    #[test]
    fn a_port_is_no_tag() {
        check(&change("host:5000/a", "", "2", ""), "host:5000/a:1", Some("host:5000/a:2"));
    }
}
