//! Pinning: finds the images of manifests and writes digests into them, byte by byte.

mod edit;
mod layout;
mod marker;
mod path;
mod quote;
mod rules;

use std::ops::Range;

use crate::reference::{Reference, ReferenceError};
pub use edit::{Edit, EditError, Finding, FindingKind, PinMode, Pinned, apply, check, pin};
pub use marker::{Marker, MarkerPart};
pub use path::{FieldPath, FieldPathError, Step};
pub use rules::{Rule, Rules};

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScalarStyle {
    /// Without quotes.
    Plain,
    /// In single quotes.
    SingleQuoted,
    /// In double quotes.
    DoubleQuoted,
    /// As a block, or in another way that cannot be rewritten in place.
    Block,
}

/// A scalar of a document, located in its file by the caller, who has read the YAML.
#[derive(Clone, Debug)]
pub struct Scalar<'a> {
    /// Its value.
    pub text: &'a str,
    /// Its bytes in the file, with its quotes; an anchor or a tag before it may be among them, and stays.
    pub span: Range<usize>,
    /// How it is written.
    pub style: ScalarStyle,
    /// The comment on its line, with or without `#`; empty if there is none.
    pub comment: &'a str,
}

/// What stands at a place where an image should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// An image, written out in full; the site's own text may be shorter.
    Image(Reference),
    /// No reference: a template such as `${IMAGE}`, or an error to report. The file is not refused for it.
    NotReference {
        /// Whether it looks like a template that another tool fills in.
        template: bool,
        /// Why it is none.
        reason: ReferenceError,
    },
    /// A part of an image that a marker asks for: its tag, name or digest.
    Part(MarkerPart),
}

/// Which part of its file a field of an `images:` entry occupies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    text: String,
    span: Range<usize>,
    style: ScalarStyle,
}

/// An entry of a kustomization's `images:`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImagesEntry {
    pub(crate) name: Option<Field>,
    pub(crate) new_name: Option<Field>,
    pub(crate) new_tag: Option<Field>,
    pub(crate) digest: Option<Field>,
}

/// Which kind of place a site is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SiteKind {
    /// A field that holds a whole image.
    Field,
    /// An entry of `images:`, whose parts stand in fields of their own.
    Entry(ImagesEntry),
    /// A scalar with a Flux marker on its line.
    Marker(Marker),
}

/// A place in a file that says which image runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Which kind of place.
    pub kind: SiteKind,
    /// Where it is in its document: `spec.containers[0].image`.
    pub path: String,
    /// Its bytes in the file.
    pub span: Range<usize>,
    /// How it is written.
    pub style: ScalarStyle,
    /// Its text.
    pub text: String,
    /// What that says.
    pub content: Content,
}

/// Collects the images of one document.
///
/// The caller reads the YAML, in whatever way, walks it and hands over each scalar, and what is none, with the steps that
/// lead to it: this crate needs no YAML. Scalars that hold no image cost a comparison or two.
///
/// ```
/// use longshore_oci::pin::{Finder, Rules, Scalar, ScalarStyle, Step};
///
/// let rules = Rules::default();
/// let mut finder = Finder::new(&rules, "v1", "Pod");
/// let steps = [Step::Key("spec"), Step::Key("containers"), Step::Index(0), Step::Key("image")];
/// finder.scalar(&steps, &Scalar { text: "nginx:1.27", span: 40..50, style: ScalarStyle::Plain, comment: "" });
/// let sites = finder.finish();
/// assert_eq!(sites[0].path, "spec.containers[0].image");
/// ```
#[derive(Debug)]
pub struct Finder<'r> {
    paths: Vec<&'r FieldPath>,
    kustomization: bool,
    sites: Vec<Site>,
    entries: Vec<(usize, ImagesEntry)>,
}

impl<'r> Finder<'r> {
    /// Begins a document of this kind. A kustomization may lack both fields: then `Kustomization` is meant.
    pub fn new(rules: &'r Rules, api_version: &str, kind: &str) -> Self {
        let kustomization = matches!(kind, "Kustomization" | "Component")
            && (api_version.is_empty() || api_version.starts_with("kustomize.config.k8s.io/"));
        Finder { paths: rules.paths(api_version, kind), kustomization, sites: Vec::new(), entries: Vec::new() }
    }

