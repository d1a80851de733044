//! Masterminds semver: versions, constraints, and what they say.

use std::cmp::Ordering;
use std::path::Path;

use longshore_oci::version::{self, VersionError};
use longshore_oci::{Constraint, Operator};
use longshore_testkit::Run;
use semver::Version;
use serde_json::Value;

use super::{Outcome, load, same, table, text};

pub(super) fn run(run: &mut Run, folder: &Path) {
    let doc = load(folder, "semver-masterminds.json");
    constraints(run, &doc);
    versions(run, &doc);
    ordering(run, &doc);
    dialects(run, &load(folder, "semver-dialects.json"));
}

fn constraint(text: &str) -> Result<Constraint, String> {
    Constraint::parse(text).map_err(|error| error.to_string())
}

fn loose(text: &str) -> Result<Version, String> {
    version::parse_loose(text).map_err(|error| error.to_string())
}

fn constraints(run: &mut Run, doc: &Value) {
    let plain = |row: &Value| constraint(text(row, "constraint"));
    let open = |row: &Value| plain(row).map(Constraint::include_prereleases);
    let check = |row: &Value, constraint: Result<Constraint, String>| {
        same(row["check"].as_bool(), Some(constraint?.matches(&loose(text(row, "version"))?)))
    };
    let file = "semver-masterminds";
    for name in ["TestConstraintsCheck", "TestConstraintsValidate"] {
        table(run, file, doc, name, |row| check(row, plain(row)));
    }
    // Upstream reads single terms here, of which an empty one stands for `*`; a whole constraint may not be empty.
    table(run, file, doc, "TestConstraintCheck", |row| {
        let term = Some(text(row, "constraint")).filter(|term| !term.is_empty()).unwrap_or("*");
        check(row, constraint(term))
    });
    for name in ["TestConstraintsCheckIncludePrerelease", "TestConstraintsValidateIncludePrerelease"] {
        table(run, file, doc, name, |row| check(row, open(row)));
    }
    let message = |row: &Value, constraint: Result<Constraint, String>| {
        let (constraint, version) = (constraint?, loose(text(row, "version"))?);
        let misfits = constraint.misfits(&version);
        let first = misfits.first().map(|misfit| constraint.describe(&version, misfit));
        same(Some(text(row, "msg").to_owned()), first)
    };
    table(run, file, doc, "TestConstraintsValidate#1", |row| message(row, plain(row)));
    table(run, file, doc, "TestConstraintsValidateIncludePrerelease#1", |row| message(row, open(row)));
    table(run, file, doc, "TestConstraintString", |row| same(text(row, "st"), &plain(row)?.to_string()));
    for name in ["TestTextMarshalConstraints", "TestTextUnmarshalConstraints"] {
        table(run, file, doc, name, |row| {
            same(text(row, "want"), &plain(row)?.to_string())?;
            let json = serde_json::to_string(&plain(row)?).expect("a constraint is JSON");
            same(
                Ok(plain(row)?.to_string()),
                serde_json::from_str::<Constraint>(&json).map(|c| c.to_string()).map_err(drop),
            )
        });
    }
    table(run, file, doc, "TestNewConstraint", |row| {
        let found = constraint(text(row, "input"));
        same(row["err"].as_bool(), Some(found.is_err()))?;
        let Ok(found) = found else { return Ok(()) };
        let groups: Vec<usize> = found.groups().map(<[_]>::len).collect();
        same((row["ors"].as_u64(), row["count"].as_u64()), (Some(groups.len() as u64), Some(groups[0] as u64)))
    });
    table(run, file, doc, "TestParseConstraint", |row| {
        let found = constraint(text(row, "in"));
        same(row["err"].as_bool(), Some(found.is_err()))?;
        let Ok(found) = found else { return Ok(()) };
        let term = found.groups().next().expect("a constraint has a group")[0].clone();
        same(loose(text(row, "v"))?, term.version().clone())?;
        same(text(row, "f").trim_start_matches("$constraint"), name(term.operator()))
    });
    table(run, file, doc, "TestRewriteRange", |row| {
        let found = constraint(text(row, "c"))?;
        same(constraint(text(row, "nc"))?.to_string(), found.to_string())
    });
    table(run, file, doc, "TestIsX", |row| {
        let wildcard = constraint(text(row, "t")).is_ok_and(|found| found.matches(&Version::new(7, 7, 7)));
        same(row["c"].as_bool(), Some(wildcard))
    });
    table(run, file, doc, "FuzzNewConstraint", |row| {
        let found = constraint(row.as_str().unwrap_or_default());
        found.map_or(Ok(()), |found| same(found.to_string(), constraint(&found.to_string())?.to_string()))
    });
}

