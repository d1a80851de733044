//! `spec:inputs`: what a file may be given, checked and filled in.

use super::interpolate::Template;
use crate::error::Failure;
use crate::expression::{Expression, Lookup};
use crate::pattern::Pattern;
use crate::value::{At, Data, Map, Node};
use crate::variables::Variables;

/// Options of one input.
const MAX_OPTIONS: usize = 50;

pub(crate) fn not_a_hash(at: At) -> Failure {
    Failure::new("Given inputs must be a hash", at)
}

pub(crate) fn without_header(at: At) -> Failure {
    Failure::new("Given inputs not defined in the `spec` section of the included configuration file", at)
}

/// Fills the inputs of `header` into `content`.
pub(crate) fn interpolate(
    header: &Node,
    content: Node,
    args: Option<&Node>,
    variables: &Variables,
) -> Result<Node, Failure> {
    let empty = Map::default();
    let args = match args {
        Some(args) => args.as_map().ok_or_else(|| not_a_hash(args.at))?,
        None => &empty,
    };
    let mut problems = Problems::default();
    let specs = header_inputs(header, &mut problems);
    problems.fail()?;
    let inputs = values(&specs, args, &mut problems);
    problems.fail()?;
    if content.as_map().is_none() {
        return Ok(content);
    }
    Template { inputs: &inputs, variables }.fill(&content)
}

/// At most three problems end up in one message, as GitLab has it.
#[derive(Default)]
struct Problems {
    found: Vec<Failure>,
}

impl Problems {
    fn add(&mut self, message: String, at: At) {
        self.found.push(Failure::new(message, at));
    }

    fn fail(&self) -> Result<(), Failure> {
        let Some(first) = self.found.first() else {
            return Ok(());
        };
        let words: Vec<&str> = self.found.iter().take(3).map(|failure| failure.message.as_str()).collect();
        Err(Failure::new(words.join(", "), first.at))
    }
}

/// Checks the header; gives its inputs.
fn header_inputs(header: &Node, problems: &mut Problems) -> Map {
    let Some(map) = header.as_map() else {
        return Map::default();
    };
    unknown("header", map, &["spec"], header.at, problems);
    let spec = map.get("spec").filter(|spec| !spec.is_null());
    let Some(spec) = spec else {
        return Map::default();
    };
    let Some(fields) = spec.as_map() else {
        problems.add("header:spec config should be a hash".to_owned(), spec.at);
        return Map::default();
    };
    unknown("header:spec", fields, &["inputs", "component", "include"], spec.at, problems);
    let Some(inputs) = spec.get("inputs") else {
        return Map::default();
    };
    let Some(specs) = inputs.as_map() else {
        problems.add("header:spec:inputs config should be a hash".to_owned(), inputs.at);
        return Map::default();
    };
    for (name, spec) in specs.iter() {
        check_spec(&name.text, spec, problems);
    }
    specs.clone()
}

fn unknown(place: &str, map: &Map, allowed: &[&str], at: At, problems: &mut Problems) {
    let names: Vec<&str> = map.iter().map(|(key, _)| &*key.text).filter(|key| !allowed.contains(key)).collect();
    if !names.is_empty() {
        problems.add(format!("{place} config contains unknown keys: {}", names.join(", ")).to_lowercase(), at);
    }
}

const TYPES: [&str; 4] = ["array", "boolean", "number", "string"];

fn check_spec(name: &str, spec: &Node, problems: &mut Problems) {
    let place = format!("header:spec:inputs:{name}").to_lowercase();
    if spec.is_null() {
        return;
    }
    let Some(map) = spec.as_map() else {
        for _ in 0..2 {
            problems.add(format!("{place} config should be a hash"), spec.at);
        }
        return;
    };
    let mut wrong = |field: &str, bad: bool, words: &str| {
        if bad {
            let at = spec.get(field).map_or(spec.at, |node| node.at);
            problems.add(format!("{place} {words}"), at);
        }
    };
    let text = |field: &str| spec.get(field).is_some_and(|node| node.as_str().is_none());
    let description = |node: &Node| node.as_str().is_none() && node.as_int().is_none();
    wrong(
        "description",
        spec.get("description").is_some_and(description),
        "input description must be an alphanumeric string",
    );
    wrong("regex", text("regex"), "input regex should be a string");
    if let Some(kind) = spec.get("type").filter(|kind| !TYPES.contains(&kind.to_text().as_str())) {
        wrong("type", true, &format!("input type unknown value: {}", kind.to_text()));
    }
    let options = spec.get("options");
    wrong("options", options.is_some_and(|node| node.as_list().is_none()), "input options should be an array");
    let list = options.and_then(Node::as_list).unwrap_or_default();
    wrong("options", list.len() > MAX_OPTIONS, &format!("config cannot define more than {MAX_OPTIONS} options"));
    wrong("options", list.iter().any(Node::is_null), "config options array cannot contain null values");
    let allowed = ["default", "description", "options", "regex", "type", "rules"];
    unknown(&place, map, &allowed, spec.at, problems);
    for other in ["options", "default"] {
        if map.contains("rules") && map.contains(other) {
            let words = format!("{place} config these keys cannot be used together: rules, {other}");
            problems.add(words, spec.at);
        }
    }
}

/// The inputs known so far, as conditions of input rules see them.
struct Known<'k>(&'k [(String, String)]);

