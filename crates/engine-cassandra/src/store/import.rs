//! Imports assets from another store.
//!
//! Content is written into pieces that nothing refers to yet, and the history into its body, which is read only as far
//! as the head says. Then one conditional write of the head makes all of it visible: the document, the runs, the lists
//! of pieces, and the last commit, which is the tail and so the outbox row.
//!
//! An asset that is imported again is first dropped by one conditional write. Its old chunks of history stay listed
//! until the next write of the head, which clears them first; so if the process dies in between, the old chunks cannot
//! be mistaken for the new history.

use std::collections::HashMap;
use std::sync::PoisonError;

use rushes_store::engine::{RunRow, changed_during_import, encode_asset, renumbered};
use rushes_store::{AssetImport, CommitRecord, Effect, Erased, ImportPlan, Imported, RunSpec, SegmentReader};
use rushes_types::{AssetId, Commit, Error, Result, Run, RunState};

use crate::columns::{column, number};
use crate::store::CassandraStore;
use crate::store::content;
use crate::store::head::{self, Head, Numbered, PieceRow, Record, kind, segment_name};
use crate::store::history;
use crate::store::incoming::UncommittedPieces;
use crate::store::link::RecordsDigest;
use crate::store::tx::{Tx, forget_strays};
use crate::store::writers::new_segment;

/// Commits of a history that are read at once.
const PAGE: usize = 4_096;

/// What is decided before the head is written.
struct DecidedImport<'a> {
    import: &'a AssetImport,
    plan: &'a ImportPlan,
    /// The head that the decision is based on.
    head: Head,
    /// Segment numbers in this store, by their number in the source.
    numbers: HashMap<u64, u64>,
    pieces: &'a HashMap<u64, Vec<PieceRow>>,
    bytes: u64,
}

impl CassandraStore {
    pub(crate) fn import_asset(
        &self,
        import: &AssetImport,
        content: &mut SegmentReader<'_>,
    ) -> Result<Imported> {
        import.check()?;
        self.writers.jump(import.last().0);
        let asset = &import.asset;
        let mut done = Imported::Added;
        let (plan, have, head) = loop {
            let (head, have, runs) = self.cluster.block_on(self.known(asset))?;
            match import.plan(&have, &runs)? {
                None => return Ok(Imported::Unchanged),
                Some(plan) if !plan.replaces => break (plan, have, head),
                Some(_) => {
                    self.drop_asset(asset)?;
                    done = Imported::Replaced;
                }
            }
        };
        let mut incoming = UncommittedPieces::new(self, asset);
        let outcome = incoming.load(import, &plan, content).and_then(|()| {
            let decided = DecidedImport {
                import,
                plan: &plan,
                head,
                numbers: number_segments(import, &plan, &have, &incoming.pieces)?,
                pieces: &incoming.pieces,
                bytes: incoming.bytes(),
            };
            let slot = self.states.of(asset);
            let mut state = slot.lock().unwrap_or_else(PoisonError::into_inner);
            let made = self.cluster.block_on(async {
                self.claim_runs(&decided).await?;
                self.change(asset, &mut state, async |tx| self.take_over(tx, &decided).await).await
            });
            // The state was folded without the body's commits.
            state.forget();
            made.map(|()| done)
        });
        incoming.settle(outcome)
    }

    /// What this store already has of an asset.
    async fn known(&self, asset: &AssetId) -> Result<(Head, Vec<CommitRecord>, Vec<Run>)> {
        let head = head::read_serial(&self.cluster, asset).await?;
        let mut have: Vec<CommitRecord> = Vec::new();
        loop {
            let after = have.last().map_or(Commit::NONE, |record| record.commit);
            let page = history::page(&self.cluster, asset, after, PAGE).await?;
            if page.is_empty() {
                break;
            }
            have.extend(page);
        }
        let runs = self.run_rows(asset).await?.into_iter().map(|row| row.run).collect();
        Ok((head, have, runs))
    }

    /// Claims the names of new runs, and records which models have written on the asset.
    async fn claim_runs(&self, decided: &DecidedImport<'_>) -> Result<()> {
        let asset = &decided.import.asset;
        for run in &decided.plan.runs {
            if self.run_row(asset, &run.id).await?.is_some() {
                continue;
            }
            let spec = RunSpec {
                id: Some(run.id.clone()),
                asset: run.asset.clone(),
                model: run.model.clone(),
                mode: run.mode,
                coverage: run.coverage,
            };
            self.claim(&run.id, &spec).await?;
            self.list_run(&run.id, asset).await?;
            self.note_use(&run.model, asset).await?;
        }
        Ok(())
    }

