//! Rows of the store in memory: which ids exist, which rows of a block are kept, and erasing an annotation.

use std::collections::BTreeMap;

use rushes_types::{AnnotationHeader, AnnotationId, AssetId, BlockFormat, Commit, ModelRef, Result, RunId};

use super::MemoryStore;
use super::state::{State, StoredBlock};
use crate::lines::{keep_lines, line_count};
use crate::rules::{Verdict, judge, no_redactor};
use crate::{BlockInput, Effect, Erased, Receipt, Rejection};

impl MemoryStore {
    pub(super) fn keep(
        &self,
        format: BlockFormat,
        bytes: &[u8],
        rows: &[AnnotationHeader],
    ) -> Result<Vec<u8>> {
        let positions: Vec<u32> = rows.iter().map(|r| r.position).collect();
        match (format, &self.redactor) {
            (BlockFormat::Lines, _) if rows.len() == line_count(bytes) => Ok(bytes.to_vec()),
            (BlockFormat::Lines, _) => Ok(keep_lines(bytes, &positions)),
            (BlockFormat::Arrow, Some(redactor)) => {
                Ok(redactor.keep(format, bytes, &positions)?.unwrap_or_else(|| bytes.to_vec()))
            }
            (BlockFormat::Arrow, None) => Ok(bytes.to_vec()),
        }
    }

    /// Splits rows into what is kept and what is not, by the digests already taken.
    pub(super) fn sift(
        &self,
        block: &BlockInput<'_>,
        number: usize,
        seen: &mut BTreeMap<AnnotationId, Vec<u128>>,
        receipt: &mut Receipt,
    ) -> Result<Option<StoredBlock>> {
        let mut rows = Vec::new();
        for row in block.rows.iter() {
            match judge(row, seen.get(&row.id).map_or(&[], Vec::as_slice)) {
                Verdict::Accept => {
                    seen.insert(row.id.clone(), vec![row.digest]);
                    rows.push(row.clone());
                    receipt.accepted += 1;
                }
                Verdict::Duplicate => receipt.duplicates += 1,
                Verdict::Reject(reason) => receipt.rejected.push(Rejection {
                    block: number,
                    position: row.position,
                    source: row.source,
                    reason,
                }),
            }
        }
        if rows.is_empty() {
            return Ok(None);
        }
        let bytes = self.keep(block.format, &block.bytes, &rows)?;
        Ok(Some(StoredBlock { format: block.format, bytes, rows }))
    }

    pub(super) fn erase_annotation(
        &self,
        state: &mut State,
        asset: &AssetId,
        model: &ModelRef,
        run: &RunId,
        id: &AnnotationId,
    ) -> Result<Option<Commit>> {
        let mut start_ns = None;
        for segment in state.segments_of(asset, model, run) {
            let Some(blocks) = state.blocks.get_mut(&(asset.clone(), segment)) else { continue };
            let mut erased = 0;
            for block in blocks {
                let Some(at) = block.rows.iter().position(|r| r.id == *id) else { continue };
                let mut rows = block.rows.clone();
                start_ns = Some(rows.remove(at).start_ns);
                if block.format == BlockFormat::Arrow && self.redactor.is_none() {
                    return Err(no_redactor());
                }
                block.bytes = self.keep(block.format, &block.bytes, &rows)?;
                block.rows = rows;
                erased += 1;
            }
            if erased > 0 {
                state.shrink(asset, segment, erased);
            }
        }
        Ok(start_ns.map(|start_ns| {
            let (model, run, id) = (model.clone(), run.clone(), id.clone());
            state.commit(asset, Effect::Erased(Erased::Annotation { model, run, id, start_ns }))
        }))
    }
}
