//! Rendering of kustomize trees, beside `kubectl kustomize` where that is on PATH: processor time and peak memory of whole
//! processes, growth from 100 to 50,000 objects, and what the transformations cost over parsing and printing.
//!
//! With `--long` every shape of 3,000 objects is rendered beside the peer, which takes it minutes each.
//!
//! Every tree is made here. Before anything is timed, the bytes are compared with the peer's, or without it with the
//! bytes of a second run over the same tree in memory.

#![expect(clippy::disallowed_methods, reason = "a benchmark writes trees, runs processes and reads the clock")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use longshore::overlay::{RenderOptions, render};
use longshore::source::{Disk, FilePath, Files, Memory};
use longshore::yaml::{ReadOptions, SourceFile, emit_build_all, read};
use longshore_benches::smoke;
use longshore_benches::trees::{ROOT, Shape, tree};

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let [_, flag, folder] = args.as_slice()
        && flag == "--render"
    {
        print!("{}", build(&Disk::new(folder).expect("the tree lies on disk")));
        return;
    }
    let sizes: &[usize] = if smoke() { &[10, 100] } else { &[10, 1_000, 3_000] };
    beside_kubectl(sizes);
    memory_beside_kubectl(if smoke() { 100 } else { 1_000 });
    growth(if smoke() { &[100, 400] } else { &[100, 1_000, 10_000, 50_000] });
    cost_of_transforming(if smoke() { 100 } else { 3_000 });
    cost_of_provenance(if smoke() { 100 } else { 3_000 });
}

fn root() -> FilePath {
    ROOT.parse().expect("the root is a path")
}

fn build(files: &dyn Files) -> String {
    let rendered = render(files, &root(), &RenderOptions::default()).unwrap_or_else(|error| panic!("{error}"));
    rendered.to_yaml().unwrap_or_else(|error| panic!("{error}"))
}

fn make(shape: Shape, objects: usize) -> Memory {
    tree(shape, objects).expect("the paths of a tree are paths")
}

fn kubectl_is_there() -> bool {
    Command::new("kubectl").arg("version").arg("--client").output().is_ok()
}

fn this_program(folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
    command.arg("--render").arg(folder);
    command
}

fn kubectl(folder: &Path) -> Command {
    let mut command = Command::new("kubectl");
    command.arg("kustomize").arg(folder.join(ROOT));
    command
}

/// Whole processes, ours and the peer's, on the same folder.
fn beside_kubectl(sizes: &[usize]) {
    let peer = kubectl_is_there();
    println!("\nwhole process, seconds of processor time{}", if peer { "" } else { " (no kubectl on PATH)" });
    println!("  {:<14} {:>8} {:>12} {:>12} {:>10}", "shape", "objects", "longshore", "kubectl", "ratio");
    for &objects in sizes {
        // Minutes of the peer's time for each shape: one is enough to show the growth, unless all are asked for.
        let all = objects <= 1_000 || std::env::args().any(|arg| arg == "--long");
        let shapes = if all { &Shape::EACH[..] } else { &Shape::EACH[..1] };
        for &shape in shapes {
            let folder = tempfile::tempdir().expect("a temporary folder");
            write(&make(shape, objects), folder.path());
            let bytes = build(&make(shape, objects));
            let ours = process_time(if objects > 100 { 5 } else { 40 }, || {
                run(&mut this_program(folder.path()), &bytes);
            });
            let theirs = peer.then(|| process_time(1, || run(&mut kubectl(folder.path()), &bytes)));
            print!("  {:<14} {objects:>8} {ours:>12.4}", shape.name());
            match theirs {
                Some(theirs) => println!(" {theirs:>12.3} {:>9.0}x", theirs / ours),
                None => println!(),
            }
        }
    }
}

/// Peak memory of whole processes, ours and the peer's (Linux only).
fn memory_beside_kubectl(objects: usize) {
    println!("\npeak memory of a whole process, MiB, {objects} objects");
    for shape in [Shape::EACH[0], Shape::EACH[Shape::EACH.len() - 1]] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        write(&make(shape, objects), folder.path());
        let Some(ours) = peak_memory(this_program(folder.path())) else { return };
        print!("  {:<14} {ours:>9.1}", shape.name());
        match kubectl_is_there().then(|| peak_memory(kubectl(folder.path()))).flatten() {
            Some(theirs) => println!(" of {theirs:>9.1}: {:.2}x", ours / theirs),
            None => println!(),
        }
    }
}

/// The most memory that a process held, as often as it can be asked while it runs.
fn peak_memory(mut command: Command) -> Option<f64> {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the process starts");
    let (status, mut peak) = (format!("/proc/{}/status", child.id()), None);
    while child.try_wait().expect("the process is ours").is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok()).or(peak);
        std::thread::sleep(std::time::Duration::from_micros(200));
    }
    peak.map(|kib| kib / 1024.0)
}

