//! What the renderings say, and what they never say.

use longshore_diff::{DiffOptions, Equality, Format, diff, diff_sets};

use crate::{doc, lines, set};

const BEFORE: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  template: {spec: {containers: [{name: web, image: 'shop:1'}]}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: old}
data: {k: v}
";
const AFTER: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 5
  template: {spec: {containers: [{name: web, image: 'shop:1', args: [--fast]}]}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: new}
data: {other: thing, one: more}
";

#[track_caller]
fn check(format: Format, expect: &str) {
    let (before, after) = (set("old.yaml", BEFORE), set("new.yaml", AFTER));
    assert_eq!(diff_sets(&before, &after, &DiffOptions::default()).render(format), expect);
}

#[test]
fn paths() {
    check(
        Format::Paths,
        "~ apps/v1/Deployment/shop/web
  ~ spec.replicas: 2 → 5  (new.yaml:5:13)
  + spec.template.spec.containers[name=\"web\"].args: [\"--fast\"]  (new.yaml:6:69)
+ v1/ConfigMap/new  (new.yaml:8:1)
- v1/ConfigMap/old  (old.yaml:8:1)
",
    );
}

#[test]
fn unified() {
    check(
        Format::Unified { context: 1 },
        "--- apps/v1/Deployment/shop/web\told.yaml:1
+++ apps/v1/Deployment/shop/web\tnew.yaml:1
@@ -6,3 +6,3 @@
 spec:
-  replicas: 2
+  replicas: 5
   template:
@@ -10,3 +10,5 @@
       containers:
-      - image: shop:1
+      - args:
+        - --fast
+        image: shop:1
         name: web
--- /dev/null
+++ v1/ConfigMap/new\tnew.yaml:8
@@ -0,0 +1,7 @@
+apiVersion: v1
+data:
+  one: more
+  other: thing
+kind: ConfigMap
+metadata:
+  name: new
--- v1/ConfigMap/old\told.yaml:8
+++ /dev/null
@@ -1,6 +0,0 @@
-apiVersion: v1
-data:
-  k: v
-kind: ConfigMap
-metadata:
-  name: old
",
    );
}

#[test]
fn github_commands_point_at_lines() {
    check(
        Format::GitHub,
        "::notice file=new.yaml,line=5,col=13,title=apps/v1/Deployment/shop/web::~ spec.replicas: 2 → 5
::notice file=new.yaml,line=6,col=69,title=apps/v1/Deployment/shop/web::+ spec.template.spec.containers[name=\"web\"].args: [\"--fast\"]
::notice file=new.yaml,line=8,col=1,title=v1/ConfigMap/new::added
::notice file=old.yaml,line=8,col=1,title=v1/ConfigMap/old::removed
",
    );
}

#[test]
fn json_and_gitlab_are_json() {
    let (before, after) = (set("old.yaml", BEFORE), set("new.yaml", AFTER));
    let changes = diff_sets(&before, &after, &DiffOptions::default());
    let json: serde_json::Value = serde_json::from_str(&changes.render(Format::Json)).expect("JSON");
    let change = &json["resources"][0]["changes"][0];
    assert_eq!((&change["path"], &change["after"]), (&"spec.replicas".into(), &5.into()));
    assert_eq!(change["afterAt"], serde_json::json!({"file": "new.yaml", "line": 5, "column": 13}));
    let issues: serde_json::Value = serde_json::from_str(&changes.render(Format::GitLab)).expect("JSON");
    assert_eq!(issues[0]["location"], serde_json::json!({"path": "new.yaml", "lines": {"begin": 5}}));
    let prints: std::collections::HashSet<_> =
        issues.as_array().expect("a list").iter().map(|issue| issue["fingerprint"].as_str()).collect();
    assert_eq!(prints.len(), 4);
}

#[test]
fn markdown_keeps_its_table() {
    let (before, after) = (doc("a", "k: 'a|b `c`'\n"), doc("b", "k: |\n  x\n  y\n"));
    let text = diff(before.root(), after.root(), &DiffOptions::default()).render(Format::Markdown);
    let row = text.lines().find(|line| line.starts_with("| ~")).expect("a row");
    assert_eq!(row, r#"| ~ | `k` | `` "a\|b `c`" `` | `"x\ny\n"` | `b:1` |"#);
}

#[test]
fn no_rendering_shows_a_secret() {
    let secret = |password: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n  annotations:\n    \
             kubectl.kubernetes.io/last-applied-configuration: '{{\"data\":{{\"p\":\"{password}\"}}}}'\n\
             data: {{p: {password}, same: c2FtZQ==}}\nstringData: {{q: {password}}}\n---\n"
        )
    };
    let list = |password: &str| {
        format!(
            "apiVersion: v1\nkind: SecretList\nmetadata: {{name: l}}\nitems: [{{metadata: {{name: s}}, data: {{p: {password}}}}}]\n---\n"
        )
    };
    let extra = "apiVersion: v1\nkind: Secret\nmetadata: {name: extra}\nstringData: {token: hunter3}\n---\n";
    let (before, after) = (secret("hunter1") + &list("hunter1"), secret("hunter2") + &list("hunter2") + extra);
    let (before, after) = (set("old", &before), set("new", &after));
    let changes = diff_sets(&before, &after, &DiffOptions::default());
    for format in
        [Format::Unified { context: 3 }, Format::Paths, Format::Markdown, Format::Json, Format::GitHub, Format::GitLab]
    {
        let text = changes.render(format);
        assert!(text.contains("db"), "{format:?} says nothing");
        assert!(!text.contains("hunter") && !text.contains("c2FtZQ"), "{format:?} shows a secret: {text}");
    }
    assert!(!format!("{changes:?}").contains("hunter"));
    let unified = changes.render(Format::Unified { context: 0 });
    assert!(unified.contains("-  p: (redacted, before)\n+  p: (redacted, after)\n"), "{unified}");
}

#[test]
fn values_are_compared_as_the_schema_means_them() {
    let pod = |cpu: &str, port: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nspec: {{containers: [{{name: a, resources: {{limits: {{cpu: {cpu}}}}}, livenessProbe: {{httpGet: {{port: {port}}}}}}}]}}\n"
        )
    };
    let (before, after) = (doc("a", &pod("500m", "80")), doc("b", &pod("'0.5'", "'80'")));
    let by_value = DiffOptions::default().equality(Equality::ByValue);
    assert_eq!(lines(&diff(before.root(), after.root(), &by_value)), [""; 0]);
    assert_eq!(diff(before.root(), after.root(), &DiffOptions::default()).len(), 2);
    let other = doc("c", &pod("501m", "81"));
    assert_eq!(diff(before.root(), other.root(), &by_value).len(), 2);
}
