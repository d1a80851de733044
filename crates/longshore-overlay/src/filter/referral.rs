//! Who may be meant by a name: the objects of a build by the names they had, and the choice among them.

use std::hash::BuildHasher as _;
use std::sync::Arc;

use foldhash::fast::RandomState;
use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};
use longshore_yaml::Node;
use smallvec::SmallVec;
use smol_str::SmolStr;

use crate::entry::{Entry, Lineage, NO_NAMESPACE};
use crate::filter::edit::Origin;
use crate::filter::fieldspec::{Gvk, describe_id};

/// Everything that tells who an object is and was.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identity {
    /// Group, version and kind now.
    pub(crate) gvk: Arc<Gvk>,
    /// Name now.
    pub(crate) name: SmolStr,
    /// Namespace now, as written.
    pub(crate) namespace: SmolStr,
    /// Whether its type lives in a cluster as a whole.
    pub(crate) cluster_scoped: bool,
    /// Earlier names, prefixes and suffixes.
    pub(crate) past: Arc<Lineage>,
    /// Where its name now was written.
    pub(crate) name_origin: Origin,
}

impl Identity {
    /// Who an object of a build is and was.
    pub(crate) fn of(entry: &Entry) -> Self {
        let id = entry.id();
        Identity {
            gvk: entry.gvk(),
            name: id.name.into(),
            namespace: id.namespace.into(),
            cluster_scoped: id.cluster_scoped,
            past: Arc::clone(entry.past()),
            name_origin: entry.name_node().map(Origin::of).unwrap_or_default(),
        }
    }

    /// The namespace in effect; empty where the type has none.
    pub(crate) fn namespace_in_effect(&self) -> &str {
        match self.namespace.as_str() {
            _ if self.cluster_scoped => "",
            "" => "default",
            namespace => namespace,
        }
    }

    /// The namespace in effect when it was first seen.
    fn first_namespace(&self) -> &str {
        match self.past.ids.first().map(|past| &*past.namespace) {
            None => self.namespace_in_effect(),
            Some(NO_NAMESPACE) => "",
            Some(namespace) => namespace,
        }
    }

    /// Its kind when it was first seen.
    pub(crate) fn first_kind(&self) -> &str {
        self.past.ids.first().map_or(&self.gvk.kind, |past| &past.kind)
    }

    /// Its earlier names; one that it had twice in a row comes once.
    fn past_names(&self) -> impl Iterator<Item = &SmolStr> {
        self.past.ids.chunk_by(|a, b| a.name == b.name).map(|same| &same[0].name)
    }

    fn was_called(&self, name: &str) -> bool {
        self.past.ids.iter().any(|past| *past.name == *name)
    }

    fn was_selected_by(&self, gvk: &Gvk) -> bool {
        self.past.ids.iter().any(|past| gvk.selects(&self.gvk.group, &self.gvk.version, &past.kind))
    }

    /// Whether prefixes and suffixes are those of `other`, as far as both have some.
    fn may_have_context_of(&self, other: &Identity) -> bool {
        let (own, others) = (&self.past, &other.past);
        let may = |a: &[SmolStr], b: &[SmolStr]| a.is_empty() || b.is_empty() || same_ending(a, b);
        may(&own.prefixes, &others.prefixes) && may(&own.suffixes, &others.suffixes)
    }

    fn has_context_of(&self, other: &Identity) -> bool {
        let (own, others) = (&self.past, &other.past);
        same_ending(&own.prefixes, &others.prefixes) && same_ending(&own.suffixes, &others.suffixes)
    }
}

impl std::fmt::Display for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&describe_id(&self.gvk, &self.name, &self.namespace))
    }
}

/// Whether the shorter list is the end of the longer; an empty one only of an empty one.
fn same_ending(a: &[SmolStr], b: &[SmolStr]) -> bool {
    let (short, long) = if a.len() > b.len() { (b, a) } else { (a, b) };
    if short.is_empty() { long.is_empty() } else { long.ends_with(short) }
}

/// Objects by the names they had, so that a reference finds those that may be meant without a look at the others.
#[derive(Debug)]
pub(crate) struct Referrals<'i> {
    identities: &'i [Identity],
    /// All kinds that an object had.
    kinds: HashSet<&'i str>,
    hashes: RandomState,
    /// By a hash of kind and name: whoever is found is looked at.
    by_name: HashMap<u64, Bucket<'i>>,
    /// Namespaces in effect now, by those at first.
    moved: HashMap<&'i str, HashSet<&'i str>>,
}

/// Objects of one kind that had one name, in the order of the build; and maybe others.
#[derive(Debug, Default)]
struct Bucket<'i> {
    all: SmallVec<[u32; 4]>,
    /// The same, divided further; there is none of a small bucket.
    parts: Option<Box<Parts<'i>>>,
}

