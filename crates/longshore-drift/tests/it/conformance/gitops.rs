//! The recorded cases of Argo CD's own comparison: its two- and three-way diffs, its normalisers, hidden Secrets.

use std::collections::BTreeSet;
use std::path::Path;

use longshore_drift::argo::{self, KnownType, Options, StateDiff};
use longshore_drift::{IgnoreRule, Rules};
use longshore_testkit::Run;
use longshore_yaml::Document;
use serde_json::{Value, json};

use super::{each, same};

pub(super) fn run(run: &mut Run, root: &Path) {
    each(run, root, "normalize-secret", secret);
    each(run, root, "hide-secret", hide);
    each(run, root, "ignore-normalize", ignore);
    each(run, root, "knowntypes-normalize", known_types);
    each(run, root, "managedfields-normalize", managed_fields);
    each(run, root, "normalize", normalise_pair);
    each(run, root, "gitops-threeway", three_way);
    each(run, root, "gitops-diff", diff);
    each(run, root, "statediff", state_diff);
}

fn document(value: &Value) -> Option<Document> {
    (!value.is_null()).then(|| Document::from_json(value))
}

fn value(doc: Option<&Document>) -> Value {
    doc.map_or(Value::Null, |doc| doc.root().to_json().unwrap())
}

/// Names the first place where two values differ: objects are long.
fn alike(found: &Value, expect: &Value, path: &str) -> Result<(), String> {
    match (found, expect) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            let missing = json!("(missing)");
            let at = |map: &serde_json::Map<String, Value>, key: &str| map.get(key).cloned().unwrap_or(missing.clone());
            keys.into_iter().try_for_each(|key| alike(&at(a, key), &at(b, key), &format!("{path}/{key}")))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let mut items = a.iter().zip(b).enumerate();
            items.try_for_each(|(index, (a, b))| alike(a, b, &format!("{path}/{index}")))
        }
        _ if found == expect => Ok(()),
        _ => Err(format!("{path}: found {found}, expected {expect}")),
    }
}

fn secret(case: &Value) -> Option<Result<(), String>> {
    let mut doc = document(&case["in"])?;
    argo::secret(&mut doc);
    Some(alike(&value(Some(&doc)), &case["out"], ""))
}

fn hide(case: &Value) -> Option<Result<(), String>> {
    let names = case["hideAnnotations"].as_object().into_iter().flatten();
    let names: BTreeSet<String> = names.map(|(name, _)| name.clone()).collect();
    let found = argo::hide(document(&case["target"]).as_ref(), document(&case["live"]).as_ref(), &names);
    Some(match found {
        Ok((target, live)) => alike(&value(target.as_ref()), &case["outTarget"], "target")
            .and_then(|()| alike(&value(live.as_ref()), &case["outLive"], "live")),
        Err(error) => same(true, !case["error"].is_null()).map_err(|_| error.to_string()),
    })
}

/// The rules of a case; Argo CD's overrides are among them where the case has been recorded with them.
fn rules(list: &Value) -> Vec<IgnoreRule> {
    let rules = json!({ "ignoreDifferences": list });
    Rules::read(Document::from_json(&rules).root()).unwrap().ignore
}

fn options(ignores: &Value) -> Options {
    rules(ignores).into_iter().fold(Options::default(), Options::ignore)
}

fn ignore(case: &Value) -> Option<Result<(), String>> {
    let doc = document(&case["in"])?;
    let (_, found) = argo::normalise_pair(&doc, &doc, &options(&case["ignoreEffective"]));
    Some(alike(&value(Some(&found)), &case["out"], ""))
}

fn known_types(case: &Value) -> Option<Result<(), String>> {
    let mut options = Options::default();
    options.known_types.clear();
    for (kind, fields) in case["knownTypeFields"].as_object()? {
        let (group, kind) = kind.split_once('/')?;
        for field in fields.as_array()? {
            let path: Vec<&str> = field["path"].as_array()?.iter().filter_map(Value::as_str).collect();
            let type_name = match field["type"].as_str()? {
                "*resource.Quantity" => "core/Quantity".to_owned(),
                "*v1.Duration" => "meta/v1/Duration".to_owned(),
                name => format!("core/{}", name.trim_start_matches('*').replace('.', "/")),
            };
            options = options.known_type(KnownType::new(group, kind, &path.join("."), &type_name));
        }
    }
    let doc = document(&case["in"])?;
    let (_, found) = argo::normalise_pair(&doc, &doc, &options);
    Some(alike(&value(Some(&found)), &case["out"], ""))
}

fn managed_fields(case: &Value) -> Option<Result<(), String>> {
    let managers = case["trustedManagers"].as_array().into_iter().flatten();
    let managers: Vec<String> = managers.filter_map(Value::as_str).map(str::to_owned).collect();
    let sides = document(&case["live"]).zip(document(&case["config"]));
    let found = sides.and_then(|(live, config)| argo::trusted(&live, &config, &managers));
    let (live, config) = found.unzip();
    Some(
        alike(&value(live.as_ref()), &case["outLive"], "live")
            .and_then(|()| alike(&value(config.as_ref()), &case["outConfig"], "config")),
    )
}

fn normalise_pair(case: &Value) -> Option<Result<(), String>> {
    let options = options(&case["ignores"]);
    let live = document(&case["lives"][0])?;
    let (live, target) = argo::normalise_pair(&live, &document(&case["configs"][0])?, &options);
    Some(
        alike(&value(Some(&live)), &case["outLives"][0], "live")
            .and_then(|()| alike(&value(Some(&target)), &case["outTargets"][0], "target")),
    )
}

fn compared(found: &StateDiff, case: &Value) -> Result<(), String> {
    alike(&value(found.live.as_ref()), &case["normalizedLive"], "live")?;
    alike(&value(found.predicted.as_ref()), &case["predictedLive"], "predicted")?;
    same(Value::Bool(found.modified), case["modified"].clone())
}

fn three_way(case: &Value) -> Option<Result<(), String>> {
    let (orig, config, live) = (document(&case["orig"])?, document(&case["config"])?, document(&case["live"])?);
    let found = argo::three_way(&orig, &config, &live);
    Some(found.map_err(|error| error.to_string()).and_then(|found| compared(&found, case)))
}

fn diff(case: &Value) -> Option<Result<(), String>> {
    let aggregated = case["options"]["ignoreAggregatedRoles"] == true;
    let options = Options::default().ignore_aggregated_roles(aggregated);
    let found = argo::diff(document(&case["config"]).as_ref(), document(&case["live"]).as_ref(), &options);
    Some(found.map_err(|error| error.to_string()).and_then(|found| compared(&found, case)))
}

fn state_diff(case: &Value) -> Option<Result<(), String>> {
    let options = options(&case["ignores"]).ignore_aggregated_roles(case["ignoreAggregatedRoles"] == true);
    let found = argo::state_diff(document(&case["config"]).as_ref(), document(&case["live"]).as_ref(), &options);
    Some(found.map_err(|error| error.to_string()).and_then(|found| compared(&found, case)))
}
