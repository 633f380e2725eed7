//! The digest of an asset's content: equal for every store that holds the same.

use rushes_types::{AssetId, BucketNo, FusedKey, Result};
use rushes_wire::codec::decode_bucket;
use xxhash_rust::xxh3::Xxh3;

use crate::rows;

/// Hashes an asset's content: its annotations by start and key, then its buckets ascending, then its document.
pub struct ContentDigest {
    hash: Xxh3,
    prefix: Vec<u8>,
}

impl ContentDigest {
    /// The digest of an asset without annotations so far.
    #[must_use]
    pub fn new(asset: &AssetId) -> Self {
        Self { hash: Xxh3::new(), prefix: rows::asset_prefix(asset) }
    }

    fn part(&mut self, tag: u8, key: &[u8], value: &[u8]) {
        self.hash.update(&[tag]);
        for bytes in [key, value] {
            self.hash.update(&(bytes.len() as u64).to_le_bytes());
            self.hash.update(bytes);
        }
    }

    /// An annotation, as encoded by `rushes_wire`.
    pub fn annotation(&mut self, key: FusedKey, encoded: &[u8]) {
        self.part(0, &rows::annotation(&self.prefix, key), encoded);
    }

    /// A bucket, as encoded by `rushes_wire`; an empty one does not count.
    ///
    /// # Errors
    /// [`rushes_types::ErrorKind::Corrupt`] where the bytes are damaged.
    pub fn bucket(&mut self, no: BucketNo, encoded: &[u8]) -> Result<()> {
        if !decode_bucket(no, encoded)?.annotations.is_empty() {
            self.part(1, &rows::bucket(&self.prefix, no), encoded);
        }
        Ok(())
    }

    /// The document of an asset that was fused, as encoded by `rushes_wire`; empty where it was erased.
    pub fn document(&mut self, encoded: &[u8]) {
        self.part(2, &[], encoded);
    }

    /// The digest.
    #[must_use]
    pub fn finish(&self) -> u128 {
        self.hash.digest128()
    }
}
