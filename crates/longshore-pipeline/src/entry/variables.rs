//! `variables:` of the configuration, of jobs, rules and services.

use super::{Checks, Place, is_bool, is_hash, is_scalar, is_text, texts};
use crate::value::{At, Node};

/// What a variable of the configuration may say besides its value.
pub(crate) const ROOT_DATA: [&str; 4] = ["value", "description", "expand", "options"];
/// What a variable of a job may say.
pub(crate) const JOB_DATA: [&str; 2] = ["value", "expand"];

/// A variable as it is written.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) key: String,
    pub(crate) value: String,
    /// `expand: false` or `true`, where it is said.
    pub(crate) raw: Option<bool>,
    pub(crate) at: At,
}

/// All variables of a mapping. `data` are the keys that one may have that is a mapping itself; none means a text is wanted.
pub(crate) fn variables(checks: &mut Checks, place: &Place<'_>, node: &Node, data: &[&str]) -> Vec<Written> {
    checks.hash(place, node);
    let Some(map) = node.as_map() else {
        return Vec::new();
    };
    let mut out = Vec::with_capacity(map.len());
    for (key, value) in map.iter() {
        let place = place.at(&key.text);
        let raw = if is_scalar(value) {
            None
        } else if is_hash(value) || value.is_null() {
            check_complex(checks, &place, value, data);
            value.get("expand").and_then(Node::as_bool).map(|expand| !expand)
        } else {
            let words = "variable definition must be either a string or a hash";
            checks.failures.push(crate::error::Failure::new(words, value.at));
            None
        };
        let text =
            if is_scalar(value) { value.to_text() } else { value.get("value").map_or(String::new(), Node::to_text) };
        out.push(Written { key: key.text.to_string(), value: text, raw, at: key.at });
    }
    out
}

fn check_complex(checks: &mut Checks, place: &Place<'_>, node: &Node, data: &[&str]) {
    checks.field(place, node, "value", is_scalar, "must be an alphanumeric string");
    let described = |node: &Node| is_text(node) || node.as_int().is_some();
    checks.field(place, node, "description", described, "must be an alphanumeric string");
    checks.field(place, node, "expand", is_bool, "should be a boolean value");
    checks.field(place, node, "options", texts, "should be an array of strings");
    if data.is_empty() {
        return checks.add(place, node.at, "config must be a string");
    }
    let map = node.as_map();
    let keys = map.into_iter().flat_map(|map| map.iter()).map(|(key, _)| &*key.text);
    let extra: Vec<&str> = keys.filter(|key| !data.contains(key)).collect();
    if !extra.is_empty() {
        checks.add(place, node.at, format_args!("config uses invalid data keys: {}", extra.join(", ")));
    }
    if let Some(options) = node.get("options").filter(|options| options.is_present()) {
        let value = node.get("value");
        let among = options.as_list().is_none_or(|options| value.is_some_and(|value| options.contains(value)));
        checks.require(among, place, node.at, "config value must be present in options");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Data, Map};

    #[test]
    fn a_list_is_no_variable() {
        let mut checks = Checks::default();
        let map =
            Map::of([("A", Node::list(Vec::new(), At::default())), ("B", Node::new(Data::Bool(true), At::default()))]);
        let list = variables(&mut checks, &Place::root("variables"), &Node::map(map, At::default()), &ROOT_DATA);
        assert_eq!(list[1].value, "true");
        assert_eq!(checks.failures[0].message, "variable definition must be either a string or a hash");
    }
}
