//! The objects of a build in order, found by any name they have or had.

use std::hash::BuildHasher as _;
use std::sync::Arc;

use foldhash::HashMap;
use foldhash::fast::RandomState;
use smallvec::SmallVec;

use crate::entry::{Behavior, Entry, Id};
use crate::error::Finding;
use crate::filter::edit::Traces;

/// Objects in the order in which they were accumulated.
///
/// The index by name is a hint: it holds every name that an object has or had, and may hold more, so whoever asks it
/// looks at the object. That is why a change of names need only be added to it, and why it holds hashes alone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entries {
    entries: Vec<Entry>,
    hashes: RandomState,
    names: HashMap<u64, Places>,
    /// What the index holds of each entry; entries past the end are not in it.
    indexed: Vec<Indexed>,
    /// Whether entries in the index may have got other names.
    renamed: bool,
    /// Whether nothing may be left of some entry.
    emptied: bool,
}

/// What the index holds of an entry: so many past names, and the hash of the name that it had after so many others.
#[derive(Clone, Copy, Debug)]
struct Indexed {
    past: u32,
    renames: u32,
    name: u64,
}

/// Places of entries in order; most names are of one.
type Places = SmallVec<[u32; 4]>;

/// Places of entries that were looked for; most often it is one.
pub(crate) type Selected = SmallVec<[usize; 4]>;

fn add_place(names: &mut HashMap<u64, Places>, name: u64, place: u32) {
    let places = names.entry(name).or_default();
    // Entries are told in order, but for those that are renamed later.
    if let Err(at) = places.binary_search(&place) {
        places.insert(at, place);
    }
}

impl Entries {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Entry> {
        self.entries.iter()
    }

    pub(crate) fn get(&self, index: usize) -> &Entry {
        &self.entries[index]
    }

