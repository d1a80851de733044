//! `trigger:`, `release:`, `environment:` and `pages:` of a job.

use super::words::ENVIRONMENT_NAME;
use super::{Checks, Place, is_bool, is_hash, is_text, one_of, text_or_texts};
use crate::duration;
use crate::value::{Data, Map, Node};

/// Files that one child pipeline may be made of.
const MAX_INCLUDES: usize = 3;

pub(crate) fn trigger(checks: &mut Checks, place: &Place<'_>, node: &Node) -> Option<Node> {
    let mark = checks.mark();
    match &node.data {
        Data::Text(_) => {
            checks.require(node.is_present(), place, node.at, "config can't be blank");
            return checks.clean_since(mark).then(|| Node::map(Map::of([("project", node.clone())]), node.at));
        }
        Data::Map(map) if map.contains("include") => child(checks, place, node),
        Data::Map(_) => project(checks, place, node),
        _ => {
            checks.add_as_it_is(place, node.at, "has to be either a string or a hash");
            return None;
        }
    }
    if checks.clean_since(mark) {
        below(checks, place, node);
    }
    checks.clean_since(mark).then(|| Node::map(super::compacted(node), node.at))
}

fn strategy(checks: &mut Checks, place: &Place<'_>, node: &Node) {
    checks.choice(place, node, "strategy", &["depend", "mirror"], "should be depend or mirror");
}

fn project(checks: &mut Checks, place: &Place<'_>, node: &Node) {
    checks.require(node.is_present(), place, node.at, "config can't be blank");
    checks.known_keys(place, node, &["project", "branch", "strategy", "forward", "inputs"]);
    let project = node.get("project");
    let at = project.map_or(node.at, |project| project.at);
    checks.require(project.is_some_and(is_text), place, at, "project should be a string");
    checks.require(project.is_some_and(Node::is_present), place, at, "project can't be blank");
    checks.field(place, node, "branch", is_text, "should be a string");
    strategy(checks, place, node);
}

fn child(checks: &mut Checks, place: &Place<'_>, node: &Node) {
    checks.known_keys(place, node, &["strategy", "include", "forward", "inputs"]);
    strategy(checks, place, node);
}

fn below(checks: &mut Checks, place: &Place<'_>, node: &Node) {
    if let Some(include) = node.get("include") {
        includes(checks, &place.at("include"), include, Some(MAX_INCLUDES));
    }
    if let Some(forward) = node.get("forward") {
        let place = place.at("forward");
        checks.hash(&place, forward);
        checks.known_keys(&place, forward, &["yaml_variables", "pipeline_variables"]);
        checks.field(&place, forward, "yaml_variables", is_bool, "should be a boolean value");
        checks.field(&place, forward, "pipeline_variables", is_bool, "should be a boolean value");
    }
    if let Some(inputs) = node.get("inputs") {
        checks.hash(&place.at("inputs"), inputs);
    }
}

/// Includes that are still there: those of child pipelines, and where none was taken in.
pub(crate) fn includes(checks: &mut Checks, place: &Place<'_>, node: &Node, limit: Option<usize>) {
    const KEYS: [&str; 12] = [
        "local",
        "file",
        "remote",
        "project",
        "ref",
        "integrity",
        "cache",
        "template",
        "artifact",
        "inputs",
        "job",
        "rules",
    ];
    let mark = checks.mark();
    let good = is_text(node) || is_hash(node) || node.as_list().is_some();
    checks.require(good, place, node.at, "config should be an array or a string");
    let count = node.as_list().map_or(1, <[Node]>::len);
    if let Some(limit) = limit.filter(|limit| count > *limit) {
        checks.add(place, node.at, format_args!("config is too long (maximum is {limit})"));
    }
    if !checks.clean_since(mark) {
        return;
    }
    let items = match &node.data {
        Data::Map(_) | Data::Text(_) => vec![node.clone()],
        _ => super::flattened(node),
    };
    let place = place.at("include");
    for item in &items {
        checks.require(is_text(item) || is_hash(item), &place, item.at, "config should be a hash or a string");
        let known: Vec<&str> = KEYS.into_iter().chain(["component"]).collect();
        checks.known_keys(&place, item, &known);
        let has = |key: &str| item.get(key).is_some_and(Node::is_present);
        if has("project") && !has("file") {
            checks.add(&place, item.at, "config must specify the file where to fetch the config from");
        }
        if has("artifact") && !has("job") {
            checks.add(&place, item.at, "config must specify the job where to fetch the artifact from");
        }
    }
}

