//! From an artifact's manifest back to the files of all its layers.

use std::error::Error;

use oci_spec::image::Descriptor;

use super::oras::TITLE;
use super::tree::Tree;
use super::unpack::{UnpackError, UnpackLimits, unpack};
use crate::digest::Digest;
use crate::document::Document;
use crate::hasher::Verifier;
use crate::media_type;

/// On a titled layer of ORAS: it is an archive of a folder, not a file.
const IS_FOLDER: &str = "io.deis.oras.content.unpack";

/// Unpacks an artifact of files: one archive, as Flux packs it, or a file for each titled layer, as ORAS does.
///
/// `fetch` gives the bytes of a layer, which are checked against their descriptor here. The limits hold for all layers
/// together. Nothing is written anywhere, see [`unpack`]. An image of several archives is refused: its layers hide files
/// of each other, which is a runtime's business.
pub fn unpack_artifact<E: Into<Box<dyn Error + Send + Sync>>>(
    manifest: &Document,
    mut fetch: impl FnMut(&Descriptor) -> Result<Vec<u8>, E>,
    limits: &UnpackLimits,
) -> Result<Tree, UnpackError> {
    let Some(manifest) = manifest.manifest() else {
        return Err(UnpackError::NotFiles("an index of several manifests"));
    };
    let layers = manifest.layers().iter().filter(|layer| layer.media_type().as_ref() != media_type::EMPTY);
    let (files, archives): (Vec<_>, Vec<_>) = layers.partition(|layer| title(layer).is_some());
    if archives.len() > 1 {
        return Err(UnpackError::NotFiles("an image of several layers"));
    }
    let mut left = limits.clone();
    let mut read = |layer: &Descriptor, left: &UnpackLimits| {
        let too_large = || UnpackError::Limit { what: "bytes", limit: limits.max_bytes };
        let fits = layer.size() <= left.max_bytes;
        let bytes = if fits { fetch(layer) } else { return Err(too_large()) };
        let bytes =
            bytes.map_err(|error| UnpackError::Fetch { digest: layer.digest().to_string(), source: error.into() })?;
        verify(layer, &bytes).map(|()| bytes)
    };
    let mut tree = Tree::new();
    for layer in archives {
        tree = unpack(&read(layer, &left)?, &left)?;
    }
    left.max_bytes -= tree.iter().filter_map(|(_, file)| file).map(|file| file.bytes.len() as u64).sum::<u64>();
    for layer in files {
        let bytes = read(layer, &left)?;
        left.max_bytes -= bytes.len() as u64;
        let path = title(layer).unwrap_or_default();
        left.check_path(path)?;
        tree.insert(path, bytes, false).map_err(|source| UnpackError::Path { path: path.to_owned(), source })?;
        left.check_entries(&tree)?;
    }
    Ok(tree)
}

/// The path of a layer that is a file of its own.
fn title(layer: &Descriptor) -> Option<&str> {
    let annotations = layer.annotations().as_ref()?;
    let is_folder = annotations.get(IS_FOLDER).is_some_and(|value| value == "true");
    annotations.get(TITLE).map(String::as_str).filter(|_| !is_folder)
}

fn verify(layer: &Descriptor, bytes: &[u8]) -> Result<(), UnpackError> {
    let error =
        |source: Box<dyn Error + Send + Sync>| UnpackError::Fetch { digest: layer.digest().to_string(), source };
    let digest = Digest::try_from(layer.digest()).map_err(|source| error(source.into()))?;
    let mut verifier = Verifier::new(&digest, Some(layer.size()));
    verifier.update(bytes).and_then(|()| verifier.finish()).map_err(|source| error(source.into()))
}
