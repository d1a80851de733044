//! What a server does with quantities, recorded.

use longshore_manifest::Quantity;
use longshore_testkit::{Run, folder};
use serde_json::Value;

#[test]
#[expect(clippy::disallowed_methods, reason = "the recorded cases are files")]
fn conformance() {
    let mut run = Run::new(include_str!("known_failures.txt"));
    if let Some(path) = folder("drift/apiserver/quantity.json") {
        let cases: Value = serde_json::from_str(&std::fs::read_to_string(path).expect("the suite's file is there"))
            .expect("the suite is JSON");
        let mut suite = run.suite("drift/apiserver-quantity");
        for case in cases["cases"].as_array().expect("cases") {
            for resource in ["cpu", "memory"] {
                if case[resource].is_object() {
                    suite.check(&format!("{} {resource}", case["input"]), check(&case["input"], &case[resource]));
                }
            }
        }
    }
    run.finish();
}

/// The server rounds the resources of containers to thousandths.
fn check(input: &Value, expected: &Value) -> Result<(), String> {
    let text = input.as_str().map_or_else(|| input.to_string(), str::to_owned);
    let found = text.trim().parse::<Quantity>().map(Quantity::round_up_milli);
    match (expected["canonical"].as_str(), found) {
        (Some(expected), Ok(found)) if found.to_string() == expected => Ok(()),
        (Some(expected), Ok(found)) => Err(format!("expected {expected}, not {found}")),
        (Some(_), Err(error)) => Err(error.to_string()),
        (None, Ok(found)) => Err(format!("read as {found}, the server refuses it")),
        (None, Err(_)) => Ok(()),
    }
}
