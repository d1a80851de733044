//! Inputs made to hurt: each is refused with a named error, or read, in time and memory in proportion to its size.

use longshore_yaml::{
    Aliases, Document, Limits, ListIndent, ReadOptions, SourceFile, emit_build, emit_kyaml, read, read_bytes,
    read_stream,
};

const K: usize = 1_000;

/// What is to come of an input.
enum Expect {
    /// It is read; the number of its documents.
    Docs(usize),
    /// It is refused in these words.
    Error(&'static str),
}
use Expect::{Docs, Error};

fn nested(open: &str, inner: &str, close: &str, count: usize) -> String {
    format!("{}{inner}{}", open.repeat(count), close.repeat(count))
}

/// `a0: &a0 [x, …]`, then each line a list of ten aliases of the line before.
fn bomb(lines: usize) -> String {
    let mut text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for line in 1..lines {
        let aliases = vec![format!("*a{}", line - 1); 10].join(",");
        text.push_str(&format!("a{line}: &a{line} [{aliases}]\n"));
    }
    text
}

fn indented_maps(count: usize) -> String {
    (0..count).map(|depth| format!("{}k:\n", " ".repeat(depth))).collect()
}

/// Sixty-odd inputs, up to a few megabytes each.
fn table() -> Vec<(&'static str, String, Expect)> {
    let deep = Error("exceeded max depth of 1000");
    let deep = || match &deep {
        Error(text) => Error(text),
        Docs(count) => Docs(*count),
    };
    let many = 100 * K;
    vec![
        // Nesting
        ("flow sequences", "[".repeat(many), deep()),
        ("flow sequences, closed", nested("[", "", "]", many), deep()),
        ("flow mappings", "{a: ".repeat(many), deep()),
        ("flow mappings without keys", "{".repeat(many), deep()),
        ("flow of both kinds", "[{a: ".repeat(many), deep()),
        ("flow inside a block", format!("k:\n  - {}", "[".repeat(many)), deep()),
        ("block sequences on one line", "- ".repeat(many), deep()),
        ("complex keys on one line", "? ".repeat(many), deep()),
        ("complex keys and items on one line", "? - ".repeat(many), deep()),
        ("empty keys on one line", ": ".repeat(many), Error("did not find expected key")),
        ("block mappings", indented_maps(2 * K), deep()),
        ("exactly as deep as may be", nested("[", "", "]", 1_000), Docs(1)),
        ("one deeper", nested("[", "", "]", 1_001), deep()),
        ("block mappings as deep as may be", indented_maps(1_000), Docs(1)),
        // Many of one thing
        (
            "two hundred thousand keys without values",
            "? a\n".repeat(200 * K),
            Error("mapping key \"a\" already defined at line 1"),
        ),
        ("different keys without values", (0..20 * K).map(|n| format!("? {n}\n")).collect(), Docs(1)),
        ("keys of one mapping", (0..20 * K).map(|n| format!("k{n}: 1\n")).collect(), Docs(1)),
        (
            "keys of one flow mapping",
            format!("{{{}}}", (0..20 * K).map(|n| format!("k{n}: 1,")).collect::<String>()),
            Docs(1),
        ),
        ("items", "- a\n".repeat(50 * K), Docs(1)),
        ("items of a flow sequence", format!("[{}]", "a,".repeat(50 * K)), Docs(1)),
        ("single pairs in a flow sequence", format!("[{}]", "a: b,".repeat(20 * K)), Docs(1)),
        ("commas", format!("[{}]", ",".repeat(many)), Error("did not find expected node content")),
        ("question marks in flow", format!("[{}]", "? ,".repeat(many)), Error("did not find expected ',' or ']'")),
        ("documents", "a: 1\n---\n".repeat(20 * K), Docs(20 * K)),
        ("empty documents", "---\n".repeat(50 * K), Docs(0)),
        ("ends of documents", "...\n".repeat(50 * K), Error("did not find expected node content")),
        (
            "directives",
            (0..90).map(|n| format!("%TAG !x{n}! tag:x\n")).collect(),
            Error("did not find expected <document start>"),
        ),
        (
            "directives without end",
            (0..20 * K).map(|n| format!("%TAG !x{n}! tag:x\n")).collect(),
            Error("exceeded max count of 100 %TAG directives"),
        ),
        ("unknown directives", "%FOO\n".repeat(many), Error("found unknown directive name")),
        ("comments", "# c\n".repeat(50 * K), Docs(0)),
        ("comments before a key", format!("{}a: 1\n", "# c\n".repeat(20 * K)), Docs(1)),
        ("a comment at every item", "- a # c\n".repeat(20 * K), Docs(1)),
        ("comments with empty lines between", format!("{}a: 1\n", "# c\n\n".repeat(20 * K)), Docs(1)),
        (
            "comments that step to the left",
            (0..900).rev().map(|n| format!("{}# c\n", " ".repeat(n))).collect::<String>() + "a: 1\n",
            Docs(1),
        ),
        ("one long comment", format!("a: 1 # {}\n", "c".repeat(250 * K)), Docs(1)),
        ("empty lines", "\n".repeat(250 * K), Docs(0)),
        ("spaces", " ".repeat(250 * K), Docs(0)),
        ("tabs", "\t".repeat(many), Error("found character that cannot start any token")),
        // Aliases
        ("exponential aliases", bomb(30), Error("document contains excessive aliasing")),
        (
            "quadratic aliases",
            format!("a: &a [{}]\nb: [{}]\n", "x,".repeat(20 * K), "*a,".repeat(20 * K)),
            Error("document contains excessive aliasing"),
        ),
        ("an alias of itself", "a: &a [*a]\n".into(), Error("anchor 'a' value contains itself")),
        ("an alias of itself as a key", "&a {*a : 1}\n".into(), Error("anchor 'a' value contains itself")),
        ("an alias of nothing", "a: *b\n".into(), Error("unknown anchor 'b' referenced")),
        ("anchors of one name", "- &a b\n".repeat(20 * K), Docs(1)),
        ("anchors of many names", (0..20 * K).map(|n| format!("- &a{n} b\n")).collect(), Docs(1)),
        (
            "a tower of aliases",
            (1..2 * K).fold("a0: &a0 x\n".to_owned(), |text, n| text + &format!("a{n}: &a{n} [*a{}]\n", n - 1)),
            Error("exceeded max depth of 1000"),
        ),
        (
            "merges of merges",
            (1..40).fold("a0: &a0 {k: 1}\n".to_owned(), |text, n| {
                text + &format!("a{n}: &a{n} {{<<: [*a{0}, *a{0}]}}\n", n - 1)
            }),
            Error("document contains excessive aliasing"),
        ),
        ("one long anchor", format!("&{} b\n", "a".repeat(250 * K)), Docs(1)),
        ("one long alias", format!("*{}\n", "a".repeat(K)), Error("unknown anchor")),
        // Texts
        (
            "a key of more than 1024 characters",
            format!("{}: 1\n", "k".repeat(1_025)),
            Error("mapping values are not allowed in this context"),
        ),
        (
            "a quoted key of more than 1024 characters",
            format!("'{}': 1\n", "k".repeat(1_025)),
            Error("mapping values are not allowed in this context"),
        ),
        (
            "a key of megabytes",
            format!("{}: 1\n", "k".repeat(250 * K)),
            Error("mapping values are not allowed in this context"),
        ),
        ("megabytes of plain text", format!("a: {}\n", "word ".repeat(20 * K)), Docs(1)),
        ("megabytes of plain lines", format!("a:\n{}", "  word\n".repeat(50 * K)), Docs(1)),
        ("megabytes of escapes", format!("\"{}\"", "\\u263A".repeat(300 * K)), Docs(1)),
        ("megabytes of escaped quotes", format!("'{}'", "''".repeat(500 * K)), Docs(1)),
        ("megabytes of escaped line breaks", format!("\"{}\"", "\\\n".repeat(250 * K)), Docs(1)),
        ("megabytes of lines in quotes", format!("\"{}\"", "a\n".repeat(250 * K)), Docs(1)),
        ("a literal of empty lines", format!("a: |+\n{}", "\n".repeat(500 * K)), Docs(1)),
        (
            "a literal of ever wider empty lines",
            format!("a: |\n{}", (0..2 * K).map(|n| " ".repeat(n) + "\n").collect::<String>()),
            Docs(1),
        ),
        ("colons", ":".repeat(250 * K), Error("mapping values are not allowed in this context")),
        ("dashes", "-".repeat(250 * K), Docs(1)),
        ("tags", "!".repeat(many), Docs(1)),
        ("megabytes of a tag", format!("!{} a\n", "t".repeat(250 * K)), Docs(1)),
        ("an escape for no character", "\"\\uD800\"".into(), Error("found invalid Unicode character escape code")),
        ("an escape that ends", "\"\\u12".into(), Error("did not find expected hexadecimal number")),
        ("a tag with half a character", "!%C3 a".into(), Error("did not find URI escaped octet")),
        (
            "a version of many digits",
            format!("%YAML 1.{}\n---\n", "1".repeat(many)),
            Error("found extremely long version number"),
        ),
        // Unterminated
        ("single quotes", format!("'{}", "a".repeat(250 * K)), Error("found unexpected end of stream")),
        ("double quotes", format!("\"{}", "a\n".repeat(250 * K)), Error("found unexpected end of stream")),
        ("double quotes that end in a backslash", "\"a\\".into(), Error("found unknown escape character")),
        ("a flow sequence", format!("[{}", "a,".repeat(many)), Error("did not find expected node content")),
        ("a flow mapping", format!("{{{}", "a: b,".repeat(many)), Error("did not find expected node content")),
        ("a closing bracket too many", "]".into(), Error("did not find expected node content")),
        ("a tag", "!<tag".into(), Error("did not find the expected '>'")),
        ("a directive", "%YAML".into(), Error("did not find expected version number")),
        ("a block scalar's header", "a: |".into(), Docs(1)),
        (
            "a block scalar's header with a wrong hint",
            "a: |0\n".into(),
            Error("found an indentation indicator equal to 0"),
        ),
        // Characters
        ("a control character", "a: \u{1}\n".into(), Error("control characters are not allowed")),
        ("a zero", "a: \0\n".into(), Error("control characters are not allowed")),
        ("a delete character", "a: \u{7f}\n".into(), Error("control characters are not allowed")),
        ("a noncharacter", "a: \u{ffff}\n".into(), Error("control characters are not allowed")),
        ("byte order marks in the middle", "a: \u{feff}\n\u{feff}b: 1\n".into(), Error("did not find expected key")),
        ("byte order marks", "\u{feff}".repeat(many), Docs(1)),
        ("line separators", "a:\u{2028}b\u{2029}\u{85}c\n".into(), Error("could not find expected ':'")),
        ("carriage returns", "\r".repeat(500 * K), Docs(0)),
    ]
}

#[test]
fn every_hostile_input_is_read_or_refused() {
    let table = table();
    assert!(table.len() >= 60, "the table has {} inputs", table.len());
    let mut wrong = Vec::new();
    for (name, text, expect) in &table {
        let outcome = read(&SourceFile::new("hostile", text.as_str()), &ReadOptions::default());
        let as_expected = match (&outcome, expect) {
            (Ok(docs), Docs(count)) => docs.len() == *count,
            (Err(error), Error(message)) => error.message().starts_with(message),
            _ => false,
        };
        if !as_expected {
            let found =
                outcome.map(|docs| format!("{} documents", docs.len())).unwrap_or_else(|error| error.to_string());
            wrong.push(format!("{name}: {}", found.chars().take(200).collect::<String>()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_was_read_is_printed_copied_compared_and_bridged() {
    for (name, text, _) in table() {
        let options = ReadOptions { aliases: Aliases::Expand, ..ReadOptions::default() };
        let Ok(docs) = read(&SourceFile::new("hostile", text), &options) else { continue };
        for doc in docs.iter().take(3) {
            let text = emit_kyaml([doc], ListIndent::Wide);
            assert!(doc.root().is_null() || !text.is_empty(), "{name}");
            drop(emit_build(doc));
            drop(doc.root().to_json());
            let copy = Document::from_node(doc.root());
            assert!(copy == *doc, "{name}");
        }
    }
}

/// A tree deeper than any text may be, made by a program.
#[test]
fn a_made_tree_of_any_depth_is_printed_copied_and_compared() {
    let mut doc = Document::new();
    let mut node = doc.add_null();
    for _ in 0..3 * K {
        let seq = doc.add_sequence();
        doc.seq_push(seq, node);
        let map = doc.add_mapping();
        doc.map_set(map, "k", seq);
        node = map;
    }
    doc.set_root(node);
    let copy = Document::from_node(doc.root());
    assert!(copy == doc);
    doc.compact();
    assert!(copy == doc);
    assert!(emit_kyaml([&doc], ListIndent::Compact).len() > 9 * K);
    let message = "collections are nested more than 1000 deep";
    assert_eq!(emit_build(&doc).expect_err("too deep").message(), message);
    assert!(doc.root().to_json().is_err());
    assert!(serde_json::to_string(&doc).is_err());
    assert!(longshore_yaml::from_node::<serde::de::IgnoredAny>(doc.root()).is_ok());
    assert!(longshore_yaml::from_node::<serde_json::Value>(doc.root()).is_err());
}

#[track_caller]
fn limited(text: &str, limits: Limits, message: &str) {
    let options = ReadOptions { limits, ..ReadOptions::default() };
    let error = read(&SourceFile::new("f", text), &options).expect_err("over the limit");
    assert_eq!(error.to_string(), message);
}

#[test]
fn every_limit_has_a_named_error() {
    let limits = Limits::default;
    limited(
        "[[[1]]]",
        Limits { depth: 2, ..limits() },
        "f:1:3: exceeded max depth of 2 (raise the limit `depth` if the text is trusted)",
    );
    limited(
        "a: 1\n",
        Limits { bytes: 4, ..limits() },
        "f:1:1: exceeded max size of 4 bytes (raise the limit `bytes` if the text is trusted)",
    );
    limited(
        "a\n---\nb\n---\nc\n",
        Limits { documents: 2, ..limits() },
        "f:5:1: exceeded max count of 2 documents (raise the limit `documents` if the text is trusted)",
    );
    limited(
        "a: &a [1, 2]\nb: [*a, *a]\n",
        Limits { alias_nodes: 4, ..limits() },
        "f:2:9: document contains excessive aliasing (raise the limit `alias_nodes` if the text is trusted)",
    );
    limited(
        "a: 1 # 1\nb: 2 # 2\n",
        Limits { comments: 1, ..limits() },
        "f:2:6: exceeded max count of 1 comments (raise the limit `comments` if the text is trusted)",
    );
}

#[test]
fn bytes_that_are_no_text_are_refused_where_they_stand() {
    let error = |bytes: &[u8]| read_bytes("f", bytes, &ReadOptions::default()).expect_err("no text").to_string();
    assert_eq!(error(b"a: 1\nb: \xff\n"), "f:2:4: invalid UTF-8 (save the file as UTF-8)");
    assert_eq!(error(b"\xff\xfea\0\x00\xd8"), "f:1:1: unexpected low surrogate area");
    assert_eq!(error(b"\xfe\xff\0"), "f:1:1: incomplete UTF-16 character");
    let docs = read_bytes("f", b"\xfe\xff\0a\0:\0 \0\xe9", &ReadOptions::default()).expect("UTF-16");
    assert_eq!(docs[0].root().get("a").and_then(|node| node.as_str()), Some("é"));
}

#[test]
fn a_stream_is_bounded_as_pieces_are() {
    let file = SourceFile::new("f", "--- a\n".repeat(1_000));
    let options = ReadOptions { limits: Limits { documents: 10, ..Limits::default() }, ..ReadOptions::default() };
    let error = read_stream(&file, &options).expect_err("over the limit");
    assert_eq!(error.message(), "exceeded max count of 10 documents");
}
