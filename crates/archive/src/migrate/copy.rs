//! One asset, from one store to another.

use std::time::Duration;

use rushes_store::{AnnotationStore, AssetImport, ImportBlock, ImportPlan, Imported, RunSegment};
use rushes_types::{AssetId, Error, ErrorKind, Result};
use rushes_wire::{BlockContext, headers_of_block};

/// How often an asset that changes while it is read, or an engine that does not answer, is tried again.
const TRIES: u32 = 6;
/// Wait before the second try; it doubles.
const WAIT: Duration = Duration::from_millis(100);

/// What was copied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CopyCounts {
    /// Annotations.
    pub annotations: u64,
    /// Bytes of their blocks.
    pub bytes: u64,
}

impl CopyCounts {
    pub(crate) fn add(&mut self, more: Self) {
        self.annotations = self.annotations.saturating_add(more.annotations);
        self.bytes = self.bytes.saturating_add(more.bytes);
    }
}

/// Brings an asset up to its state in `from`. `before` is called before the target changes, with whether something will
/// be dropped there.
pub(crate) fn bring_asset(
    from: &dyn AnnotationStore,
    to: &dyn AnnotationStore,
    asset: &AssetId,
    before: &dyn Fn(bool) -> Result<()>,
    go_on: &dyn Fn() -> Result<()>,
) -> Result<(Imported, CopyCounts)> {
    let mut wait = WAIT;
    let mut tries = 0;
    loop {
        tries += 1;
        let Some(import) = AssetImport::read(from, asset)? else {
            return Ok((Imported::Unchanged, CopyCounts::default()));
        };
        let Some(plan) = missing(&import, to)? else {
            return Ok((Imported::Unchanged, CopyCounts::default()));
        };
        before(plan.replaces)?;
        let mut copied = CopyCounts::default();
        let outcome = to.import(&import, &mut |segment, each| {
            read_segment(from, asset, segment, go_on, &mut copied, each)
        });
        let error = match outcome {
            Ok(done) => return Ok((done, copied)),
            Err(error) => error,
        };
        let again = match error.kind() {
            // An erasure during the read looks like damage.
            ErrorKind::Corrupt => AssetImport::read(from, asset)?.as_ref() != Some(&import),
            kind => kind.is_retryable(),
        };
        if !again || tries >= TRIES {
            return Err(error);
        }
        go_on()?;
        std::thread::sleep(wait);
        wait = wait.saturating_mul(2);
    }
}

/// What the target lacks of an asset; `None` where that is nothing.
pub(crate) fn missing(import: &AssetImport, to: &dyn AnnotationStore) -> Result<Option<ImportPlan>> {
    match AssetImport::read(to, &import.asset)? {
        Some(there) => import.plan(&there.history, &there.runs),
        None => import.plan(&[], &[]),
    }
}

/// Gives the blocks of a segment with what is known of each annotation.
pub(crate) fn read_segment(
    from: &dyn AnnotationStore,
    asset: &AssetId,
    segment: &RunSegment,
    go_on: &dyn Fn() -> Result<()>,
    copied: &mut CopyCounts,
    each: &mut dyn FnMut(ImportBlock) -> Result<()>,
) -> Result<()> {
    let context =
        BlockContext { asset: asset.clone(), model: segment.model.clone(), run: segment.run.clone() };
    from.blocks(asset, segment.id, &mut |block| {
        go_on()?;
        let rows = headers_of_block(block.format, &block.bytes, &block.positions, &context)
            .map_err(|e| damaged(&context, e))?;
        copied.add(CopyCounts { annotations: rows.len() as u64, bytes: block.bytes.len() as u64 });
        each(ImportBlock { block, rows })
    })
}

/// Names the place of the damage, without the content, which not everybody may see.
fn damaged(context: &BlockContext, error: Error) -> Error {
    let message = format!(
        "asset `{}`, model `{}`, run `{}`: {}; restore a backup, or erase that run, and move again",
        context.asset,
        context.model,
        context.run,
        error.message()
    );
    Error::new(error.kind(), message).because(error)
}
