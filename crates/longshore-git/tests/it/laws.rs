//! Laws that hold for any history.

use std::collections::BTreeMap;

use longshore_git::{Change, Status};
use longshore_source::{FilePath, Files};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use crate::{Place, ada};

type Tree = BTreeMap<String, String>;

fn trees() -> impl Strategy<Value = Tree> {
    btree_map("[ab]/[ab]{1,2}[.][yz]|[cd]{1,2}", "[a-c\n]{0,6}", 0..8)
}

fn changes(from: &Tree, to: &Tree) -> Vec<Change> {
    let removed = from.keys().filter(|path| !to.contains_key(*path)).map(|path| Change::remove(path).unwrap());
    let written = to.iter().map(|(path, text)| Change::write(path, text.as_bytes()).unwrap());
    removed.chain(written).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_is_committed_is_read(history in vec(trees(), 1..4)) {
        let place = Place::new();
        let mut before = Tree::new();
        for tree in &history {
            place.repository.commit("main", changes(&before, tree), "Next", &ada(0)).unwrap();
            let files = place.repository.revision("main").unwrap();
            for (path, text) in tree {
                prop_assert_eq!(&*files.read(&path.parse().unwrap()).unwrap(), text.as_bytes());
            }
            for path in before.keys().filter(|path| !tree.contains_key(*path)) {
                prop_assert_eq!(files.kind(&path.parse().unwrap()).unwrap(), None);
            }
            before = tree.clone();
        }
    }

    #[test]
    fn changes_are_what_differs(before in trees(), after in trees()) {
        let place = Place::new();
        let first = place.repository.commit("main", changes(&Tree::new(), &before), "1", &ada(0)).unwrap();
        let second = place.repository.commit("main", changes(&before, &after), "2", &ada(1)).unwrap();
        let found: BTreeMap<FilePath, Status> =
            place.repository.changes(first, second).unwrap().into_iter().map(|change| (change.path, change.status)).collect();
        let mut expect = BTreeMap::new();
        for path in before.keys().chain(after.keys()) {
            let status = match (before.get(path), after.get(path)) {
                (Some(a), Some(b)) if a == b => continue,
                (Some(_), Some(_)) => Status::Modified,
                (Some(_), None) => Status::Removed,
                _ => Status::Added,
            };
            expect.insert(path.parse().unwrap(), status);
        }
        prop_assert_eq!(found, expect);
    }

    #[test]
    fn reverting_the_last_commit_gives_the_tree_before(before in trees(), after in trees()) {
        prop_assume!(before != after);
        let place = Place::new();
        let first = place.repository.commit("main", changes(&Tree::new(), &before), "1", &ada(0)).unwrap();
        let second = place.repository.commit("main", changes(&before, &after), "2", &ada(1)).unwrap();
        let third = place.repository.revert("main", second, &ada(2)).unwrap();
        let tree = |commit| place.repository.revision_of(commit).unwrap().tree();
        prop_assert_eq!(tree(first), tree(third));
    }
}
