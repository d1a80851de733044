//! Flux and Argo CD tag policies, and Go's regular expressions below them.

use std::path::Path;

use longshore_oci::{GoRegex, Order, PolicySpec, Selection, Strategy, TagPolicy, TagRecord, glob_matches};
use longshore_testkit::Run;
use serde_json::Value;

use super::{Outcome, load, refused, same, table, text};

pub(super) fn run(run: &mut Run, folder: &Path) {
    flux(run, &load(folder, "tag-policy-flux.json"));
    flux_oracle(run, &load(folder, "tag-policy-flux-oracle.json"));
    argocd(run, &load(folder, "tag-policy-argocd.json"));
    regex(run, &load(folder, "regex-go-vs-rust.json"));
}

fn tags(row: &Value, field: &str) -> Vec<String> {
    let list = row[field].as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().map(|tag| tag.as_str().unwrap_or_default().to_owned()).collect()
}

/// `$NumericalOrderDesc` and its like are Go constants.
fn order(row: &Value) -> Order {
    if text(row, "order").ends_with("Desc") { Order::Desc } else { Order::Asc }
}

fn winner(selection: &Selection, tags: &[String]) -> Result<String, String> {
    selection.winner().map(|at| tags[at].clone()).map_err(|reason| reason.to_string())
}

fn flux(run: &mut Run, doc: &Value) {
    let file = "tag-policy-flux";
    let check = |row: &Value, policy: &TagPolicy| {
        let tags = tags(row, "versions");
        let selection = policy.select(&tags);
        same(tags.len(), selection.verdicts().len())?;
        let expected = row["expectedVersion"].as_str().map(str::to_owned);
        same(expected, winner(&selection, &tags).ok())
    };
    table(run, file, doc, "semver_new", |row| {
        let fails = row["expectErr"].as_bool().unwrap_or_default();
        tags(row, "semverRanges").iter().try_for_each(|range| same(fails, TagPolicy::flux_semver(range).is_err()))
    });
    table(run, file, doc, "semver", |row| {
        check(row, &TagPolicy::flux_semver(text(row, "semverRange")).map_err(|error| error.to_string())?)
    });
    table(run, file, doc, "alphabetical", |row| check(row, &TagPolicy::flux_alphabetical(order(row))));
    table(run, file, doc, "numerical", |row| check(row, &TagPolicy::flux_numerical(order(row))));
    table(run, file, doc, "order_new", |row| {
        let name = match text(row, "order") {
            constant if constant.ends_with("OrderAsc") => "ASC",
            constant if constant.ends_with("OrderDesc") => "DESC",
            name => name,
        };
        same(row["expectErr"].as_bool().unwrap_or_default(), name.parse::<Order>().is_err())
    });
    table(run, file, doc, "filter_tags", |row| {
        let pattern = GoRegex::new(text(row, "pattern")).map_err(|error| error.to_string())?;
        let extracted = |tag: &String| match text(row, "extract") {
            "" => pattern.is_match(tag).then(|| tag.clone()),
            template => pattern.expand(tag, template),
        };
        let mut found: Vec<String> = tags(row, "tags").iter().filter_map(extracted).collect();
        found.sort();
        found.dedup();
        let mut expected = tags(row, "expected");
        expected.sort();
        same(expected, found)
    });
}

fn flux_oracle(run: &mut Run, doc: &Value) {
    table(run, "tag-policy-flux-oracle", doc, "cases", |row| {
        let tags = tags(row, "tags");
        let found = match oracle_policy(row) {
            Ok(policy) => winner(&policy.select(&tags), &tags).unwrap_or_else(|reason| format!("ERROR: {reason}")),
            Err(reason) => format!("ERROR: {reason}"),
        };
        // Where Flux gave several answers, any of them is one of Flux's.
        let expected = self::tags(row, "results");
        let said = |expected: &String| expected == &found || is_same_error(expected, &found);
        if expected.iter().any(said) { Ok(()) } else { Err(format!("expected one of {expected:?}, not {found}")) }
    });
}

fn oracle_policy(row: &Value) -> Result<TagPolicy, String> {
    let policy = match text(row, "policy") {
        "semver" => TagPolicy::flux_semver(text(row, "arg")).map_err(full)?,
        name => {
            let order: Order = text(row, "arg").parse().map_err(full)?;
            if name == "numerical" { TagPolicy::flux_numerical(order) } else { TagPolicy::flux_alphabetical(order) }
        }
    };
    let (pattern, extract) = (text(row, "pattern"), text(row, "extract"));
    let filtered = row["filter"].as_bool().unwrap_or_default();
    if filtered { policy.filter_tags(pattern, extract).map_err(full) } else { Ok(policy) }
}

/// An error with what caused it.
fn full(error: impl std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

/// The words of Flux up to the part it names, of which ours names the same.
fn is_same_error(expected: &str, found: &str) -> bool {
    let reason = |text: &str| text.rsplit(": ").next().unwrap_or_default().to_owned();
    expected.starts_with("ERROR") && found.starts_with("ERROR") && reason(expected) == reason(found)
}

fn argocd(run: &mut Run, doc: &Value) {
    table(run, "tag-policy-argocd", doc, "cases", |row| {
        let strategy: Strategy = text(row, "strategy").parse().map_err(full)?;
        let policy = TagPolicy::argocd(strategy, text(row, "constraint")).map_err(full)?;
        // The table builds its tags five seconds apart, in the order of the list.
        let record = |(at, name)| TagRecord { name, created: Some(5_000_000_000 * at as i64) };
        let tags: Vec<TagRecord> = tags(row, "tags").into_iter().enumerate().map(record).collect();
        let found = policy.select(&tags).winner().ok().map(|at| tags[at].name.clone());
        same(row["expected"].as_str().map(str::to_owned), found)
    });
    table(run, "tag-policy-argocd", doc, "ignore_list", |row| {
        let patterns = tags(row, "patterns").join(",");
        let spec = PolicySpec::argocd(Strategy::Alphabetical, "").ignore_tags(&patterns);
        let selection = TagPolicy::new(spec).map_err(full)?.select(&[text(row, "tag")]);
        same(row["ignored"].as_bool(), Some(selection.winner().is_err()))?;
        let direct = tags(row, "patterns").iter().any(|p| glob_matches(p, text(row, "tag")) == Ok(true));
        same(row["ignored"].as_bool(), Some(direct))
    });
}

/// Each pattern stands here because Rust's own dialect reads it otherwise.
fn regex(run: &mut Run, doc: &Value) {
    table(run, "regex-go-vs-rust", doc, "differences", |row| {
        let found = GoRegex::new(text(row, "pattern"));
        if text(row, "kind") == "go rejects" {
            return refused(found);
        }
        let found = found.map_err(|error| format!("refused: {error}"))?;
        let Some(first) = row["first"].as_object() else { return Ok(()) };
        let input = first["input"].as_str().unwrap_or_default();
        expansions(&first["go"], &found, input)
    });
}

/// Go's match, then its expansion of the templates that the recorder tried.
fn expansions(go: &Value, found: &GoRegex, input: &str) -> Outcome {
    let Some(go) = go.as_array() else { return same(None, found.find(input)) };
    let go = |at: usize| go.get(at).and_then(Value::as_str);
    same(go(0), found.find(input))?;
    same(go(1).map(str::to_owned), found.expand(input, "$0"))
}
