//! Compares what Git declares with what a cluster had, from saved files alone.
//!
//! ```text
//! drift --desired DIR|REPOSITORY@REVISION[:DIR]|GIT_URL@REVISION[:DIR] --live FILE|DIR [--rules FILE] [--manager NAME]
//!       [--format text|json|markdown|sarif] [--html OUT.html]
//! ```
//!
//! `--desired` is a folder with a kustomization, or with manifests, on disk, in a local Git repository or
//! in one that `git` can clone. `--live` is what
//! `kubectl get … -o yaml` or `-o json` saved. `--rules` is YAML with rules to ignore as Argo CD or Flux have them. The exit
//! status is 0 in sync, 1 on drift, 2 on trouble.
//!
//! `cargo run --release --example drift -- --desired examples/shop/overlays/production --live live.yaml`

#![expect(clippy::disallowed_methods, reason = "a program reads its arguments and files")]

use std::error::Error;
use std::path::Path;
use std::process::{Command, ExitCode};

use longshore::drift::{Report, Rules, assess, format};
use longshore::git::Repository;
use longshore::manifest::{Resource, ResourceSet};
use longshore::overlay::{RenderOptions, render};
use longshore::source::{Disk, FilePath, Files};
use longshore::yaml::{Document, ReadOptions, read_bytes};
use tempfile::TempDir;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(report) => ExitCode::from(u8::from(!report.is_in_sync())),
        Err(error) => {
            eprintln!("drift: {error}");
            ExitCode::from(2)
        }
    }
}

#[derive(Default)]
struct Options {
    desired: String,
    live: String,
    rules: Option<String>,
    manager: Option<String>,
    format: String,
    html: Option<String>,
}

impl Options {
    fn read(arguments: &[String]) -> Result<Self> {
        let mut options = Options { format: "text".to_owned(), ..Options::default() };
        let mut rest = arguments.iter();
        while let Some(name) = rest.next() {
            let value = rest.next().ok_or_else(|| format!("{name} needs a value"))?.clone();
            match name.as_str() {
                "--desired" => options.desired = value,
                "--live" => options.live = value,
                "--rules" => options.rules = Some(value),
                "--manager" => options.manager = Some(value),
                "--format" => options.format = value,
                "--html" => options.html = Some(value),
                _ => return Err(format!("unknown option {name}").into()),
            }
        }
        if options.desired.is_empty() || options.live.is_empty() {
            return Err("--desired and --live are needed".into());
        }
        Ok(options)
    }

    fn rules(&self) -> Result<Rules> {
        let mut rules = Rules::default();
        if let Some(file) = &self.rules {
            let docs = read_bytes(file, &std::fs::read(file)?, &ReadOptions::default())?;
            rules = docs.first().map_or(Ok(rules), |doc| Rules::read(doc.root()))?;
        }
        if let Some(manager) = &self.manager {
            rules.manager.clone_from(manager);
        }
        Ok(rules)
    }
}

fn run(arguments: &[String]) -> Result<Report> {
    let options = Options::read(arguments)?;
    let report = assess(&desired(&options.desired)?, &live(&options.live)?, &options.rules()?);
    let text = match options.format.as_str() {
        "text" => format::text(&report),
        "markdown" => format::markdown(&report),
        "json" => format!("{:#}\n", format::json(&report)),
        "sarif" => format!("{:#}\n", format::sarif(&report)),
        other => return Err(format!("unknown format '{other}': text, json, markdown or sarif").into()),
    };
    print!("{text}");
    if let Some(file) = &options.html {
        std::fs::write(file, format::html(&report)).map_err(|error| format!("{file}: {error}"))?;
    }
    Ok(report)
}

fn desired(place: &str) -> Result<ResourceSet> {
    match place.rsplit_once('@').filter(|_| !Path::new(place).exists()) {
        Some((repository, revision)) => {
            let (revision, folder) = revision.split_once(':').unwrap_or((revision, ""));
            let is_remote = repository.contains("://") || repository.contains('@');
            let clone = is_remote.then(|| cloned(repository)).transpose()?;
            let repository = clone.as_ref().map_or(Path::new(repository), TempDir::path);
            let files = Repository::open(repository)?.revision(revision)?;
            declared(&files, &folder.parse()?)
        }
        // A place below here is named as the user names it.
        None => match place.parse() {
            Ok(folder) if !place.starts_with('/') => declared(&Disk::new(".")?, &folder),
            _ => {
                let (disk, folder) = Disk::whole(place)?;
                declared(&disk, &folder)
            }
        },
    }
}

/// A repository of elsewhere, cloned for the time of the run by the user's own git, which knows their keys and proxies.
fn cloned(url: &str) -> Result<TempDir> {
    let folder = TempDir::new()?;
    let status = Command::new("git").args(["clone", "--quiet", "--bare", "--", url]).arg(folder.path()).status()?;
    if !status.success() {
        return Err(format!("{url} cannot be cloned").into());
    }
    Ok(folder)
}

/// A folder with a kustomization is rendered, another is read as it is.
fn declared(files: &dyn Files, folder: &FilePath) -> Result<ResourceSet> {
    let names = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
    if files.list(folder)?.iter().any(|entry| names.contains(&entry.name.as_str())) {
        return Ok(render(files, folder, &RenderOptions::default())?.resources);
    }
    manifests(files, folder)
}

fn live(place: &str) -> Result<ResourceSet> {
    if Path::new(place).is_dir() {
        return manifests(&Disk::new(place)?, &FilePath::root());
    }
    let bytes = std::fs::read(place).map_err(|error| format!("{place}: {error}"))?;
    resources(place, &bytes)
}

fn manifests(files: &dyn Files, folder: &FilePath) -> Result<ResourceSet> {
    let mut all = Vec::new();
    for entry in files.list(folder)? {
        let path = folder.join(&entry.name)?;
        let is_manifest = [".yaml", ".yml", ".json"].iter().any(|end| entry.name.ends_with(end));
        if entry.directory {
            all.extend(manifests(files, &path)?);
        } else if is_manifest {
            all.extend(resources(&files.display(&path), &files.read(&path)?)?);
        }
    }
    Ok(all.into_iter().collect())
}

/// The resources of a text; a `List` gives its items.
fn resources(name: &str, bytes: &[u8]) -> Result<ResourceSet> {
    let mut set = ResourceSet::new();
    for doc in read_bytes(name, bytes, &ReadOptions::default())? {
        match doc.root().get("items").filter(|items| items.is_sequence()) {
            Some(items) => {
                for item in items.items() {
                    set.push(Resource::new(Document::from_node(item))?);
                }
            }
            None => set.push(Resource::new(doc)?),
        }
    }
    Ok(set)
}
