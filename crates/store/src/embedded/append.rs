//! Adding annotations: to an open run, and as loose lines.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rushes_types::{AssetId, Commit, Error, ModelRef, Result, RunId};

use super::ids::{IdLocation, decode_locations, encode_locations};
use super::tables::{self, IDS};
use super::tx::Tx;
use super::{EmbeddedStore, keys};
use crate::current::Current;
use crate::cut::{Cut, cut};
use crate::records::RunRow;
use crate::rules::{
    Redactor, Verdict, check_blocks_of_run, check_open, is_kept, judge, loose_segment, no_asset,
};
use crate::stored_block::{self, Packed, pack};
use crate::{AppendMode, BlockInput, Effect, Receipt, Rejection};

/// Lines are cut into blocks of about this many bytes: small enough that erasing an annotation rewrites
/// little, large enough that they compress well.
const BLOCK_BYTES: usize = 512 << 10;

/// A piece of an input block, made ready outside the writer's lock.
struct Piece<'a> {
    cut: Cut<'a>,
    packed: Packed,
}

/// Cuts, hashes and compresses what is to be added.
fn prepare<'a>(blocks: &'a [BlockInput<'_>], input: usize, pieces: &mut Vec<Piece<'a>>) -> Result<()> {
    let mut cuts = Vec::new();
    cut(blocks, input, BLOCK_BYTES, &mut cuts)?;
    pieces.extend(cuts.into_iter().map(|cut| Piece { packed: pack(cut.bytes), cut }));
    Ok(())
}

/// Looks up the digests already stored for ids.
struct IdLookup<'a> {
    scope: u64,
    /// Is the scope still empty, so that no lookup is needed?
    scope_is_empty: bool,
    /// For loose lines: the model and the current state of the asset, since ids are also looked up in current runs.
    loose: Option<(&'a ModelRef, &'a Current)>,
}

impl IdLookup<'_> {
    /// The current digests of an id, and its locations in the scope.
    fn digests_of(&self, tx: &Tx<'_>, hash: u128) -> Result<(Vec<u128>, Vec<IdLocation>)> {
        let locations = match self.scope_is_empty {
            true => Vec::new(),
            false => locations(tx, self.scope, hash)?,
        };
        let Some((model, current)) = self.loose else {
            return Ok((locations.iter().map(|p| p.digest).collect(), locations));
        };
        // A loose segment's number is its commit.
        let stands = |p: &&IdLocation| !current.superseded(model, Commit(p.segment), p.start_ns);
        let mut digests: Vec<u128> = locations.iter().filter(stands).map(|p| p.digest).collect();
        for live in current.segments().iter().filter(|l| l.segment.model == *model) {
            let of_run = locations_of_run(tx, live.segment.id, live.segment.annotations, hash)?;
            let stands = |p: &&IdLocation| current.is_current(live.segment.id, p.start_ns);
            digests.extend(of_run.iter().filter(stands).map(|p| p.digest));
        }
        Ok((digests, locations))
    }
}

fn locations(tx: &Tx<'_>, scope: u64, hash: u128) -> Result<Vec<IdLocation>> {
    match tables::get(tx.folder, IDS, &keys::id(scope, hash))? {
        Some(bytes) => decode_locations(&bytes),
        None => Ok(Vec::new()),
    }
}

fn locations_of_run(tx: &Tx<'_>, segment: u64, annotations: u64, hash: u128) -> Result<Vec<IdLocation>> {
    if annotations == 0 { Ok(Vec::new()) } else { locations(tx, segment, hash) }
}

/// Adds pieces to a segment and records the outcome of each row.
struct SegmentAppender<'a, 'p> {
    redactor: Option<&'a dyn Redactor>,
    lookup: IdLookup<'a>,
    segment: u64,
    next_block: u32,
    /// Digests of ids accepted by this request.
    seen: HashMap<u128, u128>,
    receipt: &'p mut Receipt,
    accepted: u64,
}

impl SegmentAppender<'_, '_> {
    fn add(&mut self, tx: &mut Tx<'_>, piece: &Piece<'_>) -> Result<()> {
        let block = self.next_block;
        let mut positions = Vec::with_capacity(piece.cut.rows.len());
        for (row, hash) in piece.cut.rows.iter().zip(&piece.cut.hashes) {
            let position = row.position.saturating_sub(piece.cut.first);
            let (digests, mut locations) = match self.seen.entry(*hash) {
                Entry::Occupied(seen) => (vec![*seen.get()], Vec::new()),
                Entry::Vacant(_) => self.lookup.digests_of(tx, *hash)?,
            };
            match judge(row, &digests) {
                Verdict::Accept => {
                    self.seen.insert(*hash, row.digest);
                    let (segment, start_ns, digest) = (self.segment, row.start_ns, row.digest);
                    locations.push(IdLocation { segment, block, position, start_ns, digest });
                    tx.put_id(keys::id(self.lookup.scope, *hash), encode_locations(&locations));
                    positions.push(position);
                }
                Verdict::Duplicate => self.receipt.duplicates += 1,
                Verdict::Reject(why) => self.receipt.rejected.push(Rejection {
                    block: piece.cut.input,
                    position: row.position,
                    source: row.source,
                    reason: why,
                }),
            }
        }
        if positions.is_empty() {
            return Ok(());
        }
        let packed = self.only(piece, &positions)?;
        tx.put_block(
            keys::block(self.segment, block),
            stored_block::encode(piece.cut.format, &positions, &packed),
        );
        self.next_block = block
            .checked_add(1)
            .ok_or_else(|| Error::invalid("a run has too many blocks").mend("send larger ones"))?;
        let count = positions.len() as u64;
        self.accepted += count;
        self.receipt.accepted += count;
        Ok(())
    }

