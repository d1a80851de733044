//! Patches: read from files or inline, and applied to the objects they are meant for.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use longshore_patch::Pointer;
use longshore_patch::json::{self, Dialect};
use longshore_patch::strategic::kyaml::{self, Outcome};
use longshore_yaml::{
    Document, DuplicateKeys, Kind, Node, NodeId, ReadOptions, Scalar, Schema, SourceFile, Style, Tag, read_stream,
};
use smallvec::{SmallVec, smallvec};

use crate::build::Build;
use crate::decode::Text;
use crate::entries::{Entries, Selected};
use crate::entry::{Entry, Id};
use crate::error::{Finding, Problems, RenderError, nearest};
use crate::filter::edit::{Edit, Origin, Typed, plain_tag};
use crate::filter::entries::SharedValue;
use crate::filter::go_json;
use crate::filter::selector::SelectorMatch;
use crate::kustomization::Patch;
use crate::loader::{self, Loader};
use crate::origin::{ORIGIN, TRANSFORMATIONS};
use crate::resources;

/// A patch, ready to be applied.
#[derive(Clone, Debug)]
pub(crate) struct LoadedPatch {
    /// Where the kustomization names it.
    pub(crate) origin: Origin,
    content: Content,
    target: Option<SelectorMatch>,
    allow_name_change: bool,
    allow_kind_change: bool,
    /// Whether it stands in `patches`, whose errors say more.
    of_patches: bool,
}

#[derive(Clone, Debug)]
enum Content {
    /// A strategic merge patch.
    Merge(Arc<Document>),
    /// A JSON patch.
    Operations(Arc<json::Patch>),
}

/// One item of `patches`: strategic merge patches or one JSON patch, which the content tells.
///
/// # Errors
/// Neither or both of `path` and `patch`; content that is neither, or both; several patches for one target.
pub(crate) fn load(loader: &Loader<'_>, item: &Patch) -> Result<Vec<LoadedPatch>, RenderError> {
    let source = match (item.path.value.trim().is_empty(), item.patch.value.trim().is_empty()) {
        (true, true) => return Err(Finding::on(&item.origin, "must specify one of patch and path").into()),
        (false, false) => return Err(Finding::on(&item.origin, "patch and path can't be set at the same time").into()),
        (false, true) => {
            let context = || format!("failed to get the patch file from path({})", item.path.value);
            loader.load(&item.path).map_err(|error| RenderError::from(error).context(context()))?
        }
        // Without the line breaks at its end, and so without that of a block scalar that stands there.
        (true, false) => {
            loader::inline(&Text { value: item.patch.value.trim_end().to_owned(), origin: item.patch.origin.clone() })
        }
    };
    let target = item.target.as_ref().map(SelectorMatch::new).transpose()?;
    let contents = contents(&source)?;
    let merges = contents.iter().filter(|content| matches!(content, Content::Merge(_))).count();
    if target.is_some() && merges > 1 {
        let message =
            "multiple Strategic-Merge Patches in one `patches` entry is not allowed to set `patches.target` field";
        return Err(Finding::on(&item.origin, message).into());
    }
    if target.is_none() && contents.iter().any(|content| matches!(content, Content::Operations(_))) {
        return Err(Finding::on(&item.origin, "must specify a target for JSON patch").into());
    }
    let targets = std::iter::repeat_n(target, contents.len());
    let loaded = |(content, target)| LoadedPatch {
        origin: item.origin.clone(),
        content,
        target,
        allow_name_change: item.allow_name_change,
        allow_kind_change: item.allow_kind_change,
        of_patches: true,
    };
    Ok(contents.into_iter().zip(targets).map(loaded).collect())
}

/// What a patch text holds; nothing where it is empty. Objects are mappings and operations a list, so no text is both,
/// and what it begins with says which to try first, and whose error to report.
fn contents(source: &Arc<SourceFile>) -> Result<Vec<Content>, RenderError> {
    let merges = || resources::read_patches(source).map(|docs| docs.into_iter().map(Content::merge).collect());
    let operations = || read_operations(source).map(|patch| vec![Content::Operations(Arc::new(patch))]);
    let found = match begins_a_list(source.text()) {
        true => operations().or_else(|error| merges().map_err(|_| error)),
        false => merges().or_else(|error| operations().map_err(|_| error)),
    };
    found.map_err(|error| error.context("unable to parse SM or JSON patch"))
}

