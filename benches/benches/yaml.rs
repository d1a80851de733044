//! YAML to a tree and back, beside serde_yaml and saphyr, on many small manifests, one large CRD and one large
//! ConfigMap of literal blocks. The answers are checked before anything is timed.

mod inputs {
    //! The three texts, made here.

    use std::fmt::Write;

    /// Deployments, Services, ConfigMaps and small CRDs, one document each, until the text has `size` bytes.
    pub(crate) fn manifests(size: usize) -> String {
        let mut out = String::with_capacity(size + 4096);
        let mut index = 0;
        while out.len() < size {
            if index > 0 {
                out.push_str("---\n");
            }
            match index % 8 {
                0..=2 => deployment(&mut out, index),
                3..=5 => service(&mut out, index),
                6 => config_map(&mut out, index),
                _ => crd(&mut out, index, 6),
            }
            .expect("a String takes all text");
            index += 1;
        }
        out
    }

    /// One CustomResourceDefinition of about `size` bytes.
    pub(crate) fn large_crd(size: usize) -> String {
        let mut out = String::with_capacity(size + 4096);
        crd(&mut out, 0, size / 410).expect("a String takes all text");
        out
    }

    /// One ConfigMap whose values are literal blocks, of about `size` bytes.
    pub(crate) fn literal_blocks(size: usize) -> String {
        let mut out = String::from("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: files\ndata:\n");
        let mut index = 0;
        while out.len() < size {
            writeln!(out, "  file-{index}.conf: |").expect("a String takes all text");
            for line in 0..200 {
                writeln!(
                    out,
                    "    option_{line} = \"value {line} of file {index}\"  # where: it is #{line}, see above"
                )
                .expect("a String takes all text");
            }
            index += 1;
        }
        out
    }

    fn deployment(out: &mut String, i: usize) -> std::fmt::Result {
        write!(
            out,
            r#"# Deployment of service {i}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: service-{i}
  namespace: team-{team}
  labels:
    app.kubernetes.io/name: service-{i}
    app.kubernetes.io/part-of: "shop"
  annotations:
    description: 'Serves the requests of team {team}: carts, orders and the like'
spec:
  replicas: {replicas}  # see the HPA
  revisionHistoryLimit: 3
  selector:
    matchLabels:
      app.kubernetes.io/name: service-{i}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: service-{i}
    spec:
      serviceAccountName: service-{i}
      securityContext: {{runAsNonRoot: true, fsGroup: 2000}}
      containers:
      - name: main
        image: registry.example.com/team-{team}/service-{i}:v1.{minor}.0
        args: ["--port=8080", "--log-level=info"]
        env:
        - name: DATABASE_URL
          valueFrom:
            secretKeyRef:
              name: service-{i}-db
              key: url
        - name: FEATURE_FLAGS
          value: "a=1,b=2,c=3"
        ports:
        - name: http
          containerPort: 8080
          protocol: TCP
        resources:
          requests:
            cpu: 100m
            memory: 128Mi
          limits:
            cpu: "1"
            memory: 512Mi
        livenessProbe:
          httpGet:
            path: /healthz
            port: http
          initialDelaySeconds: 10
          periodSeconds: 5
        readinessProbe:
          httpGet: {{path: /ready, port: http}}
        volumeMounts:
        - name: config
          mountPath: /etc/service
          readOnly: true
      volumes:
      - name: config
        configMap:
          name: service-{i}-config
"#,
            team = i % 17,
            replicas = i % 5 + 1,
            minor = i % 40,
        )
    }

    fn service(out: &mut String, i: usize) -> std::fmt::Result {
        write!(
            out,
            r#"apiVersion: v1
kind: Service
metadata:
  name: service-{i}
  namespace: team-{team}
  labels: {{app.kubernetes.io/name: service-{i}}}
spec:
  type: ClusterIP
  selector:
    app.kubernetes.io/name: service-{i}
  ports:
  # the public port
  - name: http
    port: 80
    targetPort: http
  - name: metrics
    port: 9090
    targetPort: 9090
"#,
            team = i % 17,
        )
    }

