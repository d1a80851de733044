//! Whatever the text, reading it as a quantity, duration, selector, identity or path step ends, and what was read reads
//! back from its print as the same.
#![no_main]

use std::fmt::{Debug, Display};
use std::str::FromStr;

use libfuzzer_sys::fuzz_target;
use longshore_manifest::{Duration, PathElement, Quantity, ResourceId, Selector};

fn round<T: FromStr<Err: Debug> + Display + PartialEq + Debug>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        assert_eq!(value.to_string().parse::<T>().expect("a print reads back"), value);
    }
}

/// As `round`, but for what Kubernetes prints with more digits than it reads: above 2^63-1 all are one.
fn round_quantity(text: &str) {
    let Ok(value) = text.parse::<Quantity>() else { return };
    let again: Quantity = value.to_string().parse().expect("a print reads back");
    let limit: Quantity = i64::MAX.to_string().parse().expect("the largest number");
    let least: Quantity = format!("-{}", i64::MAX).parse().expect("the smallest number");
    let cut = value > limit && again == limit || value < least && again == least;
    assert!(again == value || cut, "{value} and {again}");
}

fuzz_target!(|text: &str| {
    round_quantity(text);
    round::<Duration>(text);
    round::<Selector>(text);
    round::<ResourceId>(text);
    if let Ok(step) = text.parse::<PathElement>() {
        let again: PathElement = step.to_fields_v1().parse().expect("a print reads back");
        assert_eq!(again.to_fields_v1(), step.to_fields_v1());
    }
    if let (Ok(a), Ok(b)) = (text.parse::<Quantity>(), text.trim_start_matches('0').parse::<Quantity>()) {
        assert!(a <= a.clone().round_up_milli() || a < "0".parse().expect("zero"));
        assert_eq!(a == b, a.cmp(&b).is_eq());
    }
});
