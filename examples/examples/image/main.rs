//! Images on the paved path: a policy chooses a tag, the tag is resolved to a digest, the digest is locked, manifests are
//! pinned to the lock. Without a network: a store is a folder of image layouts, `STORE/REGISTRY/REPOSITORY`.
#![expect(clippy::disallowed_methods, reason = "a command-line program reads its arguments and files")]

mod arguments;
mod artifacts;
mod manifests;
mod store;

use std::error::Error;
use std::process::ExitCode;

use arguments::Arguments;
use longshore::oci::pin::{self, PinMode};
use longshore::oci::{Lock, Reference, Selection, TagPolicy, TagRecord};
use serde_json::json;
use store::Store;

const USAGE: &str = "usage: image COMMAND [ARGUMENTS] [--json]

  resolve --store DIR REFERENCE             the digest and platforms of a reference
  policy  POLICY (TAG... | --store DIR REPOSITORY)
                                            which tag a policy chooses, and why not the others
  lock    --store DIR [POLICY] FILE...      resolve every image of manifests, print a lock
  lock    --store DIR --verify LOCK         fail if a locked tag points elsewhere now
  pin     --lock LOCK [--write] FILE...     write the lock's digests into manifests; without --write, show the lines
  pin     --lock LOCK --check FILE...       fail if a manifest is not pinned to the lock
  mirror  --lock LOCK --store DIR --to REGISTRY [--target DIR]
                                            what a copy to another registry would do
  pack    FOLDER LAYOUT:NAME [--created SECONDS] [--source URL] [--revision REVISION]
  unpack  LAYOUT:NAME FOLDER
  diff    LAYOUT:NAME LAYOUT:NAME
  verify  LAYOUT [--collect]                check every digest; with --collect, remove what nothing points to

POLICY is one of --semver RANGE, --alphabetical ORDER, --numerical ORDER (as Flux does, with --filter PATTERN and
--extract TEMPLATE), or --argocd STRATEGY with --constraint TEXT and --ignore GLOB,GLOB.";

type Outcome = Result<ExitCode, Box<dyn Error>>;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            let mut source = error.source();
            while let Some(cause) = source {
                eprintln!("  because: {cause}");
                source = cause.source();
            }
            ExitCode::from(2)
        }
    }
}

