//! Whatever two objects, records of managers and all: an assessment ends, is the same twice, and every format takes it; an
//! object is in sync with itself; a plan keeps its constraints.
#![no_main]

use libfuzzer_sys::fuzz_target;
use longshore_drift::{Policy, Rules, assess, format, plan, rollback};
use longshore_manifest::{Resource, ResourceSet};
use longshore_yaml::{Limits, ReadOptions, SourceFile, read};

fn set(text: &str) -> Option<ResourceSet> {
    let limits = Limits { depth: 60, ..Limits::default() };
    let docs = read(&SourceFile::new("fuzz", text), &ReadOptions { limits, ..ReadOptions::default() }).ok()?;
    Some(docs.into_iter().filter_map(|doc| Resource::new(doc).ok()).collect())
}

fuzz_target!(|text: &str| {
    let (desired, live) = text.split_once("\n===\n").unwrap_or((text, text));
    let (Some(desired), Some(live)) = (set(desired), set(live)) else { return };
    let report = assess(&desired, &live, &Rules::default());
    assert_eq!(report, assess(&desired, &live, &Rules::default()));
    let steps = plan(&report, &desired, &live, &Policy::default());
    assert!(steps.steps.iter().enumerate().all(|(at, step)| step.after.iter().all(|after| after.step < at)));
    let _ = (steps.to_string(), rollback(&live, &desired, None, &Rules::default(), &Policy::default()));
    let _ = (format::text(&report), format::markdown(&report), format::html(&report), format::sarif(&report));
    for resource in &desired {
        let one: ResourceSet = [resource.clone()].into_iter().collect();
        assert!(!assess(&one, &one, &Rules::default()).resources.is_empty());
    }
});
