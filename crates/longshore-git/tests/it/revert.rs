//! Taking commits back.

use longshore_git::{ObjectId, RevertError};
use longshore_source::Files;

use crate::{Place, ada};

fn revert(place: &Place, commit: ObjectId) -> Result<ObjectId, RevertError> {
    place.repository.revert("main", commit, &ada(100))
}

#[track_caller]
fn check(place: &Place, path: &str, expect: &str) {
    let files = place.repository.revision("main").unwrap();
    assert_eq!(String::from_utf8_lossy(&files.read(&path.parse().unwrap()).unwrap()), expect);
}

#[test]
fn the_last_commit_is_taken_back_to_the_same_tree() {
    let place = Place::new();
    let first = place.commit(0, &[("a", "1\n"), ("b/c", "2\n")]);
    let second = place.commit(1, &[("a", "3\n"), ("b/c", ""), ("d", "4\n")]);
    let third = revert(&place, second).unwrap();
    let tree = |commit| place.repository.revision_of(commit).unwrap().tree();
    assert_eq!(tree(first), tree(third));
    let message = place.repository.describe(third).unwrap().message;
    assert_eq!(message, format!("Revert \"Change at 1\"\n\nThis reverts commit {second}.\n"));
}

#[test]
fn later_changes_elsewhere_stay() {
    let place = Place::new();
    let lines = |first: &str, last: &str| format!("{first}\n2\n3\n4\n5\n6\n{last}\n");
    place.commit(0, &[("a", &lines("1", "7"))]);
    let second = place.commit(1, &[("a", &lines("one", "7"))]);
    place.commit(2, &[("a", &lines("one", "seven")), ("b", "new\n")]);
    revert(&place, second).unwrap();
    check(&place, "a", &lines("1", "seven"));
    check(&place, "b", "new\n");
}

#[test]
fn a_conflict_names_its_paths_and_commits_nothing() {
    let place = Place::new();
    place.commit(0, &[("a", "1\n"), ("b", "1\n"), ("c", "1\n")]);
    let second = place.commit(1, &[("a", "2\n"), ("b", "2\n"), ("c", "2\n")]);
    let third = place.commit(2, &[("a", "3\n"), ("c", "")]);
    let error = revert(&place, second).unwrap_err();
    let RevertError::Conflict { commit, paths } = &error else { panic!("{error}") };
    assert_eq!(*commit, second);
    assert_eq!(paths.iter().map(|path| path.as_str()).collect::<Vec<_>>(), ["a", "c"]);
    assert_eq!(error.to_string(), format!("cannot revert {second}: later commits changed the same places of a, c"));
    assert_eq!(place.repository.resolve("main").unwrap(), third);
}

#[test]
fn what_is_already_gone_is_said() {
    let place = Place::new();
    place.commit(0, &[("a", "1\n")]);
    let second = place.commit(1, &[("a", "2\n")]);
    revert(&place, second).unwrap();
    let again = revert(&place, second).unwrap_err();
    assert!(matches!(again, RevertError::Nothing { commit } if commit == second), "{again}");
}

#[test]
fn the_first_commit_leaves_an_empty_tree() {
    let place = Place::new();
    let first = place.commit(0, &[("a", "1\n")]);
    revert(&place, first).unwrap();
    let files = place.repository.revision("main").unwrap();
    assert!(files.list(&"".parse().unwrap()).unwrap().is_empty());
}
