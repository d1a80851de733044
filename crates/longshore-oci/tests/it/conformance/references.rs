//! distribution/reference, and go-containerregistry's names.

use std::path::Path;

use longshore_oci::{
    AnyReference, Digest, DigestErrorKind, Reference, ReferenceError, ReferenceErrorKind, Tag, is_plain_http,
};
use longshore_testkit::Run;
use serde_json::Value;

use super::{Outcome, accepted, load, refused, same, table, text};

pub(super) fn run(run: &mut Run, folder: &Path) {
    parse(run, &load(folder, "reference-parse.json"));
    normalize(run, &load(folder, "reference-normalize.json"));
    oracle(run, &load(folder, "reference-oracle.json"));
    ggcr(run, &load(folder, "reference-ggcr.json"));
}

fn kind(error: &ReferenceError) -> &'static str {
    match error.kind() {
        ReferenceErrorKind::NameEmpty => "NameEmpty",
        ReferenceErrorKind::NameContainsUppercase => "NameContainsUppercase",
        ReferenceErrorKind::NameTooLong => "NameTooLong",
        ReferenceErrorKind::NameIsIdentifier => "NameIsIdentifier",
        ReferenceErrorKind::NameNotCanonical => "NameNotCanonical",
        ReferenceErrorKind::Digest(DigestErrorKind::Length) => "DigestInvalidLength",
        ReferenceErrorKind::Digest(DigestErrorKind::Unsupported) => "DigestUnsupported",
        ReferenceErrorKind::Digest(_) => "DigestInvalidFormat",
        _ => "ReferenceInvalidFormat",
    }
}

/// Deliberate: Go knows an algorithm only if its program links it, and the recorder did not link every one. sha384 and
/// sha512 are registered here.
fn is_unlinked_algorithm(input: &str, error: &str) -> bool {
    error == "DigestUnsupported" && (input.contains("sha384:") || input.contains("sha512:"))
}

/// Compares with `{domain, path, tag, digest}` or `{error}`.
fn compare(input: &str, expected: &Value, found: Result<Reference, ReferenceError>) -> Outcome {
    let field = |name: &str| Some(text(expected, name)).filter(|text| !text.is_empty()).map(str::to_owned);
    match (field("error"), found) {
        (Some(error), Ok(_)) if is_unlinked_algorithm(input, &error) => Ok(()),
        (Some(error), Err(found)) if is_unlinked_algorithm(input, &error) => same("DigestInvalidLength", kind(&found)),
        (Some(error), Ok(found)) => Err(format!("accepted as {found}, Go says {error}")),
        (Some(error), Err(found)) => same(error.as_str(), kind(&found)),
        (None, Err(error)) => Err(format!("refused: {error}")),
        (None, Ok(found)) => {
            let parts = (found.registry().map(str::to_owned), Some(found.repository().to_owned()));
            same((field("domain"), field("path")), parts)?;
            let version = (found.tag().map(str::to_owned), found.digest().map(|digest| digest.to_string()));
            same((field("tag"), field("digest")), version)?;
            match field("string") {
                Some(string) => same(string, found.to_string()),
                None => same(input, found.as_str()),
            }
        }
    }
}

