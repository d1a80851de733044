//! Two sets of 1,000 objects with 58 changes, and of 10,000: compared by key and written as a patch, beside json-patch,
//! which goes by position, and two text diffs. Answers are checked before anything is timed.

#![expect(clippy::disallowed_methods, reason = "a benchmark looks for programs and writes their input")]

use std::fmt::Write as _;
use std::process::{Command, Stdio};

use imara_diff::{Algorithm, Diff, InternedInput};
use longshore::diff::{DiffOptions, Format, PatchOptions, diff_sets, json_patch};
use longshore::manifest::{Resource, ResourceSet};
use longshore::yaml::{Document, ReadOptions, SourceFile, read};
use longshore_benches::{Group, smoke};
use serde_json::{Value, json};
use similar::{Algorithm as Similar, TextDiff};

/// One object of about 720 bytes; `edited` ones have another image, replica count and a new variable.
fn object(out: &mut String, index: usize, edited: bool) -> std::fmt::Result {
    let (tag, replicas) = if edited { ("2.0", 7) } else { ("1.9", 3) };
    write!(
        out,
        r#"apiVersion: apps/v1
kind: Deployment
metadata:
  name: service-{index}
  namespace: team-{team}
  labels:
    app.kubernetes.io/name: service-{index}
    app.kubernetes.io/part-of: shop
spec:
  replicas: {replicas}
  selector:
    matchLabels:
      app.kubernetes.io/name: service-{index}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: service-{index}
    spec:
      containers:
      - name: web
        image: example.com/shop/service-{index}:{tag}
        args: [--listen, ":8080"]
        ports:
        - containerPort: 8080
        - containerPort: 9090
        env:
"#,
        team = index % 17,
    )?;
    if edited {
        out.push_str("        - name: FEATURE\n          value: \"on\"\n");
    }
    writeln!(out, "        - name: LEVEL\n          value: info\n        - name: INDEX\n          value: \"{index}\"")?;
    out.push_str("        resources:\n          limits: {cpu: 500m, memory: 256Mi}\n---\n");
    Ok(())
}

/// Objects as one text; 58 of each 1,000 are edited where `after` is set.
fn objects(count: usize, after: bool) -> String {
    let mut out = String::new();
    for index in 0..count {
        let edited = after && index % 1000 % 17 == 3 && index % 1000 < 986;
        object(&mut out, index, edited).expect("a String takes any text");
    }
    out
}

struct Side {
    text: String,
    set: ResourceSet,
    /// All objects as one list, as a tree and as JSON.
    list: Document,
    json: Value,
}

fn side(count: usize, after: bool) -> Side {
    let text = objects(count, after);
    let docs = read(&SourceFile::new("objects.yaml", text.as_str()), &ReadOptions::default()).expect("YAML");
    let json: Value = docs.iter().map(|doc| doc.root().to_json().expect("JSON")).collect();
    let mut list = Document::new();
    let items: Vec<_> = docs.iter().map(|doc| list.import(doc.root())).collect();
    let root = list.add_sequence();
    list.set_children(root, &items);
    list.set_root(root);
    let set = docs.into_iter().map(|doc| Resource::new(doc).expect("a resource")).collect();
    Side { text, set, list, json }
}

