//! Comparing images, and planning mirrors.

use std::collections::BTreeSet;

use longshore_oci::{
    Change, Digest, Document, Inventory, Lock, LockEntry, MirrorAction, Node, Platform, Reference, best_platform,
    compare, media_type, plan_mirror,
};

fn manifest(config: &str, layers: &[&str]) -> Document {
    let blob = |content: &str| {
        let (size, digest) = (content.len(), Digest::of(content));
        format!(r#"{{"mediaType":"{}","size":{size},"digest":"{digest}"}}"#, media_type::LAYER)
    };
    let layers: Vec<String> = layers.iter().map(|layer| blob(layer)).collect();
    let text = format!(r#"{{"schemaVersion":2,"config":{},"layers":[{}]}}"#, blob(config), layers.join(","));
    Document::parse(text.into_bytes()).expect("it is a manifest")
}

fn index(entries: &[(&str, &Document)]) -> Document {
    let entry = |(platform, document): &(&str, &Document)| {
        let (os, arch) = platform.split_once('/').expect("a platform has two parts");
        format!(
            r#"{{"mediaType":"{}","size":{},"digest":"{}","platform":{{"os":"{os}","architecture":"{arch}"}}}}"#,
            media_type::MANIFEST,
            document.bytes().len(),
            document.digest()
        )
    };
    let entries: Vec<String> = entries.iter().map(entry).collect();
    let text = format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, entries.join(","));
    Document::parse(text.into_bytes()).expect("it is an index")
}

#[test]
fn indexes_are_compared_by_platform_whatever_their_order() {
    let (old, new) = (manifest("c", &["base", "app 1"]), manifest("c", &["base", "app 2"]));
    let other = manifest("c", &["other"]);
    let before = index(&[("linux/amd64", &old), ("linux/arm64", &other), ("linux/s390x", &other)]);
    let after = index(&[("linux/riscv64", &other), ("linux/arm64", &other), ("linux/amd64", &new)]);
    let known = [old, new, other];
    let fetch = |descriptor: &oci_spec::image::Descriptor| {
        known.iter().find(|document| document.digest().as_str() == descriptor.digest().as_ref()).cloned()
    };
    let changes = compare(&before, &after, fetch);
    let lines: Vec<String> = changes.platforms.iter().map(|change| change.to_string()[..14].to_owned()).collect();
    assert_eq!(lines, ["~ linux/amd64 ", "+ linux/riscv6", "- linux/s390x "]);
    let inside = &changes.platforms[0].inside;
    assert!(matches!(&inside[..], [Change::LayerRemoved(1, _), Change::LayerAdded(1, _)]), "{inside:?}");
    assert!(compare(&before, &before, fetch).is_empty());
    assert_eq!(compare(&before, &after, |_| None).platforms[0].inside, []);
}

#[test]
fn a_processor_without_system_is_read_again() {
    for (text, expect) in
        [("armhf", "arm/v7"), ("arm/6", "arm/v6"), ("aarch64", "arm64"), ("linux/arm", "linux/arm/v7")]
    {
        let platform: Platform = text.parse().expect("it is a platform");
        assert_eq!(platform.to_string(), expect);
        assert_eq!(expect.parse(), Ok(platform));
    }
}

#[test]
fn the_best_platform_suits_the_host() {
    let platform = |text: &str| text.parse::<Platform>().expect("it is a platform");
    let offered = ["windows/amd64", "linux/arm/v6", "linux/arm/v7", "linux/amd64"].map(platform);
    let best = |host: &str| best_platform(&platform(host), &offered).map(|at| offered[at].to_string());
    assert_eq!(best("linux/arm/v8").as_deref(), Some("linux/arm/v7"));
    assert_eq!(best("linux/arm/v6").as_deref(), Some("linux/arm/v6"));
    assert_eq!(best("darwin/amd64").as_deref(), Some("linux/amd64"));
    assert_eq!(best("linux/s390x"), None);
    let error = "linux/*".parse::<Platform>().expect_err("a star is no architecture");
    assert_eq!(
        error.to_string(),
        "invalid platform 'linux/*': expected os/architecture[/variant], each of letters, digits, '_' and '-'"
    );
}

fn node(children: &[&Digest], document: bool) -> Node {
    Node { size: 10, document, children: children.iter().map(|digest| (*digest).clone()).collect() }
}

#[test]
fn a_mirror_copies_once_mounts_and_skips() {
    let [shared, own, gone, one, two] = ["shared", "own", "gone", "one", "two"].map(Digest::of);
    let mut inventory = Inventory::default();
    inventory.source.insert(shared.clone(), node(&[], false));
    inventory.source.insert(own.clone(), node(&[], false));
    inventory.source.insert(one.clone(), node(&[&shared, &own], true));
    inventory.source.insert(two.clone(), node(&[&shared, &gone], true));
    inventory.target.insert("mirror.example.org/a".to_owned(), BTreeSet::from([own.clone()]));
    let image = |text: &str| Reference::parse_normalized(text).expect("it is a reference");
    let mut lock = Lock::new();
    for (name, digest) in [("source.example.com/a:1", &one), ("source.example.com/b:1", &two)] {
        lock.insert(LockEntry::new(&image(name), &image(name).with_digest(digest)).expect("it is an entry"));
    }
    let rename = |from: &Reference| image(&from.as_str().replace("source.example.com", "mirror.example.org"));
    let plan = plan_mirror(&lock, &inventory, rename);
    let steps: Vec<(&str, &Digest, &MirrorAction)> =
        plan.steps.iter().map(|step| (step.repository.as_str(), &step.digest, &step.action)).collect();
    let mount = MirrorAction::Mount { from: "mirror.example.org/a".to_owned() };
    assert_eq!(
        steps,
        [
            ("mirror.example.org/a", &shared, &MirrorAction::Copy),
            ("mirror.example.org/a", &own, &MirrorAction::Skip),
            ("mirror.example.org/a", &one, &MirrorAction::Copy),
            ("mirror.example.org/b", &shared, &mount),
            ("mirror.example.org/b", &two, &MirrorAction::Copy),
        ]
    );
    assert_eq!((plan.bytes, plan.counts()), (30, (3, 1, 1)));
    assert_eq!(plan.missing[0].digest, gone);
    // An image with a gap gets no tag.
    assert_eq!(plan.tags.len(), 1);
}
