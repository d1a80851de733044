//! The order of output: as accumulated, or by kind.

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

    /// What an object is sorted by: its kind's rank, then group, version and kind, then namespace and name.
    pub(crate) fn key(&self, (group, version, kind): (&str, &str, &str), namespace: &str, name: &str) -> SortKey {
        let or = |text, blank: &'static str| if str::is_empty(text) { blank } else { text };
        let rank = self.ranks.get(kind).copied().unwrap_or(0);
        let kind = match (kind, group) {
            // Namespaces of the cluster come before those of anyone else.
            ("Namespace", "") if rank != 0 => String::new(),
            _ => [or(group, "~G"), "_", or(version, "~V"), "_", or(kind, "~K")].concat(),
        };
        SortKey { rank, kind, object: [or(namespace, "~X"), "|", or(name, "~N")].concat() }
    }
}

/// See [`KindOrder::key`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SortKey {
    rank: i64,
    kind: String,
    object: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(order: &KindOrder, kinds: &[&str], expect: &[&str]) {
        let mut sorted = kinds.to_vec();
        sorted.sort_by_key(|kind| order.key(("", "v1", kind), "", "x"));
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
    fn a_blank_namespace_comes_last() {
        let order = KindOrder::default();
        let gvk = ("", "v1", "Secret");
        assert!(order.key(gvk, "", "a") > order.key(gvk, "zz", "a"));
    }
}
