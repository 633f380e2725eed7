//! The buffer: what was applied and is not in a segment yet.

use std::collections::BTreeMap;

use rushes_types::{AssetId, FusedAnnotation, FusedKey, SpaceId};

use super::asset_table::DocumentRecord;

/// What was applied and is not in a segment yet.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    pub annotations: BTreeMap<AssetId, BTreeMap<FusedKey, (FusedAnnotation, SpaceId)>>,
    count: usize,
    /// Bytes, roughly.
    pub bytes: usize,
    pub records: BTreeMap<AssetId, DocumentRecord>,
}

impl Buffer {
    pub fn put(&mut self, asset: &AssetId, fused: FusedAnnotation, space: SpaceId) {
        let annotation = &fused.annotation;
        self.bytes += 256
            + annotation.vector.as_ref().map_or(0, |vector| vector.len() * 4)
            + annotation.text.as_ref().map_or(0, String::len)
            + annotation.label.as_ref().map_or(0, String::len)
            + annotation.words.len() * 64
            + annotation.attributes.len() * 64;
        if !self.annotations.contains_key(asset) {
            self.annotations.insert(asset.clone(), BTreeMap::new());
        }
        if let Some(of_asset) = self.annotations.get_mut(asset) {
            self.count += usize::from(of_asset.insert(fused.fused_key(), (fused, space)).is_none());
        }
    }

    pub fn holds(&self, asset: &AssetId, key: FusedKey) -> bool {
        self.annotations.get(asset).is_some_and(|of_asset| of_asset.contains_key(&key))
    }

    pub fn remove(&mut self, asset: &AssetId, key: FusedKey) {
        if let Some(of_asset) = self.annotations.get_mut(asset) {
            self.count -= usize::from(of_asset.remove(&key).is_some());
        }
    }

    pub fn remove_asset(&mut self, asset: &AssetId) {
        self.count -= self.annotations.remove(asset).map_or(0, |of_asset| of_asset.len());
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0 && self.records.is_empty()
    }
}