    /// Assembles the change that makes the written content part of the asset.
    async fn take_over(&self, tx: &mut Tx<'_>, decided: &DecidedImport<'_>) -> Result<()> {
        let (import, asset) = (decided.import, &decided.import.asset);
        if (tx.head.last_commit, tx.head.commits) != (decided.head.last_commit, decided.head.commits) {
            return Err(changed_during_import(asset));
        }
        let before = tx.head.last_commit;
        tx.head.doc = import.document.as_ref().map(encode_asset).transpose()?;
        tx.head.bytes = tx.head.bytes.saturating_add(decided.bytes);
        let records = self.records(tx, decided).await?;
        self.put_body(tx, &records).await?;
        for (run, segment, pieces) in self.run_rows_of(decided).await? {
            for (n, piece) in (0..).zip(pieces) {
                tx.put(kind::PIECE, &segment_name(segment.segment), n, piece.encode());
            }
            tx.put(kind::RUN, run.id.as_str(), 0, segment.encode());
        }
        let second = records.iter().rev().nth(1).map_or(before, |(commit, _)| commit.0);
        let mut all = RecordsDigest::default();
        records.iter().for_each(|(commit, record)| all.add(commit.0, &record.encode()));
        if let Some(last) = records.into_iter().next_back() {
            tx.take_over(last, second, all.done());
        }
        Ok(())
    }

    /// The new commits as records of this store.
    async fn records(&self, tx: &mut Tx<'_>, decided: &DecidedImport<'_>) -> Result<Vec<Numbered>> {
        let import = decided.import;
        let mut records = Vec::new();
        for (ordinal, record) in (tx.head.commits..).zip(import.history.iter().skip(decided.plan.from)) {
            let effect = renumbered(&record.effect, &decided.numbers)
                .ok_or_else(|| Error::bug("a segment was given no number"))?;
            let mut piece = PieceRow::default();
            match (&record.effect, &effect) {
                (Effect::Segment(theirs), Effect::Segment(ours)) => {
                    tx.head.annotations = tx.head.annotations.saturating_add(ours.annotations);
                    if ours.run.is_loose() {
                        let written = decided.pieces.get(&theirs.id).and_then(|pieces| pieces.first());
                        piece =
                            written.copied().unwrap_or(PieceRow { piece: ours.id, ..PieceRow::default() });
                        self.note_use(&ours.model, &import.asset).await?;
                        tx.put(kind::USE, ours.model.as_str(), 0, vec![1]);
                    }
                }
                (Effect::Erased(Erased::Asset), _) => tx.head.erased = record.commit.0,
                _ => {}
            }
            records.push((record.commit, Record { ordinal, piece, effect }));
        }
        Ok(records)
    }

    /// Writes the new commits, and those of the tail, into the body of the history; the head lists its chunks.
    async fn put_body(&self, tx: &mut Tx<'_>, records: &[Numbered]) -> Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        let (cluster, asset) = (&self.cluster, tx.asset);
        let version = number(tx.head.version);
        if tx.head.commits == 0 {
            // Dropped chunks are cleared before anything is written into them.
            let chunks = head::rows_of(cluster, asset, kind::CHUNK, "").await?;
            history::clear(cluster, asset, &chunks, self.writers.stamp(version)).await?;
            let last = records.last().map_or(0, |(_, record)| history::chunk_of(record.ordinal));
            for (chunk, _) in chunks.iter().filter(|(chunk, _)| *chunk > last) {
                tx.remove(kind::CHUNK, "", *chunk);
            }
        }
        let mut rows: Vec<(u64, Vec<u8>)> = head::rows_of(cluster, asset, kind::TAIL, "").await?;
        for (commit, _) in &rows {
            tx.remove(kind::TAIL, "", *commit);
        }
        for (commit, record) in records {
            if record.ordinal.is_multiple_of(head::CHUNK_COMMITS) {
                let first = history::chunk_value(commit.0).to_vec();
                tx.put(kind::CHUNK, "", history::chunk_of(record.ordinal), first);
            }
            rows.push((commit.0, record.encode()));
        }
        // The time-stamp must be above that of the clearing; the commits' own numbers may be below.
        let stamp = column(self.writers.stamp(version));
        history::put_at(cluster, asset, &rows, |_| stamp).await
    }

