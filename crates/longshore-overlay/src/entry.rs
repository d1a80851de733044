//! A resource on its way through a build, with what it was called before.

use std::fmt;
use std::sync::{Arc, LazyLock};

use longshore_yaml::{Document, Node, NodeId};
use smallvec::SmallVec;
use smol_str::SmolStr;

use crate::filter::edit::{Edit, Origin, Trace};
use crate::filter::entries::SharedValue;
use crate::filter::fieldspec::Gvk;
use crate::history::History;
use crate::origin::{BuildOrigin, ORIGIN, TRANSFORMATIONS};

/// Who an object is, borrowed from its document or its history.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Id<'a> {
    pub(crate) group: &'a str,
    pub(crate) version: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) name: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) cluster_scoped: bool,
}

/// What stands for the namespace of an object that lives in none.
pub(crate) const NO_NAMESPACE: &str = "_non_namespaceable_";

impl<'a> Id<'a> {
    /// The id of a document.
    pub(crate) fn of(root: Node<'a>, cluster_scoped: bool) -> Self {
        IdFields::of(root).id(cluster_scoped)
    }

    /// The namespace that counts: `default` where none is written, a placeholder for objects of the whole cluster.
    pub(crate) fn effective_namespace(&self) -> &'a str {
        match self.namespace {
            _ if self.cluster_scoped => NO_NAMESPACE,
            "" => "default",
            namespace => namespace,
        }
    }

    /// Whether both name one object.
    pub(crate) fn same(&self, other: &Id<'_>) -> bool {
        self.name == other.name && self.same_type(other) && self.effective_namespace() == other.effective_namespace()
    }

    fn same_type(&self, other: &Id<'_>) -> bool {
        self.kind == other.kind && self.version == other.version && self.group == other.group
    }
}

/// The fields that make up an id.
struct IdFields<'a> {
    api_version: Option<Node<'a>>,
    kind: Option<Node<'a>>,
    name: Option<Node<'a>>,
    namespace: Option<Node<'a>>,
}

impl<'a> IdFields<'a> {
    fn of(root: Node<'a>) -> Self {
        let [api_version, kind, metadata] = root.get_each(["apiVersion", "kind", "metadata"]);
        let [name, namespace] = metadata.map_or([None; 2], |metadata| metadata.get_each(["name", "namespace"]));
        IdFields { api_version, kind, name, namespace }
    }

    fn id(&self, cluster_scoped: bool) -> Id<'a> {
        let (group, version) = group_version(text(self.api_version));
        let (kind, name, namespace) = (text(self.kind), text(self.name), text(self.namespace));
        Id { group, version, kind, name, namespace, cluster_scoped }
    }
}

fn text(node: Option<Node<'_>>) -> &str {
    node.map_or("", Node::text)
}

/// Group and version of an `apiVersion`; a text without a slash is a version.
pub(crate) fn group_version(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

impl fmt::Display for Id<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or = |text: &'static str, given| if str::is_empty(given) { text } else { given };
        write!(f, "{}.{}.{}", or("[noKind]", self.kind), or("[noVer]", self.version), or("[noGrp]", self.group))?;
        write!(f, "/{}.{}", or("[noName]", self.name), or("[noNs]", self.namespace))
    }
}

/// A name that an object had before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PastId {
    pub(crate) name: SmolStr,
    /// The namespace that counted then.
    pub(crate) namespace: SmolStr,
    pub(crate) kind: SmolStr,
}

/// What an object was called before, and what was put around its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lineage {
    /// Oldest first.
    pub(crate) ids: SmallVec<[PastId; 3]>,
    /// Innermost first.
    pub(crate) prefixes: SmallVec<[SmolStr; 2]>,
    /// Innermost first.
    pub(crate) suffixes: Vec<SmolStr>,
}

static NO_LINEAGE: LazyLock<Arc<Lineage>> = LazyLock::new(Arc::default);