    fn only<'b>(&self, piece: &'b Piece<'_>, positions: &[u32]) -> Result<Cow<'b, Packed>> {
        let kept = piece.cut.only(self.redactor, positions)?;
        Ok(kept.map_or(Cow::Borrowed(&piece.packed), |bytes| Cow::Owned(pack(&bytes))))
    }
}

impl EmbeddedStore {
    pub(super) fn append_to_run(
        &self,
        run: &RunId,
        blocks: &[BlockInput<'_>],
        mode: AppendMode,
    ) -> Result<Receipt> {
        let mut pieces = Vec::new();
        for input in 0..blocks.len() {
            prepare(blocks, input, &mut pieces)?;
        }
        self.change(|tx| {
            let mut row: RunRow = tx.run(run)?;
            check_open(&row.run)?;
            check_blocks_of_run(&row.run, blocks)?;
            let mut receipt = Receipt::default();
            let mut adder = SegmentAppender {
                redactor: self.redactor.as_deref(),
                lookup: IdLookup { scope: row.segment, scope_is_empty: row.blocks == 0, loose: None },
                segment: row.segment,
                next_block: row.blocks,
                seen: HashMap::new(),
                receipt: &mut receipt,
                accepted: 0,
            };
            for piece in &pieces {
                adder.add(tx, piece)?;
            }
            let (next_block, accepted) = (adder.next_block, adder.accepted);
            if !is_kept(mode, &mut receipt) {
                tx.undo();
                return Ok(receipt);
            }
            row.blocks = next_block;
            row.run.annotations += accepted;
            if accepted > 0 {
                tx.put_run(&row);
            }
            Ok(receipt)
        })
    }

    pub(super) fn append_loose_lines(&self, blocks: &[BlockInput<'_>], mode: AppendMode) -> Result<Receipt> {
        let mut groups: Vec<(&AssetId, &ModelRef, Vec<Piece<'_>>)> = Vec::new();
        let mut group_of: HashMap<(&AssetId, &ModelRef), usize> = HashMap::new();
        for (input, block) in blocks.iter().enumerate() {
            let group = *group_of.entry((&block.asset, &block.model)).or_insert_with(|| {
                groups.push((&block.asset, &block.model, Vec::new()));
                groups.len() - 1
            });
            if let Some((_, _, pieces)) = groups.get_mut(group) {
                prepare(blocks, input, pieces)?;
            }
        }
        self.change(|tx| {
            for (asset, _, _) in &groups {
                if mode != AppendMode::DryRun && tx.get(&keys::asset(asset))?.is_none() {
                    return Err(no_asset(asset));
                }
            }
            let mut receipt = Receipt::default();
            for (asset, model, pieces) in &groups {
                self.add_loose_group(tx, asset, model, pieces, &mut receipt)?;
            }
            receipt.rejected.sort_unstable();
            if !is_kept(mode, &mut receipt) {
                tx.undo();
            }
            Ok(receipt)
        })
    }

    fn add_loose_group(
        &self,
        tx: &mut Tx<'_>,
        asset: &AssetId,
        model: &ModelRef,
        pieces: &[Piece<'_>],
        receipt: &mut Receipt,
    ) -> Result<()> {
        let current = tx.claims(asset)?;
        let known = tx.loose_scope(asset, model)?;
        let scope = known.unwrap_or(tx.counters.scopes + 1);
        let segment = tx.counters.commits + 1;
        let mut adder = SegmentAppender {
            redactor: self.redactor.as_deref(),
            lookup: IdLookup { scope, scope_is_empty: known.is_none(), loose: Some((model, &current)) },
            segment,
            next_block: 0,
            seen: HashMap::new(),
            receipt,
            accepted: 0,
        };
        for piece in pieces {
            adder.add(tx, piece)?;
        }
        let accepted = adder.accepted;
        if accepted == 0 {
            return Ok(());
        }
        if known.is_none() {
            tx.counters.scopes = scope;
            tx.put(keys::scope(asset, model), scope.to_be_bytes().to_vec());
            tx.put(keys::model_use(model, asset), Vec::new());
        }
        let effect = Effect::Segment(loose_segment(segment, model.clone(), accepted));
        let commit = tx.commit(asset, &effect);
        tx.put_segment(segment, asset, commit);
        tx.counters.annotations += accepted;
        receipt.commit = Some(commit);
        Ok(())
    }
}
