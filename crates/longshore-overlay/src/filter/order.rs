//! The order of output: as accumulated, or by kind.

use std::cmp::Ordering;
use std::collections::HashMap;

/// Kinds that come first in the legacy order, which is that of `kustomize build` unless told otherwise.
const FIRST: &[&str] = &[
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];

/// Kinds that come last.
const LAST: &[&str] = &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// An order by kind: some kinds first, some last, the others between them by name.
#[derive(Clone, Debug)]
pub(crate) struct KindOrder {
    ranks: HashMap<String, i64>,
}

impl Default for KindOrder {
    fn default() -> Self {
        KindOrder::new(FIRST.iter().copied(), LAST.iter().copied())
    }
}

impl KindOrder {
    /// An order with these kinds first and those last, each in the order given; the last mention of a kind counts.
    pub(crate) fn new<'k>(
        first: impl ExactSizeIterator<Item = &'k str>,
        last: impl IntoIterator<Item = &'k str>,
    ) -> Self {
        let count = first.len() as i64;
        let first = first.enumerate().map(|(index, kind)| (kind.to_owned(), index as i64 - count));
        let last = last.into_iter().enumerate().map(|(index, kind)| (kind.to_owned(), index as i64 + 1));
        KindOrder { ranks: first.chain(last).collect() }
    }

    /// What objects of a type are sorted by: the kind's rank, then group, version and kind.
    pub(crate) fn key(&self, (group, version, kind): (&str, &str, &str)) -> TypeKey {
        let or = |text, blank: &'static str| if str::is_empty(text) { blank } else { text };
        let rank = self.ranks.get(kind).copied().unwrap_or(0);
        let kind = match (kind, group) {
            // Namespaces of the cluster come before those of anyone else.
            ("Namespace", "") if rank != 0 => String::new(),
            _ => [or(group, "~G"), "_", or(version, "~V"), "_", or(kind, "~K")].concat(),
        };
        TypeKey { rank, kind }
    }
}

/// See [`KindOrder::key`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TypeKey {
    rank: i64,
    kind: String,
}

/// What objects of one type are sorted by: namespace and name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ObjectKey<'o> {
    pub(crate) namespace: &'o str,
    pub(crate) name: &'o str,
}

impl ObjectKey<'_> {
    /// The order of `namespace|name`, where what is blank is `~X|~N`.
    pub(crate) fn compare(&self, other: &ObjectKey<'_>) -> Ordering {
        let or = |text, blank: &'static str| if str::is_empty(text) { blank } else { text };
        let (name, other_name) = (or(self.name, "~N"), or(other.name, "~N"));
        if self.namespace == other.namespace {
            return name.cmp(other_name);
        }
        let text = |namespace, name| [or(namespace, "~X"), "|", name].into_iter().flat_map(str::bytes);
        text(self.namespace, name).cmp(text(other.namespace, other_name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(order: &KindOrder, kinds: &[&str], expect: &[&str]) {
        let mut sorted = kinds.to_vec();
        sorted.sort_by_key(|kind| order.key(("", "v1", kind)));
        assert_eq!(sorted, expect);
    }

    #[test]
    fn kinds_have_ranks() {
        let kinds = ["ValidatingWebhookConfiguration", "Zebra", "Service", "Ant", "Namespace"];
        let expect = ["Namespace", "Service", "Ant", "Zebra", "ValidatingWebhookConfiguration"];
        check(&KindOrder::default(), &kinds, &expect);
        let order = KindOrder::new(["Zebra"].into_iter(), ["Ant"]);
        check(&order, &["Ant", "Service", "Zebra"], &["Zebra", "Service", "Ant"]);
    }

    #[test]
    fn objects_are_sorted_by_namespace_and_name_as_one_text() {
        let texts = ["", "a", "a-b", "zz", "~", "ä"];
        let keys = || texts.iter().flat_map(|namespace| texts.iter().map(|name| ObjectKey { namespace, name }));
        let or = |text: &str, blank: &str| if text.is_empty() { blank.to_owned() } else { text.to_owned() };
        let text = |key: &ObjectKey<'_>| format!("{}|{}", or(key.namespace, "~X"), or(key.name, "~N"));
        for (a, b) in keys().flat_map(|a| keys().map(move |b| (a, b))) {
            assert_eq!(a.compare(&b), text(&a).cmp(&text(&b)), "{a:?} {b:?}");
        }
    }
}
