//! Compares one object as Argo CD does, and gives what Argo CD shows: the live object and the one that a sync would make of it.
//!
//! [`assess`](crate::assess()) answers more, and by the rules of a server. This is for those who have to agree with Argo CD: which
//! application is out of sync, and what its two documents side by side are.
//!
//! Server-side diffs are not here: they ask a server. Not followed are the random order in which Go walks mappings, and the
//! second that an expression of jq may take: one that might not end is not run at all.
//!
//! Source: Argo CD, `gitops-engine/pkg/diff`, `util/argo/diff` and `util/argo/normalizers`.

mod endpoints;
mod go;
mod hide;
mod ignore;
pub(crate) mod known;
mod normalise;
mod three_way;
mod trusted;
mod versions;

use longshore_manifest::GroupVersionKind;
use longshore_patch::strategic::apimachinery::ThreeWayError;
use longshore_yaml::{Document, Node};

pub use hide::{HideError, hide};
pub use known::KnownType;
pub use normalise::secret;
pub use three_way::{last_applied, three_way};
pub use trusted::trusted;

use crate::rules::IgnoreRule;

/// The annotation in which `kubectl apply` writes down what it applied.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// How to compare.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// What to overlook (`ignoreDifferences`).
    pub ignore: Vec<IgnoreRule>,
    /// Fields of custom resources that hold types of Kubernetes. Default: those that Argo CD knows itself.
    pub known_types: Vec<KnownType>,
    /// Whether the rules of aggregated roles are their controller's. Default false.
    pub ignore_aggregated_roles: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { ignore: Vec::new(), known_types: KnownType::defaults(), ignore_aggregated_roles: false }
    }
}

impl Options {
    /// Overlooks what a rule names.
    pub fn ignore(mut self, rule: IgnoreRule) -> Self {
        self.ignore.push(rule);
        self
    }

    /// Tells the type of a field of a custom resource.
    pub fn known_type(mut self, known: KnownType) -> Self {
        self.known_types.push(known);
        self
    }

    /// Whether the rules of aggregated roles are their controller's.
    pub fn ignore_aggregated_roles(mut self, ignore: bool) -> Self {
        self.ignore_aggregated_roles = ignore;
        self
    }
}

/// A live object, normalised, beside what a sync would make of it.
#[derive(Clone, Debug)]
pub struct StateDiff {
    /// Whether they differ.
    pub modified: bool,
    /// The live object; `None` where there is none.
    pub live: Option<Document>,
    /// What it would be; `None` where it would be deleted.
    pub predicted: Option<Document>,
}

impl StateDiff {
    fn between(live: Document, predicted: Document) -> Self {
        let modified = live.root() != predicted.root();
        StateDiff { modified, live: Some(live), predicted: Some(predicted) }
    }
}

/// Compares a live object with a declared one, all normalisations included.
///
/// Where only one is there, it is the answer: an object to be made differs, one to be pruned does not. Where the live object
/// tells what was applied last, fields that were applied and are not declared any more differ; else, what is not declared does
/// not count.
///
/// # Errors
/// Lists that cannot be merged: items without their key, or of different types.
///
/// ```
/// use longshore_drift::argo::{Options, state_diff};
/// use longshore_yaml::{ReadOptions, SourceFile, read};
///
/// let doc = |text: &str| read(&SourceFile::new("service.yaml", text), &ReadOptions::default()).map(|mut docs| docs.remove(0));
/// let config = doc("{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80}]}}")?;
/// let live = doc(
///     "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {type: ClusterIP, ports: [{port: 80, protocol: TCP}]}}",
/// )?;
/// assert!(!state_diff(Some(&config), Some(&live), &Options::default())?.modified);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn state_diff(
    config: Option<&Document>,
    live: Option<&Document>,
    options: &Options,
) -> Result<StateDiff, ThreeWayError> {
    if let Some((live, config)) = live.zip(config).and_then(|(live, config)| without_trusted(live, config, options)) {
        return diff(Some(&config), Some(&live), options);
    }
    diff(config, live, options)
}

/// Both sides without what trusted managers changed.
fn without_trusted(live: &Document, config: &Document, options: &Options) -> Option<(Document, Document)> {
    let gvk = gvk_of(config.root());
    let rules = options.ignore.iter().filter(|rule| rule.covers(&gvk, config.root()));
    let managers: Vec<String> = rules.flat_map(|rule| rule.managed_fields_managers.iter().cloned()).collect();
    trusted(live, config, &managers)
}

/// Compares as [`state_diff`], but trusts no managers.
///
/// # Errors
/// As there.
pub fn diff(config: Option<&Document>, live: Option<&Document>, options: &Options) -> Result<StateDiff, ThreeWayError> {
    let spelled = |doc: &Document| {
        let mut doc = three_way::remarshal(doc);
        normalise(&mut doc, options);
        doc
    };
    match (config.map(spelled), live.map(spelled)) {
        (Some(config), Some(live)) => {
            let original = last_applied(live.root()).map(|mut original| {
                normalise(&mut original, options);
                original
            });
            let known = original.and_then(|original| three_way(&original, &config, &live).ok());
            known.map_or_else(|| three_way(&config, &config, &live), Ok)
        }
        (config, live) => Ok(StateDiff { modified: config.is_some(), live, predicted: config }),
    }
}

/// Normalises one object: by its kind, by the rules, by the known types.
pub fn normalise(doc: &mut Document, options: &Options) {
    normalise::object(doc, options.ignore_aggregated_roles);
    overlook(doc, options);
}

/// Removes what the rules name, and spells known types alike.
fn overlook(doc: &mut Document, options: &Options) {
    ignore::remove(doc, &options.ignore);
    known::rewrite(doc, &options.known_types);
}

/// Both sides as they are compared by fields alone: without what trusted managers changed and rules overlook.
pub fn normalise_pair(live: &Document, config: &Document, options: &Options) -> (Document, Document) {
    let (mut live, mut config) =
        without_trusted(live, config, options).unwrap_or_else(|| (live.clone(), config.clone()));
    overlook(&mut live, options);
    overlook(&mut config, options);
    (live, config)
}

fn gvk_of(object: Node<'_>) -> GroupVersionKind {
    let text = |key: &str| object.get(key).and_then(Node::as_str).unwrap_or_default();
    GroupVersionKind::new(text("apiVersion"), text("kind"))
}
