//! References, digests, tag policies and pinning beside oci-spec, sha2, semver and the reading of the same files. The
//! answers are checked before anything is timed.

use std::hint::black_box;
use std::sync::Arc;

use longshore::oci::pin::{Finder, PinMode, Rules, Scalar, ScalarStyle, Site, Step, apply, pin};
use longshore::oci::{Digest, Lock, LockEntry, Reference, TagPolicy, Verifier, version};
use longshore::yaml::{Document, Kind, Node, ReadOptions, SourceFile, Style, read};
use longshore_benches::{Group, smoke};
use sha2::Digest as _;

fn main() {
    references();
    digests();
    policies();
    pinning();
}

/// References as they stand in manifests: short and long, with ports, tags and digests.
fn texts(count: usize) -> Vec<String> {
    let digest = Digest::of("a layer");
    let text = |at: usize| match at % 6 {
        0 => format!("nginx:1.{at}"),
        1 => format!("registry.example.com/team/service-{at}:v2.{at}.0"),
        2 => format!("registry.example.com:5000/group/sub/app-{at}:main-{at}-1700000000"),
        3 => format!("team/app_{at}"),
        4 => format!("registry.example.com/team/service-{at}@{digest}"),
        _ => format!("registry.example.com/team/service-{at}:v2.{at}.0@{digest}"),
    };
    (0..count).map(text).collect()
}

fn references() {
    let texts = texts(if smoke() { 2_000 } else { 20_000 });
    let bytes = texts.iter().map(String::len).sum();
    for text in &texts {
        let ours = Reference::parse_normalized(text).expect("the text is a reference");
        let peer: oci_spec::distribution::Reference = text.parse().expect("the text is a reference");
        assert_eq!((ours.registry(), ours.repository()), (Some(peer.registry()), peer.repository()));
        assert_eq!(ours.digest().map(|digest| digest.to_string()).as_deref(), peer.digest());
    }
    Group::new(format!("read {} references", texts.len()), bytes)
        .add("longshore, normalised", || {
            texts.iter().filter(|text| black_box(Reference::parse_normalized(text)).is_ok()).count()
        })
        .add("longshore, bare grammar", || {
            texts.iter().filter(|text| black_box(Reference::parse(text)).is_ok()).count()
        })
        .add("oci-spec", || {
            texts.iter().filter(|text| black_box(text.parse::<oci_spec::distribution::Reference>()).is_ok()).count()
        })
        .run();
}

fn digests() {
    let size = if smoke() { 4 << 20 } else { 64 << 20 };
    let blob: Vec<u8> = (0..size).map(|at: usize| (at * 31 + at / 257) as u8).collect();
    let digest = Digest::of(&blob);
    let verify = || {
        let mut verifier = Verifier::new(&digest, Some(blob.len() as u64));
        blob.chunks(64 << 10).try_for_each(|chunk| verifier.update(chunk))?;
        verifier.finish()
    };
    assert_eq!(verify(), Ok(()));
    Group::new("verify a stream in chunks of 64 KiB", blob.len())
        .add("longshore", verify)
        .add("sha2", || {
            let mut hasher = sha2::Sha256::new();
            blob.chunks(64 << 10).for_each(|chunk| hasher.update(chunk));
            hasher.finalize()
        })
        .run();
}

/// Tags of a busy repository: releases, pre-releases, variants, and what builds leave behind.
fn tags(count: usize) -> Vec<String> {
    let tag = |at: usize| {
        let (major, minor, patch) = (at * 5 / count, at / 200 % 100, at % 200);
        match at % 10 {
            0..=4 => format!("{major}.{minor}.{patch}"),
            5 => format!("v{major}.{minor}.{patch}"),
            6 => format!("{major}.{minor}.{patch}-rc.{}", at % 7),
            7 => format!("{major}.{minor}.{patch}-alpine"),
            8 => format!("main-{at:07x}-{}", 1_700_000_000 + at),
            _ => format!("sha256-{at:064x}.sig"),
        }
    };
    (0..count).map(tag).collect()
}

fn policies() {
    let tags = tags(if smoke() { 10_000 } else { 100_000 });
    let policy = TagPolicy::flux_semver(">=1.2 <4 || ^4.1").expect("the range is one");
    let filtered = TagPolicy::flux_numerical(longshore::oci::Order::Asc)
        .filter_tags(r"^main-[a-f0-9]+-(?P<ts>[0-9]+)$", "$ts")
        .expect("the pattern is one");
    let requirement = semver::VersionReq::parse(">=1.2").expect("the requirement is one");
    let naive = || {
        let versions = tags.iter().filter_map(|tag| semver::Version::parse(tag).ok());
        versions.filter(|version| requirement.matches(version)).max()
    };
    let selection = policy.select(&tags);
    let oracle = tags.iter().filter_map(|tag| version::parse_loose(tag).ok());
    let in_range = |version: &semver::Version| match version.major {
        1 => version.minor >= 2,
        4 => version.minor >= 1,
        major => (2..4).contains(&major),
    };
    let highest = oracle.filter(|version| version.pre.is_empty() && in_range(version)).max();
    let winner = selection.winner().map(|at| version::parse_loose(&tags[at]).expect("the winner is a version"));
    assert_eq!(winner.ok(), highest);
    assert_eq!(selection.verdicts().len(), tags.len());
    assert!(filtered.select(&tags).winner().is_ok_and(|at| tags[at].starts_with("main-")));
    Group::new(format!("choose among {} tags", tags.len()), 0)
        .add("longshore semver, every tag explained", || policy.select(&tags))
        .add("longshore semver, and a line for every tag", || {
            let selection = policy.select(&tags);
            (0..tags.len()).map(|at| policy.explain(&selection, &tags, at).len()).sum::<usize>()
        })
        .add("longshore filter and numerical", || filtered.select(&tags))
        .add("semver crate, highest only", naive)
        .run();
}

