//! Laws that hold for every input: texts round-trip, oracles agree, nothing panics.

use longshore_oci::artifact::{Compression, FluxOptions, Tree, UnpackLimits, pack_flux, unpack};
use longshore_oci::pin::{Edit, apply};
use longshore_oci::{
    AnyReference, Constraint, Digest, Document, GoRegex, Platform, Reference, Tag, TagPolicy, Verifier, glob_matches,
    version,
};
use proptest::prelude::*;
use semver::Version;

/// Texts that are often references and often nearly.
fn reference() -> impl Strategy<Value = String> {
    let host = r"(localhost|[a-z0-9]{1,4}(\.[a-z-]{1,4})?|\[[0-9a-f:]{1,8}\]|[A-Z]{2})(:[0-9]{1,5})?/";
    let path = "[a-z0-9]{1,5}([._-]{1,2}[a-z0-9]{1,4}){0,2}(/[a-z]{1,4}){0,2}";
    let version = "(:[A-Za-z0-9_.-]{1,6})?(@sha256:([0-9a-f]{64}|[0-9a-fA-F]{32}))?";
    let likely = proptest::string::string_regex(&format!("({host})?{path}{version}")).expect("it is a pattern");
    prop_oneof![likely, r"[a-zA-Z0-9/:@._\[\]-]{0,24}", r"\PC{0,16}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_reference_reads_as_it_displays(text in reference()) {
        if let Ok(found) = Reference::parse(&text) {
            prop_assert_eq!(found.as_str(), &text);
            let shown = found.to_string();
            prop_assert_eq!(&Reference::parse(&shown), &Ok(found));
        }
        if let Ok(found) = text.parse::<AnyReference>() {
            prop_assert_eq!(&found.to_string().parse::<AnyReference>(), &Ok(found));
        }
    }

    #[test]
    fn normalising_twice_is_normalising_once(text in reference()) {
        if let Ok(once) = Reference::parse_normalized(&text) {
            prop_assert_eq!(&Reference::parse_normalized(once.as_str()), &Ok(once.clone()));
            prop_assert_eq!(&Reference::parse_canonical(once.as_str()), &Ok(once.clone()));
            prop_assert_eq!(&Reference::parse_normalized(&once.familiar()), &Ok(once));
        }
    }

    #[test]
    fn parts_of_a_reference_are_put_together_again(text in reference(), tag in "[a-z0-9_][a-z0-9_.-]{0,9}") {
        let Ok(found) = Reference::parse(&text) else { return Ok(()) };
        let tag: Tag = tag.parse().expect("the strategy makes tags");
        let digest = Digest::of(&text);
        let whole = found.with_tag(&tag).with_digest(&digest);
        prop_assert_eq!(whole.tag(), Some(tag.as_str()));
        prop_assert_eq!(whole.digest(), Some(digest));
        prop_assert_eq!(whole.without_tag().without_digest(), found.without_version());
        prop_assert_eq!(whole.name(), found.name());
    }

    #[test]
    fn a_platform_reads_as_it_displays(os in "[a-z]{1,6}", arch in "[a-z0-9_]{1,6}", variant in "(v[0-9])?", version in "([0-9]{1,3}(\\.[0-9]{1,3}){0,3})?") {
        let platform = Platform { variant, os_version: version, ..Platform::new(os, arch) }.normalized();
        prop_assert_eq!(platform.to_string().parse::<Platform>(), Ok(platform));
    }

    #[test]
    fn a_constraint_reads_as_it_displays(text in "(([=!<>~^]{0,2}) ?v?([0-9x*]{1,2}\\.){0,2}[0-9x*](-[a-z0-9]{1,3})?( - |, ?| | \\|\\| )?){1,3}") {
        if let Ok(found) = Constraint::parse(&text) {
            let again = Constraint::parse(&found.to_string());
            prop_assert_eq!(again.map(|again| again.to_string()).ok(), Some(found.to_string()));
        }
    }

    #[test]
    fn constraints_agree_with_the_bounds_written_out(term in term(), version in small_version()) {
        let (text, oracle) = term;
        let found = Constraint::parse(&text).expect("the strategy makes terms");
        prop_assert_eq!(found.matches(&version), oracle.admits(&version), "{} and {}", text, version);
        prop_assert_eq!(found.misfits(&version).is_empty(), found.matches(&version));
    }

    #[test]
    fn the_winner_is_the_highest_that_fits(versions in proptest::collection::vec(small_version(), 0..12), term in term()) {
        let tags: Vec<String> = versions.iter().map(ToString::to_string).collect();
        let Ok(policy) = TagPolicy::flux_semver(&term.0) else { return Ok(()) };
        let selection = policy.select(&tags);
        let fitting = versions.iter().filter(|version| term.1.admits(version));
        let highest = fitting.max_by(|a, b| a.cmp_precedence(b));
        let winner = selection.winner().ok().map(|at| &versions[at]);
        prop_assert_eq!(winner.is_some(), highest.is_some());
        if let (Some(winner), Some(highest)) = (winner, highest) {
            prop_assert!(winner.cmp_precedence(highest).is_eq());
        }
        prop_assert_eq!(selection.verdicts().len(), tags.len());
    }

    #[test]
    fn a_loose_version_is_strict_when_printed(text in "v?[0-9]{1,3}(\\.[0-9]{1,3}){0,2}(-[0-9a-z.-]{0,5})?(\\+[0-9a-z.]{0,4})?") {
        if let Ok(found) = version::parse_loose(&text) {
            prop_assert_eq!(version::parse_strict(&found.to_string()), Ok(found));
        }
    }

    #[test]
    fn a_stream_in_pieces_has_the_digest_of_the_whole(bytes in proptest::collection::vec(any::<u8>(), 0..300), at in 0_usize..300) {
        let digest = Digest::of(&bytes);
        let (head, tail) = bytes.split_at(at.min(bytes.len()));
        let mut verifier = Verifier::new(&digest, Some(bytes.len() as u64));
        prop_assert!(verifier.update(head).and_then(|()| verifier.update(tail)).is_ok());
        prop_assert!(verifier.finish().is_ok());
        let mut other = bytes.clone();
        other.push(0);
        let mut verifier = Verifier::new(&digest, None);
        prop_assert!(verifier.update(&other).is_ok() && verifier.finish().is_err());
    }

    #[test]
    fn a_glob_agrees_with_its_slow_reading(pattern in "[ab*?/]{0,8}", text in "[ab/]{0,8}") {
        prop_assert_eq!(glob_matches(&pattern, &text), Ok(slow_glob(pattern.as_bytes(), text.as_bytes())));
    }

    #[test]
    fn a_literal_pattern_matches_itself(text in "[a-z.+*()\\[\\]{}&~-]{1,12}") {
        let quoted = GoRegex::new(&format!("^\\Q{text}\\E$")).expect("quoted text is a pattern");
        let longer = format!("{text}x");
        prop_assert!(quoted.is_match(&text) && !quoted.is_match(&longer));
    }

    #[test]
    fn whatever_the_text_reading_ends(text in "\\PC{0,40}", bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = (Constraint::parse(&text), GoRegex::new(&text), glob_matches(&text, &text), Digest::parse(&text));
        let _ = (text.parse::<Platform>(), Document::parse(bytes.clone()), unpack(&bytes, &UnpackLimits::default()));
    }

    #[test]
    fn what_is_packed_is_unpacked(tree in tree(), stored in any::<bool>()) {
        let compression = if stored { Compression::Stored } else { Compression::Deflate };
        let packed = pack_flux(&tree, &FluxOptions { compression, ..FluxOptions::default() });
        let found = unpack(&packed.blobs[1].bytes, &UnpackLimits::default()).expect("it was packed here");
        prop_assert_eq!(&found, &tree);
        prop_assert_eq!(packed.content_id, Digest::of(found.to_tar()));
    }

    #[test]
    fn edits_change_their_spans_alone(text in "[a-z]{10,40}", at in 0_usize..5, len in 0_usize..5, new in "[A-Z]{0,6}") {
        let edit = Edit { span: at..at + len, text: new.clone() };
        let edited = apply(&text, &[edit]).expect("the span lies in the text");
        prop_assert_eq!(edited, format!("{}{new}{}", &text[..at], &text[at + len..]));
    }
}