/// Places of objects in the order of the build; most names are of one.
type Places = SmallVec<[usize; 2]>;

/// Objects of a large bucket by what else tells who is meant.
#[derive(Debug, Default)]
struct Parts<'i> {
    by_namespace: HashMap<&'i str, Vec<usize>>,
    by_first_namespace: HashMap<&'i str, Vec<usize>>,
    by_prefix: HashMap<(&'i str, &'i str), Vec<usize>>,
    by_suffix: HashMap<(&'i str, &'i str), Vec<usize>>,
}

/// What a reference says about the object that it means.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reference<'r> {
    /// The name it had.
    pub(crate) name: &'r str,
    /// The type.
    pub(crate) target: &'r Gvk,
    /// Group and kind that a `roleRef` names.
    pub(crate) role: Option<&'r Gvk>,
    /// A namespace beside the name.
    pub(crate) namespace: Option<&'r str>,
}

impl<'i> Referrals<'i> {
    /// Prepares the search among the objects of a build.
    pub(crate) fn new(identities: &'i [Identity]) -> Self {
        let names = identities.iter().map(|identity| identity.past_names().count()).sum();
        let mut referrals = Referrals {
            identities,
            kinds: HashSet::new(),
            hashes: RandomState::default(),
            by_name: HashMap::with_capacity(names),
            moved: HashMap::new(),
        };
        let mut last = None;
        for (index, identity) in identities.iter().enumerate() {
            let moved = (identity.first_namespace(), identity.namespace_in_effect());
            // Most objects lie where the one before them lies.
            if !identity.cluster_scoped && last != Some(moved) {
                referrals.moved.entry(moved.0).or_default().insert(moved.1);
                last = Some(moved);
            }
            let past = &identity.past.ids;
            for (place, kind) in past.iter().map(|past| &*past.kind).enumerate() {
                if past[..place].iter().any(|earlier| *earlier.kind == *kind) {
                    continue;
                }
                referrals.kinds.insert(kind);
                for name in identity.past_names() {
                    let hash = referrals.hash(kind, name);
                    referrals.by_name.entry(hash).or_default().add(index);
                }
            }
        }
        for bucket in referrals.by_name.values_mut().filter(|bucket| bucket.all.len() > SMALL) {
            bucket.parts = Some(Box::new(Parts::of(&bucket.all, identities)));
        }
        referrals
    }

    fn hash(&self, kind: &str, name: &str) -> u64 {
        self.hashes.hash_one((kind, name))
    }

    /// Whether no object ever had another name, so that no reference needs to change.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// The object that a referrer means; `None` where there is none, or no way to tell.
    ///
    /// # Errors
    /// All objects that may be meant, if they have different names (or namespaces, where the reference names one).
    pub(crate) fn select(
        &self,
        referrer: &Identity,
        bound: &HashSet<String>,
        reference: Reference<'_>,
        with_namespace: bool,
    ) -> Result<Option<&'i Identity>, Vec<&'i Identity>> {
        let fits = |identity: &&'i Identity| self.fits(identity, referrer, bound, reference);
        let possible = self.possible(referrer, bound, reference, false);
        let mut found = possible.iter().map(|&index| &self.identities[index]).filter(fits);
        let (first, second) = (found.next(), found.next());
        if second.is_none() {
            return Ok(first);
        }
        let of_context = self.possible(referrer, bound, reference, true);
        let mut found: Vec<&Identity> = of_context.iter().map(|&index| &self.identities[index]).filter(fits).collect();
        found.retain(|identity| identity.may_have_context_of(referrer));
        if found.len() > 1 {
            found.retain(|identity| identity.has_context_of(referrer));
        }
        let Some(first) = found.first().copied() else { return Ok(None) };
        let same =
            |other: &&Identity| other.name == first.name && (!with_namespace || other.namespace == first.namespace);
        if found.iter().all(same) { Ok(Some(first)) } else { Err(found) }
    }

