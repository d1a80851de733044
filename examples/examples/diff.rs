//! Says what changed between two states of manifests: files, folders, kustomizations, or standard input.
//!
//! ```text
//! cargo run --release --example diff -- A B [FLAGS]
//!   A, B                          a YAML or JSON file, `-` for standard input, a folder of such files, or a folder
//!                                 with a kustomization, which is rendered
//!   --format unified|paths|markdown|json|json-patch|github|gitlab
//!                                 how to say it (paths is the default)
//!   --context N                   unchanged lines around a change of --format unified (3)
//!   --by-value                    quantities, durations and ports that mean the same are the same
//!   --ignore-order                items that are found by key or value may stand in any order
//!   --test                        let a JSON patch test the old values
//! ```
//! The exit status is 0 where nothing changed, 1 where something did, 2 where there was trouble.

#![expect(clippy::disallowed_methods, reason = "a command-line program reads its arguments and files")]

use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use longshore::diff::{DiffOptions, Equality, Format, Order, PatchOptions, diff, diff_sets, json_patch};
use longshore::manifest::{Resource, ResourceSet};
use longshore::overlay::{RenderOptions, render};
use longshore::source::{Disk, FilePath};
use longshore::yaml::{Aliases, Document, Node, ReadOptions, SourceFile, read};

type Failure = Box<dyn std::error::Error>;

/// What the command line asks for.
struct Request {
    sides: Vec<String>,
    form: Form,
    context: usize,
    options: DiffOptions<'static>,
    patch: PatchOptions,
}

#[derive(Clone, Copy)]
enum Form {
    Unified,
    Render(Format),
    JsonPatch,
}

fn main() -> ExitCode {
    match request(std::env::args().skip(1)).and_then(|request| run(&request)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(failure) => {
            eprintln!("Error: {failure}");
            ExitCode::from(2)
        }
    }
}

fn request(args: impl Iterator<Item = String>) -> Result<Request, Failure> {
    let mut request = Request {
        sides: Vec::new(),
        form: Form::Render(Format::Paths),
        context: 3,
        options: DiffOptions::default(),
        patch: PatchOptions::default(),
    };
    // `--flag=value` and `--flag value` are the same.
    let mut args = args.flat_map(|arg| match arg.split_once('=') {
        Some((flag, value)) if flag.starts_with("--") => vec![flag.to_owned(), value.to_owned()],
        _ => vec![arg],
    });
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("flag needs an argument: {arg}"));
        match arg.as_str() {
            "--format" => request.form = form(&value()?)?,
            "--context" => request.context = value()?.parse().map_err(|_| "--context needs a number")?,
            "--by-value" => request.options = request.options.equality(Equality::ByValue),
            "--ignore-order" => request.options = request.options.order(Order::Ignore),
            "--test" => request.patch = request.patch.tests(true),
            flag if flag.starts_with("--") => return Err(format!("unknown flag: {flag}").into()),
            _ => request.sides.push(arg),
        }
    }
    match request.sides.len() {
        2 => Ok(request),
        count => Err(format!("expected two sides to compare, found {count}: diff -- A B [FLAGS]").into()),
    }
}

fn form(name: &str) -> Result<Form, Failure> {
    Ok(match name {
        "unified" => Form::Unified,
        "paths" => Form::Render(Format::Paths),
        "markdown" => Form::Render(Format::Markdown),
        "json" => Form::Render(Format::Json),
        "github" => Form::Render(Format::GitHub),
        "gitlab" => Form::Render(Format::GitLab),
        "json-patch" => Form::JsonPatch,
        other => return Err(format!("unknown format: {other}").into()),
    })
}

/// Whether the sides are the same; what is not is printed.
fn run(request: &Request) -> Result<bool, Failure> {
    let (before, after) = (side(&request.sides[0])?, side(&request.sides[1])?);
    let format = match request.form {
        Form::Unified => Format::Unified { context: request.context },
        Form::Render(format) => format,
        Form::JsonPatch => return patches(&before, &after, request),
    };
    // Documents that are no resources are compared as one to one.
    if let (Some(before), Some(after)) = (before.plain(), after.plain()) {
        let changes = diff(before.root(), after.root(), &request.options);
        print!("{}", changes.render(format));
        return Ok(changes.is_empty());
    }
    let (before, after) = (before.resources()?, after.resources()?);
    let changes = diff_sets(&before, &after, &request.options);
    print!("{}", changes.render(format));
    Ok(changes.is_empty())
}

