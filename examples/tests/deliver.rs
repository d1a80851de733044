//! The example `deliver` leads drift back to the lines that declare it.

use std::path::Path;
use std::process::Command;

/// `declared at FILE:LINE` in what the example prints, with the text that it says stands there.
fn declared(output: &str) -> Vec<(String, usize, String)> {
    let lines = output.lines().filter_map(|line| line.trim().strip_prefix("declared at "));
    let with_text = lines.filter_map(|line| line.split_once("  "));
    let place = with_text.filter_map(|(place, text)| Some((place.rsplit_once(':')?, text)));
    place.map(|((file, line), text)| (file.to_owned(), line.parse().unwrap_or(0), text.to_owned())).collect()
}

/// The example as `cargo test` has built it; built now where only this test was asked for.
fn deliver() -> Command {
    let test = std::env::current_exe().expect("a test has a path");
    let built = test.ancestors().nth(2).map(|profile| profile.join("examples/deliver")).filter(|path| path.is_file());
    if let Some(built) = built {
        return Command::new(built);
    }
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["run", "--quiet", "-p", "longshore-examples", "--example", "deliver"]);
    cargo
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the shop lies on disk")]
fn drift_is_led_back_to_lines_of_the_shop() {
    let output = deliver().output().expect("the example runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let places = declared(&text);
    assert!(places.len() >= 7, "{text}");
    for (file, line, said) in places {
        let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("shop").join(&file);
        let shop = std::fs::read_to_string(shop).expect("the file is in the shop");
        assert_eq!(shop.lines().nth(line - 1).map(str::trim), Some(said.as_str()), "{file}:{line}");
    }
    for expect in
        ["kustomization.yaml:14  count: 4", "kustomization.yaml:27  newTag: 5.0.4", "deployment.yaml:28  value: redis"]
    {
        assert!(text.contains(expect), "{expect} is not in\n{text}");
    }
}