    /// Objects that had the name, in order; those that cannot fit are partly left out.
    fn possible(
        &self,
        referrer: &Identity,
        bound: &HashSet<String>,
        reference: Reference<'_>,
        context: bool,
    ) -> Places {
        let (kind, name) = (&*reference.target.kind, reference.name);
        let every = self.kinds.iter().copied().take(if kind.is_empty() { usize::MAX } else { 0 });
        let kinds = Some(kind).into_iter().chain(every);
        let buckets = kinds.filter_map(|kind| self.by_name.get(&self.hash(kind, name)));
        let mut found = Places::new();
        for bucket in buckets {
            match (&bucket.parts, reference.namespace.filter(|_| referrer.cluster_scoped)) {
                // The others that the referrer could reach lie elsewhere, see `lies_in`.
                (Some(parts), Some(namespace)) => parts.collect_of(namespace, &mut found),
                (Some(parts), None) if !referrer.cluster_scoped => {
                    parts.collect_near(referrer, bound, context, &mut found);
                }
                _ => found.extend(bucket.all.iter().map(|&index| index as usize)),
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    fn fits(
        &self,
        identity: &Identity,
        referrer: &Identity,
        bound: &HashSet<String>,
        reference: Reference<'_>,
    ) -> bool {
        let reachable = referrer.cluster_scoped
            || identity.cluster_scoped
            || identity.namespace_in_effect() == referrer.namespace_in_effect()
            || (identity.gvk.kind == "ServiceAccount" && bound.contains(identity.namespace.as_str()));
        reachable
            && identity.was_called(reference.name)
            && identity.was_selected_by(reference.target)
            && reference.role.is_none_or(|role| identity.was_selected_by(role))
            && reference.namespace.is_none_or(|namespace| self.lies_in(identity, namespace, referrer, bound))
    }

    /// Whether an object lay in a namespace at first; or, if none that the referrer can reach did, lies in it now.
    fn lies_in(&self, identity: &Identity, namespace: &str, referrer: &Identity, bound: &HashSet<String>) -> bool {
        if identity.cluster_scoped {
            return false;
        }
        let known = self.moved.get(namespace).is_some_and(|now| {
            referrer.cluster_scoped
                || now.contains(referrer.namespace_in_effect())
                || bound.iter().any(|namespace| now.contains(namespace.as_str()))
        });
        namespace == if known { identity.first_namespace() } else { identity.namespace_in_effect() }
    }
}

/// Buckets up to this size are searched from end to end.
const SMALL: usize = 8;

impl Bucket<'_> {
    fn add(&mut self, index: usize) {
        if self.all.last() != Some(&(index as u32)) {
            self.all.push(index as u32);
        }
    }
}

impl<'i> Parts<'i> {
    fn of(all: &[u32], identities: &'i [Identity]) -> Self {
        let mut parts = Parts::default();
        for index in all.iter().map(|&index| index as usize) {
            let identity = &identities[index];
            let namespace = identity.namespace_in_effect();
            parts.by_namespace.entry(namespace).or_default().push(index);
            parts.by_first_namespace.entry(identity.first_namespace()).or_default().push(index);
            let (prefix, suffix) = context_of(identity);
            parts.by_prefix.entry((namespace, prefix)).or_default().push(index);
            parts.by_suffix.entry((namespace, suffix)).or_default().push(index);
        }
        parts
    }

    /// Those that lie in a namespace, or lay in it at first.
    fn collect_of(&self, namespace: &str, found: &mut Places) {
        for index in [&self.by_namespace, &self.by_first_namespace] {
            found.extend(index.get(namespace).into_iter().flatten().copied());
        }
    }

    /// Those of the referrer's namespace, of the cluster, and of namespaces that it binds.
    fn collect_near(&self, referrer: &Identity, bound: &HashSet<String>, context: bool, found: &mut Places) {
        let (prefix, suffix) = context_of(referrer);
        let near = [referrer.namespace_in_effect(), ""].into_iter().chain(bound.iter().map(String::as_str));
        for namespace in near {
            // In one context are those with the same outermost prefix and suffix, and those without one.
            let (index, own) = match (prefix, suffix) {
                ("", "") => (None, ""),
                ("", suffix) => (Some(&self.by_suffix), suffix),
                (prefix, _) => (Some(&self.by_prefix), prefix),
            };
            match index.filter(|_| context) {
                Some(index) => {
                    found.extend([own, ""].iter().filter_map(|key| index.get(&(namespace, *key))).flatten().copied())
                }
                None => found.extend(self.by_namespace.get(namespace).into_iter().flatten().copied()),
            }
        }
    }
}

/// The outermost prefix and suffix: objects of one context have both in common.
fn context_of<'i>(identity: &'i Identity) -> (&'i str, &'i str) {
    let outermost = |list: &'i [SmolStr]| list.last().map_or("", |text| &**text);
    (outermost(&identity.past.prefixes), outermost(&identity.past.suffixes))
}

/// Namespaces of the service accounts that a role binding names; a namespace that is no string is an error.
pub(crate) fn bound_namespaces(kind: &str, root: Node<'_>) -> Result<HashSet<String>, ()> {
    let mut bound = HashSet::new();
    if kind != "RoleBinding" {
        return Ok(bound);
    }
    for subject in root.get("subjects").into_iter().flat_map(Node::items) {
        let account = subject.get("kind").is_some_and(|kind| kind.text() == "ServiceAccount");
        if let Some(namespace) = subject.get("namespace").filter(|_| account) {
            bound.insert(namespace.as_str().ok_or(())?.to_owned());
        }
    }
    Ok(bound)
}
