//! Reading files of a revision: folders, links, submodules.

use longshore_git::{Repository, Revision};
use longshore_source::{EntryKind, FilePath, Files, FilesErrorKind};

use crate::{Place, ada};

fn path(text: &str) -> FilePath {
    text.parse().expect("a path")
}

/// A revision whose tree has links and a submodule, which [`Repository::commit`] does not make.
fn linked(links: &[(&str, &str)]) -> (Place, Revision) {
    let place = Place::new();
    place.commit(0, &[("base/web.yaml", "web\n"), ("top", "top\n")]);
    let git = gix::open(place.folder.path()).unwrap();
    let mut editor = git.head_tree().unwrap().edit().unwrap();
    for (name, target) in links {
        editor.upsert(*name, gix::object::tree::EntryKind::Link, git.write_blob(target).unwrap()).unwrap();
    }
    let submodule = git.head_id().unwrap();
    editor.upsert("vendor/shop", gix::object::tree::EntryKind::Commit, submodule).unwrap();
    let tree = editor.write().unwrap().detach();
    let signature = gix::actor::SignatureRef::from_bytes(b"Ada <ada@example.com> 1700000000 +0000").unwrap();
    git.commit_as(signature, signature, "refs/heads/main", "Link", tree, [submodule]).unwrap();
    let revision = Repository::open(place.folder.path()).unwrap().revision("main").unwrap();
    (place, revision)
}

#[test]
fn files_and_folders_are_read() {
    let place = Place::new();
    place.commit(0, &[("a/b", "1\n"), ("a/c/d", "2\n"), ("a.x", "3\n")]);
    let files = place.repository.revision("main").unwrap();
    assert_eq!(&*files.read(&path("a/c/d")).unwrap(), b"2\n");
    let list = |folder: &str| {
        let entries = files.list(&path(folder)).unwrap();
        entries.into_iter().map(|entry| (entry.name, entry.directory)).collect::<Vec<_>>()
    };
    assert_eq!(list(""), [("a".to_owned(), true), ("a.x".to_owned(), false)]);
    assert_eq!(list("a"), [("b".to_owned(), false), ("c".to_owned(), true)]);
    assert_eq!(files.kind(&path("a")).unwrap(), Some(EntryKind::Directory));
    assert_eq!(files.kind(&path("a/b")).unwrap(), Some(EntryKind::File));
    assert_eq!(files.kind(&path("a/b/c")).unwrap(), None);
    assert_eq!(files.read(&path("a")).unwrap_err().kind, FilesErrorKind::IsDirectory);
    assert_eq!(files.read(&path("z")).unwrap_err().to_string(), "z: no such file or directory");
    assert_eq!(files.list(&path("a/b")).unwrap_err().kind, FilesErrorKind::NotDirectory);
}

#[test]
fn a_revision_does_not_change_with_its_branch() {
    let place = Place::new();
    place.commit(0, &[("a", "1\n")]);
    let files = place.repository.revision("main").unwrap();
    place.commit(1, &[("a", "2\n")]);
    assert_eq!(&*files.read(&path("a")).unwrap(), b"1\n");
}

#[test]
fn threads_share_a_revision() {
    let place = Place::new();
    place.commit(0, &[("a/b", "1\n"), ("c", "2\n")]);
    let files: std::sync::Arc<dyn Files + Send + Sync> =
        std::sync::Arc::new(place.repository.revision("main").unwrap());
    std::thread::scope(|scope| {
        let read = |name| {
            let files = &files;
            scope.spawn(move || files.read(&path(name)).unwrap())
        };
        let texts = ["a/b", "c", "a/b"].map(read).map(|thread| thread.join().unwrap());
        assert_eq!(texts.map(|text| text[0]), *b"121");
    });
}

#[test]
fn links_are_followed_inside_the_tree() {
    let (_place, files) = linked(&[("same", "base"), ("overlays/up", "../base/web.yaml"), ("twice", "same/web.yaml")]);
    assert_eq!(&*files.read(&path("same/web.yaml")).unwrap(), b"web\n");
    assert_eq!(&*files.read(&path("overlays/up")).unwrap(), b"web\n");
    assert_eq!(&*files.read(&path("twice")).unwrap(), b"web\n");
    assert_eq!(files.canonical(&path("twice")).unwrap(), path("base/web.yaml"));
    let entries = files.list(&path("")).unwrap();
    assert!(entries.iter().any(|entry| entry.name == "same" && entry.directory));
    assert!(entries.iter().any(|entry| entry.name == "twice" && !entry.directory));
}

#[test]
fn links_never_leave_the_tree() {
    let (_place, files) =
        linked(&[("up", "../etc"), ("base/up", "../../top"), ("root", "/etc/passwd"), ("a", "b"), ("b", "a")]);
    for name in ["up", "base/up", "root", "up/passwd", "a"] {
        assert_eq!(files.read(&path(name)).unwrap_err().kind, FilesErrorKind::Link, "{name}");
    }
    let error = files.read(&path("root")).unwrap_err();
    assert_eq!(error.to_string(), "root: the symbolic link 'root' leads out of the file tree");
}

#[test]
fn a_submodule_is_refused_by_name() {
    let (_place, files) = linked(&[]);
    let expect = "vendor/shop is a submodule, its files lie in another repository: render them from there";
    for name in ["vendor/shop", "vendor/shop/base/web.yaml"] {
        assert_eq!(files.read(&path(name)).unwrap_err().to_string(), format!("{name}: {expect}"));
    }
    assert!(files.list(&path("vendor/shop")).is_err());
    assert!(files.list(&path("vendor")).unwrap()[0].directory);
}

#[test]
fn a_link_is_kept_by_a_commit_beside_it() {
    let (place, _) = linked(&[("same", "base")]);
    let repository = Repository::open(place.folder.path()).unwrap();
    repository
        .commit("main", [longshore_git::Change::write("base/api.yaml", *b"api\n").unwrap()], "Add", &ada(9))
        .unwrap();
    let files = repository.revision("main").unwrap();
    assert_eq!(&*files.read(&path("same/api.yaml")).unwrap(), b"api\n");
}
