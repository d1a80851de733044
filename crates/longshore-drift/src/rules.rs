//! What an assessment is told: whose name we apply under, and which differences to overlook.

mod settings;
mod target;

use std::collections::HashMap;

use longshore_manifest::{GroupVersionKind, Resource};
use longshore_yaml::{Location, Node, NodeId};
pub use target::{Pattern, PatternError, Target};

use crate::argo::KnownType;

/// How to judge differences.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rules {
    /// The name under which we apply: what it owns is ours to remove. Default `longshore`.
    pub manager: String,
    /// What to overlook.
    pub ignore: Vec<IgnoreRule>,
    /// Fields of custom resources that hold types of Kubernetes. Default: those that Argo CD knows itself.
    pub known_types: Vec<KnownType>,
}

impl Default for Rules {
    fn default() -> Self {
        Rules::for_manager("longshore")
    }
}

/// Differences of some resources to overlook: reported as [`Class::Ignored`](crate::Class::Ignored), and left alone by plans.
///
/// The words are those of Argo CD's `ignoreDifferences`; [`target`](IgnoreRule::target) is Flux's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct IgnoreRule {
    /// API group; `*` stands for any characters, an empty text for the core group.
    pub group: String,
    /// Kind, with `*`.
    pub kind: String,
    /// Name; `None` for every name.
    pub name: Option<String>,
    /// Namespace; `None` for every namespace.
    pub namespace: Option<String>,
    /// JSON pointers to fields, list items by index, on either side: with all below them.
    pub json_pointers: Vec<String>,
    /// Expressions of jq for paths, as `.spec.template.spec.containers[] | select(.name == "web")`; needs the feature `jq`.
    pub jq_path_expressions: Vec<String>,
    /// Managers whose fields are theirs to change.
    pub managed_fields_managers: Vec<String>,
    /// What else the resources must be; `None` for nothing.
    pub target: Option<Target>,
}

/// A rule that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", location.as_ref().map(|at| format!("{at}: ")).unwrap_or_default())]
pub struct RulesError {
    location: Option<Location>,
    message: String,
}

impl RulesError {
    fn at(node: Node<'_>, message: impl Into<String>) -> Self {
        RulesError { location: node.location(), message: message.into() }
    }

    /// Puts it inside the setting that holds the text in which it was found.
    fn inside(self, setting: Node<'_>) -> Self {
        let place = setting.location().map(|at| format!(" ({at})")).unwrap_or_default();
        RulesError { message: format!("{}{place}", self.message), ..self }
    }

    /// Where the problem is.
    pub fn location(&self) -> Option<&Location> {
        self.location.as_ref()
    }
}

impl Rules {
    /// The rules for someone who applies under this name.
    pub fn for_manager(manager: impl Into<String>) -> Self {
        Rules { manager: manager.into(), ignore: Vec::new(), known_types: KnownType::defaults() }
    }

    /// Adds a rule.
    pub fn ignore(mut self, rule: IgnoreRule) -> Self {
        self.ignore.push(rule);
        self
    }

    /// Reads rules as programs write them, all that are there:
    ///
    /// - `ignoreDifferences`, at the root or under `spec`: an application of Argo CD;
    /// - `driftDetection.ignore` or `ignore`, at the root or under `spec`, each with `paths` and a `target`: Flux;
    /// - `data` with `resource.customizations.ignoreDifferences.GROUP_KIND` and `….knownTypeFields.GROUP_KIND`: the settings
    ///   of Argo CD, the ConfigMap `argocd-cm`;
    /// - `manager`, the name under which we apply.
    ///
    /// # Errors
    /// A field of a rule that is unknown, of the wrong type, a pointer that does not begin with `/`, or, with the feature `jq`,
    /// an expression that is none; each with its line and column.
    pub fn read(node: Node<'_>) -> Result<Self, RulesError> {
        let mut rules = Rules::default();
        if let Some(manager) = node.get("manager") {
            rules.manager = manager.text().to_owned();
        }
        for root in [Some(node), node.get("spec")].into_iter().flatten() {
            for item in root.get("ignoreDifferences").into_iter().flat_map(Node::items) {
                rules.ignore.push(IgnoreRule::read(item)?);
            }
            let flux = [root.at(["driftDetection", "ignore"]), root.get("ignore")];
            for item in flux.into_iter().flatten().flat_map(Node::items) {
                rules.ignore.push(IgnoreRule::read_flux(item)?);
            }
        }
        if let Some(data) = node.get("data").filter(|data| data.is_mapping()) {
            settings::read_into(&mut rules, data)?;
        }
        Ok(rules)
    }
}

