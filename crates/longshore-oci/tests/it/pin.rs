//! Pinning: where images stand, what is written, and what stays.

use longshore_oci::pin::{self, Content, Finder, FindingKind, PinMode, Rules, Scalar, ScalarStyle, Site, Step};
use longshore_oci::{Digest, Lock, LockEntry, Reference};

/// Places a text in a file and hands it to the finder: `«…»` marks it, quotes are its style.
struct File {
    text: String,
    spans: Vec<(usize, usize)>,
}

fn file(marked: &str) -> File {
    let mut text = String::new();
    let mut spans = Vec::new();
    for part in marked.split('«') {
        match part.split_once('»') {
            None => text.push_str(part),
            Some((scalar, rest)) => {
                spans.push((text.len(), text.len() + scalar.len()));
                text.push_str(scalar);
                text.push_str(rest);
            }
        }
    }
    File { text, spans }
}

impl File {
    fn scalar(&self, at: usize) -> Scalar<'_> {
        let (start, end) = self.spans[at];
        let raw = &self.text[start..end];
        let style = match raw.as_bytes().first() {
            Some(b'\'') => ScalarStyle::SingleQuoted,
            Some(b'"') => ScalarStyle::DoubleQuoted,
            Some(b'|') => ScalarStyle::Block,
            _ => ScalarStyle::Plain,
        };
        let line = self.text[end..].lines().next().unwrap_or_default();
        let comment = line.find('#').map_or("", |at| &line[at..]);
        Scalar { text: raw.trim_matches(['\'', '"']), span: start..end, style, comment }
    }
}

