//! Caches and artifacts.

use super::words::{REPORTS, UPLOAD_WHEN};
use super::{Checks, Place, compacted, is_bool, is_hash, is_text, one_of, text_or_texts, texts, wrapped};
use crate::duration;
use crate::value::{Data, Map, Node};

/// Caches of one job.
const MAX_CACHES: usize = 4;
/// Fallback keys of one cache.
const MAX_FALLBACK_KEYS: usize = 5;
/// Files whose content makes up a key.
const MAX_KEY_FILES: usize = 2;
/// Characters of `expose_as`.
const MAX_EXPOSED_AS: usize = 100;

const CACHE_KEYS: [&str; 7] = ["key", "untracked", "paths", "when", "policy", "unprotect", "fallback_keys"];
const WHEN_WORDS: &str = "should be one of: on_success, on_failure, always";

/// One cache or several, always as a list. `parent` is the place above: GitLab names caches only where they go wrong themselves.
pub(crate) fn caches(checks: &mut Checks, parent: Option<&Place<'_>>, node: &Node) -> Option<Node> {
    let mark = checks.mark();
    let place = |name: &'static str| parent.map_or(Place::root(name), |parent| parent.at(name));
    let items = match &node.data {
        Data::List(items) => items.to_vec(),
        Data::Map(_) => vec![node.clone()],
        _ => {
            checks.add(&place("caches"), node.at, "config can only be a Hash or an Array");
            return None;
        }
    };
    if items.len() > MAX_CACHES {
        let words = format!("config no more than {MAX_CACHES} caches can be created");
        checks.add(&place("caches"), node.at, words);
        return None;
    }
    let place = place("cache");
    let items: Vec<Node> =
        super::flattened(&Node::list(items, node.at)).iter().filter_map(|item| cache(checks, &place, item)).collect();
    checks.clean_since(mark).then(|| Node::list(items, node.at))
}

fn cache(checks: &mut Checks, place: &Place<'_>, node: &Node) -> Option<Node> {
    let mark = checks.mark();
    checks.hash(place, node);
    checks.hash(place, node);
    checks.known_keys(place, node, &CACHE_KEYS);
    if node.get("policy").is_some_and(Node::is_present) {
        checks.field(place, node, "policy", is_text, "should be a string");
        checks.field(place, node, "policy", is_policy, "should be a variable or one of: pull-push, push, pull");
    }
    checks.choice(place, node, "when", &UPLOAD_WHEN, WHEN_WORDS);
    let few = |keys: &Node| keys.as_list().is_none_or(|keys| keys.len() <= MAX_FALLBACK_KEYS);
    checks.field(place, node, "fallback_keys", few, format_args!("has to many entries (maximum {MAX_FALLBACK_KEYS})"));
    if !checks.clean_since(mark) {
        return None;
    }
    let at = node.at;
    let mut map = compacted(node);
    let key = node.get("key").map(|own| key(checks, &place.at("key"), own)).unwrap_or(Some(Node::text("default", at)));
    for name in ["unprotect", "untracked"] {
        if let Some(value) = node.get(name) {
            checks.require(is_bool(value), &place.at(name), value.at, "config should be a boolean value");
        }
    }
    for name in ["paths", "fallback_keys"] {
        if let Some(value) = node.get(name) {
            checks.require(texts(value), &place.at(name), value.at, "config should be an array of strings");
        }
    }
    map.set("key", key?);
    let defaults = [
        ("unprotect", Node::new(Data::Bool(false), at)),
        ("policy", Node::text("pull-push", at)),
        ("when", Node::text("on_success", at)),
        ("fallback_keys", Node::list(Vec::new(), at)),
    ];
    for (name, value) in defaults {
        if !map.contains(name) {
            map.set(name, value);
        }
    }
    checks.clean_since(mark).then(|| Node::map(map, at))
}

/// GitLab only looks whether one of the words, or a variable, is in it.
fn is_policy(node: &Node) -> bool {
    let text = node.to_text();
    let variable =
        text.split('$').skip(1).any(|rest| rest.starts_with(|char: char| char == '_' || char.is_ascii_alphanumeric()));
    text.contains("pull") || text.contains("push") || variable
}

fn key(checks: &mut Checks, place: &Place<'_>, node: &Node) -> Option<Node> {
    let mark = checks.mark();
    match &node.data {
        Data::Text(text) => check_path(checks, place, node, text),
        Data::Map(_) => {
            checks.known_keys(place, node, &["files", "files_commits", "prefix"]);
            let sources = ["files", "files_commits"];
            let count = sources.iter().filter(|key| node.as_map().is_some_and(|map| map.contains(key))).count();
            let words = "config must use exactly one of these keys: files, files_commits";
            checks.require(count == 1, place, node.at, words);
            if checks.clean_since(mark) {
                for name in sources {
                    if let Some(files) = node.get(name) {
                        check_files(checks, &place.at(name), files);
                    }
                }
                if let Some(prefix) = node.get("prefix") {
                    check_prefix(checks, &place.at("prefix"), prefix);
                }
            }
        }
        _ => checks.add_as_it_is(place, node.at, "should be a hash, a string or a symbol"),
    }
    checks.clean_since(mark).then(|| node.clone())
}

fn check_path(checks: &mut Checks, place: &Place<'_>, node: &Node, text: &str) {
    let path = text.replace("%2f", "/").replace("%2F", "/").replace("%2e", ".").replace("%2E", ".");
    if path.contains('/') {
        checks.add(place, node.at, "config cannot contain the \"/\" character");
    } else if path == "." || path == ".." {
        checks.add(place, node.at, "config cannot be \".\" or \"..\"");
    }
}

