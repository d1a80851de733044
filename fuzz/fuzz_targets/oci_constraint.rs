//! Whatever stands on the first lines (a constraint, a pattern, a template) and below (tags): what is read displays as
//! something that reads the same, a policy explains every tag, and the explanation agrees with the constraint.
#![no_main]

use libfuzzer_sys::fuzz_target;
use longshore_oci::{Constraint, GoRegex, NoWinner, Order, TagPolicy, Verdict, glob_matches, version};

fuzz_target!(|text: &str| {
    let mut lines = text.lines();
    let mut line = || lines.next().unwrap_or_default();
    let (range, pattern, template) = (line(), line(), line());
    let tags: Vec<&str> = lines.collect();
    if let Ok(constraint) = Constraint::parse(range) {
        assert_eq!(Constraint::parse(&constraint.to_string()).as_ref(), Ok(&constraint));
        tags.iter().for_each(|tag| admits(&constraint, tag));
        let policy = TagPolicy::flux_semver(range).expect("it is a range");
        explains(&policy, &tags);
        if let Ok(filtered) = policy.filter_tags(pattern, template) {
            explains(&filtered, &tags);
        }
    }
    explains(&TagPolicy::flux_numerical(Order::Desc), &tags);
    if let Ok(regex) = GoRegex::new(pattern) {
        for tag in &tags {
            assert_eq!(regex.is_match(tag), regex.find(tag).is_some());
            assert_eq!(regex.find(tag), regex.expand(tag, "$0").as_deref());
            assert_eq!(regex.is_match(tag), regex.expand(tag, template).is_some());
        }
    }
    for tag in &tags {
        // A pattern is one or none, whatever it is held against.
        assert_eq!(glob_matches(pattern, tag).is_ok(), glob_matches(pattern, "").is_ok());
    }
});

fn admits(constraint: &Constraint, tag: &str) {
    let Ok(version) = version::parse_loose(tag) else { return };
    assert_eq!(version::parse_strict(&version.to_string()).as_ref(), Ok(&version));
    let misfits = constraint.misfits(&version);
    assert_eq!(constraint.matches(&version), misfits.is_empty());
    assert_eq!(constraint.check(&version).is_ok(), misfits.is_empty());
    misfits.iter().for_each(|misfit| drop(constraint.describe(&version, misfit)));
}

fn explains(policy: &TagPolicy, tags: &[&str]) {
    let selection = policy.select(tags);
    assert_eq!(selection.verdicts().len(), tags.len());
    let wins = |verdict: &&Verdict| matches!(verdict, Verdict::Wins);
    match selection.winner() {
        Ok(at) => assert_eq!(selection.verdict(at), Some(&Verdict::Wins)),
        Err(reason) => assert!(reason != NoWinner::Empty || selection.verdicts().iter().filter(wins).count() == 0),
    }
    assert!((0..tags.len()).all(|at| !policy.explain(&selection, tags, at).is_empty()));
}
