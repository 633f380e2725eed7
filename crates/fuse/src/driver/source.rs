//! The part of the annotation store that fusion reads.

use rushes_store::{AnnotationStore, Block, BlockFormat, CommitRecord, Segment};
use rushes_types::{Annotation, Asset, AssetId, Commit, Model, Result};
use rushes_wire::{BlockContext, Format, decode_block};

/// What fusion reads of stage 1. A reference to any [`AnnotationStore`] is one (`&store as &dyn
/// Source`, also of a `&dyn AnnotationStore`); see its laws.
pub trait Source: Sync {
    /// An asset, `None` if it is erased.
    fn asset(&self, id: &AssetId) -> Result<Option<Asset>>;
    /// All models.
    fn models(&self) -> Result<Vec<Model>>;
    /// An asset's commits after `after`, ascending, at most `limit`.
    fn history(&self, asset: &AssetId, after: Commit, limit: usize) -> Result<Vec<CommitRecord>>;
    /// The blocks of a segment, in the order they were sent.
    fn blocks(&self, asset: &AssetId, segment: u64, each: &mut dyn FnMut(Block) -> Result<()>) -> Result<()>;
}

impl<T: AnnotationStore + ?Sized> Source for &T {
    fn asset(&self, id: &AssetId) -> Result<Option<Asset>> {
        (**self).asset(id)
    }

    fn models(&self) -> Result<Vec<Model>> {
        (**self).models()
    }

    fn history(&self, asset: &AssetId, after: Commit, limit: usize) -> Result<Vec<CommitRecord>> {
        (**self).history(asset, after, limit)
    }

    fn blocks(&self, asset: &AssetId, segment: u64, each: &mut dyn FnMut(Block) -> Result<()>) -> Result<()> {
        (**self).blocks(asset, segment, each)
    }
}

/// Reads the annotations of a segment.
///
/// # Errors
/// Where the store fails or a block is damaged.
pub fn annotations_of(source: &dyn Source, asset: &AssetId, segment: &Segment) -> Result<Vec<Annotation>> {
    let context =
        BlockContext { asset: asset.clone(), model: segment.model.clone(), run: segment.run.clone() };
    let mut out = Vec::new();
    source.blocks(asset, segment.id, &mut |block| {
        let format = match block.format {
            BlockFormat::Lines => Format::Lines,
            BlockFormat::Arrow => Format::Arrow,
        };
        out.append(&mut decode_block(format, &block.bytes, &block.positions, &context)?);
        Ok(())
    })?;
    Ok(out)
}