    /// The rows of the runs that are written, with the pieces that are new.
    async fn run_rows_of<'d>(
        &self,
        decided: &'d DecidedImport<'_>,
    ) -> Result<Vec<(&'d Run, RunRow, &'d [PieceRow])>> {
        let mut rows = Vec::new();
        for run in &decided.plan.runs {
            let known = self.run_row(&decided.import.asset, &run.id).await?;
            let theirs = decided.import.segment_of(&run.id).filter(|_| run.state == RunState::Committed);
            let (segment, blocks, pieces) = match (known, theirs) {
                (Some(row), _) => (row.segment, row.blocks, &[][..]),
                (None, Some(theirs)) => {
                    let number = decided.numbers.get(&theirs.id).copied();
                    let number = number.ok_or_else(|| Error::bug("a run was given no number"))?;
                    let pieces = decided.pieces.get(&theirs.id).map_or(&[][..], Vec::as_slice);
                    (number, u32::try_from(pieces.len()).unwrap_or(u32::MAX), pieces)
                }
                (None, None) => (new_segment()?, 0, &[][..]),
            };
            rows.push((run, RunRow { run: run.clone(), segment, blocks }, pieces));
        }
        Ok(rows)
    }

    /// Drops all of an asset, so that it can be imported again.
    fn drop_asset(&self, asset: &AssetId) -> Result<()> {
        self.do_duties(asset)?;
        let slot = self.states.of(asset);
        let mut state = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let dropped = self.cluster.block_on(async {
            let head = head::read_serial(&self.cluster, asset).await?;
            let runs = self.run_rows(asset).await?;
            let mut pieces = Vec::new();
            for (_, _, bytes) in head::rows(&self.cluster, asset, kind::PIECE).await? {
                pieces.push(PieceRow::decode(&bytes)?);
            }
            let from = head.erased.saturating_sub(1);
            history::raw(&self.cluster, asset, &head, from, head.last_commit, &mut |(_, record)| {
                pieces.extend(Some(record.piece).filter(|piece| piece.rows > 0));
                Ok(true)
            })
            .await?;
            self.note_strays(asset, &pieces).await?;
            self.change(asset, &mut state, async |tx| {
                if (tx.head.last_commit, tx.head.commits) != (head.last_commit, head.commits) {
                    return Err(changed_during_import(asset));
                }
                tx.head = Head {
                    version: tx.head.version,
                    trimmed: tx.head.trimmed,
                    stamp: tx.head.stamp.take(),
                    ..Head::default()
                };
                for kind in [kind::RUN, kind::USE, kind::PIECE, kind::GONE, kind::HOLE, kind::TAIL] {
                    tx.remove_kind(kind);
                }
                Ok(())
            })
            .await?;
            for piece in &pieces {
                content::remove(&self.cluster, asset, *piece, self.writers.stamp(0)).await?;
            }
            let numbers: Vec<u64> = pieces.iter().map(|piece| piece.piece).collect();
            forget_strays(&self.cluster, asset, &numbers).await?;
            let names: Vec<_> = runs.into_iter().map(|row| (row.run.id, row.segment)).collect();
            self.free_names(asset, &names).await
        });
        state.forget();
        dropped
    }
}

/// Assigns numbers to all segments of the new commits.
fn number_segments(
    import: &AssetImport,
    plan: &ImportPlan,
    have: &[CommitRecord],
    pieces: &HashMap<u64, Vec<PieceRow>>,
) -> Result<HashMap<u64, u64>> {
    let mut numbers = import.known_segments(plan, have);
    for record in import.history.iter().skip(plan.from) {
        let Some(segment) = record.effect.segment().filter(|s| !numbers.contains_key(&s.id)) else {
            continue;
        };
        // For loose lines, the piece's number is the segment's.
        let piece = pieces.get(&segment.id).and_then(|p| p.first()).filter(|_| segment.run.is_loose());
        let number = match piece {
            Some(piece) => piece.piece,
            None => new_segment()?,
        };
        numbers.insert(segment.id, number);
    }
    Ok(numbers)
}