fn name(operator: Operator) -> &'static str {
    match operator {
        Operator::Equal => "TildeOrEqual",
        Operator::NotEqual => "NotEqual",
        Operator::Greater => "GreaterThan",
        Operator::Less => "LessThan",
        Operator::GreaterOrEqual => "GreaterThanEqual",
        Operator::LessOrEqual => "LessThanEqual",
        Operator::Tilde => "Tilde",
        Operator::Caret => "Caret",
    }
}

fn error_name(error: VersionError) -> &'static str {
    match error {
        VersionError::Empty => "$ErrEmptyString",
        VersionError::Characters => "$ErrInvalidCharacters",
        VersionError::LeadingZero => "$ErrSegmentStartsZero",
        VersionError::Prerelease => "$ErrInvalidPrerelease",
        VersionError::Metadata => "$ErrInvalidMetadata",
        _ => "$ErrInvalidSemVer",
    }
}

fn versions(run: &mut Run, doc: &Value) {
    let file = "semver-masterminds";
    table(run, file, doc, "TestNewVersion", |row| {
        same(row["err"].as_bool(), Some(version::parse_loose(text(row, "version")).is_err()))
    });
    table(run, file, doc, "TestStrictNewVersion", |row| {
        same(row["err"].as_bool(), Some(version::parse_strict(text(row, "version")).is_err()))
    });
    // Upstream turns coercion off for this table: a leading zero is an error then, as it is for the strict reader.
    table(run, file, doc, "TestNewVersionCheckError", |row| {
        let input = text(row, "version");
        let strict = version::parse_strict(input).map_err(|error| match error {
            VersionError::Prerelease => VersionError::Shape,
            error => error,
        });
        same(row["wantErr"].as_str(), strict.err().map(error_name))
    });
    table(run, file, doc, "TestCoerceString", |row| {
        same(text(row, "expected"), &loose(text(row, "version"))?.to_string())
    });
    for name in ["FuzzNewVersion", "FuzzStrictNewVersion", "TestOriginal"] {
        table(run, file, doc, name, |row| {
            let input = row.as_str().unwrap_or_default();
            let Ok(found) = version::parse_loose(input) else {
                return same(false, name == "TestOriginal");
            };
            same(Ok(found.clone()), version::parse_strict(&found.to_string()))
        });
    }
    table(run, file, doc, "TestValidatePrerelease", |row| {
        same(row["expected"].as_str(), version::prerelease(text(row, "pre")).err().map(error_name))
    });
    table(run, file, doc, "TestValidateMetadata", |row| {
        same(row["expected"].as_str(), version::metadata(text(row, "meta")).err().map(error_name))
    });
    table(run, file, doc, "TestSetPrerelease", |row| {
        let mut found = loose(text(row, "v1"))?;
        match version::prerelease(text(row, "prerelease")) {
            Ok(pre) => found.pre = pre,
            Err(error) => same(row["expectedErr"].as_str(), Some(error_name(error)))?,
        }
        same(text(row, "expectedVersion"), &found.to_string())
    });
    table(run, file, doc, "TestSetMetadata", |row| {
        let mut found = loose(text(row, "v1"))?;
        match version::metadata(text(row, "metadata")) {
            Ok(build) => found.build = build,
            Err(error) => same(row["expectedErr"].as_str(), Some(error_name(error)))?,
        }
        same(text(row, "expectedVersion"), &found.to_string())
    });
    table(run, file, doc, "TestInc", |row| {
        let found = loose(text(row, "v1"))?;
        let next = match text(row, "how") {
            "major" => Version::new(found.major + 1, 0, 0),
            "minor" => Version::new(found.major, found.minor + 1, 0),
            // A release follows its own pre-release.
            _ => Version::new(found.major, found.minor, found.patch + u64::from(found.pre.is_empty())),
        };
        same(text(row, "expected"), &next.to_string())?;
        same(Ordering::Greater, next.cmp_precedence(&found))
    });
}

