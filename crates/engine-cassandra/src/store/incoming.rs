//! Writes the content of imported assets into pieces that nothing refers to yet.

use std::collections::HashMap;

use rushes_store::engine::{check_content, check_import_block, encode_block, hash_id, pack};
use rushes_store::{AssetImport, ImportBlock, ImportPlan, RunSegment, SegmentReader};
use rushes_types::{AssetId, Error, ErrorKind, Result};

use crate::columns::column;
use crate::store::CassandraStore;
use crate::store::content::{self, Content, Entry};
use crate::store::head::PieceRow;
use crate::store::tx::forget_strays;
use crate::store::writers::new_segment;

/// Blocks and ids of a run are cut into pieces of about this many bytes.
const PIECE_BYTES: usize = 8 << 20;
/// Bytes that an id is counted as.
const ID_BYTES: usize = 48;

/// Pieces that are written but belong to no commit yet.
pub struct UncommittedPieces<'a> {
    store: &'a CassandraStore,
    asset: &'a AssetId,
    /// By the segment's number in the source, oldest first.
    pub pieces: HashMap<u64, Vec<PieceRow>>,
    written: Vec<PieceRow>,
}

impl<'a> UncommittedPieces<'a> {
    pub fn new(store: &'a CassandraStore, asset: &'a AssetId) -> Self {
        Self { store, asset, pieces: HashMap::new(), written: Vec::new() }
    }

    /// Reads and writes the content of the new segments.
    pub fn load(
        &mut self,
        import: &AssetImport,
        plan: &ImportPlan,
        content: &mut SegmentReader<'_>,
    ) -> Result<()> {
        for segment in import.new_segments(plan) {
            let (mut piece, mut held, mut found) = (Content::default(), 0, 0_u64);
            content(segment, &mut |block| {
                check_import_block(&block)?;
                found = found.saturating_add(block.rows.len() as u64);
                held += add(&mut piece, &block)?;
                // A loose request is one piece, no larger than a request.
                if held >= PIECE_BYTES && !segment.run.is_loose() {
                    self.write(segment, &std::mem::take(&mut piece))?;
                    held = 0;
                }
                Ok(())
            })?;
            check_content(self.asset, segment, found)?;
            if !piece.blocks.is_empty() {
                self.write(segment, &piece)?;
            }
        }
        Ok(())
    }

    fn write(&mut self, segment: &RunSegment, content: &Content) -> Result<()> {
        let piece = content.as_piece(new_segment()?);
        let (store, asset) = (self.store, self.asset);
        self.written.push(piece);
        // On a thread of its own: the content may come from another store that blocks on its own engine, and blocking
        // calls cannot be nested on one thread.
        let outcome = std::thread::scope(|scope| {
            let work = || {
                store.cluster.block_on(async {
                    store.note_strays(asset, &[piece]).await?;
                    let stamp = store.writers.stamp(0);
                    content::write(&store.cluster, asset, piece.piece, content, stamp).await
                })
            };
            scope.spawn(work).join()
        });
        outcome.map_err(|_| Error::bug("writing content that is imported panicked"))??;
        self.pieces.entry(segment.id).or_default().push(piece);
        Ok(())
    }

    /// Bytes of all that was written.
    pub fn bytes(&self) -> u64 {
        self.written.iter().map(|piece| piece.bytes).sum()
    }

    /// The outcome is known: the pieces now belong to commits, or never will.
    pub fn settle<T>(self, outcome: Result<T>) -> Result<T> {
        let (store, asset) = (self.store, self.asset);
        let failed = match &outcome {
            Ok(_) => false,
            // The outcome is unknown: the notes stay, and a sweep decides.
            Err(error) if error.kind() == ErrorKind::OutcomeUnknown => return outcome,
            Err(_) => true,
        };
        let numbers: Vec<u64> = self.written.iter().map(|piece| piece.piece).collect();
        let settled = store.cluster.block_on(async {
            for piece in self.written.iter().filter(|_| failed) {
                content::remove(&store.cluster, asset, *piece, store.writers.stamp(0)).await?;
            }
            forget_strays(&store.cluster, asset, &numbers).await
        });
        if let Err(error) = settled {
            tracing::debug!(%error, %asset, "notes of content that was imported stay until the next purge");
        }
        outcome
    }
}

/// Adds a block to a piece; returns its bytes.
fn add(piece: &mut Content, import: &ImportBlock) -> Result<usize> {
    let block = u32::try_from(piece.blocks.len()).map_err(|_| Error::bug("a piece has too many blocks"))?;
    let stored = encode_block(import.block.format, &import.block.positions, &pack(&import.block.bytes));
    let bytes = stored.len().saturating_add(import.rows.len().saturating_mul(ID_BYTES));
    piece.blocks.push(stored);
    piece.entries.extend(import.rows.iter().map(|row| Entry {
        hash: hash_id(&row.id),
        digest: row.digest,
        start_ns: row.start_ns,
        block,
        position: row.position,
    }));
    Ok(bytes)
}

impl CassandraStore {
    /// Records pieces in `strays` before they are written, or before their commits are dropped.
    pub(crate) async fn note_strays(&self, asset: &AssetId, pieces: &[PieceRow]) -> Result<()> {
        const STRAY: &str = "INSERT INTO strays (asset, piece, writer) VALUES (?, ?, ?)";
        let writer = self.writers.identity().id;
        let values = pieces.iter().map(|piece| (asset.as_str(), column(piece.piece), writer));
        self.cluster.write_many(STRAY, values).await
    }
}
