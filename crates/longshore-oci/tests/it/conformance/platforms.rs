//! Platforms of go-containerregistry and regclient.

use std::path::Path;

use longshore_oci::{Platform, PlatformError};
use longshore_testkit::Run;
use serde_json::Value;

use super::{accepted, load, refused, same, table, text};

pub(super) fn run(run: &mut Run, folder: &Path) {
    let doc = load(folder, "platform.json");
    let file = "platform";
    table(run, file, &doc, "ggcr_equals", |row| {
        same(row["equal"].as_bool(), Some(platform(&row["a"]).is_same(&platform(&row["b"]))))
    });
    table(run, file, &doc, "ggcr_satisfies", |row| {
        same(row["sat"].as_bool(), Some(platform(&row["have"]).satisfies(&platform(&row["spec"]))))
    });
    table(run, file, &doc, "ggcr_string", |row| same(text(row, "want"), &platform(&row["plat"]).to_string()));
    table(run, file, &doc, "ggcr_parse", |row| match text(row, "plat") {
        "" => Ok(()),
        input => accepted(input.parse::<Platform>()),
    });
    table(run, file, &doc, "regclient_string", |row| same(text(row, "goal"), &platform(&row["p"]).short_name()));
    table(run, file, &doc, "regclient_parse", |row| parse(row, &Platform::new("linux", "amd64")));
    table(run, file, &doc, "regclient_compare", |row| {
        let [host, target, prev] = ["host", "target", "prev"].map(|name| platform(&row[name]));
        same(row["expectMatch"].as_bool(), Some(host.matches(&target)))?;
        same(row["expectCompat"].as_bool(), Some(host.can_run(&target)))?;
        same(row["expectBetter"].as_bool(), Some(host.prefers(&target, &prev)))
    });
}

fn platform(value: &Value) -> Platform {
    let list = |field: &str| {
        let list = value[field].as_array().map(Vec::as_slice).unwrap_or_default();
        list.iter().map(|one| one.as_str().unwrap_or_default().to_owned()).collect()
    };
    let field = |name| text(value, name).to_owned();
    Platform {
        os: field("OS"),
        architecture: field("Architecture"),
        variant: field("Variant"),
        os_version: field("OSVersion"),
        os_features: list("OSFeatures"),
        features: list("Features"),
    }
}

/// A goal that is a Go variable depends on the machine of the recorder: there the text only has to be read.
fn parse(row: &Value, host: &Platform) -> super::Outcome {
    let found: Result<Platform, PlatformError> = Platform::parse_on(text(row, "parse"), host);
    if row["wantErr"].is_string() {
        return refused(found);
    }
    let found = found.map_err(|error| error.to_string())?;
    if !row["goal"].is_object() {
        return accepted(found.to_string().parse::<Platform>());
    }
    let goal = platform(&row["goal"]);
    same((&goal.os, &goal.architecture, &goal.os_version), (&found.os, &found.architecture, &found.os_version))?;
    if goal.variant.starts_with('$') { Ok(()) } else { same(goal.variant, found.variant) }
}
