//! Media types that registries and layouts meet.

/// An image manifest of OCI.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// An image index of OCI.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// An image configuration of OCI.
pub const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// A layer of OCI, not compressed.
pub const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
/// A layer of OCI under gzip.
pub const LAYER_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// The empty JSON object, where a configuration has nothing to say.
pub const EMPTY: &str = "application/vnd.oci.empty.v1+json";
/// An image manifest of Docker.
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// A manifest list of Docker.
pub const DOCKER_INDEX: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
/// The configuration of a Flux artifact.
pub const FLUX_CONFIG: &str = "application/vnd.cncf.flux.config.v1+json";
/// The content of a Flux artifact.
pub const FLUX_CONTENT: &str = "application/vnd.cncf.flux.content.v1.tar+gzip";

/// Whether a manifest has this type.
pub fn is_manifest(media_type: &str) -> bool {
    matches!(media_type, MANIFEST | DOCKER_MANIFEST)
}

/// Whether an index has this type.
pub fn is_index(media_type: &str) -> bool {
    matches!(media_type, INDEX | DOCKER_INDEX)
}

/// Whether a text is `type/subtype` by RFC 6838: each a letter or digit, then up to 126 of those and ``!#$&^_.+-``.
pub fn is_well_formed(text: &str) -> bool {
    let name = |part: &str| {
        part.len() <= 127
            && part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b))
    };
    text.split_once('/').is_some_and(|(kind, subtype)| name(kind) && name(subtype))
}
