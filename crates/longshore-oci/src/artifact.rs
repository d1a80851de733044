//! Artifacts: a tree of files as content that any registry keeps, the same bytes every time.

mod flux;
mod gzip;
mod oras;
mod tar;
mod tree;
mod unpack;

use oci_spec::image::Descriptor;

use crate::digest::Digest;
use crate::document::Document;
pub use flux::{FluxOptions, pack_flux};
pub use gzip::Compression;
pub use oras::{OrasOptions, pack_files};
pub use tree::{FileEntry, Tree, TreeError};
pub use unpack::{Links, UnpackError, UnpackLimits, unpack};

/// A blob with its descriptor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// Media type, size and digest.
    pub descriptor: Descriptor,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Blob {
    /// Bytes under a media type, described.
    pub fn new(media_type: &str, bytes: Vec<u8>) -> Self {
        let digest = Digest::of(&bytes);
        Blob { descriptor: Descriptor::new(media_type.into(), bytes.len() as u64, &digest), bytes }
    }
}

/// What packing made: a manifest, the blobs it points to, and what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// The manifest.
    pub manifest: Document,
    /// Configuration and layers.
    pub blobs: Vec<Blob>,
    /// The digest of the tree as an uncompressed tar.
    ///
    /// Compressors differ between tools and releases, so that the same files have several layer digests; they have one
    /// content id.
    pub content_id: Digest,
}

/// Seconds since 1970 as RFC 3339 in UTC, from the year 0 to 9999; beyond that, the nearest of these.
pub(crate) fn rfc3339(seconds: i64) -> String {
    let seconds = seconds.clamp(-62_167_219_200, 253_402_300_799);
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Howard Hinnant's civil calendar: years from March, eras of 400 years.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

/// JSON fields in the order given.
pub(crate) fn object(fields: &[(&str, String)]) -> String {
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{}:{value}", text(name))).collect();
    format!("{{{}}}", fields.join(","))
}

/// A JSON text.
pub(crate) fn text(text: &str) -> String {
    serde_json::to_string(text).expect("a text is JSON")
}

#[cfg(test)]
mod tests {
    use super::rfc3339;

    #[test]
    fn times_are_written_in_utc() {
        let cases = [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (i64::MAX, "9999-12-31T23:59:59Z"),
            (i64::MIN, "0000-01-01T00:00:00Z"),
        ];
        for (seconds, expect) in cases {
            assert_eq!(rfc3339(seconds), expect);
        }
    }
}
