//! go-digest, go-containerregistry's hashes, oci-spec's digests.

use std::path::Path;

use longshore_oci::{Digest, DigestErrorKind, is_well_formed};
use longshore_testkit::Run;
use serde_json::Value;

use super::{Outcome, accepted, load, refused, same, table, text};

pub(super) fn run(run: &mut Run, folder: &Path) {
    let doc = load(folder, "digest.json");
    table(run, "digest", &doc, "go_digest_parse", compare);
    table(run, "digest", &doc, "ggcr_good", |row| accepted(Digest::parse(row.as_str().unwrap_or_default())));
    table(run, "digest", &doc, "ggcr_bad", |row| refused(Digest::parse(row.as_str().unwrap_or_default())));
    table(run, "digest", &doc, "oci_spec_rs_valid", |row| same(true, is_well_formed(row.as_str().unwrap_or_default())));
    table(run, "digest", &doc, "oci_spec_rs_invalid", |row| {
        same(false, is_well_formed(row.as_str().unwrap_or_default()))
    });
    table(run, "digest-oracle", &load(folder, "digest-oracle.json"), "rows", compare);
}

fn compare(row: &Value) -> Outcome {
    let input = text(row, "input");
    let found = Digest::parse(input);
    // Deliberate: sha384 is registered here, while Go's recorder linked none.
    if input.starts_with("sha384:") && text(row, "error") == "DigestUnsupported" {
        let expected = if input.len() == "sha384:".len() + 96 { None } else { Some(DigestErrorKind::Length) };
        return same(expected, found.err().map(|error| error.kind()));
    }
    match (row["error"].as_str(), found) {
        (None, Ok(found)) => {
            same(text(row, "algorithm"), found.algorithm().as_str())?;
            same(text(row, "encoded"), found.encoded())
        }
        (None, Err(error)) => Err(format!("refused: {error}")),
        (Some(error), Ok(_)) => Err(format!("accepted, Go says {error}")),
        (Some(error), Err(found)) => {
            let kind = match found.kind() {
                DigestErrorKind::Length => "DigestInvalidLength",
                DigestErrorKind::Unsupported => "DigestUnsupported",
                _ => "DigestInvalidFormat",
            };
            same(error, kind)
        }
    }
}
