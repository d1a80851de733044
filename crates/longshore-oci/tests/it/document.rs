//! Documents: bytes are kept, doubt is refused.

use longshore_oci::{Digest, Document, DocumentKind, check_document, media_type};

fn manifest(more: &str) -> String {
    let blob = |media_type: &str| format!(r#"{{"mediaType":"{media_type}","size":2,"digest":"{}"}}"#, Digest::of("{}"));
    format!(
        r#"{{ "schemaVersion": 2,{more} "config": {}, "layers": [{}] }}"#,
        blob(media_type::CONFIG),
        blob(media_type::LAYER)
    )
}

#[test]
fn bytes_and_unknown_fields_survive() {
    let text = manifest(r#" "x-unknown": {"b":1,"a":[ ]},"#);
    let found = Document::parse(text.as_bytes()).expect("it is a manifest");
    assert_eq!(&**found.bytes(), text.as_bytes());
    assert_eq!(found.digest(), &Digest::of(&text));
    assert_eq!(found.descriptor().size(), text.len() as u64);
    assert_eq!(found.media_type(), media_type::MANIFEST);
    assert_eq!(found.references().len(), 2);
}

#[track_caller]
fn refused(text: &str, expect: &str) {
    let error = Document::parse(text.as_bytes()).expect_err("it is no document");
    assert!(error.to_string().contains(expect), "{error}");
}

#[test]
fn a_document_of_two_kinds_is_refused() {
    refused(&manifest(r#" "manifests": [],"#), "refused as both a manifest and an index");
    refused(&manifest(&format!(r#" "mediaType": "{}","#, media_type::INDEX)), "its mediaType says otherwise");
    refused(&manifest(r#" "layers": [],"#), "field 'layers' stands twice");
    refused("{}", "neither a manifest nor an index");
    refused("{", "line 1 column 1");
    refused(r#"{"schemaVersion":1,"manifests":[]}"#, "/schemaVersion: expected 2");
    refused(r#"{"schemaVersion":2,"manifests":[{}]}"#, "/manifests/0/mediaType: expected a media type");
    refused(&format!(r#"{{"manifests":{}1{}}}"#, "[".repeat(300), "]".repeat(300)), "recursion limit");
}

#[test]
fn an_image_without_layers_is_read_though_the_schema_asks_for_one() {
    let text = manifest("").replace(r#""layers": ["#, r#""layers": [], "was": ["#);
    assert!(Document::parse(text.as_bytes()).is_ok());
    let error = check_document(DocumentKind::Manifest, text.as_bytes()).expect_err("the schema wants a layer");
    assert_eq!(error.to_string(), "/layers: expected at least one layer");
}
