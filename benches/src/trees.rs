//! Kustomize trees of any size for the benchmarks: a shop of many services below a base, a region and an environment.
//!
//! Five objects make a service: Deployment, Service, HorizontalPodAutoscaler, Ingress and ConfigMap. With generators
//! the ConfigMap is generated, and a Secret beside it. The same shape and size give the same bytes.

use std::fmt::Write;

use longshore::source::{FilePathError, Memory};

/// What the overlays of a tree do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Only resources.
    Plain,
    /// Name prefixes, a namespace, labels with selectors, annotations.
    Labels,
    /// Labels, and images, replicas, a strategic merge patch per Deployment and a JSON patch per Ingress.
    Patches,
    /// Labels, and a generated ConfigMap and Secret per service.
    Generators,
    /// Labels, and a replacement per service from its ConfigMap to Deployment and Ingress.
    Replacements,
    /// All of it.
    All,
}

impl Shape {
    /// Every shape, the cheapest first.
    pub const EACH: [Shape; 6] =
        [Shape::Plain, Shape::Labels, Shape::Patches, Shape::Generators, Shape::Replacements, Shape::All];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Shape::Plain => "plain",
            Shape::Labels => "labels",
            Shape::Patches => "patches",
            Shape::Generators => "generators",
            Shape::Replacements => "replacements",
            Shape::All => "all",
        }
    }

    fn has(self, part: Shape) -> bool {
        self == part || self == Shape::All
    }
}

/// The folder to build in every tree.
pub const ROOT: &str = "overlays/prod";

const TEAMS: [&str; 8] = ["billing", "cart", "catalog", "checkout", "orders", "search", "stock", "users"];

/// A tree with `objects` objects, give or take a service.
///
/// # Errors
/// None in practice: the paths are made here.
pub fn tree(shape: Shape, objects: usize) -> Result<Memory, FilePathError> {
    let services = (objects / if shape.has(Shape::Generators) { 6 } else { 5 }).max(1);
    let names: Vec<String> = (0..services).map(|i| format!("{}-{i:05}", TEAMS[i % TEAMS.len()])).collect();
    let mut files = Memory::new();
    base(&mut files, shape, &names)?;
    let region = layer("../base", shape != Shape::Plain, "r1-", "region: eu\n", "");
    files.insert("region/kustomization.yaml", region.into_bytes())?;
    let mut body = String::new();
    if shape.has(Shape::Patches) {
        patches(&mut files, &mut body, &names)?;
    }
    if shape.has(Shape::Replacements) {
        replacements(&mut body, &names);
    }
    let prod = layer("../../region", shape != Shape::Plain, "prod-", "environment: prod\n", "namespace: shop-prod\n");
    files.insert(&format!("{ROOT}/kustomization.yaml"), (prod + &body).into_bytes())?;
    Ok(files)
}

fn layer(below: &str, labels: bool, prefix: &str, pair: &str, more: &str) -> String {
    let mut out = format!("resources:\n- {below}\n");
    if labels {
        let _ = write!(out, "{more}namePrefix: {prefix}\nlabels:\n- includeSelectors: true\n  pairs:\n    {pair}");
        let _ = write!(out, "commonAnnotations:\n  example.com/owner-{prefix}of: team-shop\n");
    }
    out
}

fn base(files: &mut Memory, shape: Shape, names: &[String]) -> Result<(), FilePathError> {
    let mut resources = String::from("resources:\n");
    let mut generators = String::from("configMapGenerator:\n");
    let mut secrets = String::from("secretGenerator:\n");
    let generated = shape.has(Shape::Generators);
    for (i, name) in names.iter().enumerate() {
        let mut objects = vec![
            ("deployment", deployment(name, i, generated)),
            ("service", service(name)),
            ("hpa", autoscaler(name, i)),
            ("ingress", ingress(name)),
        ];
        if generated {
            let _ = write!(generators, "- name: {name}-config\n  literals:\n  - log_level=info\n");
            let _ = write!(generators, "  - public_host={name}.shop.example.com\n  files:\n  - {name}.properties\n");
            let _ = write!(secrets, "- name: {name}-secret\n  literals:\n  - password=p4ss-{i}\n");
            files.insert(&format!("base/{name}.properties"), properties(name, i).into_bytes())?;
        } else {
            objects.push(("config", config_map(name, i)));
        }
        for (part, text) in objects {
            let _ = writeln!(resources, "- {name}-{part}.yaml");
            files.insert(&format!("base/{name}-{part}.yaml"), text.into_bytes())?;
        }
    }
    if generated {
        resources = resources + &generators + &secrets;
    }
    files.insert("base/kustomization.yaml", resources.into_bytes())
}

fn patches(files: &mut Memory, body: &mut String, names: &[String]) -> Result<(), FilePathError> {
    body.push_str("images:\n");
    for team in TEAMS {
        let _ = write!(body, "- name: registry.example.com/shop/{team}\n  newTag: v9.0.1\n");
    }
    body.push_str("replicas:\n");
    for name in names.iter().step_by(5) {
        let _ = write!(body, "- name: {name}\n  count: 4\n");
    }
    body.push_str("patches:\n");
    for name in names {
        let _ = write!(body, "- path: patch-{name}.yaml\n- target:\n    kind: Ingress\n    name: {name}\n");
        let _ = write!(body, "  patch: |-\n    - op: replace\n      path: /spec/rules/0/host\n");
        let _ = writeln!(body, "      value: {name}.prod.example.com");
        files.insert(&format!("{ROOT}/patch-{name}.yaml"), patch(name).into_bytes())?;
    }
    Ok(())
}