fn ordering(run: &mut Run, doc: &Value) {
    let file = "semver-masterminds";
    let compare = |row: &Value| Ok::<_, String>(loose(text(row, "v1"))?.cmp_precedence(&loose(text(row, "v2"))?));
    table(run, file, doc, "TestCompare", |row| same(row["expected"].as_i64(), Some(compare(row)? as i64)));
    type Holds = fn(Ordering) -> bool;
    let tests: [(&str, Holds); 5] = [
        ("TestEqual", Ordering::is_eq),
        ("TestGreaterThan", Ordering::is_gt),
        ("TestGreaterThanEqual", Ordering::is_ge),
        ("TestLessThan", Ordering::is_lt),
        ("TestLessThanEqual", Ordering::is_le),
    ];
    for (name, holds) in tests {
        table(run, file, doc, name, |row| match (row["v1"].is_null(), row["v2"].is_null()) {
            // Go's nil versions: a value is always there in Rust.
            (true, _) | (_, true) => same(row["expected"].as_bool(), Some(row["v1"] == row["v2"])),
            _ => same(row["expected"].as_bool(), Some(holds(compare(row)?))),
        });
    }
    let mut suite = run.suite("oci/semver-masterminds/TestCollection");
    let rows = doc["TestCollection"].as_array().map(Vec::as_slice).unwrap_or_default();
    let versions: Result<Vec<Version>, _> = rows.iter().map(|row| loose(row.as_str().unwrap_or_default())).collect();
    suite.check("all", versions.map(drop));
}

fn dialects(run: &mut Run, doc: &Value) {
    table(run, "semver-dialects", doc, "constraints", |row| {
        let expected = &row["masterminds"];
        match (expected["error"].as_str(), constraint(text(row, "constraint"))) {
            (Some(error), Ok(found)) => Err(format!("accepted as {found}, Go says {error}")),
            (Some(error), Err(found)) => same(error.split(':').next(), found.split(':').next()),
            (None, Err(found)) => Err(format!("refused: {found}")),
            (None, Ok(found)) => matches(doc, expected, &found),
        }
    });
    table(run, "semver-dialects", doc, "version_parsing", |row| {
        let input = text(row, "input");
        compare(&row["masterminds_loose"], version::parse_loose(input))?;
        compare(&row["masterminds_strict"], version::parse_strict(input))
    });
}

/// The matches were recorded over more versions than the open table lists: both lists are asked.
fn matches(doc: &Value, expected: &Value, found: &Constraint) -> Outcome {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let matches = list(&expected["matches"]);
    for version in matches.iter().chain(&list(&doc["versions"])) {
        let admitted = found.matches(&loose(version.as_str().unwrap_or_default())?);
        if admitted != matches.contains(version) {
            return Err(format!("{version} is admitted: {admitted}"));
        }
    }
    Ok(())
}

fn compare(expected: &Value, found: Result<Version, VersionError>) -> Outcome {
    match (expected.as_str(), found) {
        (Some(expected), Ok(found)) => same(expected, &found.to_string()),
        (Some(_), Err(error)) => Err(format!("refused: {error}")),
        (None, Ok(found)) => Err(format!("accepted as {found}, Go says {}", expected["error"])),
        (None, Err(VersionError::OutOfRange)) => same(true, text(expected, "error").contains("out of range")),
        (None, Err(error)) => same(text(expected, "error"), &error.to_string()),
    }
}