const IMAGE: [Step<'static>; 4] = [Step::Key("spec"), Step::Key("containers"), Step::Index(0), Step::Key("image")];

fn pod(file: &File) -> Vec<Site> {
    let rules = Rules::default();
    let mut finder = Finder::new(&rules, "v1", "Pod");
    for at in 0..file.spans.len() {
        finder.scalar(&IMAGE, &file.scalar(at));
    }
    finder.finish()
}

fn lock() -> Lock {
    let mut lock = Lock::new();
    for (asked, pinned) in [("nginx:1", "nginx:1"), ("team/app", "team/app:2.0"), ("[::1]:5000/x:1", "[::1]:5000/x:1")]
    {
        let image = |text| Reference::parse_normalized(text).expect("it is a reference");
        let pinned = image(pinned).with_digest(&Digest::of(pinned));
        let mut entry = LockEntry::new(&image(asked), &pinned).expect("it is an entry");
        if asked == "team/app" {
            entry.image_policy = Some("flux-system:app".to_owned());
        }
        lock.insert(entry);
    }
    lock
}

#[track_caller]
fn check(marked: &str, mode: PinMode, expect: &str) {
    let file = file(marked);
    let pinned = pin::pin(&file.text, &pod(&file), &lock(), mode);
    let text = pin::apply(&file.text, &pinned.edits).expect("edits fit");
    let expect =
        expect.replace("NGINX", Digest::of("nginx:1").as_str()).replace("APP", Digest::of("team/app:2.0").as_str());
    assert_eq!(text, expect.replace("LOOP", Digest::of("[::1]:5000/x:1").as_str()));
    assert_eq!(pinned.findings, []);
    // What is written is what the lock says, and writing it again changes nothing.
    let again = self::file(&marked_again(&text));
    assert_eq!(pin::pin(&again.text, &pod(&again), &lock(), mode).edits, []);
}

fn marked_again(text: &str) -> String {
    let (head, rest) = text.split_once("image: ").expect("there is an image");
    let end = rest.find([' ', '\n']).unwrap_or(rest.len());
    format!("{head}image: «{}»{}", &rest[..end], &rest[end..])
}

#[test]
fn only_the_image_changes() {
    check(
        "- image: «nginx:1»  # why\n  tty: true\n",
        PinMode::TagAndDigest,
        "- image: nginx:1@NGINX  # why\n  tty: true\n",
    );
    check("- image: «'nginx:1'»\n", PinMode::TagAndDigest, "- image: 'nginx:1@NGINX'\n");
    check("- image: «\"nginx:1\"»\r\n", PinMode::TagAndDigest, "- image: \"nginx:1@NGINX\"\r\n");
    check("- image: «nginx:1»\n", PinMode::DigestOnly, "- image: nginx@NGINX\n");
    check(
        "- image: «docker.io/library/nginx:1»\n",
        PinMode::TagAndDigest,
        "- image: docker.io/library/nginx:1@NGINX\n",
    );
}

#[test]
fn an_anchor_and_a_tag_stay() {
    let file = file("- image: «&front !!str # here\n  nginx:1»\n");
    let scalar = Scalar { text: "nginx:1", style: ScalarStyle::Plain, ..file.scalar(0) };
    let rules = Rules::default();
    let mut finder = Finder::new(&rules, "v1", "Pod");
    finder.scalar(&IMAGE, &scalar);
    let pinned = pin::pin(&file.text, &finder.finish(), &lock(), PinMode::TagAndDigest);
    let text = pin::apply(&file.text, &pinned.edits).expect("edits fit");
    assert_eq!(text, format!("- image: &front !!str # here\n  nginx:1@{}\n", Digest::of("nginx:1")));
}

#[test]
fn a_policy_replaces_every_tag_of_its_repository() {
    check("- image: «team/app:1.0»\n", PinMode::TagAndDigest, "- image: team/app:2.0@APP\n");
    check("- image: «team/app»\n", PinMode::TagAndDigest, "- image: team/app:2.0@APP\n");
}

#[test]
fn a_value_that_would_not_be_text_gets_quotes() {
    check("- image: «'[::1]:5000/x:1'»\n", PinMode::TagAndDigest, "- image: '[::1]:5000/x:1@LOOP'\n");
    check("- image: «[::1]:5000/x:1»\n", PinMode::TagAndDigest, "- image: \"[::1]:5000/x:1@LOOP\"\n");
}

#[track_caller]
fn check_marker(marked: &str, expect: &str) {
    let file = file(marked);
    let rules = Rules::none();
    let mut finder = Finder::new(&rules, "example.com/v1", "Anything");
    finder.scalar(&[Step::Key("spec"), Step::Key("value")], &file.scalar(0));
    let pinned = pin::pin(&file.text, &finder.finish(), &lock(), PinMode::TagAndDigest);
    let text = pin::apply(&file.text, &pinned.edits).expect("edits fit");
    assert_eq!(text, expect.replace("APP", Digest::of("team/app:2.0").as_str()));
}

#[test]
fn markers_own_their_part() {
    let line = |value: &str, part: &str| format!("v: {value} # {{\"$imagepolicy\": \"flux-system:app{part}\"}}\n");
    check_marker(&line("«team/app:1»", ""), &line("team/app:2.0@APP", ""));
    check_marker(&line("«1.0»", ":tag"), &line("\"2.0\"", ":tag"));
    check_marker(&line("«x»", ":name"), &line("team/app", ":name"));
    check_marker(&line("«x»", ":digest"), &line("APP", ":digest"));
    check_marker(&line("«team/app:1»", ":other"), &line("team/app:1", ":other"));
}

fn entry(marked: &str, fields: &[&str]) -> (String, Vec<FindingKind>) {
    let file = file(marked);
    let rules = Rules::default();
    let mut finder = Finder::new(&rules, "", "Kustomization");
    for (at, field) in fields.iter().enumerate() {
        finder.scalar(&[Step::Key("images"), Step::Index(0), Step::Key(field)], &file.scalar(at));
    }
    let pinned = pin::pin(&file.text, &finder.finish(), &lock(), PinMode::TagAndDigest);
    let text = pin::apply(&file.text, &pinned.edits).expect("edits fit");
    (text, pinned.findings.into_iter().map(|finding| finding.kind).collect())
}

#[track_caller]
fn check_entry(marked: &str, fields: &[&str], expect: &str) {
    let expect = expect.replace("APP", Digest::of("team/app:2.0").as_str());
    assert_eq!(entry(marked, fields), (expect, vec![]));
}

#[test]
fn entries_of_a_kustomization_get_their_fields() {
    check_entry(
        "images:\n- name: «team/app»\n  newTag: «\"1.0\"» # old\nnamespace: x\n",
        &["name", "newTag"],
        "images:\n- name: team/app\n  newTag: \"2.0\" # old\n  digest: APP\nnamespace: x\n",
    );
    let old = Digest::of("old");
    check_entry(
        &format!("images:\n  - newName: «team/app»\n    digest: «{old}»\n"),
        &["newName", "digest"],
        "images:\n  - newName: team/app\n    digest: APP\n    newTag: \"2.0\"\n",
    );
    check_entry(
        "images: [{name: «team/app»}]\n",
        &["name"],
        "images: [{name: team/app, newTag: \"2.0\", digest: APP}]\n",
    );
    check_entry(
        "images: [{name: «team/app» # why\n  }]\n",
        &["name"],
        "images: [{name: team/app, newTag: \"2.0\", digest: APP # why\n  }]\n",
    );
}

#[test]
fn every_line_break_of_yaml_ends_a_line() {
    for (line_break, added) in
        [("\r\n", "\r\n"), ("\r", "\n"), ("\u{85}", "\n"), ("\u{2028}", "\n"), ("\u{2029}", "\n")]
    {
        let lines = |text: &str| text.replace('|', line_break).replace('+', added);
        check_entry(
            &lines("images:|- name: «team/app» # why|- name: x|"),
            &["name"],
            &lines("images:|- name: team/app # why+  newTag: \"2.0\"+  digest: APP|- name: x|"),
        );
    }
}

#[test]
fn an_entry_written_in_another_way_is_reported() {
    for marked in [
        "images:\n- name:\n    «team/app»\n",
        "images:\n- &key name: «team/app»\n",
        "images: [name: «team/app»]\n",
        "images: [name: «team/app», name: x]\n",
        "images: [\n  name: «team/app» # why\n  ]\n",
    ] {
        assert_eq!(entry(marked, &["name"]), (marked.replace(['«', '»'], ""), vec![FindingKind::NotRewritable]));
    }
}

#[test]
fn a_field_that_is_no_scalar_is_not_added_again() {
    let file = file("images:\n- name: «team/app»\n  digest: «*old»\n");
    let rules = Rules::default();
    let mut finder = Finder::new(&rules, "", "Kustomization");
    let steps = |field| [Step::Key("images"), Step::Index(0), Step::Key(field)];
    finder.scalar(&steps("name"), &file.scalar(0));
    finder.not_scalar(&steps("digest"), file.scalar(1).span);
    let pinned = pin::pin(&file.text, &finder.finish(), &lock(), PinMode::TagAndDigest);
    assert_eq!(pinned.edits, []);
    assert_eq!(pinned.findings[0].kind, FindingKind::NotRewritable);
}

#[test]
fn every_workload_has_its_places() {
    let rules = Rules::default();
    let pods = ["spec/template/spec", "spec/jobTemplate/spec/template/spec"];
    for (api_version, kind, pod) in [
        ("v1", "Pod", "spec"),
        ("apps/v1", "Deployment", pods[0]),
        ("apps/v1", "StatefulSet", pods[0]),
        ("apps/v1", "DaemonSet", pods[0]),
        ("apps/v1", "ReplicaSet", pods[0]),
        ("batch/v1", "Job", pods[0]),
        ("batch/v1", "CronJob", pods[1]),
        ("v1", "PodTemplate", "template/spec"),
        ("v1", "ReplicationController", pods[0]),
    ] {
        let paths: Vec<String> = rules.paths(api_version, kind).iter().map(ToString::to_string).collect();
        for field in
            ["containers/image", "initContainers/image", "ephemeralContainers/image", "volumes/image/reference"]
        {
            assert!(paths.contains(&format!("{pod}/{field}")), "{kind} lacks {field}");
        }
    }
    assert!(rules.paths("example.com/v1", "Deployment").is_empty());
    assert!(rules.paths("apiextensions.k8s.io/v1", "CustomResourceDefinition").is_empty());
    let path = "spec/workers[]/image".parse().expect("it is a path");
    let custom = rules.with_field("Cluster", path);
    assert_eq!(custom.paths("example.com/v1", "Cluster").len(), 1);
}

#[test]
fn templates_are_reported_and_never_fail_a_file() {
    for (text, template) in
        [("${IMAGE}", true), ("$(IMAGE)", true), ("'{{ .Values.image }}'", true), ("not a reference", false)]
    {
        let file = file(&format!("- image: «{text}»\n"));
        let sites = pod(&file);
        assert!(
            matches!(sites[0].content, Content::NotReference { template: found, .. } if found == template),
            "{text}"
        );
        let pinned = pin::pin(&file.text, &sites, &lock(), PinMode::TagAndDigest);
        assert_eq!(pinned.edits, []);
        assert!(matches!(pinned.findings[0].kind, FindingKind::NotReference { .. }));
        assert_eq!(pin::check(&sites, &lock()).is_empty(), template);
    }
}

#[track_caller]
fn check_held(image: &str, expect: Option<&str>) {
    let file = file(&format!("- image: «{image}»\n"));
    let findings = pin::check(&pod(&file), &lock());
    assert_eq!(
        findings
            .first()
            .map(|finding| finding.kind.to_string().split(':').next().unwrap_or_default().to_owned())
            .as_deref(),
        expect
    );
}

#[test]
fn a_locked_run_asks_for_exactly_the_lock() {
    let (good, other) = (Digest::of("nginx:1"), Digest::of("other"));
    check_held(&format!("nginx:1@{good}"), None);
    check_held("nginx:1", Some("not pinned"));
    check_held(&format!("nginx:1@{other}"), Some("differs from the lock, which says docker.io/library/nginx"));
    check_held("redis:7", Some("not in the lock"));
    check_held(&format!("team/app:1.0@{}", Digest::of("team/app:2.0")), Some("not pinned"));
}

#[test]
fn a_block_is_not_rewritten() {
    let file = file("- image: «|»\n    nginx:1\n");
    let mut scalar = file.scalar(0);
    scalar.text = "nginx:1";
    let rules = Rules::default();
    let mut finder = Finder::new(&rules, "v1", "Pod");
    finder.scalar(&IMAGE, &scalar);
    let pinned = pin::pin(&file.text, &finder.finish(), &lock(), PinMode::TagAndDigest);
    assert_eq!(pinned.findings[0].kind, FindingKind::NotRewritable);
}

#[test]
fn edits_that_do_not_fit_are_refused() {
    let edit = |start, end| pin::Edit { span: start..end, text: String::new() };
    let message = |edits: &[pin::Edit]| pin::apply("abc", edits).expect_err("they do not fit").to_string();
    assert_eq!(message(&[edit(2, 9)]), "edit of bytes 2..9 does not fit the text");
    assert_eq!(message(&[edit(0, 2), edit(1, 3)]), "edits overlap at byte 1");
}

#[test]
fn a_walk_may_turn_back_where_no_image_can_follow() {
    let rules = Rules::default();
    let finder = Finder::new(&rules, "v1", "Pod");
    for len in 0..=IMAGE.len() {
        assert!(finder.leads_on(&IMAGE[..len]));
    }
    assert!(!finder.leads_on(&[Step::Key("metadata")]));
    assert!(!finder.leads_on(&[Step::Key("spec"), Step::Key("containers"), Step::Index(0), Step::Key("env")]));
    let finder = Finder::new(&rules, "", "Kustomization");
    assert!(finder.leads_on(&[Step::Key("images"), Step::Index(0)]) && !finder.leads_on(&[Step::Key("patches")]));
}

#[test]
fn a_marked_value_that_is_no_image_is_not_pinned() {
    let file = file("- image: «${IMAGE}» # {\"$imagepolicy\": \"flux-system:app\"}\n");
    let found = pin::check(&pod(&file), &lock());
    assert!(matches!(&found[..], [only] if matches!(only.kind, FindingKind::NotPinned { .. })));
}