fn parse(run: &mut Run, doc: &Value) {
    let table =
        |run: &mut Run, name, check: &dyn Fn(&Value) -> Outcome| table(run, "reference-parse", doc, name, check);
    let parsed = |row: &Value| Reference::parse(text(row, "input"));
    table(run, "parse", &|row| compare(text(row, "input"), row, parsed(row)));
    table(run, "with_name_failure", &|row| {
        let named = parsed(row).map_err(|error| kind(&error)).and_then(|found| {
            // A name alone is asked for: anything behind it makes the text no name.
            if found.is_name_only() { Ok(found) } else { Err("ReferenceInvalidFormat") }
        });
        match named {
            Ok(found) => Err(format!("accepted as {found}")),
            Err("NameTooLong") => same(text(row, "error"), "NameTooLong"),
            Err(_) => same(text(row, "error"), "ReferenceInvalidFormat"),
        }
    });
    table(run, "domain_and_path", &|row| compare(text(row, "input"), row, parsed(row)));
    table(run, "parse_named_canonical", &|row| {
        compare(text(row, "input"), row, Reference::parse_canonical(text(row, "input")))
    });
    table(run, "with_tag", &combined);
    table(run, "with_digest", &combined);
    table(run, "serialization", &|row| {
        let json = serde_json::to_string(text(row, "input")).expect("a text is JSON");
        let found: Result<Reference, _> = serde_json::from_str(&json);
        match found {
            Err(error) if row["error"].is_string() => same(true, error.to_string().contains("empty reference")),
            Err(error) => Err(format!("refused: {error}")),
            Ok(found) => {
                same(text(row, "name"), found.name())?;
                same(text(row, "tag"), found.tag().unwrap_or_default())?;
                same(json, serde_json::to_string(&found).expect("a reference is JSON"))
            }
        }
    });
    table(run, "domain_regexp", &|row| {
        let reference = Reference::parse(&format!("{}/x", text(row, "input")));
        let found = reference.is_ok_and(|found| found.registry() == Some(text(row, "input")));
        same(row["match"].as_bool(), Some(found))
    });
    table(run, "name_regexp", &|row| {
        let found = parsed(row).ok().filter(Reference::is_name_only);
        same(row["match"].as_bool(), Some(found.is_some()))?;
        subs(
            row,
            found.map(|found| vec![found.registry().unwrap_or_default().to_owned(), found.repository().to_owned()]),
        )
    });
    table(run, "reference_regexp", &|row| {
        let found = parsed(row).ok();
        same(row["match"].as_bool(), Some(found.is_some()))?;
        let digest = |found: &Reference| found.digest().map(|digest| digest.to_string()).unwrap_or_default();
        let parts = |found: Reference| {
            vec![found.name().to_owned(), found.tag().unwrap_or_default().to_owned(), digest(&found)]
        };
        subs(row, found.map(parts))
    });
    table(run, "identifier_regexp", &|row| {
        let found = text(row, "input").parse::<AnyReference>();
        let identifier = matches!(&found, Ok(AnyReference::Digest(digest)) if digest.as_str() != text(row, "input"));
        same(row["match"].as_bool(), Some(identifier))
    });
}

fn subs(row: &Value, found: Option<Vec<String>>) -> Outcome {
    match (row["subs"].as_array(), found) {
        (Some(subs), Some(found)) => {
            let expected: Vec<String> = subs.iter().map(|sub| sub.as_str().unwrap_or_default().to_owned()).collect();
            same(expected, found)
        }
        _ => Ok(()),
    }
}

/// Name, tag and digest put together. Go accepts a digest here that has the wrong length; a `Digest` cannot be that.
fn combined(row: &Value) -> Outcome {
    let mut reference = Reference::parse(text(row, "name")).map_err(|error| error.to_string())?;
    if let Some(tag) = row["tag"].as_str() {
        reference = reference.with_tag(&tag.parse::<Tag>().map_err(|error| error.to_string())?);
    }
    match row["digest"].as_str().map(Digest::parse) {
        None => same(text(row, "combined"), reference.as_str()),
        Some(Ok(digest)) => same(text(row, "combined"), reference.with_digest(&digest).as_str()),
        Some(Err(error)) => same(DigestErrorKind::Length, error.kind()),
    }
}

fn normalize(run: &mut Run, doc: &Value) {
    let table =
        |run: &mut Run, name, check: &dyn Fn(&Value) -> Outcome| table(run, "reference-normalize", doc, name, check);
    let input = |row: &Value| row.as_str().unwrap_or_default().to_owned();
    table(run, "valid_names", &|row| accepted(Reference::parse_normalized(&input(row))));
    table(run, "invalid_names", &|row| refused(Reference::parse_normalized(&input(row))));
    table(run, "valid_remote_names", &|row| accepted(Reference::parse_normalized(&input(row))));
    table(run, "invalid_remote_names", &|row| refused(Reference::parse_normalized(&input(row))));
    table(run, "repository_info", &|row| {
        for name in ["AmbiguousName", "FamiliarName", "FullName"] {
            let name = text(row, name);
            if name.is_empty() {
                continue;
            }
            let found = Reference::parse_normalized(name).map_err(|error| error.to_string())?;
            same(text(row, "FullName"), found.name())?;
            same(text(row, "FamiliarName"), found.familiar_name())?;
            same(
                (text(row, "Domain"), text(row, "RemoteName")),
                (found.registry().unwrap_or_default(), found.repository()),
            )?;
        }
        Ok(())
    });
    table(run, "parse_any", &|row| {
        let found: AnyReference = text(row, "input").parse().map_err(|error: ReferenceError| error.to_string())?;
        same(text(row, "equivalent"), found.to_string().as_str())?;
        same(row["is_digest_only"].as_bool(), Some(matches!(found, AnyReference::Digest(_))))
    });
    table(run, "parse_docker_ref", &|row| {
        let found = Reference::parse_docker(text(row, "input")).map_err(|error| error.to_string())?;
        same(text(row, "expected"), found.as_str())
    });
    table(run, "split_hostname", &|row| {
        let found = Reference::parse_normalized(text(row, "input")).map_err(|error| error.to_string())?;
        same((text(row, "domain"), text(row, "path")), (found.registry().unwrap_or_default(), found.repository()))
    });
    table(run, "familiar_match", &|row| {
        let found = Reference::parse_normalized(text(row, "reference")).map_err(|error| error.to_string())?;
        same(row["expected"].as_bool(), Some(found.familiar_matches(text(row, "pattern")).map_err(|e| e.to_string())?))
    });
}