    fn config_map(out: &mut String, i: usize) -> std::fmt::Result {
        write!(
            out,
            r#"apiVersion: v1
kind: ConfigMap
metadata:
  name: service-{i}-config
data:
  LOG_LEVEL: info
  TIMEOUT: "30"
  application.yaml: |
    server:
      port: 8080
      shutdown: graceful
    cache:
      ttl: 5m
  motd: >-
    Welcome to service {i}, which
    runs for the team and its friends.
"#,
        )
    }

    fn crd(out: &mut String, i: usize, fields: usize) -> std::fmt::Result {
        write!(
            out,
            r#"apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets{i}.example.com
spec:
  group: example.com
  names:
    kind: Widget{i}
    plural: widgets{i}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
"#,
        )?;
        for field in 0..fields {
            write!(
                out,
                r#"              field{field}:
                description: Field {field} states how many of the things are wanted at the same time, and
                  whether they may be shared with others. See the manual of the widget for more.
                properties:
                  enabled:
                    default: true
                    type: boolean
                  limit:
                    format: int32
                    minimum: 1
                    type: integer
                type: object
"#,
            )?;
        }
        Ok(())
    }
}

use longshore::yaml::{Document, ListIndent, ReadOptions, SourceFile, emit_build_all, emit_kyaml, read};
use longshore_benches::{Group, smoke};
use saphyr::LoadableYamlNode;
use serde::Deserialize;
use serde_yaml::Value;

fn main() {
    let scale = if smoke() { 20 } else { 1 };
    bench("many manifests", &inputs::manifests(10_000_000 / scale));
    bench("one CRD", &inputs::large_crd(2_070_000 / scale));
    bench("literal blocks", &inputs::literal_blocks(10_100_000 / scale));
}

fn ours(text: &str) -> Vec<Document> {
    read(&SourceFile::new("input", text), &ReadOptions::default()).expect("the input is YAML")
}

fn theirs(text: &str) -> Vec<Value> {
    serde_yaml::Deserializer::from_str(text)
        .map(|document| Value::deserialize(document).expect("the input is YAML"))
        .collect()
}

fn print_theirs(values: &[Value]) -> String {
    let texts: Vec<String> = values.iter().map(|value| serde_yaml::to_string(value).expect("values print")).collect();
    texts.join("---\n")
}

fn bench(title: &str, text: &str) {
    let (docs, values) = (ours(text), theirs(text));
    check(text, &docs, &values);
    let heap: usize = docs.iter().map(Document::heap_bytes).sum();
    println!("\n{title}: {} bytes, the tree holds {:.2}x that", text.len(), heap as f64 / text.len() as f64);
    Group::new(format!("{title}: text to tree"), text.len())
        .add("longshore, comments and spans", || ours(text))
        .add("serde_yaml::Value", || theirs(text))
        .add("saphyr::Yaml", || saphyr::Yaml::load_from_str(text).expect("the input is YAML"))
        .run();
    Group::new(format!("{title}: tree to text"), text.len())
        .add("longshore, as kyaml prints", || emit_kyaml(&docs, ListIndent::Compact))
        .add("longshore, as kustomize build prints", || emit_build_all(&docs).expect("the tree prints"))
        .add("serde_yaml", || print_theirs(&values))
        .run();
    Group::new(format!("{title}: text to tree, sorted, to text"), text.len())
        .add("longshore, as kustomize build prints", || emit_build_all(&ours(text)).expect("the tree prints"))
        .add("serde_yaml, unsorted", || print_theirs(&theirs(text)))
        .run();
}

/// Both readers agree, and what either printer of ours prints reads back as the same.
fn check(text: &str, docs: &[Document], values: &[Value]) {
    assert_eq!(docs.len(), values.len(), "number of documents");
    for printed in [emit_kyaml(docs, ListIndent::Compact), emit_build_all(docs).expect("the tree prints")] {
        assert!(theirs(&printed) == values, "serde_yaml reads our print as what it read from the input");
        assert!(ours(&printed) == docs, "the print reads back equal");
    }
    assert!(ours(text) == docs, "reading is deterministic");
}
