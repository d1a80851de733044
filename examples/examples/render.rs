//! Prints what `kustomize build DIR` prints, with its flags, its exit status and its warnings on standard error.
//!
//! ```text
//! cargo run --release --example render -- DIR [FLAGS]
//!   --load-restrictor LoadRestrictionsRootOnly|LoadRestrictionsNone
//!   --reorder legacy|none                 order of the resources (legacy is the default)
//!   --enable-managedby-label              label every resource with the program that made it
//!   -o, --output FILE|FOLDER              write there instead of to standard output
//!   --explain 'apps/v1/Deployment/prod/web:/spec/replicas'
//!                                         say which lines set a field and which transformer changed it
//!   --provenance                          print where each resource comes from, as comments above it
//! ```

#![expect(clippy::disallowed_methods, reason = "a command-line program reads its arguments and writes files")]

use std::path::Path;
use std::process::ExitCode;

use longshore::manifest::{Resource, ResourceSet};
use longshore::overlay::{LoadRestrictions, RenderOptions, Rendered, Reorder, render};
use longshore::source::Disk;

type Failure = Box<dyn std::error::Error>;

/// What the command line asks for.
#[derive(Default)]
struct Request {
    folder: Option<String>,
    options: RenderOptions,
    output: Option<String>,
    explain: Option<String>,
    provenance: bool,
}

fn main() -> ExitCode {
    match request(std::env::args().skip(1)).and_then(|request| run(&request)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("Error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn request(args: impl Iterator<Item = String>) -> Result<Request, Failure> {
    let mut request = Request::default();
    // `--flag=value` and `--flag value` are the same.
    let mut args = args.flat_map(|arg| match arg.split_once('=') {
        Some((flag, value)) if flag.starts_with("--") => vec![flag.to_owned(), value.to_owned()],
        _ => vec![arg],
    });
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("flag needs an argument: {arg}"));
        let options = std::mem::take(&mut request.options);
        request.options = match arg.as_str() {
            "--load-restrictor" => options.load_restrictions(load_restrictions(&value()?)?),
            "--reorder" => options.reorder(reorder(&value()?)?),
            "--enable-managedby-label" => options.managed_by_label(true),
            "--enable-helm" => {
                return Err("--enable-helm runs a program; embed the library with a chart renderer".into());
            }
            flag => {
                match flag {
                    "-o" | "--output" => request.output = Some(value()?),
                    "--explain" => request.explain = Some(value()?),
                    "--provenance" => request.provenance = true,
                    _ if flag.starts_with('-') => return Err(format!("unknown flag: {flag}").into()),
                    _ if request.folder.is_some() => return Err("specify one path to kustomization.yaml".into()),
                    folder => request.folder = Some(folder.to_owned()),
                }
                options
            }
        };
    }
    Ok(request)
}

fn load_restrictions(name: &str) -> Result<LoadRestrictions, Failure> {
    match name {
        "LoadRestrictionsRootOnly" => Ok(LoadRestrictions::RootOnly),
        "LoadRestrictionsNone" => Ok(LoadRestrictions::None),
        _ => Err(format!(
            "illegal flag value --load-restrictor {name}; legal values: LoadRestrictionsRootOnly, LoadRestrictionsNone"
        )
        .into()),
    }
}

fn reorder(name: &str) -> Result<Reorder, Failure> {
    match name {
        "legacy" => Ok(Reorder::Legacy),
        "none" => Ok(Reorder::None),
        _ => Err(format!("illegal flag value --reorder {name}; legal values: legacy, none").into()),
    }
}

fn run(request: &Request) -> Result<(), Failure> {
    let (files, root) = Disk::whole(request.folder.as_deref().unwrap_or("."))?;
    let explained = request.provenance || request.explain.is_some();
    let rendered = render(&files, &root, &request.options.clone().provenance(explained))?;
    for warning in &rendered.warnings {
        eprintln!("{}", warning.message);
    }
    if let Some(field) = &request.explain {
        println!("{}", rendered.explain(field)?);
        return Ok(());
    }
    let text = if request.provenance { with_origins(&rendered)? } else { rendered.to_yaml()? };
    match &request.output {
        Some(place) if Path::new(place).is_dir() => write_each(Path::new(place), &rendered.resources)?,
        Some(place) => std::fs::write(place, text)?,
        None => print!("{text}"),
    }
    Ok(())
}

/// The output with a comment above each resource that says where it comes from.
fn with_origins(rendered: &Rendered) -> Result<String, Failure> {
    let mut out = String::new();
    for (index, resource) in rendered.resources.iter().enumerate() {
        if index > 0 {
            out.push_str("---\n");
        }
        if let Some(origin) = rendered.origin(index) {
            out.push_str(&origin);
            out.push('\n');
        }
        longshore::yaml::emit_build_into(&mut out, resource.root())?;
    }
    Ok(out)
}

/// Each resource in a file of its own, named by type, namespace where there are several, and name.
fn write_each(folder: &Path, resources: &ResourceSet) -> Result<(), Failure> {
    let namespace = |resource: &Resource| resource.namespace().unwrap_or("default").to_lowercase();
    let several = resources.iter().any(|resource| namespace(resource) != namespace(&resources.as_slice()[0]));
    for resource in resources {
        let gvk = resource.gvk();
        let type_name = [gvk.group, gvk.version, gvk.kind].into_iter().filter(|part| !part.is_empty());
        let type_name = type_name.collect::<Vec<_>>().join("_").to_lowercase();
        let place = if several { format!("{}_", namespace(resource)) } else { String::new() };
        let name = format!("{place}{type_name}_{}.yaml", resource.name().to_lowercase());
        std::fs::write(folder.join(name), longshore::yaml::emit_build(resource.document())?)?;
    }
    Ok(())
}