const ENVIRONMENT_KEYS: [&str; 7] =
    ["name", "url", "action", "on_stop", "auto_stop_in", "kubernetes", "deployment_tier"];

/// The environment as a mapping.
pub(crate) fn environment(checks: &mut Checks, place: &Place<'_>, node: &Node) -> Option<Node> {
    let mark = checks.mark();
    checks.require(is_hash(node) || is_text(node), place, node.at, "config should be a hash or a string");
    let name = if is_text(node) { Some(node) } else { node.get("name") };
    let at = name.map_or(node.at, |name| name.at);
    checks.require(name.is_some_and(Node::is_present), place, at, "name can't be blank");
    checks.require(name.is_some_and(is_text), place, at, format_args!("name {ENVIRONMENT_NAME}"));
    let good = name.is_some_and(|name| is_environment_name(&name.to_text()));
    checks.require(good, place, at, format_args!("name {ENVIRONMENT_NAME}"));
    if is_hash(node) {
        environment_fields(checks, place, node);
    }
    if !checks.clean_since(mark) {
        return None;
    }
    if let Some(kubernetes) = node.get("kubernetes") {
        check_kubernetes(checks, &place.at("kubernetes"), kubernetes);
    }
    let at = node.at;
    let value = if is_text(node) {
        Node::map(Map::of([("name", node.clone()), ("action", Node::text("start", at))]), at)
    } else {
        node.clone()
    };
    checks.clean_since(mark).then_some(value)
}

fn environment_fields(checks: &mut Checks, place: &Place<'_>, node: &Node) {
    checks.known_keys(place, node, &ENVIRONMENT_KEYS);
    checks.field(place, node, "url", is_text, "should be a string");
    let short = |value: &Node| value.to_text().chars().count() <= 255;
    checks.field(place, node, "url", short, "is too long (maximum is 255 characters)");
    let actions = ["start", "stop", "prepare", "verify", "access"];
    checks.choice(place, node, "action", &actions, "should be start, stop, prepare, verify, or access");
    for key in ["deployment_tier", "on_stop"] {
        checks.field(place, node, key, is_text, "should be a string");
    }
    checks.field(place, node, "kubernetes", is_hash, "should be a hash");
    checks.field(place, node, "auto_stop_in", is_text, "should be a string");
}

fn is_environment_name(name: &str) -> bool {
    let inner = |char: char| char.is_ascii_alphanumeric() || "_/${}. -".contains(char);
    !name.is_empty() && name.chars().all(inner) && !name.starts_with('/') && !name.ends_with('/')
}

fn check_kubernetes(checks: &mut Checks, place: &Place<'_>, node: &Node) {
    checks.hash(place, node);
    checks.require(node.is_present(), place, node.at, "config can't be blank");
    let keys = ["namespace", "agent", "flux_resource_path", "managed_resources", "dashboard"];
    checks.known_keys(place, node, &keys);
    let present = |key: &str| node.get(key).is_some_and(Node::is_present);
    checks.field(place, node, "namespace", is_text, "should be a string");
    if present("flux_resource_path") && !present("namespace") {
        checks.add(place, node.at, "namespace can't be blank");
    }
    checks.field(place, node, "agent", is_text, "should be a string");
    let managed =
        node.get("managed_resources").and_then(|own| own.get("enabled")).and_then(Node::as_bool) == Some(true);
    if (present("flux_resource_path") || present("dashboard") || managed) && !present("agent") {
        checks.add(place, node.at, "agent can't be blank");
    }
    checks.field(place, node, "flux_resource_path", is_text, "should be a string");
}

const RELEASE_KEYS: [&str; 8] =
    ["tag_name", "tag_message", "name", "description", "ref", "released_at", "milestones", "assets"];

