//! Edits of a kustomization file that leave every other byte of it: comments, order, spacing, line ends.
//!
//! ```
//! use longshore_overlay::edit::{Edit, apply};
//!
//! let text = "# the shop\nresources:\n- web.yaml   # front end\n\nimages:\n- name: web\n  newTag: v1\n";
//! let edits = [Edit::image("web").tag("v2").into(), Edit::add_resource("db.yaml")];
//! let edited = apply("kustomization.yaml", text, &edits)?;
//! assert_eq!(
//!     edited,
//!     "# the shop\nresources:\n- web.yaml   # front end\n- db.yaml\n\nimages:\n- name: web\n  newTag: v2\n",
//! );
//! # Ok::<(), longshore_overlay::edit::EditError>(())
//! ```

mod error;

use longshore_yaml::{
    Document, DuplicateKeys, Node, NodeId, ReadOptions, Schema, SourceFile, Splice, Style, Tag, read,
};

pub use self::error::EditError;
use crate::error::nearest;

/// One change of a kustomization file. Making it twice is making it once; a path that is gone cannot be removed again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Edit {
    /// Sets a field that is one text: `namespace`, `namePrefix`, `nameSuffix`.
    Text {
        /// The field.
        field: TextField,
        /// Its value.
        value: String,
    },
    /// Sets what becomes of an image.
    Image(ImageEdit),
    /// Sets the number of replicas of the workloads with a name.
    Replicas {
        /// Name of the workloads.
        name: String,
        /// How many.
        count: u32,
    },
    /// Sets an entry of `commonAnnotations`.
    Annotation {
        /// Key of the annotation.
        key: String,
        /// Its value.
        value: String,
    },
    /// Sets a label: where `labels` or `commonLabels` have the key, else in an item of `labels` of its own.
    Label {
        /// Key of the label.
        key: String,
        /// Its value.
        value: String,
        /// Whether a new item also labels selectors, which cannot be changed on a running workload.
        include_selectors: bool,
    },
    /// Adds a path at the end of a list, unless it stands there.
    Add {
        /// The list.
        list: PathList,
        /// The path.
        path: String,
    },
    /// Takes a path from a list, with its comments; the field goes with its last path.
    Remove {
        /// The list.
        list: PathList,
        /// The path.
        path: String,
    },
}

/// Fields that are one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextField {
    /// `namespace`
    Namespace,
    /// `namePrefix`
    NamePrefix,
    /// `nameSuffix`
    NameSuffix,
}

impl TextField {
    fn name(self) -> &'static str {
        match self {
            TextField::Namespace => "namespace",
            TextField::NamePrefix => "namePrefix",
            TextField::NameSuffix => "nameSuffix",
        }
    }
}

/// Fields that list paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PathList {
    /// `resources`
    Resources,
    /// `components`
    Components,
    /// `generators`
    Generators,
    /// `transformers`
    Transformers,
    /// `configurations`
    Configurations,
    /// `crds`
    Crds,
}

impl PathList {
    fn name(self) -> &'static str {
        match self {
            PathList::Resources => "resources",
            PathList::Components => "components",
            PathList::Generators => "generators",
            PathList::Transformers => "transformers",
            PathList::Configurations => "configurations",
            PathList::Crds => "crds",
        }
    }
}

/// What an entry of `images` says. A new tag drops the digest and the other way round, unless both are given.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ImageEdit {
    name: String,
    new_name: Option<String>,
    new_tag: Option<String>,
    digest: Option<String>,
}

impl ImageEdit {
    /// Sets `newName`.
    pub fn new_name(self, name: impl Into<String>) -> Self {
        ImageEdit { new_name: Some(name.into()), ..self }
    }

    /// Sets `newTag`.
    pub fn tag(self, tag: impl Into<String>) -> Self {
        ImageEdit { new_tag: Some(tag.into()), ..self }
    }

    /// Sets `digest`.
    pub fn digest(self, digest: impl Into<String>) -> Self {
        ImageEdit { digest: Some(digest.into()), ..self }
    }

