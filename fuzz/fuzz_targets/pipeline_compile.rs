//! Whatever the text, a configuration is compiled within the limits or refused with GitLab's words, and what is compiled
//! compiles to the same once merged.
#![no_main]

use libfuzzer_sys::fuzz_target;
use longshore_pipeline::{Compiler, Context, Limits, lint, usual_contexts};
use longshore_source::Memory;

const ROOT: &str = ".gitlab-ci.yml";

/// Bounds that keep one run short.
fn limits() -> Limits {
    Limits { bytes: 1 << 16, values: 20_000, aliases: 5_000, includes: 10, ..Limits::default() }
}

fuzz_target!(|text: &str| {
    let mut files = Memory::new();
    // What is behind a line of dashes with a name is a second file, to include.
    let (root, other) = text.split_once("\n---- other.yml\n").unwrap_or((text, ""));
    files.insert(ROOT, root.as_bytes()).expect("the path is one");
    files.insert("other.yml", other.as_bytes()).expect("the path is one");
    let context = Context::branch("main").changed(["src/a.rs", "README.md"]).variable("MODE", "fast").limits(limits());
    let compiler = Compiler::new(&files).trace(true);
    let compiled = match compiler.compile(ROOT, &context) {
        Ok(compiled) => compiled,
        Err(error) => {
            assert!(!error.problems().is_empty());
            return;
        }
    };
    for job in compiled.jobs() {
        assert!(compiled.explain(&job.name).is_some(), "{} has no reason", job.name);
    }
    if compiled.jobs().len() < 50 {
        let contexts: Vec<_> =
            usual_contexts().into_iter().map(|(name, context)| (name, context.limits(limits()))).collect();
        lint(&compiler, ROOT, &contexts, &Default::default());
    }
    let _ = compiled.pipeline();
});