    /// All entries, to change them and their names.
    pub(crate) fn iter_mut(&mut self) -> std::slice::IterMut<'_, Entry> {
        self.renamed = true;
        self.entries.iter_mut()
    }

    /// Looks up who every entry is, see [`Entry::recognize`].
    pub(crate) fn recognize(&mut self) {
        self.entries.iter_mut().for_each(Entry::recognize);
    }

    /// All entries as a slice, to change anything but their names.
    pub(crate) fn as_mut_slice(&mut self) -> &mut [Entry] {
        &mut self.entries
    }

    /// Changes one entry, which may get another name.
    pub(crate) fn edit<R>(&mut self, index: usize, edit: impl FnOnce(&mut Entry) -> R) -> R {
        let result = edit(&mut self.entries[index]);
        self.entries[index].recognize();
        self.emptied |= self.entries[index].is_empty();
        if index < self.indexed.len() {
            self.index(index);
        }
        result
    }

    fn forget(&mut self) {
        self.names.clear();
        self.indexed.clear();
        self.renamed = false;
    }

    /// Adds the names of an entry that the index does not hold yet. What an entry was called when the index heard of it
    /// is often the next of its past names.
    fn index(&mut self, index: usize) {
        self.entries[index].recognize();
        let (entry, place, known) = (&self.entries[index], index as u32, self.indexed.get(index).copied());
        let past = entry.past().ids.get(known.map_or(0, |known| known.past as usize)..).unwrap_or_default();
        let mut last = known.map(|known| known.name);
        for name in past.iter().map(|past| &*past.name).chain([entry.id().name]) {
            let name = self.hashes.hash_one(name);
            if last == Some(name) {
                continue;
            }
            last = Some(name);
            add_place(&mut self.names, name, place);
        }
        let past = entry.past().ids.len() as u32;
        let now = Indexed { past, renames: entry.renames(), name: last.unwrap_or_default() };
        match self.indexed.get_mut(index) {
            Some(known) => *known = now,
            None => self.indexed.push(now),
        }
    }

    /// As [`Entries::index`], of an entry that the index knows, without a look at what it was called where it got no
    /// other name, or one: the names before that one are in the index.
    fn index_again(&mut self, index: usize) {
        self.entries[index].recognize();
        let (entry, known) = (&self.entries[index], &mut self.indexed[index]);
        match entry.renames().wrapping_sub(known.renames) {
            0 => {}
            1 => {
                let name = self.hashes.hash_one(entry.id().name);
                (known.renames, known.name) = (entry.renames(), name);
                add_place(&mut self.names, name, index as u32);
            }
            _ => self.index(index),
        }
    }

    /// Places of the entries that have or had this name, and maybe of others, in order.
    pub(crate) fn named(&mut self, name: &str) -> &[u32] {
        self.index_all().listed(name)
    }

    /// All entries, each in the index.
    pub(crate) fn index_all(&mut self) -> &Entries {
        if std::mem::take(&mut self.renamed) {
            (0..self.indexed.len()).for_each(|index| self.index_again(index));
        }
        (self.indexed.len()..self.entries.len()).for_each(|index| self.index(index));
        self
    }

    /// As [`Entries::named`], of those in the index.
    pub(crate) fn listed(&self, name: &str) -> &[u32] {
        self.names.get(&self.hashes.hash_one(name)).map_or(&[], SmallVec::as_slice)
    }

    /// Places of the entries whose id is this one now.
    pub(crate) fn with_current_id(&mut self, id: &Id<'_>) -> Selected {
        let all = self.index_all();
        let same = |place: &usize| all.entries[*place].id().same(id);
        all.listed(id.name).iter().copied().map(|place| place as usize).filter(same).collect()
    }

    /// Places of the entries whose id is or was this one.
    pub(crate) fn with_any_id(&mut self, id: &Id<'_>) -> Selected {
        let all = self.index_all();
        let same = |place: &usize| {
            let entry = &all.entries[*place];
            let of_type = entry.only_type().is_none_or(|gvk| gvk.is(id.group, id.version, id.kind));
            of_type && entry.ids().any(|known| known.same(id)) && !entry.is_empty()
        };
        all.listed(id.name).iter().copied().map(|place| place as usize).filter(same).collect()
    }

    /// Places of the entries of which this holds; with a name only of those that have or had it.
    pub(crate) fn find(&mut self, name: Option<&str>, holds: impl Fn(&Entry) -> bool) -> Selected {
        let all = self.index_all();
        let holds = |place: &usize| holds(&all.entries[*place]);
        match name {
            Some(name) => all.listed(name).iter().map(|&place| place as usize).filter(holds).collect(),
            None => (0..all.len()).filter(holds).collect(),
        }
    }

    /// Adds an entry at the end.
    ///
    /// # Errors
    /// One with the same id is there already.
    pub(crate) fn append(&mut self, entry: Entry) -> Result<(), Finding> {
        let id = entry.id();
        let all = self.index_all();
        let mut named = all.listed(id.name).iter().map(|&place| place as usize);
        if let Some(place) = named.find(|&place| all.entries[place].id().same(&id)) {
            let message = format!("may not add resource with an already registered id: {}", entry.id());
            let first = self.entries[place].root().location();
            let hint = first.map(|first| format!("the first stands at {first}"));
            return Err(Finding::at(entry.root(), message).suggest(hint));
        }
        self.entries.push(entry);
        Ok(())
    }

    /// Adds an entry at the end, whatever its id.
    pub(crate) fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// Adds all entries of another set; all that are there already are reported.
    pub(crate) fn append_all(&mut self, other: Entries) -> Result<(), Vec<Finding>> {
        if self.is_empty() {
            *self = other;
            return Ok(());
        }
        let findings: Vec<Finding> = other.entries.into_iter().filter_map(|entry| self.append(entry).err()).collect();
        if findings.is_empty() { Ok(()) } else { Err(findings) }
    }

    /// Adds a generated entry, or replaces or extends the one that has or had its id.
    pub(crate) fn absorb(
        &mut self,
        entry: Entry,
        merge: impl FnOnce(&mut Entry, &Entry) -> Result<(), Finding>,
    ) -> Result<(), Finding> {
        let places = self.with_any_id(&entry.id());
        let changes = matches!(entry.behavior, Behavior::Merge | Behavior::Replace);
        match places[..] {
            [] if changes => {
                let message = format!("id {} does not exist; cannot merge or replace", entry.id());
                Err(Finding::at(entry.root(), message))
            }
            [] => self.append(entry),
            [_] if !changes => {
                let behavior = entry.behavior.as_str();
                let message = format!(
                    "id {} exists; can not use behavior: '{behavior}', behavior must be merge or replace",
                    entry.id()
                );
                Err(Finding::at(entry.root(), message))
            }
            [place] => {
                let mut entry = entry;
                merge(&mut entry, &self.entries[place])?;
                self.edit(place, |old| *old = entry);
                Ok(())
            }
            _ => {
                let message = format!("found multiple objects that could accept merge of {}", entry.id());
                Err(Finding::at(entry.root(), message))
            }
        }
    }

    /// Keeps in their histories what a step, or its parts with these names, did to entries.
    pub(crate) fn keep(&mut self, by: &[Arc<str>], traces: Option<Traces>) {
        for (place, mut trace) in traces.into_iter().flatten() {
            self.entries[place].history.keep(by, &mut trace);
        }
    }

    /// Drops the entries of which nothing is left.
    pub(crate) fn drop_empty(&mut self) {
        if std::mem::take(&mut self.emptied) {
            self.retain(|entry| !entry.is_empty());
        }
    }

    /// Keeps the entries for which `keep` says so.
    pub(crate) fn retain(&mut self, keep: impl FnMut(&Entry) -> bool) {
        let before = self.entries.len();
        self.entries.retain(keep);
        if self.entries.len() != before {
            self.forget();
        }
    }

    /// Puts the entries into a new order: at each place the one that was at the place given.
    pub(crate) fn arrange(&mut self, mut from: Vec<usize>) {
        self.forget();
        for place in 0..from.len() {
            // Who was wanted here may have been moved to make room.
            let mut at = from[place];
            while at < place {
                at = from[at];
            }
            from[place] = at;
            self.entries.swap(place, at);
        }
    }
}

impl IntoIterator for Entries {
    type Item = Entry;
    type IntoIter = std::vec::IntoIter<Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}