/// A term as the interval it stands for: from a version up, below another.
#[derive(Clone, Debug)]
struct Bounds {
    low: Version,
    below: Option<Version>,
    outside: bool,
}

impl Bounds {
    fn admits(&self, version: &Version) -> bool {
        if !version.pre.is_empty() {
            return false;
        }
        let inside = *version >= self.low && self.below.as_ref().is_none_or(|below| version < below);
        inside != self.outside
    }
}

/// A single release term and its bounds, written out from the documentation and not from the code.
fn term() -> impl Strategy<Value = (String, Bounds)> {
    let operators = prop_oneof![
        Just(""),
        Just("="),
        Just("!="),
        Just(">"),
        Just("<"),
        Just(">="),
        Just("<="),
        Just("~"),
        Just("^")
    ];
    (operators, 0_u64..3, 0_u64..3, 0_u64..3, 1_usize..4).prop_map(|(operator, major, minor, patch, parts)| {
        let (minor, patch) = (if parts > 1 { minor } else { 0 }, if parts > 2 { patch } else { 0 });
        let text = [major, minor, patch][..parts].iter().map(ToString::to_string).collect::<Vec<_>>().join(".");
        let low = Version::new(major, minor, patch);
        // The first version past everything the text stands for.
        let past = match parts {
            1 => Version::new(major + 1, 0, 0),
            2 => Version::new(major, minor + 1, 0),
            _ => Version::new(major, minor, patch + 1),
        };
        let zero = Version::new(0, 0, 0);
        let bounds = |low: Version, below: Option<Version>| Bounds { low, below, outside: false };
        let bounds = match operator {
            "" | "=" => bounds(low, Some(past)),
            "!=" => Bounds { low, below: Some(past), outside: true },
            ">" => bounds(past, None),
            "<" => bounds(zero, Some(low)),
            ">=" => bounds(low, None),
            "<=" => bounds(zero, Some(past)),
            // An oddity of the original: `~0.0.0` is everything.
            "~" if parts == 3 && low == zero => bounds(low, None),
            "~" => bounds(low, Some(if parts == 1 { past } else { Version::new(major, minor + 1, 0) })),
            _ => {
                let below = match (major, minor) {
                    (0, 0) => past,
                    (0, _) if parts > 1 => Version::new(0, minor + 1, 0),
                    _ => Version::new(major + 1, 0, 0),
                };
                bounds(low, Some(below))
            }
        };
        (format!("{operator}{text}"), bounds)
    })
}

