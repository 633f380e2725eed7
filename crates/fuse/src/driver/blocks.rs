//! The annotations of a segment, from its blocks.

use rushes_store::{History, RunSegment};
use rushes_types::{Annotation, AssetId, Result};
use rushes_wire::{BlockContext, decode_block};

/// Reads the annotations of a segment.
///
/// # Errors
/// Where the store fails or a block is damaged.
pub fn annotations_of(
    source: &dyn History,
    asset: &AssetId,
    segment: &RunSegment,
) -> Result<Vec<Annotation>> {
    let context =
        BlockContext { asset: asset.clone(), model: segment.model.clone(), run: segment.run.clone() };
    let mut out = Vec::new();
    source.blocks(asset, segment.id, &mut |block| {
        out.append(&mut decode_block(block.format, &block.bytes, &block.positions, &context)?);
        Ok(())
    })?;
    Ok(out)
}
