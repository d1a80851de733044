//! regclient's references: images at registries, and images in folders.

use std::path::Path;

use longshore_oci::{Digest, Reference};
use longshore_testkit::Run;
use serde_json::Value;

use super::{Outcome, load, same, table, text};

pub(super) fn run(run: &mut Run, folder: &Path) {
    let doc = load(folder, "reference-regclient.json");
    table(run, "reference-regclient", &doc, "new", |row| {
        let input = filled(text(row, "ref"));
        match input.split_once("://") {
            Some(("ocidir", _)) => layout(row, &input),
            Some(_) => Ok(()),
            None => image(row, &input),
        }
    });
    table(run, "reference-regclient", &doc, "new_host", |row| {
        let host = filled(text(row, "host"));
        if host.contains("://") {
            return Ok(());
        }
        let found = Reference::parse_strict(&format!("{host}/name:tag")).ok();
        let registry = found.as_ref().and_then(Reference::registry);
        same(Some(text(row, "registry")).filter(|_| row["wantE"].is_null()), registry)
    });
}

/// The recorder's variables.
fn filled(input: &str) -> String {
    input.replace("$testDigest", Digest::of("recorded").as_str())
}

/// Deliberate: a host that ends in a dot is regclient's own way to write one without dots, which Docker does not read.
fn is_dotted_host(input: &str) -> bool {
    input.split_once('/').is_some_and(|(host, _)| host.split(':').next().is_some_and(|name| name.ends_with('.')))
}

fn image(row: &Value, input: &str) -> Outcome {
    let found = Reference::parse_docker(input);
    if row["wantE"].is_string() || is_dotted_host(input) {
        // Docker's grammar takes some of these; the strict reading takes none.
        return found
            .map_or(Ok(()), |found| same(true, Reference::parse_strict(input).is_err() && !found.is_name_only()));
    }
    let found = found.map_err(|error| error.to_string())?;
    same((Some(text(row, "registry")), text(row, "repository")), (found.registry(), found.repository()))?;
    same(text(row, "tag"), found.tag().unwrap_or_default())
}

#[cfg(feature = "fs")]
fn layout(row: &Value, input: &str) -> Outcome {
    let found = input.parse::<longshore_oci::layout::LayoutReference>();
    if row["wantE"].is_string() {
        return super::refused(found);
    }
    let found = found.map_err(|error| error.to_string())?;
    same(text(row, "path"), &found.path.to_string_lossy())?;
    same(text(row, "tag"), found.name.as_deref().unwrap_or_default())?;
    same(filled(text(row, "digest")), found.digest.map(|digest| digest.to_string()).unwrap_or_default())
}

/// Folders are read with the feature `fs`.
#[cfg(not(feature = "fs"))]
fn layout(_: &Value, _: &str) -> Outcome {
    Ok(())
}