fn oracle(run: &mut Run, doc: &Value) {
    let mut table = |suffix: &str, check: &dyn Fn(&str, &Value) -> Outcome| {
        table(run, &format!("reference-oracle/{suffix}"), doc, "rows", |row| check(text(row, "input"), row));
    };
    table("parse", &|input, row| compare(input, &row["parse"], Reference::parse(input)));
    // Deliberate: Go's normalisation lets a host with `_` become an empty domain. No registry has that name.
    let empty_domain = |expected: &Value| expected["path"].is_string() && !expected["domain"].is_string();
    table("normalized", &|input, row| {
        let (expected, found) = (&row["normalized"], Reference::parse_normalized(input));
        if empty_domain(expected) {
            return refused(found);
        }
        if let (Some(familiar), Ok(found)) = (expected["familiar"].as_str(), &found) {
            same(familiar, &found.familiar())?;
        }
        compare(input, expected, found)
    });
    table("any", &|input, row| {
        let (expected, found) = (&row["any"], input.parse::<AnyReference>());
        match found {
            _ if empty_domain(expected) => refused(found),
            Ok(AnyReference::Digest(digest)) if !is_unlinked_algorithm(input, text(expected, "error")) => {
                same(text(expected, "digest"), digest.as_str())?;
                same(None, expected["path"].as_str())
            }
            Ok(AnyReference::Digest(_)) => Ok(()),
            Ok(AnyReference::Named(found)) => compare(input, expected, Ok(found)),
            Err(error) => compare(input, expected, Err(error)),
        }
    });
    table("docker", &|input, row| {
        let (expected, found) = (&row["docker"], Reference::parse_docker(input));
        if empty_domain(expected) { refused(found) } else { compare(input, expected, found) }
    });
}

fn ggcr(run: &mut Run, doc: &Value) {
    let strict_reference = |row: &Value| accepted(Reference::parse_strict(row.as_str().unwrap_or_default()));
    let bad = |row: &Value| refused(Reference::parse_strict(row.as_str().unwrap_or_default()));
    // What is good only under weak validation leaves a part to be filled in: Docker's reading takes it, strict does not.
    let weak = |row: &Value| {
        bad(row)?;
        accepted(Reference::parse_normalized(row.as_str().unwrap_or_default()))
    };
    for name in
        ["goodStrictValidationDigestNames", "goodStrictValidationTagDigestNames", "goodStrictValidationTagNames"]
    {
        table(run, "reference-ggcr", doc, name, strict_reference);
    }
    for name in ["badDigestNames", "badTagNames", "badRepositoryNames"] {
        table(run, "reference-ggcr", doc, name, |row| {
            bad(row)?;
            refused(Reference::parse_normalized(row.as_str().unwrap_or_default()))
        });
    }
    for name in [
        "goodWeakValidationDigestNames",
        "goodWeakValidationTagDigestNames",
        "goodWeakValidationTagNames",
        "goodWeakValidationRepositoryNames",
    ] {
        table(run, "reference-ggcr", doc, name, weak);
    }
    table(run, "reference-ggcr", doc, "goodStrictValidationRepositoryNames", |row| {
        let name = row.as_str().unwrap_or_default();
        accepted(Reference::parse_strict(&format!("{name}:tag")))?;
        let error = Reference::parse_strict(name).map_err(|error| error.kind());
        same(Err(ReferenceErrorKind::VersionMissing), error.map(|found| found.to_string()))
    });
    table(run, "reference-ggcr", doc, "goodStrictValidationRegistryNames", |row| {
        accepted(Reference::parse_strict(&format!("{}/name:tag", row.as_str().unwrap_or_default())))
    });
    table(run, "reference-ggcr", doc, "badRegistryNames", |row| {
        refused(Reference::parse(&format!("{}/name:tag", row.as_str().unwrap_or_default())))
    });
    table(run, "reference-ggcr", doc, "TestRegistryScheme#0", |row| {
        same(text(row, "scheme") == "http", is_plain_http(text(row, "domain")))
    });
    table(run, "reference-ggcr", doc, "TestIsRFC1918#0", |row| {
        same(row["result"].as_bool(), Some(is_plain_http(text(row, "reg"))))
    });
}
