//! `Disk` reads a folder and never leaves it.

#![expect(clippy::disallowed_methods, reason = "the test lays out files for the reader of files")]

use longshore_source::{Disk, EntryKind, FilePath, Files, FilesErrorKind};

fn path(text: &str) -> FilePath {
    text.parse().expect("the path lies inside")
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    std::fs::create_dir(folder.path().join("in")).expect("the folder is writable");
    std::fs::write(folder.path().join("in/file"), "text").expect("the folder is writable");
    folder
}

#[test]
fn reads_lists_and_names_what_is_missing() {
    let folder = folder();
    let files = Disk::new(folder.path()).expect("the folder exists");
    assert_eq!(files.read(&path("in/file")).ok().as_deref(), Some(&b"text"[..]));
    assert_eq!(files.list(&path("in")).expect("a folder")[0].name, "file");
    assert_eq!(files.kind(&path("in")).ok(), Some(Some(EntryKind::Directory)));
    assert_eq!(files.kind(&path("in/file/below")).ok(), Some(None));
    let error = files.read(&path("in/none")).expect_err("nothing is there");
    assert_eq!(error.kind, FilesErrorKind::NotFound);
    assert!(error.path.ends_with("in/none"), "{error}");
}

#[test]
fn the_whole_file_system_knows_where_a_folder_lies() {
    let folder = folder();
    let (files, place) = Disk::whole(folder.path().join("in")).expect("the folder exists");
    let file = place.join("../in/file").expect("below the root");
    assert_eq!(files.read(&file).ok().as_deref(), Some(&b"text"[..]));
}

#[test]
fn the_whole_file_system_shows_what_lies_here_as_it_is_written_here() {
    let (files, here) = Disk::whole(".").expect("the current folder exists");
    assert_eq!(files.display(&here.join("src/lib.rs").expect("below")), "src/lib.rs");
    assert_eq!(files.display(&path("elsewhere/x")), "/elsewhere/x");
}

#[cfg(unix)]
#[test]
fn links_are_followed_inside_and_refused_outside() {
    use std::os::unix::fs::symlink;

    let folder = folder();
    symlink("in/file", folder.path().join("inside")).expect("links can be made");
    symlink("..", folder.path().join("outside")).expect("links can be made");
    let files = Disk::new(folder.path()).expect("the folder exists");
    assert_eq!(files.read(&path("inside")).ok().as_deref(), Some(&b"text"[..]));
    assert_eq!(files.canonical(&path("inside")).ok(), Some(path("in/file")));
    assert_eq!(files.list(&path("outside")).expect_err("outside").kind, FilesErrorKind::Link);
}

#[test]
fn files_of_any_length_are_read_whole() {
    let folder = folder();
    let files = Disk::new(folder.path()).expect("the folder exists");
    for length in [0, 1, 4095, 4096, 4097, 100_000] {
        let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        std::fs::write(folder.path().join("in/long"), &bytes).expect("the folder is writable");
        let (place, read) = files.read_canonical(&path("in/long")).expect("it is there");
        assert_eq!((place, &*read), (path("in/long"), &bytes[..]));
    }
    assert_eq!(files.read(&path("in")).expect_err("a folder").kind, FilesErrorKind::IsDirectory);
}

#[cfg(unix)]
#[test]
fn a_folder_may_be_a_link() {
    let folder = folder();
    std::os::unix::fs::symlink("in", folder.path().join("way")).expect("links can be made");
    let files = Disk::new(folder.path()).expect("the folder exists");
    let (place, bytes) = files.read_canonical(&path("way/file")).expect("it leads inside");
    assert_eq!((place, &*bytes), (path("in/file"), &b"text"[..]));
}
