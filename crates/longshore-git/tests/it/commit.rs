//! Committing, naming, listing and tracing.

use longshore_git::{Change, GitErrorKind, Repository, Signature, Status};

use crate::{Place, ada};

#[test]
fn a_commit_says_who_when_and_what() {
    let place = Place::new();
    let first = place.commit(0, &[("a", "1\n")]);
    let second = place.commit(60, &[("a", "2\n")]);
    let said = place.repository.describe(second).unwrap();
    assert_eq!(said.subject(), "Change at 60");
    assert_eq!(said.message, "Change at 60\n");
    assert_eq!(said.author, ada(60));
    assert_eq!(said.parents, [first]);
    let log: Vec<_> = place.repository.log("main").unwrap().map(|commit| commit.unwrap().id).collect();
    assert_eq!(log, [second, first]);
}

#[test]
fn the_same_commit_has_the_same_id_anywhere() {
    assert_eq!(Place::new().commit(0, &[("a/b", "1\n")]), Place::new().commit(0, &[("a/b", "1\n")]));
}

#[test]
fn revisions_are_named_as_git_names_them() {
    let place = Place::new();
    let first = place.commit(0, &[("a", "1\n")]);
    let second = place.commit(1, &[("a", "2\n")]);
    let resolve = |name: &str| place.repository.resolve(name).unwrap();
    assert_eq!(resolve("main"), second);
    assert_eq!(resolve("HEAD~1"), first);
    assert_eq!(resolve("refs/heads/main^"), first);
    assert_eq!(resolve(&second.to_string()[..10]), second);
    let unknown = place.repository.resolve("release-7").unwrap_err();
    assert_eq!(unknown.kind(), GitErrorKind::NotFound);
    assert_eq!(unknown.to_string(), "no revision is named 'release-7'");
    assert_eq!(place.repository.resolve("main:a").unwrap_err().to_string(), "'main:a' does not name a commit");
}

#[test]
fn a_failed_commit_leaves_the_branch() {
    let place = Place::new();
    let first = place.commit(0, &[("a", "1\n")]);
    let fails = |change: Change| place.repository.commit("main", [change], "No", &ada(1)).unwrap_err();
    assert_eq!(fails(Change::remove("b").unwrap()).to_string(), "b: no such file to remove");
    assert_eq!(fails(Change::write(".git/config", *b"x").unwrap()).kind(), GitErrorKind::Invalid);
    let mallory = Signature::new("Mallory <root>", "m@example.com", 0);
    let signed = place.repository.commit("main", [], "No", &mallory).unwrap_err();
    assert_eq!(signed.kind(), GitErrorKind::Invalid);
    let named = place.repository.commit("no such..branch", [], "No", &ada(1)).unwrap_err();
    assert_eq!(named.to_string(), "'no such..branch' cannot name a branch");
    assert_eq!(place.repository.resolve("main").unwrap(), first);
}

#[test]
fn a_folder_goes_with_all_below_it() {
    let place = Place::new();
    place.commit(0, &[("a/b/c", "1\n"), ("a/b/d", "2\n"), ("e", "3\n")]);
    place.commit(1, &[("a/b", "")]);
    let changes = place
        .repository
        .changes(place.repository.resolve("main~1").unwrap(), place.repository.resolve("main").unwrap());
    let changes: Vec<_> = changes.unwrap().into_iter().map(|change| (change.path.to_string(), change.status)).collect();
    assert_eq!(changes, [("a/b/c".to_owned(), Status::Removed), ("a/b/d".to_owned(), Status::Removed)]);
}

#[test]
fn changes_are_listed_by_path() {
    let place = Place::new();
    let first = place.commit(0, &[("dir/kept", "1\n"), ("dir/old", "2\n"), ("file", "3\n"), ("dir-x", "4\n")]);
    let second = place.commit(1, &[("dir/old", ""), ("file", "5\n"), ("new/deep", "6\n")]);
    let list = |before, after| {
        let changes = place.repository.changes(before, after).unwrap();
        changes.into_iter().map(|change| format!("{:?} {}", change.status, change.path)).collect::<Vec<_>>()
    };
    assert_eq!(list(first, second), ["Removed dir/old", "Modified file", "Added new/deep"]);
    assert_eq!(list(second, first), ["Added dir/old", "Modified file", "Removed new/deep"]);
    assert_eq!(list(second, second), [""; 0]);
}

#[test]
fn a_file_becomes_a_folder() {
    let place = Place::new();
    let first = place.commit(0, &[("a", "1\n")]);
    let second = place.commit(1, &[("a", ""), ("a/b", "2\n")]);
    let changes = place.repository.changes(first, second).unwrap();
    let changes: Vec<_> = changes.iter().map(|change| (change.path.as_str(), change.status)).collect();
    assert_eq!(changes, [("a", Status::Removed), ("a/b", Status::Added)]);
}

#[test]
fn a_line_is_traced_to_the_commit_that_wrote_it() {
    let place = Place::new();
    let path = "web.yaml".parse().unwrap();
    let first = place.commit(0, &[("web.yaml", "kind: Deployment\nreplicas: 3\nimage: a\n")]);
    let second = place.commit(1, &[("web.yaml", "kind: Deployment\nreplicas: 5\nimage: a\n")]);
    place.commit(2, &[("other", "1\n")]);
    let tip = place.repository.resolve("main").unwrap();
    let trace = |line| place.repository.last_change(tip, &path, line).map(|commit| commit.id);
    assert_eq!(trace(1).unwrap(), first);
    assert_eq!(trace(2).unwrap(), second);
    assert_eq!(trace(3).unwrap(), first);
    assert_eq!(trace(4).unwrap_err().kind(), GitErrorKind::NotFound);
    assert_eq!(trace(0).unwrap_err().kind(), GitErrorKind::NotFound);
    let missing = place.repository.last_change(tip, &"none".parse().unwrap(), 1).unwrap_err();
    assert!(missing.to_string().starts_with("none: no such file in "));
}

#[test]
fn a_folder_without_a_repository_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = Repository::open(folder.path()).unwrap_err();
    assert_eq!(error.kind(), GitErrorKind::NotFound);
    assert_eq!(error.to_string(), format!("{}: not a Git repository", folder.path().display()));
}
