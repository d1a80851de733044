//! Artifacts: the same input gives the same digest; what comes back is bounded and stays inside.

use longshore_oci::Digest;
use longshore_oci::artifact::{
    Compression, FluxOptions, Links, OrasOptions, Packed, Tree, UnpackError, UnpackLimits, pack_files, pack_flux,
    unpack, unpack_artifact,
};

fn tree(paths: &[&str]) -> Tree {
    let mut tree = Tree::new();
    for path in paths {
        tree.insert(path, path.as_bytes(), path.ends_with(".sh")).expect("the path is one");
    }
    tree
}

#[test]
fn the_order_of_files_does_not_change_the_digest() {
    let (one, other) = (tree(&["a/b", "a.b", "run.sh"]), tree(&["run.sh", "a.b", "a/b"]));
    assert_eq!(pack_flux(&one, &FluxOptions::default()), pack_flux(&other, &FluxOptions::default()));
    let order: Vec<String> = one.iter().map(|(path, _)| path).collect();
    assert_eq!(order, ["a", "a/b", "a.b", "run.sh"]);
}

#[test]
fn compression_changes_the_layer_and_not_the_content_id() {
    let tree = tree(&["a", "b/c"]);
    let packed = |compression| pack_flux(&tree, &FluxOptions { compression, ..FluxOptions::default() });
    let (deflated, stored) = (packed(Compression::Deflate), packed(Compression::Stored));
    assert_eq!(deflated.content_id, stored.content_id);
    assert_ne!(deflated.manifest.digest(), stored.manifest.digest());
    // Stored blocks are the same for ever: this digest may not change with a release of any crate.
    let bytes = &stored.blobs[1].bytes;
    assert_eq!(&bytes[..15], &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1, 0, 16, 255, 239]);
}

