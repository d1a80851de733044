//! Many objects assessed, with provenance: desired from text, live with managed fields and defaults.
//!
//! `cargo bench -p longshore-benches --bench drift [-- --smoke]`

use longshore::drift::{Cluster, Report, Rules, Verdict, argo, assess};
use longshore::manifest::{Resource, ResourceSet};
use longshore::yaml::{Document, Node, ReadOptions, SourceFile, Tag, emit_build_all, read};
use longshore_benches::{Group, smoke};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// A Deployment and its Service, about 1.4 KB.
fn pair(index: usize) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-{index}
  namespace: shop
  labels: {{app: web-{index}, tier: front}}
spec:
  replicas: {replicas}
  selector:
    matchLabels: {{app: web-{index}}}
  template:
    metadata:
      labels: {{app: web-{index}, tier: front}}
    spec:
      containers:
      - name: web
        image: registry.example.com/shop/web:1.{index}.0
        ports:
        - name: http
          containerPort: 8080
        env:
        - {{name: LEVEL, value: info}}
        - {{name: SHARD, value: \"{index}\"}}
        readinessProbe:
          httpGet: {{path: /healthz, port: http}}
        resources:
          requests: {{cpu: 100m, memory: 0.5Gi}}
          limits: {{memory: 512Mi}}
        volumeMounts:
        - {{name: config, mountPath: /etc/web}}
      volumes:
      - name: config
        configMap: {{name: web-{index}}}
---
apiVersion: v1
kind: Service
metadata:
  name: web-{index}
  namespace: shop
spec:
  selector: {{app: web-{index}}}
  ports:
  - {{name: http, port: 80, targetPort: http}}
---
",
        replicas = 1 + index % 5
    )
}

struct Case {
    desired: ResourceSet,
    live: ResourceSet,
    drifted: usize,
}

fn case(objects: usize) -> Case {
    let text: String = (0..objects / 2).map(pair).collect();
    let desired = set(text);
    let mut cluster = Cluster::new();
    for resource in &desired {
        cluster.apply(resource, "longshore", false).expect("nothing conflicts");
    }
    let mut drifted = 0;
    for resource in desired.iter().filter(|resource| resource.kind() == "Deployment").step_by(17) {
        let scale = |doc: &mut Document| {
            let at = doc.root().at(["spec", "replicas"]).map(Node::id).expect("replicas are declared");
            doc.set_scalar(at, "9", Tag::Int);
        };
        cluster.edit(&resource.id(), "kubectl-scale", scale).expect("it is there");
        drifted += 1;
    }
    Case { live: cluster.list(), desired, drifted }
}

fn check(report: &Report, case: &Case) {
    assert_eq!(report.count(Verdict::OutOfSync), case.drifted);
    assert_eq!(report.count(Verdict::InSync), case.desired.len() - case.drifted);
    assert!(report.drift().all(|(_, field)| field.declared_at.is_some() && field.owners[0].manager == "kubectl-scale"));
}

/// Reads both sides from their text, assesses them, and prints the peak of it all beside the size of the text.
fn memory(case: &Case, rules: &Rules) {
    let print = |set: &ResourceSet| emit_build_all(set.iter().map(Resource::document)).expect("it can be printed");
    let texts = [print(&case.desired), print(&case.live)];
    let input: usize = texts.iter().map(String::len).sum();
    let before = ALLOCATED.current_usage();
    ALLOCATED.reset_peak_usage();
    let [desired, live] = texts.map(set);
    let read = ALLOCATED.peak_usage() - before;
    ALLOCATED.reset_peak_usage();
    check(&assess(&desired, &live, rules), case);
    let peak = ALLOCATED.peak_usage() - before;
    let times = |bytes: usize| bytes as f64 / input as f64;
    println!(
        "memory for {:.1} MB of text: {:.2}× to read, {:.2}× with the assessment",
        input as f64 / 1e6,
        times(read),
        times(peak)
    );
}

fn set(text: String) -> ResourceSet {
    let docs = read(&SourceFile::new("shop.yaml", text), &ReadOptions::default()).expect("the text is YAML");
    docs.into_iter().map(|doc| Resource::new(doc).expect("a resource")).collect()
}

fn main() {
    let sizes: &[usize] = if smoke() { &[100] } else { &[1_000, 10_000] };
    for &objects in sizes {
        let case = case(objects);
        let rules = Rules::default();
        memory(&case, &rules);
        check(&assess(&case.desired, &case.live, &rules), &case);
        let json = |set: &ResourceSet| -> Vec<serde_json::Value> {
            set.iter().map(|resource| resource.root().to_json().expect("it is JSON")).collect()
        };
        let (desired, mut live) = (json(&case.desired), json(&case.live));
        // The peer is given its pairs.
        let name = |object: &serde_json::Value| (object["kind"].to_string(), object["metadata"]["name"].to_string());
        live.sort_by_key(name);
        let pairs: Vec<_> = desired
            .iter()
            .map(|one| (one, live.binary_search_by_key(&name(one), name).map(|at| &live[at]).expect("it is live")))
            .collect();
        let documents: Vec<_> =
            pairs.iter().map(|(one, other)| (Document::from_json(one), Document::from_json(other))).collect();
        let differing = || {
            let options = argo::Options::default();
            let differs = |(one, other): &(Document, Document)| {
                argo::diff(Some(one), Some(other), &options).expect("they can be merged").modified
            };
            documents.iter().filter(|pair| differs(pair)).count()
        };
        assert_eq!(differing(), case.drifted);
        Group::new(format!("assess {objects} objects"), 0)
            .add("longshore assess, with provenance", || assess(&case.desired, &case.live, &rules))
            .add("json-patch diff of the same pairs", || {
                pairs.iter().map(|(one, other)| json_patch::diff(one, other).len()).sum::<usize>()
            })
            .add("longshore as Argo CD, two documents a pair", differing)
            .run();
    }
}