fn small_version() -> impl Strategy<Value = Version> {
    (0_u64..4, 0_u64..4, 0_u64..4, "(rc\\.[0-3])?").prop_map(|(major, minor, patch, pre)| Version {
        pre: version::prerelease(&pre).unwrap_or(semver::Prerelease::EMPTY),
        ..Version::new(major, minor, patch)
    })
}

fn slow_glob(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => {
            slow_glob(rest, text) || matches!(text, [c, tail @ ..] if *c != b'/' && slow_glob(pattern, tail))
        }
        ([b'?', rest @ ..], [c, tail @ ..]) => *c != b'/' && slow_glob(rest, tail),
        ([p, rest @ ..], [c, tail @ ..]) => p == c && slow_glob(rest, tail),
        _ => false,
    }
}

fn tree() -> impl Strategy<Value = Tree> {
    let file = ("[a-zé.]{1,60}(/[a-z.]{1,60}){0,3}", proptest::collection::vec(any::<u8>(), 0..1200), any::<bool>());
    proptest::collection::vec(file, 0..6).prop_map(|files| {
        let mut tree = Tree::new();
        for (path, bytes, executable) in files {
            // Paths may clash; those that do are left out.
            let _ = tree.insert(&path, bytes, executable);
        }
        tree
    })
}