fn manifests(count: usize) -> Vec<String> {
    let manifest = |at: usize| {
        let mut text = format!(
            "# service {at}\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: service-{at}\n  labels:\n    \
             app.kubernetes.io/name: service-{at}\n    app.kubernetes.io/part-of: shop\nspec:\n  replicas: 3\n  \
             selector:\n    matchLabels:\n      app: service-{at}\n  template:\n    metadata:\n      labels:\n        \
             app: service-{at}\n    spec:\n      containers:\n"
        );
        for container in 0..2 {
            text.push_str(&format!(
                "      - name: c{container}\n        image: registry.example.com/shop/service-{}:1.{container}.0 # here\n        \
                 ports:\n        - containerPort: 8080\n        resources:\n          requests:\n            cpu: 100m\n            \
                 memory: 128Mi\n          limits:\n            memory: 256Mi\n        env:\n        - name: LEVEL\n          value: info\n",
                at % 50
            ));
        }
        text
    };
    (0..count).map(manifest).collect()
}

fn walk<'a>(node: Node<'a>, steps: &mut Vec<Step<'a>>, finder: &mut Finder<'_>) {
    let Some(span) = node.span() else { return };
    let span = span.start as usize..span.end as usize;
    if node.kind() != Kind::Scalar {
        finder.not_scalar(steps, span.clone());
    }
    match node.kind() {
        Kind::Mapping => node.entries().for_each(|(key, value)| {
            steps.push(Step::Key(key.text()));
            if finder.leads_on(steps) {
                walk(value, steps, finder);
            }
            steps.pop();
        }),
        Kind::Sequence => node.items().enumerate().for_each(|(index, item)| {
            steps.push(Step::Index(index));
            walk(item, steps, finder);
            steps.pop();
        }),
        Kind::Scalar => {
            let style = match node.style() {
                Style::Plain => ScalarStyle::Plain,
                Style::SingleQuoted => ScalarStyle::SingleQuoted,
                Style::DoubleQuoted => ScalarStyle::DoubleQuoted,
                _ => ScalarStyle::Block,
            };
            let comment = node.comments().map_or("", |comments| comments.line.as_str());
            finder.scalar(steps, &Scalar { text: node.text(), span, style, comment });
        }
        Kind::Alias => {}
    }
}

fn sites(documents: &[Document], rules: &Rules) -> Vec<Site> {
    let mut sites = Vec::new();
    for document in documents {
        let root = document.root();
        let field = |name| root.get(name).map_or("", Node::text);
        let mut finder = Finder::new(rules, field("apiVersion"), field("kind"));
        walk(root, &mut Vec::with_capacity(16), &mut finder);
        sites.extend(finder.finish());
    }
    sites
}

fn pinning() {
    let texts = manifests(if smoke() { 100 } else { 1_000 });
    let bytes = texts.iter().map(String::len).sum();
    let files: Vec<_> = texts.iter().map(|text| SourceFile::new("manifest.yaml", text.as_str())).collect();
    let mut lock = Lock::new();
    for service in 0..50 {
        for tag in 0..2 {
            let image = format!("registry.example.com/shop/service-{service}:1.{tag}.0");
            let image = Reference::parse_normalized(&image).expect("the text is a reference");
            let pinned = image.with_digest(&Digest::of(image.as_str()));
            lock.insert(LockEntry::new(&image, &pinned).expect("the entry is one"));
        }
    }
    let (options, rules) = (ReadOptions::default(), Rules::default());
    let pin_one = |file: &Arc<SourceFile>| {
        let documents = read(file, &options).expect("the text is YAML");
        let pinned = pin(file.text(), &sites(&documents, &rules), &lock, PinMode::TagAndDigest);
        apply(file.text(), &pinned.edits).expect("the edits fit")
    };
    for file in &files {
        let (text, pinned) = (file.text(), pin_one(file));
        assert_eq!(pinned.matches("@sha256:").count(), 2);
        assert_eq!(pinned.lines().count(), text.lines().count());
    }
    Group::new(format!("pin {} manifests", texts.len()), bytes)
        .add("longshore, read and pin", || files.iter().map(|file| pin_one(file).len()).sum::<usize>())
        .add("longshore, read alone", || {
            files.iter().map(|file| read(file, &options).map_or(0, |documents| documents.len())).sum::<usize>()
        })
        .run();
}