impl Lineage {
    /// That of an object which was never called otherwise; all of them share it.
    fn none() -> Arc<Self> {
        Arc::clone(&NO_LINEAGE)
    }

    fn is_none(lineage: &Arc<Self>) -> bool {
        Arc::ptr_eq(lineage, &NO_LINEAGE)
    }
}

/// What a generated object does with one of the same id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Behavior {
    /// It was not generated.
    #[default]
    None,
    Unspecified,
    Create,
    Replace,
    Merge,
}

impl Behavior {
    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "create" => Behavior::Create,
            "replace" => Behavior::Replace,
            "merge" => Behavior::Merge,
            _ => Behavior::Unspecified,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Behavior::None | Behavior::Unspecified => "unspecified",
            Behavior::Create => "create",
            Behavior::Replace => "replace",
            Behavior::Merge => "merge",
        }
    }
}

/// What the objects of one type have in common.
#[derive(Clone, Debug, Default)]
pub(crate) struct Type {
    pub(crate) gvk: Arc<Gvk>,
    /// Whether they live in the cluster as a whole.
    pub(crate) cluster_scoped: bool,
}

impl Type {
    pub(crate) fn new(api_version: &str, kind: &str, cluster_scoped: bool) -> Self {
        let (group, version) = group_version(api_version);
        Type { gvk: Arc::new(Gvk::new(group, version, kind)), cluster_scoped }
    }
}

/// A resource with the history that a build keeps of it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    doc: Document,
    cluster_scoped: bool,
    /// Type, name and namespace as they stand in the document, if it was not changed since they were looked up.
    known: bool,
    gvk: Arc<Gvk>,
    /// Whether it may have been of another kind.
    changed_kind: bool,
    name: SmolStr,
    namespace: SmolStr,
    /// How often it got another name.
    renames: u32,
    /// The node that holds the name.
    name_at: Option<NodeId>,
    past: Arc<Lineage>,
    pub(crate) behavior: Behavior,
    pub(crate) needs_hash: bool,
    /// Whether a chart brought it.
    pub(crate) from_chart: bool,
    /// Whether it is meant for the build alone.
    pub(crate) local: bool,
    /// Places of labels and annotations that are one node in several.
    pub(crate) shared: Vec<SharedValue>,
    /// Variables whose values it holds.
    pub(crate) var_names: Vec<Box<str>>,
    /// Where it was read or generated, if the build was asked to annotate that.
    pub(crate) origin: Option<Box<BuildOrigin>>,
    /// What transformed it, if the build was asked to annotate that.
    pub(crate) transformations: Vec<BuildOrigin>,
    /// What was done to its fields, if the build was asked to keep that.
    pub(crate) history: History,
}

impl Entry {
    /// A resource without a history, of the type that `type_of` knows for its API version and kind.
    pub(crate) fn new(doc: Document, type_of: impl FnOnce(&str, &str) -> Type) -> Self {
        let fields = IdFields::of(doc.root().resolved());
        let of = type_of(text(fields.api_version), text(fields.kind));
        Entry {
            cluster_scoped: of.cluster_scoped,
            known: true,
            gvk: of.gvk,
            changed_kind: false,
            name: text(fields.name).into(),
            namespace: text(fields.namespace).into(),
            renames: 0,
            name_at: fields.name.map(Node::id),
            doc,
            past: Lineage::none(),
            behavior: Behavior::default(),
            needs_hash: false,
            from_chart: false,
            local: false,
            shared: Vec::new(),
            var_names: Vec::new(),
            origin: None,
            transformations: Vec::new(),
            history: History::default(),
        }
    }

    pub(crate) fn document(&self) -> &Document {
        &self.doc
    }

    /// The document, to change it. Who changes its name must tell the [`Entries`](crate::entries::Entries).
    pub(crate) fn document_mut(&mut self) -> &mut Document {
        self.known = false;
        &mut self.doc
    }

    /// The document, to change what has no part in who it is: not its type, its name and its namespace.
    pub(crate) fn fields_mut(&mut self) -> &mut Document {
        &mut self.doc
    }

