//! `images`: new names, tags and digests of container images.

use foldhash::HashMap;
use longshore_yaml::{Kind, Node, NodeId};
use smallvec::{SmallVec, smallvec};

use crate::filter::edit::{Edit, FilterError, Origin, Typed};
use crate::filter::fieldspec::{FieldSpec, FieldSpecs, Step, need_scalar};
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

    /// The last part of the name, if every image that is meant ends in it.
    fn last_part(&self) -> Option<&str> {
        let last = self.change.name.rsplit('/').next().unwrap_or_default();
        (matches!(self.name, ImageName::Simple) && !last.contains('.')).then_some(last)
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

/// Several changes, applied one after another to each image: those that may be meant are found by the image's name.
#[derive(Clone, Debug, Default)]
pub(crate) struct ImageSetters<'o> {
    setters: Vec<(ImageSetter, &'o Origin)>,
    by_last_part: HashMap<String, Vec<usize>>,
    /// Those whose name may stand for several.
    others: Vec<usize>,
}

impl<'o> ImageSetters<'o> {
    /// Prepares changes, each with its place.
    pub(crate) fn new<'c>(changes: impl IntoIterator<Item = (&'c ImageChange, &'o Origin)>) -> Self {
        let mut ready = ImageSetters::default();
        for (index, (change, origin)) in changes.into_iter().enumerate() {
            let setter = ImageSetter::new(change);
            match setter.last_part() {
                Some(last) => ready.by_last_part.entry(last.to_owned()).or_default().push(index),
                None => ready.others.push(index),
            }
            ready.setters.push((setter, origin));
        }
        ready
    }

    /// Changes the images in every list named `containers` or `initContainers`, however deep it lies, and those that
    /// the specs name. An image that is both is changed twice, which only a suffix shows.
    pub(crate) fn apply(&self, edit: &mut Edit<'_>, specs: &FieldSpecs) -> Result<(), FilterError> {
        if is_crd(edit) {
            return Ok(());
        }
        let mut images = if edit.doc.mentions(&LISTS) { in_containers(edit.doc.root()) } else { Images::new() };
        images.extend(named_by(edit, specs)?);
        self.change_all(edit, images)
    }

    /// Changes these images, each as often as it is named.
    pub(crate) fn change(&self, edit: &mut Edit<'_>, images: Images) -> Result<(), FilterError> {
        if is_crd(edit) { Ok(()) } else { self.change_all(edit, images) }
    }

    fn change_all(&self, edit: &mut Edit<'_>, mut images: Images) -> Result<(), FilterError> {
        images.iter().try_for_each(|&id| need_scalar(edit.node(id)))?;
        images.sort_unstable();
        for same in images.chunk_by(|a, b| a == b) {
            self.set(edit, same[0], same.len());
        }
        Ok(())
    }

    /// Changes one image; each change is made so many times.
    fn set(&self, edit: &mut Edit<'_>, id: NodeId, times: usize) {
        let mut next = 0;
        while let Some(index) = self.first_from(next, edit.node(id).text()) {
            let (setter, origin) = &self.setters[index];
            for _ in 0..times {
                if let Some(image) = setter.changed(edit.node(id).text()) {
                    edit.as_part(index, origin, |edit| edit.set_text(id, &image, Typed::Plain));
                }
            }
            next = index + 1;
        }
    }

    /// The first change from `from` on that is meant for an image.
    fn first_from(&self, from: usize, image: &str) -> Option<usize> {
        let meant = |index: &usize| self.setters[*index].0.matches(image);
        let first_of = |list: &[usize]| list[list.partition_point(|&index| index < from)..].iter().copied().find(meant);
        let ends = image.char_indices().filter(|(_, c)| matches!(c, ':' | '@')).map(|(at, _)| at);
        let names = ends.chain([image.len()]).map(|end| &image[..end]);
        let lasts = names.map(|name| name.rsplit('/').next().unwrap_or_default());
        let listed = lasts.filter_map(|last| self.by_last_part.get(last)).filter_map(|list| first_of(list));
        listed.chain(first_of(&self.others)).min()
    }
}