impl Lookup for Known<'_> {
    fn variable(&self, _name: &str) -> Option<&str> {
        None
    }

    fn input(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The value of each input, given or by default.
fn values(specs: &Map, args: &Map, problems: &mut Problems) -> Map {
    let unknown: Vec<&str> = args.iter().map(|(key, _)| &*key.text).filter(|name| !specs.contains(name)).collect();
    let first = args.iter().find(|(key, _)| !specs.contains(&key.text)).map_or(At::default(), |(key, _)| key.at);
    let mut own = Problems::default();
    let mut known: Vec<(String, String)> =
        args.iter().map(|(key, node)| (key.text.to_string(), node.to_text())).collect();
    let mut out = Map::default();
    for (name, spec) in specs.iter() {
        let input = Input { name: &name.text, spec, at: name.at };
        let value = input.value(args.get(&name.text), &known, &mut own);
        known.push((name.text.to_string(), value.to_text()));
        out.insert(name.clone(), value);
    }
    if !unknown.is_empty() {
        problems.add(format!("unknown input arguments: {}", unknown.join(", ")), first);
    }
    problems.found.append(&mut own.found);
    out
}

struct Input<'i> {
    name: &'i str,
    spec: &'i Node,
    at: At,
}

impl Input<'_> {
    fn kind(&self) -> &str {
        self.spec.get("type").and_then(Node::as_str).unwrap_or("string")
    }

    /// The rule whose condition holds first.
    fn rule(&self, known: &[(String, String)]) -> Option<&Node> {
        let rules = self.spec.get("rules")?.as_list()?;
        rules.iter().find(|rule| match rule.get("if").and_then(Node::as_str) {
            None => true,
            Some(condition) => Expression::parse(condition).is_ok_and(|condition| condition.holds(&Known(known))),
        })
    }

    fn value(&self, given: Option<&Node>, known: &[(String, String)], problems: &mut Problems) -> Node {
        let rules = self.spec.as_map().is_some_and(|map| map.contains("rules"));
        let given = given.filter(|value| !value.is_null()).filter(|value| !rules || value.as_str() != Some(""));
        let rule = self.rule(known);
        let written = self.spec.as_map().and_then(|map| map.get("default"));
        let by_rules = self.spec.get("rules").and_then(Node::as_list).unwrap_or_default();
        let required =
            written.is_none() && !by_rules.iter().any(|rule| rule.as_map().is_some_and(|map| map.contains("default")));
        if required && given.is_none() {
            self.wrong("required value has not been provided", self.at, problems);
            return Node::new(Data::Null, self.at);
        }
        let default = rule.and_then(|rule| rule.get("default")).or(written.filter(|value| !value.is_null()));
        let options = rule.and_then(|rule| rule.get("options")).or(self.spec.get("options"));
        if let Some(default) = default {
            self.check(&self.coerced(default), options, "default", problems);
        }
        if let Some(given) = given {
            self.check(&self.coerced(given), options, "provided", problems);
        }
        match given.or(default) {
            Some(value) => self.coerced(value),
            None if self.kind() == "string" => Node::text("", self.at),
            None => Node::new(Data::Null, self.at),
        }
    }

    /// A string input takes any scalar as text; the others take texts that are JSON.
    fn coerced(&self, value: &Node) -> Node {
        match (self.kind(), &value.data) {
            ("string", Data::List(_) | Data::Map(_)) => Node::text(value.inspect(), value.at),
            ("string", _) => Node::text(value.to_text(), value.at),
            (_, Data::Text(text)) => match serde_json::from_str::<serde_json::Value>(text) {
                Ok(json) => Node::from_json(&json, value.at),
                Err(_) => value.clone(),
            },
            _ => value.clone(),
        }
    }

    fn check(&self, value: &Node, options: Option<&Node>, which: &str, problems: &mut Problems) {
        let kind = self.kind();
        let fits = matches!(
            (kind, &value.data),
            ("number", Data::Int(_) | Data::Float(_))
                | ("boolean", Data::Bool(_))
                | ("array", Data::List(_))
                | ("string", _)
        );
        if !fits {
            let article = if kind == "array" { "an" } else { "a" };
            self.wrong(&format!("{which} value is not {article} {kind}"), value.at, problems);
        }
        if let Some(options) = options {
            self.check_options(value, options, problems);
        }
        if let Some(pattern) = self.spec.get("regex").map(Node::to_text) {
            self.check_pattern(value, &pattern, which, problems);
        }
    }

    fn check_options(&self, value: &Node, options: &Node, problems: &mut Problems) {
        let list = options.as_list().unwrap_or_default();
        let (allowed, words) = match self.kind() {
            "string" => (list.iter().any(|option| option.to_text() == value.to_text()), "the list of allowed options"),
            "number" => (list.contains(value), "the list of the allowed options"),
            _ => return self.wrong("Options can only be used with string and number inputs", options.at, problems),
        };
        if !allowed {
            let shown = value.to_text();
            self.wrong(&format!("`{shown}` cannot be used because it is not in {words}"), value.at, problems);
        }
    }

    fn check_pattern(&self, value: &Node, pattern: &str, which: &str, problems: &mut Problems) {
        if self.kind() != "string" {
            return self.wrong("RegEx validation can only be used with string inputs", value.at, problems);
        }
        match Pattern::bare(pattern) {
            Err(_) => self.wrong("invalid regular expression", self.at, problems),
            Ok(pattern) if pattern.is_match(&value.to_text()) => {}
            Ok(_) => self.wrong(&format!("{which} value does not match required RegEx pattern"), value.at, problems),
        }
    }

    fn wrong(&self, words: &str, at: At, problems: &mut Problems) {
        problems.add(format!("`{}` input: {words}", self.name), at);
    }
}
