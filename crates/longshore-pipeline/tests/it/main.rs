//! Tests of the public API: laws first, then tables, then recorded cases.

mod compile;
mod conformance;
mod machine;
mod simulate;
