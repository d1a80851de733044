//! Whatever the text, a field set is read or refused; one that was read is printed as it was read, and set algebra holds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use longshore_diff::FieldSet;

fuzz_target!(|text: &str| {
    let Ok(set) = text.parse::<FieldSet>() else { return };
    assert_eq!(set.to_string().parse::<FieldSet>().as_ref(), Ok(&set));
    assert_eq!(set.len(), set.paths().len());
    assert_eq!(set.union(&set), set);
    assert_eq!(set.intersection(&set), set);
    assert!(set.difference(&set).is_empty());
    let leaves = set.leaves();
    assert_eq!(set.difference(&leaves).union(&leaves), set);
});
