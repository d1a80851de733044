//! What the command line asks for.

use std::path::PathBuf;

use longshore::pipeline::Context;

pub(crate) type Failure = Box<dyn std::error::Error>;

/// What to do.
pub(crate) enum Command {
    Compile,
    Lint,
    Explain(Vec<String>),
    Diff(PathBuf),
    Affected(Vec<String>),
    Plan,
}

/// All that the command line says.
pub(crate) struct Request {
    pub(crate) command: Command,
    pub(crate) file: PathBuf,
    pub(crate) context: Context,
    pub(crate) json: bool,
    pub(crate) svg: Option<PathBuf>,
    pub(crate) workers: u32,
    pub(crate) durations: Option<PathBuf>,
}

/// Values of flags before they are put together.
#[derive(Default)]
struct Flags {
    kind: Option<Context>,
    variables: Vec<(String, String)>,
    changed: Option<Vec<String>>,
    json: bool,
    svg: Option<PathBuf>,
    workers: Option<u32>,
    durations: Option<PathBuf>,
}

pub(crate) fn request(args: impl Iterator<Item = String>) -> Result<Request, Failure> {
    // `--flag=value` and `--flag value` are the same.
    let mut args = args.flat_map(|arg| match arg.split_once('=') {
        Some((flag, value)) if flag.starts_with("--") && flag != "--var" => vec![flag.to_owned(), value.to_owned()],
        _ => vec![arg],
    });
    let mut flags = Flags::default();
    let mut plain = Vec::new();
    while let Some(arg) = args.next() {
        if !arg.starts_with("--") {
            plain.push(arg);
            continue;
        }
        let mut value = || args.next().ok_or_else(|| format!("flag needs an argument: {arg}"));
        match arg.as_str() {
            "--branch" => flags.kind = Some(Context::branch(&value()?)),
            "--tag" => flags.kind = Some(Context::tag(&value()?)),
            "--merge-request" => flags.kind = Some(Context::merge_request(&value()?)),
            "--schedule" => flags.kind = Some(Context::schedule(&value()?)),
            "--changed" => flags.changed = Some(value()?.split(',').map(str::to_owned).collect()),
            "--var" => {
                let value = value()?;
                let (key, value) = value.split_once('=').ok_or("--var needs KEY=VALUE")?;
                flags.variables.push((key.to_owned(), value.to_owned()));
            }
            "--json" => flags.json = true,
            "--svg" => flags.svg = Some(value()?.into()),
            "--workers" => flags.workers = Some(value()?.parse().map_err(|_| "--workers needs a number")?),
            "--durations" => flags.durations = Some(value()?.into()),
            flag => return Err(format!("unknown flag: {flag}").into()),
        }
    }
    put_together(plain, flags)
}

fn put_together(plain: Vec<String>, flags: Flags) -> Result<Request, Failure> {
    const USAGE: &str = "pipeline -- compile|lint|explain|diff|affected|plan FILE […]";
    let mut plain = plain.into_iter();
    let (Some(command), Some(file)) = (plain.next(), plain.next()) else {
        return Err(format!("expected a command and a file: {USAGE}").into());
    };
    let rest: Vec<String> = plain.collect();
    let command = match (command.as_str(), rest.as_slice()) {
        ("compile", []) => Command::Compile,
        ("lint", []) => Command::Lint,
        ("plan", []) => Command::Plan,
        ("explain", _) => Command::Explain(rest),
        ("affected", [_, ..]) => Command::Affected(rest),
        ("diff", [other]) => Command::Diff(other.into()),
        _ => return Err(format!("{command} does not go with {} more arguments: {USAGE}", rest.len()).into()),
    };
    let mut context = flags.kind.unwrap_or_else(|| Context::branch("main"));
    for (key, value) in &flags.variables {
        context = context.variable(key, value);
    }
    if let Some(changed) = flags.changed {
        context = context.changed(changed);
    }
    let workers = flags.workers.unwrap_or(4).max(1);
    let Flags { json, svg, durations, .. } = Flags { kind: None, changed: None, ..flags };
    Ok(Request { command, file: file.into(), context, json, svg, workers, durations })
}
