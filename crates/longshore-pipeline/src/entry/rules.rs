//! `rules:` of jobs, of the workflow, and of includes.

use super::needs::{self, Kinds, WrittenNeed};
use super::words::{MAX_NESTING, WHEN};
use super::{Checks, Place, is_bool, is_hash, is_text, nested, one_of, texts, variables};
use crate::expression::Expression;
use crate::value::{At, Data, Node};

/// Paths of one clause.
const MAX_PATHS: usize = 50;
/// Seconds that a job may be delayed.
pub(crate) const MAX_DELAY: f64 = 604_800.0;

/// One rule: its clauses, and what it sets for a job that meets them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rule {
    pub(crate) at: At,
    pub(crate) condition: Option<(Expression, At)>,
    pub(crate) changes: Option<Paths>,
    pub(crate) exists: Option<Paths>,
    pub(crate) when: Option<String>,
    pub(crate) start_in: Option<String>,
    pub(crate) allow_failure: Option<bool>,
    pub(crate) interruptible: Option<bool>,
    pub(crate) variables: Vec<variables::Written>,
    pub(crate) needs: Option<Vec<WrittenNeed>>,
    pub(crate) auto_cancel: Option<Node>,
    /// Nothing but `when` is written.
    pub(crate) bare: bool,
}

/// Path patterns of a clause, and against what they are held.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    pub(crate) globs: Vec<String>,
    /// `project` of `exists`, `compare_to` of `changes`.
    pub(crate) other: Option<String>,
    pub(crate) at: At,
}

/// Where rules stand, which decides what they may say.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Job,
    Workflow,
    Include,
}

impl Kind {
    fn keys(self) -> &'static [&'static str] {
        match self {
            Kind::Job => {
                &["if", "changes", "exists", "when", "start_in", "allow_failure", "variables", "needs", "interruptible"]
            }
            Kind::Workflow => {
                &["if", "changes", "exists", "when", "start_in", "allow_failure", "variables", "needs", "auto_cancel"]
            }
            Kind::Include => &["if", "exists", "when", "changes"],
        }
    }

    fn allows(self, when: &str) -> bool {
        when == "never" || if self == Kind::Job { WHEN.contains(&when) } else { when == "always" }
    }
}

pub(crate) fn rules(checks: &mut Checks, place: &Place<'_>, node: &Node, kind: Kind) -> Option<Vec<Rule>> {
    let mark = checks.mark();
    checks.require(node.is_present(), place, node.at, "config can't be blank");
    checks.require(node.as_list().is_some(), place, node.at, "config should be an array");
    if !checks.clean_since(mark) {
        return None;
    }
    let inner = place.at("rule");
    let mut out = Vec::new();
    for item in flat(node) {
        out.extend(rule(checks, &inner, item, kind));
    }
    checks.clean_since(mark).then_some(out)
}

/// Whether a value is a list of mappings, or of such lists.
pub(crate) fn are_rules(node: &Node) -> bool {
    nested(node, MAX_NESTING, is_hash)
}

/// The rules of a list in lists. Depth is bounded by the reader.
fn flat(node: &Node) -> Vec<&Node> {
    match &node.data {
        Data::List(items) => items.iter().flat_map(flat).collect(),
        _ => vec![node],
    }
}

fn rule(checks: &mut Checks, place: &Place<'_>, node: &Node, kind: Kind) -> Option<Rule> {
    let mark = checks.mark();
    if kind != Kind::Include {
        checks.hash(place, node);
    }
    checks.require(node.is_present(), place, node.at, "config can't be blank");
    checks.hash(place, node);
    let when = node.get("when");
    if kind == Kind::Include {
        checks.known_keys(place, node, kind.keys());
    } else {
        delay(checks, place, node, when);
    }
    let condition = condition(checks, place, node);
    checks.field(place, node, "allow_failure", is_bool, "should be a boolean value");
    checks.field(place, node, "interruptible", is_bool, "should be a boolean value");
    if let Some(when) = when.filter(|when| !kind.allows(&when.to_text())) {
        checks.add(place, when.at, format_args!("when unknown value: {}", when.to_text()));
    }
    if kind != Kind::Include {
        checks.known_keys(place, node, kind.keys());
    }
    if !checks.clean_since(mark) {
        return None;
    }
    let mut rule = Rule { at: node.at, condition, when: when.map(Node::to_text), ..Rule::default() };
    rule.bare = when.is_some()
        && node.as_map().is_some_and(|map| map.iter().filter(|(_, value)| !value.is_null()).count() == 1);
    rule.start_in = node.get("start_in").map(Node::to_text);
    rule.allow_failure = node.get("allow_failure").and_then(Node::as_bool);
    rule.interruptible = node.get("interruptible").and_then(Node::as_bool);
    nested_entries(checks, place, node, &mut rule);
    checks.clean_since(mark).then_some(rule)
}

