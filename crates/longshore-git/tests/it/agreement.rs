//! Agreement with the `git` program, where it is there.

use std::path::Path;
use std::process::Command;

use crate::{Place, ada};

/// What `git ARGUMENTS` prints in a folder; `None` where there is no such program.
fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn git_finds_the_repository_sound_and_reads_the_same() {
    let place = Place::new();
    place.commit(0, &[("a/b", "1\n"), ("a.c", "2\n"), ("a-d", "3\n")]);
    let second = place.commit(1, &[("a/b", "4\n"), ("e", "5\n")]);
    place.repository.revert("main", second, &ada(2)).unwrap();
    let folder = place.folder.path();
    let Some(listed) = git(folder, &["ls-tree", "-r", "--name-only", "main"]) else {
        println!("no git program: nothing was compared");
        return;
    };
    git(folder, &["fsck", "--strict"]);
    assert_eq!(listed, "a-d\na.c\na/b\n");
    assert_eq!(git(folder, &["show", "main:a/b"]).unwrap(), "1\n");
    assert_eq!(
        git(folder, &["log", "-1", "--format=%an <%ae> %at %s", "main~1"]).unwrap(),
        "Ada Lovelace <ada@example.com> 1700000001 Change at 1\n"
    );
    let status = git(folder, &["diff", "--name-status", "main~2", "main~1"]).unwrap();
    assert_eq!(status, "M\ta/b\nA\te\n");
}

#[test]
fn a_revert_has_the_tree_that_git_merges() {
    let place = Place::new();
    let text = |first: &str, last: &str| format!("{first}\n2\n3\n4\n5\n6\n7\n{last}\n");
    let first = place.commit(0, &[("f", &text("1", "8")), ("gone", "x\n")]);
    let second = place.commit(1, &[("f", &text("one", "8")), ("gone", "")]);
    let third = place.commit(2, &[("f", &text("one", "eight")), ("new", "y\n")]);
    let reverted = place.repository.revert("main", second, &ada(3)).unwrap();
    let tree = place.repository.revision_of(reverted).unwrap().tree().to_string();
    let base = format!("--merge-base={second}");
    let merged =
        git(place.folder.path(), &["merge-tree", "--write-tree", &base, &third.to_string(), &first.to_string()]);
    match merged {
        Some(merged) => assert_eq!(merged.trim(), tree),
        None => println!("no git program: nothing was compared"),
    }
}
