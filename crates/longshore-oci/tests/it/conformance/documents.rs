//! The image specification's own documents, and the artifact that Flux's rules give.

use std::path::Path;

use longshore_oci::artifact::{FluxOptions, Tree, pack_flux};
use longshore_oci::{Digest, Document, DocumentKind, check_document};
use longshore_testkit::Run;
use serde_json::Value;

use super::{Outcome, accepted, load, same, table, text};

pub(super) fn run(run: &mut Run, folder: &Path) {
    let doc = load(folder, "image-spec-schema.json");
    let file = "image-spec-schema";
    let tables = [
        ("Descriptor", DocumentKind::Descriptor),
        ("Manifest", DocumentKind::Manifest),
        ("ImageIndex", DocumentKind::Index),
        ("Config", DocumentKind::Config),
        ("ImageLayout", DocumentKind::Layout),
        ("BackwardsCompatibilityManifest", DocumentKind::Manifest),
        ("BackwardsCompatibilityImageIndex", DocumentKind::Index),
        ("BackwardsCompatibilityConfig", DocumentKind::Config),
    ];
    for (name, kind) in tables {
        table(run, file, &doc, name, |row| check(row, kind));
    }
    let golden = load(folder, "flux-artifact-golden.json");
    let mut suite = run.suite("oci/flux-artifact-golden");
    for (name, outcome) in flux(&golden) {
        suite.check(name, outcome);
    }
}

/// The recorded folder packed again: configuration, tar and manifest are Flux's bytes, but for Go's compressed layer.
fn flux(golden: &Value) -> Vec<(&'static str, Outcome)> {
    let tree = recorded_tree(golden);
    let wanted: Value = serde_json::from_str(text(golden, "manifest")).expect("the manifest is JSON");
    let annotation = |name: &str| text(&wanted["annotations"], &format!("org.opencontainers.image.{name}")).to_owned();
    let options =
        FluxOptions { source: annotation("source"), revision: annotation("revision"), ..FluxOptions::default() };
    let packed = pack_flux(&tree, &options);
    let [config, layer] = &packed.blobs[..] else { return vec![("blobs", Err("not two blobs".to_owned()))] };
    let manifest = String::from_utf8_lossy(packed.manifest.bytes())
        .replace(layer.descriptor.digest().as_ref(), text(golden, "go_gzip_sha256"))
        .replace(&format!("\"size\":{},", layer.descriptor.size()), &format!("\"size\":{},", golden["go_gzip_size"]));
    vec![
        ("config", same(text(golden, "config"), &String::from_utf8_lossy(&config.bytes))),
        ("config digest", same(text(golden, "config_digest"), config.descriptor.digest().as_ref())),
        ("tar size", same(golden["tar_size"].as_u64(), Some(tree.to_tar().len() as u64))),
        ("tar bytes", same(text(golden, "tar_sha256"), packed.content_id.as_str())),
        ("tar base64", same(text(golden, "tar_base64"), &base64(&tree.to_tar()))),
        ("manifest", same(text(golden, "manifest"), &manifest)),
        ("manifest digest", same(text(golden, "manifest_digest"), Digest::of(&manifest).as_str())),
    ]
}

fn recorded_tree(golden: &Value) -> Tree {
    let mut tree = Tree::new();
    for file in golden["files"].as_array().map(Vec::as_slice).unwrap_or_default() {
        let path = text(file, "path");
        match text(file, "type") {
            "----------" => tree.insert(path, text(file, "content").as_bytes(), text(file, "mode") == "755"),
            "d---------" if path != "." => tree.insert_folder(path),
            // Flux leaves links out, and the root is always there.
            _ => Ok(()),
        }
        .expect("a recorded path is one");
    }
    tree
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, &b| bits << 8 | u32::from(b)) << (8 * (3 - chunk.len()));
        let digit = |at: usize| char::from(ALPHABET[(bits >> (18 - 6 * at)) as usize & 63]);
        text.extend((0..4).map(|at| if at <= chunk.len() { digit(at) } else { '=' }));
    }
    text
}

fn check(row: &Value, kind: DocumentKind) -> Outcome {
    let bytes = text(row, "doc").as_bytes();
    match (row["fail"].as_bool().unwrap_or_default(), check_document(kind, bytes)) {
        (true, Ok(())) => return Err("accepted".to_owned()),
        (true, Err(_)) => return Ok(()),
        (false, outcome) => accepted(outcome)?,
    }
    if let Some(digest) = row["digest"].as_str() {
        same(digest, Digest::of(bytes).as_str())?;
    }
    if matches!(kind, DocumentKind::Manifest | DocumentKind::Index) {
        let read = Document::parse(bytes).map_err(|error| error.to_string())?;
        same((bytes, Digest::of(bytes)), (&**read.bytes(), read.digest().clone()))?;
        same(kind == DocumentKind::Index, read.index().is_some())?;
    }
    Ok(())
}
