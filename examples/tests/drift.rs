//! The example `drift` reads what a repository declares, wherever it lies.

use std::path::Path;
use std::process::Command;

/// The example as `cargo test` has built it; built now where only this test was asked for.
fn drift() -> Command {
    let test = std::env::current_exe().expect("a test has a path");
    let built = test.ancestors().nth(2).map(|profile| profile.join("examples/drift")).filter(|path| path.is_file());
    if let Some(built) = built {
        return Command::new(built);
    }
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["run", "--quiet", "-p", "longshore-examples", "--example", "drift", "--"]);
    cargo
}

fn git(folder: &Path, arguments: &[&str]) {
    let author = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"];
    let status = Command::new("git").current_dir(folder).args(author).args(arguments).status().expect("git is there");
    assert!(status.success(), "git {arguments:?}");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a repository is a folder")]
fn a_repository_is_read_by_path_and_by_url() {
    let folder = tempfile::tempdir().expect("there is room");
    let web = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: shop}\ndata: {color: blue}\n";
    std::fs::write(folder.path().join("web.yaml"), web).expect("it can be written");
    git(folder.path(), &["init", "--quiet"]);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "--quiet", "--message", "Open the shop"]);
    let live = tempfile::tempdir().expect("there is room");
    let live = live.path().join("live.yaml");
    std::fs::write(&live, web.replace("blue", "red")).expect("it can be written");

    let path = folder.path().to_str().expect("the path is text");
    for repository in [path.to_owned(), format!("file://{path}")] {
        let output = drift()
            .args(["--desired", &format!("{repository}@HEAD"), "--live"])
            .arg(&live)
            .output()
            .expect("the example runs");
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{text}{}", String::from_utf8_lossy(&output.stderr));
        assert!(text.contains("data.color") && text.contains("web.yaml:4"), "{text}");
    }
    let nowhere = drift().args(["--desired", "file:///nowhere@HEAD", "--live"]).arg(&live).output();
    assert_eq!(nowhere.expect("the example runs").status.code(), Some(2));
}
