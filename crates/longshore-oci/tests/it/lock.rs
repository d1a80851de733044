//! The lock: bytes, changes, and what it refuses.

use longshore_oci::{Digest, Lock, LockChange, LockEntry, Reference};

fn image(text: &str) -> Reference {
    Reference::parse_normalized(text).expect("it is a reference")
}

fn entry(text: &str, content: &str) -> LockEntry {
    let image = image(text);
    LockEntry::new(&image, &image.with_digest(&Digest::of(content))).expect("it is an entry")
}

fn lock(entries: &[(&str, &str)]) -> Lock {
    let mut lock = Lock::new();
    for (text, content) in entries {
        lock.insert(entry(text, content));
    }
    lock
}

#[test]
fn a_lock_is_the_same_bytes_whatever_the_order() {
    let one = lock(&[("b:1", "b"), ("a:1", "a")]);
    let other = lock(&[("a:1", "a"), ("b:1", "b")]);
    assert_eq!(one.to_json(), other.to_json());
    assert_eq!(Lock::from_json(&one.to_json()).expect("it was written here"), one);
}

#[test]
fn an_image_is_found_by_tag_and_by_repository() {
    let mut lock = lock(&[("a:1", "a"), ("b:latest", "b")]);
    let name = image("c");
    lock.insert(LockEntry::new(&name, &image("c:3").with_digest(&Digest::of("c"))).expect("it is an entry"));
    let tag = |text: &str| lock.find(&image(text)).map(|entry| entry.pinned().tag().unwrap_or_default().to_owned());
    assert_eq!(tag("a:1"), Some("1".to_owned()));
    assert_eq!(tag("a:2"), None);
    assert_eq!(tag("b"), Some("latest".to_owned()));
    assert_eq!(tag("c:1"), Some("3".to_owned()));
}

#[test]
fn a_digest_alone_is_found_by_what_it_is() {
    let lock = lock(&[("a:1", "one"), ("a:2", "two"), ("a-b:1", "one"), ("b:1", "b")]);
    let find = |name: &str, content: &str| lock.find(&image(name).with_digest(&Digest::of(content)));
    assert_eq!(find("a", "two").map(|entry| entry.reference().as_str()), Some("docker.io/library/a:2"));
    assert_eq!(find("b", "moved").map(|entry| entry.reference().as_str()), Some("docker.io/library/b:1"));
    assert_eq!(find("a", "moved"), None);
    assert_eq!(find("c", "one"), None);
}

#[test]
fn a_locked_run_fails_on_a_moved_tag() {
    let lock = lock(&[("a:1", "a"), ("b:1", "b")]);
    let found = lock.verify(|image| match image.familiar_name() {
        "a" => Some(Digest::of("a")),
        _ => Some(Digest::of("moved")),
    });
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].to_string(),
        format!(
            "docker.io/library/b:1@{} is locked, and its tag points to {} now",
            Digest::of("b"),
            Digest::of("moved")
        )
    );
    assert!(lock.verify(|_| None).iter().all(|mismatch| mismatch.found.is_none()));
}

#[test]
fn changes_are_listed_by_reference() {
    let before = lock(&[("a:1", "a"), ("b:1", "b")]);
    let after = lock(&[("b:1", "other"), ("c:1", "c")]);
    let changes = after.changes(&before);
    assert!(matches!(changes[..], [LockChange::Removed(_), LockChange::Changed { .. }, LockChange::Added(_)]));
    assert!(before.changes(&before).is_empty());
}

#[track_caller]
fn refused(text: &str, expect: &str) {
    let error = Lock::from_json(text).expect_err("it is no lock");
    assert!(error.to_string().contains(expect), "{error}");
}

#[test]
fn a_lock_that_contradicts_itself_is_refused() {
    refused("{", "line 1 column 1");
    refused(r#"{"version": 2, "images": []}"#, "lock version 2 is not known");
    let image = |reference: &str, pinned: &str| {
        format!(r#"{{"version":1,"images":[{{"reference":"{reference}","pinned":"{pinned}"}}]}}"#)
    };
    let digest = Digest::of("x");
    refused(&image("docker.io/library/a:1", "docker.io/library/a:1"), "is not pinned to a digest");
    refused(&image("a:1", &format!("a:1@{digest}")), "is not written out in full");
    refused(
        &image("docker.io/library/a:1", &format!("docker.io/library/b:1@{digest}")),
        "is pinned to an image of another name",
    );
}
