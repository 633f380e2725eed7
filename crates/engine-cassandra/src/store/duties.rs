//! The physical part of an erasure: deletes the content of what was erased, and rewrites blocks without annotations
//! that were erased one by one. Pending work is called a duty; it is listed in the head.

use std::collections::{BTreeMap, HashSet};
use std::sync::PoisonError;

use crate::client::{Outcome, Write};
use rushes_store::engine::{decode_block, encode_block, keep_lines, no_redactor, pack};
use rushes_store::{Block, BlockFormat, Effect};
use rushes_types::{AssetId, ErrorKind, Result};

use crate::columns::{column, number};
use crate::store::CassandraStore;
use crate::store::content;
use crate::store::erase::{DUTY, still_there};
use crate::store::existing::hole;
use crate::store::head::{self, Hole, Holes, PieceRow, Tombstone, kind, segment_name};
use crate::store::history::{self, TombstoneSubject};
use crate::store::registered;
use crate::store::state::Kind;
use crate::store::tx::forget_strays;

/// Loose pieces that are removed at once, to bound memory.
const PIECES: usize = 1_024;

impl CassandraStore {
    /// Does the pending duties of the asset.
    pub(crate) fn do_duties(&self, asset: &AssetId) -> Result<()> {
        let slot = self.states.of(asset);
        let mut state = slot.lock().unwrap_or_else(PoisonError::into_inner);
        self.cluster.block_on(async {
            for (name, _, bytes) in head::rows(&self.cluster, asset, kind::GONE).await? {
                let mut gone = Tombstone::decode(&bytes)?;
                let what = TombstoneSubject::parse(&name);
                if gone.done {
                    continue;
                }
                self.remove_gone(asset, what.as_ref(), &gone).await?;
                if let Some(TombstoneSubject::Aborted(_)) = what {
                    self.settle(asset, &name, 0, &bytes, None).await?;
                } else {
                    gone.done = true;
                    self.settle(asset, &name, 0, &bytes, Some(gone.encode())).await?;
                }
            }
            self.fill_holes(asset, &mut state).await?;
            forget_strays(&self.cluster, asset, &[DUTY]).await
        })
    }

    /// Replaces a row of the head, if it has not changed since it was read.
    async fn settle(
        &self,
        asset: &AssetId,
        name: &str,
        num: u64,
        was: &[u8],
        is: Option<Vec<u8>>,
    ) -> Result<()> {
        const PUT: &str =
            "UPDATE heads SET value = ? WHERE asset = ? AND kind = ? AND name = ? AND num = ? IF value = ?";
        const REMOVE: &str =
            "DELETE FROM heads WHERE asset = ? AND kind = ? AND name = ? AND num = ? IF value = ?";
        let kind = if num == 0 { kind::GONE } else { kind::HOLE };
        let (asset, num) = (asset.as_str(), column(num));
        let write = match is {
            Some(value) => Write::new(PUT, (value, asset, kind, name, num, was)),
            None => Write::new(REMOVE, (asset, kind, name, num, was)),
        };
        match self.cluster.conditional(&[write]).await {
            // Another process has changed it since.
            Ok(Outcome::Applied | Outcome::Refused) => Ok(()),
            Err(e) if e.kind() == ErrorKind::OutcomeUnknown => Ok(()),
            Err(e) => Err(e),
        }
    }

    async fn remove_gone(
        &self,
        asset: &AssetId,
        what: Option<&TombstoneSubject>,
        gone: &Tombstone,
    ) -> Result<()> {
        for (_, segment) in &gone.runs {
            let pieces = self.pieces_of_run(asset, *segment).await?;
            self.remove_pieces(asset, &pieces, gone.upto).await?;
            self.forget_pieces(asset, *segment, pieces.len()).await?;
        }
        match what {
            Some(TombstoneSubject::Asset | TombstoneSubject::Model(_)) => {
                let head = head::read(&self.cluster, asset).await?;
                let mut pieces: Vec<PieceRow> = Vec::new();
                history::raw(&self.cluster, asset, &head, 0, gone.upto, &mut |(_, record)| {
                    if let Effect::Segment(segment) = &record.effect
                        && segment.run.is_loose()
                        && (what == Some(&TombstoneSubject::Asset)
                            || what == Some(&TombstoneSubject::Model(segment.model.clone())))
                    {
                        pieces.push(record.piece);
                    }
                    Ok(true)
                })
                .await?;
                for some in pieces.chunks(PIECES) {
                    self.remove_pieces(asset, some, gone.upto).await?;
                }
                if what == Some(&TombstoneSubject::Asset) {
                    history::remove(&self.cluster, asset, gone.upto).await?;
                }
            }
            Some(TombstoneSubject::Aborted(_)) => return Ok(()),
            Some(TombstoneSubject::Run(_)) | None => {}
        }
        self.free_names(asset, &gone.runs).await
    }