fn run() -> Outcome {
    let mut words = std::env::args().skip(1);
    let command = words.next().unwrap_or_default();
    let arguments = Arguments::parse(words)?;
    match command.as_str() {
        "resolve" => resolve(&arguments),
        "policy" => policy(&arguments),
        "lock" => lock(&arguments),
        "pin" => pin(&arguments),
        "mirror" => artifacts::mirror(&arguments),
        "pack" => artifacts::pack(&arguments),
        "unpack" => artifacts::unpack(&arguments),
        "diff" => artifacts::diff(&arguments),
        "verify" => artifacts::verify(&arguments),
        "" | "help" | "--help" => {
            println!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        other => Err(format!("no command is named '{other}'\n{USAGE}").into()),
    }
}

fn resolve(arguments: &Arguments) -> Outcome {
    let store = Store::new(arguments.required("store")?);
    let [text] = arguments.words() else { return Err("resolve takes one reference".into()) };
    let reference = Reference::parse_normalized(text)?.with_default_tag();
    let found = store.resolve(&reference)?;
    let pinned = reference.with_digest(&found.digest);
    if arguments.json() {
        println!("{}", json!({"reference": reference, "pinned": pinned, "platforms": found.platforms}));
        return Ok(ExitCode::SUCCESS);
    }
    println!("{pinned}");
    for platform in &found.platforms {
        println!("  {} {}", platform.platform, platform.digest);
    }
    Ok(ExitCode::SUCCESS)
}

fn policy(arguments: &Arguments) -> Outcome {
    let policy = arguments.policy()?.ok_or("policy needs one of --semver, --alphabetical, --numerical and --argocd")?;
    let tags = match (arguments.option("store"), arguments.words()) {
        (Some(store), [repository]) => Store::new(store).tags(&Reference::parse_normalized(repository)?)?,
        (Some(_), _) => return Err("with --store, policy takes one repository".into()),
        (None, tags) => tags.iter().map(|name| TagRecord { name: name.clone(), created: None }).collect(),
    };
    let selection = policy.select(&tags);
    let winner = selection.winner();
    if arguments.json() {
        let explained = tags.iter().enumerate();
        let explained =
            explained.map(|(at, tag)| json!({"tag": tag.name, "because": policy.explain(&selection, &tags, at)}));
        let error = winner.as_ref().err().map(ToString::to_string);
        let chosen = winner.as_ref().ok().map(|&at| &tags[at].name);
        println!(
            "{}",
            json!({"policy": policy.spec(), "tag": chosen, "error": error, "tags": explained.collect::<Vec<_>>()})
        );
    } else {
        match &winner {
            Ok(at) => println!("{} is chosen by {}", tags[*at].name, policy.spec()),
            Err(reason) => println!("nothing is chosen by {}: {reason}", policy.spec()),
        }
        explain(&policy, &selection, &tags).iter().for_each(|line| println!("  {line}"));
    }
    Ok(if winner.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn explain(policy: &TagPolicy, selection: &Selection, tags: &[TagRecord]) -> Vec<String> {
    let width = tags.iter().map(|tag| tag.name.len()).max().unwrap_or_default();
    let line = |(at, tag): (usize, &TagRecord)| format!("{:width$}  {}", tag.name, policy.explain(selection, tags, at));
    tags.iter().enumerate().map(line).collect()
}

fn lock(arguments: &Arguments) -> Outcome {
    let store = Store::new(arguments.required("store")?);
    if let Some(path) = arguments.option("verify") {
        let lock = read_lock(path)?;
        let mismatches = lock.verify(|reference| store.resolve(reference).ok().map(|found| found.digest));
        let (all, bad) = (lock.entries().len(), mismatches.len());
        if arguments.json() {
            let mismatches: Vec<String> = mismatches.iter().map(ToString::to_string).collect();
            println!("{}", json!({"images": all, "mismatches": mismatches}));
        } else {
            mismatches.iter().for_each(|mismatch| eprintln!("{path}: {mismatch}"));
            println!("{} of {all} images are what the lock says", all - bad);
        }
        return Ok(if mismatches.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let policy = arguments.policy()?;
    let mut lock = Lock::new();
    for path in arguments.words() {
        let file = manifests::Manifests::read(path)?;
        for site in file.sites() {
            // What is not a reference cannot be locked; pinning says so where it stands.
            let Ok(reference) = Reference::parse_normalized(&site.text) else { continue };
            lock.insert(store.lock(&reference.without_digest(), policy.as_ref(), site)?);
        }
    }
    print!("{}", lock.to_json());
    Ok(ExitCode::SUCCESS)
}

fn read_lock(path: &str) -> Result<Lock, Box<dyn Error>> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    Lock::from_json(&text).map_err(|error| format!("{path}: {error}").into())
}

fn pin(arguments: &Arguments) -> Outcome {
    let lock = read_lock(arguments.required("lock")?)?;
    let mode = if arguments.flag("digest-only") { PinMode::DigestOnly } else { PinMode::TagAndDigest };
    let mut failed = false;
    let mut reports = Vec::new();
    for path in arguments.words() {
        let file = manifests::Manifests::read(path)?;
        let findings = if arguments.flag("check") {
            pin::check(file.sites(), &lock)
        } else {
            let pinned = pin::pin(file.text(), file.sites(), &lock, mode);
            let text = pin::apply(file.text(), &pinned.edits)?;
            let lines = manifests::changed_lines(file.text(), &text);
            if arguments.flag("write") && !lines.is_empty() {
                std::fs::write(path, &text).map_err(|error| format!("{path}: {error}"))?;
            }
            for (line, text) in &lines {
                reports.push(json!({"file": path, "line": line, "text": text}));
                if !arguments.json() {
                    println!("{path}:{line}:{text}");
                }
            }
            pinned.findings
        };
        for finding in &findings {
            failed = true;
            let place = file.place(finding.span.start);
            reports
                .push(json!({"file": path, "at": place, "image": finding.text, "problem": finding.kind.to_string()}));
            if !arguments.json() {
                println!("{place}: '{}' is {}", finding.text, finding.kind);
            }
        }
    }
    if arguments.json() {
        println!("{}", serde_json::Value::Array(reports));
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
