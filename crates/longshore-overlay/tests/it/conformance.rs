//! What kustomize does, recorded.

use longshore_testkit::Run;

use crate::{corpus, units};

#[test]
fn conformance() {
    let mut run = Run::new(include_str!("known_failures.txt"));
    units::units(&mut run);
    corpus::corpus(&mut run);
    run.finish();
}