    /// Removes pieces, and checks that they are gone.
    async fn remove_pieces(&self, asset: &AssetId, pieces: &[PieceRow], stamp: u64) -> Result<()> {
        const LOOK: &str = "SELECT block FROM blocks WHERE asset = ? AND piece = ? AND chunk = 0 LIMIT 1";
        for piece in pieces {
            content::remove(&self.cluster, asset, *piece, stamp).await?;
        }
        let keys = pieces.iter().map(|piece| (asset.as_str(), column(piece.piece)));
        let left = self.cluster.rows_of_each::<(i32,), _>(LOOK, keys).await?;
        if left.iter().all(Vec::is_empty) { Ok(()) } else { Err(still_there(asset)) }
    }

    /// Removes the piece rows of an erased run.
    async fn forget_pieces(&self, asset: &AssetId, segment: u64, count: usize) -> Result<()> {
        const FORGET: &str = "DELETE FROM heads WHERE asset = ? AND kind = ? AND name = ? AND num = ?";
        const GUARD: &str = "UPDATE heads SET version = ? WHERE asset = ? IF version = ?";
        const AT_ONCE: usize = 200;
        let name = segment_name(segment);
        let mut from = 0;
        while from < count {
            let head = head::read_serial(&self.cluster, asset).await?;
            let version = column(self.writers.stamp(number(head.version).max(head.last_commit)));
            let upto = count.min(from + AT_ONCE);
            let mut writes = vec![Write::new(GUARD, (version, asset.as_str(), head.version))];
            writes.extend(
                (from..upto).map(|n| {
                    Write::new(FORGET, (asset.as_str(), kind::PIECE, name.as_str(), column(n as u64)))
                }),
            );
            match self.cluster.conditional(&writes).await {
                Ok(Outcome::Applied) => from = upto,
                Ok(Outcome::Refused) => {}
                Err(e) if e.kind() == ErrorKind::OutcomeUnknown => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// Rewrites blocks and ids without annotations that were erased one by one.
    async fn fill_holes(&self, asset: &AssetId, state: &mut crate::store::state::AssetState) -> Result<()> {
        let rows = head::rows(&self.cluster, asset, kind::HOLE).await?;
        let mut segments: BTreeMap<String, (u64, HashSet<Hole>, bool)> = BTreeMap::new();
        for (name, num, bytes) in &rows {
            let holes = Holes::decode(bytes)?;
            let (stamp, all, open) = segments.entry(name.clone()).or_default();
            *stamp = (*stamp).max(*num);
            *open |= !holes.done;
            all.extend(holes.places);
        }
        segments.retain(|_, (_, _, open)| *open);
        if segments.is_empty() {
            return Ok(());
        }
        let head = head::read(&self.cluster, asset).await?;
        state.catch_up(&self.cluster, asset, &head).await?;
        for (name, (stamp, holes, _)) in &segments {
            let segment = u64::from_str_radix(name, 16).unwrap_or(0);
            let pieces = match state.find(segment) {
                Some(Kind::Loose(piece)) => vec![piece],
                _ => self.pieces_of_run(asset, segment).await?,
            };
            for piece in pieces.iter().filter(|p| holes.iter().any(|h| h.piece == p.piece)) {
                self.rewrite_piece(asset, *piece, holes, *stamp).await?;
            }
        }
        for (name, num, bytes) in rows {
            let mut holes = Holes::decode(&bytes)?;
            if !holes.done && segments.contains_key(&name) {
                holes.done = true;
                self.settle(asset, &name, num, &bytes, Some(holes.encode())).await?;
            }
        }
        Ok(())
    }

    async fn rewrite_piece(
        &self,
        asset: &AssetId,
        piece: PieceRow,
        holes: &HashSet<Hole>,
        stamp: u64,
    ) -> Result<()> {
        let mut touched = Vec::new();
        content::read(&self.cluster, asset, piece, |found| {
            if holes.iter().any(|h| h.piece == piece.piece && h.block == found.block) {
                touched.push(found);
            }
            Ok(())
        })
        .await?;
        for found in touched {
            let mut block = decode_block(&found.bytes)?;
            block.positions.retain(|position| {
                !holes.contains(&Hole { piece: piece.piece, block: found.block, position: *position })
            });
            let bytes = match block.positions.is_empty() {
                true => None,
                false => Some(encode_block(block.format, &block.positions, &pack(&self.blank(&block)?))),
            };
            content::rewrite(&self.cluster, asset, piece.piece, &found, bytes.as_deref(), stamp).await?;
        }
        let mut parts = Vec::new();
        content::each_part(&self.cluster, asset, &[piece], |_, part, mut entries| {
            let before = entries.len();
            entries.retain(|entry| !holes.contains(&hole(piece.piece, entry)));
            if entries.len() < before {
                parts.push((part, entries));
            }
            Ok(())
        })
        .await?;
        for (part, entries) in parts {
            content::rewrite_part(&self.cluster, asset, piece.piece, part, &entries, stamp).await?;
        }
        Ok(())
    }

    /// The bytes of a block without the erased annotations.
    pub(crate) fn blank(&self, block: &Block) -> Result<Vec<u8>> {
        match (block.format, self.redactor.as_deref()) {
            (BlockFormat::Lines, _) => Ok(keep_lines(&block.bytes, &block.positions)),
            (BlockFormat::Arrow, None) => Err(no_redactor()),
            (BlockFormat::Arrow, Some(redactor)) => {
                let kept = redactor.keep(block.format, &block.bytes, &block.positions)?;
                Ok(kept.unwrap_or_else(|| block.bytes.clone()))
            }
        }
    }

    /// Removes what any process left behind: duties of erasures, and content that belongs to no commit.
    pub(crate) fn sweep(&self) -> Result<()> {
        const READ: &str = "SELECT asset, piece, writer FROM strays";
        let strays = self.cluster.block_on(self.cluster.rows::<(String, i64, Option<i64>)>(READ, ()))?;
        let active: HashSet<i64> = self
            .cluster
            .block_on(registered::all(&self.cluster))?
            .into_iter()
            .filter(|w| !w.closed)
            .map(|w| w.id)
            .collect();
        for (name, piece, writer) in strays {
            let Ok(asset) = AssetId::new(&name) else { continue };
            let piece = piece.cast_unsigned();
            if piece == DUTY {
                self.do_duties(&asset)?;
            } else if writer.is_none_or(|writer| !active.contains(&writer)) {
                self.remove_stray(&asset, piece)?;
            }
        }
        Ok(())
    }

    /// Removes a piece whose writer is gone, unless it was committed.
    fn remove_stray(&self, asset: &AssetId, piece: u64) -> Result<()> {
        let slot = self.states.of(asset);
        let mut state = slot.lock().unwrap_or_else(PoisonError::into_inner);
        self.cluster.block_on(async {
            let head = head::read_serial(&self.cluster, asset).await?;
            state.catch_up(&self.cluster, asset, &head).await?;
            let mut kept = matches!(state.find(piece), Some(Kind::Loose(_)));
            if !kept {
                let rows = head::rows(&self.cluster, asset, kind::PIECE).await?;
                for (_, _, bytes) in rows {
                    kept |= PieceRow::decode(&bytes)?.piece == piece;
                }
            }
            if !kept {
                let stamp = self.writers.stamp(number(head.version).max(head.last_commit));
                content::remove_unknown(&self.cluster, asset, piece, stamp).await?;
            }
            forget_strays(&self.cluster, asset, &[piece]).await
        })
    }
}
