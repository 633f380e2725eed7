//! Erasing: one conditional write makes the target unreachable; its content is removed after that.
//!
//! The conditional write also puts what is still to be removed into the head, as a duty, so the relay does it if the
//! erasing process dies first. Readers hide the target from the moment of the commit.

use std::collections::{BTreeMap, HashSet};
use std::sync::PoisonError;

use rushes_store::engine::{RunRow, decode_block, hash_id, loose_is_no_run, no_redactor};
use rushes_store::{BlockFormat, Effect, EraseTarget, Erased};
use rushes_types::{
    AnnotationId, AssetId, Commit, Error, ErrorKind, ModelRef, MovieId, Result, RunId, RunState,
};

use crate::columns::column;
use crate::store::CassandraStore;
use crate::store::content;
use crate::store::existing::{IdLocation, hole};
use crate::store::head::{self, Hole, Holes, PieceRow, Tombstone, kind, segment_name};
use crate::store::history::{ErasureOverlay, TombstoneSubject};
use crate::store::state::Scope;
use crate::store::tx::Tx;

impl CassandraStore {
    pub(crate) fn erase_target(&self, target: &EraseTarget) -> Result<Option<Commit>> {
        match target {
            EraseTarget::Asset(asset) => self.erase_asset(asset),
            EraseTarget::Movie(movie) => self.erase_movie(movie),
            EraseTarget::Model(model, Some(asset)) => self.erase_model(model, asset),
            EraseTarget::Model(model, None) => {
                let mut last = None;
                for asset in self.cluster.block_on(self.used_on(model))? {
                    last = self.erase_model(model, &asset)?.or(last);
                }
                Ok(last)
            }
            EraseTarget::Run(run) if run.is_loose() => Err(loose_is_no_run()),
            EraseTarget::Run(run) => self.erase_run(run),
            EraseTarget::Annotation { asset, model, run, id } => self.erase_annotation(asset, model, run, id),
        }
    }

