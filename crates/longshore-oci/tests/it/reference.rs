//! References, digests and tags: tables and messages.

use longshore_oci::{Digest, Reference, ReferenceErrorKind, Tag};

#[track_caller]
fn check(text: &str, registry: Option<&str>, repository: &str, tag: Option<&str>) {
    let found = Reference::parse_normalized(text).expect("the text is a reference");
    assert_eq!((found.registry(), found.repository(), found.tag()), (registry, repository, tag));
}

#[test]
fn docker_names_are_completed() {
    check("redis", Some("docker.io"), "library/redis", None);
    check("redis:7", Some("docker.io"), "library/redis", Some("7"));
    check("team/app", Some("docker.io"), "team/app", None);
    check("index.docker.io/redis", Some("docker.io"), "library/redis", None);
    check("localhost/app", Some("localhost"), "app", None);
    check("[::1]:5000/app:1", Some("[::1]:5000"), "app", Some("1"));
    check("host:5000/app", Some("host:5000"), "app", None);
}

#[track_caller]
fn check_message(text: &str, expect: &str) {
    let error = Reference::parse_normalized(text).expect_err("the text is none");
    assert_eq!(error.to_string(), expect);
}

#[test]
fn errors_say_what_was_expected_and_where() {
    check_message(
        "app:la test",
        "invalid reference 'app:la test': expected [registry/]repository[:tag][@digest], found ' ' at byte 6",
    );
    check_message("App", "invalid reference 'App': a repository name must be lowercase");
    check_message(
        "app@sha256:",
        "invalid reference 'app@sha256:': expected [registry/]repository[:tag][@digest], found the end",
    );
    check_message(
        &"a".repeat(64),
        &format!("invalid reference '{}': 64 hexadecimal digits are an image identifier, not a name", "a".repeat(64)),
    );
    let error = Reference::parse("").expect_err("nothing is no name");
    assert_eq!(error.to_string(), "empty reference: expected a repository name");
    let error = Reference::parse(&"a".repeat(70_000)).expect_err("it is too long");
    assert_eq!(error.kind(), ReferenceErrorKind::TooLong);
}

#[track_caller]
fn check_strict(text: &str, expect: Option<ReferenceErrorKind>) {
    assert_eq!(Reference::parse_strict(text).err().map(|error| error.kind()), expect);
}

#[test]
fn strict_references_leave_nothing_to_fill_in() {
    check_strict("registry.example.com/app:1", None);
    check_strict("[2001:db8::1]:5000/app:1", None);
    check_strict("app:1", Some(ReferenceErrorKind::RegistryMissing));
    check_strict("team/app:1", Some(ReferenceErrorKind::RegistryMissing));
    check_strict("registry.example.com/app", Some(ReferenceErrorKind::VersionMissing));
    check_strict("[1::2::3]/app:1", Some(ReferenceErrorKind::RegistryInvalid));
    check_strict("registry.example.com:65536/app:1", Some(ReferenceErrorKind::RegistryInvalid));
}

#[test]
fn a_host_that_docker_makes_empty_is_refused() {
    let error = Reference::parse_normalized("192.16_81.1/repo").expect_err("no host has an underscore");
    assert_eq!(error.kind(), ReferenceErrorKind::Format);
}

#[test]
fn a_tag_beside_a_digest_stays_and_none_is_invented() {
    let digest = Digest::of("x");
    let text = format!("registry.example.com/app:1@{digest}");
    let found = Reference::parse(&text).expect("it is a reference");
    assert_eq!((found.tag(), found.digest()), (Some("1"), Some(digest.clone())));
    assert!(Reference::parse("registry.example.com/app").expect("it is one").is_name_only());
    let docker = Reference::parse_docker(&text).expect("it is a reference");
    assert_eq!(docker.as_str(), format!("registry.example.com/app@{digest}"));
}

#[test]
fn docker_hub_answers_at_its_own_host() {
    let hub = Reference::parse_normalized("redis").expect("it is a reference");
    assert_eq!(hub.wire_host(), "registry-1.docker.io");
    let other = Reference::parse_normalized("registry.example.com:5000/a").expect("it is a reference");
    assert_eq!(other.wire_host(), "registry.example.com:5000");
}

#[test]
fn tags_and_digests_say_what_is_wrong() {
    let error = "-x".parse::<Tag>().expect_err("a tag begins with a word character");
    assert_eq!(
        error.to_string(),
        "invalid tag '-x': expected a letter, digit or '_', then up to 127 letters, digits, '_', '.' and '-'"
    );
    assert_eq!("a".repeat(129).parse::<Tag>().expect_err("it is too long").offset(), 128);
    let error = Digest::parse("md5:00").expect_err("md5 is not registered");
    assert_eq!(error.to_string(), "unsupported digest algorithm in 'md5:00': expected sha256, sha384 or sha512");
    let error = Digest::parse("sha256:00").expect_err("it is too short");
    assert_eq!(error.to_string(), "invalid digest length in 'sha256:00': sha256 has 64, sha384 96, sha512 128 digits");
}

#[test]
fn a_short_form_that_would_be_read_otherwise_stays_long() {
    let hexadecimal = "docker.io/library/".to_owned() + &"a1".repeat(32);
    for text in ["docker.io/quay.io/app", "docker.io/localhost/app:1", &hexadecimal] {
        let image = Reference::parse_normalized(text).expect("it is a reference");
        assert_eq!(image.familiar(), text);
    }
}