    /// The document, to be changed on behalf of the field at `origin`. Without `renames` that must have no part in who
    /// it is, as in [`Entry::fields_mut`].
    pub(crate) fn edit<'e>(&'e mut self, origin: &'e Origin, trace: Option<&'e mut Trace>, renames: bool) -> Edit<'e> {
        let gvk = self.known.then_some(&self.gvk);
        self.known &= !renames;
        Edit::new(&mut self.doc, origin, trace).of_type(gvk)
    }

    /// Changes the node that holds its name, and nothing else of who it is.
    pub(crate) fn rename<R>(
        &mut self,
        name: NodeId,
        origin: &Origin,
        trace: Option<&mut Trace>,
        change: impl FnOnce(&mut Edit<'_>, NodeId) -> R,
    ) -> R {
        let result = change(&mut Edit::new(&mut self.doc, origin, trace), name);
        self.name = self.doc.node(name).text().into();
        self.renames += 1;
        result
    }

    /// Looks up who it is, so that asking costs nothing until the document changes.
    pub(crate) fn recognize(&mut self) {
        if self.known {
            return;
        }
        let fields = IdFields::of(self.doc.root().resolved());
        let id = fields.id(self.cluster_scoped);
        if !self.gvk.is(id.group, id.version, id.kind) {
            self.changed_kind |= self.gvk.kind != id.kind;
            self.gvk = Arc::new(Gvk::new(id.group, id.version, id.kind));
        }
        if self.name != id.name {
            self.name = id.name.into();
            self.renames += 1;
        }
        if self.namespace != id.namespace {
            self.namespace = id.namespace.into();
        }
        (self.name_at, self.known) = (fields.name.map(Node::id), true);
    }

    /// How often it got another name; who compares it with what it was must have [recognized](Entry::recognize) it.
    pub(crate) fn renames(&self) -> u32 {
        self.renames
    }

    /// The document, and what was done to it.
    pub(crate) fn into_parts(self) -> (Document, History) {
        (self.doc, self.history)
    }

    pub(crate) fn root(&self) -> Node<'_> {
        self.doc.root().resolved()
    }

    pub(crate) fn cluster_scoped(&self) -> bool {
        self.cluster_scoped
    }

    /// Its type.
    pub(crate) fn gvk(&self) -> Arc<Gvk> {
        if self.known {
            return Arc::clone(&self.gvk);
        }
        let id = self.id();
        Arc::new(Gvk::new(id.group, id.version, id.kind))
    }

    /// Takes over what is known of its type, after that may have changed.
    pub(crate) fn set_type(&mut self, of: Type) {
        self.changed_kind |= self.gvk.kind != of.gvk.kind;
        (self.gvk, self.cluster_scoped, self.known) = (of.gvk, of.cluster_scoped, false);
    }

    /// Whether nothing is left of it.
    pub(crate) fn is_empty(&self) -> bool {
        if self.known && !self.name.is_empty() {
            return false;
        }
        let root = self.root();
        root.is_null() || root.is_empty()
    }

    /// Who it is now.
    pub(crate) fn id(&self) -> Id<'_> {
        if !self.known {
            return Id::of(self.root(), self.cluster_scoped);
        }
        let (Gvk { group, version, kind }, cluster_scoped) = (&*self.gvk, self.cluster_scoped);
        Id { group, version, kind, name: &self.name, namespace: &self.namespace, cluster_scoped }
    }

    /// The type of all its ids, if the entry itself can tell. What an object was called lies somewhere else, so ask this
    /// first.
    pub(crate) fn only_type(&self) -> Option<&Gvk> {
        // Group and version of every id are those of today.
        (self.known && !self.changed_kind).then_some(&*self.gvk)
    }

    /// The node that holds its name.
    pub(crate) fn name_node(&self) -> Option<Node<'_>> {
        if self.known {
            return self.name_at.map(|id| self.doc.node(id));
        }
        IdFields::of(self.root()).name
    }

    /// Who it was when it came in.
    pub(crate) fn original_id(&self) -> Id<'_> {
        self.past_ids().next().unwrap_or_else(|| self.id())
    }

    /// Who it was, oldest first, each with today's group and version.
    pub(crate) fn past_ids(&self) -> impl DoubleEndedIterator<Item = Id<'_>> + ExactSizeIterator {
        let (group, version) = match self.known {
            true => (&*self.gvk.group, &*self.gvk.version),
            false => group_version(self.root().get("apiVersion").map_or("", Node::text)),
        };
        self.past.ids.iter().map(move |past| Id {
            group,
            version,
            kind: &past.kind,
            name: &past.name,
            namespace: &past.namespace,
            cluster_scoped: false,
        })
    }

    /// Who it was and is, oldest first.
    pub(crate) fn ids(&self) -> impl Iterator<Item = Id<'_>> {
        self.past_ids().chain(std::iter::once_with(|| self.id()))
    }

    pub(crate) fn past(&self) -> &Arc<Lineage> {
        &self.past
    }

    fn past_mut(&mut self) -> &mut Lineage {
        if Lineage::is_none(&self.past) {
            self.past = Arc::default();
        }
        Arc::make_mut(&mut self.past)
    }

    /// Remembers who it is now, before that changes.
    pub(crate) fn remember(&mut self) {
        self.recognize();
        let id = self.id();
        let (name, namespace, kind) = (id.name, id.effective_namespace(), id.kind);
        let same = |past: &PastId| *past.name == *name && *past.namespace == *namespace && *past.kind == *kind;
        if !self.past.ids.last().is_some_and(same) {
            // A long text is shared, not copied.
            let namespace = match &self.namespace {
                _ if self.cluster_scoped => SmolStr::new_static(NO_NAMESPACE),
                namespace if namespace.is_empty() => SmolStr::new_static("default"),
                namespace => namespace.clone(),
            };
            let past = PastId { name: self.name.clone(), namespace, kind: kind.into() };
            self.recall(past);
        }
    }

    /// Notes who brought or transformed it, for the annotations of `buildMetadata`.
    pub(crate) fn annotate_by(&mut self, by: &BuildOrigin) {
        match self.origin {
            Some(_) => self.transformations.push(by.clone()),
            None => self.origin = Some(Box::new(by.clone())),
        }
        self.own_annotations();
    }

    /// Gives every place of a shared value a node of its own.
    pub(crate) fn separate(&mut self) {
        for SharedValue { map, value, first } in std::mem::take(&mut self.shared) {
            if let Some(copy) = (!first).then(|| self.doc.separate(map, value)).flatten() {
                self.history.copy(value, copy);
            }
        }
    }

    /// Gives its annotations nodes of their own: the original, where it notes something in them, writes them all anew.
    fn own_annotations(&mut self) {
        if self.shared.is_empty() {
            return;
        }
        let Some(annotations) = self.root().at(["metadata", "annotations"]).map(|found| found.resolved().id()) else {
            return;
        };
        for SharedValue { map, value, .. } in &self.shared {
            if let Some(copy) = (*map == annotations).then(|| self.doc.separate(*map, *value)).flatten() {
                self.history.copy(*value, copy);
            }
        }
        self.shared.retain(|shared| shared.map != annotations);
    }

    /// Notes in the history what a step made of the document as it was.
    pub(crate) fn remember_changes(&mut self, step: &Arc<str>, old: &Document) {
        self.history.compare(step, old.root(), self.doc.root());
    }

    /// Adds a name that it had last.
    pub(crate) fn recall(&mut self, past: PastId) {
        self.changed_kind |= *past.kind != *self.gvk.kind;
        self.past_mut().ids.push(past);
    }

    pub(crate) fn add_prefix(&mut self, prefix: &str) {
        if !prefix.is_empty() {
            self.past_mut().prefixes.push(prefix.into());
        }
    }

    pub(crate) fn add_suffix(&mut self, suffix: &str) {
        if !suffix.is_empty() {
            self.past_mut().suffixes.push(suffix.into());
        }
    }

    /// The annotations by which the original keeps what is known here of an object, until the build ends. A patch can see
    /// them, and that there are annotations at all.
    pub(crate) fn build_annotations(&self) -> Vec<(&'static str, String)> {
        let join = |texts: &mut dyn Iterator<Item = &SmolStr>| texts.map(SmolStr::as_str).collect::<Vec<_>>().join(",");
        let Lineage { ids, prefixes, suffixes } = &*self.past;
        let mut all = vec![
            ("internal.config.kubernetes.io/previousKinds", join(&mut ids.iter().map(|id| &id.kind))),
            ("internal.config.kubernetes.io/previousNames", join(&mut ids.iter().map(|id| &id.name))),
            ("internal.config.kubernetes.io/previousNamespaces", join(&mut ids.iter().map(|id| &id.namespace))),
            ("internal.config.kubernetes.io/prefixes", join(&mut prefixes.iter())),
            ("internal.config.kubernetes.io/suffixes", join(&mut suffixes.iter())),
        ];
        all.retain(|(_, text)| !text.is_empty());
        if self.behavior != Behavior::None {
            all.push(("internal.config.kubernetes.io/generatorBehavior", self.behavior.as_str().to_owned()));
        }
        if self.needs_hash {
            all.push(("internal.config.kubernetes.io/needsHashSuffix", "enabled".to_owned()));
        }
        if let Some(origin) = &self.origin {
            all.push((ORIGIN, origin.to_string()));
        }
        if !self.transformations.is_empty() {
            all.push((TRANSFORMATIONS, BuildOrigin::list(&self.transformations)));
        }
        all
    }

    /// Becomes, for the rest of the build, the object of the same id that it takes the place of: with its earlier names,
    /// and with a hash only if both are to have it.
    pub(crate) fn inherit(&mut self, old: &Entry) {
        self.past = Arc::clone(&old.past);
        self.changed_kind |= old.changed_kind || self.gvk.kind != old.gvk.kind;
        self.needs_hash &= old.needs_hash;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry() -> Entry {
        let object =
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "namespace": "x"}});
        Entry::new(Document::from_json(&object), |api_version, kind| Type::new(api_version, kind, false))
    }

    fn set(entry: &mut Entry, path: &[&str], text: &str) {
        let doc = entry.document_mut();
        let id = doc.root().at(path.iter().copied()).expect("the field is there").id();
        doc.set_scalar(id, text, longshore_yaml::Tag::Str);
    }

    #[track_caller]
    fn check(entry: &Entry, expect: &str) {
        assert_eq!(entry.id().to_string(), expect);
        assert_eq!(entry.ids().last().expect("it is someone").to_string(), expect);
        let gvk = entry.gvk();
        assert!(gvk.is(entry.id().group, entry.id().version, entry.id().kind));
        assert_eq!(entry.name_node().map(Node::text), Some(entry.id().name));
    }

    #[test]
    fn an_entry_is_what_its_document_says() {
        let mut entry = entry();
        check(&entry, "Deployment.v1.apps/a.x");
        for (path, text, expect) in [
            (&["metadata", "name"][..], "b", "Deployment.v1.apps/b.x"),
            (&["metadata", "namespace"], "y", "Deployment.v1.apps/b.y"),
            (&["kind"], "StatefulSet", "StatefulSet.v1.apps/b.y"),
            (&["apiVersion"], "v2", "StatefulSet.v2.[noGrp]/b.y"),
        ] {
            set(&mut entry, path, text);
            check(&entry, expect);
            entry.recognize();
            check(&entry, expect);
        }
    }

    #[test]
    fn it_remembers_each_name_once() {
        let mut entry = entry();
        entry.remember();
        entry.remember();
        set(&mut entry, &["metadata", "name"], "b");
        entry.remember();
        let names: Vec<&str> = entry.past_ids().map(|id| id.name).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(entry.original_id().name, "a");
    }
}
