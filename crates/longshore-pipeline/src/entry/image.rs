//! Images and services.

use super::{Checks, Place, is_hash, is_text, one_of, script, text_or_texts, texts, variables, wrapped};
use crate::value::{Data, Map, Node};

const IMAGE_KEYS: [&str; 6] = ["docker", "kubernetes", "name", "entrypoint", "ports", "pull_policy"];
const SERVICE_KEYS: [&str; 9] =
    ["docker", "kubernetes", "name", "entrypoint", "ports", "pull_policy", "command", "alias", "variables"];
const PULL_POLICIES: [&str; 3] = ["always", "never", "if-not-present"];

pub(crate) fn image(checks: &mut Checks, place: &Place<'_>, node: &Node) -> Option<Node> {
    let mark = checks.mark();
    common(checks, place, node);
    checks.known_keys(place, node, &IMAGE_KEYS);
    executor(checks, place, node);
    checks.clean_since(mark).then(|| value(checks, place, node)).flatten()
}

/// What images and services have in common.
fn common(checks: &mut Checks, place: &Place<'_>, node: &Node) {
    checks.require(is_hash(node) || is_text(node), place, node.at, "config should be a hash or a string");
    if node.get("ports").is_some() {
        checks.add(place, node.at, "config contains disallowed keys: ports");
    }
    let name = if is_text(node) { Some(node) } else { node.get("name") };
    let at = name.map_or(node.at, |name| name.at);
    checks.require(name.is_some_and(is_text), place, at, "name should be a string");
    checks.require(name.is_some_and(Node::is_present), place, at, "name can't be blank");
    checks.field(place, node, "entrypoint", texts, "should be an array of strings");
}

/// `docker:` and `kubernetes:` of an image.
fn executor(checks: &mut Checks, place: &Place<'_>, node: &Node) {
    let docker =
        |node: &Node| fields(node, &["platform", "user"], |value| value.as_str().is_some_and(|text| !text.is_empty()));
    let user = |value: &Node| value.as_int().is_some() || value.as_str().is_some_and(|text| !text.is_empty());
    let kubernetes = |node: &Node| fields(node, &["user"], user);
    let good = node.get("docker").is_none_or(docker) && node.get("kubernetes").is_none_or(kubernetes);
    checks.require(good, place, node.at, "executor opts must be a valid json schema");
}

fn fields(node: &Node, keys: &[&str], good: impl Fn(&Node) -> bool) -> bool {
    node.as_map().is_some_and(|map| map.iter().all(|(key, value)| keys.contains(&&*key.text) && good(value)))
}

fn value(checks: &mut Checks, place: &Place<'_>, node: &Node) -> Option<Node> {
    if is_text(node) {
        return Some(Node::map(Map::of([("name", node.clone())]), node.at));
    }
    let mut map = Map::default();
    for key in ["name", "entrypoint"] {
        if let Some(value) = node.get(key) {
            map.set(key, value.clone());
        }
    }
    let options = ["docker", "kubernetes"].into_iter().filter_map(|key| Some((key, node.get(key)?.clone())));
    let options = Map::of(options);
    if !options.is_empty() {
        map.set("executor_opts", Node::map(options, node.at));
    }
    if let Some(policy) = node.get("pull_policy") {
        map.set("pull_policy", pull_policy(checks, &place.at("pull_policy"), policy)?);
    }
    Some(Node::map(map, node.at))
}

fn pull_policy(checks: &mut Checks, place: &Place<'_>, node: &Node) -> Option<Node> {
    let mark = checks.mark();
    checks.require(text_or_texts(node), place, node.at, "config should be an array of strings or a string");
    match &node.data {
        Data::List(items) => {
            let unknown: Vec<String> =
                items.iter().filter(|item| !one_of(item, &PULL_POLICIES)).map(Node::to_text).collect();
            let words = format!("config contains unknown values: {}", unknown.join(", "));
            checks.require(unknown.is_empty(), place, node.at, words);
            checks.require(!items.is_empty(), place, node.at, "config can't be blank");
        }
        Data::Text(_) => {
            checks.require(one_of(node, &PULL_POLICIES), place, node.at, "config is not included in the list");
        }
        _ => {}
    }
    checks.clean_since(mark).then(|| wrapped(node))
}

pub(crate) fn services(checks: &mut Checks, place: &Place<'_>, node: &Node) -> Option<Node> {
    let Some(items) = node.as_list() else {
        checks.add(place, node.at, "config should be an array");
        return None;
    };
    let place = place.at("service");
    let mut out = Vec::with_capacity(items.len());
    for item in super::flattened(&Node::list(items.to_vec(), node.at)) {
        out.extend(service(checks, &place, &item));
    }
    Some(Node::list(out, node.at))
}

fn service(checks: &mut Checks, place: &Place<'_>, node: &Node) -> Option<Node> {
    let mark = checks.mark();
    common(checks, place, node);
    checks.known_keys(place, node, &SERVICE_KEYS);
    checks.field(place, node, "alias", is_text, "should be a string");
    executor(checks, place, node);
    if !checks.clean_since(mark) {
        return None;
    }
    let value = value(checks, place, node)?;
    let Data::Map(map) = value.data else {
        return None;
    };
    let mut map = std::sync::Arc::unwrap_or_clone(map);
    if let Some(command) = node.get("command") {
        map.set("command", script::script(checks, &place.at("command"), command)?);
    }
    if let Some(alias) = node.get("alias") {
        map.set("alias", alias.clone());
    }
    if let Some(own) = node.get("variables") {
        let list = variables::variables(checks, &place.at("variables"), own, &[]);
        let pairs = list.iter().map(|variable| (variable.key.as_str(), Node::text(variable.value.clone(), own.at)));
        map.set("variables", Node::map(Map::of(pairs), own.at));
    }
    checks.clean_since(mark).then(|| Node::map(map, node.at))
}
