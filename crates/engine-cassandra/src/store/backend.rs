//! The [`AnnotationStore`] traits on Cassandra.

use std::collections::HashSet;
use std::sync::PoisonError;

use rushes_store::engine::decode_block;
use rushes_store::{
    AnnotationStore, Append, AppendMode, AssetImport, Block, BlockInput, CommitRecord, EraseTarget, Erasure,
    History, Import, Imported, LabelAliases, Outbox, OutboxPage, Receipt, Registry, RunSpec, Runs,
    SegmentReader, StoreCapabilities, StoreCounts,
};
use rushes_types::{Asset, AssetId, Commit, Error, ErrorKind, Model, Result, Run, RunId, Visibility};

use crate::store::head::{self, Hole, PieceRow, segment_name};
use crate::store::history::{self, ErasureOverlay};
use crate::store::state::Kind;
use crate::store::{CassandraStore, content};

impl CassandraStore {
    /// The pieces of a committed segment; `None` if there is no such segment.
    fn committed_pieces(&self, asset: &AssetId, segment: u64) -> Result<Option<Vec<PieceRow>>> {
        let slot = self.states.of(asset);
        let mut state = slot.lock().unwrap_or_else(PoisonError::into_inner);
        self.cluster.block_on(async {
            let head = head::read(&self.cluster, asset).await?;
            state.catch_up(&self.cluster, asset, &head).await?;
            match state.find(segment) {
                None => Ok(None),
                Some(Kind::Loose(piece)) => Ok(Some(vec![piece])),
                Some(Kind::Run) => Ok(Some(self.pieces_of_run(asset, segment).await?)),
            }
        })
    }

    fn give_blocks(
        &self,
        asset: &AssetId,
        pieces: &[PieceRow],
        holes: &HashSet<Hole>,
        each: &mut dyn FnMut(Block) -> Result<()>,
    ) -> Result<()> {
        for piece in pieces {
            let mut give = |found: content::StoredBlock| {
                let mut block = decode_block(&found.bytes)?;
                let before = block.positions.len();
                let place = |position| Hole { piece: piece.piece, block: found.block, position };
                block.positions.retain(|position| !holes.contains(&place(*position)));
                if block.positions.is_empty() {
                    return Ok(());
                }
                if block.positions.len() < before {
                    // Erased, but not rewritten yet.
                    block.bytes = self.blank(&block)?;
                }
                each(block)
            };
            // `each` may block, which is not allowed on the driver's threads; so a piece, whose size is bounded, is
            // read whole first.
            let mut blocks = Vec::new();
            let mut keep = |found: content::StoredBlock| {
                blocks.push(found);
                Ok(())
            };
            self.cluster.block_on(content::read(&self.cluster, asset, *piece, &mut keep))?;
            blocks.into_iter().try_for_each(&mut give)?;
        }
        Ok(())
    }
}

impl History for CassandraStore {
    fn asset(&self, id: &AssetId) -> Result<Option<Asset>> {
        self.cluster.block_on(self.find_asset(id))
    }

    fn models(&self) -> Result<Vec<Model>> {
        self.cluster.block_on(self.all_models())
    }

    fn assets_with_history(&self, after: Option<&AssetId>, limit: usize) -> Result<Vec<AssetId>> {
        self.cluster.block_on(self.names_with_history(after, limit))
    }

    fn history(&self, asset: &AssetId, after: Commit, limit: usize) -> Result<Vec<CommitRecord>> {
        self.cluster.block_on(history::page(&self.cluster, asset, after, limit))
    }

    fn blocks(&self, asset: &AssetId, segment: u64, each: &mut dyn FnMut(Block) -> Result<()>) -> Result<()> {
        let Some(pieces) = self.committed_pieces(asset, segment)? else { return Ok(()) };
        let overlay = self.cluster.block_on(ErasureOverlay::read(&self.cluster, asset))?;
        let holes = overlay.holes.get(&segment_name(segment)).into_iter().flatten().copied().collect();
        let given = self.give_blocks(asset, &pieces, &holes, each);
        // Cassandra has no snapshot over many partitions: what is erased during the read may be missing in part.
        if self.committed_pieces(asset, segment)?.is_none() {
            return Err(Error::new(
                ErrorKind::Busy,
                format!("a segment of asset `{asset}` was erased while it was read"),
            )
            .mend("read the history again"));
        }
        given
    }
}