fn begins_a_list(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with('[') || (text.starts_with('-') && !text.starts_with("---"))
}

impl Content {
    fn merge(doc: Document) -> Self {
        Content::Merge(Arc::new(doc))
    }
}

/// One item of `patchesStrategicMerge`: patches as they stand, or the path of a file of them.
pub(crate) fn load_merge(loader: &Loader<'_>, text: &Text) -> Result<Vec<LoadedPatch>, RenderError> {
    let docs = match resources::read_patches(&loader::inline(text)) {
        Ok(docs) => docs,
        Err(error) if text.value.trim().contains('\n') => return Err(error),
        Err(_) => resources::read_patches(&loader.load(text)?)?,
    };
    Ok(docs.into_iter().map(|doc| LoadedPatch::merge_of(doc, &text.origin)).collect())
}

/// One item of `patchesJson6902`.
///
/// # Errors
/// No target, neither or both of a path and operations, or no operation at all.
pub(crate) fn load_json(loader: &Loader<'_>, item: &Patch) -> Result<LoadedPatch, RenderError> {
    let wrong = |message: &str| RenderError::from(Finding::on(&item.origin, message));
    let target = match &item.target {
        None => return Err(wrong("must specify a target for JSON patch")),
        Some(target) if target.name.is_empty() => return Err(wrong("must specify the target name")),
        Some(target) => SelectorMatch::new(target)?,
    };
    let source = match (item.path.is_empty(), item.patch.is_empty()) {
        (true, true) => return Err(wrong("empty file path and empty jsonOp")),
        (false, false) => return Err(wrong("must specify a file path or jsonOp, not both")),
        (false, true) => loader.load(&item.path)?,
        (true, false) => loader::inline(&item.patch),
    };
    let operations = read_operations(&source)?;
    if operations.operations().is_empty() {
        return Err(wrong("patch appears to be empty"));
    }
    Ok(LoadedPatch {
        content: Content::Operations(Arc::new(operations)),
        target: Some(target),
        ..LoadedPatch::merge_of(Document::new(), &item.origin)
    })
}

/// Reads a JSON patch: JSON if it begins with `[`, YAML 1.1 otherwise.
fn read_operations(source: &Arc<SourceFile>) -> Result<json::Patch, RenderError> {
    let place = |message: String| {
        let location = longshore_yaml::Location { file: source.name().to_owned(), line: 1, column: 1 };
        Finding { location: Some(location), ..Finding::new(message) }
    };
    if source.text().starts_with('[') {
        let json: Result<serde_json::Value, _> = serde_json::from_str(source.text());
        json.map_err(|error| place(format!("a patch that begins with '[' must be JSON: {error}")))?;
    }
    let options = ReadOptions { schema: Schema::V2, duplicate_keys: DuplicateKeys::Keep, ..ReadOptions::default() };
    let docs = read_stream(source, &options).map_err(|error| RenderError::from(Finding::from(error)))?;
    let mut doc = docs.into_iter().next().ok_or_else(|| place("empty json patch operations".to_owned()))?;
    settle_patch(&mut doc);
    let patch = json::Patch::read(doc.root());
    patch.map_err(|error| Finding { location: error.location().cloned(), ..Finding::new(error.message()) }.into())
}

impl LoadedPatch {
    /// A strategic merge patch for the object that it names.
    pub(crate) fn merge_of(doc: Document, origin: &Origin) -> Self {
        LoadedPatch {
            origin: origin.clone(),
            content: Content::Merge(Arc::new(doc)),
            target: None,
            allow_name_change: false,
            allow_kind_change: false,
            of_patches: false,
        }
    }

    /// Applies the patch to what it is for. `step` names it where changes are kept.
    ///
    /// # Errors
    /// A patch without a target that does not name one object; a patch that does not fit an object; two objects that
    /// become one.
    pub(crate) fn apply(&self, build: &Build<'_>, entries: &mut Entries, step: &Arc<str>) -> Result<(), RenderError> {
        let places = match &self.target {
            Some(target) => select(entries, target),
            None => smallvec![self.named(build, entries)?],
        };
        let mut problems = Problems::default();
        for &place in &places {
            let old = build.options.provenance.then(|| entries.get(place).document().clone());
            let outcome = entries.edit(place, |entry| {
                let outcome = match &self.content {
                    Content::Merge(patch) => self.merge(build, entry, patch),
                    Content::Operations(patch) => self.operate(entry, patch),
                };
                if let Some(old) = old {
                    entry.remember_changes(step, &old);
                }
                outcome
            });
            problems.take(outcome);
        }
        if self.allow_name_change || self.allow_kind_change {
            places.iter().filter_map(|&place| conflict(entries, place)).for_each(|finding| problems.push(finding));
        }
        problems.done(())
    }

