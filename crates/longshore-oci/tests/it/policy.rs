//! Tag policies: verdicts, explanations, and errors.

use longshore_oci::{NoWinner, Order, PolicySpec, Strategy, TagPolicy, TagRecord};

#[track_caller]
fn check(policy: &TagPolicy, tags: &[&str], expect: &[&str]) {
    let selection = policy.select(tags);
    let found: Vec<String> = (0..tags.len()).map(|at| policy.explain(&selection, tags, at)).collect();
    assert_eq!(found, expect);
}

#[test]
fn every_tag_is_explained() {
    check(
        &TagPolicy::flux_semver(">=1.1 <2").expect("it is a range"),
        &["1.0.0", "1.1.0", "v1.2.0", "1.2.0", "2.0.0", "1.3.0-rc.1", "1.2", "latest"],
        &[
            r#""1.0.0" is less than "1.1" (>=1.1)"#,
            "loses to v1.2.0",
            "wins",
            "ties with v1.2.0, which comes first by the tie rule",
            r#""2.0.0" is greater than or equal to "2" (<2)"#,
            "a pre-release, and the range looks only for releases",
            "not a version for Flux: fewer than three dotted numbers",
            "not a version: invalid semantic version",
        ],
    );
}

#[test]
fn filters_say_what_they_kept_out() {
    let policy = TagPolicy::flux_numerical(Order::Asc).filter_tags(r"^main-\w+-(\d+)$", "$1");
    check(
        &policy.expect("it is a pattern"),
        &["main-abc-9", "main-def-10", "main-xyz-10", "latest"],
        &[
            "loses to main-xyz-10",
            "shadowed by main-xyz-10, which extracts to the same text",
            "wins",
            "filtered out: does not match the pattern",
        ],
    );
    let spec = PolicySpec::argocd(Strategy::Alphabetical, "").ignore_tags("sha256-*, latest");
    check(
        &TagPolicy::new(spec).expect("they are globs"),
        &["a", "latest", "sha256-12.sig"],
        &["wins", "filtered out: ignored by latest", "filtered out: ignored by sha256-*"],
    );
}

#[test]
fn argocd_takes_short_versions_and_the_last_of_equals() {
    check(
        &TagPolicy::argocd(Strategy::Semver, "").expect("nothing is any version"),
        &["1.2", "1.2.0", "v1.2.0", "1.3.0-rc"],
        &[
            "ties with v1.2.0, which comes first by the tie rule",
            "ties with v1.2.0, which comes first by the tie rule",
            "wins",
            "a pre-release, and the range looks only for releases",
        ],
    );
    check(
        &TagPolicy::argocd(Strategy::Digest, "stable").expect("it follows a tag"),
        &["1", "stable"],
        &["not the tag that is followed", "wins"],
    );
}

#[test]
fn the_newest_build_needs_dates() {
    let record = |name: &str, created| TagRecord { name: name.to_owned(), created };
    let policy = TagPolicy::argocd(Strategy::NewestBuild, "").expect("it needs nothing");
    let tags = [record("a", Some(5)), record("b", None), record("c", Some(9)), record("d", Some(9))];
    let selection = policy.select(&tags);
    assert_eq!(selection.winner(), Ok(3));
    assert_eq!(policy.explain(&selection, &tags, 1), "no build time is known");
    assert_eq!(selection.ties().collect::<Vec<_>>(), [2]);
}

#[test]
fn a_configuration_says_when_it_was_built() {
    let created = |config: &str| TagRecord::from_config("a", config.as_bytes()).created;
    assert_eq!(created(r#"{"created":"1970-01-01T01:00:01+01:00"}"#), Some(1_000_000_000));
    assert_eq!(created("{}"), None);
    assert_eq!(created("not JSON"), None);
}

#[test]
fn a_policy_without_winner_says_why() {
    let policy = TagPolicy::flux_semver("^9").expect("it is a range");
    assert_eq!(policy.select::<&str>(&[]).winner(), Err(NoWinner::Empty));
    assert_eq!(policy.select(&["1.0.0"]).winner(), Err(NoWinner::NothingFits));
    let numbers = TagPolicy::flux_numerical(Order::Desc);
    assert_eq!(numbers.select(&["1", "x"]).winner(), Err(NoWinner::NotNumber { text: "x".to_owned() }));
}

#[track_caller]
fn refused(spec: PolicySpec, expect: &str) {
    assert_eq!(TagPolicy::new(spec).expect_err("it is no policy").to_string(), expect);
}

#[test]
fn what_the_originals_only_log_is_refused() {
    let allow = |allow: &str| PolicySpec::ArgoCd {
        strategy: Strategy::Semver,
        constraint: String::new(),
        allow_tags: allow.to_owned(),
        ignore_tags: Vec::new(),
    };
    refused(allow("1.*"), "invalid allow-tags value '1.*': expected any or regexp:PATTERN");
    refused(allow("regexp:("), "invalid tag filter");
    refused(
        PolicySpec::argocd(Strategy::Semver, "").ignore_tags("[a"),
        "invalid ignore-tags pattern '[a': a class is not closed, or reversed",
    );
    refused(PolicySpec::argocd(Strategy::Digest, ""), "the digest strategy needs the tag to follow as its constraint");
    assert!(TagPolicy::flux_semver("").is_err());
}

#[test]
fn a_policy_is_data_in_the_tools_words() {
    let policy = TagPolicy::flux_semver("^1").and_then(|policy| policy.filter_tags("^v(.*)$", "$1"));
    let spec = policy.expect("it is a policy").spec().clone();
    let json = serde_json::to_string(&spec).expect("a policy is JSON");
    assert_eq!(json, r#"{"tool":"flux","semver":{"range":"^1"},"filterTags":{"pattern":"^v(.*)$","extract":"$1"}}"#);
    assert_eq!(serde_json::from_str::<PolicySpec>(&json).expect("it was written here"), spec);
    assert_eq!(spec.to_string(), "flux semver ^1, tags matching ^v(.*)$ as $1");
}