impl IgnoreRule {
    /// A rule for all resources of a kind; say what to overlook by its fields.
    pub fn for_kind(group: impl Into<String>, kind: impl Into<String>) -> Self {
        IgnoreRule { group: group.into(), kind: kind.into(), ..IgnoreRule::default() }
    }

    /// Overlooks what a JSON pointer names.
    pub fn pointer(mut self, pointer: impl Into<String>) -> Self {
        self.json_pointers.push(pointer.into());
        self
    }

    /// Overlooks what an expression of jq names.
    ///
    /// # Errors
    /// With the feature `jq`, an expression that is none.
    pub fn jq(mut self, expression: impl Into<String>) -> Result<Self, RulesError> {
        let expression = expression.into();
        #[cfg(feature = "jq")]
        if let Some(fault) = crate::jq::fault(&expression) {
            let (at, message) = (fault.at, fault.message);
            let message = format!("not an expression of jq: {message} at byte {at} of '{expression}'");
            return Err(RulesError { location: None, message });
        }
        self.jq_path_expressions.push(expression);
        Ok(self)
    }

    /// Overlooks what a manager owns.
    pub fn manager(mut self, manager: impl Into<String>) -> Self {
        self.managed_fields_managers.push(manager.into());
        self
    }

    /// A rule of Argo CD.
    fn read(node: Node<'_>) -> Result<Self, RulesError> {
        let rule = IgnoreRule::default().read_fields(node)?;
        if rule.kind.is_empty() {
            return Err(RulesError::at(node, "a rule names a 'kind' ('*' for any)"));
        }
        Ok(rule)
    }

    fn read_fields(mut self, node: Node<'_>) -> Result<Self, RulesError> {
        for (key, value) in node.entries() {
            let text = || value.as_str().map(str::to_owned).ok_or_else(|| RulesError::at(value, "expected a string"));
            match key.text() {
                "group" => self.group = text()?,
                "kind" => self.kind = text()?,
                "name" => self.name = Some(text()?).filter(|name| !name.is_empty()),
                "namespace" => self.namespace = Some(text()?).filter(|name| !name.is_empty()),
                "jsonPointers" => self.json_pointers = pointers(value)?,
                "jqPathExpressions" => self.jq_path_expressions = expressions(value)?,
                "managedFieldsManagers" => self.managed_fields_managers = texts(value)?,
                other => return Err(RulesError::at(key, format!("a rule has no field '{other}'"))),
            }
        }
        Ok(self)
    }

    /// A rule of Flux.
    fn read_flux(node: Node<'_>) -> Result<Self, RulesError> {
        let mut rule = IgnoreRule::for_kind("*", "*");
        for (key, value) in node.entries() {
            match key.text() {
                "paths" => rule.json_pointers = pointers(value)?,
                "target" => rule.target = Some(Target::read(value)?),
                other => return Err(RulesError::at(key, format!("a rule has no field '{other}'"))),
            }
        }
        Ok(rule)
    }

    /// Whether it is a rule for an object.
    pub(crate) fn covers(&self, gvk: &GroupVersionKind, object: Node<'_>) -> bool {
        let text = |key: &str| object.at(["metadata", key]).map_or("", Node::text);
        let exact = |wanted: &Option<String>, key: &str| wanted.as_deref().is_none_or(|wanted| wanted == text(key));
        matches(&self.group, &gvk.group)
            && matches(&self.kind, &gvk.kind)
            && exact(&self.name, "name")
            && exact(&self.namespace, "namespace")
            && self.target.as_ref().is_none_or(|target| target.covers(gvk, object))
    }
}