impl Registry for CassandraStore {
    fn put_assets(&self, assets: &[Asset]) -> Result<Option<Commit>> {
        self.cluster.block_on(self.register(assets))
    }

    fn assets(&self, after: Option<&AssetId>, limit: usize) -> Result<Vec<Asset>> {
        self.cluster.block_on(self.page_of_assets(after, limit))
    }

    fn put_model(&self, model: &Model) -> Result<()> {
        self.cluster.block_on(self.register_model(model))
    }

    fn put_labels(&self, labels: &[LabelAliases]) -> Result<()> {
        self.cluster.block_on(self.set_labels(labels))
    }

    fn labels(&self) -> Result<Vec<LabelAliases>> {
        self.cluster.block_on(self.all_labels())
    }
}

impl Runs for CassandraStore {
    fn open_run(&self, spec: &RunSpec) -> Result<Run> {
        self.open_one(spec)
    }

    fn commit_run(&self, run: &RunId) -> Result<Commit> {
        self.commit(run)
    }

    fn abort_run(&self, run: &RunId) -> Result<()> {
        self.abort(run)
    }

    fn restore_run(&self, run: &RunId) -> Result<Commit> {
        self.restore(run)
    }

    fn set_visibility(&self, run: &RunId, visibility: Visibility) -> Result<Option<Commit>> {
        self.show_or_archive(run, visibility)
    }

    fn run(&self, run: &RunId) -> Result<Option<Run>> {
        self.cluster.block_on(self.find_run(run))
    }

    fn runs(&self, asset: Option<&AssetId>, after: Option<&RunId>, limit: usize) -> Result<Vec<Run>> {
        self.cluster.block_on(self.list_runs(asset, after, limit))
    }
}

impl Append for CassandraStore {
    fn append(&self, run: &RunId, blocks: &[BlockInput<'_>], mode: AppendMode) -> Result<Receipt> {
        self.append_to_run(run, blocks, mode)
    }

    fn append_loose(&self, blocks: &[BlockInput<'_>], mode: AppendMode) -> Result<Receipt> {
        self.append_loose_lines(blocks, mode)
    }
}

impl Erasure for CassandraStore {
    fn erase(&self, target: &EraseTarget) -> Result<Option<Commit>> {
        self.erase_target(target)
    }

    fn purge(&self) -> Result<()> {
        self.sweep()
    }
}

impl Outbox for CassandraStore {
    fn outbox(&self, after: u64, limit: usize) -> Result<OutboxPage> {
        self.next_page(after, limit)
    }

    fn trim_outbox(&self, upto: u64) -> Result<()> {
        self.trim(upto)
    }

    fn last_commit(&self) -> Result<Commit> {
        Ok(self.cluster.block_on(self.sums())?.1)
    }

    fn settled(&self) -> Result<Commit> {
        self.cluster.block_on(self.settled_commit())
    }
}

impl Import for CassandraStore {
    fn import(&self, import: &AssetImport, content: &mut SegmentReader<'_>) -> Result<Imported> {
        self.import_asset(import, content)
    }

    fn import_models(&self, models: &[Model]) -> Result<()> {
        models.iter().try_for_each(|model| self.cluster.block_on(self.put_model(model, true)).map(drop))
    }
}

impl AnnotationStore for CassandraStore {
    fn capabilities(&self) -> StoreCapabilities {
        StoreCapabilities {
            shared: true,
            dense_commits: false,
            erases_arrow_rows: self.redactor.is_some(),
            keeps_chain: true,
        }
    }

    fn damage(&self) -> Option<Error> {
        let said = self.damage.clone().or_else(|| self.writers.damage())?;
        Some(Error::new(ErrorKind::Corrupt, said).mend("`rushes doctor` shows the ways out"))
    }

    fn examine(&self, progress: &mut dyn FnMut(u64) -> Result<()>) -> Result<Vec<String>> {
        self.examine_all(progress)
    }

    fn examine_quickly(&self) -> Result<Vec<String>> {
        self.look_quickly()
    }

    fn counts(&self) -> Result<StoreCounts> {
        Ok(self.cluster.block_on(self.sums())?.0)
    }
}
