//! Selectors: which objects a patch or a replacement is meant for.

use longshore_manifest::Selector as LabelSelector;
use longshore_yaml::Node;

use crate::entry::{Entry, Id};
use crate::filter::edit::{FilterError, Origin};
use crate::filter::fieldspec::Gvk;
use crate::filter::pattern::Pattern;

/// What a kustomization says about the objects it means; an empty field says nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selector {
    /// Patterns for group, version and kind.
    pub(crate) gvk: Gvk,
    /// A pattern for the name.
    pub(crate) name: String,
    /// A pattern for the namespace.
    pub(crate) namespace: String,
    /// Conditions on annotations.
    pub(crate) annotations: String,
    /// Conditions on labels.
    pub(crate) labels: String,
    /// Where it is written.
    pub(crate) origin: Origin,
}

impl Selector {
    /// Reads the fields of a mapping; others are left to the caller.
    pub(crate) fn of(node: Node<'_>) -> Self {
        let text = |key: &str| node.get(key).map_or("", Node::text).to_owned();
        Selector {
            gvk: Gvk::new(&text("group"), &text("version"), &text("kind")),
            name: text("name"),
            namespace: text("namespace"),
            annotations: text("annotationSelector"),
            labels: text("labelSelector"),
            origin: Origin::of(node),
        }
    }

    /// Whether it says nothing of group, version, kind, name and namespace.
    pub(crate) fn names_nothing(&self) -> bool {
        self.gvk == Gvk::default() && self.name.is_empty() && self.namespace.is_empty()
    }
}

impl std::fmt::Display for Selector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let id = crate::filter::fieldspec::describe_id(&self.gvk, &self.name, &self.namespace);
        write!(f, "{id}:a={}:l={}", self.annotations, self.labels)
    }
}

/// A selector with its patterns compiled. Patterns must match the whole text.
#[derive(Clone, Debug)]
pub(crate) struct SelectorMatch {
    group: Option<Pattern>,
    version: Option<Pattern>,
    kind: Option<Pattern>,
    name: Option<Pattern>,
    namespace: Option<Pattern>,
    annotations: LabelSelector,
    labels: LabelSelector,
}

impl SelectorMatch {
    /// Compiles a selector.
    pub(crate) fn new(selector: &Selector) -> Result<Self, FilterError> {
        let compile = |text: &str| match text {
            "" => Ok(None),
            text => Pattern::anchored(text)
                .map(Some)
                .map_err(|error| FilterError::new(error.to_string()).or_at(&selector.origin)),
        };
        let parse = |text: &str| {
            if text.is_empty() {
                return Ok(LabelSelector::everything());
            }
            let refuse = |error| FilterError::new(format!("unable to parse selector: {error}")).or_at(&selector.origin);
            text.parse::<LabelSelector>().map_err(refuse)
        };
        Ok(SelectorMatch {
            group: compile(&selector.gvk.group)?,
            version: compile(&selector.gvk.version)?,
            kind: compile(&selector.gvk.kind)?,
            name: compile(&selector.name)?,
            namespace: compile(&selector.namespace)?,
            annotations: parse(&selector.annotations)?,
            labels: parse(&selector.labels)?,
        })
    }

    /// The only name that it can match, if there is one: objects with other names need not be looked at.
    pub(crate) fn plain_name(&self) -> Option<&str> {
        self.name.as_ref().and_then(Pattern::only_match)
    }

    /// Whether group, version and kind match.
    pub(crate) fn matches_gvk(&self, group: &str, version: &str, kind: &str) -> bool {
        fits(&self.kind, kind) && fits(&self.group, group) && fits(&self.version, version)
    }

    /// Whether a name matches.
    pub(crate) fn matches_name(&self, name: &str) -> bool {
        fits(&self.name, name)
    }

    /// Whether a namespace matches.
    pub(crate) fn matches_namespace(&self, namespace: &str) -> bool {
        fits(&self.namespace, namespace)
    }

    /// Whether an id matches.
    pub(crate) fn matches_id(&self, id: &Id<'_>) -> bool {
        self.matches_name(id.name)
            && self.matches_gvk(id.group, id.version, id.kind)
            && self.matches_namespace(id.namespace)
    }

    /// Whether labels and annotations match.
    pub(crate) fn matches_metadata(&self, entry: &Entry) -> bool {
        if self.annotations.is_empty() && self.labels.is_empty() {
            return true;
        }
        let metadata = entry.root().get("metadata");
        let map = |key: &str| metadata.and_then(|metadata| metadata.get(key));
        self.annotations.matches_node(map("annotations")) && self.labels.matches_node(map("labels"))
    }

    /// Whether an object is or was one that is meant.
    pub(crate) fn matches(&self, entry: &Entry) -> bool {
        let of_type = entry.only_type().is_none_or(|gvk| self.matches_gvk(&gvk.group, &gvk.version, &gvk.kind));
        of_type && entry.ids().any(|id| self.matches_id(&id)) && self.matches_metadata(entry)
    }
}

fn fits(pattern: &Option<Pattern>, text: &str) -> bool {
    pattern.as_ref().is_none_or(|pattern| pattern.is_match(text))
}
