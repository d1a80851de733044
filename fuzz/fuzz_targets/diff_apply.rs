//! Of the first two documents of any text: a tree has no changes against itself, the patch from one to the other leads
//! there, and a merge in which one side changed nothing takes the other.
#![no_main]

use libfuzzer_sys::fuzz_target;
use longshore_diff::{DiffOptions, Format, PatchOptions, diff, json_patch as shortest, merge3};
use longshore_yaml::{Aliases, ReadOptions, SourceFile, read};

fuzz_target!(|text: &str| {
    let options = ReadOptions { aliases: Aliases::Expand, ..ReadOptions::default() };
    let Ok(docs) = read(&SourceFile::new("fuzz", text), &options) else { return };
    let [before, after, ..] = &*docs else { return };
    let (before, after) = (before.root(), after.root());
    let options = DiffOptions::default();
    assert!(diff(before, before, &options).is_empty());
    let changes = diff(before, after, &options);
    for format in [Format::Paths, Format::Unified { context: 3 }, Format::Markdown, Format::Json, Format::GitLab] {
        changes.render(format);
    }
    assert!(merge3(before, before, after, &options).is_clean());
    let (Ok(mut value), Ok(target)) = (before.to_json(), after.to_json()) else { return };
    let Ok(patch) = shortest(before, after, PatchOptions::default().tests(true)) else { return };
    json_patch::patch(&mut value, &patch).expect("the patch fits");
    assert_eq!(value, target);
});
