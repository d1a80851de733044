//! Whatever the text, what is read displays as it was written, normalising twice is normalising once, and parts put
//! together again are the whole.
#![no_main]

use std::fmt::Display;
use std::str::FromStr;

use libfuzzer_sys::fuzz_target;
use longshore_oci::{AnyReference, Digest, Platform, Reference, Tag};

fuzz_target!(|text: &str| {
    if let Ok(found) = Reference::parse(text) {
        assert_eq!(found.as_str(), text);
        put_together(&found);
    }
    if let Ok(once) = Reference::parse_normalized(text) {
        assert_eq!(Reference::parse_normalized(once.as_str()).as_ref(), Ok(&once));
        assert_eq!(Reference::parse_canonical(once.as_str()).as_ref(), Ok(&once));
        assert_eq!(Reference::parse_normalized(&once.familiar()).as_ref(), Ok(&once));
        put_together(&once);
    }
    if let Ok(strict) = Reference::parse_strict(text) {
        assert_eq!(Reference::parse(text), Ok(strict));
    }
    round_trips::<AnyReference>(text);
    round_trips::<Digest>(text);
    round_trips::<Platform>(text);
    round_trips::<Tag>(text);
});

fn put_together(whole: &Reference) {
    let mut parts = whole.without_version();
    assert_eq!(parts.as_str(), whole.name());
    if let Some(tag) = whole.tag() {
        parts = parts.with_tag(&tag.parse().expect("a reference's tag is a tag"));
    }
    if let Some(digest) = whole.digest() {
        parts = parts.with_digest(&digest);
    }
    assert_eq!(&parts, whole);
    assert_eq!(Reference::parse(whole.as_str()).as_ref(), Ok(whole));
}

fn round_trips<T: FromStr + Display + PartialEq>(text: &str) {
    if let Ok(found) = text.parse::<T>() {
        assert!(found.to_string().parse::<T>().is_ok_and(|again| again == found));
    }
}