    /// Each field with what it becomes: a text, or `None` where it must go.
    fn fields(&self) -> Vec<(&'static str, Option<&str>)> {
        let mut fields = Vec::new();
        if let Some(name) = &self.new_name {
            fields.push(("newName", Some(name.as_str())));
        }
        if self.new_tag.is_some() || self.digest.is_some() {
            fields.push(("newTag", self.new_tag.as_deref()));
            fields.push(("digest", self.digest.as_deref()));
        }
        fields
    }
}

impl From<ImageEdit> for Edit {
    fn from(image: ImageEdit) -> Self {
        Edit::Image(image)
    }
}

impl Edit {
    /// Sets `namespace`.
    pub fn namespace(value: impl Into<String>) -> Self {
        Edit::Text { field: TextField::Namespace, value: value.into() }
    }

    /// Sets `namePrefix`.
    pub fn name_prefix(value: impl Into<String>) -> Self {
        Edit::Text { field: TextField::NamePrefix, value: value.into() }
    }

    /// Sets `nameSuffix`.
    pub fn name_suffix(value: impl Into<String>) -> Self {
        Edit::Text { field: TextField::NameSuffix, value: value.into() }
    }

    /// Begins an edit of the image with this name.
    pub fn image(name: impl Into<String>) -> ImageEdit {
        ImageEdit { name: name.into(), new_name: None, new_tag: None, digest: None }
    }

    /// Sets the replicas of the workloads with this name.
    pub fn replicas(name: impl Into<String>, count: u32) -> Self {
        Edit::Replicas { name: name.into(), count }
    }

    /// Sets an annotation of all resources.
    pub fn annotation(key: impl Into<String>, value: impl Into<String>) -> Self {
        Edit::Annotation { key: key.into(), value: value.into() }
    }

    /// Sets a label of all resources, not of selectors.
    pub fn label(key: impl Into<String>, value: impl Into<String>) -> Self {
        Edit::Label { key: key.into(), value: value.into(), include_selectors: false }
    }

    /// Adds a path to `resources`.
    pub fn add_resource(path: impl Into<String>) -> Self {
        Edit::Add { list: PathList::Resources, path: path.into() }
    }

    /// Takes a path from `resources`.
    pub fn remove_resource(path: impl Into<String>) -> Self {
        Edit::Remove { list: PathList::Resources, path: path.into() }
    }
}

/// Makes the edits one after another on the text of a kustomization file; `name` is what errors call the file.
///
/// Keys are found whatever their case, as the build finds them; of a key that stands twice the last counts.
///
/// # Errors
/// Text that is not YAML, a field that is not of its kind (a list, a mapping), a path to remove that is not there.
pub fn apply(name: &str, text: &str, edits: &[Edit]) -> Result<String, EditError> {
    let mut text = text.to_owned();
    for edit in edits {
        // One place at a time: each step reads what the one before it wrote. A path is removed once.
        while let Some(edited) = step(name, &text, edit)? {
            text = edited;
            if matches!(edit, Edit::Remove { .. }) {
                break;
            }
        }
    }
    Ok(text)
}

/// The text one step nearer to what the edit says; `None` where it is there.
fn step(name: &str, text: &str, edit: &Edit) -> Result<Option<String>, EditError> {
    let options = ReadOptions { schema: Schema::V2, duplicate_keys: DuplicateKeys::Keep, ..ReadOptions::default() };
    // A file of comments has no document; the edit then brings the first entry.
    let empty = read(&SourceFile::new(name, text), &options)?.is_empty();
    let seeded = if empty { seed(text) } else { text.to_owned() };
    let file = SourceFile::new(name, seeded);
    let docs = read(&file, &options)?;
    let Some(doc) = docs.first() else { return Ok(None) };
    if !doc.root().is_mapping() {
        return Err(EditError::at(doc.root(), "a kustomization must be a mapping"));
    }
    let splice = Kustomization { root: doc.root() }.splice(edit)?;
    Ok(splice.map(|splice| splice.apply(file.text())).transpose()?)
}

