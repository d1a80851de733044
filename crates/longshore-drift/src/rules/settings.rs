//! The rules in the settings of Argo CD itself, the ConfigMap `argocd-cm`.

use longshore_yaml::{Document, Node, ReadOptions, SourceFile, read};

use super::{IgnoreRule, Rules, RulesError};
use crate::argo::KnownType;

const IGNORE: &str = "resource.customizations.ignoreDifferences.";
const KNOWN: &str = "resource.customizations.knownTypeFields.";

/// Adds what the settings say: `resource.customizations.ignoreDifferences.GROUP_KIND`, of which `all` is for every kind, and
/// `resource.customizations.knownTypeFields.GROUP_KIND`, each a text of YAML.
pub(super) fn read_into(rules: &mut Rules, data: Node<'_>) -> Result<(), RulesError> {
    for (key, value) in data.entries() {
        if let Some(kind) = key.text().strip_prefix(IGNORE) {
            let (group, kind) = if kind == "all" { ("*", "*") } else { group_and_kind(kind) };
            let doc = inner(key, value)?;
            let rule = IgnoreRule::for_kind(group, kind);
            rules.ignore.push(rule.read_fields(doc.root()).map_err(|error| error.inside(key))?);
        } else if let Some(kind) = key.text().strip_prefix(KNOWN) {
            let (group, kind) = group_and_kind(kind);
            let doc = inner(key, value)?;
            for item in doc.root().items() {
                rules.known_types.push(known_type(group, kind, item).map_err(|error| error.inside(key))?);
            }
        }
    }
    Ok(())
}

/// `apps_Deployment`; a kind of the core group has no group and no `_`.
fn group_and_kind(text: &str) -> (&str, &str) {
    text.split_once('_').unwrap_or(("", text))
}

fn known_type(group: &str, kind: &str, item: Node<'_>) -> Result<KnownType, RulesError> {
    let text = |name: &str| {
        let found = item.get(name).and_then(Node::as_str);
        found.ok_or_else(|| RulesError::at(item, format!("a known type has a '{name}', a string")))
    };
    let known = KnownType::new(group, kind, text("field")?, text("type")?);
    let is_known = known.is_known();
    is_known.then_some(known).ok_or_else(|| {
        let given = item.get("type").map_or("", Node::text);
        RulesError::at(
            item,
            format!("no such type: '{given}'; types are core/v1/PodSpec, core/Quantity, meta/v1/Duration"),
        )
    })
}

/// The document inside a setting. Its places count from the setting's own first line.
fn inner(key: Node<'_>, value: Node<'_>) -> Result<Document, RulesError> {
    let text = value.as_str().ok_or_else(|| RulesError::at(value, "expected a string"))?;
    let file = SourceFile::new(key.text(), text);
    let docs = read(&file, &ReadOptions::default()).map_err(|error| RulesError::at(value, error.to_string()))?;
    Ok(docs.into_iter().next().unwrap_or_default())
}
