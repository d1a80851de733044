//! Layouts: writing, reading, verifying, collecting.

use longshore_oci::artifact::{FluxOptions, Packed, Tree, pack_flux};
use longshore_oci::layout::{Layout, LayoutErrorKind, LayoutReference, read_tree, write_tree};
use longshore_oci::{Digest, Platform};

fn packed(content: &str) -> Packed {
    let mut tree = Tree::new();
    tree.insert("file", content.as_bytes(), false).expect("the path is one");
    pack_flux(&tree, &FluxOptions::default())
}

fn layout() -> (tempfile::TempDir, Layout) {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let layout = Layout::create(folder.path().join("images")).expect("the folder is new");
    (folder, layout)
}

#[test]
fn what_is_written_is_read() {
    let (_folder, layout) = layout();
    let image = packed("one");
    layout.write(&image, Some("v1")).expect("it is written");
    layout.write(&packed("two"), Some("v2")).expect("it is written");
    let descriptor = layout.resolve(Some("v1")).expect("it is named");
    assert_eq!(layout.document(&descriptor).expect("it is there"), image.manifest);
    let names: Vec<_> = layout.images().expect("it is a layout").into_iter().filter_map(|image| image.name).collect();
    assert_eq!(names, ["v1", "v2"]);
    assert!(layout.verify().expect("it can be read").is_empty());
    let error = layout.resolve(Some("v3")).expect_err("there is no such image");
    assert!(error.to_string().ends_with("index.json: no image is named 'v3': there is v1, v2"), "{error}");
    let error = layout.resolve(None).expect_err("there are two");
    assert!(error.to_string().contains("there are several images, name one of v1, v2"), "{error}");
}

#[test]
fn a_name_moves_and_what_is_left_is_garbage() {
    let (_folder, layout) = layout();
    layout.write(&packed("one"), Some("v1")).expect("it is written");
    layout.write(&packed("two"), Some("v1")).expect("it is written");
    assert_eq!(layout.images().expect("it is a layout").len(), 1);
    // Manifest and layer; the configuration is that of the other, too.
    assert_eq!(layout.garbage().expect("it can be read").blobs.len(), 2);
    assert_eq!(layout.collect_garbage().expect("it can be read").blobs.len(), 2);
    assert!(layout.verify().expect("it can be read").is_empty());
    assert!(layout.garbage().expect("it can be read").blobs.is_empty());
    layout.tag("v1", "stable").expect("it is there");
    layout.untag("v1").expect("it is there");
    assert!(layout.resolve(Some("stable")).is_ok() && layout.untag("v1").is_err());
}

#[test]
fn platforms_share_an_index() {
    let (_folder, layout) = layout();
    let entry = |content: &str, arch: &str| {
        (layout.write(&packed(content), None).expect("it is written"), Platform::new("linux", arch))
    };
    let entries = [entry("one", "amd64"), entry("two", "arm64")];
    layout.write_index(&entries, Some("v1")).expect("it is written");
    let index = layout.document(&layout.resolve(Some("v1")).expect("it is named")).expect("it is there");
    assert_eq!(index.index().expect("it is an index").manifests().len(), 2);
    assert!(layout.verify().expect("it can be read").is_empty());
}

#[test]
fn changed_and_missing_blobs_are_found_and_nothing_is_collected_then() {
    let (_folder, layout) = layout();
    let image = packed("one");
    layout.write(&image, Some("v1")).expect("it is written");
    let path = layout.blob_path(&Digest::try_from(image.blobs[1].descriptor.digest()).expect("it is one"));
    let mut bytes = image.blobs[1].bytes.clone();
    bytes[20] ^= 1;
    put(&path, &bytes);
    let findings = layout.verify().expect("it can be read");
    assert!(findings[0].to_string().contains("content does not match its digest"), "{}", findings[0]);
    assert!(layout.read_blob(&image.blobs[1].descriptor).is_err());
    std::fs::remove_file(&path).expect("it was there");
    assert_eq!(layout.verify().expect("it can be read").len(), 1);
    let manifest = layout.blob_path(image.manifest.digest());
    std::fs::remove_file(manifest).expect("it was there");
    assert!(layout.collect_garbage().is_err());
}

#[expect(clippy::disallowed_methods, reason = "the test breaks a file on purpose")]
fn put(path: &std::path::Path, bytes: &[u8]) {
    std::fs::write(path, bytes).expect("the folder is ours");
}