    /// The one object that a patch without a target names.
    fn named(&self, build: &Build<'_>, entries: &mut Entries) -> Result<usize, Finding> {
        let Content::Merge(patch) = &self.content else {
            return Err(Finding::on(&self.origin, "must specify a target for JSON patch"));
        };
        let root = patch.root().resolved();
        let text = |key: &str| root.get(key).map_or("", Node::text);
        let id = Id::of(root, build.type_of(text("apiVersion"), text("kind")).cluster_scoped);
        let places = entries.with_any_id(&id);
        if let [place] = places[..] {
            return Ok(place);
        }
        let found = if places.is_empty() { "no" } else { "multiple" };
        let context = if self.of_patches { "no resource matches strategic merge patch: " } else { "" };
        let message = format!("{context}{found} matches for Id {id}; failed to find unique target for patch {id}");
        let near = nearest_object(entries, &id).filter(|_| places.is_empty());
        Err(Finding::at(root, message).suggest(near.map(|near| format!("the nearest is {near}"))))
    }

    fn merge(&self, build: &Build<'_>, entry: &mut Entry, patch: &Document) -> Result<(), RenderError> {
        if replaces_all(patch.root()) {
            return Ok(());
        }
        entry.document().prefetch();
        patch.prefetch();
        let kept = Kept::of(entry.root());
        if self.allow_name_change || self.allow_kind_change {
            entry.remember();
        }
        let own = self.as_applied(entry, patch);
        let patch = own.as_ref().unwrap_or(patch);
        let shared = shared_places(entry, patch.root());
        let doc = entry.document_mut();
        let outcome = build.with_schema(|schema| kyaml::apply(doc, patch.root(), schema, &kyaml::Options::default()));
        let outcome = outcome.map_err(|error| Finding {
            location: error.location().cloned().or_else(|| patch.root().location()),
            field: Some(error.pointer()).filter(|pointer| !pointer.is_empty()),
            ..Finding::new(error.message())
        })?;
        keep_shared(doc, &shared);
        if outcome == Outcome::Deleted {
            let nothing = doc.add_null();
            doc.set_root(nothing);
            return Ok(());
        }
        if doc.root().is_mapping() && !doc.root().is_empty() {
            kept.restore(doc, self.allow_name_change, self.allow_kind_change);
            build.refresh(entry);
        }
        Ok(())
    }

    fn operate(&self, entry: &mut Entry, patch: &json::Patch) -> Result<(), RenderError> {
        entry.document().prefetch();
        if self.of_patches {
            entry.remember();
        }
        entry.separate();
        let annotations = touches_annotations(patch).then(|| entry.build_annotations());
        let doc = entry.document_mut();
        if let Some(annotations) = annotations.as_ref().filter(|all| !all.is_empty()) {
            annotate(doc, annotations);
        }
        let outcome = json::apply_with(doc, patch, Dialect::Evanphx);
        if let Some(annotations) = &annotations {
            let keeps = |name: &str| doc.root().at(ANNOTATIONS).is_some_and(|found| found.get(name).is_some());
            let (origin, transformations) = (keeps(ORIGIN), keeps(TRANSFORMATIONS));
            unannotate(doc, annotations);
            entry.origin = entry.origin.take().filter(|_| origin);
            entry.transformations.retain(|_| transformations);
        }
        let doc = entry.document_mut();
        outcome.map_err(|error| Finding {
            location: error.location().cloned(),
            field: Some(error.pointer()).filter(|pointer| !pointer.is_empty()),
            ..Finding::new(error.message())
        })?;
        settle_scalars(doc);
        Ok(())
    }