/// A text without content, with what every kustomization may begin with.
fn seed(text: &str) -> String {
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{text}{gap}apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n")
}

type Made = Result<Option<Splice>, EditError>;

/// The file as it was read.
struct Kustomization<'d> {
    root: Node<'d>,
}

impl<'d> Kustomization<'d> {
    fn splice(&self, edit: &Edit) -> Made {
        match edit {
            Edit::Text { field, value } => self.set_text(field.name(), value),
            Edit::Image(image) => self.set_image(image),
            Edit::Replicas { name, count } => self.set_replicas(name, *count),
            Edit::Annotation { key, value } => self.set_pair("commonAnnotations", key, value),
            Edit::Label { key, value, include_selectors } => self.set_label(key, value, *include_selectors),
            Edit::Add { list, path } => self.add_path(list.name(), path),
            Edit::Remove { list, path } => self.remove_path(list.name(), path),
        }
    }

    /// Key as it is written, and value, of a field. One without a value counts as absent.
    fn field(&self, name: &str) -> Option<(&'d str, Node<'d>)> {
        let entry = self.root.entries().filter(|(key, _)| key.text().eq_ignore_ascii_case(name)).last();
        entry.map(|(key, value)| (key.text(), value))
    }

    /// The items of a list field; `None` where the field is absent or has no value.
    fn list(&self, name: &str) -> Result<Option<Node<'d>>, EditError> {
        match self.field(name) {
            Some((_, value)) if value.is_sequence() => Ok(Some(value)),
            Some((_, value)) if !value.is_null() => Err(EditError::at(value, format!("{name} must be a list"))),
            _ => Ok(None),
        }
    }

    fn set_text(&self, name: &str, text: &str) -> Made {
        match self.field(name) {
            Some((_, value)) if value.is_mapping() || value.is_sequence() => {
                Err(EditError::at(value, format!("{name} must be a text")))
            }
            Some((_, value)) => set(value, text, Tag::Str),
            None => self.add_field(name, |doc| text_node(doc, text)),
        }
    }

    /// Adds a field at the end. One that stands there without a value goes first.
    fn add_field(&self, name: &str, value: impl FnOnce(&mut Document) -> NodeId) -> Made {
        match self.field(name) {
            Some((written, _)) => Ok(Some(Splice::remove_entry(self.root, written)?)),
            None => Ok(Some(Splice::insert_entry(self.root, usize::MAX, name, build(value).root())?)),
        }
    }

    fn add_item(&self, name: &str, item: impl FnOnce(&mut Document) -> NodeId) -> Made {
        match self.list(name)? {
            Some(list) => Ok(Some(Splice::insert_item(list, usize::MAX, build(item).root())?)),
            None => self.add_field(name, |doc| {
                let list = doc.add_sequence();
                let item = item(doc);
                doc.seq_push(list, item);
                list
            }),
        }
    }

    fn add_path(&self, name: &str, path: &str) -> Made {
        let known = self.list(name)?.is_some_and(|list| list.items().any(|item| item.text() == path));
        if known { Ok(None) } else { self.add_item(name, |doc| text_node(doc, path)) }
    }

    fn remove_path(&self, name: &str, path: &str) -> Made {
        let Some(list) = self.list(name)? else {
            return Err(EditError::at(self.root, format!("{name} has no '{path}'")));
        };
        let Some(index) = list.items().position(|item| item.text() == path) else {
            let near = nearest(path, list.items().map(Node::text));
            let hint = near.map(|near| format!("; did you mean '{near}'?")).unwrap_or_default();
            return Err(EditError::at(list, format!("{name} has no '{path}'{hint}")));
        };
        match (list.len(), self.field(name)) {
            (1, Some((written, _))) => Ok(Some(Splice::remove_entry(self.root, written)?)),
            _ => Ok(Some(Splice::remove_item(list, index)?)),
        }
    }

    fn named(&self, list: &str, name: &str) -> Result<Option<Node<'d>>, EditError> {
        let found = self
            .list(list)?
            .and_then(|list| list.items().find(|item| item.get("name").is_some_and(|found| found.text() == name)));
        Ok(found)
    }

    fn set_image(&self, image: &ImageEdit) -> Made {
        let fields = image.fields();
        let Some(entry) = self.named("images", &image.name)? else {
            let mut pairs = vec![("name", image.name.as_str())];
            pairs.extend(fields.into_iter().filter_map(|(key, value)| Some((key, value?))));
            return self.add_item("images", |doc| mapping(doc, &pairs));
        };
        for (key, value) in fields {
            let made = match (entry.get(key), value) {
                (Some(node), Some(text)) => set(node, text, Tag::Str)?,
                (Some(_), None) => Some(Splice::remove_entry(entry, key)?),
                (None, Some(text)) => set_entry(entry, key, text)?,
                (None, None) => None,
            };
            if made.is_some() {
                return Ok(made);
            }
        }
        Ok(None)
    }

    fn set_replicas(&self, name: &str, count: u32) -> Made {
        let count = count.to_string();
        match self.named("replicas", name)? {
            None => self.add_item("replicas", |doc| {
                let map = mapping(doc, &[("name", name)]);
                let number = doc.add_scalar(&count, Tag::Int, Style::Plain);
                doc.map_set(map, "count", number);
                map
            }),
            Some(entry) => match entry.get("count") {
                Some(node) => set(node, &count, Tag::Int),
                None => {
                    let number = build(|doc| doc.add_scalar(&count, Tag::Int, Style::Plain));
                    Ok(Some(Splice::insert_entry(entry, usize::MAX, "count", number.root())?))
                }
            },
        }
    }

    fn set_pair(&self, name: &str, key: &str, text: &str) -> Made {
        match self.field(name) {
            Some((_, map)) if map.is_mapping() => set_entry(map, key, text),
            Some((_, value)) if !value.is_null() => Err(EditError::at(value, format!("{name} must be a mapping"))),
            _ => self.add_field(name, |doc| mapping(doc, &[(key, text)])),
        }
    }

    fn set_label(&self, key: &str, text: &str, include_selectors: bool) -> Made {
        let items = self.list("labels")?;
        let pairs = items.into_iter().flat_map(Node::items).filter_map(|item| item.get("pairs"));
        let common = self.field("commonLabels").map(|(_, map)| map);
        if let Some(map) = pairs.chain(common).find(|map| map.get(key).is_some()) {
            return set_entry(map, key, text);
        }
        self.add_item("labels", |doc| {
            let item = doc.add_mapping();
            if include_selectors {
                let yes = doc.add_bool(true);
                doc.map_set(item, "includeSelectors", yes);
            }
            let pairs = mapping(doc, &[(key, text)]);
            doc.map_set(item, "pairs", pairs);
            item
        })
    }
}

fn set_entry(map: Node<'_>, key: &str, text: &str) -> Made {
    match map.get(key) {
        Some(value) => set(value, text, Tag::Str),
        None => {
            let doc = build(|doc| text_node(doc, text));
            Ok(Some(Splice::insert_entry(map, usize::MAX, key, doc.root())?))
        }
    }
}

/// Gives a scalar another text, unless it has it.
fn set(node: Node<'_>, text: &str, tag: Tag) -> Made {
    if node.text() == text && node.tag() == tag {
        return Ok(None);
    }
    Ok(Some(Splice::set_scalar(node, text, tag)?))
}

fn build(value: impl FnOnce(&mut Document) -> NodeId) -> Document {
    let mut doc = Document::new();
    let root = value(&mut doc);
    doc.set_root(root);
    doc
}

fn text_node(doc: &mut Document, text: &str) -> NodeId {
    doc.add_scalar(text, Tag::Str, Style::of_go_string(text))
}

fn mapping(doc: &mut Document, pairs: &[(&str, &str)]) -> NodeId {
    let map = doc.add_mapping();
    for (key, text) in pairs {
        let (key, value) = (text_node(doc, key), text_node(doc, text));
        doc.map_insert(map, usize::MAX, key, value);
    }
    map
}