#[test]
fn writers_at_once_lose_nothing() {
    let (_folder, layout) = layout();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let layout = &layout;
            scope.spawn(move || {
                for image in 0..5 {
                    let name = format!("w{writer}-{image}");
                    layout.write(&packed(&name), Some(&name)).expect("it is written");
                }
            });
        }
    });
    assert_eq!(layout.images().expect("it is a layout").len(), 20);
    assert!(layout.verify().expect("it can be read").is_empty());
}

#[test]
fn a_layout_that_is_made_twice_keeps_its_images() {
    let (folder, layout) = layout();
    layout.write(&packed("one"), Some("v1")).expect("it is written");
    let again = Layout::create(folder.path().join("images")).expect("it is there");
    assert_eq!(again.images().expect("it is a layout").len(), 1);
    let other = folder.path().join("other");
    std::fs::create_dir(&other).expect("there is room");
    put(&other.join("notes.txt"), b"mine");
    let error = Layout::create(&other).expect_err("the folder is someone's");
    assert!(error.to_string().ends_with("the folder holds other files; choose an empty one"), "{error}");
    assert!(Layout::open(&other).is_err());
}

#[test]
fn unknown_fields_of_the_index_survive() {
    let (_folder, layout) = layout();
    let index = layout.root().join("index.json");
    put(&index, br#"{"schemaVersion":2,"manifests":[],"annotations":{"k":"v"},"x-other":[1]}"#);
    layout.write(&packed("one"), Some("v1")).expect("it is written");
    let value: serde_json::Value = serde_json::from_slice(&read(&index)).expect("it is JSON");
    assert_eq!((&value["annotations"]["k"], &value["x-other"][0]), (&"v".into(), &1.into()));
}

#[expect(clippy::disallowed_methods, reason = "the test looks at what was written")]
fn read(path: &std::path::Path) -> Vec<u8> {
    std::fs::read(path).expect("it was written")
}

#[test]
fn trees_go_to_folders_and_come_back() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let mut tree = Tree::new();
    tree.insert("a/run.sh", *b"#!/bin/sh\n", cfg!(unix)).expect("the path is one");
    tree.insert("b", *b"b", false).expect("the path is one");
    tree.insert_folder("empty").expect("the path is one");
    let out = folder.path().join("out");
    write_tree(&tree, &out).expect("the folder is new");
    assert_eq!(read_tree(&out).expect("it was written"), tree);
    assert!(write_tree(&tree, &out).is_err());
    assert_eq!(read_tree(&out).expect("it is as it was"), tree);
    assert_eq!(std::fs::read_dir(folder.path()).expect("it is there").count(), 1);
}

#[cfg(unix)]
#[test]
fn links_of_a_folder_are_left_out() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    put(&folder.path().join("file"), b"x");
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("link")).expect("links can be made");
    let tree = read_tree(folder.path()).expect("it can be read");
    assert_eq!(tree.iter().map(|(path, _)| path).collect::<Vec<_>>(), ["file"]);
}

#[track_caller]
fn check(text: &str, path: &str, name: Option<&str>) {
    let found: LayoutReference = text.parse().expect("it is one");
    assert_eq!((found.path.to_str(), found.name.as_deref()), (Some(path), name));
}

#[test]
fn layouts_are_named_as_tools_name_them() {
    check("images", "images", None);
    check("images:v1", "images", Some("v1"));
    check("oci:some/images:v1", "some/images", Some("v1"));
    check("ocidir://host:5/images", "host:5/images", None);
    let digest = Digest::of("x");
    let found: LayoutReference = format!("images@{digest}").parse().expect("it is one");
    assert_eq!(found.image(), Some(digest.as_str()));
    assert!("ocidir://images:tag=fail".parse::<LayoutReference>().is_err());
    assert!("images@sha256:abcd".parse::<LayoutReference>().is_err());
}

#[test]
fn a_manifest_is_not_named_before_its_blobs() {
    let (_folder, layout) = layout();
    let packed = packed("one");
    let error = layout.write_document(&packed.manifest, Some("v1")).expect_err("its blobs are missing");
    assert!(
        matches!(error.kind(), LayoutErrorKind::Incomplete(digest) if digest.as_str() == packed.blobs[0].descriptor.digest().as_ref())
    );
    assert!(layout.images().expect("it is a layout").is_empty());
    for blob in &packed.blobs {
        layout.write_blob(&blob.bytes).expect("it is written");
    }
    layout.write_document(&packed.manifest, Some("v1")).expect("all is there");
    assert!(layout.verify().expect("it can be read").is_empty());
}