    /// The patch as the original applies it, where that is not as it stands: with a target it counts as one for the
    /// object's version, and of a patch that is copied or marked, labels and annotations are written anew.
    fn as_applied(&self, entry: &Entry, patch: &Document) -> Option<Document> {
        let copied = self.target.is_some() || !self.of_patches;
        let marked = self.allow_name_change || self.allow_kind_change;
        let labels = copied && !holds_texts(patch.root(), "labels");
        let annotations = (copied || marked) && !holds_texts(patch.root(), "annotations");
        let api_version = self.target.as_ref().and_then(|_| entry.root().get("apiVersion"));
        if api_version.is_none() && !labels && !annotations {
            return None;
        }
        let mut own = patch.clone();
        if let Some(api_version) = api_version {
            let (root, value) = (own.root_id(), own.import(api_version));
            own.map_set(root, "apiVersion", value);
        }
        if labels {
            make_texts(&mut own, "labels");
        }
        if annotations {
            make_texts(&mut own, "annotations");
        }
        Some(own)
    }
}

/// Whether a patch is to take the place of the whole object. The original makes that object, and then forgets it.
fn replaces_all(root: Node<'_>) -> bool {
    root.get("$patch").is_some_and(|directive| directive.text() == "replace")
}

/// A place of a value that stands in several.
struct SharedPlace {
    map: NodeId,
    key: String,
    value: NodeId,
}

/// The places of shared values under keys that a patch may name too.
fn shared_places(entry: &Entry, patch: Node<'_>) -> Vec<SharedPlace> {
    if entry.shared.is_empty() {
        return Vec::new();
    }
    let text = patch.file().map_or("", |file| file.text());
    // What is written with escapes may be any key.
    let may_name = |key: &str| text.is_empty() || text.contains(key) || text.contains('\\');
    let key = |shared: &SharedValue| {
        let mut entries = entry.document().node(shared.map).entries();
        entries.find(|(_, value)| value.id() == shared.value).map(|(key, _)| key.text())
    };
    let named = |shared: &&SharedValue| shared.first && key(shared).is_some_and(may_name);
    let named: SmallVec<[NodeId; 4]> = entry.shared.iter().filter(named).map(|shared| shared.value).collect();
    let places = entry.shared.iter().filter(|shared| named.contains(&shared.value));
    let place =
        |shared: &SharedValue| Some(SharedPlace { map: shared.map, key: key(shared)?.to_owned(), value: shared.value });
    places.filter_map(place).collect()
}

/// Where a patch put other scalars, the shared one becomes that: the original overwrites it, the last time with what comes
/// last in the object.
fn keep_shared(doc: &mut Document, places: &[SharedPlace]) {
    let now = |place: &SharedPlace| {
        let now = doc.node(place.map).get(&place.key)?;
        (now.kind() == Kind::Scalar && now.id() != place.value).then(|| now.id())
    };
    let mut changed: Vec<_> = places.iter().filter_map(|place| Some((now(place)?, place))).collect();
    // A patch adds nodes in the order of the object.
    changed.sort_unstable_by_key(|(now, _)| *now);
    for (now, place) in changed {
        doc.replace(place.value, now);
        doc.map_set(place.map, &place.key, place.value);
    }
}

/// Whether labels or annotations are not there, or a mapping of texts that holds some.
fn holds_texts(root: Node<'_>, field: &str) -> bool {
    let Some(found) = root.at(["metadata", field]).map(Node::resolved) else { return true };
    let text = |node: Node<'_>| node.resolved().tag() == Tag::Str;
    found.is_mapping() && !found.is_empty() && found.entries().all(|(key, value)| text(key) && text(value))
}

/// Writes labels or annotations anew as the original does, through a map of texts: a `null` is the text `null` then and
/// removes nothing, and where nothing is left the field goes.
fn make_texts(doc: &mut Document, field: &str) {
    let Some(metadata) = doc.root().get("metadata").map(|metadata| metadata.resolved().id()) else { return };
    let found = doc.node(metadata).get(field).into_iter().flat_map(|found| found.resolved().entries());
    let text = |node: Node<'_>| (node.text().to_owned(), Origin::of(node));
    let texts: Vec<_> = found.flat_map(|(key, value)| [text(key.resolved()), text(value.resolved())]).collect();
    if texts.is_empty() {
        doc.map_remove(metadata, field);
        return;
    }
    let map = doc.add_mapping();
    let children: Vec<NodeId> = texts
        .into_iter()
        .map(|(text, origin)| {
            let id = doc.add_str(&text);
            origin.stamp(doc, id);
            id
        })
        .collect();
    doc.set_children(map, &children);
    doc.map_set(metadata, field, map);
}

/// Whether an operation of a JSON patch may see or change annotations.
fn touches_annotations(patch: &json::Patch) -> bool {
    let meets = |path: &Pointer| path.steps().iter().zip(ANNOTATIONS).all(|(step, on_the_way)| step == on_the_way);
    patch.operations().iter().any(|operation| meets(operation.path()) || operation.from().is_some_and(meets))
}

