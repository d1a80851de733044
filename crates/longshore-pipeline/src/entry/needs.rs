//! `needs:` — jobs that must have run, in this pipeline or another.

use super::parallel::{self, Parallel};
use super::{Checks, Place, is_bool, is_hash, is_text};
use crate::context::Edition;
use crate::value::{At, Data, Map, Node};

/// A need as it is written.
#[derive(Clone, Debug)]
pub(crate) struct WrittenNeed {
    pub(crate) name: String,
    pub(crate) artifacts: bool,
    pub(crate) optional: bool,
    /// Which jobs of a matrix.
    pub(crate) parallel: Option<Parallel>,
    pub(crate) at: At,
}

/// The needs of one job by kind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Needs {
    /// Whether `needs` is written, if only as an empty list.
    pub(crate) jobs: Option<Vec<WrittenNeed>>,
    /// Jobs of other pipelines.
    pub(crate) cross: Vec<Node>,
    /// Pipelines whose status a trigger job mirrors.
    pub(crate) bridge: Vec<Node>,
    pub(crate) at: At,
}

/// Which kinds of need an entry may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kinds {
    /// In a job.
    Job,
    /// In a trigger job.
    Bridge,
    /// In a rule.
    Rule,
}

enum Need {
    Job(WrittenNeed),
    Cross(Node),
    Bridge(Node),
}

pub(crate) fn needs(checks: &mut Checks, place: &Place<'_>, node: &Node, kinds: Kinds) -> Option<Needs> {
    let mark = checks.mark();
    if !is_hash(node) && node.as_list().is_none() {
        checks.add(place, node.at, "config can only be a Hash or an Array");
        return None;
    }
    let mut needs = Needs { at: node.at, ..Needs::default() };
    let inner = place.at("need");
    let mut jobs = Vec::new();
    for item in items(node) {
        match need(checks, &inner, &item) {
            Some(Need::Job(need)) => jobs.push(need),
            Some(Need::Cross(node)) => needs.cross.push(node),
            Some(Need::Bridge(node)) => needs.bridge.push(node),
            None => {}
        }
    }
    let mut wrong = Vec::new();
    if !needs.cross.is_empty() && kinds != Kinds::Job {
        wrong.push("cross_dependency");
    }
    if !needs.bridge.is_empty() && kinds != Kinds::Bridge {
        wrong.push("bridge");
    }
    if !wrong.is_empty() {
        checks.add_before(mark, place, node.at, format_args!("config uses invalid types: {}", wrong.join(", ")));
    }
    needs.jobs = (!jobs.is_empty()).then_some(jobs);
    checks.clean_since(mark).then_some(needs)
}

fn items(node: &Node) -> Vec<Node> {
    match &node.data {
        Data::Map(_) => vec![node.clone()],
        _ => super::flattened(node),
    }
}

fn need(checks: &mut Checks, place: &Place<'_>, node: &Node) -> Option<Need> {
    if let Some(text) = node.as_str() {
        checks.require(!text.trim().is_empty(), place, node.at, "config can't be blank");
        return Some(Need::Job(plain(text, node.at)));
    }
    let Some(map) = node.as_map() else {
        checks.add_as_it_is(place, node.at, "has an unsupported type");
        return None;
    };
    let has = |key: &str| map.contains(key);
    if has("job") && !has("project") && !has("ref") && !has("pipeline") {
        return job(checks, place, node);
    }
    if has("job") && has("pipeline") && !has("project") {
        return cross(checks, place, node, "pipeline", &["pipeline", "job", "artifacts"]);
    }
    if checks.edition == Edition::Enterprise {
        if has("job") && has("project") && has("ref") {
            return cross(checks, place, node, "project", &["project", "ref", "job", "artifacts"]);
        }
        if has("pipeline") && !has("job") {
            checks.known_keys(place, node, &["pipeline"]);
            checks.field(place, node, "pipeline", is_text, "should be a string");
            return Some(Need::Bridge(node.clone()));
        }
    }
    checks.add_as_it_is(place, node.at, "has an unsupported type");
    None
}

fn plain(name: &str, at: At) -> WrittenNeed {
    WrittenNeed { name: name.to_owned(), artifacts: true, optional: false, parallel: None, at }
}

fn job(checks: &mut Checks, place: &Place<'_>, node: &Node) -> Option<Need> {
    let mark = checks.mark();
    checks.known_keys(place, node, &["job", "artifacts", "optional", "parallel"]);
    string(checks, place, node, "job");
    checks.field(place, node, "artifacts", is_bool, "should be a boolean value");
    checks.field(place, node, "optional", is_bool, "should be a boolean value");
    if !checks.clean_since(mark) {
        return None;
    }
    let inner = place.at("parallel");
    let parallel =
        node.get("parallel").and_then(|own| parallel::parallel(checks, &inner, own, parallel::Allowed::Matrix));
    let flag = |key: &str, default: bool| node.get(key).and_then(Node::as_bool).unwrap_or(default);
    Some(Need::Job(WrittenNeed {
        name: node.get("job")?.to_text(),
        artifacts: flag("artifacts", true),
        optional: flag("optional", false),
        parallel,
        at: node.get("job")?.at,
    }))
}

fn cross(checks: &mut Checks, place: &Place<'_>, node: &Node, key: &str, keys: &[&str]) -> Option<Need> {
    let mark = checks.mark();
    checks.known_keys(place, node, keys);
    for name in keys.iter().filter(|name| **name != "artifacts") {
        string(checks, place, node, name);
    }
    checks.field(place, node, "artifacts", is_bool, "should be a boolean value");
    let mut map = Map::default();
    for name in [key, "ref", "job"] {
        if let Some(value) = node.get(name) {
            map.set(name, value.clone());
        }
    }
    let artifacts = node.get("artifacts").and_then(Node::as_bool).unwrap_or(true);
    map.set("artifacts", Node::new(Data::Bool(artifacts), node.at));
    checks.clean_since(mark).then(|| Need::Cross(Node::map(map, node.at)))
}

/// A field that must be a string with something in it.
fn string(checks: &mut Checks, place: &Place<'_>, node: &Node, key: &str) {
    let value = node.get(key);
    let at = value.map_or(node.at, |value| value.at);
    checks.require(value.is_some_and(is_text), place, at, format_args!("{key} should be a string"));
    checks.require(value.is_some_and(Node::is_present), place, at, format_args!("{key} can't be blank"));
}
