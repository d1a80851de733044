//! What an assessment is told: whose name we apply under, and which differences to overlook.

use std::collections::HashMap;

use longshore_manifest::{GroupVersionKind, Resource};
use longshore_yaml::{Location, Node, NodeId};

/// How to judge differences.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rules {
    /// The name under which we apply: what it owns is ours to remove. Default `longshore`.
    pub manager: String,
    /// What to overlook.
    pub ignore: Vec<IgnoreRule>,
}

impl Default for Rules {
    fn default() -> Self {
        Rules::for_manager("longshore")
    }
}

/// Differences of some resources to overlook: reported as [`Class::Ignored`](crate::Class::Ignored), and left alone by plans.
///
/// The words are those of Argo CD's `ignoreDifferences`.
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

    /// Where the problem is.
    pub fn location(&self) -> Option<&Location> {
        self.location.as_ref()
    }
}

impl Rules {
    /// The rules for someone who applies under this name.
    pub fn for_manager(manager: impl Into<String>) -> Self {
        Rules { manager: manager.into(), ignore: Vec::new() }
    }

    /// Adds a rule.
    pub fn ignore(mut self, rule: IgnoreRule) -> Self {
        self.ignore.push(rule);
        self
    }

    /// Reads `manager` and `ignoreDifferences`, at the root or under `spec` as an Argo CD application has them.
    ///
    /// # Errors
    /// A field of a rule that is unknown, of the wrong type, or a pointer that does not begin with `/`.
    pub fn read(node: Node<'_>) -> Result<Self, RulesError> {
        let mut rules = Rules::default();
        if let Some(manager) = node.get("manager") {
            rules.manager = manager.text().to_owned();
        }
        let list = node.get("ignoreDifferences").or_else(|| node.at(["spec", "ignoreDifferences"]));
        for item in list.into_iter().flat_map(Node::items) {
            rules.ignore.push(IgnoreRule::read(item)?);
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

    /// Overlooks what a manager owns.
    pub fn manager(mut self, manager: impl Into<String>) -> Self {
        self.managed_fields_managers.push(manager.into());
        self
    }

    fn read(node: Node<'_>) -> Result<Self, RulesError> {
        let mut rule = IgnoreRule::default();
        for (key, value) in node.entries() {
            let text = || value.as_str().map(str::to_owned).ok_or_else(|| RulesError::at(value, "expected a string"));
            match key.text() {
                "group" => rule.group = text()?,
                "kind" => rule.kind = text()?,
                "name" => rule.name = Some(text()?).filter(|name| !name.is_empty()),
                "namespace" => rule.namespace = Some(text()?).filter(|name| !name.is_empty()),
                "jsonPointers" => rule.json_pointers = texts(value)?,
                "jqPathExpressions" => rule.jq_path_expressions = texts(value)?,
                "managedFieldsManagers" => rule.managed_fields_managers = texts(value)?,
                other => return Err(RulesError::at(key, format!("a rule has no field '{other}'"))),
            }
        }
        match rule.json_pointers.iter().position(|pointer| !pointer.starts_with('/')) {
            Some(_) => Err(RulesError::at(node, "a JSON pointer begins with '/'")),
            None if rule.kind.is_empty() => Err(RulesError::at(node, "a rule names a 'kind' ('*' for any)")),
            None => Ok(rule),
        }
    }

    fn is_for(&self, resource: &Resource) -> bool {
        self.covers(&resource.gvk(), resource.name(), resource.namespace().unwrap_or_default())
    }

    /// Whether it is a rule for objects of this kind and name.
    pub(crate) fn covers(&self, gvk: &GroupVersionKind, name: &str, namespace: &str) -> bool {
        let exact = |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
        matches(&self.group, &gvk.group)
            && matches(&self.kind, &gvk.kind)
            && exact(&self.name, name)
            && exact(&self.namespace, namespace)
    }
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
        for rule in rules.ignore.iter().filter(|rule| rule.is_for(resource)) {
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
