//! Whatever a tree of files holds, a build ends: with objects that print the same each time, or with findings.
#![no_main]

use libfuzzer_sys::fuzz_target;
use longshore_overlay::{Limits, RenderOptions, render};
use longshore_source::{FilePath, Memory};

/// Files of a tree; the text of the input is cut at lines of `===` into that many.
const FILES: [&str; 6] = [
    "kustomization.yaml",
    "a.yaml",
    "b.yaml",
    "base/kustomization.yaml",
    "base/a.yaml",
    "component/kustomization.yaml",
];

fuzz_target!(|text: &str| {
    let mut files = Memory::new();
    for (path, part) in FILES.into_iter().zip(text.split("===\n")) {
        files.insert(path, part.as_bytes()).expect("the paths are paths");
    }
    let limits = Limits { depth: 10, resources: 1_000, kustomizations: 50, output: 1 << 20 };
    let options = RenderOptions::new().limits(limits).provenance(true);
    match render(&files, &FilePath::root(), &options) {
        Ok(rendered) => {
            let again = render(&files, &FilePath::root(), &options).expect("it was built a moment ago");
            assert_eq!(rendered.to_yaml().ok(), again.to_yaml().ok());
        }
        Err(error) => assert!(!error.findings().is_empty()),
    }
});
