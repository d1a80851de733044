//! Integration tests of longshore-drift.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod argo;
mod assess;
mod cluster;
mod conformance;
mod format;
mod laws;
mod plan;
mod predict;
mod rules;
mod sync;

use longshore_drift::Cluster;
use longshore_manifest::{Resource, ResourceSet};
use longshore_yaml::{ReadOptions, SourceFile, read};

/// The resources of a text, as if read from `shop.yaml`.
fn set(text: &str) -> ResourceSet {
    let docs = read(&SourceFile::new("shop.yaml", text), &ReadOptions::default()).unwrap();
    docs.into_iter().map(|doc| Resource::new(doc).unwrap()).collect()
}

/// A cluster to which these resources were applied under the name `longshore`.
fn applied(desired: &ResourceSet) -> Cluster {
    let mut cluster = Cluster::new();
    cluster.set_time("2026-01-01T00:00:00Z");
    for resource in desired {
        cluster.apply(resource, "longshore", false).unwrap();
    }
    cluster
}

const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web}
spec:
  replicas: 3
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: web
        image: shop/web:1.4.0
        ports:
        - containerPort: 80
        env:
        - {name: LEVEL, value: info}
        resources:
          requests: {cpu: 1000m, memory: 0.5Gi}
";