fn pointers(node: Node<'_>) -> Result<Vec<String>, RulesError> {
    let texts = texts(node)?;
    match node.items().find(|item| !item.text().starts_with('/')) {
        Some(item) => Err(RulesError::at(item, "a JSON pointer begins with '/'")),
        None => Ok(texts),
    }
}

fn expressions(node: Node<'_>) -> Result<Vec<String>, RulesError> {
    let texts = texts(node)?;
    #[cfg(feature = "jq")]
    for item in node.items() {
        if let Some(fault) = crate::jq::fault(item.text()) {
            let location = place_in(item, fault.at).or_else(|| item.location());
            let message = format!("not an expression of jq: {} in '{}'", fault.message, item.text());
            return Err(RulesError { location, message });
        }
    }
    Ok(texts)
}

/// Where a byte of a text stands in its file; `None` where the file has other characters there: escapes, folded lines.
#[cfg(feature = "jq")]
fn place_in(node: Node<'_>, at: usize) -> Option<Location> {
    let (file, span, text) = (node.file()?, node.span()?, node.text());
    let written = file.slice(span);
    let quote = usize::from(written.starts_with(['\'', '"']));
    if !written.get(quote..)?.starts_with(text) {
        return None;
    }
    let place = file.position(span.start + u32::try_from(quote + at).ok()?);
    Some(Location { file: file.name().to_owned(), line: place.line, column: place.column })
}

fn texts(node: Node<'_>) -> Result<Vec<String>, RulesError> {
    let text =
        |item: Node<'_>| item.as_str().map(str::to_owned).ok_or_else(|| RulesError::at(item, "expected a string"));
    node.items().map(text).collect()
}

/// Whether a text fits a pattern in which `*` stands for any characters.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut left) = text.strip_prefix(start) else {
        return false;
    };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return left.ends_with(part);
        }
        match left.find(part) {
            Some(at) => left = &left[at + part.len()..],
            None => return false,
        }
    }
    true
}

/// The rules for one resource, made ready for a walk.
#[derive(Default)]
pub(crate) struct Ignored {
    /// Nodes to overlook on either side, with the words of the rule.
    pub(crate) declared: HashMap<NodeId, String>,
    pub(crate) live: HashMap<NodeId, String>,
    pub(crate) managers: Vec<String>,
}

impl Ignored {
    pub(crate) fn new(rules: &Rules, resource: &Resource, declared: Node<'_>, live: Node<'_>) -> Self {
        let mut ignored = Ignored::default();
        let gvk = resource.gvk();
        for rule in rules.ignore.iter().filter(|rule| rule.covers(&gvk, resource.root())) {
            for pointer in &rule.json_pointers {
                let words = format!("jsonPointers {pointer}");
                ignored.declared.extend(follow(declared, pointer).map(|node| (node.id(), words.clone())));
                ignored.live.extend(follow(live, pointer).map(|node| (node.id(), words.clone())));
            }
            #[cfg(feature = "jq")]
            for expression in &rule.jq_path_expressions {
                let words = format!("jqPathExpressions {expression}");
                let find = |object| crate::jq::paths(object, expression).into_iter().map(|id| (id, words.clone()));
                ignored.declared.extend(find(declared));
                ignored.live.extend(find(live));
            }
            ignored.managers.extend(rule.managed_fields_managers.iter().cloned());
        }
        ignored
    }
}

fn follow<'a>(node: Node<'a>, pointer: &str) -> Option<Node<'a>> {
    pointer.split('/').skip(1).try_fold(node, |node, step| {
        let step = step.replace("~1", "/").replace("~0", "~");
        if node.is_sequence() { node.item(step.parse().ok()?) } else { node.get(&step) }.map(Node::resolved)
    })
}