fn main() {
    let (before, after) = (side(1000, false), side(1000, true));
    check(&before, &after);
    let options = DiffOptions::default();
    let mut group = Group::new("1,000 objects, 58 changed", before.text.len())
        .add("longshore changes", || diff_sets(&before.set, &after.set, &options).len())
        .add("json-patch (by position)", || json_patch::diff(&before.json, &after.json).0.len())
        .add("longshore JSON patch", || patch(&before.list, &after.list))
        .add("imara-diff Myers, text", || {
            let input = InternedInput::new(before.text.as_str(), after.text.as_str());
            Diff::compute(Algorithm::Myers, &input).count_additions()
        })
        .add("similar Myers, text", || {
            TextDiff::configure().algorithm(Similar::Myers).diff_lines(&before.text, &after.text).ops().len()
        });
    if !smoke() {
        group = programs(group, &before, &after);
    }
    group.run();

    let head = |side: &Side| {
        let mut json = side.json.as_array().expect("a list").clone();
        json.insert(0, json!({"kind": "Namespace", "metadata": {"name": "new"}, "apiVersion": "v1"}));
        Value::Array(json)
    };
    let json = head(&before);
    let list = Document::from_json(&json);
    assert_eq!(patch(&before.list, &list), 1, "one insertion");
    Group::new("1,000 objects, one inserted at the head", before.text.len())
        .add("longshore JSON patch", || patch(&before.list, &list))
        .add("json-patch (by position)", || json_patch::diff(&before.json, &json).0.len())
        .run();

    let (many_before, many_after) = (side(10_000, false), side(10_000, true));
    Group::new("growth: 1,000 and 10,000 objects, changes", 0)
        .add("1,000", || diff_sets(&before.set, &after.set, &options).len())
        .add("10,000", || diff_sets(&many_before.set, &many_after.set, &options).len())
        .run();
    Group::new("growth: 1,000 and 10,000 objects, JSON patch", 0)
        .add("1,000", || patch(&before.list, &after.list))
        .add("10,000", || patch(&many_before.list, &many_after.list))
        .run();
    let changes = diff_sets(&before.set, &after.set, &options);
    Group::new("renderings of the changes", 0)
        .add("paths", || changes.render(Format::Paths).len())
        .add("unified", || changes.render(Format::Unified { context: 3 }).len())
        .add("markdown", || changes.render(Format::Markdown).len())
        .add("json", || changes.render(Format::Json).len())
        .run();
}

fn patch(before: &Document, after: &Document) -> usize {
    json_patch(before.root(), after.root(), PatchOptions::default()).expect("JSON trees").0.len()
}

/// 58 objects differ in three fields each, and our patch leads from one side to the other.
fn check(before: &Side, after: &Side) {
    let changes = diff_sets(&before.set, &after.set, &DiffOptions::default());
    assert_eq!((changes.len(), changes.unchanged()), (58, 942));
    assert_eq!(changes.iter().filter_map(|change| change.changes()).map(|changes| changes.len()).sum::<usize>(), 174);
    let ours = json_patch(before.list.root(), after.list.root(), PatchOptions::default()).expect("JSON trees");
    let mut patched = before.json.clone();
    json_patch::patch(&mut patched, &ours).expect("the patch fits");
    assert!(patched == after.json, "the patch leads to the target");
    let theirs = json_patch::diff(&before.json, &after.json);
    let bytes = |patch: &json_patch::Patch| serde_json::to_string(patch).expect("JSON").len();
    println!("operations: longshore {}, json-patch {}", ours.0.len(), theirs.0.len());
    println!("bytes: longshore {}, json-patch {}", bytes(&ours), bytes(&theirs));
}

/// Programs that do the same, where they are installed. They read and parse the files in each run.
fn programs<'a>(mut group: Group<'a>, before: &Side, after: &Side) -> Group<'a> {
    let folder = std::env::temp_dir().join("longshore-bench-diff");
    std::fs::create_dir_all(&folder).expect("a folder for the inputs");
    let (old, new) = (folder.join("before.yaml"), folder.join("after.yaml"));
    std::fs::write(&old, &before.text).expect("the input is written");
    std::fs::write(&new, &after.text).expect("the input is written");
    let installed = |program: &str| {
        Command::new(program).arg("version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    };
    if installed("dyff") {
        let mut run = Command::new("dyff");
        run.args(["between", "--omit-header"]).arg(&old).arg(&new).stdout(Stdio::null()).stderr(Stdio::null());
        group = group.add("dyff between (reads the files)", move || run.status().expect("dyff runs"));
    } else {
        println!("dyff is not installed");
    }
    group
}