    /// Whether an image can stand at these steps or below. Where none can, the walk may turn back, unless the file holds
    /// [`Marker::SIGN`]: a marker makes an image of any scalar.
    pub fn leads_on(&self, steps: &[Step<'_>]) -> bool {
        let (depth, last) = path::end(steps);
        self.paths.iter().any(|path| path.begins_at(steps, depth, last))
            || (self.kustomization && matches!(steps, [] | [Step::Key("images"), ..]))
    }

    /// Takes the next scalar, in the order of the file.
    pub fn scalar(&mut self, steps: &[Step<'_>], scalar: &Scalar<'_>) {
        if let Some(marker) = Marker::find(scalar.comment) {
            return self.push(SiteKind::Marker(marker), steps, scalar);
        }
        if let [Step::Key("images"), Step::Index(index), Step::Key(field)] = steps
            && self.kustomization
        {
            return self.entry_field(*index, field, scalar);
        }
        if self.paths.iter().any(|path| path.matches(steps)) {
            self.push(SiteKind::Field, steps, scalar);
        }
    }

    /// Takes a mapping, a sequence or an alias, in the order of the file: where an entry of `images:` has one for a field,
    /// that field is there and cannot be rewritten.
    pub fn not_scalar(&mut self, steps: &[Step<'_>], span: Range<usize>) {
        if let [Step::Key("images"), Step::Index(index), Step::Key(field)] = steps
            && self.kustomization
        {
            self.entry_field(*index, field, &Scalar { text: "", span, style: ScalarStyle::Block, comment: "" });
        }
    }

    fn push(&mut self, kind: SiteKind, steps: &[Step<'_>], scalar: &Scalar<'_>) {
        let content = match &kind {
            SiteKind::Marker(Marker {
                part: part @ (MarkerPart::Tag | MarkerPart::Name | MarkerPart::Digest), ..
            }) => Content::Part(*part),
            _ => read(scalar.text),
        };
        let (span, style, text) = (scalar.span.clone(), scalar.style, scalar.text.to_owned());
        self.sites.push(Site { kind, path: path::shown(steps), span, style, text, content });
    }

    fn entry_field(&mut self, index: usize, field: &str, scalar: &Scalar<'_>) {
        if self.entries.last().is_none_or(|(last, _)| *last != index) {
            self.entries.push((index, ImagesEntry::default()));
        }
        let (_, entry) = self.entries.last_mut().expect("one was pushed");
        let slot = match field {
            "name" => &mut entry.name,
            "newName" => &mut entry.new_name,
            "newTag" => &mut entry.new_tag,
            "digest" => &mut entry.digest,
            _ => return,
        };
        *slot = Some(Field { text: scalar.text.to_owned(), span: scalar.span.clone(), style: scalar.style });
    }

    /// All images of the document, in the order of the file.
    pub fn finish(self) -> Vec<Site> {
        let mut sites = self.sites;
        sites.extend(self.entries.into_iter().filter_map(|(index, entry)| entry_site(index, entry)));
        sites.sort_by_key(|site| site.span.start);
        sites
    }
}

fn read(text: &str) -> Content {
    const TEMPLATES: [&str; 5] = ["${", "$(", "{{", "<%", "%("];
    match Reference::parse_normalized(text) {
        Ok(image) => Content::Image(image),
        Err(reason) => {
            let template = text.starts_with('$') || TEMPLATES.iter().any(|sign| text.contains(sign));
            Content::NotReference { template, reason }
        }
    }
}

/// An entry that names an image; the place people are shown is its first field.
fn entry_site(index: usize, entry: ImagesEntry) -> Option<Site> {
    let name = entry.new_name.as_ref().or(entry.name.as_ref())?;
    let part = |sign: &str, field: &Option<Field>| match field {
        Some(field) if !field.text.is_empty() => format!("{sign}{}", field.text),
        _ => String::new(),
    };
    let text = format!("{}{}{}", name.text, part(":", &entry.new_tag), part("@", &entry.digest));
    let (span, style, content) = (name.span.clone(), name.style, read(&text));
    Some(Site { kind: SiteKind::Entry(entry), path: format!("images[{index}]"), span, style, text, content })
}
