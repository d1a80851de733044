//! What going back to an earlier revision would do.

use std::collections::HashSet;

use longshore_manifest::ResourceSet;

use super::{Plan, Policy, plan};
use crate::assess::{Key, assess};
use crate::cluster::Cluster;
use crate::report::Verdict;
use crate::rules::Rules;
use crate::sync::is_hook;

/// The plan that leads from what is declared now to what an earlier revision declares.
///
/// Without `live`, the cluster is taken to hold what is declared now and nothing else, so the plan shows the change of
/// revision alone. With it, the plan starts from the cluster as it is; what is declared now counts as ours there, even where
/// the server keeps no record of who applied it.
pub fn rollback(
    current: &ResourceSet,
    earlier: &ResourceSet,
    live: Option<&ResourceSet>,
    rules: &Rules,
    policy: &Policy,
) -> Plan {
    let made;
    let live = match live {
        Some(live) => live,
        None => {
            made = as_applied(current, &rules.manager);
            &made
        }
    };
    let mut report = assess(earlier, live, rules);
    let declared: HashSet<Key> = current.iter().map(Key::of).collect();
    for resource in report.resources.iter_mut().filter(|resource| resource.verdict == Verdict::Extra) {
        resource.ours |= declared.contains(&Key::new(&resource.id));
    }
    plan(&report, earlier, live, policy)
}

/// What a cluster holds to which a set was applied. Hooks come and go, so they are not there.
fn as_applied(set: &ResourceSet, manager: &str) -> ResourceSet {
    let mut cluster = Cluster::new();
    for resource in set.iter().filter(|resource| !is_hook(resource.root())) {
        // An empty cluster refuses nothing; what it did refuse would count as missing.
        let _ = cluster.apply(resource, manager, true);
    }
    cluster.list()
}
