//! Integration tests of longshore-testkit, and of the workspace as a whole.

mod floors;
