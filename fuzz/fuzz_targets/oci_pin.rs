//! Whatever a manifest holds, pinning it to a lock of its own images leaves YAML in which every image that could be
//! written is what the lock says, changes no other value, and has nothing to do the second time.
#![no_main]

use libfuzzer_sys::fuzz_target;
use longshore_oci::pin::{
    Content, Finder, FindingKind, PinMode, Rules, Scalar, ScalarStyle, Site, SiteKind, Step, apply, check, pin,
};
use longshore_oci::{Digest, Lock, LockEntry};
use longshore_yaml::{Document, Kind, Node, ReadOptions, SourceFile, Style, read};

fuzz_target!(|text: &str| {
    let file = SourceFile::new("fuzz", text);
    let Ok(documents) = read(&file, &ReadOptions::default()) else { return };
    let sites = sites(&documents);
    let lock = lock(&sites);
    for mode in [PinMode::TagAndDigest, PinMode::DigestOnly] {
        let pinned = pin(text, &sites, &lock, mode);
        let written = apply(text, &pinned.edits).expect("edits fit the text they were made for");
        let file = SourceFile::new("fuzz", written.as_str());
        let again = read(&file, &ReadOptions::default()).expect("a pinned file is still YAML");
        assert_eq!(documents.len(), again.len());
        let again = self::sites(&again);
        assert_eq!(again.len(), sites.len());
        assert!(pin(&written, &again, &lock, mode).edits.is_empty(), "{written:?}");
        for finding in check(&again, &lock) {
            let excused = pinned.findings.iter().any(|known| known.path == finding.path);
            assert!(excused || matches!(finding.kind, FindingKind::NotReference { .. }), "{finding} in {written:?}");
        }
    }
});

fn lock(sites: &[Site]) -> Lock {
    let mut lock = Lock::new();
    for site in sites {
        if let Content::Image(image) = &site.content {
            let asked = image.without_digest().with_default_tag();
            let pinned = asked.with_digest(&Digest::of(asked.as_str()));
            lock.insert(LockEntry::new(&asked, &pinned).expect("it is an entry"));
        }
    }
    lock
}

/// Sites of a whole image: what a marker's policy would write is not at hand here.
fn sites(documents: &[Document]) -> Vec<Site> {
    let rules = Rules::default();
    let mut sites = Vec::new();
    for document in documents {
        let root = document.root();
        let field = |name| root.get(name).map_or("", Node::text);
        let mut finder = Finder::new(&rules, field("apiVersion"), field("kind"));
        walk(root, &mut Vec::new(), &mut finder);
        sites.extend(finder.finish());
    }
    sites.retain(|site| !matches!(site.kind, SiteKind::Marker(_)));
    sites
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
            walk(value, steps, finder);
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
