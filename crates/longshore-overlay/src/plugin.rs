//! Plugins configured as files or inline: the built-in ones, and functions that an embedder runs.

use longshore_yaml::Document;

use crate::build::{Accumulator, Build, Target};
use crate::decode::Text;
use crate::entries::Entries;
use crate::error::RenderError;
use crate::transform::Step;

/// Runs the plugins of `generators`.
pub(crate) fn generate(_target: &Target<'_, '_>, _acc: &mut Accumulator) -> Result<(), RenderError> {
    Ok(())
}

/// The steps of the plugins of `transformers`.
pub(crate) fn transformers(_target: &Target<'_, '_>, _paths: &[Text]) -> Result<Vec<Step>, RenderError> {
    Ok(Vec::new())
}

/// Runs the plugins of `validators`.
pub(crate) fn validate(_target: &Target<'_, '_>, _acc: &mut Accumulator) -> Result<(), RenderError> {
    Ok(())
}

/// Runs a function on all objects.
pub(crate) fn call(_build: &Build<'_>, _entries: &mut Entries, _config: &Document) -> Result<(), RenderError> {
    Ok(())
}
