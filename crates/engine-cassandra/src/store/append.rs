//! Appends annotations: to an open run, or as loose lines.

use std::collections::{BTreeMap, HashMap};
use std::sync::{MutexGuard, PoisonError};

use futures_util::stream::{self, StreamExt, TryStreamExt};
use rushes_store::engine::{
    Cut, RunRow, Verdict, check_blocks_of_run, check_open, cut, encode_block, is_kept, judge, loose_segment,
    no_asset, no_run, pack,
};
use rushes_store::{AppendMode, BlockInput, Effect, Receipt, Redactor, Rejection};
use rushes_types::{AssetId, Error, ErrorKind, ModelRef, Result, RunId};

use crate::store::CassandraStore;
use crate::store::content::{self, Content, Entry, ROW_BYTES};
use crate::store::existing::{ExistingIds, LookupScope};
use crate::store::head::{self, PieceRow, kind, segment_name};
use crate::store::state::{AssetState, Scope};
use crate::store::tx::{self, RetryState, Tx};
use crate::store::writers::new_segment;

/// Assets of one request that are written at once.
const ASSETS_AT_ONCE: usize = 16;

/// Of each cut, the positions in it that are kept.
type KeptPositions = Vec<Vec<u32>>;

/// What is kept of a group of cuts.
struct NewPiece {
    picked: KeptPositions,
    piece: u64,
    content: Content,
    written: bool,
    used: bool,
}

/// What a request keeps between the attempts at its change.
#[derive(Default)]
struct RequestState {
    kept: BTreeMap<usize, NewPiece>,
    /// Written, but not needed any more.
    discarded: Vec<PieceRow>,
}

impl RetryState for RequestState {
    fn note_written(&mut self, pieces: &[u64]) {
        for kept in self.kept.values_mut() {
            kept.written |= pieces.contains(&kept.piece);
        }
    }
}

impl RequestState {
    fn begin(&mut self) {
        self.kept.values_mut().for_each(|kept| kept.used = false);
    }

