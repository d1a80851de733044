//! skopeo and umoci read what is written here, and the other way round. Where they are not installed, this says so.

use std::path::Path;
use std::process::{Command, Output};

use longshore_oci::artifact::{Blob, Packed, Tree};
use longshore_oci::layout::Layout;
use longshore_oci::{Digest, Document, Platform, compare, media_type};

/// Whether a tool answers; if not, the test ends here and says so.
fn is_installed(tool: &str) -> bool {
    let found = Command::new(tool).arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        println!("{tool} is not on PATH: its layouts were not tried");
    }
    found
}

#[track_caller]
fn run(tool: &str, arguments: &[&str]) -> Output {
    let output = Command::new(tool).args(arguments).output().expect("the tool starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{tool} {arguments:?}: {errors}");
    output
}

/// An image that a runtime could start: a configuration, and one layer of the tree.
fn image(architecture: &str, content: &str) -> Packed {
    let mut tree = Tree::new();
    tree.insert("etc/motd", content.as_bytes(), false).expect("the path is one");
    let tar = tree.to_tar();
    let diff_id = Digest::of(&tar);
    let config = format!(
        r#"{{"architecture":"{architecture}","os":"linux","config":{{}},"rootfs":{{"type":"layers","diff_ids":["{diff_id}"]}},"history":[{{"created_by":"test"}}]}}"#
    );
    let blobs = vec![Blob::new(media_type::CONFIG, config.into_bytes()), Blob::new(media_type::LAYER, tar)];
    let part = |blob: &Blob| serde_json::to_string(&blob.descriptor).expect("a descriptor is JSON");
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"{}","config":{},"layers":[{}]}}"#,
        media_type::MANIFEST,
        part(&blobs[0]),
        part(&blobs[1])
    );
    let manifest = Document::parse(manifest.into_bytes()).expect("it is a manifest");
    Packed { manifest, blobs, content_id: diff_id }
}

fn named(folder: &Path, name: &str) -> String {
    format!("oci:{}:{name}", folder.display())
}

#[test]
fn skopeo_copies_both_ways_without_a_change() {
    if !is_installed("skopeo") {
        return;
    }
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let (ours, theirs) = (folder.path().join("ours"), folder.path().join("theirs"));
    let layout = Layout::create(&ours).expect("the folder is new");
    let one = image("amd64", "one");
    layout.write(&one, Some("v1")).expect("it is written");
    run("skopeo", &["copy", "--preserve-digests", &named(&ours, "v1"), &named(&theirs, "v1")]);
    let copied = Layout::open(&theirs).expect("skopeo made a layout");
    assert!(copied.verify().expect("it can be read").is_empty());
    let descriptor = copied.resolve(Some("v1")).expect("skopeo named it");
    assert_eq!(copied.document(&descriptor).expect("it is there"), one.manifest);
    let digest = run("skopeo", &["inspect", "--format", "{{.Digest}}", &named(&ours, "v1")]);
    assert_eq!(String::from_utf8_lossy(&digest.stdout).trim(), one.manifest.digest().as_str());
}

#[test]
fn skopeo_copies_all_platforms_of_an_index() {
    if !is_installed("skopeo") {
        return;
    }
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let (ours, theirs) = (folder.path().join("ours"), folder.path().join("theirs"));
    let layout = Layout::create(&ours).expect("the folder is new");
    let entries = ["amd64", "arm64"].map(|arch| {
        let descriptor = layout.write(&image(arch, arch), None).expect("it is written");
        (descriptor, Platform::new("linux", arch))
    });
    layout.write_index(&entries, Some("v1")).expect("it is written");
    run("skopeo", &["copy", "--all", "--preserve-digests", &named(&ours, "v1"), &named(&theirs, "v1")]);
    let copied = Layout::open(&theirs).expect("skopeo made a layout");
    assert!(copied.verify().expect("it can be read").is_empty());
    let document = |layout: &Layout| layout.document(&layout.resolve(Some("v1")).expect("it is named"));
    let (before, after) = (document(&layout).expect("it is there"), document(&copied).expect("it is there"));
    assert_eq!(after.index().expect("it is an index").manifests().len(), 2);
    assert!(compare(&before, &after, |descriptor| layout.document(descriptor).ok()).platforms.is_empty());
}

#[test]
fn umoci_unpacks_ours_and_ours_verifies_umocis() {
    if !is_installed("umoci") {
        return;
    }
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let (ours, theirs) = (folder.path().join("ours"), folder.path().join("theirs"));
    let layout = Layout::create(&ours).expect("the folder is new");
    layout.write(&image("amd64", "hello"), Some("v1")).expect("it is written");
    let bundle = folder.path().join("bundle");
    let source = format!("{}:v1", ours.display());
    run("umoci", &["unpack", "--rootless", "--image", &source, &bundle.to_string_lossy()]);
    assert!(bundle.join("rootfs/etc/motd").is_file());
    run("umoci", &["init", "--layout", &theirs.to_string_lossy()]);
    let target = format!("{}:v1", theirs.display());
    run("umoci", &["new", "--image", &target]);
    run("umoci", &["config", "--image", &target, "--config.user", "nobody", "--tag", "v2"]);
    let read = Layout::open(&theirs).expect("umoci made a layout");
    assert!(read.verify().expect("it can be read").is_empty());
    assert_eq!(read.images().expect("it is a layout").len(), 2);
    // An image of ours beside umoci's; umoci still lists all three.
    read.write(&image("amd64", "ours"), Some("v3")).expect("it is written");
    let list = run("umoci", &["list", "--layout", &theirs.to_string_lossy()]);
    assert_eq!(String::from_utf8_lossy(&list.stdout).split_whitespace().count(), 3);
    run("umoci", &["gc", "--layout", &theirs.to_string_lossy()]);
    assert!(read.verify().expect("it can be read").is_empty());
}
