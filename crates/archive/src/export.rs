//! `rushes export`: the stored annotations, as they were sent.

use rushes_store::{Block, CommitRecord, Effect, RunSegment};
use rushes_types::{AssetId, BlockFormat, Commit, Result};
use rushes_wire::BlockContext;
use rushes_wire::render::{AnnotationLine, to_json};

use crate::access::{Caller, Right};
use crate::archive::Archive;

/// Commits read at once.
const COMMITS: usize = 1024;

impl Archive {
    /// Gives every committed annotation line of an asset to `sink`, byte for byte, each with its line end, in the
    /// order of its commits; superseded ones too, since what is written back must be the whole history's content.
    /// Annotations that came as Arrow record batches are written as lines.
    ///
    /// # Errors
    /// [`rushes_types::ErrorKind::NotFound`] where the asset is not there or the caller may not see it; what `sink` answers.
    pub fn export(
        &self,
        caller: &Caller,
        asset: &AssetId,
        sink: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<u64> {
        self.require_asset(caller, Right::Read, asset)?;
        let mut lines = 0;
        let mut after = Commit::NONE;
        loop {
            let records: Vec<CommitRecord> = self.engines.store.history(asset, after, COMMITS)?;
            let Some(last) = records.last() else { return Ok(lines) };
            after = last.commit;
            for record in records {
                if let Effect::Segment(segment) = record.effect {
                    self.engines.store.blocks(asset, segment.id, &mut |block| {
                        lines += export_block(asset, &segment, &block, sink)?;
                        Ok(())
                    })?;
                }
            }
        }
    }
}

fn export_block(
    asset: &AssetId,
    segment: &RunSegment,
    block: &Block,
    sink: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<u64> {
    match block.format {
        BlockFormat::Lines => {
            let mut positions = block.positions.iter().copied().peekable();
            for (n, line) in (0u32..).zip(block.bytes.split_inclusive(|b| *b == b'\n')) {
                if positions.next_if_eq(&n).is_some() {
                    sink(line)?;
                }
            }
        }
        BlockFormat::Arrow => {
            let context =
                BlockContext { asset: asset.clone(), model: segment.model.clone(), run: segment.run.clone() };
            let annotations =
                rushes_wire::decode_block(BlockFormat::Arrow, &block.bytes, &block.positions, &context)?;
            for annotation in annotations {
                let mut line = to_json(&AnnotationLine { annotation: &annotation, movie: None })?;
                line.push('\n');
                sink(line.as_bytes())?;
            }
        }
    }
    Ok(block.positions.len() as u64)
}