fn replacements(body: &mut String, names: &[String]) {
    body.push_str("replacements:\n");
    for name in names {
        let _ = write!(
            body,
            r"- source:
    kind: ConfigMap
    name: {name}-config
    fieldPath: data.public_host
  targets:
  - select:
      kind: Deployment
      name: {name}
    fieldPaths:
    - spec.template.spec.containers.[name=app].env.[name=PUBLIC_HOST].value
  - select:
      kind: Ingress
      name: {name}
    fieldPaths:
    - spec.tls.0.hosts.0
"
        );
    }
}

fn patch(name: &str) -> String {
    format!(
        r#"apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  annotations:
    example.com/patched: "prod"
spec:
  template:
    spec:
      containers:
      - name: app
        env:
        - name: LOG_LEVEL_DETAIL
          value: warn
        resources:
          limits:
            memory: 1280Mi
"#
    )
}

fn properties(name: &str, i: usize) -> String {
    format!("server.port={}\nserver.name={name}\npool.size={}\n", 8080 + i % 10, 4 + i % 12)
}

fn deployment(name: &str, i: usize, generated: bool) -> String {
    let team = TEAMS[i % TEAMS.len()];
    let port = 8080 + i % 10;
    let secret = match generated {
        true => format!(
            "        - name: DB_PASSWORD\n          valueFrom:\n            secretKeyRef:\n              name: {name}-secret\n              key: password\n"
        ),
        false => String::new(),
    };
    format!(
        r#"apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  labels:
    app.kubernetes.io/name: {name}
spec:
  replicas: {replicas}
  selector:
    matchLabels:
      app.kubernetes.io/name: {name}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 25%
      maxUnavailable: 0
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {name}
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: "{port}"
    spec:
      serviceAccountName: default
      securityContext:
        runAsNonRoot: true
        seccompProfile:
          type: RuntimeDefault
      containers:
      - name: app
        image: registry.example.com/shop/{team}:v1.{minor}.0
        imagePullPolicy: IfNotPresent
        ports:
        - name: http
          containerPort: {port}
        env:
        - name: SERVICE_NAME
          value: {name}
        - name: PUBLIC_HOST
          value: placeholder
        - name: LOG_LEVEL
          valueFrom:
            configMapKeyRef:
              name: {name}-config
              key: log_level
{secret}        envFrom:
        - configMapRef:
            name: {name}-config
        readinessProbe:
          httpGet:
            path: /readyz
            port: http
          periodSeconds: 10
        livenessProbe:
          httpGet:
            path: /healthz
            port: http
          initialDelaySeconds: 15
        resources:
          requests:
            cpu: 100m
            memory: 128Mi
          limits:
            cpu: 500m
            memory: 512Mi
        securityContext:
          allowPrivilegeEscalation: false
          capabilities:
            drop: ["ALL"]
        volumeMounts:
        - name: config
          mountPath: /etc/app
      volumes:
      - name: config
        configMap:
          name: {name}-config
      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
          - weight: 100
            podAffinityTerm:
              topologyKey: kubernetes.io/hostname
              labelSelector:
                matchLabels:
                  app.kubernetes.io/name: {name}
"#,
        replicas = 1 + i % 4,
        minor = i % 30,
    )
}

fn service(name: &str) -> String {
    format!(
        r"apiVersion: v1
kind: Service
metadata:
  name: {name}
spec:
  selector:
    app.kubernetes.io/name: {name}
  ports:
  - name: http
    port: 80
    targetPort: http
    protocol: TCP
"
    )
}

fn autoscaler(name: &str, i: usize) -> String {
    format!(
        r"apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {name}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {name}
  minReplicas: {least}
  maxReplicas: {most}
  metrics:
  - type: Resource
    resource:
      name: cpu
      target:
        type: Utilization
        averageUtilization: 70
",
        least = 1 + i % 3,
        most = 5 + i % 10,
    )
}

fn ingress(name: &str) -> String {
    format!(
        r"apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {name}
  annotations:
    nginx.ingress.kubernetes.io/proxy-body-size: 8m
spec:
  ingressClassName: nginx
  tls:
  - hosts:
    - {name}.example.com
    secretName: {name}-tls
  rules:
  - host: {name}.example.com
    http:
      paths:
      - path: /
        pathType: Prefix
        backend:
          service:
            name: {name}
            port:
              name: http
"
    )
}

fn config_map(name: &str, i: usize) -> String {
    format!(
        r#"apiVersion: v1
kind: ConfigMap
metadata:
  name: {name}-config
data:
  log_level: "info"
  public_host: "{name}.shop.example.com"
  cache_ttl: "{ttl}"
  app.properties: |
    server.port={port}
    server.name={name}
"#,
        ttl = 30 + i % 300,
        port = 8080 + i % 10,
    )
}
