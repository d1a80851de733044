//! Whatever the text, rules are read or refused with a place, and an assessment under them ends.
#![no_main]

use libfuzzer_sys::fuzz_target;
use longshore_drift::{Rules, assess};
use longshore_manifest::{Resource, ResourceSet};
use longshore_yaml::{ReadOptions, SourceFile, read};

const WEB: &str =
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 2, list: [a, {b: c}]}\n";

fuzz_target!(|text: &str| {
    let Ok(docs) = read(&SourceFile::new("fuzz", text), &ReadOptions::default()) else { return };
    let Some(doc) = docs.first() else { return };
    let Ok(rules) = Rules::read(doc.root()) else { return };
    let set = |text: &str| -> ResourceSet {
        let docs = read(&SourceFile::new("web.yaml", text), &ReadOptions::default()).expect("it is YAML");
        docs.into_iter().map(|doc| Resource::new(doc).expect("it is a resource")).collect()
    };
    let report = assess(&set(WEB), &set(&WEB.replace("replicas: 2", "replicas: 3")), &rules);
    assert_eq!(report.resources.len(), 1);
});
