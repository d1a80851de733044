//! The whole configuration: defaults, variables, stages, workflow, jobs.

use std::collections::HashMap;
use std::sync::Arc;

use super::job::{self, JobEntry, JobKind};
use super::rules::{self, Kind, Rule};
use super::variables::{self, Written};
use super::words::{DEFAULTS, MAX_NESTING};
use super::{Checks, Place, flattened, is_text, nested};
use super::{cache, image, script, trigger};
use crate::error::Failure;
use crate::load::EDGE_STAGES;
use crate::value::{At, Data, Map, Node};

const KEYS: [&str; 10] = [
    "default",
    "include",
    "before_script",
    "image",
    "services",
    "after_script",
    "variables",
    "stages",
    "cache",
    "workflow",
];
/// Names that no job can have.
const RESERVED: [&str; 8] =
    ["include", "before_script", "image", "services", "after_script", "variables", "stages", "cache"];
/// What `default:` takes over from the top level.
const FROM_TOP: [&str; 5] = ["before_script", "after_script", "cache", "image", "services"];

/// A default with what is wrong with it.
pub(crate) struct DefaultEntry {
    pub(crate) value: Option<Node>,
    pub(crate) failures: Vec<Failure>,
}

/// What jobs take over that do not say otherwise.
pub(crate) type Defaults = HashMap<&'static str, DefaultEntry>;

/// The configuration in one form.
pub(crate) struct RootEntry {
    pub(crate) variables: Vec<Written>,
    pub(crate) stages: Vec<String>,
    pub(crate) workflow: WorkflowEntry,
    pub(crate) jobs: Vec<JobEntry>,
}

/// `workflow:` in one form.
#[derive(Default)]
pub(crate) struct WorkflowEntry {
    pub(crate) rules: Option<Vec<Rule>>,
    pub(crate) name: Option<String>,
    pub(crate) auto_cancel: Option<Node>,
    /// Whether `rules` is written at all.
    pub(crate) has_rules: bool,
}

/// Reads the configuration. What is wrong ends up in `checks`; an error here ends everything.
pub(crate) fn root(checks: &mut Checks, node: &Node) -> Result<RootEntry, Failure> {
    let map = node.as_map().cloned().unwrap_or_default();
    let is_job = |name: &str, value: &Node| {
        !RESERVED.contains(&name) && (JobKind::of(name, value).is_some() || !KEYS.contains(&name))
    };
    let own = |key: &str| map.get(key).filter(|value| !value.is_null() && !is_job(key, value));
    let defaults = defaults(checks, own("default"), &own)?;
    top_level(checks, &own);
    let variables = own("variables")
        .map(|node| variables::variables(checks, &Place::root("variables"), node, &variables::ROOT_DATA));
    let stages = stages(checks, own("stages"));
    if let Some(node) = own("cache") {
        cache::caches(checks, None, node);
    }
    let workflow = own("workflow").map(|node| workflow(checks, node)).unwrap_or_default();
    let jobs = jobs(checks, node.at, &map, is_job, &defaults, workflow.has_rules);
    Ok(RootEntry { variables: variables.unwrap_or_default(), stages, workflow, jobs })
}

/// The entries of the top level that are there for older configurations; `default:` has taken them over already.
fn top_level<'n>(checks: &mut Checks, own: &impl Fn(&str) -> Option<&'n Node>) {
    if let Some(node) = own("include") {
        trigger::includes(checks, &Place::root("include"), node, None);
    }
    for key in ["before_script", "image", "services", "after_script"] {
        if let Some(node) = own(key) {
            read_default(checks, &Place::root(key), key, None, node);
        }
    }
}

fn read_default(
    checks: &mut Checks,
    place: &Place<'_>,
    key: &str,
    parent: Option<&Place<'_>>,
    node: &Node,
) -> Option<Node> {
    match key {
        "before_script" | "after_script" => script::script(checks, place, node),
        "hooks" => script::hooks(checks, place, node),
        "cache" => cache::caches(checks, parent, node),
        "image" => image::image(checks, place, node),
        "services" => image::services(checks, place, node),
        "interruptible" => script::boolean(checks, place, node).map(|value| Node::new(Data::Bool(value), node.at)),
        "timeout" => script::timeout(checks, place, node),
        "retry" => script::retry(checks, node),
        "tags" => script::tags(checks, place, node),
        "artifacts" => cache::artifacts(checks, place, node),
        _ => script::id_tokens(checks, place, node),
    }
}

fn defaults<'n>(
    checks: &mut Checks,
    node: Option<&'n Node>,
    own: &impl Fn(&str) -> Option<&'n Node>,
) -> Result<Defaults, Failure> {
    let place = Place::root("default");
    let mark = checks.mark();
    if let Some(node) = node {
        checks.hash(&place, node);
        checks.known_keys(&place, node, &DEFAULTS);
    }
    let good = checks.clean_since(mark);
    let mut defaults = Defaults::new();
    for key in DEFAULTS {
        let written = node.filter(|_| good).and_then(|node| node.get(key));
        let above = if FROM_TOP.contains(&key) { own(key) } else { None };
        if let (Some(_), Some(above)) = (written, above) {
            return Err(Failure::new(format!("{key} is defined in top-level and `default:` entry"), above.at));
        }
        let before = checks.mark();
        let value = match (written, above) {
            (Some(node), _) => read_default(checks, &place.at(key), key, Some(&place), node),
            (None, Some(node)) => read_default(checks, &Place::root(key), key, None, node),
            (None, None) => continue,
        };
        let failures = checks.failures[before..].to_vec();
        defaults.insert(key, DefaultEntry { value, failures });
    }
    Ok(defaults)
}

