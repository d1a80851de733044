//! Flux's image markers: comments that say which policy owns a value.

/// The part of an image that a marked value holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MarkerPart {
    /// Name and tag together.
    Image,
    /// The tag alone.
    Tag,
    /// The name alone.
    Name,
    /// The digest alone.
    Digest,
}

/// A marker: `{"$imagepolicy": "namespace:policy"}`, with `:tag`, `:name` or `:digest` behind it for a part.
///
/// Source: Flux image-automation-controller, setters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Marker {
    /// `namespace:policy`.
    pub policy: String,
    /// Which part of the image stands there.
    pub part: MarkerPart,
}

impl Marker {
    /// What every marker holds.
    pub const SIGN: &'static str = "$imagepolicy";

    /// The marker in a comment, if it holds one.
    pub fn find(comment: &str) -> Option<Self> {
        if comment.is_empty() || !comment.contains(Marker::SIGN) {
            return None;
        }
        let (start, end) = (comment.find('{')?, comment.rfind('}')?);
        let fields: serde_json::Value = serde_json::from_str(comment.get(start..=end)?).ok()?;
        let mut parts = fields[Marker::SIGN].as_str()?.split(':');
        let (namespace, policy) = (parts.next()?, parts.next()?);
        let part = match parts.next() {
            None => MarkerPart::Image,
            Some("tag") => MarkerPart::Tag,
            Some("name") => MarkerPart::Name,
            Some("digest") => MarkerPart::Digest,
            Some(_) => return None,
        };
        Some(Marker { policy: format!("{namespace}:{policy}"), part })
    }
}