fn check_prefix(checks: &mut Checks, place: &Place<'_>, node: &Node) {
    match node.as_str() {
        Some(text) => check_path(checks, place, node, text),
        None => checks.add(place, node.at, "config should be a string or symbol"),
    }
}

fn check_files(checks: &mut Checks, place: &Place<'_>, node: &Node) {
    checks.require(texts(node), place, node.at, "config should be an array of strings");
    let length = match &node.data {
        Data::List(items) => items.len(),
        _ => node.to_text().chars().count(),
    };
    checks.require(length >= 1, place, node.at, "config requires at least 1 item");
    let words = format!("config has too many items (maximum is {MAX_KEY_FILES})");
    checks.require(length <= MAX_KEY_FILES, place, node.at, words);
}

const ARTIFACT_KEYS: [&str; 10] =
    ["name", "untracked", "paths", "reports", "when", "expire_in", "expose_as", "exclude", "public", "access"];

pub(crate) fn artifacts(checks: &mut Checks, place: &Place<'_>, node: &Node) -> Option<Node> {
    let mark = checks.mark();
    checks.hash(place, node);
    checks.hash(place, node);
    checks.known_keys(place, node, &ARTIFACT_KEYS);
    let exposed = node.as_map().is_some_and(|map| map.get("expose_as").is_some_and(|value| !value.is_null()));
    if exposed {
        let at = node.get("expose_as").map_or(node.at, |value| value.at);
        checks.require(node.get("paths").is_some_and(Node::is_present), place, at, "paths can't be blank");
    }
    checks.exclusive_keys(place, node, &["access", "public"]);
    checks.field(place, node, "name", is_text, "should be a string");
    checks.field(place, node, "public", is_bool, "should be a boolean value");
    checks.field(place, node, "untracked", is_bool, "should be a boolean value");
    checks.field(place, node, "paths", texts, "should be an array of strings");
    if exposed {
        check_exposed(checks, place, node);
    }
    checks.field(place, node, "exclude", texts, "should be an array of strings");
    checks.field(place, node, "reports", is_hash, "should be a hash");
    checks.choice(place, node, "when", &UPLOAD_WHEN, WHEN_WORDS);
    checks.field(place, node, "expire_in", is_expiry, "should be a duration");
    let access = ["none", "developer", "maintainer", "all"];
    checks.choice(place, node, "access", &access, "should be one of: none, developer, maintainer, all");
    if !checks.clean_since(mark) {
        return None;
    }
    let mut map = compacted(node);
    if let Some(own) = node.get("reports") {
        map.set("reports", reports(checks, &place.at("reports"), own)?);
    }
    Some(Node::map(map, node.at))
}

fn check_exposed(checks: &mut Checks, place: &Place<'_>, node: &Node) {
    let paths = node.get("paths").filter(|paths| texts(paths)).map(Node::texts).unwrap_or_default();
    let starred = paths.iter().any(|path| path.contains('*'));
    checks.require(!starred, place, node.at, "paths can't contain '*' when used with 'expose_as'");
    checks.field(place, node, "expose_as", is_text, "should be a string");
    let short = |value: &Node| value.to_text().chars().count() <= MAX_EXPOSED_AS;
    checks.field(place, node, "expose_as", short, "is too long (maximum is 100 characters)");
    let word = |char: char| char == '_' || char.is_ascii_alphanumeric();
    let plain = |value: &Node| {
        let text = value.to_text();
        text.starts_with(word) && text.chars().all(|char| word(char) || char == '-' || char == ' ')
    };
    checks.field(place, node, "expose_as", plain, "can contain only letters, digits, '-', '_' and spaces");
}

fn is_expiry(node: &Node) -> bool {
    node.as_str().is_some_and(|text| text.trim().eq_ignore_ascii_case("never") || duration::parse(text).is_some())
}

fn reports(checks: &mut Checks, place: &Place<'_>, node: &Node) -> Option<Node> {
    let mark = checks.mark();
    checks.hash(place, node);
    checks.hash(place, node);
    checks.known_keys(place, node, &REPORTS);
    for name in REPORTS {
        if !matches!(name, "coverage_report" | "codequality") {
            checks.field(place, node, name, text_or_texts, "should be an array of strings or a string");
        }
    }
    if !checks.clean_since(mark) {
        return None;
    }
    if let Some(report) = node.get("coverage_report") {
        coverage_report(checks, &place.at("coverage_report"), report);
    }
    let mut map = Map::default();
    for (key, value) in node.as_map()?.iter().filter(|(_, value)| !value.is_null()) {
        map.insert(key.clone(), if is_hash(value) { value.clone() } else { wrapped(value) });
    }
    checks.clean_since(mark).then(|| Node::map(map, node.at))
}

fn coverage_report(checks: &mut Checks, place: &Place<'_>, node: &Node) {
    checks.hash(place, node);
    checks.known_keys(place, node, &["coverage_format", "path"]);
    let formats = ["cobertura", "jacoco"];
    let format = node.get("coverage_format");
    let at = format.map_or(node.at, |format| format.at);
    let good = format.is_some_and(|format| one_of(format, &formats));
    checks.require(good, place, at, "coverage format must be one of supported formats: cobertura, jacoco.");
    checks.require(node.get("path").is_some_and(is_text), place, node.at, "path should be a string");
    checks.require(node.get("path").is_some_and(Node::is_present), place, node.at, "path can't be blank");
}
