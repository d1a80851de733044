//! `Memory` behaves as a file tree does.

use longshore_source::{Entry, EntryKind, FilePath, Files, FilesErrorKind, Memory};

fn tree() -> Memory {
    let files = vec![("a/one", "1"), ("a/b/two", "2"), ("three", "3")];
    let files: Vec<(&str, Vec<u8>)> = files.into_iter().map(|(path, text)| (path, text.as_bytes().to_vec())).collect();
    Memory::try_from(files).expect("the paths lie inside")
}

fn path(text: &str) -> FilePath {
    text.parse().expect("the path lies inside")
}

#[test]
fn lists_are_sorted_and_flat() {
    let names = |entries: Vec<Entry>| -> Vec<String> { entries.into_iter().map(|entry| entry.name).collect() };
    assert_eq!(names(tree().list(&FilePath::root()).expect("a folder")), ["a", "three"]);
    assert_eq!(names(tree().list(&path("a")).expect("a folder")), ["b", "one"]);
}

#[test]
fn kinds() {
    let files = tree();
    assert_eq!(files.kind(&path("a")).ok(), Some(Some(EntryKind::Directory)));
    assert_eq!(files.kind(&path("a/one")).ok(), Some(Some(EntryKind::File)));
    assert_eq!(files.kind(&path("nothing")).ok(), Some(None));
}

#[test]
fn errors_say_what_is_there() {
    let files = tree();
    let kind = |text: &str| files.read(&path(text)).expect_err("not a file").kind;
    assert_eq!(kind("nothing"), FilesErrorKind::NotFound);
    assert_eq!(kind("a"), FilesErrorKind::IsDirectory);
    let error = files.list(&path("three")).expect_err("not a folder");
    assert_eq!(error.to_string(), "three: is not a directory");
}

#[test]
fn an_empty_folder_can_be_made() {
    let mut files = Memory::new();
    files.insert_directory("a/b").expect("inside");
    assert_eq!(files.list(&path("a/b")).ok(), Some(Vec::new()));
}
