//! What an embedder plugs in: remote bases, charts, functions.

use std::sync::Arc;

use longshore_overlay::{Charts, Functions, RemoteBases, RenderOptions, render};
use longshore_source::{FilePath, Files, Memory};
use longshore_yaml::{Document, ReadOptions, SourceFile, read};

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n";

fn tree(files: &[(&str, &str)]) -> Memory {
    let files = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect::<Vec<_>>();
    Memory::try_from(files).expect("the paths are paths")
}

#[track_caller]
fn check(files: &[(&str, &str)], options: &RenderOptions, expect: &str) {
    let rendered = render(&tree(files), &FilePath::root(), options).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(rendered.to_yaml().unwrap_or_else(|error| panic!("{error}")), expect);
}

/// One repository with a base in a folder.
struct Shop;

impl RemoteBases for Shop {
    fn fetch(&self, url: &str) -> Result<(Arc<dyn Files + Send + Sync>, FilePath), String> {
        if !url.starts_with("https://example.com/shop") {
            return Err("no such repository".to_owned());
        }
        let files = tree(&[("base/kustomization.yaml", "resources: [web.yaml]\n"), ("base/web.yaml", SERVICE)]);
        Ok((Arc::new(files), "base".parse().map_err(|_| "no path")?))
    }
}

#[test]
fn a_remote_base_is_built_like_any_other() {
    let options = RenderOptions::new().remote_bases(Arc::new(Shop));
    let kustomization = "resources: ['https://example.com/shop//base?ref=v1']\nnamePrefix: a-\n";
    let expect = "apiVersion: v1\nkind: Service\nmetadata:\n  name: a-web\n";
    check(&[("kustomization.yaml", kustomization)], &options, expect);
}

#[test]
fn an_origin_names_the_repository() {
    let options = RenderOptions::new().remote_bases(Arc::new(Shop));
    let kustomization = "resources: ['https://example.com/shop//base?ref=v1']\nbuildMetadata: [originAnnotations]\n";
    let expect = "apiVersion: v1\nkind: Service\nmetadata:\n  annotations:\n    config.kubernetes.io/origin: |\n      path: \
                  base/web.yaml\n      repo: https://example.com/shop\n      ref: v1\n  name: web\n";
    check(&[("kustomization.yaml", kustomization)], &options, expect);
}

#[test]
fn a_base_that_cannot_be_had_names_its_line() {
    let options = RenderOptions::new().remote_bases(Arc::new(Shop));
    let files = tree(&[("kustomization.yaml", "resources:\n- https://example.com/other\n")]);
    let error = render(&files, &FilePath::root(), &options).expect_err("there is no such repository");
    assert_eq!(
        error.to_string(),
        "kustomization.yaml:2:3: accumulating resources from 'https://example.com/other': fetching \
         'https://example.com/other': no such repository"
    );
}

fn documents(text: &str) -> Vec<Document> {
    read(&SourceFile::new("made", text), &ReadOptions::default()).expect("it is YAML")
}

/// Makes a service that bears the chart's name.
struct Named;

impl Charts for Named {
    fn inflate(
        &self,
        _files: &dyn Files,
        _folder: &FilePath,
        chart: &serde_json::Value,
        _globals: Option<&serde_json::Value>,
    ) -> Result<Vec<Document>, String> {
        let name = chart["name"].as_str().ok_or("a chart has a name")?;
        Ok(documents(&SERVICE.replace("web", name)))
    }
}

#[test]
fn charts_are_inflated_and_transformed() {
    let options = RenderOptions::new().charts(Arc::new(Named));
    let kustomization = "helmCharts: [{name: redis}]\nnameSuffix: -b\n";
    let expect = "apiVersion: v1\nkind: Service\nmetadata:\n  name: redis-b\n";
    check(&[("kustomization.yaml", kustomization)], &options, expect);
}

/// Adds to what it is given what its own document holds.
struct Adds;

impl Functions for Adds {
    fn run(&self, config: &Document, mut objects: Vec<Document>) -> Result<Vec<Document>, String> {
        let name = config.root().get("adds").map(|node| node.text()).ok_or("nothing to add")?;
        objects.extend(documents(&SERVICE.replace("web", name)));
        Ok(objects)
    }
}

#[test]
fn functions_generate_and_transform() {
    let options = RenderOptions::new().functions(Arc::new(Adds));
    let kustomization = "generators:\n- |-\n  {apiVersion: x.io/v1, kind: Add, metadata: {name: g}, adds: a}\ntransformers:\n- \
                         |-\n  {apiVersion: x.io/v1, kind: Add, metadata: {name: t}, adds: b}\n";
    let expect = "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: \
                  b\n";
    check(&[("kustomization.yaml", kustomization)], &options, expect);
}

#[test]
fn a_validator_must_not_touch() {
    let options = RenderOptions::new().functions(Arc::new(Adds));
    let kustomization = "resources: [web.yaml]\nvalidators:\n- |-\n  {apiVersion: x.io/v1, kind: Add, metadata: {name: t}, \
                         adds: b}\n";
    let files = tree(&[("kustomization.yaml", kustomization), ("web.yaml", SERVICE)]);
    let error = render(&files, &FilePath::root(), &options).expect_err("it added an object");
    assert_eq!(
        error.to_string(),
        "kustomization.yaml:4:3: validator shouldn't modify the resource map: Add changed the number of objects"
    );
}
