//! `only:` and `except:` — the older way to say for which refs a job runs.

use super::{Checks, Place, is_text, texts};
use crate::expression::Expression;
use crate::pattern::{Pattern, looks_like_pattern};
use crate::value::{At, Data, Node};

/// When a job runs, or does not. Each part that is there must hold for `only`, none for `except`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policy {
    pub(crate) refs: Option<Vec<String>>,
    /// `kubernetes: active`, which no offline context has.
    pub(crate) kubernetes: bool,
    pub(crate) variables: Option<Vec<Expression>>,
    pub(crate) changes: Option<Vec<String>>,
    pub(crate) at: At,
}

impl Policy {
    /// What holds for a job that says nothing.
    pub(crate) fn only_by_default() -> Self {
        Policy { refs: Some(vec!["branches".to_owned(), "tags".to_owned()]), ..Policy::default() }
    }
}

const REFS_WORDS: &str = "should be an array of strings or regular expressions using re2 syntax";

pub(crate) fn policy(checks: &mut Checks, place: &Place<'_>, node: &Node, default: Policy) -> Option<Policy> {
    let mark = checks.mark();
    let mut policy = Policy { at: node.at, ..default };
    match &node.data {
        Data::List(_) => {
            checks.require(refs(node), place, node.at, format_args!("config {REFS_WORDS}"));
            policy.refs = Some(node.texts());
        }
        Data::Map(map) => {
            checks.require(!map.is_empty(), place, node.at, "config can't be blank");
            checks.known_keys(place, node, &["refs", "kubernetes", "variables", "changes"]);
            complex(checks, place, node, &mut policy);
        }
        _ => checks.add_as_it_is(place, node.at, "has to be either an array of conditions or a hash"),
    }
    checks.clean_since(mark).then_some(policy)
}

fn complex(checks: &mut Checks, place: &Place<'_>, node: &Node, policy: &mut Policy) {
    let statements = node.get("variables").and_then(Node::as_list).unwrap_or_default();
    let mut expressions = Vec::with_capacity(statements.len());
    for statement in statements {
        match Expression::parse(&statement.to_text()) {
            Ok(expression) => expressions.push(expression),
            Err(_) => checks.add(place, statement.at, "variables Invalid expression syntax"),
        }
    }
    checks.field(place, node, "refs", refs, REFS_WORDS);
    if let Some(value) = node.get("kubernetes").filter(|value| value.to_text() != "active") {
        checks.add(place, value.at, format_args!("kubernetes unknown value: {}", value.to_text()));
    }
    checks.field(place, node, "variables", texts, "should be an array of strings");
    checks.field(place, node, "changes", texts, "should be an array of strings");
    if let Some(own) = node.get("refs") {
        policy.refs = Some(own.texts());
    }
    policy.kubernetes = node.get("kubernetes").is_some();
    policy.variables = node.get("variables").map(|_| expressions);
    policy.changes = node.get("changes").map(Node::texts);
}

fn refs(node: &Node) -> bool {
    let good = |item: &Node| {
        is_text(item) && item.as_str().is_none_or(|text| !looks_like_pattern(text) || Pattern::parse(text).is_ok())
    };
    node.as_list().is_some_and(|items| items.iter().all(good))
}