    /// Keeps the selected positions of a group; reuses the piece of an earlier attempt if the selection is the same.
    fn keep(
        &mut self,
        group: usize,
        cuts: &[Cut<'_>],
        picked: KeptPositions,
        redactor: Option<&dyn Redactor>,
    ) -> Result<PieceRow> {
        if let Some(kept) = self.kept.get_mut(&group)
            && kept.picked == picked
        {
            kept.used = true;
            return Ok(kept.content.as_piece(kept.piece));
        }
        let content = content_of(cuts, &picked, redactor)?;
        let kept = NewPiece { picked, piece: new_segment()?, content, written: false, used: true };
        let piece = kept.content.as_piece(kept.piece);
        if let Some(old) = self.kept.insert(group, kept)
            && old.written
        {
            self.discarded.push(old.content.as_piece(old.piece));
        }
        Ok(piece)
    }

    fn ahead(&self) -> Vec<(u64, &Content, bool)> {
        self.kept.values().filter(|k| k.used).map(|k| (k.piece, &k.content, k.written)).collect()
    }

    /// The pieces that were written but not committed; all of them where the change failed.
    fn in_vain(&mut self, failed: bool) -> Vec<PieceRow> {
        let mut all = std::mem::take(&mut self.discarded);
        let unused = self.kept.values().filter(|k| k.written && (failed || !k.used));
        all.extend(unused.map(|k| k.content.as_piece(k.piece)));
        all
    }
}

/// Blocks and ids of the selected positions.
fn content_of(cuts: &[Cut<'_>], picked: &KeptPositions, redactor: Option<&dyn Redactor>) -> Result<Content> {
    let mut content = Content::default();
    for (cut, positions) in cuts.iter().zip(picked).filter(|(_, positions)| !positions.is_empty()) {
        let block = u32::try_from(content.blocks.len()).unwrap_or(u32::MAX);
        let only = cut.only(redactor, positions)?;
        let packed = pack(only.as_deref().unwrap_or(cut.bytes));
        content.blocks.push(encode_block(cut.format, positions, &packed));
        let mut next = positions.iter().copied().peekable();
        for (row, hash) in cut.rows.iter().zip(&cut.hashes) {
            let position = row.position.saturating_sub(cut.first);
            if next.next_if_eq(&position).is_some() {
                let (digest, start_ns) = (row.digest, row.start_ns);
                content.entries.push(Entry { hash: *hash, digest, start_ns, block, position });
            }
        }
    }
    Ok(content)
}

/// Splits rows into those that are kept and those that are not.
fn sift(cuts: &[Cut<'_>], taken: &ExistingIds, receipt: &mut Receipt) -> (KeptPositions, u64) {
    let mut seen: HashMap<u128, u128> = HashMap::new();
    let mut accepted = 0;
    let picked = cuts.iter().map(|cut| {
        let mut positions = Vec::new();
        for (row, hash) in cut.rows.iter().zip(&cut.hashes) {
            let digests = match seen.get(hash) {
                Some(digest) => std::slice::from_ref(digest),
                None => taken.get(hash).map_or(&[][..], Vec::as_slice),
            };
            match judge(row, digests) {
                Verdict::Accept => {
                    seen.insert(*hash, row.digest);
                    positions.push(row.position.saturating_sub(cut.first));
                    accepted += 1;
                }
                Verdict::Duplicate => receipt.duplicates += 1,
                Verdict::Reject(reason) => receipt.rejected.push(Rejection {
                    block: cut.input,
                    position: row.position,
                    source: row.source,
                    reason,
                }),
            }
        }
        positions
    });
    let picked = picked.collect();
    receipt.accepted += accepted;
    (picked, accepted)
}

/// Cuts of one asset and model.
struct Group<'a> {
    model: &'a ModelRef,
    cuts: Vec<Cut<'a>>,
}

impl CassandraStore {
    pub(crate) fn append_to_run(
        &self,
        run: &RunId,
        blocks: &[BlockInput<'_>],
        mode: AppendMode,
    ) -> Result<Receipt> {
        let mut cuts = Vec::new();
        for input in 0..blocks.len() {
            cut(blocks, input, ROW_BYTES, &mut cuts)?;
        }
        let asset = self.cluster.block_on(self.asset_of_run(run))?.ok_or_else(|| no_run(run))?;
        let slot = self.states.of(&asset);
        let mut state = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let mut own = RequestState::default();
        self.cluster.block_on(async {
            let decide = async |tx: &mut Tx<'_>, own: &mut RequestState| {
                own.begin();
                let mut row = self.run_row(tx.asset, run).await?.ok_or_else(|| no_run(run))?;
                check_open(&row.run)?;
                check_blocks_of_run(&row.run, blocks)?;
                let taken = self.taken(tx.asset, tx.state, &LookupScope::Run(&row), &cuts).await?;
                let mut receipt = Receipt::default();
                let (picked, accepted) = sift(&cuts, &taken, &mut receipt);
                if !is_kept(mode, &mut receipt) || accepted == 0 {
                    return Ok((receipt, None));
                }
                let piece = own.keep(0, &cuts, picked, self.redactor.as_deref())?;
                tx.head.bytes += piece.bytes;
                tx.put(kind::PIECE, &segment_name(row.segment), row.blocks.into(), piece.encode());
                let before = row.blocks;
                row.blocks = row.blocks.checked_add(1).ok_or_else(|| {
                    Error::invalid("a run has too many pieces").mend("send larger requests")
                })?;
                row.run.annotations += accepted;
                tx.put(kind::RUN, run.as_str(), 0, row.encode());
                Ok((receipt, Some((Scope::Run(row.segment), before as usize))))
            };
            let done = self.change_with(&asset, &mut state, &mut own, decide, RequestState::ahead).await;
            self.tidy_up(&asset, &mut own, done.as_ref().err()).await;
            let (receipt, kept) = done?;
            if let Some((scope, before)) = kept {
                index_more(&mut state, &scope, before, own.kept.get(&0));
            }
            Ok(receipt)
        })
    }

    pub(crate) fn append_loose_lines(&self, blocks: &[BlockInput<'_>], mode: AppendMode) -> Result<Receipt> {
        let mut assets: BTreeMap<&AssetId, Vec<Group<'_>>> = BTreeMap::new();
        for (input, block) in blocks.iter().enumerate() {
            let groups = assets.entry(&block.asset).or_default();
            let at = match groups.iter().position(|g| *g.model == block.model) {
                Some(at) => at,
                None => {
                    groups.push(Group { model: &block.model, cuts: Vec::new() });
                    groups.len() - 1
                }
            };
            if let Some(group) = groups.get_mut(at) {
                cut(blocks, input, ROW_BYTES, &mut group.cuts)?;
            }
        }
        // In the order of their ids, so that two requests cannot deadlock.
        let slots: Vec<_> = assets.keys().map(|asset| self.states.of(asset)).collect();
        let mut states: Vec<MutexGuard<'_, AssetState>> =
            slots.iter().map(|slot| slot.lock().unwrap_or_else(PoisonError::into_inner)).collect();
        let mut receipt = self.cluster.block_on(async {
            if mode == AppendMode::Atomic || (mode == AppendMode::Partial && assets.len() > 1) {
                self.check_registered(blocks, &assets).await?;
            }
            if mode != AppendMode::Partial {
                // The whole request is checked before any of it is written.
                let would = self.each_asset(&assets, &mut states, AppendMode::DryRun).await?;
                if mode == AppendMode::DryRun || !would.rejected.is_empty() {
                    let mut would = would;
                    is_kept(mode, &mut would);
                    return Ok(would);
                }
            }
            self.each_asset(&assets, &mut states, mode).await
        })?;
        receipt.rejected.sort_unstable();
        Ok(receipt)
    }

    /// With several assets, nothing is written if one is not registered. A single asset is checked by its own change, but
    /// where the request is checked before that.
    async fn check_registered(
        &self,
        blocks: &[BlockInput<'_>],
        assets: &BTreeMap<&AssetId, Vec<Group<'_>>>,
    ) -> Result<()> {
        let heads = stream::iter(assets.keys().map(|asset| head::read(&self.cluster, asset)))
            .buffered(ASSETS_AT_ONCE)
            .try_collect::<Vec<_>>()
            .await?;
        for block in blocks {
            let at = assets.keys().position(|asset| **asset == block.asset);
            if at.and_then(|at| heads.get(at)).is_none_or(|head| head.doc.is_none()) {
                return Err(no_asset(&block.asset));
            }
        }
        Ok(())
    }

    async fn each_asset(
        &self,
        assets: &BTreeMap<&AssetId, Vec<Group<'_>>>,
        states: &mut [MutexGuard<'_, AssetState>],
        mode: AppendMode,
    ) -> Result<Receipt> {
        let all = assets.iter().zip(states.iter_mut());
        stream::iter(all.map(|((asset, groups), state)| self.append_on(asset, groups, state, mode)))
            .buffer_unordered(ASSETS_AT_ONCE)
            .try_fold(Receipt::default(), |mut sum, one| async move {
                sum.accepted += one.accepted;
                sum.duplicates += one.duplicates;
                sum.rejected.extend(one.rejected);
                sum.commit = sum.commit.max(one.commit);
                Ok(sum)
            })
            .await
    }

    /// Adds the loose lines of one asset, all of them by one conditional write.
    async fn append_on(
        &self,
        asset: &AssetId,
        groups: &[Group<'_>],
        state: &mut AssetState,
        mode: AppendMode,
    ) -> Result<Receipt> {
        let mut own = RequestState::default();
        let decide = async |tx: &mut Tx<'_>, own: &mut RequestState| {
            own.begin();
            if mode != AppendMode::DryRun && tx.head.doc.is_none() {
                return Err(no_asset(asset));
            }
            let mut receipt = Receipt::default();
            let mut picked = Vec::with_capacity(groups.len());
            for group in groups {
                let taken =
                    self.taken(asset, tx.state, &LookupScope::Loose(group.model), &group.cuts).await?;
                picked.push(sift(&group.cuts, &taken, &mut receipt));
            }
            if !is_kept(mode, &mut receipt) {
                return Ok((receipt, Vec::new()));
            }
            let first_of = groups.iter().zip(&picked).filter(|(group, (_, accepted))| {
                *accepted > 0 && tx.state.loose.get(group.model).is_none_or(Vec::is_empty)
            });
            let uses = first_of.map(|(group, _)| self.note_use(group.model, asset));
            futures_util::future::try_join_all(uses).await?;
            let mut more = Vec::new();
            for ((n, group), (picked, accepted)) in groups.iter().enumerate().zip(picked) {
                if accepted == 0 {
                    continue;
                }
                let piece = own.keep(n, &group.cuts, picked, self.redactor.as_deref())?;
                let before = tx.state.loose.get(group.model).map_or(0, Vec::len);
                if before == 0 {
                    tx.put(kind::USE, group.model.as_str(), 0, vec![1]);
                }
                let segment = loose_segment(piece.piece, group.model.clone(), accepted);
                receipt.commit = Some(tx.commit(Effect::Segment(segment), piece));
                tx.head.annotations += accepted;
                tx.head.bytes += piece.bytes;
                more.push((n, Scope::Loose(group.model.clone()), before));
            }
            Ok((receipt, more))
        };
        let done = self.change_with(asset, state, &mut own, decide, RequestState::ahead).await;
        self.tidy_up(asset, &mut own, done.as_ref().err()).await;
        let (receipt, more) = done?;
        for (n, scope, before) in more {
            index_more(state, &scope, before, own.kept.get(&n));
        }
        Ok(receipt)
    }

    /// Removes pieces that were written but not committed. What cannot be removed now stays listed in `strays`.
    async fn tidy_up(&self, asset: &AssetId, own: &mut RequestState, failed: Option<&Error>) {
        if self.writers.is_dead() || failed.is_some_and(|e| e.kind() == ErrorKind::OutcomeUnknown) {
            return;
        }
        for piece in own.in_vain(failed.is_some()) {
            let stamp = self.writers.stamp(0);
            let removed = async {
                content::remove(&self.cluster, asset, piece, stamp).await?;
                tx::forget_strays(&self.cluster, asset, &[piece.piece]).await
            };
            if let Err(error) = removed.await {
                tracing::debug!(%error, %asset, "content that belongs to no commit stays until the next purge");
            }
        }
    }

    pub(crate) async fn run_row(&self, asset: &AssetId, run: &RunId) -> Result<Option<RunRow>> {
        let value = head::value(&self.cluster, asset, kind::RUN, run.as_str()).await?;
        value.map(|bytes| RunRow::decode(&bytes)).transpose()
    }
}

/// Adds the new piece to the index, if the index was complete up to it.
fn index_more(state: &mut AssetState, scope: &Scope, before: usize, kept: Option<&NewPiece>) {
    let Some(kept) = kept.filter(|_| state.indexed(scope) == Some(before)) else { return };
    let index = state.index(scope);
    kept.content.entries.iter().for_each(|entry| index.add(entry));
    index.pieces = before + 1;
}
