//! Scripts and the small entries of a job: hooks, timeout, retry, tags, coverage, tokens.

use super::words::{FAILURE_REASONS, MAX_NESTING};
use super::{Checks, Place, flattened, int_or_ints, is_hash, nested, text_or_texts, texts, wrapped};
use crate::duration;
use crate::value::{Data, Map, Node};

/// Tags of one job, as in GitLab.
const MAX_TAGS: usize = 50;
/// Times that a job is retried at most.
const MAX_RETRY: i64 = 2;

pub(crate) fn script(checks: &mut Checks, place: &Place<'_>, node: &Node) -> Option<Node> {
    let good = super::is_text(node) || nested(node, MAX_NESTING, super::is_text);
    let words = "config should be a string or a nested array of strings up to 10 levels deep";
    checks.require(good, place, node.at, words);
    good.then(|| Node::list(flattened(node), node.at))
}

pub(crate) fn hooks(checks: &mut Checks, place: &Place<'_>, node: &Node) -> Option<Node> {
    let mark = checks.mark();
    checks.hash(place, node);
    checks.known_keys(place, node, &["pre_get_sources_script"]);
    if !checks.clean_since(mark) {
        return None;
    }
    let mut map = Map::default();
    if let Some(inner) = node.get("pre_get_sources_script") {
        map.set("pre_get_sources_script", script(checks, &place.at("pre_get_sources_script"), inner)?);
    }
    Some(Node::map(map, node.at))
}

/// Whether a value is a duration, and one below a limit in seconds.
pub(crate) fn duration_within(node: &Node, limit: f64) -> (bool, bool) {
    let seconds = node.as_str().and_then(duration::parse);
    (seconds.is_some(), seconds.is_some_and(|seconds| seconds < limit))
}

/// The timeout in seconds.
pub(crate) fn timeout(checks: &mut Checks, place: &Place<'_>, node: &Node) -> Option<Node> {
    let (good, within) = duration_within(node, 30.0 * 86_400.0);
    checks.require(good, place, node.at, "config should be a duration");
    checks.require(within, place, node.at, "config should not exceed the limit");
    let seconds = node.as_str().and_then(duration::parse)?;
    Some(Node::new(Data::Int(seconds as i64), node.at))
}

/// `retry` names itself so in messages, wherever it stands.
pub(crate) fn retry(checks: &mut Checks, node: &Node) -> Option<Node> {
    let place = Place::root("retry");
    let mark = checks.mark();
    if let Some(max) = node.as_int() {
        check_max(checks, &place, "config", node, max);
        return checks.clean_since(mark).then(|| Node::map(Map::of([("max", node.clone())]), node.at));
    }
    if !is_hash(node) {
        checks.add_as_it_is(&Place::root("retry config"), node.at, "has to be either an integer or a hash");
        return None;
    }
    checks.known_keys(&place, node, &["max", "when", "exit_codes"]);
    match node.get("max") {
        None => {}
        // A number in quotes is a number here, as the server's framework has it.
        Some(max) => match max.as_int().or_else(|| max.as_str().and_then(|text| text.parse().ok())) {
            Some(value) => check_max(checks, &place, "max", max, value),
            None if matches!(max.data, Data::Float(_)) => checks.add(&place, max.at, "max must be an integer"),
            None => checks.add(&place, max.at, "max is not a number"),
        },
    }
    checks.field(&place, node, "when", text_or_texts, "should be an array of strings or a string");
    check_reasons(checks, &place, node);
    checks.field(&place, node, "exit_codes", int_or_ints, "should be an array of integers or an integer");
    let mut map = super::compacted(node);
    for key in ["when", "exit_codes"] {
        if let Some(value) = map.get(key).map(wrapped) {
            map.set(key, value);
        }
    }
    checks.clean_since(mark).then(|| Node::map(map, node.at))
}

fn check_max(checks: &mut Checks, place: &Place<'_>, name: &str, node: &Node, max: i64) {
    checks.require(max >= 0, place, node.at, format_args!("{name} must be greater than or equal to 0"));
    checks.require(max <= MAX_RETRY, place, node.at, format_args!("{name} must be less than or equal to {MAX_RETRY}"));
}

fn check_reasons(checks: &mut Checks, place: &Place<'_>, node: &Node) {
    let Some(when) = node.get("when") else {
        return;
    };
    let known = |node: &Node| super::one_of(node, &FAILURE_REASONS);
    match &when.data {
        Data::Text(_) => checks.require(known(when), place, when.at, "when is not included in the list"),
        Data::List(items) => {
            let unknown: Vec<String> = items.iter().filter(|item| !known(item)).map(Node::to_text).collect();
            let words = format!("when contains unknown values: {}", unknown.join(", "));
            checks.require(unknown.is_empty(), place, when.at, words);
        }
        _ => {}
    }
}

pub(crate) fn tags(checks: &mut Checks, place: &Place<'_>, node: &Node) -> Option<Node> {
    checks.require(texts(node), place, node.at, "config should be an array of strings");
    if let Some(items) = node.as_list() {
        let mut names: Vec<&str> = items.iter().filter_map(Node::as_str).flat_map(|text| text.split(',')).collect();
        names.iter_mut().for_each(|name| *name = name.trim());
        names.sort_unstable();
        names.dedup();
        let words = format!("config must be less than the limit of {MAX_TAGS} tags");
        checks.require(names.len() < MAX_TAGS, place, node.at, words);
    }
    texts(node).then(|| node.clone())
}

/// A coverage pattern, without its slashes.
pub(crate) fn coverage(checks: &mut Checks, place: &Place<'_>, node: &Node) -> Option<Node> {
    let text = node.as_str().unwrap_or_default();
    let good = crate::pattern::looks_like_pattern(text) && crate::pattern::Pattern::parse(text).is_ok();
    checks.require(good, place, node.at, "config must be a regular expression with re2 syntax");
    let inner = text.strip_prefix('/').and_then(|text| text.strip_suffix('/')).unwrap_or(text);
    good.then(|| Node::text(inner, node.at))
}

/// `id_tokens`: each with an audience.
pub(crate) fn id_tokens(checks: &mut Checks, place: &Place<'_>, node: &Node) -> Option<Node> {
    let mark = checks.mark();
    checks.hash(place, node);
    let map = node.as_map()?;
    for (key, token) in map.iter() {
        let place = place.at(&key.text);
        checks.required_keys(&place, token, &["aud"]);
        checks.known_keys(&place, token, &["aud"]);
        let aud = token.get("aud");
        let at = aud.map_or(token.at, |aud| aud.at);
        let words = "aud should be an array of strings or a string";
        checks.require(aud.is_some_and(text_or_texts), &place, at, words);
    }
    checks.clean_since(mark).then(|| node.clone())
}

pub(crate) fn boolean(checks: &mut Checks, place: &Place<'_>, node: &Node) -> Option<bool> {
    checks.require(super::is_bool(node), place, node.at, "config should be a boolean value");
    node.as_bool()
}