#[test]
fn time_is_what_the_caller_says() {
    let packed = |created| pack_flux(&tree(&["a"]), &FluxOptions { created, ..FluxOptions::default() });
    assert_eq!(packed(7), packed(7));
    assert_ne!(packed(7).manifest.digest(), packed(8).manifest.digest());
    assert_eq!(packed(7).content_id, packed(8).content_id);
    let text = String::from_utf8_lossy(packed(0).manifest.bytes()).into_owned();
    assert!(text.contains(r#""org.opencontainers.image.created":"1970-01-01T00:00:00Z""#), "{text}");
}

#[test]
fn oras_keeps_each_file_under_its_title() {
    let options = OrasOptions { artifact_type: "application/vnd.example".to_owned(), ..OrasOptions::default() };
    let packed = pack_files(&tree(&["a", "b/c"]), &options);
    let manifest = packed.manifest.manifest().expect("it is a manifest");
    let titles: Vec<&str> = manifest
        .layers()
        .iter()
        .filter_map(|layer| Some(layer.annotations().as_ref()?.get("org.opencontainers.image.title")?.as_str()))
        .collect();
    assert_eq!(titles, ["a", "b/c"]);
    assert_eq!(packed.blobs[1].bytes, b"a");
    let empty = pack_files(&Tree::new(), &options);
    assert_eq!(empty.manifest.manifest().expect("it is a manifest").layers().len(), 1);
}

#[track_caller]
fn refused_path(path: &str) {
    let error = Tree::new().insert(path, *b"", false).expect_err("the path leads out");
    assert_eq!(
        error.to_string(),
        format!("path {path:?} leads out of the tree, or is none: expected names joined by '/'")
    );
}

#[test]
fn no_path_holds_a_line_break() {
    let error = Tree::new().insert("a\nb", *b"", false).expect_err("no archive can say it to every reader");
    assert_eq!(error.to_string(), r#"path "a\nb" holds a line break: rename the file"#);
}

#[test]
fn no_path_leads_out_of_a_tree() {
    for path in ["../a", "a/../../b", "/etc/passwd", "a\\b", "a\0b", "", ".", "a/.."] {
        refused_path(path);
    }
    let mut tree = tree(&["a/b"]);
    assert!(tree.insert("a", *b"", false).is_err());
    assert!(tree.insert("a/b/c", *b"", false).is_err());
    assert!(tree.insert("a/./b", *b"", false).is_err());
}

/// An archive of entries as a hostile hand would write them.
fn archive(entries: &[(&str, u8, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, kind, bytes) in entries {
        let mut header = [0_u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[100..107].copy_from_slice(b"0000644");
        header[124..135].copy_from_slice(format!("{:011o}", bytes.len()).as_bytes());
        header[156] = *kind;
        header[257..265].copy_from_slice(b"ustar\x0000");
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|&b| u32::from(b)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        out.extend_from_slice(&header);
        out.extend_from_slice(bytes);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

#[track_caller]
fn check(entries: &[(&str, u8, &[u8])], limits: &UnpackLimits, expect: &str) {
    let error = unpack(&archive(entries), limits).expect_err("the archive is refused");
    assert_eq!(error.to_string(), expect);
}

#[test]
fn hostile_archives_are_refused() {
    let limits = UnpackLimits::default();
    check(&[("../up", b'0', b"")], &limits, r#"archive entry "../up" is refused"#);
    check(&[("/etc/passwd", b'0', b"")], &limits, r#"archive entry "/etc/passwd" is refused"#);
    check(&[("a/../../b", b'5', b"")], &limits, r#"archive entry "a/../../b" is refused"#);
    check(&[("a", b'2', b"")], &limits, r#"archive entry "a" is a link, which is not allowed here"#);
    check(&[("a", b'1', b"")], &limits, r#"archive entry "a" is a link, which is not allowed here"#);
    check(&[("dev", b'3', b"")], &limits, r#"archive entry "dev" is neither a file nor a folder"#);
    check(&[("a", b'0', b"1"), ("a", b'0', b"2")], &limits, r#"archive entry "a" is refused"#);
    check(&[("a", b'0', b"1"), ("a/b", b'0', b"2")], &limits, r#"archive entry "a/b" is refused"#);
    check(&[("a\nb", b'0', b"")], &limits, r#"archive entry "a\nb" is refused"#);
    // The path in the record goes on behind its line break.
    check(&[("x", b'x', b"12 path=a\nb\n"), ("a", b'0', b"")], &limits, "not a readable archive");
    let deep = "a/".repeat(40) + "b";
    check(
        &[(&deep, b'0', b"")],
        &UnpackLimits { max_depth: 9, ..limits.clone() },
        "archive has more than 9 folders above a file",
    );
    check(
        &[("abc", b'0', b"")],
        &UnpackLimits { max_path: 2, ..limits.clone() },
        "archive has more than 2 bytes in a path",
    );
    let two: [(&str, u8, &[u8]); 2] = [("a", b'0', b""), ("b", b'0', b"")];
    check(&two, &UnpackLimits { max_entries: 1, ..limits.clone() }, "archive has more than 1 entries");
    check(&[("a", b'0', &[0; 4096])], &UnpackLimits { max_bytes: 2048, ..limits }, "archive has more than 2048 bytes");
}

#[test]
fn links_can_be_left_out() {
    let limits = UnpackLimits { links: Links::Skip, ..UnpackLimits::default() };
    let found = unpack(&archive(&[("l", b'2', b""), ("f", b'0', b"x")]), &limits).expect("links are skipped");
    assert_eq!(found.iter().map(|(path, _)| path).collect::<Vec<_>>(), ["f"]);
}

#[test]
fn an_archive_that_inflates_without_end_stops_at_the_limit() {
    let mut big = Tree::new();
    big.insert("zeros", vec![0; 8 << 20], false).expect("the path is one");
    let packed = pack_flux(&big, &FluxOptions::default());
    assert!(packed.blobs[1].bytes.len() < 64 << 10);
    let limits = UnpackLimits { max_bytes: 1 << 20, ..UnpackLimits::default() };
    let error = unpack(&packed.blobs[1].bytes, &limits).expect_err("it is too large");
    assert!(matches!(error, UnpackError::Limit { what: "bytes", .. }), "{error}");
}

#[test]
fn an_archive_cut_short_is_an_error() {
    let tar = tree(&["a/long/file"]).to_tar();
    assert!(unpack(&tar[..tar.len() - 1400], &UnpackLimits::default()).is_err());
    assert_eq!(Digest::of(&tar), pack_flux(&tree(&["a/long/file"]), &FluxOptions::default()).content_id);
}

/// Unpacks what was packed.
fn collect(packed: &Packed, limits: &UnpackLimits) -> Result<Tree, UnpackError> {
    let find = |layer: &oci_spec::image::Descriptor| {
        packed.blobs.iter().find(|blob| blob.descriptor.digest() == layer.digest())
    };
    unpack_artifact(
        &packed.manifest,
        |layer| find(layer).map(|blob| blob.bytes.clone()).ok_or("it is not at hand"),
        limits,
    )
}

#[test]
fn every_way_to_pack_files_gives_them_back() {
    let tree = tree(&["a", "b/c", "b.d"]);
    for packed in [pack_flux(&tree, &FluxOptions::default()), pack_files(&tree, &OrasOptions::default())] {
        assert_eq!(collect(&packed, &UnpackLimits::default()).expect("it was packed here"), tree);
    }
    let empty = pack_files(&Tree::new(), &OrasOptions::default());
    assert!(collect(&empty, &UnpackLimits::default()).expect("nothing is fine").is_empty());
}

#[test]
fn limits_hold_for_all_layers_together() {
    let packed = pack_files(&tree(&["aaaa", "bbbb"]), &OrasOptions::default());
    let limits = |max_bytes, max_entries| UnpackLimits { max_bytes, max_entries, ..UnpackLimits::default() };
    assert!(collect(&packed, &limits(8, 2)).is_ok());
    let refused = |limits| collect(&packed, &limits).expect_err("it is too much").to_string();
    assert_eq!(refused(limits(7, 2)), "archive has more than 7 bytes");
    assert_eq!(refused(limits(8, 1)), "archive has more than 1 entries");
}

#[test]
fn a_layer_that_is_not_what_it_says_is_refused() {
    let mut packed = pack_files(&tree(&["a"]), &OrasOptions::default());
    packed.blobs[1].bytes = b"b".to_vec();
    assert!(matches!(collect(&packed, &UnpackLimits::default()), Err(UnpackError::Fetch { .. })));
    packed.blobs.truncate(1);
    assert!(matches!(collect(&packed, &UnpackLimits::default()), Err(UnpackError::Fetch { .. })));
}
