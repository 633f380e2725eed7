//! Names of indices, documents and fields.

use rushes_types::{AssetId, FusedKey, SpaceId};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// The aliases of one archive's indices. Behind each is one index with a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Names {
    /// The annotations, one document each.
    pub annotations: String,
    /// The index of annotations that is being filled beside the one in use; usually absent.
    pub filling: String,
    /// The bucket documents.
    pub buckets: String,
    /// One document per asset: its document, and the commit it is applied up to.
    pub assets: String,
    /// Read points, spaces, versions.
    pub meta: String,
}

impl Names {
    pub fn new(prefix: &str) -> Self {
        let of = |what: &str| format!("{prefix}-{what}");
        Self {
            annotations: of("annotations"),
            filling: of("annotations-filling"),
            buckets: of("buckets"),
            assets: of("assets"),
            meta: of("meta"),
        }
    }

    /// The aliases that always exist.
    pub fn all(&self) -> [&str; 4] {
        [&self.annotations, &self.buckets, &self.assets, &self.meta]
    }
}

/// The index behind an alias.
pub(crate) fn versioned(alias: &str, version: u64) -> String {
    format!("{alias}-v{version}")
}

/// The number of an index behind an alias.
pub(crate) fn version_of(alias: &str, index: &str) -> Option<u64> {
    index.strip_prefix(alias)?.strip_prefix("-v")?.parse().ok()
}

/// The `_id` of an annotation's document. It holds only a hash of the asset, because an asset id may be as long as an
/// `_id`.
pub(crate) fn annotation_id(asset: &AssetId, key: FusedKey) -> String {
    format!("{:032x}{:016x}{:032x}", xxh3_128(asset.as_str().as_bytes()), key.start_ns, key.key.0)
}

/// Longest `_id` that engines take, in bytes.
const ID_BYTES_MAX: usize = 512;

/// The `_id` of a bucket's document: asset, number, and for a crowded bucket the part, from 1.
pub(crate) fn bucket_id(asset: &AssetId, bucket: u64, part: usize) -> String {
    let rest = if part > 1 { format!(":{bucket}:{part}") } else { format!(":{bucket}") };
    let asset = asset.as_str();
    if asset.len() + rest.len() <= ID_BYTES_MAX {
        return format!("{asset}{rest}");
    }
    format!("{:032x}{rest}", xxh3_128(asset.as_bytes()))
}

/// The field of a space's vectors with this number of dimensions.
pub(crate) fn vector_field(space: &SpaceId, dimensions: usize) -> String {
    format!("v{dimensions}_{:016x}", xxh3_64(space.as_str().as_bytes()))
}

/// The beginning of a text, at most `bytes` long.
pub(crate) fn beginning(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_back() {
        let alias = "rushes-annotations";
        assert_eq!(version_of(alias, &versioned(alias, 12)), Some(12));
        assert_eq!(version_of(alias, "rushes-annotations"), None);
        assert_eq!(version_of(alias, "rushes-annotations-vx"), None);
    }

    #[test]
    fn a_bucket_has_the_name_that_is_published() {
        let asset = AssetId::new("friends-s01e01").unwrap();
        assert_eq!(bucket_id(&asset, 4, 1), "friends-s01e01:4");
        assert_eq!(bucket_id(&asset, 4, 2), "friends-s01e01:4:2");
        assert!(bucket_id(&AssetId::new(&"a".repeat(512)).unwrap(), 4, 1).len() <= ID_BYTES_MAX);
    }

    #[test]
    fn a_text_is_cut_between_letters() {
        assert_eq!((beginning("né", 2), beginning("né", 9), beginning("", 4)), ("n", "né", ""));
    }
}