fn delay(checks: &mut Checks, place: &Place<'_>, node: &Node, when: Option<&Node>) {
    let start = node.get("start_in");
    if !when.is_some_and(|when| one_of(when, &["delayed"])) {
        if node.as_map().is_some_and(|map| map.contains("start_in")) {
            checks.add(place, node.at, "config contains disallowed keys: start_in");
        }
        return;
    }
    let at = start.map_or(node.at, |start| start.at);
    checks.require(start.is_some_and(Node::is_present), place, at, "start in can't be blank");
    check_delay(checks, place, start, at);
}

/// The two messages about a delay that is none or too long.
pub(crate) fn check_delay(checks: &mut Checks, place: &Place<'_>, start: Option<&Node>, at: At) {
    let (good, within) = start.map_or((false, false), |start| super::script::duration_within(start, MAX_DELAY));
    checks.require(good, place, at, "start in should be a duration");
    checks.require(within, place, at, "start in should not exceed the limit");
}

fn condition(checks: &mut Checks, place: &Place<'_>, node: &Node) -> Option<(Expression, At)> {
    let condition = node.get("if")?;
    match condition.as_str().map(Expression::parse) {
        Some(Ok(expression)) => Some((expression, condition.at)),
        _ => {
            checks.add(place, condition.at, "if Invalid expression syntax");
            None
        }
    }
}

fn nested_entries(checks: &mut Checks, place: &Place<'_>, node: &Node, rule: &mut Rule) {
    if let Some(own) = node.get("changes") {
        rule.changes = changes(checks, &place.at("changes"), own);
    }
    if let Some(own) = node.get("exists") {
        rule.exists = exists(checks, &place.at("exists"), own);
    }
    if let Some(own) = node.get("variables") {
        rule.variables = variables::variables(checks, &place.at("variables"), own, &[]);
    }
    if let Some(own) = node.get("needs") {
        rule.needs = needs::needs(checks, &place.at("needs"), own, Kinds::Rule).and_then(|needs| needs.jobs);
    }
    if let Some(own) = node.get("auto_cancel") {
        rule.auto_cancel = super::root::auto_cancel(checks, &place.at("auto_cancel"), own);
    }
}

fn changes(checks: &mut Checks, place: &Place<'_>, node: &Node) -> Option<Paths> {
    let mark = checks.mark();
    match &node.data {
        Data::List(_) => check_paths(checks, place, node, "config"),
        Data::Map(_) => {
            checks.known_keys(place, node, &["paths", "compare_to"]);
            checks.required_keys(place, node, &["paths"]);
            match node.as_map().and_then(|map| map.get("paths")) {
                Some(paths) => check_paths(checks, place, paths, "paths"),
                None => checks.add(place, node.at, "paths should be an array of strings"),
            }
            checks.field(place, node, "compare_to", is_text, "should be a string");
        }
        _ => checks.add_as_it_is(place, node.at, "should be an array or a hash"),
    }
    let paths = node.get("paths").unwrap_or(node).texts();
    let other = node.get("compare_to").map(Node::to_text);
    checks.clean_since(mark).then_some(Paths { globs: paths, other, at: node.at })
}

fn exists(checks: &mut Checks, place: &Place<'_>, node: &Node) -> Option<Paths> {
    let mark = checks.mark();
    match &node.data {
        Data::Text(_) => {}
        Data::List(_) => check_paths(checks, place, node, "config"),
        Data::Map(map) => {
            checks.known_keys(place, node, &["paths", "project", "ref"]);
            checks.required_keys(place, node, &["paths"]);
            if map.get("ref").is_some_and(Node::is_present) {
                checks.required_keys(place, node, &["project"]);
            }
            if let Some(paths) = node.get("paths") {
                check_paths(checks, place, paths, "paths");
            }
            checks.field(place, node, "project", is_text, "should be a string");
            checks.field(place, node, "ref", is_text, "should be a string");
        }
        _ => checks.add_as_it_is(place, node.at, "should be a string, an array of strings, or a hash"),
    }
    let globs = node.get("paths").unwrap_or(node).texts();
    let other = node.get("project").map(Node::to_text);
    checks.clean_since(mark).then_some(Paths { globs, other, at: node.at })
}

fn check_paths(checks: &mut Checks, place: &Place<'_>, node: &Node, name: &str) {
    checks.require(texts(node), place, node.at, format_args!("{name} should be an array of strings"));
    let length = node.as_list().map_or_else(|| node.to_text().chars().count(), <[Node]>::len);
    let words = format_args!("{name} has too many entries (maximum {MAX_PATHS})");
    checks.require(length <= MAX_PATHS, place, node.at, words);
}