fn is_crd(edit: &Edit<'_>) -> bool {
    const CRD: &str = "CustomResourceDefinition";
    match edit.gvk() {
        Some(gvk) => gvk.kind == CRD,
        None => edit.doc.root().get("kind").is_some_and(|kind| kind.has_text(CRD)),
    }
}

/// Lists whose items have images, wherever they lie.
const LISTS: [&str; 2] = ["containers", "initContainers"];

/// Places of images; most objects have few.
pub(crate) type Images = SmallVec<[NodeId; 4]>;

/// The images in lists named `containers` or `initContainers`, however deep they lie.
pub(crate) fn in_containers(root: Node<'_>) -> Images {
    let (mut found, mut open) = (Images::new(), smallvec![root.resolved(); 1] as SmallVec<[Node<'_>; 16]>);
    while let Some(node) = open.pop() {
        node.items().map(Node::resolved).filter(is_collection).for_each(|item| open.push(item));
        for (key, value) in node.entries() {
            let value = value.resolved();
            if !is_collection(&value) {
                continue;
            }
            if LISTS.iter().any(|list| key.has_text(list)) {
                let images = value.items().filter_map(|item| item.get("image"));
                images.for_each(|image| found.push(image.resolved().id()));
            }
            open.push(value);
        }
    }
    found
}

/// Whether fields that others set are no images and hold none, so that it does not matter what is changed first.
pub(crate) fn is_apart_from(images: &[FieldSpec], others: &[FieldSpec]) -> bool {
    let names =
        |spec: &FieldSpec| Step::parse(&spec.path).iter().map(|step| step.name().to_owned()).collect::<Vec<_>>();
    let images: Vec<Vec<String>> = images.iter().map(names).collect();
    others.iter().map(names).all(|other| {
        let meets = |image: &Vec<String>| image.starts_with(&other) || other.starts_with(image);
        let below = |name: &String| LISTS.contains(&name.as_str());
        !images.iter().any(meets) && !other.iter().any(below)
    })
}

fn is_collection(node: &Node<'_>) -> bool {
    node.kind() != Kind::Scalar
}

/// The images that specs name. The specs say `create`, but an image is never made.
pub(crate) fn named_by(edit: &mut Edit<'_>, specs: &FieldSpecs) -> Result<Images, FilterError> {
    let mut found = Images::new();
    specs.apply(edit, None, &mut |edit, id| {
        found.push(id);
        need_scalar(edit.node(id))
    })?;
    Ok(found)
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

    #[track_caller]
    fn check_all(changes: &[ImageChange], image: &str, expect: &str) {
        let origin = Origin::default();
        let setters = ImageSetters::new(changes.iter().map(|change| (change, &origin)));
        let mut doc = longshore_yaml::Document::new();
        let root = doc.add_str(image);
        doc.set_root(root);
        setters.set(&mut Edit::new(&mut doc, &origin, None), root, 1);
        let one_by_one = |image: String, change| ImageSetter::new(change).changed(&image).unwrap_or(image);
        assert_eq!(changes.iter().fold(image.to_owned(), one_by_one), expect, "one after another");
        assert_eq!(doc.root().text(), expect, "all at once");
    }

    #[test]
    fn changes_build_on_those_before() {
        let a = change("a", "quay.io/b", "", "");
        let b = change("quay.io/b", "", "2", "");
        let c = change("b", "c", "", "");
        let any = change(".*", "", "3", "");
        check_all(&[a.clone(), b.clone()], "a:1", "quay.io/b:2");
        check_all(&[b.clone(), a.clone()], "a:1", "quay.io/b:1");
        check_all(&[c.clone(), b.clone()], "b", "c");
        check_all(&[any.clone(), b.clone()], "quay.io/b", "quay.io/b:2");
        check_all(&[b, any], "quay.io/b@sha256:1", "quay.io/b:3");
        check_all(&[change("host:5000/x", "", "9", ""), c], "host:5000/x@sha256:1", "host:5000/x:9");
    }

    #[test]
    fn a_port_is_no_tag() {
        check(&change("host:5000/a", "", "2", ""), "host:5000/a:1", Some("host:5000/a:2"));
    }
}