pub(crate) fn release(checks: &mut Checks, place: &Place<'_>, node: &Node) -> Option<Node> {
    let mark = checks.mark();
    checks.hash(place, node);
    checks.known_keys(place, node, &RELEASE_KEYS);
    for (key, words) in [("tag_name", "tag name"), ("description", "description")] {
        let value = node.get(key);
        let at = value.map_or(node.at, |value| value.at);
        checks.require(value.is_some_and(is_text), place, at, format_args!("{words} should be a string"));
        checks.require(value.is_some_and(Node::is_present), place, at, format_args!("{words} can't be blank"));
        if key == "tag_name" && node.get("tag_message").is_some_and(Node::is_present) {
            checks.field(place, node, "tag_message", is_text, "should be a string");
        }
    }
    if node.get("milestones").is_some_and(Node::is_present) {
        checks.field(place, node, "milestones", text_or_texts, "should be an array of strings or a string");
    }
    let date = |value: &Node| value.as_str().is_some_and(is_iso8601);
    checks.field(place, node, "released_at", date, "must be a valid datetime");
    let reference = |value: &Node| value.as_str().is_some_and(is_reference);
    checks.field(place, node, "ref", reference, "must be a valid ref");
    if checks.clean_since(mark)
        && let Some(own) = node.get("assets")
    {
        assets(checks, &place.at("assets"), own);
    }
    checks.clean_since(mark).then(|| node.clone())
}

fn is_iso8601(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits =
        |range: std::ops::Range<usize>| bytes.get(range).is_some_and(|part| part.iter().all(u8::is_ascii_digit));
    digits(0..4) && bytes.get(4) == Some(&b'-') && digits(5..7) && bytes.get(7) == Some(&b'-') && digits(8..10)
}

/// Whether Git would take a name as a ref.
fn is_reference(name: &str) -> bool {
    let forbidden = |char: char| char.is_ascii_control() || " ~^:?*[\\".contains(char);
    !name.is_empty()
        && !name.starts_with(['-', '/', '.'])
        && !name.ends_with(['/', '.'])
        && !name.ends_with(".lock")
        && !name.contains("..")
        && !name.contains("@{")
        && !name.contains("//")
        && !name.contains(forbidden)
}

fn assets(checks: &mut Checks, place: &Place<'_>, node: &Node) {
    let mark = checks.mark();
    checks.hash(place, node);
    checks.known_keys(place, node, &["links"]);
    let list = node.get("links").is_some_and(|links| links.as_list().is_some_and(|items| items.iter().all(is_hash)));
    let at = node.get("links").map_or(node.at, |links| links.at);
    checks.require(list, place, at, "links should be an array of hashes");
    checks.require(node.get("links").is_some_and(Node::is_present), place, at, "links can't be blank");
    if !checks.clean_since(mark) {
        return;
    }
    let links = place.at("links");
    let place = links.at("link");
    for link in node.get("links").and_then(Node::as_list).unwrap_or_default() {
        checks.known_keys(&place, link, &["name", "url", "filepath", "link_type"]);
        for key in ["name", "url"] {
            let value = link.get(key);
            checks.require(value.is_some_and(is_text), &place, link.at, format_args!("{key} should be a string"));
            checks.require(value.is_some_and(Node::is_present), &place, link.at, format_args!("{key} can't be blank"));
        }
        checks.field(&place, link, "filepath", is_text, "should be a string");
        checks.field(&place, link, "link_type", is_text, "should be a string");
    }
}

/// `pages:` of a job: a flag, or how they are published.
pub(crate) fn pages(checks: &mut Checks, place: &Place<'_>, node: &Node) -> Option<Node> {
    let mark = checks.mark();
    checks.require(is_hash(node) || is_bool(node), place, node.at, "config should be a hash or a boolean value");
    checks.known_keys(place, node, &["path_prefix", "expire_in", "publish"]);
    checks.field(place, node, "path_prefix", is_text, "should be a string");
    let expiry =
        |value: &Node| one_of(value, &["never"]) || value.as_str().is_some_and(|text| duration::parse(text).is_some());
    checks.field(place, node, "expire_in", expiry, "should be a duration");
    checks.field(place, node, "publish", is_text, "should be a string");
    checks.clean_since(mark).then(|| node.clone())
}