    /// Erases on one asset: finishes the duties of earlier erasures, erases, then does its own duties.
    fn erase_on(
        &self,
        asset: &AssetId,
        decide: impl AsyncFnMut(&mut Tx<'_>) -> Result<Option<Commit>>,
    ) -> Result<Option<Commit>> {
        self.cluster.block_on(self.mark_duty(asset))?;
        self.do_duties(asset)?;
        let commit = {
            let slot = self.states.of(asset);
            let mut state = slot.lock().unwrap_or_else(PoisonError::into_inner);
            self.cluster.block_on(self.change(asset, &mut state, decide))?
        };
        self.do_duties_if_possible(asset);
        Ok(commit)
    }

    fn erase_asset(&self, asset: &AssetId) -> Result<Option<Commit>> {
        if self.cluster.block_on(head::read(&self.cluster, asset))?.doc.is_none() {
            return Ok(None);
        }
        self.erase_on(asset, async |tx| {
            if tx.head.doc.take().is_none() {
                return Ok(None);
            }
            let runs = self.run_rows(tx.asset).await?;
            for kind in [kind::RUN, kind::USE, kind::HOLE] {
                tx.remove_kind(kind);
            }
            for (name, num, _) in head::rows(&self.cluster, tx.asset, kind::GONE).await? {
                if TombstoneSubject::parse(&name) != Some(TombstoneSubject::Asset) {
                    tx.remove(kind::GONE, &name, num);
                }
            }
            let commit = tx.commit_plain(Effect::Erased(Erased::Asset));
            (tx.head.erased, tx.head.annotations, tx.head.bytes) = (commit.0, 0, 0);
            let gone = Tombstone { done: false, upto: commit.0, runs: names(&runs) };
            tx.put(kind::GONE, &TombstoneSubject::Asset.name(), 0, gone.encode());
            Ok(Some(commit))
        })
    }

    fn erase_movie(&self, movie: &MovieId) -> Result<Option<Commit>> {
        const PAGE: usize = 1_000;
        let (mut last, mut after) = (None, None);
        loop {
            let page = self.cluster.block_on(self.page_of_assets(after.as_ref(), PAGE))?;
            for asset in page.iter().filter(|a| a.movie == *movie) {
                last = self.erase_asset(&asset.id)?.or(last);
            }
            match page.last() {
                Some(asset) => after = Some(asset.id.clone()),
                None => return Ok(last),
            }
        }
    }

    fn erase_model(&self, model: &ModelRef, asset: &AssetId) -> Result<Option<Commit>> {
        if !self.cluster.block_on(self.wrote_on(model, asset))? {
            return Ok(None);
        }
        self.erase_on(asset, async |tx| {
            let mut runs = self.run_rows(tx.asset).await?;
            runs.retain(|row| row.run.model == *model);
            let loose = tx.state.loose.get(model).cloned().unwrap_or_default();
            if runs.is_empty() && !self.wrote_on(model, tx.asset).await? {
                return Ok(None);
            }
            let overlay = ErasureOverlay::read(&self.cluster, tx.asset).await?;
            for loose in &loose {
                let left = loose.piece.annotations.saturating_sub(overlay.lost(loose.piece.piece));
                tx.head.annotations = tx.head.annotations.saturating_sub(left);
                tx.head.bytes = tx.head.bytes.saturating_sub(loose.piece.bytes);
            }
            let segments = loose.iter().map(|l| l.piece.piece).chain(runs.iter().map(|row| row.segment));
            self.forget_holes(tx, segments.collect()).await?;
            tx.remove(kind::USE, model.as_str(), 0);
            self.drop_runs(tx, &runs);
            let commit = tx.commit_plain(Effect::Erased(Erased::Model(model.clone())));
            self.put_gone(tx, &TombstoneSubject::Model(model.clone()), commit, names(&runs)).await?;
            Ok(Some(commit))
        })
    }

    fn erase_run(&self, run: &RunId) -> Result<Option<Commit>> {
        let Some(asset) = self.cluster.block_on(self.asset_of_run(run))? else { return Ok(None) };
        if self.cluster.block_on(self.run_row(&asset, run))?.is_none() {
            return Ok(None);
        }
        self.erase_on(&asset, async |tx| {
            let Some(row) = self.run_row(tx.asset, run).await? else { return Ok(None) };
            self.forget_holes(tx, HashSet::from([row.segment])).await?;
            let runs = [row];
            self.drop_runs(tx, &runs);
            let commit = tx.commit_plain(Effect::Erased(Erased::Run(run.clone())));
            self.put_gone(tx, &TombstoneSubject::Run(run.clone()), commit, names(&runs)).await?;
            Ok(Some(commit))
        })
    }

    fn drop_runs(&self, tx: &mut Tx<'_>, runs: &[RunRow]) {
        for row in runs {
            tx.remove(kind::RUN, row.run.id.as_str(), 0);
            if row.run.state == RunState::Committed {
                tx.head.annotations = tx.head.annotations.saturating_sub(row.run.annotations);
            }
        }
    }

    /// Removes the hole rows of segments that are erased whole.
    async fn forget_holes(&self, tx: &mut Tx<'_>, segments: HashSet<u64>) -> Result<()> {
        for (name, num, _) in head::rows(&self.cluster, tx.asset, kind::HOLE).await? {
            if u64::from_str_radix(&name, 16).is_ok_and(|segment| segments.contains(&segment)) {
                tx.remove(kind::HOLE, &name, num);
            }
        }
        Ok(())
    }

    async fn put_gone(
        &self,
        tx: &mut Tx<'_>,
        what: &TombstoneSubject,
        commit: Commit,
        mut runs: Vec<(RunId, u64)>,
    ) -> Result<()> {
        let name = what.name();
        if let Some(bytes) = head::value(&self.cluster, tx.asset, kind::GONE, &name).await? {
            // Runs that were erased before stay hidden.
            let before = Tombstone::decode(&bytes)?.runs;
            runs.extend(
                before.into_iter().filter(|(run, _)| runs.iter().all(|(r, _)| r != run)).collect::<Vec<_>>(),
            );
        }
        let gone = Tombstone { done: false, upto: commit.0, runs };
        tx.put(kind::GONE, &name, 0, gone.encode());
        Ok(())
    }

    fn erase_annotation(
        &self,
        asset: &AssetId,
        model: &ModelRef,
        run: &RunId,
        id: &AnnotationId,
    ) -> Result<Option<Commit>> {
        let wanted = HashSet::from([hash_id(id)]);
        self.erase_on(asset, async |tx| {
            let row = match run.is_loose() {
                true => None,
                false => {
                    let row = self.run_row(tx.asset, run).await?.filter(|row| row.run.model == *model);
                    let Some(row) = row else { return Ok(None) };
                    Some(row)
                }
            };
            let scope =
                row.as_ref().map_or_else(|| Scope::Loose(model.clone()), |row| Scope::Run(row.segment));
            let pieces = self.pieces(tx.asset, tx.state, &scope).await?;
            let places = self.places(tx.asset, &pieces, &wanted).await?;
            let Some(last) = places.last() else { return Ok(None) };
            let start_ns = last.entry.start_ns;
            self.check_that_blocks_can_be_rewritten(tx.asset, &pieces, &places).await?;
            let (model, run, id) = (model.clone(), run.clone(), id.clone());
            let count = places.len() as u64;
            let commit =
                tx.commit_plain(Effect::Erased(Erased::Annotation { model, run: run.clone(), id, start_ns }));
            let mut by_segment: BTreeMap<u64, Vec<Hole>> = BTreeMap::new();
            for IdLocation { at, entry } in &places {
                let piece = pieces.get(*at).map_or(0, |p| p.piece);
                let segment = row.as_ref().map_or(piece, |row| row.segment);
                by_segment.entry(segment).or_default().push(hole(piece, entry));
            }
            for (segment, places) in by_segment {
                let holes = Holes { done: false, places };
                tx.put(kind::HOLE, &segment_name(segment), commit.0, holes.encode());
            }
            if row.as_ref().is_none_or(|row| row.run.state == RunState::Committed) {
                tx.head.annotations = tx.head.annotations.saturating_sub(count);
            }
            if let Some(mut row) = row {
                row.run.annotations = row.run.annotations.saturating_sub(count);
                tx.put(kind::RUN, run.as_str(), 0, row.encode());
            }
            Ok(Some(commit))
        })
    }

    /// An Arrow block cannot be rewritten without a redactor.
    async fn check_that_blocks_can_be_rewritten(
        &self,
        asset: &AssetId,
        pieces: &[PieceRow],
        places: &[IdLocation],
    ) -> Result<()> {
        if self.redactor.is_some() {
            return Ok(());
        }
        for (at, piece) in pieces.iter().enumerate() {
            let blocks: HashSet<u32> = places.iter().filter(|p| p.at == at).map(|p| p.entry.block).collect();
            if blocks.is_empty() {
                continue;
            }
            content::read(&self.cluster, asset, *piece, |found| {
                let arrow =
                    blocks.contains(&found.block) && decode_block(&found.bytes)?.format == BlockFormat::Arrow;
                if arrow { Err(no_redactor()) } else { Ok(()) }
            })
            .await?;
        }
        Ok(())
    }

    /// Records that the asset may have duties, so that a purge finds it.
    pub(crate) async fn mark_duty(&self, asset: &AssetId) -> Result<()> {
        const MARK: &str = "INSERT INTO strays (asset, piece, writer) VALUES (?, ?, ?)";
        let values = (asset.as_str(), column(DUTY), self.writers.identity().id);
        self.cluster.write(MARK, values).await
    }

    pub(crate) fn do_duties_if_possible(&self, asset: &AssetId) {
        if let Err(error) = self.do_duties(asset) {
            tracing::warn!(%error, %asset, "erased content stays on disk until the next purge");
        }
    }
}

/// Stands in for the piece number in `strays`: the asset may have duties.
pub const DUTY: u64 = 0;

fn names(runs: &[RunRow]) -> Vec<(RunId, u64)> {
    runs.iter().map(|row| (row.run.id.clone(), row.segment)).collect()
}

/// The error where erased content can still be read.
pub fn still_there(asset: &AssetId) -> Error {
    Error::new(ErrorKind::Storage, format!("erased content of asset `{asset}` can still be read"))
        .mend("see whether all nodes are up, and purge again")
}