fn stages(checks: &mut Checks, node: Option<&Node>) -> Vec<String> {
    let Some(node) = node else {
        return [EDGE_STAGES[0], "build", "test", "deploy", EDGE_STAGES[1]].map(str::to_owned).to_vec();
    };
    let words = "config should be an array of strings or a nested array of strings up to 10 levels deep";
    checks.require(nested(node, MAX_NESTING, is_text), &Place::root("stages"), node.at, words);
    flattened(node).iter().map(Node::to_text).collect()
}

fn workflow(checks: &mut Checks, node: &Node) -> WorkflowEntry {
    let place = Place::root("workflow");
    let mark = checks.mark();
    checks.hash(&place, node);
    checks.hash(&place, node);
    checks.known_keys(&place, node, &["rules", "name", "auto_cancel"]);
    let short = |name: &Node| name.to_text().chars().count() <= 255;
    checks.field(&place, node, "name", short, "is too long (maximum is 255 characters)");
    let mut entry = WorkflowEntry {
        has_rules: node.as_map().is_some_and(|map| map.contains("rules")),
        name: node.get("name").map(|name| name.to_text().trim().to_owned()),
        ..WorkflowEntry::default()
    };
    if !checks.clean_since(mark) {
        return entry;
    }
    if let Some(own) = node.get("rules") {
        entry.rules = rules::rules(checks, &place.at("rules"), own, Kind::Workflow);
    }
    if let Some(own) = node.get("auto_cancel") {
        entry.auto_cancel = auto_cancel(checks, &place.at("auto_cancel"), own);
    }
    entry
}

pub(crate) fn auto_cancel(checks: &mut Checks, place: &Place<'_>, node: &Node) -> Option<Node> {
    let mark = checks.mark();
    checks.hash(place, node);
    checks.known_keys(place, node, &["on_new_commit", "on_job_failure"]);
    for (key, allowed) in
        [("on_new_commit", &["conservative", "interruptible", "none"][..]), ("on_job_failure", &["none", "all"][..])]
    {
        checks.choice(place, node, key, allowed, &format!("must be one of: {}", allowed.join(", ")));
    }
    checks.clean_since(mark).then(|| node.clone())
}

fn jobs(
    checks: &mut Checks,
    at: At,
    map: &Map,
    is_job: impl Fn(&str, &Node) -> bool,
    defaults: &Defaults,
    workflow: bool,
) -> Vec<JobEntry> {
    let place = Place::root("jobs");
    let mark = checks.mark();
    let mut visible = false;
    for (key, value) in map.iter().filter(|(key, value)| is_job(&key.text, value)) {
        match JobKind::of(&key.text, value) {
            None => no_keyword(checks, &key.text, key.at),
            Some(kind) => visible |= kind != JobKind::Hidden,
        }
    }
    checks.require(visible, &place, at, "config should contain at least one visible job");
    if !checks.clean_since(mark) {
        return Vec::new();
    }
    let mut out = Vec::with_capacity(map.len());
    for (key, value) in map.iter().filter(|(key, value)| is_job(&key.text, value)) {
        match JobKind::of(&key.text, value) {
            None => {}
            Some(JobKind::Hidden) => job::hidden(checks, &place, key, value),
            Some(kind) => out.extend(job::job(checks, &place, key, value, kind, defaults, workflow)),
        }
    }
    out
}

/// GitLab writes underscores for the spaces of such a name, if it is nothing but letters and spaces.
fn no_keyword(checks: &mut Checks, name: &str, at: At) {
    let lower = name.to_lowercase();
    let plain = lower.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_whitespace());
    let name = if plain { lower.replace(' ', "_") } else { lower };
    let words = format_args!("{name} config should implement the script:, run:, or trigger: keyword");
    checks.add(&Place::root("jobs"), at, words);
}

/// The merged configuration as GitLab shows it: where a job or `default:` gives one value for a list, it is one of one.
pub(crate) fn with_lists(merged: Node) -> Node {
    let Data::Map(mut map) = merged.data else {
        return merged;
    };
    let wants = |name: &str, node: &Node| {
        matches!(JobKind::of(name, node), Some(JobKind::Job | JobKind::Bridge)) || name == "default"
    };
    let changes = map.iter().any(|(key, node)| wants(&key.text, node) && SINGLES.iter().any(|path| single(node, path)));
    if changes {
        for (_, node) in Arc::make_mut(&mut map).iter_mut().filter(|(key, node)| wants(&key.text, node)) {
            SINGLES.iter().for_each(|path| wrap_at(node, path));
        }
    }
    Node::new(Data::Map(map), merged.at)
}

/// Paths to values that may be written alone; `*` is every key.
const SINGLES: [&[&str]; 4] =
    [&["artifacts", "reports", "*"], &["allow_failure", "exit_codes"], &["retry", "when"], &["retry", "exit_codes"]];

fn single(node: &Node, path: &[&str]) -> bool {
    match (path, node.as_map()) {
        ([], _) => matches!(node.data, Data::Text(_) | Data::Int(_)),
        (["*", rest @ ..], Some(map)) => map.iter().any(|(_, node)| single(node, rest)),
        ([key, rest @ ..], Some(map)) => map.get(key).is_some_and(|node| single(node, rest)),
        (_, None) => false,
    }
}

fn wrap_at(node: &mut Node, path: &[&str]) {
    if !single(node, path) {
        return;
    }
    let [key, rest @ ..] = path else {
        *node = super::wrapped(node);
        return;
    };
    if let Data::Map(map) = &mut node.data {
        let all = Arc::make_mut(map).iter_mut().filter(|(name, _)| *key == "*" || &*name.text == *key);
        all.for_each(|(_, node)| wrap_at(node, rest));
    }
}
