//! Laws and tables of `FilePath`.

use longshore_source::{FilePath, FilePathError};
use proptest::prelude::*;

#[track_caller]
fn check(from: &str, step: &str, expect: Result<&str, FilePathError>) {
    let from: FilePath = from.parse().expect("the test starts inside the tree");
    assert_eq!(from.join(step).as_ref().map(FilePath::as_str), expect.as_ref().copied());
}

#[test]
fn joins_follow_dots() {
    check("a/b", "c", Ok("a/b/c"));
    check("a/b", "./c//d/", Ok("a/b/c/d"));
    check("a/b", "../c", Ok("a/c"));
    check("a/b", "../..", Ok(""));
    check("", ".", Ok(""));
}

#[test]
fn a_leading_slash_starts_at_the_root() {
    check("a/b", "/c", Ok("c"));
}

#[test]
fn a_path_cannot_leave_its_tree() {
    check("a", "../../b", Err(FilePathError::Outside("../../b".to_owned())));
    check("a", "b\0c", Err(FilePathError::Nul));
    let error = FilePath::root().join("..").expect_err("there is nothing above the root");
    assert_eq!(error.to_string(), "path '..' leads out of the file tree");
}

#[test]
fn containment_is_by_segment() {
    let path = |text: &str| text.parse::<FilePath>().expect("inside the tree");
    assert!(path("a/b").is_within(&path("a")));
    assert!(path("a").is_within(&path("a")));
    assert!(path("a").is_within(&FilePath::root()));
    assert!(!path("ab").is_within(&path("a")));
}

#[test]
fn names_and_parents() {
    let path: FilePath = "a/b.yaml".parse().expect("inside the tree");
    assert_eq!(path.name(), Some("b.yaml"));
    assert_eq!(path.parent().map(|parent| parent.to_string()).as_deref(), Some("a"));
    assert_eq!((FilePath::root().name(), FilePath::root().parent()), (None, None));
    assert_eq!(FilePath::root().to_string(), ".");
}

proptest! {
    #[test]
    fn a_printed_path_parses_to_itself(text in "[a-c./]{0,12}") {
        if let Ok(path) = text.parse::<FilePath>() {
            prop_assert_eq!(path.to_string().parse::<FilePath>(), Ok(path));
        }
    }

    #[test]
    fn what_joins_stays_inside(from in "[a-c/]{0,6}", step in "[a-c./]{0,12}") {
        let from: FilePath = from.parse().expect("no dots, so inside");
        if let Ok(path) = from.join(&step) {
            prop_assert!(path.segments().all(|segment| segment != "." && segment != ".." && !segment.is_empty()));
            prop_assert!(path.is_within(&FilePath::root()));
        }
    }
}