/// A patch from one document to the other, or for each changed resource one.
fn patches(before: &Side, after: &Side, request: &Request) -> Result<bool, Failure> {
    if let ([before], [after]) = (&*before.docs, &*after.docs) {
        refuse_secret([before, after])?;
        let patch = json_patch(before.root(), after.root(), request.patch)?;
        println!("{}", serde_json::to_string_pretty(&patch)?);
        return Ok(patch.0.is_empty());
    }
    let (before, after) = (before.clone().resources()?, after.clone().resources()?);
    let changes = diff_sets(&before, &after, &request.options);
    let mut out = serde_json::Map::new();
    for change in &changes {
        let Some((before, after)) = change.before().zip(change.after()) else {
            return Err(format!("{}: a patch neither adds nor removes resources", change.id()).into());
        };
        refuse_secret([before.document(), after.document()])?;
        let patch = json_patch(before.root(), after.root(), request.patch)?;
        out.insert(before.id().to_string(), serde_json::to_value(patch)?);
    }
    println!("{}", serde_json::to_string_pretty(&out)?);
    Ok(changes.is_empty())
}

/// A patch carries the values that it sets, and those that it tests.
fn refuse_secret(docs: [&Document; 2]) -> Result<(), Failure> {
    let mut nodes: Vec<Node<'_>> = docs.map(Document::root).into();
    while let Some(node) = nodes.pop() {
        if let Some(kind) = node.get("kind").filter(|kind| ["Secret", "SecretList"].contains(&kind.text())) {
            let place = kind.location().map(|at| format!("{at}: ")).unwrap_or_default();
            return Err(format!("{place}a patch of a Secret would print its values; make it with the library").into());
        }
        nodes.extend(node.entries().map(|(_, value)| value));
        nodes.extend(node.items());
    }
    Ok(())
}

/// What one argument names.
#[derive(Clone)]
struct Side {
    docs: Vec<Document>,
}

impl Side {
    /// The only document, where it is no resource.
    fn plain(&self) -> Option<&Document> {
        let [doc] = &*self.docs else { return None };
        Resource::new(doc.clone()).is_err().then_some(doc)
    }

    fn resources(self) -> Result<ResourceSet, Failure> {
        Ok(self.docs.into_iter().map(Resource::new).collect::<Result<_, _>>()?)
    }
}

fn side(place: &str) -> Result<Side, Failure> {
    let path = Path::new(place);
    let docs = if place == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        documents("-", text)?
    } else if path.is_dir() {
        folder(path)?
    } else {
        documents(place, std::fs::read_to_string(path).map_err(|error| format!("{place}: {error}"))?)?
    };
    Ok(Side { docs })
}

fn documents(name: &str, text: String) -> Result<Vec<Document>, Failure> {
    let options = ReadOptions { aliases: Aliases::Expand, ..ReadOptions::default() };
    Ok(read(&SourceFile::new(name, text), &options)?)
}

/// A kustomization is rendered; of any other folder every manifest below it is read, in the order of their names.
fn folder(path: &Path) -> Result<Vec<Document>, Failure> {
    let names = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
    if names.iter().any(|name| path.join(name).is_file()) {
        let (files, root): (Disk, FilePath) = Disk::whole(path)?;
        let rendered = render(&files, &root, &RenderOptions::default())?;
        return Ok(rendered.resources.into_iter().map(Resource::into_document).collect());
    }
    let mut entries: Vec<_> = std::fs::read_dir(path)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    let mut docs = Vec::new();
    for entry in entries {
        let path = entry.path();
        let manifest = path.extension().is_some_and(|end| end == "yaml" || end == "yml" || end == "json");
        if path.is_dir() {
            docs.extend(folder(&path)?);
        } else if manifest {
            docs.extend(documents(&path.display().to_string(), std::fs::read_to_string(&path)?)?);
        }
    }
    Ok(docs)
}