/// Runs a process and holds its output against what is expected.
fn run(command: &mut Command, expected: &str) {
    let output = command.stderr(Stdio::null()).output().expect("the process starts");
    assert!(output.status.success(), "the process failed");
    assert!(output.stdout == expected.as_bytes(), "the outputs differ");
}

fn write(files: &Memory, folder: &Path) {
    for (path, bytes) in files.iter() {
        let path = folder.join(path.as_str());
        std::fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("the folder is ours");
        std::fs::write(path, bytes).expect("the folder is ours");
    }
}

/// Seconds of processor time that each of `times` runs took, of processes that ended in the meantime.
fn process_time(times: u32, mut work: impl FnMut()) -> f64 {
    let before = children_ticks();
    let wall = Instant::now();
    for _ in 0..times {
        work();
    }
    match (before, children_ticks()) {
        (Some(before), Some(after)) => (after - before).max(1) as f64 / 100.0 / f64::from(times),
        // Where the system does not tell, time on the clock has to do.
        _ => wall.elapsed().as_secs_f64() / f64::from(times),
    }
}

/// User and system time of all children waited for, in hundredths of a second (Linux only).
fn children_ticks() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    Some(fields.get(13)?.parse::<u64>().ok()? + fields.get(14)?.parse::<u64>().ok()?)
}

/// Seconds on the clock: the best of a few runs, which is the one least disturbed.
fn best<T>(times: usize, mut work: impl FnMut() -> T) -> f64 {
    let seconds = (0..times).map(|_| {
        let start = Instant::now();
        std::hint::black_box(work());
        start.elapsed().as_secs_f64()
    });
    seconds.fold(f64::INFINITY, f64::min)
}

/// The exponent with which time grows: 1 is linear.
fn growth(sizes: &[usize]) {
    println!("\ngrowth in memory, milliseconds");
    for shape in Shape::EACH {
        let points: Vec<(usize, f64)> = sizes
            .iter()
            .map(|&objects| {
                let files = make(shape, objects);
                (objects, best(if objects > 5_000 { 2 } else { 5 }, || build(&files)))
            })
            .collect();
        print!("  {:<14}", shape.name());
        for (objects, seconds) in &points {
            print!(" {objects:>6}: {:>9.2}", seconds * 1e3);
        }
        let (first, last) = (points[0], points[points.len() - 1]);
        let exponent = (last.1 / first.1).ln() / (last.0 as f64 / first.0 as f64).ln();
        println!("   exponent {exponent:.2}");
    }
}

/// What a build does beside parsing its input files and printing its output, against those two.
fn cost_of_transforming(objects: usize) {
    println!("\ntransforming over parsing and printing the same bytes, {objects} objects");
    for shape in Shape::EACH {
        let files = make(shape, objects);
        let output = build(&files);
        let inputs: Vec<String> = files
            .iter()
            .filter(|(path, _)| path.as_str().ends_with(".yaml"))
            .map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned())
            .collect();
        let printed = parse(&output);
        let (mut both, mut whole) = (f64::INFINITY, f64::INFINITY);
        // In turn, so that a change of the machine's speed meets both alike.
        for _ in 0..9 {
            both = both.min(best(1, || {
                let docs: Vec<_> = inputs.iter().map(|text| parse(text)).collect();
                (docs, emit_build_all(&printed).expect("the output prints"))
            }));
            whole = whole.min(best(1, || build(&files)));
        }
        let transforming = (whole - both).max(0.0);
        println!(
            "  {:<14} {:>9.2} ms over {:>9.2} ms: {:.2}x",
            shape.name(),
            transforming * 1e3,
            both * 1e3,
            transforming / both
        );
    }
}

/// A build that keeps where each field came from against one that does not.
fn cost_of_provenance(objects: usize) {
    println!("\nbuild with provenance over build without, {objects} objects");
    for shape in Shape::EACH {
        let files = make(shape, objects);
        let with = |provenance| {
            let options = RenderOptions::new().provenance(provenance);
            let rendered = render(&files, &root(), &options).unwrap_or_else(|error| panic!("{error}"));
            rendered.to_yaml().unwrap_or_else(|error| panic!("{error}"))
        };
        assert!(with(true) == with(false), "provenance changes the output");
        let (mut traced, mut plain) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..5 {
            traced = traced.min(best(1, || with(true)));
            plain = plain.min(best(1, || with(false)));
        }
        println!(
            "  {:<14} {:>9.2} ms over {:>9.2} ms: {:.2}x",
            shape.name(),
            traced * 1e3,
            plain * 1e3,
            traced / plain
        );
    }
}

fn parse(text: &str) -> Vec<longshore::yaml::Document> {
    read(&SourceFile::new("input", text), &ReadOptions::default()).expect("the input is YAML")
}