const ANNOTATIONS: [&str; 2] = ["metadata", "annotations"];

/// Adds annotations; an object without metadata stays without.
fn annotate(doc: &mut Document, annotations: &[(&'static str, String)]) {
    let Some(metadata) = doc.root().get("metadata").map(Node::resolved).filter(|node| node.is_mapping()) else {
        return;
    };
    let (metadata, found) = (metadata.id(), metadata.get("annotations").map(Node::resolved));
    let map = found.filter(|found| found.is_mapping()).map(Node::id).unwrap_or_else(|| {
        let map = doc.add_mapping();
        doc.map_set(metadata, "annotations", map);
        map
    });
    for (name, text) in annotations {
        let text = doc.add_str(text);
        doc.map_set(map, name, text);
    }
}

/// Takes annotations away again. Where no others are, or what a patch put there is no mapping, the field goes.
fn unannotate(doc: &mut Document, annotations: &[(&'static str, String)]) {
    let Some(metadata) = doc.root().get("metadata").map(|metadata| metadata.resolved().id()) else { return };
    let Some(map) = doc.node(metadata).get("annotations").map(|found| found.resolved().id()) else { return };
    for (name, _) in annotations {
        doc.map_remove(map, name);
    }
    if !doc.node(map).is_mapping() || doc.node(map).is_empty() {
        doc.map_remove(metadata, "annotations");
    }
}

/// The object of the same kind whose name is nearest to one that no object has.
fn nearest_object(entries: &Entries, id: &Id<'_>) -> Option<String> {
    let of_kind = || entries.iter().filter(|entry| !entry.is_empty() && entry.id().kind == id.kind);
    let name = nearest(id.name, of_kind().map(|entry| entry.id().name))?;
    of_kind().find(|entry| entry.id().name == name).map(|entry| entry.id().to_string())
}

/// The error for an object that has the id of another.
fn conflict(entries: &mut Entries, place: usize) -> Option<Finding> {
    if entries.get(place).is_empty() {
        return None;
    }
    let name = entries.get(place).id().name.to_owned();
    let others = entries.named(&name).to_vec();
    let entry = entries.get(place);
    let others = others.into_iter().map(|other| other as usize).filter(|&other| other != place);
    let mut others = others.map(|other| entries.get(other)).filter(|other| !other.is_empty());
    others.find(|other| other.id().same(&entry.id())).map(|_| {
        let message = format!("may not add resource with an already registered id: {}", entry.id());
        Finding::at(entry.root(), message)
    })
}

/// Places of the objects that a selector means: by first or present name and namespace, and present type.
pub(crate) fn select(entries: &mut Entries, target: &SelectorMatch) -> Selected {
    entries.find(target.plain_name(), |entry| is_meant(entry, target))
}

fn is_meant(entry: &Entry, target: &SelectorMatch) -> bool {
    // What costs least first: what the object was called lies somewhere else, and so may the object.
    let now = entry.id();
    if !target.matches_gvk(now.group, now.version, now.kind) {
        return false;
    }
    let first = entry.original_id();
    let namespaces = || [first.effective_namespace(), now.effective_namespace()];
    !entry.is_empty()
        && (target.matches_name(first.name) || target.matches_name(now.name))
        && namespaces().into_iter().any(|namespace| target.matches_namespace(namespace))
        && target.matches_metadata(entry)
}

/// Who an object was before a patch. A patch puts other nodes in the place of these, and leaves them what they were.
struct Kept {
    kind: Option<NodeId>,
    name: Option<NodeId>,
    namespace: Option<NodeId>,
}

impl Kept {
    fn of(root: Node<'_>) -> Self {
        let [kind, metadata] = root.get_each(["kind", "metadata"]);
        let [name, namespace] = metadata.map_or([None; 2], |metadata| metadata.get_each(["name", "namespace"]));
        let [kind, name, namespace] = [kind, name, namespace].map(|node| node.map(|node| node.resolved().id()));
        Kept { kind, name, namespace }
    }

    /// Puts back what a patch must not change. Its namespace no patch may.
    fn restore(&self, doc: &mut Document, name: bool, kind: bool) {
        let root = doc.root_id();
        if !kind {
            put_back(doc, root, "kind", self.kind);
        }
        let Some(metadata) = doc.root().get("metadata").map(|metadata| metadata.resolved().id()) else { return };
        if !name {
            put_back(doc, metadata, "name", self.name);
        }
        let namespace = self.namespace.filter(|&node| doc.node(node).text_len() > 0);
        put_back(doc, metadata, "namespace", namespace);
    }
}

fn put_back(doc: &mut Document, map: NodeId, key: &str, kept: Option<NodeId>) {
    let now = doc.node(map).get(key).map(|node| node.resolved().id());
    let text = |id: NodeId| doc.node(id).text();
    match (kept, now) {
        (None, Some(_)) => {
            doc.map_remove(map, key);
        }
        (Some(kept), now) if now.is_none_or(|now| text(now) != text(kept)) => {
            let (text, origin) = (text(kept).to_owned(), Origin::of(doc.node(kept)));
            let mut edit = Edit::new(doc, &origin, None);
            match now {
                Some(now) => edit.set_text(now, &text, Typed::Plain),
                None => {
                    let new = edit.string(&text);
                    edit.add_entry(map, key, new);
                }
            }
        }
        _ => {}
    }
}

/// All scalars of a document that are values.
fn scalars(doc: &Document) -> impl Iterator<Item = Node<'_>> {
    let mut open = vec![doc.root()];
    std::iter::from_fn(move || {
        let node = open.pop()?.resolved();
        open.extend(node.items());
        open.extend(node.entries().map(|(_, value)| value));
        Some(node)
    })
    .filter(|node| node.kind() == Kind::Scalar)
}

/// What YAML 1.1 makes of scalars on their way to JSON: words are booleans, times stay texts, binaries are what they say.
fn settle_patch(doc: &mut Document) {
    let settled = |node: Node<'_>| match node.tag() {
        Tag::Bool => Some((node.as_bool()?.to_string(), Tag::Bool)),
        Tag::Timestamp => Some((node.text().to_owned(), Tag::Str)),
        Tag::Binary => Some((String::from_utf8(STANDARD.decode(node.text()).ok()?).ok()?, Tag::Str)),
        _ => None,
    };
    let found: Vec<_> = scalars(doc).filter_map(|node| Some((node.id(), settled(node)?))).collect();
    for (id, (text, tag)) in found {
        doc.set_scalar(id, &text, tag);
    }
}

/// The original passes an object through JSON: `~` is written as `null` then and `True` as `true`, and a text of several
/// lines as a literal. Numbers are floats: integers above 2^53 lose digits, `1.0` is written as `1` and `0x10` as `16`.
fn settle_scalars(doc: &mut Document) {
    let quoted = |node: Node<'_>| matches!(node.style(), Style::SingleQuoted | Style::DoubleQuoted);
    let (mut texts, mut lines) = (Vec::new(), Vec::new());
    for node in scalars(doc) {
        match json_text(node) {
            Some(text) if node.text() != text => texts.push((node.id(), text)),
            None if node.tag() == Tag::Str && quoted(node) && node.text().contains('\n') => lines.push(node.id()),
            _ => {}
        }
    }
    for (id, text) in texts {
        let tag = plain_tag(&text);
        doc.set_scalar(id, &text, tag);
    }
    lines.into_iter().for_each(|id| doc.set_style(id, Style::Literal));
}

/// How JSON writes a scalar that is no string, if that may not be as it is written.
fn json_text(node: Node<'_>) -> Option<String> {
    if matches!(node.tag(), Tag::Str) || (node.tag() == Tag::Int && is_settled(node.text())) {
        return None;
    }
    match node.scalar()? {
        Scalar::Null => Some("null".to_owned()),
        Scalar::Bool(value) => Some(value.to_string()),
        Scalar::Int(value) => Some(go_json::float_text(value as f64)),
        Scalar::Uint(value) => Some(go_json::float_text(value as f64)),
        Scalar::Float(value) => value.is_finite().then(|| go_json::float_text(value)),
        Scalar::Str(_) => None,
    }
}

/// Whether an integer is written as JSON writes it, and so short that a float holds it exactly.
fn is_settled(integer: &str) -> bool {
    const EXACT_DIGITS: usize = 15;
    let digits = integer.strip_prefix('-').unwrap_or(integer).as_bytes();
    digits.len() <= EXACT_DIGITS
        && digits.iter().all(u8::is_ascii_digit)
        && (!digits.starts_with(b"0") || integer == "0")
}
